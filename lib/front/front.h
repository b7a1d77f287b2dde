/* Where people reach the web: what settings web.* say, and what follows from them. On the loopback, or at a
 * Unix socket, `bacpipes web` is reached itself, by plain HTTP; at any other address nginx is, which speaks
 * TLS and passes requests on to a Unix socket. */
#ifndef FRONT_FRONT_H
#define FRONT_FRONT_H

#include "base/arena.h"
#include "base/error.h"
#include "config/config.h"
#include "io/tls/authority.h"

enum { FRONT_SOCKET_MAX = 107 };

typedef struct Front {
    bool is_off;                   /* web.listen is empty: nobody reaches it */
    bool has_nginx;                /* it is nginx that listens there */
    const char *address;           /* IPv4, NULL: at a Unix socket alone */
    uint16_t port;                 /* 0, on the loopback: any free one */
    const char *socket;            /* where `bacpipes web` listens; NULL: at address and port itself */
    const char *const *names;      /* closed by NULL, in small letters: what requests may call it, without the
                                      port;      of its certificate too. The first is the one to show */
    const char *certificate, *key; /* PEM files; without nginx NULL */
    const char *authority;         /* certificate of our own authority; NULL: they are the operator's */
    const char *authority_folder;  /* where that lives; NULL likewise */
} Front;

/* Reads the settings; texts live in the arena or in `cfg`. BP_INVALID: a setting is wrong; the sentence says
 * what would be right. */
BpStatus front_read(const Cfg *cfg, BpArena *arena, Front *ret_front, BpError *err) BP_CHECKED;

/* What people type into a browser: "https://bms.example.org:8443/". Where `bacpipes up` has found another
 * port of the loopback than web.listen says, it is that. NULL: there is nothing to type. */
const char *front_url(const Front *front, const char *data_folder, BpArena *arena);

/* The folder of the built interface: web.files, else the one that belongs to this program, whether it is
 * there or not. */
const char *front_files(const Cfg *cfg, BpArena *arena);

#endif
