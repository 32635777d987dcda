#include "routes.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/agent.pb-c.h"
#include "ip.h"
#include "netlink.h"
#include "told_routes.h"

// ---- adding

static bool ipv6_is_off(const char *device) {
    char path[sizeof "/proc/sys/net/ipv6/conf//disable_ipv6" + IFNAMSIZ];
    snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%.*s/disable_ipv6", IFNAMSIZ, device);
    FILE *file = fopen(path, "re");
    int off = file != NULL ? fgetc(file) : '1';
    if (file != NULL) fclose(file);
    return off == '1';
}

static bool is_v6(const Types__Route *route) {
    return route->family == TYPES__IPFAMILY__v6 || strchr(route->dest, ':') != NULL || strchr(route->gateway, ':') != NULL;
}

static int add_route(const Types__Route *route) {
    struct ip destination = {.family = is_v6(route) ? AF_INET6 : AF_INET}, gateway, source;
    unsigned link = netlink_link_index(route->device);
    if (*route->device != 0 && link == 0) return ENODEV;
    if (*route->dest != 0 && !ip_parse(route->dest, &destination)) return EINVAL;
    if (*route->gateway != 0 && !ip_parse(route->gateway, &gateway)) return EINVAL;
    // Without addresses no gateway is found, and that is what the kernel would complain of.
    if (destination.family == AF_INET6 && *route->device != 0 && ipv6_is_off(route->device)) return 0;
    if (*route->source != 0 && !ip_parse(route->source, &source)) return EINVAL;
    struct netlink_request request;
    struct rtmsg *body = netlink_begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, sizeof *body);
    body->rtm_family = (uint8_t)destination.family;
    body->rtm_dst_len = (uint8_t)destination.prefix;
    body->rtm_table = RT_TABLE_MAIN;
    body->rtm_protocol = RTPROT_BOOT;
    body->rtm_scope = (uint8_t)route->scope;
    body->rtm_type = RTN_UNICAST;
    body->rtm_flags = route->flags & RTNH_F_ONLINK;
    if (destination.prefix > 0) netlink_add(&request, RTA_DST, destination.bytes, ip_size(&destination));
    if (*route->gateway != 0) netlink_add(&request, RTA_GATEWAY, gateway.bytes, ip_size(&gateway));
    if (*route->source != 0) netlink_add(&request, RTA_PREFSRC, source.bytes, ip_size(&source));
    if (link != 0) netlink_add(&request, RTA_OIF, &link, sizeof link);
    if (route->metric != 0) netlink_add(&request, RTA_PRIORITY, &route->metric, sizeof route->metric);
    if (route->mtu != 0) {
        struct rtattr *metrics = netlink_nest_begin(&request, RTA_METRICS);
        netlink_add(&request, RTAX_MTU, &route->mtu, sizeof route->mtu);
        netlink_nest_end(&request, metrics);
    }
    int error = netlink_do(&request);
    return netlink_no_ipv6(destination.family, error) ? 0 : error;
}

// ESRCH where it has gone already, with its link or by somebody in the guest.
static int remove_route(const Types__Route *route) {
    struct ip destination = {.family = is_v6(route) ? AF_INET6 : AF_INET}, gateway;
    unsigned link = netlink_link_index(route->device);
    if (*route->device != 0 && link == 0) return ESRCH;
    if (*route->dest != 0 && !ip_parse(route->dest, &destination)) return EINVAL;
    if (*route->gateway != 0 && !ip_parse(route->gateway, &gateway)) return EINVAL;
    struct netlink_request request;
    struct rtmsg *body = netlink_begin(&request, RTM_DELROUTE, 0, sizeof *body);
    body->rtm_family = (uint8_t)destination.family;
    body->rtm_dst_len = (uint8_t)destination.prefix;
    body->rtm_table = RT_TABLE_MAIN;
    body->rtm_protocol = RTPROT_BOOT;
    body->rtm_scope = RT_SCOPE_NOWHERE; // any
    body->rtm_type = RTN_UNICAST;
    if (destination.prefix > 0) netlink_add(&request, RTA_DST, destination.bytes, ip_size(&destination));
    if (*route->gateway != 0) netlink_add(&request, RTA_GATEWAY, gateway.bytes, ip_size(&gateway));
    if (link != 0) netlink_add(&request, RTA_OIF, &link, sizeof link);
    if (route->metric != 0) netlink_add(&request, RTA_PRIORITY, &route->metric, sizeof route->metric);
    return netlink_do(&request);
}

// ---- listing

enum { ROUTES_LIMIT = 1024 };

struct listing {
    struct arena *arena;
    Grpc__Routes routes;
};

static char *address_text(struct arena *arena, int family, const struct rtattr *attribute, int prefix) {
    char text[IP_TEXT_SIZE];
    if (attribute == NULL) return arena_printf(arena, "%s", "");
    ip_text(family, RTA_DATA(attribute), text);
    return prefix < 0 ? arena_printf(arena, "%s", text) : arena_printf(arena, "%s/%d", text, prefix);
}

