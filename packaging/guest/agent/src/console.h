// Where crun hands over the master of a terminal: a Unix socket it connects to, with the descriptor as ancillary data.
#pragma once

struct console {
    int listener; // -1 if there is none
    char path[64];
};

// 0 or an errno.
int console_listen(struct console *console);

// The master, after crun has ended; -1 if it sent none.
int console_take(struct console *console);

// Removes the socket; harmless on one that is not open.
void console_close(struct console *console);
