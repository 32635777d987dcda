// PauseContainer and ResumeContainer, by the cgroup freezer.
#pragma once

#include "call.h"

void handle_pause_container(struct call *call, const void *message);
void handle_resume_container(struct call *call, const void *message);
