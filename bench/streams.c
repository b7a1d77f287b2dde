/* Many readers of one server, for tests and bench/web: counts from outside what comes, and looks whether it
 * is what was sent.
 *
 *   streams events PORT TOKEN PATH POINTS EACH COUNT SLOW SECONDS
 *       COUNT event streams of EACH points among POINTS (1, 2, ... or "a,b,c": ids), and SLOW that are never
 *       read. A value is a number that rises by one each time that its point changes; its instant is 30
 * minutes ahead of when it was sent. Ends when SECONDS are over, or standard input ends and nothing more
 * comes for 3 s. Prints "NAME VALUE" a line: streams, values, backwards, skipped, behind (values that are not
 * the last that any stream saw of the point), resyncs, closed, p50_ms, p99_ms (from sent to read). streams
 * load PORT TOKEN PATH CONNECTIONS SECONDS asks for PATH again and again on so many connections: prints
 * "requests N", "octets N", "per_second N". */
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    AHEAD_MS = 30 * 60 * 1000,
    BUCKETS = 20000,
    POINTS_MAX = 5000,
    BUFFER = 128 * 1024,
    AT_ONCE = 256,
    CLIENTS_MAX = 4096
};

typedef struct Client {
    int fd;
    bool is_slow, has_ended;
    size_t size; /* octets in `buffer` */
    char *buffer;
    int64_t *last; /* of each point, by its number among all; -1: none yet */
    bool *watches;
    size_t left; /* of the answer's body: load */
} Client;

static Client clients[CLIENTS_MAX];
static int64_t ids[POINTS_MAX], newest[POINTS_MAX];
static size_t id_count;
static int64_t values, backwards, skipped, resyncs, closed, latency[BUCKETS], latencies;

static int64_t now_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int connect_to(const char *port, const char *request, bool is_slow)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)strtol(port, NULL, 10)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), small = 4096;
    if (is_slow)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) != 0)
        die("connect");
    if (send(fd, request, strlen(request), MSG_NOSIGNAL) != (ssize_t)strlen(request))
        die("send");
    return fd;
}

/* ---- events ---- */

static size_t place_of(int64_t id)
{
    size_t low = 0, high = id_count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < id_count && ids[low] == id ? low : id_count;
}

/* "2026-11-27T13:26:40.120Z" */
static int64_t read_time_ms(const char *text)
{
    struct tm tm = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    return rest ? (int64_t)timegm(&tm) * 1000 + (*rest == '.' ? strtol(rest + 1, NULL, 10) : 0) : 0;
}

static void take_value(Client *client, int64_t id, const char *text)
{
    const size_t place = place_of(id);
    if (place == id_count || strncmp(text, "null", 4) == 0)
        return;
    const char *at = strstr(text, "\"at\":\"");
    const int64_t value = (int64_t)strtod(text, NULL), last = client->last[place];
    const int64_t old_ms = at ? now_ms(CLOCK_REALTIME) + AHEAD_MS - read_time_ms(at + 6) : INT64_MAX;
    if (old_ms > AHEAD_MS / 2)
        return; /* a reading of somebody else's */
    values++;
    backwards += value < last;
    skipped += last >= 0 && value > last + 1 ? value - last - 1 : 0;
    client->last[place] = value;
    if (value > newest[place])
        newest[place] = value;
    if (last >= 0 && value > last && latencies++ % 16 == 0)
        latency[old_ms < 0 ? 0 : old_ms < BUCKETS ? old_ms : BUCKETS - 1]++;
}

static void take_line(Client *client, char *line)
{
    if (strncmp(line, "event: resync", 13) == 0)
        resyncs++;
    if (strncmp(line, "data: {\"items\":", 15) != 0)
        return;
    for (char *at = line; (at = strstr(at, "{\"point\":"));) {
        const int64_t id = strtoll(at + 9, &at, 10);
        if (strncmp(at, ",\"value\":", 9) == 0)
            take_value(client, id, at + 9);
    }
}

/* Lines of chunks are as good as lines of events: an event is one chunk, and a chunk's size no line of ours.
 */
