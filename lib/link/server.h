/* What central's PostgreSQL is told of the link, in <data>/central, and nothing that it must not know:
 *
 *   ca.crt            the authorities whose certificates let sites in
 *   server.pem        the server's key and certificate
 *   sites.crl         which certificates count no more, for ssl_crl_file
 *   postgresql.conf   TLS settings with these files, to be included
 *   pg_hba.conf       who comes in by certificate: sites, and who has a join file
 *
 * The authority itself is in <data>/ca (ca.h). All of it is outside of the database. */
#ifndef LINK_SERVER_H
#define LINK_SERVER_H

#include "config/config.h"
#include "config/hosts.h"
#include "link/ca.h"

typedef struct LinkServer {
    const char *folder, *ca_folder; /* <data>/central, <data>/ca */
    const CfgHosts *hosts;          /* what sites may call it; the first stands in join files */
    uint16_t port;
} LinkServer;

/* What settings central.* say; texts are in `arena`. BP_INVALID: one is wrong. Where it listens on the
 * loopback its port is the one that `bacpipes up` found, if it has (<data>/postgresql.port). */
BpStatus link_server_read(const Cfg *cfg, BpArena *arena, LinkServer *ret_server, BpError *err) BP_CHECKED;

typedef struct LinkServerNews {
    LinkCaStep ca;
    int64_t ca_until_us;
    bool is_renewed; /* the server has a new certificate */
    bool is_changed; /* a file is another one than it was: PostgreSQL is to read them again */
} LinkServerNews;

/* Has the files be as they should be now, from the authority, which may be made or must be there. Statuses as
 * link_ca_open. */
BpStatus link_server_keep(const LinkServer *server, int64_t now_us, bool may_make, LinkServerNews *ret_news,
                          BpError *err) BP_CHECKED;

/* The same with an authority that is open: after link_ca_revoke. */
BpStatus link_server_write(const LinkServer *server, LinkCa *ca, int64_t now_us, LinkServerNews *news,
                           BpError *err) BP_CHECKED;

#endif
