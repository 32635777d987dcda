#include "told_routes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

// As they came, packed. Without memory for them they are forgotten, and stay.
static uint8_t *told;
static size_t told_size;

// What the kernel tells routes of one table apart by.
static bool same(const Types__Route *a, const Types__Route *b) {
    return strcmp(a->dest, b->dest) == 0 && strcmp(a->gateway, b->gateway) == 0 && strcmp(a->device, b->device) == 0 &&
           a->metric == b->metric && a->family == b->family;
}

static bool contains(const Grpc__Routes *routes, const Types__Route *route) {
    for (size_t i = 0; i < routes->n_routes; i++)
        if (same(routes->routes[i], route)) return true;
    return false;
}

static void remember(const Grpc__Routes *routes) {
    free(told);
    told_size = grpc__routes__get_packed_size(routes);
    told = malloc(told_size + 1);
    if (told != NULL)
        grpc__routes__pack(routes, told);
    else
        told_size = 0;
}

void told_routes_replace(const Grpc__Routes *routes, int (*remove)(const Types__Route *route)) {
    Grpc__Routes *earlier = told != NULL ? grpc__routes__unpack(NULL, told_size, told) : NULL;
    remember(routes);
    if (earlier == NULL) return;
    for (size_t i = 0; i < earlier->n_routes; i++) {
        const Types__Route *route = earlier->routes[i];
        int error = contains(routes, route) ? 0 : remove(route);
        if (error != 0 && error != ESRCH)
            log_error("removal of the route to \"%s\" by \"%s\" on \"%s\": %s", route->dest, route->gateway, route->device,
                      strerror(error));
    }
    grpc__routes__free_unpacked(earlier, NULL);
}