static void take_lines(Client *client)
{
    size_t begin = 0;
    for (;;) {
        char *end = memchr(client->buffer + begin, '\n', client->size - begin);
        if (!end)
            break;
        *end = 0;
        take_line(client, client->buffer + begin);
        begin = (size_t)(end - client->buffer) + 1;
    }
    memmove(client->buffer, client->buffer + begin, client->size - begin);
    client->size -= begin;
    if (client->size == BUFFER - 1) {
        fprintf(stderr, "a line is too long\n");
        exit(1);
    }
}

static void read_events(Client *client)
{
    const ssize_t got =
        recv(client->fd, client->buffer + client->size, BUFFER - 1 - client->size, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        client->has_ended = true;
        closed++;
        close(client->fd);
        return;
    }
    client->size += (size_t)got;
    take_lines(client);
}

static void read_ids(const char *text)
{
    if (!strchr(text, ',')) {
        for (int64_t id = 1; id <= strtoll(text, NULL, 10) && id_count < POINTS_MAX; id++)
            ids[id_count++] = id;
        return;
    }
    for (char *at = (char *)(uintptr_t)text; *at && id_count < POINTS_MAX; at += *at == ',')
        ids[id_count++] = strtoll(at, &at, 10);
}

static void begin_stream(Client *client, const char *const *words, size_t number, size_t each, bool is_slow)
{
    char *request = malloc(64 * 1024);
    client->is_slow = is_slow;
    client->buffer = malloc(BUFFER);
    client->last = malloc(id_count * sizeof *client->last);
    client->watches = calloc(id_count, sizeof *client->watches);
    if (!request || !client->buffer || !client->last || !client->watches)
        die("memory");
    int size = sprintf(request, "GET %s?points=", words[2]);
    const size_t from = number * 7 % id_count;
    for (size_t i = 0; i < id_count; i++)
        client->last[i] = -1;
    for (size_t i = 0; i < each && i < id_count; i++) {
        const size_t place = (from + i) % id_count;
        client->watches[place] = true;
        size += sprintf(request + size, "%s%lld", i ? "," : "", (long long)ids[place]);
    }
    sprintf(request + size, " HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nAuthorization: Bearer %s\r\n\r\n", words[0],
            words[1]);
    client->fd = connect_to(words[0], request, is_slow);
    free(request);
}

static void report(size_t count)
{
    int64_t behind = 0, seen = 0, p50 = -1, p99 = -1, all = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t place = 0; place < id_count && !clients[i].is_slow; place++)
            behind +=
                clients[i].watches[place] && clients[i].last[place] != newest[place] && newest[place] > 0;
    for (int ms = 0; ms < BUCKETS; ms++)
        all += latency[ms];
    for (int ms = 0; ms < BUCKETS; ms++) {
        seen += latency[ms];
        if (p50 < 0 && seen * 2 >= all)
            p50 = ms;
        if (p99 < 0 && seen * 100 >= all * 99)
            p99 = ms;
    }
    printf("streams %zu\nvalues %lld\nbackwards %lld\nskipped %lld\nbehind %lld\nresyncs %lld\nclosed "
           "%lld\np50_ms "
           "%lld\np99_ms %lld\n",
           count, (long long)values, (long long)backwards, (long long)skipped, (long long)behind,
           (long long)resyncs, (long long)closed, (long long)p50, (long long)p99);
}

