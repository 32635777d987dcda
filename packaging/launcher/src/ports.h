/* Connections to any port of localhost in a pod's network namespace, handed to the daemon. */
#ifndef SAYA_PORTS_H
#define SAYA_PORTS_H

/* A listening socket that gets every TCP connection which arrives in the caller's network namespace, whatever its port; the
 * port is that of the accepted socket's own address. It ends with the process. -1 and errno where the kernel cannot do that
 * (before Linux 5.9). (ports_listen.c) */
int ports_listen(void);

/* Passes bytes between two sockets until both directions have ended. (ports_relay.c) */
void ports_relay(int one, int other);

#endif
