#include "apps/collect/deliver/spool/notes.h"

#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

/* ---- the mark of a run that is under way ---- */

static void mark_path(const Spool *spool, char path[SPOOL_PATH_MAX])
{
    snprintf(path, SPOOL_PATH_MAX, "%s/running", spool->folder);
}

BpStatus spool_mark(const Spool *spool, int64_t safe_until_us, bool is_first, BpError *err)
{
    const SpoolFiles *files = spool->files;
    char path[SPOOL_PATH_MAX], at[BP_TIME_TEXT_MAX], text[BP_TIME_TEXT_MAX + 1];
    mark_path(spool, path);
    const int fd = files->open(files->owner, path, O_WRONLY | O_CREAT | O_CLOEXEC);
    if (fd < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    /* Always as long: it is written over the one before. */
    snprintf(text, sizeof text, "%s\n", bp_time_format(safe_until_us, 6, at));
    int number = spool_files_write(files, fd, bp_str(text));
    if (!number && is_first && files->sync(files->owner, fd) != 0)
        number = errno;
    files->close(files->owner, fd);
    if (!number && is_first)
        number = spool_files_sync(spool->files, spool->folder, O_DIRECTORY);
    return number ? bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(number)) : BP_OK;
}

void spool_unmark(const Spool *spool)
{
    char path[SPOOL_PATH_MAX];
    mark_path(spool, path);
    spool->files->remove(spool->files->owner, path);
}

BpStatus spool_marked(const Spool *spool, int64_t *ret_safe_until_us, BpError *err)
{
    char path[SPOOL_PATH_MAX];
    mark_path(spool, path);
    BpBuf text = bp_buf_growing(1024 * 1024);
    BpStatus status = spool_files_read(spool->files, path, BP_TIME_TEXT_MAX, &text, err);
    if (status == BP_OK && bp_time_parse(bp_str_trim(bp_buf_text(&text)), ret_safe_until_us, err) != BP_OK)
        status = BP_MALFORMED;
    bp_buf_done(&text);
    return status;
}

/* ---- disowned runs ---- */

enum { DISOWNED_MAX = 4096 };

static void disowned_path(const Spool *spool, char path[SPOOL_PATH_MAX])
{
    snprintf(path, SPOOL_PATH_MAX, "%s/disowned", spool->folder);
}

BpStatus spool_disown(const Spool *spool, const MdlRun *run, BpError *err)
{
    const SpoolFiles *files = spool->files;
    char path[SPOOL_PATH_MAX], line[MDL_RUN_TEXT + 2];
    disowned_path(spool, path);
    const int fd = files->open(files->owner, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC);
    if (fd < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    const int size = snprintf(line, sizeof line, "%s\n", run->text);
    int number = spool_files_write(files, fd, (BpStr){line, (size_t)size});
    if (!number && files->sync(files->owner, fd) != 0)
        number = errno;
    files->close(files->owner, fd);
    if (!number)
        number = spool_files_sync(spool->files, spool->folder, O_DIRECTORY);
    return number ? bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(number)) : BP_OK;
}

void spool_disowned(const Spool *spool, bool (*each)(void *context, const MdlRun *run), void *context)
{
    char path[SPOOL_PATH_MAX];
    BpError err;
    bool is_left = false;
    disowned_path(spool, path);
    BpBuf text = bp_buf_growing(1024 * 1024);
    const BpStatus status =
        spool_files_read(spool->files, path, DISOWNED_MAX * (MDL_RUN_TEXT + 1), &text, &err);
    for (BpStr rest = bp_buf_text(&text); status == BP_OK && rest.size;) {
        const BpStr line = bp_str_cut(rest, '\n', &rest);
        MdlRun run;
        if (line.size == MDL_RUN_TEXT && bp_str_copy(line, run.text, sizeof run.text))
            is_left = each(context, &run) || is_left;
    }
    bp_buf_done(&text);
    if (status == BP_OK && !is_left)
        spool->files->remove(spool->files->owner, path);
}
