#include "apps/central/heads.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/time.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_OCTETS_MAX = 4 * 1024 * 1024 };
static const int64_t EVERY_US = BP_SECOND;

/* A site's line of the file. */
typedef struct Head {
    char site[64];
    int64_t epoch, seq;
} Head;

/* A writing of the file, on another thread. */
typedef struct Writing {
    Heads *heads; /* NULL: they are gone */
    char path[PATH_MAX];
    BpBuf text;
    BpStatus status;
    BpError err;
} Writing;

struct Heads {
    Loop *loop;
    Pg *pg;
    char path[PATH_MAX - 8];
    void (*on_compared)(void *owner);
    void *owner;
    bool is_compared, is_asking;
    int64_t asked_at_us;
    Writing *writing;
    BpBuf written; /* what the file says, or will */
    size_t begun;  /* sites that begin another epoch, and have not yet */
};

/* ---- the file ---- */

static void write_file(void *job)
{
    Writing *writing = job;
    char draft[PATH_MAX + 8];
    snprintf(draft, sizeof draft, "%s.new", writing->path);
    FILE *file = fopen(draft, "we");
    bool is_whole = file && fwrite(writing->text.data, 1, writing->text.size, file) == writing->text.size &&
                    fflush(file) == 0 && fsync(fileno(file)) == 0;
    int number = errno;
    if (file && fclose(file) != 0)
        is_whole = false;
    if (is_whole && rename(draft, writing->path) != 0) {
        number = errno;
        is_whole = false;
    }
    writing->status =
        is_whole ? BP_OK
                 : bp_fail(&writing->err, BP_UNAVAILABLE, "%s: %s", writing->path, bp_errno_text(number));
}

static void on_written(void *job)
{
    static BpLogKind not_written;
    Writing *writing = job;
    Heads *heads = writing->heads;
    if (heads) {
        heads->writing = NULL;
        if (writing->status == BP_OK) {
            bp_buf_clear(&heads->written);
            bp_buf_str(&heads->written, bp_buf_text(&writing->text));
        } else {
            bp_log_some(&not_written, loop_now_us(heads->loop), BP_LOG_WARNING, "what was given to sites: %s",
                        writing->err.text);
        }
    }
    bp_buf_done(&writing->text);
    free(writing);
}

/* The line of a site in what was written; false: there is none. */
static bool find_head(const BpBuf *text, BpStr site, Head *ret_head)
{
    const char *line = (const char *)text->data;
    size_t left = text->size;
    while (left) {
        const char *end = memchr(line, '\n', left);
        const size_t size = end ? (size_t)(end - line) : left;
        BpStr numbers, seq;
        const BpStr name = bp_str_cut((BpStr){line, size}, ' ', &numbers);
        const BpStr epoch = bp_str_cut(numbers, ' ', &seq);
        BpError err;
        if (bp_str_equal(name, site) && bp_str_copy(name, ret_head->site, sizeof ret_head->site) &&
            bp_parse_i64(epoch, 1, INT64_MAX, &ret_head->epoch, &err) == BP_OK &&
            bp_parse_i64(seq, 0, INT64_MAX, &ret_head->seq, &err) == BP_OK)
            return true;
        left -= size + (end != NULL);
        line += size + (end != NULL);
    }
    return false;
}

static void read_file(Heads *heads)
{
    char buffer[4096];
    FILE *file = fopen(heads->path, "re");
    bp_buf_clear(&heads->written);
    for (size_t size; file && (size = fread(buffer, 1, sizeof buffer, file)) > 0;)
        bp_buf_octets(&heads->written, buffer, size);
    if (file)
        fclose(file);
}

/* ---- looking ---- */

