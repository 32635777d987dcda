// What the agent does as the guest's first process, before it serves.
#pragma once

// File systems, modules, loopback. Failures are logged and survived: a guest that answers can be asked what is wrong with it.
void init_guest(void);

// Writes file systems out and switches the machine off. Does not return.
void power_off(void) __attribute__((noreturn));

// The same without writing anything. Does not return.
void switch_off(void) __attribute__((noreturn));
