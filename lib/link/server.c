#include "link/server.h"

#include "base/file.h"
#include "base/parse.h"
#include "link/link.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { FILE_MAX = 64 * 1024 * 1024, LINE_MAX_OCTETS = 16 };

static const char *path_in(const char *folder, const char *name, BpArena *arena)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return bp_arena_text(arena, bp_str(path));
}

/* ---- settings ---- */

static BpStatus read_listen(const Cfg *cfg, BpArena *arena, const char **ret_address, uint16_t *ret_port,
                            BpError *err)
{
    BpStr port;
    int64_t number;
    const char *address = bp_arena_text(arena, bp_str_cut(bp_str(cfg->central_listen), ':', &port));
    if (!cfg_is_ipv4(address) || bp_parse_i64(port, 1, UINT16_MAX, &number, NULL) != BP_OK)
        return bp_fail(
            err, BP_INVALID,
            "central.listen = %s: an address of this machine and a port are right, as 0.0.0.0:54320 or "
            "10.2.0.5:54320",
            cfg->central_listen);
    *ret_address = address;
    *ret_port = (uint16_t)number;
    return BP_OK;
}

/* Of the loopback `bacpipes up` takes another one where that is taken. */
static uint16_t found_port(const Cfg *cfg, BpArena *arena, uint16_t port)
{
    BpStr line;
    int64_t number;
    if (bp_file_read(path_in(cfg->data_folder, "postgresql.port", arena), LINE_MAX_OCTETS, arena, &line,
                     NULL) != BP_OK ||
        bp_parse_i64(bp_str_trim(line), 1, UINT16_MAX, &number, NULL) != BP_OK)
        return port;
    return (uint16_t)number;
}

BpStatus link_server_read(const Cfg *cfg, BpArena *arena, LinkServer *ret_server, BpError *err)
{
    static const char loopback[] = "127.0.0.1", everywhere[] = "0.0.0.0";
    const char *address = loopback;
    CfgHosts *hosts = bp_arena_take(arena, sizeof *hosts);
    LinkServer server = {.folder = path_in(cfg->data_folder, "central", arena),
                         .ca_folder = path_in(cfg->data_folder, "ca", arena),
                         .hosts = hosts};
    BP_TRY(read_listen(cfg, arena, &address, &server.port, err));
    BP_TRY(cfg_hosts_read("central.names", cfg->central_names, arena, hosts, err));
    if (strcmp(address, everywhere) != 0)
        cfg_hosts_add(hosts, address);
    if (hosts->count == 0)
        return bp_fail(
            err, BP_INVALID,
            "central.listen = %s wants central.names: the names or addresses by which sites reach central",
            cfg->central_listen);
    cfg_hosts_add(hosts, loopback);
    if (strcmp(address, loopback) == 0)
        server.port = found_port(cfg, arena, server.port);
    *ret_server = server;
    return BP_OK;
}

/* ---- files ---- */

/* In place of what is there, where that is another. */
static BpStatus put(const LinkServer *server, const char *name, BpStr contents, LinkServerNews *news,
                    BpError *err)
{
    BpArena arena = {0};
    BpStr there = {0};
    const char *path = path_in(server->folder, name, &arena);
    BpStatus status = BP_OK;
    if (bp_file_read(path, FILE_MAX, &arena, &there, NULL) != BP_OK || !bp_str_equal(there, contents)) {
        status = bp_file_write(path, contents, 0600, err);
        news->is_changed = true;
    }
    bp_arena_done(&arena);
    return status;
}

/* Each time it is written its dates are others: it is left alone while it lists what it should. */
static BpStatus put_revoked(const LinkServer *server, const LinkCa *ca, int64_t now_us, LinkServerNews *news,
                            BpError *err)
{
    char mark[64];
    BpArena arena = {0};
    BpStr there = {0};
    BpBuf out = bp_buf_growing(FILE_MAX);
    BpBuf authorities = bp_buf_growing(FILE_MAX);
    const char *path = path_in(server->folder, "sites.crl", &arena);
    link_ca_authorities(ca, &authorities);
    snprintf(mark, sizeof mark, "# %zu certificates, by %zu octets of authorities\n",
             link_ca_ledger(ca)->revoked_count, authorities.size);
    bp_buf_str(&out, bp_str(mark));
    BpStatus status = BP_OK;
    if (bp_file_read(path, FILE_MAX, &arena, &there, NULL) != BP_OK || there.size < strlen(mark) ||
        memcmp(there.data, mark, strlen(mark)) != 0 || news->ca != LINK_CA_KEPT) {
        link_ca_revoked(ca, now_us, &out);
        status = bp_file_write(path, bp_buf_text(&out), 0600, err);
        news->is_changed = true;
    }
    bp_buf_done(&authorities);
    bp_buf_done(&out);
    bp_arena_done(&arena);
    return status;
}