static bool list_route(const struct nlmsghdr *message, void *context) {
    struct listing *listing = context;
    const struct rtmsg *body = NLMSG_DATA(message);
    const struct rtattr *attributes[RTA_TABLE + 1];
    if (message->nlmsg_type != RTM_NEWROUTE || body->rtm_table != RT_TABLE_MAIN || body->rtm_type != RTN_UNICAST ||
        listing->routes.n_routes == ROUTES_LIMIT)
        return true;
    netlink_attributes(message, sizeof *body, attributes, RTA_TABLE + 1);
    Types__Route *route = arena_alloc(listing->arena, sizeof *route);
    if (route == NULL) return true;
    types__route__init(route);
    char device[IF_NAMESIZE] = "";
    if (attributes[RTA_OIF] != NULL) if_indextoname(*(const unsigned *)RTA_DATA(attributes[RTA_OIF]), device);
    route->dest = address_text(listing->arena, body->rtm_family, attributes[RTA_DST], body->rtm_dst_len);
    route->gateway = address_text(listing->arena, body->rtm_family, attributes[RTA_GATEWAY], -1);
    route->source = address_text(listing->arena, body->rtm_family, attributes[RTA_PREFSRC], -1);
    route->device = arena_printf(listing->arena, "%s", device);
    route->scope = body->rtm_scope;
    route->family = body->rtm_family == AF_INET6 ? TYPES__IPFAMILY__v6 : TYPES__IPFAMILY__v4;
    route->flags = body->rtm_flags;
    if (attributes[RTA_PRIORITY] != NULL) route->metric = *(const uint32_t *)RTA_DATA(attributes[RTA_PRIORITY]);
    const struct rtattr *metrics[RTAX_MTU + 1];
    netlink_nested(attributes[RTA_METRICS], metrics, RTAX_MTU + 1);
    if (metrics[RTAX_MTU] != NULL) route->mtu = *(const uint32_t *)RTA_DATA(metrics[RTAX_MTU]);
    if (route->dest != NULL && route->gateway != NULL && route->source != NULL && route->device != NULL)
        listing->routes.routes[listing->routes.n_routes++] = route;
    return true;
}

static void answer_list(struct call *call) {
    struct listing listing = {.arena = &call->arena, .routes = GRPC__ROUTES__INIT};
    struct netlink_request request;
    listing.routes.routes = arena_alloc(&call->arena, ROUTES_LIMIT * sizeof *listing.routes.routes);
    if (listing.routes.routes == NULL) {
        call_fail_memory(call);
        return;
    }
    netlink_begin(&request, RTM_GETROUTE, 0, sizeof(struct rtmsg));
    int error = netlink_dump(&request, list_route, &listing);
    if (error != 0)
        call_fail(call, STATUS_INTERNAL, "%s: %s", call->method->name, strerror(error));
    else
        call_reply(call, &listing.routes.base);
}

void handle_list_routes(struct call *call, const void *message) {
    (void)message;
    answer_list(call);
}

void handle_update_routes(struct call *call, const void *message) {
    const Grpc__Routes *routes = ((const Grpc__UpdateRoutesRequest *)message)->routes;
    if (routes == NULL) {
        call_fail(call, STATUS_INVALID_ARGUMENT, "UpdateRoutes: no routes");
        return;
    }
    // A gateway must be reachable before a route can go through it.
    for (int through_gateway = 0; through_gateway <= 1; through_gateway++)
        for (size_t i = 0; i < routes->n_routes; i++) {
            const Types__Route *route = routes->routes[i];
            if ((*route->gateway != 0) != through_gateway) continue;
            int error = add_route(route);
            if (error == 0 || error == EEXIST) continue;
            call_fail(call, STATUS_INTERNAL, "UpdateRoutes: route to \"%s\" by gateway \"%s\" on \"%s\": %s", route->dest, route->gateway,
                      route->device, strerror(error));
            return;
        }
    told_routes_replace(routes, remove_route);
    answer_list(call);
}

// ---- neighbours

static int add_neighbor(const Types__ARPNeighbor *neighbor) {
    struct ip ip;
    uint8_t mac[MAC_SIZE];
    unsigned link = netlink_link_index(neighbor->device);
    if (link == 0) return ENODEV;
    if (neighbor->toipaddress == NULL || !ip_parse(neighbor->toipaddress->address, &ip)) return EINVAL;
    if (*neighbor->lladdr != 0 && !mac_parse(neighbor->lladdr, mac)) return EINVAL;
    struct netlink_request request;
    struct ndmsg *body = netlink_begin(&request, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, sizeof *body);
    body->ndm_family = (uint8_t)ip.family;
    body->ndm_ifindex = (int)link;
    body->ndm_state = (uint16_t)(neighbor->state != 0 ? neighbor->state : NUD_PERMANENT);
    body->ndm_flags = (uint8_t)neighbor->flags;
    netlink_add(&request, NDA_DST, ip.bytes, ip_size(&ip));
    if (*neighbor->lladdr != 0) netlink_add(&request, NDA_LLADDR, mac, sizeof mac);
    int error = netlink_do(&request);
    return netlink_no_ipv6(ip.family, error) ? 0 : error;
}

void handle_add_arp_neighbors(struct call *call, const void *message) {
    const Grpc__ARPNeighbors *neighbors = ((const Grpc__AddARPNeighborsRequest *)message)->neighbors;
    if (neighbors == NULL) {
        call_fail(call, STATUS_INVALID_ARGUMENT, "AddARPNeighbors: no neighbors");
        return;
    }
    for (size_t i = 0; i < neighbors->n_arpneighbors; i++) {
        const Types__ARPNeighbor *neighbor = neighbors->arpneighbors[i];
        int error = add_neighbor(neighbor);
        if (error == 0) continue;
        call_fail(call, STATUS_INTERNAL, "AddARPNeighbors: %s at %s on %s: %s",
                  neighbor->toipaddress != NULL ? neighbor->toipaddress->address : "no address", neighbor->lladdr, neighbor->device,
                  strerror(error));
        return;
    }
    call_reply_empty(call);
}
