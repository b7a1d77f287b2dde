/* A connection from its first octet to its last: reads heads and bodies, asks the owner, and notices who
 * leaves and who takes too long. */
#include "base/time.h"
#include "io/httpd/server.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const int64_t LEAVING_US = 2 * BP_SECOND; /* in which a client may hear of the end */

static int64_t patience_us(const Connection *c)
{
    const HttpdTimes *times = &c->httpd->options.times;
    switch (c->state) {
    case READING_HEAD: return c->asked ? times->head_us : times->idle_us;
    case READING_BODY: return times->body_us;
    case ASKED: return times->reply_us;
    case ANSWERED: return times->stall_us;
    case STREAMING: return c->out.first ? times->stall_us : INT64_MAX;
    case LEAVING: return LEAVING_US;
    case CLOSED: break;
    }
    return INT64_MAX;
}

static void wait_anew(Connection *c)
{
    const int64_t patience = patience_us(c);
    c->due_us = patience == INT64_MAX ? INT64_MAX : loop_now_us(c->httpd->loop) + patience;
}

void connection_be(Connection *c, ConnectionState state)
{
    c->state = state;
    wait_anew(c);
}

void connection_watch(Connection *c)
{
    if (c->state == CLOSED)
        return;
    const bool is_full = c->asked && c->asked->got == HTTPD_HEAD_MAX && c->state != READING_BODY &&
                         c->state != LEAVING && c->state != STREAMING;
    loop_poll_set(c->poll, (is_full ? 0 : LOOP_READABLE) | (c->out.first ? LOOP_WRITABLE : 0));
}

int connection_leave(Connection *c)
{
    Httpd *httpd = c->httpd;
    const int fd = c->fd;
    loop_poll_free(c->poll);
    c->poll = NULL;
    c->fd = -1;
    c->state = CLOSED;
    connection_forget(c);
    free(c->asked);
    c->asked = NULL;
    out_done(&c->out);
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    c->next = httpd->dead;
    httpd->dead = c;
    httpd->count--;
    return fd;
}

void connection_close(Connection *c)
{
    if (c->state == CLOSED)
        return;
    Httpd *httpd = c->httpd;
    if (c->state == ASKED && httpd->options.on_gone && !httpd->is_leaving) {
        c->state = LEAVING; /* who is told may not answer any more */
        httpd->options.on_gone(httpd->options.owner, c);
    }
    HttpdStream *stream = c->stream;
    c->stream = NULL;
    if (stream)
        stream_end(stream);
    if (c->state != CLOSED) /* httpd_free, from inside one of these */
        close(connection_leave(c));
}

void connection_forget(Connection *c)
{
    bp_buf_done(&c->body);
    c->context = NULL;
    if (!c->asked)
        return;
    c->asked->got -= c->asked->size;
    memmove(c->asked->octets, c->asked->octets + c->asked->size, c->asked->got);
    c->asked->size = 0;
    if (c->asked->got)
        return;
    free(c->asked);
    c->asked = NULL;
}

/* ---- sending ---- */

/* All of an answer is sent. */
static void be_done(Connection *c)
{
    if (c->state == STREAMING) {
        stream_drained(c->stream);
        return;
    }
    if (c->state != ANSWERED)
        return;
    if (!c->is_last) {
        connection_be(c, READING_HEAD);
        return;
    }
    connection_be(c, LEAVING);
    shutdown(c->fd, SHUT_WR);
}

void connection_flush(Connection *c)
{
    if (c->state == CLOSED)
        return;
    size_t sent;
    const OutStatus status = out_send(&c->out, c->fd, &sent);
    if (status == OUT_FAILED) {
        connection_close(c);
        return;
    }
    if (sent)
        wait_anew(c);
    if (status == OUT_EMPTY)
        be_done(c);
    connection_watch(c);
}

/* ---- reading ---- */

static void ask(Connection *c)
{
    Httpd *httpd = c->httpd;
    connection_be(c, ASKED);
    if (!c->asked->head.is_upgrade) {
        httpd->options.on_request(httpd->options.owner, c);
        return;
    }
    if (!httpd->options.on_upgrade) {
        answer_refusal(c, 404, "there are no WebSockets here");
        return;
    }
    c->is_upgrading = true;
    httpd->options.on_upgrade(httpd->options.owner, c);
    assert(c->state != ASKED);
    c->is_upgrading = false;
}

/* From what came behind the head. */
static void take_body(Connection *c)
{
    Asked *asked = c->asked;
    const size_t there = asked->got - asked->size, wanted = asked->head.body_size - c->body.size;
    const size_t taken = there < wanted ? there : wanted;
    bp_buf_octets(&c->body, asked->octets + asked->size, taken);
    memmove(asked->octets + asked->size, asked->octets + asked->size + taken, there - taken);
    asked->got -= taken;
    if (c->body.size == asked->head.body_size)
        ask(c);
}

