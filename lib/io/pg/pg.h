/* PostgreSQL on a loop: one connection that comes back by itself, statements by name, COPY, notices.
 * The only includer of libpq-fe.h.
 *
 * SQL lives in sql/queries/ROLE/NAME.sql; the build makes SQL_NAME of it, and a statement is prepared on a
 * connection the first time it is used there. A text with several statements is sent as it is, without
 * parameters. */
#ifndef IO_PG_H
#define IO_PG_H

#include "io/loop/loop.h"
#include "sql/queries.h"

typedef struct Pg Pg;
typedef struct PgStream PgStream; /* stream.h */

typedef struct PgOptions {
    const char *host; /* a name, an address, or a folder with a Unix socket ("/..."); names are resolved off
                         the loop */
    uint16_t port;
    const char *database, *user;
    const char *password; /* NULL: none */
    const char *tls; /* libpq's sslmode; NULL: verify-full with a ca_file, else TLS if the server has it */
    const char *ca_file;                         /* the authority to verify with; NULL: none */
    const char *client_certificate, *client_key; /* NULL: none */
    const char *application_name;                /* "bacpipes ingest" */
    const char *person; /* whom the session acts for, its setting bacpipes.person; NULL: nobody */
    int patience_s;     /* unanswered octets are waited for so long (TCP_USER_TIMEOUT), then the connection is
                           lost; 0: 60 */
    /* Several requests are under way at once, each a transaction of its own; pg_request and pg_request_text
     * of one statement are all there is then. What was sent is not cancelled; at its deadline the connection
     * is given up. */
    bool is_pipelined;
    void *owner;
    void (*on_connected)(void *owner);
    /* Lost or refused: requests under way have been answered with BP_UNAVAILABLE. Tries go on after 0.5, 1, 2
     * ... 15 s. */
    void (*on_lost)(void *owner, const BpError *why);
    void (*on_notice)(void *owner, const char *channel, const char *payload); /* NOTIFY */
} PgOptions;

/* Begins to connect. Texts are copied. */
Pg *pg_new(Loop *loop, const PgOptions *options);
bool pg_is_connected(const Pg *pg);
/* Not from inside one of its callbacks. Requests under way are answered with BP_UNAVAILABLE first. */
void pg_free(Pg *pg);

/* Octets of all its connections so far as the wire had them, by the kernel's own count (TCP_INFO): what TLS
 * made of it, what was sent again, and 52 of headers a segment. 0 over a Unix socket, and where the system
 * does not count. */
typedef struct PgOctets {
    int64_t sent, received;
} PgOctets;
PgOctets pg_octets(Pg *pg);

/* ---- parameters ---- */

typedef enum PgKind { PG_NULL, PG_TEXT, PG_INTEGER, PG_DOUBLE, PG_BOOL, PG_OCTETS, PG_TIME } PgKind;
typedef struct PgValue {
    PgKind kind;
    union {
        BpStr text; /* PG_TEXT (also for jsonb, arrays as literals), PG_OCTETS */
        int64_t integer;
        double real;
        bool truth;
        int64_t instant_us; /* PG_TIME: microseconds in UTC */
    };
} PgValue;

static inline PgValue pg_null(void)
{
    return (PgValue){.kind = PG_NULL};
}
static inline PgValue pg_text(BpStr text)
{
    return (PgValue){.kind = PG_TEXT, .text = text};
}
static inline PgValue pg_integer(int64_t integer)
{
    return (PgValue){.kind = PG_INTEGER, .integer = integer};
}
static inline PgValue pg_double(double real)
{
    return (PgValue){.kind = PG_DOUBLE, .real = real};
}
static inline PgValue pg_bool(bool truth)
{
    return (PgValue){.kind = PG_BOOL, .truth = truth};
}
static inline PgValue pg_time(int64_t instant_us)
{
    return (PgValue){.kind = PG_TIME, .instant_us = instant_us};
}

/* ---- requests ---- */

typedef struct PgRows PgRows; /* a result; borrowed for the length of the callback */

/* `rows` is NULL unless status is BP_OK. Otherwise the server's message is in `err`, and the status says
 * whose matter it is, by SQLSTATE:
 * - BP_UNAVAILABLE: the same may pass later. The connection is or went away (then it is not known whether it
 * was carried out), or the server is busy, full, failing or stopping (08, 40, 53, 55P03, 57, 58)
 * - BP_FULL: so it may, and it was not carried out: too much waits here (PG_WAITING_MAX)
 * - BP_TIMEOUT: somebody has hold of it, and was not waited for (55006)
 * - BP_CONFLICT: a unique violation (23505)
 * - BP_NOT_FOUND: no partition takes the row (23514 without a constraint)
 * - BP_INVALID: the data's own fault (22, 23)
 * - BP_FORBIDDEN: a right is missing (28, 42501)
 * - BP_CANCELLED, BP_TIMEOUT: by pg_cancel, and at its deadline; it was not carried out
 * - BP_REFUSED: any other: a table is missing, a statement is wrong */
