/* bacpipes site add. */
#include "apps/site/site.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/time.h"
#include "config/hosts.h"
#include "io/tls/request.h"
#include "link/join_file.h"
#include "link/link.h"
#include "model/topic.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/progress.h"
#include "say/when.h"
#include "site/database.h"
#include "tool/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { KEY_ROOM = 8192 };
static const int64_t SIGNED_WITHIN_US = 20 * BP_SECOND, LOOK_EVERY_US = BP_SECOND / 5;

static const char *display_name, *output;
static bool again;

static const CfgOption options[] = {
    {"name", "TEXT", "What people call it: 'Macau tower'. Default: NAME, or what it is called already.",
     .text = &display_name},
    {"output", "FILE", "Where the join file goes; - is standard output. Default: NAME.join, in this folder.",
     .text = &output},
    {"again", NULL,
     "Also where the site has used its join file and has not called since: that one counts no more.",
     .flag = &again},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes site add",
    .positionals = "NAME",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary = "Makes the join file of a site, new or known: with it the site joins central, once, in the "
               "next 7 days. NAME is its site_id "
               "there and here: small letters, digits, _ and -.",
    .options = options,
    .offers_json = true,
    .details =
        "The file has a key in it: give it to nobody but the site. A join file that was made before "
        "counts no more, and that is said. While\n"
        "somebody has used it and has not called yet, another is made by --again alone. A site whose "
        "certificate has ended, or was revoked, comes\n"
        "back in the same way, and goes on where it was.\n"
        "Exit codes: 0 made; 1 the database refuses, or a site is waited for; 64 wrong use; 69 the "
        "database is away, or nobody signs; 70 the file would be larger than a site reads; 78 a setting is\n"
        "wrong.\n",
    .examples =
        "bacpipes site add macau --name 'Macau tower'\nbacpipes site add klcc --output /media/usb/klcc.join",
};

/* ---- asking for it ---- */

static BpStatus parse(const char *text, json_t **ret_invited, BpError *err)
{
    *ret_invited = text ? json_loads(text, 0, NULL) : NULL;
    return *ret_invited ? BP_OK : bp_fail(err, BP_REFUSED, "the join file was withdrawn while it was made");
}

/* Asks until it is signed. */
static BpStatus look_for_it(const Cfg *cfg, const char *id, BpArena *arena, json_t **ret_invited,
                            BpError *err)
{
    const PgValue values[] = {pg_text(bp_str(id))};
    const int64_t since_us = bp_monotonic_us();
    for (; bp_monotonic_us() < since_us + SIGNED_WITHIN_US; usleep((useconds_t)LOOK_EVERY_US)) {
        const char *text = NULL;
        say_wait(bp_monotonic_us() - since_us, "waiting for `bacpipes central` to sign the join file");
        BP_TRY(tool_ask_text(cfg, SQL_SELECT_INVITED, values, 1, arena, &text, err));
        BP_TRY(parse(text, ret_invited, err));
        const char *refused = json_string_value(json_object_get(*ret_invited, "refused"));
        if (refused) {
            bp_fail(err, BP_REFUSED, "%s", refused);
            json_decref(*ret_invited);
            return BP_REFUSED;
        }
        if (json_is_true(json_object_get(*ret_invited, "is_over")))
            return BP_OK;
        json_decref(*ret_invited);
    }
    return bp_fail(err, BP_UNAVAILABLE,
                   "nobody signs it: `bacpipes central` does, as part of `bacpipes up --central`; where that "
                   "does not run, `bacpipes "
                   "site sign --keep-on` beside this");
}

static BpStatus wait_for_it(const Cfg *cfg, const char *id, BpArena *arena, json_t **ret_invited,
                            BpError *err)
{
    const BpStatus status = look_for_it(cfg, id, arena, ret_invited, err);
    say_progress_end();
    return status;
}

static const char *text_of(const json_t *invited, const char *name)
{
    const char *text = json_string_value(json_object_get(invited, name));
    return text ? text : "";
}

