/* A client's connection to the shim's socket, and the one to the daemon that it is passed on by. */
#ifndef SAYA_CALL_LINE_H
#define SAYA_CALL_LINE_H

#include "call_frames.h"

/* Of requests without an answer; beyond them the client is not read. One more than the daemon answers at once: its refusal is to pass. */
#define LINE_CALLS 1280u
#define LINE_BYTES (2 * (CALL_HEADER + CALL_PAYLOAD_LIMIT))

struct line {
    int client;             /* -1: it is gone */
    int daemon;             /* -1: not connected */
    bool client_ended;      /* it sends nothing more */
    bool daemon_told;       /* of that */
    bool daemon_ended;      /* on purpose: with the last bytes for the client the line ends */
    bool deaf;              /* the daemon takes nothing more */
    bool reset;             /* the daemon's end was closed with bytes unread: what was sent last was not read whole */
    bool streams;           /* other frames than requests were sent */
    bool parted;            /* from a daemon that dies: the next one is waited for */
    uint32_t skip;          /* bytes of the client's that are thrown away */
    size_t sent;            /* of the first frame that is to be sent */
    struct bytes asked;     /* by the client: not a whole frame yet */
    struct bytes answered;  /* by the daemon: not a whole frame yet */
    struct bytes to_client; /* whole frames */
    struct call_list unsent;
    struct call_list open; /* requests that the daemon has got and not answered */
};

struct line *line_new(int client);
void line_free(struct line *line);

/* What to wait for: events of poll(2), 0 for nothing, not even an end. */
short line_client_events(const struct line *line);
short line_daemon_events(const struct line *line);

/* Reads and writes what can be without waiting. */
void line_client_ready(struct line *line);
/* False if the daemon has closed its end, or is dead. */
bool line_daemon_ready(struct line *line);

/* True if nothing can come of it any more. */
bool line_is_over(const struct line *line);

/* The daemon is dead: takes what it had answered, and makes the line ready for the next one, which gets the requests without an answer
 * again. False if it may have read one of them that must not be carried out twice. */
bool line_part(struct line *line);

#endif
