/* What the private PostgreSQL is told: its configuration, and who may come in as whom. */
#include "apps/up/up.h"

#include <stdio.h>
#include <string.h>

/* Who has not yet said a password holds a connection too, until AUTHENTICATION_S is over. So there are many
 * more than those of all roles together (sql/rights.sql: 46, and 40 of logins of sources). */
enum { CONNECTIONS_MAX = 200, AUTHENTICATION_S = 5 };
/* A site has one connection, and another where its last one is half open still; its limit is 3. It may come
 * over a slow line. */
enum { CONNECTIONS_OF_SITE = 3, AUTHENTICATION_FAR_S = 15 };
enum { DEMO_SITES_AT_MOST = 10, USUAL_MEMORY = 128 * 1024 * 1024 };

/* In a configuration file of PostgreSQL: quoted, quotes doubled. */
static const char *quoted(Up *up, const char *text)
{
    BpBuf out = bp_buf_growing(3 * UP_PATH_MAX);
    bp_buf_u8(&out, '\'');
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            bp_buf_u8(&out, (uint8_t)*text);
        bp_buf_u8(&out, (uint8_t)*text);
    }
    bp_buf_u8(&out, '\'');
    const char *result = bp_arena_text(&up->arena, bp_buf_text(&out));
    bp_buf_done(&out);
    return result;
}

/* Where it listens: at the loopback for what is on this machine, and a central where its sites find it. */
static const char *addresses(const Up *up, bool has_port, char *ret_text, size_t size)
{
    const char *far = up->central.address;
    const bool is_everywhere = far && strcmp(far, "0.0.0.0") == 0;
    snprintf(ret_text, size, "%s%s%s", is_everywhere ? far : "127.0.0.1", far && !is_everywhere ? "," : "",
             far && !is_everywhere ? far : "");
    return has_port ? ret_text : "";
}

/* A demo has two sites, and somebody's laptop: unless more memory was asked for, half of what is usual will
 * do. */
static int sites_at_most(const Up *up)
{
    return !up->wish.is_central ? 0 : up->wish.is_demo ? DEMO_SITES_AT_MOST : (int)up->wish.cfg.central_sites;
}

static int memory_mb(const Up *up)
{
    const int64_t wanted = up->wish.cfg.database_memory;
    return (int)((up->wish.is_demo && wanted == USUAL_MEMORY ? wanted / 2 : wanted) / (1024 * 1024));
}

static BpStatus write_configuration(Up *up, bool has_port, BpError *err)
{
    BpBuf out = bp_buf_growing(64 * 1024);
    char text[64];
    const bool is_central = up->wish.is_central;
    bp_buf_printf(&out,
                  "# Written by `bacpipes up` at each start. Settings of your own go into "
                  "postgresql.auto.conf (ALTER SYSTEM).\n"
                  "listen_addresses = '%s'\nport = %d\nunix_socket_directories = "
                  "%s\nunix_socket_permissions = 0700\n"
                  "max_connections = %d\nauthentication_timeout = %ds\nshared_buffers = "
                  "%dMB\nwal_compression = lz4\ncheckpoint_timeout = "
                  "30min\nmax_wal_size = 2GB\n"
                  "password_encryption = 'scram-sha-256'\nlog_timezone = 'UTC'\ntimezone = 'UTC'\nhba_file = "
                  "%s\nident_file = %s\n"
                  /* Statements of charts take some 50 ms: to compile one takes as long again. */
                  "jit = off\n"
                  /* What it says is `up`'s to keep, with time and level (log.c). */
                  "logging_collector = off\nlog_destination = 'stderr'\nlog_line_prefix = '%%q%%a '\n"
                  "log_error_verbosity = default\nlog_checkpoints = off\nlog_connections = off\n"
                  "log_disconnections = off\nlog_autovacuum_min_duration = -1\n",
                  addresses(up, has_port, text, sizeof text), (int)up->database.port,
                  quoted(up, up->folder.run), CONNECTIONS_MAX + sites_at_most(up) * CONNECTIONS_OF_SITE,
                  is_central ? AUTHENTICATION_FAR_S : AUTHENTICATION_S, memory_mb(up),
                  quoted(up, up_path(up, "postgresql/bacpipes_hba.conf")),
                  quoted(up, up_path(up, "postgresql/bacpipes_ident.conf")));
    if (up->database.has_preload)
        bp_buf_str(&out, bp_str(up_preload_settings));
    if (is_central)
        bp_buf_printf(&out, "include_if_exists %s\n", quoted(up, up_path(up, "central/postgresql.conf")));
    const BpStatus status = up_write_file(up_path(up, "postgresql/postgresql.conf"), bp_buf_text(&out), err);
    bp_buf_done(&out);
    return status;
}

/* Over the socket we are whom we say; over TCP there are only who reads, sources of commands, and at a
 * central its sites, as it says itself. */
static BpStatus write_entrances(Up *up, BpError *err)
{
    static const char near[] = "local all all peer map=bacpipes\n"
                               "host bacpipes bacpipes_reader 127.0.0.1/32 scram-sha-256\n"
                               "host bacpipes +bacpipes_source 127.0.0.1/32 scram-sha-256\n";
    char line[1024];
    BpBuf out = bp_buf_growing(64 * 1024);
    bp_buf_str(&out, bp_str(near));
    FILE *far = up->wish.is_central ? up_read_file(up_path(up, "central/pg_hba.conf"), NULL) : NULL;
    while (far && fgets(line, sizeof line, far))
        bp_buf_str(&out, bp_str(line));
    if (far)
        fclose(far);
    const BpStatus status =
        up_write_file(up_path(up, "postgresql/bacpipes_hba.conf"), bp_buf_text(&out), err);
    bp_buf_done(&out);
    return status;
}

static BpStatus write_names(Up *up, BpError *err)
{
    static const char *const accounts[] = {"bacpipes",        "bacpipes_owner",    "bacpipes_collect",
                                           "bacpipes_ingest", "bacpipes_maintain", "bacpipes_reader",
                                           "bacpipes_web",    "bacpipes_sync",     "bacpipes_central"};
    BpBuf out = bp_buf_growing(64 * 1024);
    for (size_t i = 0; i < sizeof accounts / sizeof accounts[0]; i++)
        bp_buf_printf(&out, "bacpipes \"%s\" %s\nbacpipes root %s\n", up->folder.user, accounts[i],
                      accounts[i]);
    const BpStatus status =
        up_write_file(up_path(up, "postgresql/bacpipes_ident.conf"), bp_buf_text(&out), err);
    bp_buf_done(&out);
    return status;
}

BpStatus up_configure_database(Up *up, bool has_port, BpError *err)
{
    BP_TRY(write_configuration(up, has_port, err));
    BP_TRY(write_entrances(up, err));
    return write_names(up, err);
}
