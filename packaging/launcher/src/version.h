#ifndef SAYA_VERSION_H
#define SAYA_VERSION_H

/* The Makefile sets both. */
#ifndef SAYA_VERSION
#define SAYA_VERSION "development"
#endif
#ifndef SAYA_REVISION
#define SAYA_REVISION "unknown"
#endif

#endif
