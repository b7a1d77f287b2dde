#include "link/link.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VERSION = 1, JSON_MAX = 64 * 1024, TEXT_MAX = 253 }; /* as long as names in the DNS are at most */

static const char *path_of(const char *data_folder, const char *name, BpArena *arena)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/link/%s", data_folder, name);
    return bp_arena_text(arena, bp_str(path));
}

/* ---- link.json ---- */

static BpStatus is_no_link(const char *path, const char *why, BpError *err)
{
    return bp_fail(
        err, BP_INVALID,
        "%s %s: bring the folder back from a copy, or join anew by a join file of central's (`bacpipes "
        "site join`)",
        path, why);
}

static BpStatus read_whole(const char *path, char *memory, size_t capacity, size_t *ret_size, BpError *err)
{
    struct stat status;
    const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return is_no_link(path, "is missing", err);
    if (fd < 0)
        return bp_fail(err, BP_UNAVAILABLE, "%s cannot be read: %s", path, bp_errno_text(errno));
    const bool is_fit = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    const ssize_t size = is_fit ? read(fd, memory, capacity) : -1;
    close(fd);
    if (size < 0 || (size_t)size == capacity)
        return is_no_link(path, "is no file of a link", err);
    *ret_size = (size_t)size;
    return BP_OK;
}

static bool is_name(const char *text)
{
    return text && strlen(text) <= TEXT_MAX;
}

static BpStatus take_json(const json_t *json, const char *path, BpArena *arena, Link *link, BpError *err)
{
    const char *site_id = json_string_value(json_object_get(json, "site_id"));
    const char *central = json_string_value(json_object_get(json, "central"));
    const char *host = json_string_value(json_object_get(json, "host"));
    const json_int_t version = json_integer_value(json_object_get(json, "v"));
    const json_int_t number = json_integer_value(json_object_get(json, "number"));
    const json_int_t port = json_integer_value(json_object_get(json, "port"));
    char user[LINK_USER_MAX];
    if (version > VERSION)
        return bp_fail(err, BP_INVALID, "%s is of version %d, and this program knows %d: it is too old", path,
                       (int)version, VERSION);
    if (version != VERSION || !is_name(site_id) || !*site_id || !is_name(host) || !*host || number < 1 ||
        number > INT32_MAX || port < 1 || port > UINT16_MAX || (central && !is_name(central)))
        return is_no_link(path, "does not say where central is", err);
    snprintf(user, sizeof user, "site_%d", (int)number);
    link->site_id = bp_arena_text(arena, bp_str(site_id));
    link->central = bp_arena_text(arena, bp_str(central ? central : ""));
    link->host = bp_arena_text(arena, bp_str(host));
    link->user = bp_arena_text(arena, bp_str(user));
    link->number = number;
    link->port = (uint16_t)port;
    return BP_OK;
}

static BpStatus read_json(const char *path, BpArena *arena, Link *link, BpError *err)
{
    char *memory = bp_arena_take(arena, JSON_MAX);
    size_t size = 0;
    BP_TRY(read_whole(path, memory, JSON_MAX, &size, err));
    json_t *json = json_loadb(memory, size, 0, NULL);
    const BpStatus status = take_json(json, path, arena, link, err);
    json_decref(json);
    return status;
}

/* ---- the others ---- */

/* libpq says of a file that is missing no more than that there is no certificate. */
static BpStatus check_file(const char *path, bool is_secret, BpError *err)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return errno == ENOENT ? is_no_link(path, "is missing", err)
                               : bp_fail(err, BP_UNAVAILABLE, "%s: %s", path, bp_errno_text(errno));
    if (!S_ISREG(status.st_mode) || status.st_size == 0)
        return is_no_link(path, "is no file of a link", err);
    if (is_secret && status.st_mode & 077)
        return bp_fail(err, BP_INVALID, "%s may be read by others (mode %04o): chmod 600 it, if nobody has",
                       path, status.st_mode & 07777);
    return BP_OK;
}

BpStatus link_read(const char *data_folder, BpArena *arena, Link *ret_link, BpError *err)
{
    struct stat status;
    char folder[PATH_MAX];
    Link link = {.ca_file = path_of(data_folder, "ca.crt", arena),
                 .certificate = path_of(data_folder, "site.crt", arena),
                 .key = path_of(data_folder, "site.key", arena)};
    snprintf(folder, sizeof folder, "%s/link", data_folder);
    if (stat(folder, &status) != 0)
        return errno == ENOENT
                   ? bp_fail(err, BP_NOT_FOUND, "the site has joined no central: there is no %s", folder)
                   : bp_fail(err, BP_UNAVAILABLE, "%s: %s", folder, bp_errno_text(errno));
    BP_TRY(read_json(path_of(data_folder, "link.json", arena), arena, &link, err));
    BP_TRY(check_file(link.ca_file, false, err));
    BP_TRY(check_file(link.certificate, false, err));
    BP_TRY(check_file(link.key, true, err));
    *ret_link = link;
    return BP_OK;
}

void link_options(const Link *link, const char *application_name, PgOptions *ret_options)
{
    *ret_options = (PgOptions){.host = link->host,
                               .port = link->port,
                               .database = LINK_DATABASE,
                               .user = link->user,
                               .tls = "verify-full",
                               .ca_file = link->ca_file,
                               .client_certificate = link->certificate,
                               .client_key = link->key,
                               .application_name = application_name};
}
