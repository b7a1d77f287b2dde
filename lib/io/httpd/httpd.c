/* The door: listens, lets in whom there is room for, looks every so often who takes too long. */
#include "io/httpd/httpd.h"

#include "base/time.h"
#include "io/httpd/server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    WAITING_MAX = 511,      /* connections that nobody has accepted yet */
    AT_ONCE = 64,           /* accepted before others have their turn */
    CLOSING_ROUNDS = 2,     /* connections, and then what libwebsockets has one of */
    OTHER_DESCRIPTORS = 64, /* than connections' */
    HEAD_OUT_MAX = 128 * 1024,
};

static const int64_t LOOK_US = BP_SECOND;

/* ---- those who come ---- */

static size_t count_of(const Httpd *httpd, const char *peer)
{
    size_t count = 0;
    for (const Connection *c = httpd->connections; c; c = c->next)
        count += strcmp(c->peer, peer) == 0;
    for (const HttpdStream *s = httpd->sockets; s; s = s->next)
        count += strcmp(s->peer, peer) == 0;
    return count;
}

static bool has_room(const Httpd *httpd, const char *peer)
{
    return httpd->count < httpd->options.connections_max &&
           (!*peer || count_of(httpd, peer) < httpd->options.connections_per_address_max);
}

static void turn_away(int fd)
{
    static const char busy[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 5\r\n"
                               "Connection: close\r\n\r\n";
    (void)!send(fd, busy, sizeof busy - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    close(fd);
}

static void peer_text(const struct sockaddr_storage *from, char ret_text[INET6_ADDRSTRLEN])
{
    *ret_text = 0;
    if (from->ss_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)from)->sin_addr, ret_text, INET6_ADDRSTRLEN);
    else if (from->ss_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)from)->sin6_addr, ret_text, INET6_ADDRSTRLEN);
}

static void on_knock(void *owner, int events)
{
    Httpd *httpd = owner;
    (void)events;
    httpd_enter(httpd);
    for (int i = 0; i < AT_ONCE && !httpd->is_leaving; i++) {
        struct sockaddr_storage from = {0};
        socklen_t size = sizeof from;
        const int fd = accept4(httpd->fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS))
            loop_poll_set(httpd->poll, 0); /* until the next look */
        if (fd < 0)
            break;
        char peer[INET6_ADDRSTRLEN];
        peer_text(&from, peer);
        if (!has_room(httpd, peer)) {
            turn_away(fd);
            continue;
        }
        const int on = 1;
        if (!httpd->is_unix)
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connection_new(httpd, fd, peer);
    }
    httpd_leave(httpd);
}

static void on_look(void *owner)
{
    Httpd *httpd = owner;
    const int64_t now_us = loop_now_us(httpd->loop);
    httpd_enter(httpd);
    loop_poll_set(httpd->poll, LOOP_READABLE);
    /* One that is looked at may end others, with what its owner is told: whoever is left is looked at a
     * second later. */
    for (Connection *c = httpd->connections, *next; c && c->state != CLOSED && !httpd->is_leaving; c = next) {
        next = c->next;
        connection_look(c, now_us);
    }
    for (HttpdStream *s = httpd->sockets, *next; s && !httpd->is_leaving; s = next) {
        next = s->next;
        websocket_look(s, now_us);
    }
    if (!httpd->is_leaving)
        loop_timer_set(httpd->timer, now_us + LOOK_US);
    httpd_leave(httpd);
}

void httpd_enter(Httpd *httpd)
{
    httpd->depth++;
}

void httpd_leave(Httpd *httpd)
{
    if (--httpd->depth)
        return;
    while (httpd->dead) {
        Connection *c = httpd->dead;
        httpd->dead = c->next;
        free(c);
    }
}

/* ---- its own beginning and end ---- */

static int listen_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    unlink(path);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 || chmod(path, 0660) != 0)
        goto failed;
    return fd;
failed:
    if (fd >= 0)
        close(fd);
    return -1;
}

static int listen_ip(const char *text, uint16_t port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    const bool is_v4 = inet_pton(AF_INET, text, &v4.sin_addr) == 1;
    if (!is_v4 && inet_pton(AF_INET6, text, &v6.sin6_addr) != 1) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    const struct sockaddr *address = is_v4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6;
    const int on = 1, fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, address, is_v4 ? sizeof v4 : sizeof v6) != 0) {
        const int number = errno;
        close(fd);
        errno = number;
        return -1;
    }
    return fd;
}

