/* Sessions of sites that hold, do or take what they should not are ended. What they hold and do the database
 * sees; how much memory they take we do, where they are processes of this machine. */
#include "apps/central/central.h"
#include "base/buf.h"
#include "base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A call of 4 MB takes some 50 MB; PostgreSQL may use what a login sets (work_mem) several times over. */
static const int64_t LARGE_OCTETS = INT64_C(256) * 1024 * 1024;

void central_noticed(Central *central, int pid)
{
    size_t i = 0;
    while (i < central->noticing_count && central->noticing[i] != pid)
        i++;
    if (pid && i == central->noticing_count && i < CENTRAL_NOTICING_MAX)
        central->noticing[central->noticing_count++] = pid;
}

static void on_guarded(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    static BpLogKind not_guarded;
    const Central *central = context;
    for (size_t row = 0; status == BP_OK && row < pg_row_count(rows); row++)
        if (!pg_is_null(rows, row, 0))
            bp_log(BP_LOG_WARNING, "ended a session: %.*s", BP_STR_ARGS(pg_get_text(rows, row, 0)));
    if (status != BP_OK && pg_is_connected(central->pg))
        bp_log_some(&not_guarded, loop_now_us(central->loop), BP_LOG_WARNING, "sessions of sites: %s",
                    err->text);
}

static void put_pids(BpBuf *out, const int *pids, size_t count)
{
    bp_buf_u8(out, '{');
    for (size_t i = 0; i < count; i++)
        bp_buf_printf(out, "%s%d", i ? "," : "", pids[i]);
    bp_buf_u8(out, '}');
}

static void guard(Central *central, const int *large, size_t large_count)
{
    uint8_t memory[2][CENTRAL_NOTICING_MAX * 12 + 3];
    BpBuf noticing = bp_buf(memory[0], sizeof memory[0]), too_large = bp_buf(memory[1], sizeof memory[1]);
    put_pids(&noticing, central->noticing, central->noticing_count);
    put_pids(&too_large, large, large_count);
    const PgValue pids[] = {pg_text(bp_buf_text(&noticing)), pg_text(bp_buf_text(&too_large))};
    central->noticing_count = 0;
    pg_request(central->pg, SQL_GUARD_SITES, pids, 2, on_guarded, central);
}

/* ---- memory ---- */

/* Of a process, what is its own and not the buffers that all share: RssAnon, which statm has as the
 * difference of two numbers of pages (proc(5)). 0: it is gone, or another machine's. */
static int64_t octets_of(int pid)
{
    char path[64], text[256], *rest = text;
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    const ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    text[size < 0 ? 0 : size] = '\0';
    int64_t pages[3] = {0};
    for (size_t i = 0; i < 3; i++)
        pages[i] = strtoll(rest, &rest, 10);
    return (pages[1] - pages[2]) * sysconf(_SC_PAGESIZE);
}

/* Where the database is in another space of processes, a number is somebody else's. */
static bool is_of_postgresql(int pid)
{
    char path[64], text[32] = "";
    snprintf(path, sizeof path, "/proc/%d/comm", pid);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    const ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    return size > 0 && strncmp(text, "postgres", strlen("postgres")) == 0;
}

static void on_sessions(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Central *central = context;
    int large[CENTRAL_NOTICING_MAX];
    size_t count = 0;
    (void)err;
    if (!central->is_ready) /* it ends, or the database is away */
        return;
    for (size_t row = 0; status == BP_OK && row < pg_row_count(rows) && count < CENTRAL_NOTICING_MAX; row++) {
        const int pid = (int)pg_get_integer(rows, row, 0);
        if (octets_of(pid) > LARGE_OCTETS && is_of_postgresql(pid))
            large[count++] = pid;
    }
    guard(central, large, count);
}

void central_guard(Central *central)
{
    const PgValue turn = pg_integer(central->guard_turn++ % 10);
    const char *host = central->cfg->database_host;
    if (*host && *host != '/' && strcmp(host, "127.0.0.1") != 0 && strcmp(host, "localhost") != 0)
        guard(central, NULL, 0); /* nobody here sees its processes */
    else
        pg_request(central->pg, SQL_SELECT_SITE_SESSIONS, &turn, 1, on_sessions, central);
}