static void write_down(Heads *heads, const PgRows *rows)
{
    BpBuf text = bp_buf_growing(FILE_OCTETS_MAX);
    for (size_t row = 0; row < pg_row_count(rows); row++)
        bp_buf_printf(&text, "%.*s %" PRId64 " %" PRId64 "\n", BP_STR_ARGS(pg_get_text(rows, row, 0)),
                      pg_get_integer(rows, row, 1), pg_get_integer(rows, row, 2));
    if (heads->writing || bp_str_equal(bp_buf_text(&text), bp_buf_text(&heads->written))) {
        bp_buf_done(&text);
        return;
    }
    Writing *writing = calloc(1, sizeof *writing);
    if (!writing)
        abort();
    writing->heads = heads;
    writing->text = text;
    snprintf(writing->path, sizeof writing->path, "%s", heads->path);
    heads->writing = writing;
    loop_work(heads->loop, write_file, on_written, writing);
}

static void on_heads(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    static BpLogKind not_read;
    Heads *heads = context;
    heads->is_asking = false;
    if (status == BP_OK)
        write_down(heads, rows);
    else if (pg_is_connected(heads->pg))
        bp_log_some(&not_read, loop_now_us(heads->loop), BP_LOG_WARNING, "what was given to sites: %s",
                    err->text);
}

void heads_look(Heads *heads)
{
    const int64_t now_us = loop_now_us(heads->loop);
    if (!heads->is_compared || heads->is_asking || now_us - heads->asked_at_us < EVERY_US)
        return;
    heads->is_asking = true;
    heads->asked_at_us = now_us;
    pg_request(heads->pg, SQL_SELECT_DOWNLINK_HEADS, NULL, 0, on_heads, heads);
}

/* ---- comparing ---- */

static void end_comparing(Heads *heads)
{
    heads->is_compared = true;
    heads->on_compared(heads->owner);
}

static void on_begun(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Heads *heads = context;
    (void)rows;
    heads->begun--;
    if (status != BP_OK)
        bp_log(BP_LOG_ERROR, "another epoch of what a site is asked for: %s", err->text);
    if (!heads->begun && pg_is_connected(heads->pg))
        end_comparing(heads);
}

/* Another epoch than the file's may be a new life of the site, which the file had not seen yet: then one more
 * does no harm. */
static void on_compare(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Heads *heads = context;
    if (status != BP_OK) {
        bp_log(BP_LOG_ERROR, "comparing what was given to sites with the database: %s", err->text);
        return;
    }
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        const BpStr site = pg_get_text(rows, row, 0);
        Head head;
        if (!find_head(&heads->written, site, &head) ||
            (head.epoch == pg_get_integer(rows, row, 1) && head.seq <= pg_get_integer(rows, row, 2)))
            continue;
        bp_log(
            BP_LOG_WARNING,
            "site %s was given more than the database knows: it was put back to an earlier state. What the "
            "site was asked for since is not asked again",
            head.site);
        const PgValue value = pg_text(site);
        heads->begun++;
        pg_request(heads->pg, SQL_BEGIN_DOWNLINK, &value, 1, on_begun, heads);
    }
    if (!heads->begun)
        end_comparing(heads);
}

void heads_connected(Heads *heads)
{
    heads->is_compared = heads->is_asking = false;
    heads->begun = 0;
    if (!heads->writing)
        read_file(heads);
    pg_request(heads->pg, SQL_SELECT_DOWNLINK_HEADS, NULL, 0, on_compare, heads);
}

Heads *heads_new(Loop *loop, Pg *pg, const char *data_folder, void (*on_compared)(void *owner), void *owner)
{
    Heads *heads = calloc(1, sizeof *heads);
    if (!heads)
        abort();
    *heads = (Heads){.loop = loop,
                     .pg = pg,
                     .on_compared = on_compared,
                     .owner = owner,
                     .written = bp_buf_growing(FILE_OCTETS_MAX)};
    snprintf(heads->path, sizeof heads->path, "%s/central", data_folder);
    if (mkdir(heads->path, 0700) != 0 && errno != EEXIST)
        bp_log(BP_LOG_WARNING, "%s: %s", heads->path, bp_errno_text(errno));
    snprintf(heads->path, sizeof heads->path, "%s/central/given", data_folder);
    return heads;
}

void heads_free(Heads *heads)
{
    if (!heads)
        return;
    if (heads->writing)
        heads->writing->heads = NULL;
    bp_buf_done(&heads->written);
    free(heads);
}