/* In a configuration file of PostgreSQL quotes are doubled. */
static void put_path(BpBuf *out, const char *setting, const char *folder, const char *name)
{
    bp_buf_printf(out, "%s = '", setting);
    for (const char *c = folder; *c; c++)
        bp_buf_printf(out, *c == '\'' || *c == '\\' ? "%c%c" : "%c", *c, *c);
    bp_buf_printf(out, "/%s'\n", name);
}

static BpStatus put_settings(const LinkServer *server, LinkServerNews *news, BpError *err)
{
    char memory[4 * PATH_MAX], folder[PATH_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    if (!realpath(server->folder, folder))
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", server->folder, bp_errno_text(errno));
    bp_buf_printf(&out, "# Written by `bacpipes central init`: sites come in by certificates, over TLS 1.3.\n"
                        "ssl = on\nssl_min_protocol_version = 'TLSv1.3'\n");
    put_path(&out, "ssl_ca_file", folder, "ca.crt");
    put_path(&out, "ssl_cert_file", folder, "server.pem");
    put_path(&out, "ssl_key_file", folder, "server.pem");
    put_path(&out, "ssl_crl_file", folder, "sites.crl");
    return put(server, "postgresql.conf", bp_buf_text(&out), news, err);
}

static BpStatus put_entrances(const LinkServer *server, LinkServerNews *news, BpError *err)
{
    static const char lines[] =
        "# Written by `bacpipes central init`: sites, and who has a join file.\n"
        "hostssl " LINK_DATABASE " +bacpipes_sites all cert clientcert=verify-full\n"
        "hostssl " LINK_DATABASE " " LINK_JOIN_USER " all cert clientcert=verify-full\n";
    return put(server, "pg_hba.conf", bp_str(lines), news, err);
}

static BpStatus put_authorities(const LinkServer *server, const LinkCa *ca, LinkServerNews *news,
                                BpError *err)
{
    BpBuf out = bp_buf_growing(FILE_MAX);
    link_ca_authorities(ca, &out);
    const BpStatus status = put(server, "ca.crt", bp_buf_text(&out), news, err);
    bp_buf_done(&out);
    return status;
}

BpStatus link_server_write(const LinkServer *server, LinkCa *ca, int64_t now_us, LinkServerNews *news,
                           BpError *err)
{
    char path[PATH_MAX];
    if (mkdir(server->folder, 0700) != 0 && errno != EEXIST)
        return bp_fail(err, BP_UNAVAILABLE, "%s cannot be made: %s", server->folder, bp_errno_text(errno));
    snprintf(path, sizeof path, "%s/server.pem", server->folder);
    news->ca_until_us = link_ca_until_us(ca);
    BP_TRY(put_authorities(server, ca, news, err));
    BP_TRY(put_revoked(server, ca, now_us, news, err));
    BP_TRY(link_ca_keep_server(ca, path, server->hosts->items, now_us, &news->is_renewed, err));
    news->is_changed = news->is_changed || news->is_renewed;
    BP_TRY(put_settings(server, news, err));
    return put_entrances(server, news, err);
}

BpStatus link_server_keep(const LinkServer *server, int64_t now_us, bool may_make, LinkServerNews *ret_news,
                          BpError *err)
{
    LinkCa *ca = NULL;
    *ret_news = (LinkServerNews){0};
    BP_TRY(link_ca_open(server->ca_folder, "BacPipes central", now_us, may_make, &ca, &ret_news->ca, err));
    const BpStatus status = link_server_write(server, ca, now_us, ret_news, err);
    link_ca_free(ca);
    return status;
}
