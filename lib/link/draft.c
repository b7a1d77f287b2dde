#include "link/draft.h"

#include "base/file.h"
#include "io/tls/request.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 256 * 1024, ANSWER_MAX = 256 * 1024, REQUEST_ROOM = 8192 };

static const char *path_of(const char *data_folder, const char *name, BpArena *arena)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/link.next%s%s", data_folder, *name ? "/" : "", name);
    return bp_arena_text(arena, bp_str(path));
}

/* ---- beginning ---- */

static const char *const files[] = {"purpose",   "request.pem", "site.key", "site.crt", "ca.crt",
                                    "link.json", "join.pem",    "join.ca",  "other"};

static void empty(const char *folder)
{
    char path[PATH_MAX + 32];
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

void link_draft_drop(const char *data_folder)
{
    BpArena arena = {0};
    empty(path_of(data_folder, "", &arena));
    bp_arena_done(&arena);
}

static bool is_there(const char *data_folder, BpStr purpose, BpArena *arena, BpStr *ret_request)
{
    BpStr known = {0};
    return bp_file_read(path_of(data_folder, "purpose", arena), FILE_MAX, arena, &known, NULL) == BP_OK &&
           bp_str_equal(known, purpose) && access(path_of(data_folder, "site.key", arena), R_OK) == 0 &&
           bp_file_read(path_of(data_folder, "request.pem", arena), FILE_MAX, arena, ret_request, NULL) ==
               BP_OK &&
           ret_request->size;
}

/* What it is for is written last: until then there is none. */
BpStatus link_draft_begin(const char *data_folder, BpStr purpose, BpArena *arena, BpStr *ret_request,
                          BpError *err)
{
    if (is_there(data_folder, purpose, arena, ret_request))
        return BP_OK;
    const char *folder = path_of(data_folder, "", arena);
    empty(folder);
    if (mkdir(folder, 0700) != 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s cannot be made: %s", folder, bp_errno_text(errno));
    BpBuf request = bp_buf(bp_arena_take(arena, REQUEST_ROOM), REQUEST_ROOM);
    BP_TRY(tls_request_make(path_of(data_folder, "site.key", arena), "site", &request, err));
    BP_TRY(bp_file_write(path_of(data_folder, "request.pem", arena), bp_buf_text(&request), 0600, err));
    BP_TRY(bp_file_write(path_of(data_folder, "purpose", arena), purpose, 0600, err));
    *ret_request = bp_buf_text(&request);
    return BP_OK;
}

BpStatus link_draft_options(const char *data_folder, const LinkJoinFile *file, BpArena *arena,
                            PgOptions *ret_options, BpError *err)
{
    const char *shown = path_of(data_folder, "join.pem", arena),
               *trusted = path_of(data_folder, "join.ca", arena);
    BpBuf pair = bp_buf(bp_arena_take(arena, (size_t)2 * LINK_JOIN_FILE_MAX), (size_t)2 * LINK_JOIN_FILE_MAX);
    bp_buf_printf(&pair, "%s\n%s\n", file->certificate, file->key);
    BP_TRY(bp_file_write(shown, bp_buf_text(&pair), 0600, err));
    BP_TRY(bp_file_write(trusted, bp_str(file->authorities), 0600, err));
    *ret_options = (PgOptions){.host = file->host,
                               .port = (uint16_t)file->port,
                               .database = LINK_DATABASE,
                               .user = LINK_JOIN_USER,
                               .tls = "verify-full",
                               .ca_file = trusted,
                               .client_certificate = shown,
                               .client_key = shown,
                               .application_name = "bacpipes site join"};
    return BP_OK;
}

bool link_is_made_for(const char *data_folder, BpStr purpose)
{
    char path[PATH_MAX];
    BpArena arena = {0};
    BpStr known = {0};
    snprintf(path, sizeof path, "%s/link/purpose", data_folder);
    const bool is_same =
        bp_file_read(path, FILE_MAX, &arena, &known, NULL) == BP_OK && bp_str_equal(known, purpose);
    bp_arena_done(&arena);
    return is_same;
}

/* ---- to another central ---- */

static const char *other_of(const char *data_folder, char ret_path[PATH_MAX])
{
    snprintf(ret_path, PATH_MAX, "%s/link/other", data_folder);
    return ret_path;
}

BpStatus link_draft_note_other(const char *data_folder, bool is_other, BpError *err)
{
    BpArena arena = {0};
    BpStatus status = BP_OK;
    const char *path = path_of(data_folder, "other", &arena);
    if (is_other)
        status = bp_file_write(path, bp_str("the database does not know of it yet\n"), 0600, err);
    else
        (void)unlink(path);
    bp_arena_done(&arena);
    return status;
}

bool link_is_to_other(const char *data_folder)
{
    char path[PATH_MAX];
    return access(other_of(data_folder, path), F_OK) == 0;
}

void link_forget_other(const char *data_folder)
{
    char path[PATH_MAX];
    (void)unlink(other_of(data_folder, path));
}

/* ---- completing ---- */

static const char *text_of(const json_t *answer, const char *name)
{
    const char *text = json_string_value(json_object_get(answer, name));
    return text ? text : "";
}

static BpStatus write_files(const char *data_folder, const json_t *answer, BpArena *arena, BpError *err)
{
    TlsAbout about;
    const char *certificate = path_of(data_folder, "site.crt", arena),
               *authorities = path_of(data_folder, "ca.crt", arena);
    BP_TRY(bp_file_write(certificate, bp_str(text_of(answer, "certificate")), 0600, err));
    BP_TRY(bp_file_write(authorities, bp_str(text_of(answer, "authorities")), 0600, err));
    BP_TRY(tls_client_check(certificate, path_of(data_folder, "site.key", arena), authorities, &about, err));
    json_t *link = json_pack("{s:i, s:s, s:I, s:s, s:s, s:I}", "v", 1, "site_id", text_of(answer, "site_id"),
                             "number", json_integer_value(json_object_get(answer, "number")), "central",
                             text_of(answer, "central"), "host", text_of(answer, "host"), "port",
                             json_integer_value(json_object_get(answer, "port")));
    char *text = link ? json_dumps(link, JSON_INDENT(2)) : NULL;
    if (!text)
        abort();
    const BpStatus status = bp_file_write(path_of(data_folder, "link.json", arena), bp_str(text), 0600, err);
    free(text);
    json_decref(link);
    return status;
}

/* The two folders change places, or the new one takes an empty place; the one that was is thrown away. */
static BpStatus change_places(const char *data_folder, BpArena *arena, BpError *err)
{
    char link[PATH_MAX];
    const char *draft = path_of(data_folder, "", arena);
    snprintf(link, sizeof link, "%s/link", data_folder);
    static const char *const of_draft[] = {"request.pem", "join.pem", "join.ca"};
    for (size_t i = 0; i < sizeof of_draft / sizeof of_draft[0]; i++)
        (void)unlink(path_of(data_folder, of_draft[i], arena));
    bp_file_sync_folder(path_of(data_folder, "site.key", arena));
    const bool was_there = access(link, F_OK) == 0;
    if (renameat2(AT_FDCWD, draft, AT_FDCWD, link, was_there ? RENAME_EXCHANGE : RENAME_NOREPLACE) != 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s cannot become %s: %s", draft, link, bp_errno_text(errno));
    bp_file_sync_folder(link);
    if (was_there)
        empty(draft);
    return BP_OK;
}

static BpStatus complete(const char *data_folder, const json_t *answer, BpArena *arena, Link *ret_link,
                         BpError *err)
{
    if (!json_is_object(answer))
        return bp_fail(err, BP_INVALID, "central's answer is none that this program understands");
    BP_TRY(write_files(data_folder, answer, arena, err));
    BP_TRY(change_places(data_folder, arena, err));
    return link_read(data_folder, arena, ret_link, err);
}

BpStatus link_draft_complete(const char *data_folder, BpStr answer, BpArena *arena, Link *ret_link,
                             BpError *err)
{
    json_t *json = answer.size <= ANSWER_MAX ? json_loadb(answer.data, answer.size, 0, NULL) : NULL;
    const BpStatus status = complete(data_folder, json, arena, ret_link, err);
    json_decref(json);
    return status;
}

bool link_has_authority(BpStr known, BpStr told)
{
    return tls_authorities_overlap(known, told);
}

BpStatus link_trust(const char *data_folder, BpStr authorities, bool *ret_is_news, BpError *err)
{
    char path[PATH_MAX];
    BpStr known = {0};
    BpArena arena = {0};
    snprintf(path, sizeof path, "%s/link/ca.crt", data_folder);
    BpStatus status = bp_file_read(path, FILE_MAX, &arena, &known, err);
    *ret_is_news = status == BP_OK && !bp_str_equal(known, authorities);
    if (*ret_is_news)
        status =
            tls_authorities_overlap(known, authorities)
                ? bp_file_write(path, authorities, 0600, err)
                : bp_fail(err, BP_INVALID,
                          "central says to trust authorities of which this site knows none: it goes on with "
                          "those it knows");
    bp_arena_done(&arena);
    return status;
}
