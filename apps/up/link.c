/* A site's link to a central. Where the site has joined one, `bacpipes sync` runs, from then on and as long
 * as it is joined; with --join it is joined first, again and again until that succeeds, while all else of the
 * site works. */
#include "apps/up/up.h"
#include "base/time.h"
#include "link/join_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { JOIN_FILE_MAX = 64 * 1024 };
static const int64_t LOOK_EVERY_US = 2 * BP_SECOND;

static bool has_joined(const char *data_folder)
{
    char path[UP_PATH_MAX];
    struct stat status;
    snprintf(path, sizeof path, "%s/link/link.json", data_folder);
    return lstat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static bool is_joined(const Up *up)
{
    return has_joined(up->folder.data);
}

/* ---- joining ---- */

/* A simulated one that began so is started again in the same way, and goes on as who it is, joined or not
 * yet. */
static void keep_name(Up *up)
{
    char path[UP_PATH_MAX];
    snprintf(path, sizeof path, "%s/demo.points", up->wish.cfg.data_folder);
    if (up->wish.is_simulated && up->wish.is_unnamed && access(path, F_OK) == 0)
        up->wish.site = up->wish.cfg.site;
}

/* A site that begins by a join file, and was not called anything, is the one that the file is for. */
static void take_name(Up *up, const char *site)
{
    static const char UNNAMED[] = "site"; /* setting site, where nobody sets it */
    char path[UP_PATH_MAX];
    struct stat status;
    snprintf(path, sizeof path, "%s/bacpipes.conf", up->wish.cfg.data_folder);
    if (up->wish.is_unnamed && strcmp(up->wish.cfg.site, UNNAMED) == 0 && lstat(path, &status) != 0 &&
        errno == ENOENT)
        up->wish.site = site;
}

/* It is root's, maybe, and root's rights are given up before it is needed. */
BpStatus up_read_join_file(Up *up, BpError *err)
{
    LinkJoinFile file;
    BpError why;
    const char *path = up->wish.join_file;
    if (!path)
        return BP_OK;
    keep_name(up);
    if (has_joined(up->wish.cfg.data_folder))
        return BP_OK; /* it may be gone: it was good for once */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return bp_fail(err, BP_INVALID, "--join %s: %s; `bacpipes site add` at central makes such a file",
                       path, bp_errno_text(errno));
    char *contents = bp_arena_take(&up->arena, JOIN_FILE_MAX);
    const ssize_t size = read(fd, contents, JOIN_FILE_MAX);
    close(fd);
    if (size <= 0 || size == JOIN_FILE_MAX)
        return bp_fail(err, BP_INVALID, "--join %s is no join file: `bacpipes site add` at central makes one",
                       path);
    if (link_join_file_read((BpStr){contents, (size_t)size}, &up->arena, &file, &why) != BP_OK ||
        link_join_file_check(&file, &why) != BP_OK)
        return bp_fail(err, BP_INVALID, "--join %s: %s", path, why.text);
    up->link.file = (BpStr){contents, (size_t)size};
    take_name(up, file.site_id);
    return BP_OK;
}

static BpStatus begin_to_join(Up *up, BpError *err)
{
    if (is_joined(up)) {
        up_say(up, "this site has joined a central already: --join has nothing to do");
        return BP_OK;
    }
    const char *path = up_path(up, "join.file");
    BP_TRY(up_write_file(path, up->link.file, err));
    Part *part = up_add_part(
        up, &(UpPartOptions){.name = "join", .stop_signal = SIGTERM, .ends = true, .gives_up = true});
    const char *const arguments[] = {"join", "site", "join", path, "--config", up_path(up, "bacpipes.conf")};
    for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++)
        part_argument(part, arguments[i]);
    return part_start(part, err);
}

/* ---- joined ---- */

static void go_on(Up *up)
{
    BpError err;
    Part *part = up_find_part(up, "sync");
    if (!part) {
        part = up_add_role(up, "sync", NULL);
        part_argument(part, "--config");
        part_argument(part, up_path(up, "bacpipes.conf"));
    }
    if (part_is_running(part))
        return; /* it was told to end, and has not yet: the next look finds it ended */
    if (part_resume(part, &err) != BP_OK)
        up_warn("what this site records does not go to central: %s", err.text);
    else
        up_say(up, "this site has joined a central: what it records goes there");
    up->link.is_on = true;
}

static void give_up(Up *up)
{
    part_end(up_find_part(up, "sync"));
    up_say(up, "this site has no central any more");
    up->link.is_on = false;
}

/* `bacpipes status` says it until the site has joined, or is started anew. */
static void keep_why_not(Up *up, const char *why)
{
    BpError err;
    if (up_write_file(up_path(up, "join.failed"), bp_str(why), &err) != BP_OK)
        up_warn("`bacpipes status` will not say that it has not joined: %s", err.text);
}

/* Somebody joins it, or takes its folder away. */
static void look(void *owner)
{
    Up *up = owner;
    const bool is_there = is_joined(up) && up_has_role("sync");
    const Part *join = up_find_part(up, "join");
    const bool has_given_up = join && join->has_given_up;
    if (up->link.file.size && (is_there || has_given_up)) { /* it is good for once */
        (void)unlink(up_path(up, "join.file"));
        up->link.file = (BpStr){0};
        if (!is_there)
            keep_why_not(up, up_log_last_words(join->log));
    }
    if (is_there && !up->link.is_on)
        go_on(up);
    else if (!is_there && up->link.is_on)
        give_up(up);
    loop_timer_set(up->link.timer, loop_now_us(up->loop) + LOOK_EVERY_US);
}

BpStatus up_start_link(Up *up, BpError *err)
{
    (void)unlink(up_path(up, "join.failed"));
    if (up->wish.join_file)
        BP_TRY(begin_to_join(up, err));
    up->link.timer = loop_timer_new(up->loop, look, up);
    look(up);
    return BP_OK;
}

void up_end_link(Up *up)
{
    loop_timer_free(up->link.timer);
    up->link.timer = NULL;
}
