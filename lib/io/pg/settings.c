#include "io/pg/settings.h"

#include "config/secret.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
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

BpStatus pg_settings_options(const Cfg *cfg, const char *application_name, BpArena *arena,
                             PgOptions *ret_options, BpError *err)
{
    PgOptions options = {.host = cfg->database_host,
                         .port = (uint16_t)cfg->database_port,
                         .database = cfg->database_name,
                         .user = cfg->database_user,
                         .ca_file = or_none(cfg->database_ca_file),
                         .client_certificate = or_none(cfg->database_client_certificate),
                         .client_key = or_none(cfg->database_client_key),
                         .application_name = application_name};
    BpStatus status = BP_OK;
    if (!*cfg->database_host)
        status = embedded_socket_folder(cfg->data_folder, arena, &options.host, err);
    if (status == BP_OK && *cfg->database_password_file &&
        cfg_secret_read(cfg->database_password_file, arena, &options.password, err) != BP_OK)
        status = bp_within(err, "database.password_file");
    if (status == BP_OK)
        *ret_options = options;
    return status;
}