static BpStatus compose(const json_t *invited, const char *key, BpBuf *out, LinkJoinFile *ret_file,
                        BpError *err)
{
    LinkJoinFile file = {.site_id = text_of(invited, "site_id"),
                         .name = text_of(invited, "name"),
                         .central = text_of(invited, "central"),
                         .host = text_of(invited, "host"),
                         .number = json_integer_value(json_object_get(invited, "number")),
                         .port = json_integer_value(json_object_get(invited, "port")),
                         .authorities = text_of(invited, "authorities"),
                         .certificate = text_of(invited, "certificate"),
                         .key = key};
    BP_TRY(bp_time_parse(bp_str(text_of(invited, "until")), &file.until_us, err));
    *ret_file = file;
    return link_join_file_write(&file, out, err) == BP_OK ? BP_OK
                                                          : bp_within(err, "the join file was not made");
}

/* ---- the file ---- */

static bool is_output(const char *path)
{
    return strcmp(path, "-") == 0;
}

static BpStatus fail_to_make(const char *path, BpError *err)
{
    return errno == EEXIST
               ? bp_fail(err, BP_INVALID,
                         "%s is there already: move it away, or name another file by --output", path)
               : bp_fail(err, BP_INVALID, "%s cannot be made: %s", path, bp_errno_text(errno));
}

/* A name beside it, which nothing of before is in the way of. */
static const char *part_of(const char *path, BpArena *arena)
{
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%.*s.part", PATH_MAX - 8, path);
    (void)unlink(part);
    return bp_arena_text(arena, bp_str(part));
}

static BpStatus write_whole(int fd, BpStr contents)
{
    return write(fd, contents.data, contents.size) == (ssize_t)contents.size ? BP_OK : BP_UNAVAILABLE;
}

/* That it can be made is found out before anybody is asked for what goes into it. Whoever is killed leaves no
 * file that looks like one. */
static BpStatus check_place(const char *path, BpArena *arena, BpError *err)
{
    if (is_output(path))
        return BP_OK;
    const char *part = part_of(path, arena);
    errno = access(path, F_OK) == 0 ? EEXIST : 0;
    if (errno)
        return fail_to_make(path, err);
    const int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_to_make(path, err);
    const int number = posix_fallocate(fd, 0, LINK_JOIN_FILE_MAX);
    close(fd);
    (void)unlink(part);
    errno = number == EOPNOTSUPP || number == EINVAL ? 0 : number;
    return errno ? fail_to_make(path, err) : BP_OK;
}

/* Nobody's file is overwritten: a key that was given away may be in it. Not every stick can rename so, and on
 * those it is looked at before. */
