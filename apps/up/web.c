/* The web: the role that people reach, at a port of the loopback or a socket. Without it the site works on.
 */
#include "apps/up/rights.h"
#include "apps/up/up.h"
#include "base/time.h"
#include "io/secret/secret.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { USUAL_PORT = 8080, PORT_OF_ROOT = 1024 };
static const int64_t READY_PATIENCE_US = 30 * BP_SECOND;
static const char LOOPBACK[] = "127.0.0.1"; /* where a port is looked for; at another address it is as told */

BpStatus up_check_web(Up *up, BpError *err)
{
    Cfg cfg = up->wish.cfg;
    cfg.data_folder = "/"; /* where sockets lie is found when the folder is open */
    BP_TRY(front_read(&cfg, &up->arena, &up->web.front, err));
    if (up->web.front.has_nginx && up->web.front.port < PORT_OF_ROOT)
        (void)rights_keep_low_ports(); /* where they are not ours, nginx will say so */
    return BP_OK;
}

/* ---- where ---- */

/* A port that somebody chose comes first, else that of last time, since people have it in their bookmarks. */
static BpStatus choose_port(Up *up, int64_t *ret_port, BpError *err)
{
    const int64_t wanted = up->web.front.port ? up->web.front.port : USUAL_PORT;
    char line[16];
    if (strcmp(up->web.front.address, LOOPBACK) == 0 &&
        (wanted == USUAL_PORT || up_tcp_port_problem(LOOPBACK, wanted)))
        return up_choose_port(up, "web", wanted, ret_port, err);
    *ret_port = wanted;
    snprintf(line, sizeof line, "%d\n", (int)wanted);
    return up_write_file(up_path(up, "web.port"), bp_str(line), err);
}

/* Before each start. Who has sat down at its port meanwhile keeps it. */
static BpStatus prepare(Up *up, BpError *err)
{
    int64_t port;
    const char *before = up->web.url;
    BP_TRY(choose_port(up, &port, err));
    snprintf(up->web.listen, sizeof up->web.listen, "web.listen=%s:%d", up->web.front.address, (int)port);
    up->web.url = front_url(&up->web.front, up->folder.data, &up->arena);
    if (up->web.is_ready && strcmp(before, up->web.url) != 0)
        up_warn("the web is at %s from now on", up->web.url);
    return BP_OK;
}

/* Its place is known: the settings were right before, and the data folder is absolute now. */
static BpStatus find_place(Up *up, BpError *err)
{
    Cfg cfg = up->wish.cfg;
    cfg.data_folder = up->folder.data;
    BP_TRY(front_read(&cfg, &up->arena, &up->web.front, err));
    up->web.url = front_url(&up->web.front, up->folder.data, &up->arena);
    return BP_OK;
}

/* ---- is it there ---- */

static bool connects(int family, const void *address, socklen_t size)
{
    const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool is_there = fd >= 0 && connect(fd, address, size) == 0; /* on this machine: at once, or not */
    if (fd >= 0)
        close(fd);
    return is_there;
}

static bool answers(const Up *up)
{
    const Front *front = &up->web.front;
    struct sockaddr_un near = {.sun_family = AF_UNIX};
    struct sockaddr_in far = {.sin_family = AF_INET};
    if (front->socket) {
        snprintf(near.sun_path, sizeof near.sun_path, "%s", front->socket);
        return connects(AF_UNIX, &near, sizeof near);
    }
    const char *port = strrchr(up->web.listen, ':');
    inet_pton(AF_INET, front->address, &far.sin_addr);
    far.sin_port = htons((uint16_t)strtol(port ? port + 1 : "", NULL, 10));
    return connects(AF_INET, &far, sizeof far);
}

static BpStatus wait_for_web(Up *up, const Part *part, BpError *err)
{
    const int64_t until_us = loop_now_us(up->loop) + READY_PATIENCE_US;
    while (!(part_is_running(part) && answers(up)))
        if (!up_wait(up, until_us, err))
            return part_is_not_ready(part, err);
    return BP_OK;
}

/* ---- the first administrator ---- */

static void on_link(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Up *up = context;
    up->web.has_link = status == BP_OK && pg_get_bool(rows, 0, 0);
    up_answered(up, status, rows, err);
}

/* While nobody has a password. To a terminal alone: what it says in a log would be anybody's who reads that.
 */
static void offer_link(Up *up)
{
    char secret[SECRET_TEXT_SIZE], digest[SECRET_DIGEST_SIZE];
    BpError err;
    if (!up->wish.is_terminal)
        return;
    const PgValue value = pg_text(bp_str(secret_digest(bp_str(secret_draw(secret)), digest)));
    up_request(up, SQL_FIRST_LINK, &value, 1, on_link);
    if (up_wait_for_answer(up, &err) != BP_OK)
        up_warn("no link for the first administrator: %s", err.text);
    else if (up->web.has_link)
        fprintf(
            stderr,
            "\n  Nobody can log in yet. You log in as admin: choose the password here; the link works once, "
            "within 15 minutes:\n\n    %slink#%s\n\n",
            up->web.url, secret);
    explicit_bzero(secret, sizeof secret);
}

static void say_where(Up *up)
{
    if (up->web.front.has_nginx && !up->web.is_open)
        return; /* and it was said why */
    if (!up->web.url) {
        up_say(up, "the web is at the socket %s", up->web.front.socket);
        return;
    }
    up_say(up, "open %s", up->web.url);
    offer_link(up);
}

BpStatus up_start_web(Up *up, BpError *err)
{
    BpError why;
    if (up->web.front.is_off)
        return BP_OK;
    BP_TRY(find_place(up, err));
    Part *part = up_add_role(up, "web", up->web.front.socket ? NULL : prepare);
    part_argument(part, "--config");
    part_argument(part, up_path(up, "bacpipes.conf"));
    if (!up->web.front.socket) {
        part_argument(part, "--set");
        part_argument(part, up->web.listen); /* as it is by then */
    }
    BP_TRY(part_start(part, err));
    nginx_start(up);
    up->web.is_ready = wait_for_web(up, part, &why) == BP_OK;
    if (up->web.is_ready)
        say_where(up);
    else if (up->end.is_near)
        return *err = why, why.status;
    else
        up_warn("%s: the site works on without it", why.text);
    return BP_OK;
}
