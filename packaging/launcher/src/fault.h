/* Why something failed, for the person who reads containerd's error. */
#ifndef SAYA_FAULT_H
#define SAYA_FAULT_H

struct fault {
    char text[2048];
};

/* Writes the text, and returns -1 so that a failing function can end with it. */
int fault(struct fault *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