/* False: its end is still to come. */
static bool take_head(Connection *c)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    Asked *asked = c->asked;
    HeadRefusal refusal;
    asked->size = head_size((BpStr){asked->octets, asked->got});
    if (asked->size == 0) {
        if (asked->got < HTTPD_HEAD_MAX)
            return false;
        refusal = head_too_large((BpStr){asked->octets, asked->got});
        asked->head = (Head){0};
        answer_refusal(c, refusal.status, refusal.why);
        return true;
    }
    if (!head_read((BpStr){asked->octets, asked->size}, &asked->head, &refusal)) {
        answer_refusal(c, refusal.status, refusal.why);
        return true;
    }
    c->is_last = asked->head.is_last;
    c->body = bp_buf_growing(HTTPD_BODY_IN_MAX);
    connection_be(c, READING_BODY);
    if (asked->head.body_size && asked->head.must_continue && asked->got == asked->size) {
        out_add(&c->out, bp_str(go_on));
        connection_flush(c);
    }
    if (c->state == READING_BODY)
        take_body(c);
    return true;
}

void connection_work(Connection *c)
{
    if (c->is_working)
        return; /* answered from inside: the loop below goes on */
    c->is_working = true;
    while (c->state == READING_HEAD && c->asked && take_head(c))
        ;
    c->is_working = false;
    connection_watch(c);
}

/* Where the next octets go; NULL: they are thrown away. */
static uint8_t *room(Connection *c, size_t *ret_size)
{
    if (c->state == READING_BODY) {
        enum { PIECE = 16 * 1024 };
        const size_t wanted = c->asked->head.body_size - c->body.size;
        *ret_size = wanted < PIECE ? wanted : PIECE;
        return bp_buf_reserve(&c->body, *ret_size);
    }
    if (c->state == LEAVING || c->state == STREAMING)
        return NULL;
    if (!c->asked) {
        c->asked = malloc(sizeof *c->asked);
        if (!c->asked)
            abort();
        c->asked->size = c->asked->got = 0;
    }
    *ret_size = HTTPD_HEAD_MAX - c->asked->got;
    return (uint8_t *)c->asked->octets + c->asked->got;
}

static void take(Connection *c, size_t reserved, size_t got)
{
    if (c->state == READING_BODY) {
        bp_buf_rewind(&c->body, c->body.size - reserved + got);
        if (c->body.size == c->asked->head.body_size) {
            c->is_working = true;
            ask(c);
            c->is_working = false;
        }
    } else if (c->asked) {
        if (c->state == READING_HEAD && c->asked->got == 0)
            wait_anew(c); /* for a head's end, from its first octet on */
        c->asked->got += got;
    }
    connection_work(c);
}

static void read_more(Connection *c)
{
    uint8_t scratch[4096];
    size_t size = 0;
    uint8_t *to = room(c, &size);
    if (to && size == 0)
        return; /* full: connection_watch looks away until there is room */
    const bool is_kept = to;
    const ssize_t got = recv(c->fd, to ? to : scratch, to ? size : sizeof scratch, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        if (c->state == READING_BODY)
            bp_buf_rewind(&c->body, c->body.size - size);
    } else if (got == 0 && c->state == ANSWERED) {
        c->is_last = true; /* what waits may still be taken: only its sending has ended */
        loop_poll_set(c->poll, LOOP_WRITABLE);
    } else if (got <= 0) {
        connection_close(c);
    } else if (is_kept) {
        take(c, size, (size_t)got);
    }
    if (c->asked && c->asked->got == 0 && c->asked->size == 0) {
        free(c->asked);
        c->asked = NULL;
    }
}

static void on_ready(void *owner, int events)
{
    Connection *c = owner;
    Httpd *httpd = c->httpd;
    httpd_enter(httpd);
    if (events & LOOP_WRITABLE)
        connection_flush(c);
    if (c->state == READING_HEAD)
        connection_work(c); /* a request that came while the one before it was sent */
    if (events & LOOP_READABLE && c->state != CLOSED)
        read_more(c);
    httpd_leave(httpd);
}

void connection_look(Connection *c, int64_t now_us)
{
    if (now_us < c->due_us || c->state == CLOSED)
        return;
    Httpd *httpd = c->httpd;
    if (c->state == READING_BODY || (c->state == READING_HEAD && c->asked)) {
        answer_refusal(c, 408, "the rest of the request did not come in time");
    } else if (c->state == ASKED) {
        if (httpd->options.on_gone)
            httpd->options.on_gone(httpd->options.owner, c);
        if (c->state == ASKED)
            answer_refusal(c, 504, "there was no answer in time");
    } else {
        connection_close(c);
    }
}

void connection_new(Httpd *httpd, int fd, const char *peer)
{
    Connection *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    c->httpd = httpd;
    c->fd = fd;
    out_init(&c->out);
    snprintf(c->peer, sizeof c->peer, "%s", peer);
    c->poll = loop_poll_new(httpd->loop, fd, on_ready, c);
    if (!c->poll)
        abort();
    c->link = &httpd->connections;
    c->next = httpd->connections;
    if (c->next)
        c->next->link = &c->next;
    httpd->connections = c;
    httpd->count++;
    connection_be(c, READING_HEAD);
    c->due_us = loop_now_us(httpd->loop) + httpd->options.times.head_us; /* it was opened to say something */
    connection_watch(c);
}
