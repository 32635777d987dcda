#include "peers.h"

#include <stdlib.h>
#include <unistd.h>

#include "transport.h"

enum { PEERS_LIMIT = 64, FLUSH_LIMIT_MS = 1000 };

static struct connection *peers[PEERS_LIMIT];

struct connection *peer_new(void) {
    for (int i = 0; i < PEERS_LIMIT; i++)
        if (peers[i] == NULL) return peers[i] = calloc(1, sizeof *peers[i]);
    return NULL;
}

void peer_free(struct connection *connection) {
    for (int i = 0; i < PEERS_LIMIT; i++)
        if (peers[i] == connection) peers[i] = NULL;
    connection_close(connection);
    free(connection);
}

// ---- waiting until all is written

static void (*flush_done)(void);
static struct timer flush_limit;

static void check_flushed(struct connection *connection) {
    (void)connection;
    for (int i = 0; i < PEERS_LIMIT; i++)
        if (peers[i] != NULL && !list_empty(&peers[i]->queue)) return;
    timer_start(&flush_limit, 0);
}

static void flush_over(struct timer *timer) {
    (void)timer;
    flush_done();
}

void transport_flush(void (*done)(void)) {
    flush_done = done;
    timer_init(&flush_limit, flush_over);
    timer_start(&flush_limit, FLUSH_LIMIT_MS);
    for (int i = 0; i < PEERS_LIMIT; i++)
        if (peers[i] != NULL) peers[i]->flushed = check_flushed;
    check_flushed(NULL);
}
