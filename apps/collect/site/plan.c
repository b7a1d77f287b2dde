#include "apps/collect/site/plan.h"

#include "base/random.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { PATH_OCTETS_MAX = 4096, NUMBER = 8 };
static const char magic[] = "bacpipes plan 1\n";

/* Who asks otherwise gets other columns. */
static uint64_t hash_queries(void)
{
    const BpStr settings = bp_str(sql_query_text(SQL_SELECT_SETTINGS)),
                known = bp_str(sql_query_text(SQL_SELECT_COLLECT_KNOWN));
    return bp_hash(known.data, known.size, bp_hash(settings.data, settings.size, 0));
}

/* ---- as octets ---- */

void collect_plan_encode(BpBuf *out, BpStr site, int64_t known_us, BpStr settings, BpStr known)
{
    bp_buf_str(out, bp_str(magic));
    const size_t begin = out->size;
    bp_buf_unsigned(out, 0, NUMBER); /* the hash's place */
    bp_buf_unsigned(out, hash_queries(), NUMBER);
    bp_buf_unsigned(out, (uint64_t)known_us, NUMBER);
    bp_buf_u16(out, (uint16_t)site.size);
    bp_buf_str(out, site);
    bp_buf_str(out, settings);
    bp_buf_str(out, known);
    if (out->failed)
        return;
    BpBuf place = bp_buf(out->data + begin, NUMBER);
    bp_buf_unsigned(&place, bp_hash(out->data + begin + NUMBER, out->size - begin - NUMBER, 0), NUMBER);
}

static BpStatus open_plan(BpCursor *in, BpError *err)
{
    const BpStr began = bp_str(magic);
    const uint8_t *octets = bp_cursor_take(in, began.size);
    const uint64_t hash = bp_cursor_unsigned(in, NUMBER);
    if (in->failed || memcmp(octets, began.data, began.size) != 0)
        return bp_fail(err, BP_MALFORMED, "it does not begin as a plan does");
    if (hash != bp_hash(in->data + in->offset, bp_cursor_remaining(in), 0))
        return bp_fail(err, BP_MALFORMED, "it is damaged");
    return BP_OK;
}

static BpStatus check_whose(BpCursor *in, BpStr site, int64_t *ret_known_us, BpError *err)
{
    const uint64_t queries = bp_cursor_unsigned(in, NUMBER);
    *ret_known_us = (int64_t)bp_cursor_unsigned(in, NUMBER);
    const uint16_t size = bp_cursor_u16(in);
    const BpStr whose = {(const char *)bp_cursor_take(in, size), size};
    if (in->failed)
        return bp_fail(err, BP_MALFORMED, "it is cut short");
    if (queries != hash_queries())
        return bp_fail(err, BP_REFUSED, "another version of BacPipes wrote it");
    if (!bp_str_equal(whose, site))
        return bp_fail(err, BP_REFUSED, "it is of site %.*s", BP_STR_ARGS(whose));
    return BP_OK;
}

BpStatus collect_plan_decode(BpCursor octets, BpStr site, CollectPlan *ret_plan, BpError *err)
{
    BpCursor in = octets;
    CollectPlan plan = {0};
    BP_TRY(open_plan(&in, err));
    BP_TRY(check_whose(&in, site, &plan.known_us, err));
    BP_TRY(pg_rows_decode(&in, &plan.settings, err));
    BpStatus status = pg_rows_decode(&in, &plan.known, err);
    if (status == BP_OK && bp_cursor_remaining(&in) > 0)
        status = bp_fail(err, BP_MALFORMED, "something follows its end");
    if (status == BP_OK)
        *ret_plan = plan;
    else
        collect_plan_done(&plan);
    return status;
}

void collect_plan_done(CollectPlan *plan)
{
    pg_rows_free(plan->settings);
    pg_rows_free(plan->known);
    *plan = (CollectPlan){0};
}

/* ---- as a file ---- */

/* 0, or the number of what went wrong. */
static int write_all(int fd, BpStr octets)
{
    for (size_t written = 0; written < octets.size;) {
        const ssize_t size = write(fd, octets.data + written, octets.size - written);
        if (size < 0 && errno != EINTR)
            return errno;
        written += size > 0 ? (size_t)size : 0;
    }
    return fsync(fd) == 0 ? 0 : errno;
}

static int write_draft(const char *draft, BpStr octets)
{
    const int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    const int number = write_all(fd, octets);
    close(fd);
    return number;
}

/* The folder has the file's new name on disk, too. */
static int sync_folder_of(const char *path)
{
    char folder[PATH_OCTETS_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    const int number = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return number;
}

BpStatus collect_plan_write(const char *path, BpStr octets, BpError *err)
{
    char draft[PATH_OCTETS_MAX];
    if (snprintf(draft, sizeof draft, "%s.new", path) >= (int)sizeof draft)
        return bp_fail(err, BP_INVALID, "%s: the path is too long", path);
    int number = write_draft(draft, octets);
    if (!number)
        number = rename(draft, path) == 0 ? sync_folder_of(path) : errno;
    return number ? bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(number)) : BP_OK;
}

static BpStatus read_all(const char *path, BpBuf *out, BpError *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return bp_fail(err, errno == ENOENT ? BP_NOT_FOUND : BP_UNAVAILABLE, "%s: %s", path,
                       bp_errno_text(errno));
    ssize_t size = 1;
    int number = 0;
    while (size != 0 && !number && !out->failed) {
        uint8_t piece[64 * 1024];
        size = read(fd, piece, sizeof piece);
        if (size > 0)
            bp_buf_octets(out, piece, (size_t)size);
        else if (size < 0 && errno != EINTR)
            number = errno;
    }
    close(fd);
    if (out->failed)
        return bp_fail(err, BP_MALFORMED, "%s: it is longer than any plan", path);
    return number ? bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(number)) : BP_OK;
}

BpStatus collect_plan_read(const char *path, BpStr site, CollectPlan *ret_plan, BpError *err)
{
    BpBuf octets = bp_buf_growing(COLLECT_PLAN_OCTETS_MAX);
    BpStatus status = read_all(path, &octets, err);
    if (status == BP_OK) {
        status = collect_plan_decode(bp_cursor(octets.data, octets.size), site, ret_plan, err);
        if (status != BP_OK)
            (void)bp_within(err, "%s", path);
    }
    bp_buf_done(&octets);
    return status;
}
