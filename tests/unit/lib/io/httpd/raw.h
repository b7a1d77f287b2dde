/* A client of octets, for the tests of this folder: says what it is told to, and waits for a text in what
 * comes while the loop runs. */
#ifndef TESTS_HTTPD_RAW_H
#define TESTS_HTTPD_RAW_H

#include "base/time.h"
#include "io/loop/loop.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct Raw {
    Loop *loop;
    int fd;
    bool has_ended; /* the other side closed */
    size_t got;
    char text[256 * 1024];
} Raw;

static inline Raw *raw_new(Loop *loop, uint16_t port)
{
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    Raw *raw = calloc(1, sizeof *raw);
    raw->loop = loop;
    raw->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(raw->fd, (const struct sockaddr *)&to, sizeof to), 0);
    return raw;
}

static inline void raw_free(Raw *raw)
{
    if (raw->fd >= 0)
        close(raw->fd);
    free(raw);
}

static inline void raw_tell_octets(Raw *raw, const void *octets, size_t size)
{
    assert_int_equal(send(raw->fd, octets, size, MSG_NOSIGNAL), (ssize_t)size);
}

static inline void raw_tell(Raw *raw, const char *text)
{
    raw_tell_octets(raw, text, strlen(text));
}

/* Reads what is there, without waiting. */
static inline void raw_look(Raw *raw)
{
    const ssize_t got = recv(raw->fd, raw->text + raw->got, sizeof raw->text - 1 - raw->got, MSG_DONTWAIT);
    raw->has_ended |= got == 0;
    raw->got += got > 0 ? (size_t)got : 0;
    raw->text[raw->got] = 0;
}

/* Runs the loop until `text` has come (or the end; or 20 s are over) and returns what stands behind it; NULL:
 * it did not come. */
static inline const char *raw_hear(Raw *raw, const char *text)
{
    const int64_t end_us = bp_monotonic_us() + 20 * BP_SECOND;
    const char *found;
    while (!(found = memmem(raw->text, raw->got, text, strlen(text))) && !raw->has_ended &&
           bp_monotonic_us() < end_us) {
        loop_run_once(raw->loop, BP_SECOND / 100);
        raw_look(raw);
    }
    return found ? found + strlen(text) : NULL;
}

/* Until the other side closes: false where it does not. */
static inline bool raw_hear_end(Raw *raw)
{
    const int64_t end_us = bp_monotonic_us() + 20 * BP_SECOND;
    while (!raw->has_ended && bp_monotonic_us() < end_us) {
        loop_run_once(raw->loop, BP_SECOND / 100);
        if (raw->got == sizeof raw->text - 1)
            raw->got = 0;
        raw_look(raw);
    }
    return raw->has_ended;
}

#endif
