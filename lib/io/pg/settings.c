#include "io/pg/settings.h"

#include "config/secret.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *or_none(const char *text)
{
    return *text ? text : NULL;
}

/* The absolute path of <data>/run, whether it is there or not: libpq takes a host for a folder by its first
 * slash. */
static BpStatus embedded_socket_folder(const char *data, BpArena *arena, const char **ret_folder,
                                       BpError *err)
{
    char here[PATH_MAX] = "";
    if (data[0] != '/' && !getcwd(here, sizeof here))
        return bp_fail(err, BP_UNAVAILABLE, "the current folder has no name: %s", bp_errno_text(errno));
    const size_t size = strlen(here) + strlen(data) + sizeof "//run";
    char *folder = bp_arena_take(arena, size);
    snprintf(folder, size, "%s%s%s/run", here, data[0] == '/' ? "" : "/", data);
    *ret_folder = folder;
    return BP_OK;
}

static bool is_on_this_machine(const char *host)
{
    struct in_addr ip;
    if (host[0] == '/' || strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0)
        return true;
    return inet_pton(AF_INET, host, &ip) == 1 && ntohl(ip.s_addr) >> 24 == IN_LOOPBACKNET;
}

/* libpq's sslmode. What it would do by itself, TLS if the server happens to have it, is for this machine
 * only. */
static BpStatus choose_tls(const Cfg *cfg, const char *host, const char **ret_tls, BpError *err)
{
    static const char *const known[] = {"verify-full", "verify-ca", "require", "disable"};
    const char *tls = or_none(cfg->database_tls);
    if (!tls && !is_on_this_machine(host))
        tls = "verify-full";
    bool is_known = !tls;
    for (size_t i = 0; !is_known && i < sizeof known / sizeof known[0]; i++)
        is_known = strcmp(tls, known[i]) == 0;
    if (!is_known)
        return bp_fail(err, BP_INVALID,
                       "database.tls = %s: verify-full, verify-ca, require and disable are known", tls);
    if (tls && strncmp(tls, "verify", strlen("verify")) == 0 && !*cfg->database_ca_file)
        return bp_fail(
            err, BP_INVALID,
            "the certificate of the database at %s is to be checked, and nothing says against what: name its "
            "authority in database.ca_file (Debian's list is /etc/ssl/certs/ca-certificates.crt), or set "
            "database.tls to require (encrypted, and anybody may be the server) or disable",
            host);
    *ret_tls = tls;
    return BP_OK;
}

BpStatus pg_settings_options(const Cfg *cfg, PgAccount account, const char *application_name, BpArena *arena,
                             PgOptions *ret_options, BpError *err)
{
    static const char *const accounts[] = {[PG_ADMIN] = "bacpipes",
                                           [PG_OWNER] = "bacpipes_owner",
                                           [PG_COLLECT] = "bacpipes_collect",
                                           [PG_INGEST] = "bacpipes_ingest",
                                           [PG_MAINTAIN] = "bacpipes_maintain",
                                           [PG_WEB] = "bacpipes_web",
                                           [PG_SYNC] = "bacpipes_sync",
                                           [PG_CENTRAL] = "bacpipes_central"};
    PgOptions options = {.host = cfg->database_host,
                         .port = (uint16_t)cfg->database_port,
                         .database = cfg->database_name,
                         .user = *cfg->database_user ? cfg->database_user : accounts[account],
                         .ca_file = or_none(cfg->database_ca_file),
                         .client_certificate = or_none(cfg->database_client_certificate),
                         .client_key = or_none(cfg->database_client_key),
                         .application_name = application_name};
    BpStatus status = BP_OK;
    if (!*cfg->database_host)
        status = embedded_socket_folder(cfg->data_folder, arena, &options.host, err);
    if (status == BP_OK)
        status = choose_tls(cfg, options.host, &options.tls, err);
    if (status == BP_OK && *cfg->database_password_file &&
        cfg_secret_read(cfg->database_password_file, arena, &options.password, err) != BP_OK)
        status = bp_within(err, "database.password_file");
    if (status == BP_OK)
        *ret_options = options;
    return status;
}
