/* A join file: what a site is given so that it can join central, once. JSON that people may look at; it has a
 * key in it, so it is for its site alone.
 *
 *   {"bacpipes": "join file", "v": 1, "site_id": "macau", "name": "Macau tower", "number": 7, "central":
 * "Lisboa", "host": "central.example.org", "port": 5432, "until": "2026-12-04T17:00:00Z", "authorities": PEM,
 * "certificate": PEM, "key": PEM} */
#ifndef LINK_JOIN_FILE_H
#define LINK_JOIN_FILE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

#include <stdint.h>

enum { LINK_JOIN_FILE_MAX = 64 * 1024 };

typedef struct LinkJoinFile {
    const char *site_id, *name, *central, *host;
    int64_t number, port, until_us;
    const char *authorities, *certificate, *key; /* PEM */
} LinkJoinFile;

/* BP_FULL: something in it is larger than a site reads, or `out` is too small for it; the sentence says
 * which. */
BpStatus link_join_file_write(const LinkJoinFile *file, BpBuf *out, BpError *err) BP_CHECKED;

/* Texts are in `arena`. BP_INVALID: it is no join file, is cut short, or of a newer version; the sentence
 * says which. What its PEMs are, and that it has ended, is not looked at. */
BpStatus link_join_file_read(BpStr contents, BpArena *arena, LinkJoinFile *ret_file, BpError *err) BP_CHECKED;

/* Its certificate, key and authorities can be used, and are of each other. BP_INVALID: they are not. */
BpStatus link_join_file_check(const LinkJoinFile *file, BpError *err) BP_CHECKED;

#endif
