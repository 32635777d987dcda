#include "links.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/agent.pb-c.h"
#include "device.h"
#include "ip.h"
#include "log.h"
#include "netlink.h"

// ---- finding

struct search {
    uint8_t mac[MAC_SIZE];
    int index; // 0: not found
    unsigned flags;
    char name[IFNAMSIZ];
};

static bool match_mac(const struct nlmsghdr *message, void *context) {
    struct search *search = context;
    const struct ifinfomsg *link = NLMSG_DATA(message);
    const struct rtattr *attributes[IFLA_IFNAME + 1];
    if (message->nlmsg_type != RTM_NEWLINK) return true;
    netlink_attributes(message, sizeof *link, attributes, IFLA_IFNAME + 1);
    const struct rtattr *address = attributes[IFLA_ADDRESS], *name = attributes[IFLA_IFNAME];
    if (address == NULL || name == NULL || RTA_PAYLOAD(address) != MAC_SIZE || memcmp(RTA_DATA(address), search->mac, MAC_SIZE) != 0)
        return true;
    search->index = link->ifi_index;
    search->flags = link->ifi_flags;
    snprintf(search->name, sizeof search->name, "%s", (const char *)RTA_DATA(name));
    return false;
}

static bool find_by_mac(struct search *search) {
    struct netlink_request request;
    search->index = 0;
    netlink_begin(&request, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
    return netlink_dump(&request, match_mac, search) == 0 && search->index != 0;
}

// ---- changing

static int change_link(int index, unsigned flags, unsigned mask, uint16_t attribute, const void *data, size_t size) {
    struct netlink_request request;
    struct ifinfomsg *link = netlink_begin(&request, RTM_NEWLINK, 0, sizeof *link);
    link->ifi_index = index;
    link->ifi_flags = flags;
    link->ifi_change = mask;
    if (data != NULL) netlink_add(&request, attribute, data, size);
    return netlink_do(&request);
}

static int set_flags(int index, unsigned flags, unsigned mask) {
    return change_link(index, flags, mask, 0, NULL, 0);
}

static int rename_link(int index, const char *name) {
    return change_link(index, 0, 0, IFLA_IFNAME, name, strlen(name) + 1);
}

// A link that has the name already is moved aside; it may be the next one to be set up.
static int take_name(const struct search *link, const char *name) {
    if (strcmp(link->name, name) == 0) return 0;
    unsigned other = netlink_link_index(name);
    if (other != 0) {
        char aside[IFNAMSIZ];
        snprintf(aside, sizeof aside, "aside%u", other);
        int error = set_flags((int)other, 0, IFF_UP);
        if (error == 0) error = rename_link((int)other, aside);
        if (error != 0) return error;
    }
    return rename_link(link->index, name);
}

static int add_address(int index, const struct ip *ip) {
    struct netlink_request request;
    struct ifaddrmsg *address = netlink_begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, sizeof *address);
    address->ifa_family = (uint8_t)ip->family;
    address->ifa_prefixlen = (uint8_t)ip->prefix;
    address->ifa_index = (uint32_t)index;
    // The host has done what duplicate detection does; waiting for it would keep the address unusable for a second.
    if (ip->family == AF_INET6) address->ifa_flags = IFA_F_NODAD;
    netlink_add(&request, IFA_LOCAL, ip->bytes, ip_size(ip));
    netlink_add(&request, IFA_ADDRESS, ip->bytes, ip_size(ip));
    if (ip->family == AF_INET && ip->prefix < 31) {
        uint32_t broadcast;
        memcpy(&broadcast, ip->bytes, sizeof broadcast);
        broadcast |= htonl(UINT32_MAX >> ip->prefix);
        netlink_add(&request, IFA_BROADCAST, &broadcast, sizeof broadcast);
    }
    int error = netlink_do(&request);
    if (!netlink_no_ipv6(ip->family, error)) return error;
    log_error("the kernel has no IPv6 on link %d: its address is left out", index);
    return 0;
}

// ---- addresses that are not wanted any more

enum { OLD_ADDRESSES_LIMIT = 64 };

struct old_addresses {
    int index;
    const Types__Interface *wanted;
    size_t count;
    struct ip addresses[OLD_ADDRESSES_LIMIT];
};

static bool parse_address(const Types__IPAddress *address, struct ip *ip) {
    char text[2 * IP_TEXT_SIZE];
    int length = snprintf(text, sizeof text, "%s%s%s", address->address, *address->mask != 0 ? "/" : "", address->mask);
    return length > 0 && (size_t)length < sizeof text && ip_parse(text, ip);
}

static bool is_wanted(const struct ip *ip, const Types__Interface *wanted) {
    for (size_t i = 0; i < wanted->n_ipaddresses; i++) {
        struct ip other;
        if (parse_address(wanted->ipaddresses[i], &other) && other.family == ip->family && other.prefix == ip->prefix &&
            memcmp(other.bytes, ip->bytes, ip_size(ip)) == 0)
            return true;
    }
    return false;
}

static bool collect_old(const struct nlmsghdr *message, void *context) {
    struct old_addresses *old = context;
    const struct ifaddrmsg *body = NLMSG_DATA(message);
    const struct rtattr *attributes[IFA_LOCAL + 1];
    // Those of the kernel's own making are of the link's scope, those that routers gave are not permanent.
    if (message->nlmsg_type != RTM_NEWADDR || (int)body->ifa_index != old->index || body->ifa_scope != RT_SCOPE_UNIVERSE ||
        (body->ifa_flags & IFA_F_PERMANENT) == 0 || old->count == OLD_ADDRESSES_LIMIT)
        return true;
    netlink_attributes(message, sizeof *body, attributes, IFA_LOCAL + 1);
    const struct rtattr *address = attributes[IFA_LOCAL] != NULL ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
    struct ip ip = {.family = body->ifa_family, .prefix = body->ifa_prefixlen};
    if (address == NULL || RTA_PAYLOAD(address) != ip_size(&ip)) return true;
    memcpy(ip.bytes, RTA_DATA(address), ip_size(&ip));
    if (!is_wanted(&ip, old->wanted)) old->addresses[old->count++] = ip;
    return true;
}

