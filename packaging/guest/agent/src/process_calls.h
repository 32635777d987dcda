// The calls about a container's processes and their streams.
#pragma once

#include "call.h"

void handle_start_container(struct call *call, const void *message);
void handle_exec_process(struct call *call, const void *message);
void handle_signal_process(struct call *call, const void *message);
void handle_wait_process(struct call *call, const void *message);
void handle_read_stdout(struct call *call, const void *message);
void handle_read_stderr(struct call *call, const void *message);
void handle_write_stdin(struct call *call, const void *message);
void handle_close_stdin(struct call *call, const void *message);
void handle_tty_win_resize(struct call *call, const void *message);
