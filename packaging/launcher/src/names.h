/* How much a guest may ask of the name server in its pod's network namespace. */
#ifndef SAYA_NAMES_H
#define SAYA_NAMES_H

/* Questions in one go, and a second in the long run. What they cost, here and in the server, no limit of the pod counts: 500 a second are
 * a hundredth of a processor. */
#define NAMES_BURST 5000
#define NAMES_PER_SECOND 500

#endif