// The host may have given them to somebody else. Before the others are added: the kernel takes those of the same network along.
static int remove_old_addresses(int index, const Types__Interface *wanted) {
    struct old_addresses old = {.index = index, .wanted = wanted};
    struct netlink_request request;
    netlink_begin(&request, RTM_GETADDR, 0, sizeof(struct ifaddrmsg));
    int error = netlink_dump(&request, collect_old, &old);
    for (size_t i = 0; i < old.count && error == 0; i++) {
        const struct ip *ip = &old.addresses[i];
        struct ifaddrmsg *address = netlink_begin(&request, RTM_DELADDR, 0, sizeof *address);
        address->ifa_family = (uint8_t)ip->family;
        address->ifa_prefixlen = (uint8_t)ip->prefix;
        address->ifa_index = (uint32_t)index;
        netlink_add(&request, IFA_LOCAL, ip->bytes, ip_size(ip));
        netlink_add(&request, IFA_ADDRESS, ip->bytes, ip_size(ip));
        error = netlink_do(&request);
        if (error == EADDRNOTAVAIL) error = 0; // gone with one of the same network
    }
    return error;
}

// ---- setting up

// What is wrong, or NULL.
static const char *configure(const struct search *link, const Types__Interface *wanted, char *error, size_t size) {
    int index = link->index, failure = set_flags(index, 0, IFF_UP);
    if (failure != 0) {
        snprintf(error, size, "link down: %s", strerror(failure));
        return error;
    }
    if ((failure = remove_old_addresses(index, wanted)) != 0) {
        snprintf(error, size, "removal of earlier addresses: %s", strerror(failure));
        return error;
    }
    for (size_t i = 0; i < wanted->n_ipaddresses; i++) {
        struct ip ip;
        failure = parse_address(wanted->ipaddresses[i], &ip) ? add_address(index, &ip) : EINVAL;
        if (failure != 0) {
            snprintf(error, size, "address %s/%s: %s", wanted->ipaddresses[i]->address, wanted->ipaddresses[i]->mask, strerror(failure));
            return error;
        }
    }
    if ((failure = take_name(link, wanted->name)) != 0) {
        snprintf(error, size, "rename %s to %s: %s", link->name, wanted->name, strerror(failure));
        return error;
    }
    uint32_t mtu = (uint32_t)wanted->mtu;
    if (mtu != 0 && (failure = change_link(index, 0, 0, IFLA_MTU, &mtu, sizeof mtu)) != 0) {
        snprintf(error, size, "mtu %u: %s", mtu, strerror(failure));
        return error;
    }
    unsigned noarp = wanted->raw_flags & IFF_NOARP;
    if ((failure = set_flags(index, IFF_UP | noarp, IFF_UP | noarp)) != 0) {
        snprintf(error, size, "link up: %s", strerror(failure));
        return error;
    }
    return NULL;
}

// ---- UpdateInterface

struct update {
    struct call *call;
    const Types__Interface *wanted;
    struct search link;
    struct device_wait wait;
};

static void finish(struct update *update) {
    char error[256];
    struct call *call = update->call;
    const Types__Interface *wanted = update->wanted;
    bool found = find_by_mac(&update->link);
    // A link that was given another address by its driver is known by its name.
    if (!found && (update->link.index = (int)netlink_link_index(wanted->name)) != 0) {
        snprintf(update->link.name, sizeof update->link.name, "%s", wanted->name);
        set_flags(update->link.index, 0, IFF_UP);
        found = change_link(update->link.index, 0, 0, IFLA_ADDRESS, update->link.mac, MAC_SIZE) == 0;
    }
    const char *wrong = found ? configure(&update->link, wanted, error, sizeof error) : NULL;
    free(update);
    if (!found)
        call_fail(call, STATUS_INTERNAL, "UpdateInterface: Link not found (address %s, name %s)", wanted->hwaddr, wanted->name);
    else if (wrong != NULL)
        call_fail(call, STATUS_INTERNAL, "UpdateInterface %s: %s", wanted->name, wrong);
    else
        call_reply(call, &wanted->base);
}

static void device_done(struct device_wait *wait, const char *name) {
    (void)name; // found or not: the link says more
    finish(container_of(wait, struct update, wait));
}

void handle_update_interface(struct call *call, const void *message) {
    const Grpc__UpdateInterfaceRequest *request = message;
    const Types__Interface *wanted = request->interface;
    struct search link = {0};
    if (wanted == NULL || !mac_parse(wanted->hwaddr, link.mac) || *wanted->name == 0 || strlen(wanted->name) >= IFNAMSIZ ||
        strchr(wanted->name, '/') != NULL) {
        call_fail(call, STATUS_INVALID_ARGUMENT, "UpdateInterface: an interface with a name and a hwAddr like 02:00:00:00:00:01 is needed");
        return;
    }
    struct update *update = calloc(1, sizeof *update);
    if (update == NULL) {
        call_fail_memory(call);
        return;
    }
    *update = (struct update){.call = call, .wanted = wanted, .link = link};
    if (*wanted->devicepath != 0 && !find_by_mac(&link))
        device_wait_start(&update->wait, DEVICE_NET_PCI, wanted->devicepath, device_done);
    else
        finish(update);
}