static int take_place(const char *part, const char *path)
{
    if (renameat2(AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    errno = access(path, F_OK) == 0 ? EEXIST : 0;
    return errno ? -1 : rename(part, path);
}

static BpStatus put_file(const char *path, BpStr contents, BpArena *arena, BpError *err)
{
    const char *part = part_of(path, arena);
    const int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool is_there = fd >= 0 && write_whole(fd, contents) == BP_OK && fsync(fd) == 0;
    int number = errno;
    if (fd >= 0)
        close(fd);
    if (is_there && take_place(part, path) != 0) {
        is_there = false;
        number = errno;
    }
    if (is_there) {
        bp_file_sync_folder(path);
        return BP_OK;
    }
    (void)unlink(part);
    return bp_fail(err, BP_UNAVAILABLE, "%s cannot be made: %s", path, bp_errno_text(number));
}

/* The site is invited by then, which harms nobody: another file takes this one's place. */
static BpStatus put(const char *path, BpStr contents, BpArena *arena, BpError *err)
{
    BpError why;
    BpStatus status = BP_OK;
    if (!is_output(path))
        status = put_file(path, contents, arena, &why);
    else if (write_whole(STDOUT_FILENO, contents) != BP_OK)
        status = bp_fail(&why, BP_UNAVAILABLE, "it cannot be written: %s", bp_errno_text(errno));
    return status == BP_OK
               ? BP_OK
               : bp_fail(err, status,
                         "%s. Nobody has this join file: run the same again when that is mended, and another "
                         "is made in its place",
                         why.text);
}

static BpStatus make(const Cfg *cfg, const char *name, const char *path, BpArena *arena, json_t **ret_invited,
                     LinkJoinFile *ret_file, BpError *err)
{
    const char *id = NULL;
    BpBuf key = bp_buf(bp_arena_take(arena, KEY_ROOM), KEY_ROOM - 1),
          request = bp_buf(bp_arena_take(arena, KEY_ROOM), KEY_ROOM);
    BpBuf out = bp_buf(bp_arena_take(arena, LINK_JOIN_FILE_MAX), LINK_JOIN_FILE_MAX);
    tls_request_draw(LINK_JOIN_USER, &key, &request);
    const PgValue values[] = {pg_text(bp_str(name)), pg_text(bp_str(display_name ? display_name : "")),
                              pg_text(bp_buf_text(&request)), pg_bool(again)};
    BP_TRY(tool_ask_text(cfg, SQL_INVITE_SITE, values, 4, arena, &id, err));
    BP_TRY(wait_for_it(cfg, id, arena, ret_invited, err));
    BP_TRY(compose(*ret_invited, (const char *)key.data, &out, ret_file, err));
    return put(path, bp_buf_text(&out), arena, err);
}

static void show(const LinkJoinFile *file, const char *path, const char *former_until, bool has_joined)
{
    int64_t former_us;
    char when[BP_TIME_TEXT_MAX];
    FILE *to = is_output(path) ? stderr : stdout;
    fprintf(to,
            "Site %s (%s) is number %d here. Its join file is %s: good until %s, and once.\n"
            "It reaches central at %s, port %d: let it through there.\n\n"
            "Next, at the site, in whose settings stands site = %s:\n\n  bacpipes site join %s\n",
            file->site_id, file->name, (int)file->number, path, say_time(file->until_us, 0, when), file->host,
            (int)file->port, file->site_id, is_output(path) ? "FILE" : path);
    if (bp_time_parse(bp_str(former_until), &former_us, NULL) == BP_OK)
        fprintf(to, "\nThe join file of before, which was good until %s, counts no more.\n",
                say_time(former_us, 0, when));
    if (has_joined)
        fprintf(
            to,
            "\nSite %s has joined already: whoever uses this file takes its place. Where another site was "
            "meant, delete the file, and add that one by its own name.\n",
            file->site_id);
    if (cfg_is_loopback(file->host))
        fprintf(
            to,
            "\n%s is this machine alone: a site elsewhere does not reach central there. Settings "
            "central.listen and central.names say where it does (docs/sites.md); then add the site again.\n",
            file->host);
}

static json_t *make_json(const LinkJoinFile *file, const char *path, const char *former_until,
                         bool has_joined)
{
    char when[BP_TIME_TEXT_MAX];
    return json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:I, s:b, s:b, s:s*}", "site_id", file->site_id, "name",
                     file->name, "number", (json_int_t)file->number, "file", path, "until",
                     bp_time_format(file->until_us, 0, when), "host", file->host, "port",
                     (json_int_t)file->port, "this_machine_alone", cfg_is_loopback(file->host), "has_joined",
                     has_joined, "former_until", *former_until ? former_until : NULL);
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    LinkJoinFile file;
    json_auto_t *invited = NULL;
    char usual[PATH_MAX];
    const char *name = arguments->positionals.items[0];
    snprintf(usual, sizeof usual, "%s.join", name);
    const char *path = output ? output : usual;
    BpStatus status =
        !mdl_site_id_is_valid(name)
            ? bp_fail(&err, BP_INVALID, "\"%s\" is no name of a site: 1 to 63 of a-z 0-9 _ -", name)
            : check_place(path, arena, &err);
    if (status == BP_OK)
        status = make(cfg, name, path, arena, &invited, &file, &err);
    if (status != BP_OK)
        return say_fail(command.name, &err);
    const char *former_until = text_of(invited, "former_until");
    const bool has_joined = json_is_true(json_object_get(invited, "has_joined"));
    if (arguments->json && !is_output(path))
        say_json_print(make_json(&file, path, former_until, has_joined));
    else
        show(&file, path, former_until, has_joined);
    return EX_OK;
}

int site_tool_add(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
