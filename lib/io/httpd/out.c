/* Sends texts in a row by writev. */
#include "io/httpd/out.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { PIECES_AT_ONCE = 16, PARTS = 3 };

struct Piece {
    Piece *next;
    BpStr octets;
    HttpdText *text; /* whose they are; NULL: borrowed */
    uint8_t prefix_size, suffix_size;
    char prefix[20]; /* of a chunk: "1f4\r\n" */
};

HttpdText *httpd_text_new(BpStr text)
{
    HttpdText *copy = malloc(sizeof *copy + TEXT_ROOM + text.size);
    if (!copy)
        abort();
    copy->users = 1;
    copy->size = text.size;
    if (text.size)
        memcpy(copy->octets + TEXT_ROOM, text.data, text.size);
    return copy;
}

void httpd_text_leave(HttpdText *text)
{
    if (text && --text->users == 0)
        free(text);
}

void out_init(Out *out)
{
    *out = (Out){0};
    out->last = &out->first;
}

void out_drop(Out *out)
{
    Piece *piece = out->first;
    out->waiting -= piece->prefix_size + piece->octets.size + piece->suffix_size - out->sent;
    out->sent = 0;
    out->first = piece->next;
    if (!out->first)
        out->last = &out->first;
    httpd_text_leave(piece->text);
    free(piece);
}

void out_done(Out *out)
{
    while (out->first)
        out_drop(out);
}

static Piece *add(Out *out, BpStr octets, HttpdText *text)
{
    Piece *piece = calloc(1, sizeof *piece);
    if (!piece)
        abort();
    piece->octets = octets;
    piece->text = text;
    *out->last = piece;
    out->last = &piece->next;
    out->waiting += octets.size;
    return piece;
}

void out_add_borrowed(Out *out, BpStr octets)
{
    add(out, octets, NULL);
}

void out_add(Out *out, BpStr octets)
{
    HttpdText *text = httpd_text_new(octets);
    add(out, (BpStr){(const char *)text->octets + TEXT_ROOM, text->size}, text);
}

void out_add_text(Out *out, HttpdText *text, bool is_chunk)
{
    text->users++;
    Piece *piece = add(out, (BpStr){(const char *)text->octets + TEXT_ROOM, text->size}, text);
    if (!is_chunk)
        return;
    piece->prefix_size = (uint8_t)snprintf(piece->prefix, sizeof piece->prefix, "%zx\r\n", text->size);
    piece->suffix_size = 2;
    out->waiting += piece->prefix_size + piece->suffix_size;
}

HttpdText *out_first(const Out *out)
{
    return out->first ? out->first->text : NULL;
}

/* One part of a piece, without its first *skip octets. */
static size_t put(struct iovec *parts, const char *data, size_t size, size_t *skip)
{
    const size_t skipped = *skip < size ? *skip : size;
    *skip -= skipped;
    if (skipped == size)
        return 0;
    *parts = (struct iovec){(void *)(uintptr_t)(data + skipped), size - skipped};
    return 1;
}

static size_t gather(const Out *out, struct iovec *parts)
{
    size_t count = 0, skip = out->sent, pieces = 0;
    for (const Piece *piece = out->first; piece && pieces < PIECES_AT_ONCE; piece = piece->next, pieces++) {
        count += put(parts + count, piece->prefix, piece->prefix_size, &skip);
        count += put(parts + count, piece->octets.data, piece->octets.size, &skip);
        count += put(parts + count, "\r\n", piece->suffix_size, &skip);
    }
    return count;
}

static void take_away(Out *out, size_t sent)
{
    while (out->first) {
        const Piece *piece = out->first;
        const size_t left = piece->prefix_size + piece->octets.size + piece->suffix_size - out->sent;
        if (sent < left) {
            out->sent += sent;
            out->waiting -= sent;
            return;
        }
        sent -= left;
        out_drop(out);
    }
}

OutStatus out_send(Out *out, int fd, size_t *ret_sent)
{
    *ret_sent = 0;
    while (out->first) {
        struct iovec parts[PIECES_AT_ONCE * PARTS];
        const struct msghdr message = {.msg_iov = parts, .msg_iovlen = gather(out, parts)};
        if (message.msg_iovlen == 0) { /* empty texts */
            take_away(out, 0);
            continue;
        }
        const ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? OUT_WAITS : OUT_FAILED;
        *ret_sent += (size_t)sent;
        take_away(out, (size_t)sent);
    }
    return OUT_EMPTY;
}

static BpStr without(BpStr text, size_t *skip)
{
    const size_t skipped = *skip < text.size ? *skip : text.size;
    *skip -= skipped;
    return (BpStr){text.data + skipped, text.size - skipped};
}

OutStatus out_answer(Out *out, int fd, BpStr head, BpStr body, bool is_borrowed)
{
    size_t sent = 0;
    if (!out->first) {
        struct iovec parts[2] = {{(void *)(uintptr_t)head.data, head.size},
                                 {(void *)(uintptr_t)body.data, body.size}};
        const struct msghdr message = {.msg_iov = parts, .msg_iovlen = body.size ? 2 : 1};
        const ssize_t got = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (got < 0 && errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)
            return OUT_FAILED;
        sent = got > 0 ? (size_t)got : 0;
        if (sent == head.size + body.size)
            return OUT_EMPTY;
    }
    head = without(head, &sent);
    body = without(body, &sent);
    if (head.size)
        out_add(out, head);
    if (body.size && is_borrowed)
        out_add_borrowed(out, body);
    else if (body.size)
        out_add(out, body);
    return OUT_WAITS;
}