typedef void (*PgDone)(void *context, BpStatus status, const PgRows *rows, const BpError *err);

/* Requests are carried out in the order asked, one at a time on the connection. At most PG_WAITING_MAX wait
 * or are under way; one more is refused, whatever its kind: answered with BP_FULL in the loop's next turn,
 * having changed nothing. Who may want more asks for the rest when the first are answered. A request made
 * while there is no connection is answered with BP_UNAVAILABLE, always from the loop, never from inside this
 * call. `done` may be NULL. */
enum { PG_WAITING_MAX = 256 };
typedef uint64_t PgTicket; /* names a request until it has ended; never 0 */
PgTicket pg_request(Pg *pg, SqlQuery query, const PgValue *values, size_t count, PgDone done, void *context);
enum { PG_VALUES_MAX = 24 };

/* SQL that is made at run time: migrations, partitions. No parameters. */
PgTicket pg_request_text(Pg *pg, BpStr sql, PgDone done, void *context);

/* COPY ... FROM STDIN (FORMAT binary) in a transaction of its own making: BEGIN, the copy, then `queries` in
 * order with their values, COMMIT. All or nothing; done once, with the rows of the last query. `octets` is a
 * whole binary COPY (header, tuples, trailer: see io/pg/copy.h) and must live until `done`. */
typedef struct PgStep {
    SqlQuery query;
    const PgValue *values; /* they, and what they point to, must live until `done` */
    size_t count;
} PgStep;
PgTicket pg_copy(Pg *pg, SqlQuery copy, BpStr octets, const PgStep *steps, size_t step_count, PgDone done,
                 void *context);

/* The same without a copy: the steps in one transaction. */
PgTicket pg_transaction(Pg *pg, const PgStep *steps, size_t step_count, PgDone done, void *context);

/* The request is not wanted any more. Where it was not sent yet, it ends with BP_CANCELLED; where it is being
 * carried out, the server is asked to stop: it ends with BP_CANCELLED, having changed nothing, or, where that
 * came too late, as it would have. Other requests are never hit. `done` is called in any case, from the loop.
 * Nothing happens where it has ended. */
void pg_cancel(Pg *pg, PgTicket ticket);

/* The request is to be over at this time (monotonic): then it is cancelled in the same way, and ends with
 * BP_TIMEOUT. Where the server does not even answer that within 5 s, the connection is given up:
 * BP_UNAVAILABLE, and a new one is made. */
void pg_set_deadline(Pg *pg, PgTicket ticket, int64_t due_us);

void pg_listen(Pg *pg, const char *channel); /* on this connection and each later one */
int pg_noticed_by(const Pg *pg);             /* in on_notice: the server's process that sent it; 0: our own */

/* ---- results ---- */

size_t pg_row_count(const PgRows *rows);
bool pg_is_null(const PgRows *rows, size_t row, int column);
BpStr pg_get_text(const PgRows *rows, size_t row, int column); /* NULL reads as empty text, 0, false */
int64_t pg_get_integer(const PgRows *rows, size_t row, int column);
double pg_get_double(const PgRows *rows, size_t row, int column);
bool pg_get_bool(const PgRows *rows, size_t row, int column);
int64_t pg_get_time_us(const PgRows *rows, size_t row, int column); /* of a timestamptz */

/* ---- for tools: run the loop until it is answered ---- */

/* Waits until connected, at most `timeout_us`. */
BpStatus pg_wait_connected(Pg *pg, int64_t timeout_us, BpError *err) BP_CHECKED;

/* Calls `each` for the result's rows, which may be NULL when nobody cares. */
BpStatus pg_wait(Pg *pg, SqlQuery query, const PgValue *values, size_t count,
                 void (*each)(void *context, const PgRows *rows, size_t row), void *context,
                 BpError *err) BP_CHECKED;
BpStatus pg_wait_text(Pg *pg, BpStr sql, BpError *err) BP_CHECKED;
BpStatus pg_wait_copy(Pg *pg, SqlQuery copy, BpStr octets, const PgStep *steps, size_t step_count,
                      BpError *err) BP_CHECKED;
BpStatus pg_wait_transaction(Pg *pg, const PgStep *steps, size_t step_count, BpError *err) BP_CHECKED;

#endif