/* A descriptor each, which systems allow when asked. */
static void allow_descriptors(size_t count)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= count)
        return;
    limit.rlim_cur = limit.rlim_max < count ? limit.rlim_max : count;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void settle(HttpdOptions *options)
{
    HttpdTimes *t = &options->times;
    const HttpdTimes usual = {.head_us = 25 * BP_SECOND,
                              .body_us = 60 * BP_SECOND,
                              .idle_us = 75 * BP_SECOND,
                              .stall_us = 30 * BP_SECOND,
                              .reply_us = 60 * BP_SECOND};
    t->head_us = t->head_us ? t->head_us : usual.head_us;
    t->body_us = t->body_us ? t->body_us : usual.body_us;
    t->idle_us = t->idle_us ? t->idle_us : usual.idle_us;
    t->stall_us = t->stall_us ? t->stall_us : usual.stall_us;
    t->reply_us = t->reply_us ? t->reply_us : usual.reply_us;
    if (!options->connections_max)
        options->connections_max = HTTPD_CONNECTIONS_MAX;
    if (!options->connections_per_address_max)
        options->connections_per_address_max = HTTPD_CONNECTIONS_PER_ADDRESS_MAX;
}

Httpd *httpd_new(Loop *loop, const HttpdOptions *options, BpError *err)
{
    assert(options->address && options->on_request);
    const bool is_unix = *options->address == '/';
    const int fd = is_unix ? listen_unix(options->address) : listen_ip(options->address, options->port);
    if (fd < 0 || listen(fd, WAITING_MAX) != 0) {
        const int number = errno;
        if (fd >= 0)
            close(fd);
        if (is_unix)
            bp_fail(err, BP_CONFLICT, "cannot listen on %s: %s", options->address, bp_errno_text(number));
        else
            bp_fail(err, BP_CONFLICT, "cannot listen on %s port %u: %s", options->address, options->port,
                    bp_errno_text(number));
        return NULL;
    }
    Httpd *httpd = calloc(1, sizeof *httpd);
    if (!httpd || !(httpd->address = strdup(options->address)))
        abort();
    httpd->options = *options;
    httpd->options.address = httpd->address;
    settle(&httpd->options);
    allow_descriptors(httpd->options.connections_max + OTHER_DESCRIPTORS);
    httpd->loop = loop;
    httpd->is_unix = is_unix;
    httpd->fd = fd;
    httpd->head = bp_buf_growing(HEAD_OUT_MAX);
    httpd->poll = loop_poll_new(loop, fd, on_knock, httpd);
    if (!httpd->poll)
        abort();
    loop_poll_set(httpd->poll, LOOP_READABLE);
    httpd->timer = loop_timer_new(loop, on_look, httpd);
    loop_timer_set(httpd->timer, loop_now_us(loop) + LOOK_US);
    if (options->on_upgrade)
        websockets_new(httpd);
    return httpd;
}

uint16_t httpd_port(const Httpd *httpd)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    if (getsockname(httpd->fd, (struct sockaddr *)&address, &size) != 0)
        return 0;
    return address.ss_family == AF_INET    ? ntohs(((struct sockaddr_in *)&address)->sin_port)
           : address.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&address)->sin6_port)
                                           : 0;
}

size_t httpd_connection_count(const Httpd *httpd)
{
    return httpd->count;
}

static void on_closed(void *owner)
{
    Httpd *httpd = owner;
    websockets_bury(httpd);
    httpd->depth = 0;
    httpd_enter(httpd);
    httpd_leave(httpd);
    bp_buf_done(&httpd->head);
    free(httpd->address);
    free(httpd);
}

void httpd_free(Httpd *httpd)
{
    if (!httpd || httpd->is_leaving)
        return;
    httpd->is_leaving = true;
    loop_poll_free(httpd->poll);
    loop_timer_free(httpd->timer);
    close(httpd->fd);
    if (httpd->is_unix)
        unlink(httpd->address);
    while (httpd->connections)
        connection_close(httpd->connections);
    websockets_free(httpd);
    loop_after_closing(httpd->loop, CLOSING_ROUNDS, on_closed, httpd);
}

/* ---- requests ---- */

HttpdMethod httpd_method(const HttpdRequest *request)
{
    return request->asked->head.method;
}

BpStr httpd_path(const HttpdRequest *request)
{
    return request->asked->head.path;
}

BpStr httpd_query(const HttpdRequest *request)
{
    return request->asked->head.query;
}

BpStr httpd_header(const HttpdRequest *request, HttpdHeader header)
{
    return request->asked->head.headers[header];
}

BpStr httpd_body(const HttpdRequest *request)
{
    return (BpStr){(const char *)request->body.data, request->body.size};
}

BpStr httpd_peer(const HttpdRequest *request)
{
    return bp_str(request->peer);
}

void httpd_set_context(HttpdRequest *request, void *context)
{
    request->context = context;
}

void *httpd_context(const HttpdRequest *request)
{
    return request->context;
}
