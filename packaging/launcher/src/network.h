/* Interfaces that are left over, and those that get back what they had. */
#ifndef SAYA_NETWORK_H
#define SAYA_NETWORK_H

enum network_leftover {
    LEFT_LINK,    /* the interface itself: a tap of ours */
    LEFT_INGRESS, /* the ingress qdisc, with its filters, of an interface of somebody else */
    LEFT_SHAPER,  /* the root qdisc that limits an interface of somebody else */
};

/* Removes it. The namespace is a path, "" for the host's. Nothing there is fine; 0, or -1 if it is still there. */
int network_remove(const char *namespace, const char *interface, enum network_leftover what);

/* Sends rtnetlink messages, in hexadecimal digits, that bring back what an interface had (addresses, routes, ...); only if the
 * interface with this name still is the one with this index. 0, or -1 if the kernel refused one, or they are damaged. */
int network_restore(const char *namespace, const char *interface, unsigned index, const char *messages);

#endif
