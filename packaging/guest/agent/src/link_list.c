// ListInterfaces.
#include <string.h>
#include <sys/socket.h>

#include "agent/agent.pb-c.h"
#include "ip.h"
#include "links.h"
#include "netlink.h"

enum { LINKS_LIMIT = 256, ADDRESSES_LIMIT = 64 };

struct listing {
    struct arena *arena;
    Grpc__Interfaces interfaces;
    int indexes[LINKS_LIMIT];
};

static bool list_link(const struct nlmsghdr *message, void *context) {
    struct listing *listing = context;
    const struct ifinfomsg *link = NLMSG_DATA(message);
    const struct rtattr *attributes[IFLA_MTU + 1];
    if (message->nlmsg_type != RTM_NEWLINK || listing->interfaces.n_interfaces == LINKS_LIMIT) return true;
    netlink_attributes(message, sizeof *link, attributes, IFLA_MTU + 1);
    Types__Interface *interface = arena_alloc(listing->arena, sizeof *interface);
    if (interface == NULL || attributes[IFLA_IFNAME] == NULL) return true;
    types__interface__init(interface);
    interface->name = interface->device = arena_printf(listing->arena, "%s", (const char *)RTA_DATA(attributes[IFLA_IFNAME]));
    interface->ipaddresses = arena_alloc(listing->arena, ADDRESSES_LIMIT * sizeof *interface->ipaddresses);
    if (interface->name == NULL || interface->ipaddresses == NULL) return true;
    interface->raw_flags = link->ifi_flags;
    if (attributes[IFLA_MTU] != NULL) interface->mtu = *(const uint32_t *)RTA_DATA(attributes[IFLA_MTU]);
    if (attributes[IFLA_ADDRESS] != NULL && RTA_PAYLOAD(attributes[IFLA_ADDRESS]) == MAC_SIZE) {
        char text[MAC_TEXT_SIZE];
        mac_text(RTA_DATA(attributes[IFLA_ADDRESS]), text);
        char *copy = arena_printf(listing->arena, "%s", text);
        if (copy != NULL) interface->hwaddr = copy;
    }
    listing->indexes[listing->interfaces.n_interfaces] = link->ifi_index;
    listing->interfaces.interfaces[listing->interfaces.n_interfaces++] = interface;
    return true;
}

static Types__Interface *find_listed(const struct listing *listing, int index) {
    for (size_t i = 0; i < listing->interfaces.n_interfaces; i++)
        if (listing->indexes[i] == index) return listing->interfaces.interfaces[i];
    return NULL;
}

static bool list_address(const struct nlmsghdr *message, void *context) {
    struct listing *listing = context;
    const struct ifaddrmsg *header = NLMSG_DATA(message);
    const struct rtattr *attributes[IFA_LOCAL + 1];
    if (message->nlmsg_type != RTM_NEWADDR) return true;
    netlink_attributes(message, sizeof *header, attributes, IFA_LOCAL + 1);
    // A point-to-point link has its own address in LOCAL and the peer's in ADDRESS.
    const struct rtattr *bytes = attributes[IFA_LOCAL] != NULL ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
    Types__Interface *interface = find_listed(listing, (int)header->ifa_index);
    if (bytes == NULL || interface == NULL || interface->n_ipaddresses == ADDRESSES_LIMIT) return true;
    Types__IPAddress *address = arena_alloc(listing->arena, sizeof *address);
    char text[IP_TEXT_SIZE];
    ip_text(header->ifa_family, RTA_DATA(bytes), text);
    if (address == NULL) return true;
    types__ipaddress__init(address);
    address->family = header->ifa_family == AF_INET6 ? TYPES__IPFAMILY__v6 : TYPES__IPFAMILY__v4;
    address->address = arena_printf(listing->arena, "%s", text);
    address->mask = arena_printf(listing->arena, "%u", header->ifa_prefixlen);
    if (address->address != NULL && address->mask != NULL) interface->ipaddresses[interface->n_ipaddresses++] = address;
    return true;
}

void handle_list_interfaces(struct call *call, const void *message) {
    (void)message;
    struct listing listing = {.arena = &call->arena, .interfaces = GRPC__INTERFACES__INIT};
    struct netlink_request links, addresses;
    listing.interfaces.interfaces = arena_alloc(&call->arena, LINKS_LIMIT * sizeof *listing.interfaces.interfaces);
    if (listing.interfaces.interfaces == NULL) {
        call_fail_memory(call);
        return;
    }
    netlink_begin(&links, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
    netlink_begin(&addresses, RTM_GETADDR, 0, sizeof(struct ifaddrmsg));
    int error = netlink_dump(&links, list_link, &listing);
    if (error == 0) error = netlink_dump(&addresses, list_address, &listing);
    if (error != 0)
        call_fail(call, STATUS_INTERNAL, "ListInterfaces: %s", strerror(error));
    else
        call_reply(call, &listing.interfaces.base);
}