static void read_all(size_t count, int seconds)
{
    const int poll = epoll_create1(0);
    for (size_t i = 0; i < count; i++)
        if (!clients[i].is_slow)
            epoll_ctl(poll, EPOLL_CTL_ADD, clients[i].fd,
                      &(struct epoll_event){.events = EPOLLIN, .data.ptr = &clients[i]});
    epoll_ctl(poll, EPOLL_CTL_ADD, STDIN_FILENO, &(struct epoll_event){.events = EPOLLIN});
    int64_t end_ms = now_ms(CLOCK_MONOTONIC) + (int64_t)seconds * 1000;
    while (now_ms(CLOCK_MONOTONIC) < end_ms) {
        struct epoll_event events[AT_ONCE];
        const int got = epoll_wait(poll, events, AT_ONCE, 100);
        for (int i = 0; i < got; i++) {
            char octets[512];
            Client *client = events[i].data.ptr;
            if (client && !client->has_ended)
                read_events(client);
            else if (!client && read(STDIN_FILENO, octets, sizeof octets) <= 0) {
                epoll_ctl(poll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
                const int64_t soon_ms = now_ms(CLOCK_MONOTONIC) + 3000;
                end_ms = soon_ms < end_ms ? soon_ms : end_ms;
            }
        }
    }
}

static int count_events(const char *const *words)
{
    read_ids(words[3]);
    const size_t each = strtoul(words[4], NULL, 10), count = strtoul(words[5], NULL, 10),
                 slow = strtoul(words[6], NULL, 10);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (count + slow > CLIENTS_MAX || !id_count)
        return 64;
    for (size_t i = 0; i < count + slow; i++)
        begin_stream(&clients[i], words, i, each, i >= count);
    fprintf(stderr, "open\n");
    read_all(count + slow, (int)strtol(words[7], NULL, 10));
    report(count + slow);
    return 0;
}

/* ---- load ---- */

static int64_t requests, octets;

static void ask(const Client *client, const char *request)
{
    if (send(client->fd, request, strlen(request), MSG_NOSIGNAL) != (ssize_t)strlen(request))
        die("send");
}

/* True: the whole answer is there. */
static bool read_answer(Client *client)
{
    const ssize_t got =
        recv(client->fd, client->buffer + client->size, BUFFER - 1 - client->size, MSG_DONTWAIT);
    if (got <= 0)
        die("the server closed");
    octets += got;
    client->size += (size_t)got;
    client->buffer[client->size] = 0;
    if (!client->left) {
        const char *length = strcasestr(client->buffer, "content-length:"),
                   *end = strstr(client->buffer, "\r\n\r\n");
        if (!length || !end)
            return false;
        if (strncmp(client->buffer, "HTTP/1.1 200", 12) != 0) {
            fprintf(stderr, "%.400s\n", client->buffer);
            exit(1);
        }
        client->left = (size_t)(end + 4 - client->buffer) + strtoul(length + 15, NULL, 10);
    }
    return client->size >= client->left;
}

static int load(const char *const *words)
{
    const size_t count = strtoul(words[3], NULL, 10);
    char request[32 * 1024];
    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nAuthorization: Bearer %s\r\n\r\n", words[2], words[0],
             words[1]);
    const int poll = epoll_create1(0);
    for (size_t i = 0; i < count && i < CLIENTS_MAX; i++) {
        clients[i].buffer = malloc(BUFFER);
        if (!clients[i].buffer)
            die("memory");
        clients[i].fd = connect_to(words[0], request, false);
        epoll_ctl(poll, EPOLL_CTL_ADD, clients[i].fd,
                  &(struct epoll_event){.events = EPOLLIN, .data.ptr = &clients[i]});
    }
    const int64_t begin_ms = now_ms(CLOCK_MONOTONIC), end_ms = begin_ms + strtol(words[4], NULL, 10) * 1000;
    int64_t at_ms;
    while ((at_ms = now_ms(CLOCK_MONOTONIC)) < end_ms) {
        struct epoll_event events[AT_ONCE];
        const int got = epoll_wait(poll, events, AT_ONCE, 100);
        for (int i = 0; i < got; i++) {
            Client *client = events[i].data.ptr;
            if (!read_answer(client))
                continue;
            requests++;
            client->size = client->left = 0;
            ask(client, request);
        }
    }
    printf("requests %lld\noctets %lld\nper_second %lld\n", (long long)requests, (long long)octets,
           (long long)(requests * 1000 / (at_ms - begin_ms)));
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 10 && strcmp(argv[1], "events") == 0)
        return count_events((const char *const *)argv + 2);
    if (argc == 7 && strcmp(argv[1], "load") == 0)
        return load((const char *const *)argv + 2);
    fprintf(stderr, "usage: streams events PORT TOKEN PATH POINTS EACH COUNT SLOW SECONDS\n"
                    "       streams load PORT TOKEN PATH CONNECTIONS SECONDS\n");
    return 64;
}
