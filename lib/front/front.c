#include "front/front.h"

#include "base/parse.h"
#include "config/hosts.h"

#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *format(BpArena *arena, const char *pattern, ...) BP_PRINTF(2, 3);

static const char *format(BpArena *arena, const char *pattern, ...)
{
    char text[2 * PATH_MAX];
    va_list args;
    va_start(args, pattern);
    vsnprintf(text, sizeof text, pattern, args);
    va_end(args);
    return bp_arena_text(arena, bp_str(text));
}

/* ---- where ---- */

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0;
}

/* The first line of a small file that `bacpipes up` keeps in the data folder; "" where there is none. */
static void read_note(const char *data_folder, const char *name, char *ret_line, size_t size)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", data_folder, name);
    const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    const ssize_t length = fd < 0 ? 0 : read(fd, ret_line, size - 1);
    if (fd >= 0)
        close(fd);
    ret_line[length > 0 ? length : 0] = '\0';
    ret_line[strcspn(ret_line, "\r\n")] = '\0';
}

static BpStatus read_address(const char *listen, BpArena *arena, Front *front, BpError *err)
{
    BpStr port;
    int64_t number;
    const BpStr address = bp_str_cut(bp_str(listen), ':', &port);
    front->address = bp_arena_text(arena, address);
    if (!cfg_is_ipv4(front->address) || bp_parse_i64(port, 0, UINT16_MAX, &number, NULL) != BP_OK ||
        (number == 0 && !is_loopback(front->address)))
        return bp_fail(
            err, BP_INVALID,
            "web.listen = %s: an address of this machine and a port are right, as 127.0.0.1:8080 or "
            "10.2.0.5:8443, or the path of a socket",
            listen);
    front->port = (uint16_t)number;
    front->has_nginx = !is_loopback(front->address);
    return BP_OK;
}

static BpStatus read_socket(const char *path, Front *front, BpError *err)
{
    front->socket = path;
    return strlen(path) <= FRONT_SOCKET_MAX
               ? BP_OK
               : bp_fail(err, BP_INVALID, "%s: a socket's path has %d octets at most", path,
                         FRONT_SOCKET_MAX);
}

/* In the folder of the site's sockets: where the data folder's own path is too long for them, `bacpipes up`
 * notes where that is. */
static BpStatus find_socket(const Cfg *cfg, BpArena *arena, Front *front, BpError *err)
{
    char far[64];
    const char *path = format(arena, "%s/run/web.sock", cfg->data_folder);
    if (strlen(path) <= FRONT_SOCKET_MAX)
        return read_socket(path, front, err);
    read_note(cfg->data_folder, "run.folder", far, sizeof far);
    return read_socket(*far == '/' ? format(arena, "%s/web.sock", far) : path, front, err);
}

/* Who is reached at all addresses is called by a name that somebody chose, or anybody could choose one. */
static BpStatus find_names(const Cfg *cfg, BpArena *arena, Front *front, BpError *err)
{
    CfgHosts *names = bp_arena_take(arena, sizeof *names);
    const bool is_everywhere = front->has_nginx && strcmp(front->address, "0.0.0.0") == 0;
    if (front->has_nginx)
        BP_TRY(cfg_hosts_read("web.names", cfg->web_names, arena, names, err));
    if (front->address && !is_everywhere)
        cfg_hosts_add(names, front->address);
    if (!front->has_nginx) {
        cfg_hosts_add(names, "localhost");
        BP_TRY(cfg_hosts_read("web.names", cfg->web_names, arena, names, err));
    }
    if (names->count == 0)
        return bp_fail(err, BP_INVALID,
                       "web.listen = %s wants web.names: the names or addresses by which people reach it",
                       cfg->web_listen);
    front->names = names->items;
    return BP_OK;
}

/* ---- certificate ---- */

static void find_certificate(const Cfg *cfg, BpArena *arena, Front *front)
{
    if (!front->has_nginx)
        return;
    if (*cfg->web_certificate) {
        front->certificate = cfg->web_certificate;
        front->key = cfg->web_key;
        return;
    }
    front->authority_folder = format(arena, "%s/web", cfg->data_folder);
    front->authority = format(arena, "%s/authority.crt", front->authority_folder);
    front->certificate = front->key = format(arena, "%s/server.pem", front->authority_folder);
}

BpStatus front_read(const Cfg *cfg, BpArena *arena, Front *ret_front, BpError *err)
{
    Front front = {0};
    const char *listen = bp_arena_text(arena, bp_str_trim(bp_str(cfg->web_listen)));
    front.is_off = !*listen;
    if (*listen == '/')
        BP_TRY(read_socket(listen, &front, err));
    else if (*listen)
        BP_TRY(read_address(listen, arena, &front, err));
    if (front.has_nginx)
        BP_TRY(find_socket(cfg, arena, &front, err));
    find_certificate(cfg, arena, &front);
    BP_TRY(find_names(cfg, arena, &front, err));
    *ret_front = front;
    return BP_OK;
}

/* ---- what is shown ---- */

/* `bacpipes up` keeps there which port of the loopback it has. */
static int64_t read_port(const char *data_folder)
{
    char text[16];
    int64_t port = 0;
    read_note(data_folder, "web.port", text, sizeof text);
    return bp_parse_i64(bp_str(text), 1, UINT16_MAX, &port, NULL) == BP_OK ? port : 0;
}

const char *front_url(const Front *front, const char *data_folder, BpArena *arena)
{
    if (front->is_off || !front->address)
        return NULL;
    if (front->has_nginx && front->port == 443)
        return format(arena, "https://%s/", front->names[0]);
    if (front->has_nginx)
        return format(arena, "https://%s:%d/", front->names[0], front->port);
    const int64_t port = read_port(data_folder);
    return format(arena, "http://%s:%d/", front->address, port ? (int)port : front->port);
}

/* Of a program in build/apps it is build/web, and of one in /usr/bin it is /usr/share/bacpipes/web. */
const char *front_files(const Cfg *cfg, BpArena *arena)
{
    char program[PATH_MAX];
    if (*cfg->web_files)
        return cfg->web_files;
    const ssize_t size = readlink("/proc/self/exe", program, sizeof program - 1);
    program[size > 0 ? size : 0] = '\0';
    for (int up = 0; up < 2; up++) {
        char *const slash = strrchr(program, '/');
        if (slash)
            *slash = '\0';
    }
    const char *installed = format(arena, "%s/share/bacpipes/web", program);
    return access(installed, F_OK) == 0 ? installed : format(arena, "%s/web", program);
}
