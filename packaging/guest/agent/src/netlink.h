// Route netlink, as far as the agent needs it. The kernel answers while the request is being sent, so nothing here waits.
#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One request being put together.
struct netlink_request {
    union {
        struct nlmsghdr header;
        uint8_t bytes[1024];
    };
};

// Begins a request; returns the body of the given size, zeroed. `flags` are NLM_F_* besides REQUEST.
void *netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags, size_t body_size);
void netlink_add(struct netlink_request *request, uint16_t type, const void *data, size_t size);
struct rtattr *netlink_nest_begin(struct netlink_request *request, uint16_t type);
void netlink_nest_end(struct netlink_request *request, struct rtattr *nest);

// Sends it and takes the acknowledgement: 0 or an errno.
int netlink_do(struct netlink_request *request);

// Sends a dump request and calls back with each message; 0 or an errno. A callback that returns false ends the calls.
int netlink_dump(struct netlink_request *request, bool (*visit)(const struct nlmsghdr *message, void *context), void *context);

// Sorts the attributes of a message by type into a table of `count`; unknown and missing ones are NULL.
void netlink_attributes(const struct nlmsghdr *message, size_t body_size, const struct rtattr **table, size_t count);

// As above, for the attributes inside of an attribute, which may be NULL.
void netlink_nested(const struct rtattr *nest, const struct rtattr **table, size_t count);

// True if this is how the kernel says that it does not speak IPv6, be it at all or on an interface.
bool netlink_no_ipv6(int family, int error);

// Index of the link of that name, 0 if there is none.
unsigned netlink_link_index(const char *name);
