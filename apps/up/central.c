/* A central, whose sites are elsewhere: its PostgreSQL listens for them, by TLS, and no building is here.
 * What certificates it has and who may come in by them is `bacpipes central init`'s to say. */
#include "apps/up/up.h"
#include "base/parse.h"
#include "base/time.h"
#include "link/ledger.h"
#include "model/topic.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { USUAL_PORT = 54320 };
static const int64_t LOOK_EVERY_US = 2 * BP_SECOND;
static const char LOOPBACK[] = "127.0.0.1"; /* where a port is looked for; at another address it is as told */

BpStatus up_check_central(Up *up, BpError *err)
{
    BpStr port;
    struct in_addr ip;
    const char *listen = up->wish.cfg.central_listen;
    const char *address = bp_arena_text(&up->arena, bp_str_cut(bp_str(listen), ':', &port));
    if (inet_pton(AF_INET, address, &ip) != 1 ||
        bp_parse_i64(port, 1, UINT16_MAX, &up->central.first_port, NULL) != BP_OK)
        return bp_fail(err, BP_INVALID,
                       "central.listen = %s: an address of this machine and a port are right, as "
                       "0.0.0.0:54320 or 10.2.0.5:54320",
                       listen);
    up->central.address = strcmp(address, LOOPBACK) == 0 ? NULL : address;
    return BP_OK;
}

static BpStatus keep_port(Up *up, int64_t port, BpError *err)
{
    char line[16];
    snprintf(line, sizeof line, "%d\n", (int)port);
    return up_write_file(up_path(up, "postgresql.port"), bp_str(line), err);
}

/* 0: at none that anybody was told of. Join files name the port, and sites know no other. */
static BpStatus promised_port(Up *up, int64_t *ret_port, BpError *err)
{
    char text[16];
    int64_t port = 0;
    LinkLedger ledger;
    BpStatus status = link_ledger_open(up_path(up, "ca"), &ledger, err);
    const bool is_promised = status == BP_OK && link_ledger_counts(&ledger, bp_wall_us());
    link_ledger_done(&ledger);
    if (status != BP_OK)
        return status;
    if (is_promised && (up_read_line(up_path(up, "postgresql.port"), text, sizeof text, NULL) != BP_OK ||
                        bp_parse_i64(bp_str(text), 1, UINT16_MAX, &port, NULL) != BP_OK))
        port = up->central.first_port;
    *ret_port = port;
    return BP_OK;
}

/* Of the loopback alone another one is taken, and given back, while no site knows it. */
static BpStatus choose_here(Up *up, int64_t *ret_port, BpError *err)
{
    int64_t promised, port;
    const int64_t first = up->central.first_port;
    BP_TRY(promised_port(up, &promised, err));
    const char *problem = up_tcp_port_problem(LOOPBACK, promised ? promised : first);
    if (promised && problem)
        return bp_fail(err, BP_UNAVAILABLE,
                       "port %d of %s: %s, and sites were told that central is there: they look for it "
                       "nowhere else. Stop that program (`ss -ltnp` shows it), and start this again",
                       (int)promised, LOOPBACK, problem);
    if (promised) {
        *ret_port = promised;
        return BP_OK;
    }
    BP_TRY(up_free_port(first, &port, err));
    if (port != first)
        up_warn("central.listen = %s: %s; it is port %d as long as that is so and no site is invited",
                up->wish.cfg.central_listen, problem, (int)port);
    *ret_port = port;
    return keep_port(up, port, err);
}

BpStatus up_choose_central_port(Up *up, int64_t *ret_port, BpError *err)
{
    const char *address = up->central.address;
    const int64_t port = up->central.first_port;
    if (!address)
        return choose_here(up, ret_port, err);
    const char *problem = up_tcp_port_problem(address, port);
    if (!problem)
        problem = up_tcp_port_problem(LOOPBACK, port);
    if (problem) /* its sites look for it there, and nowhere else */
        return bp_fail(err, BP_UNAVAILABLE, "central.listen = %s: %s", up->wish.cfg.central_listen, problem);
    *ret_port = port;
    return keep_port(up, port, err);
}

static BpStatus refuse_central(const Up *up, BpError *err)
{
    return bp_fail(
        err, BP_INVALID,
        "%s is the folder of a central, with what its sites recorded: --central goes on with it, and "
        "a site has a folder of its own, as --data var.site",
        up->folder.data);
}

/* What `up` wrote down at its last start in this folder, if it ever ran there, is another site. */
static BpStatus check_former(Up *up, const char *former, BpError *err)
{
    if (strcmp(former, up->wish.site) == 0)
        return BP_OK;
    if (up->wish.is_central)
        return bp_fail(
            err, BP_INVALID,
            "%s is the folder of site %s, with its database: a central has a folder of its own, as "
            "--data var/central",
            up->folder.data, former);
    if (strcmp(former, MDL_SITE_CENTRAL) == 0)
        return refuse_central(up, err);
    if (access(up_path(up, "link"), F_OK) == 0)
        return bp_fail(err, BP_INVALID,
                       "%s is the folder of site %s, which has joined a central, and not of site %s: --site "
                       "%s, or another folder (--data)",
                       up->folder.data, former, up->wish.site, former);
    up_warn(
        "%s was the folder of site %s: from now on it is that of site %s. What %s has recorded stays in the "
        "database, beside it, and nobody adds to it; to go on with it, stop this and say --site %s",
        up->folder.data, former, up->wish.site, former, former);
    return BP_OK;
}

BpStatus up_check_site_of_folder(Up *up, BpError *err)
{
    static const char name[] = "site = ";
    char line[256];
    BpError unused;
    FILE *file = up_read_file(up_path(up, "bacpipes.conf"), &unused);
    /* Its authority may be all that there is of it yet. */
    BpStatus status =
        !up->wish.is_central && access(up_path(up, "ca/ca.key"), F_OK) == 0 ? refuse_central(up, err) : BP_OK;
    while (file && status == BP_OK && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, name, strlen(name)) == 0)
            status = check_former(up, line + strlen(name), err);
    }
    if (file)
        fclose(file);
    return status;
}

/* ---- certificates ---- */

/* A number that is another one when one of the files that PostgreSQL is told of has changed. */
static int64_t version_of_files(Up *up)
{
    static const char *const names[] = {"ca.crt", "server.pem", "sites.crl"};
    struct stat status;
    int64_t version = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (stat(up_path(up, "central/%s", names[i]), &status) == 0)
            version +=
                (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec + (int64_t)status.st_ino;
    return version;
}

BpStatus up_certify_central(Up *up, BpError *err)
{
    char listen[64], names[2048];
    snprintf(listen, sizeof listen, "central.listen=%s", up->wish.cfg.central_listen);
    snprintf(names, sizeof names, "central.names=%s", up->wish.cfg.central_names);
    const char *const arguments[] = {"central", "central", "init",  "--files", "--data", up->folder.data,
                                     "--set",   listen,    "--set", names,     NULL};
    return up_run(up, "central", NULL, arguments, err);
}

static void look(void *owner)
{
    Up *up = owner;
    const int64_t version = version_of_files(up);
    if (version != up->central.version)
        part_signal(up_find_part(up, "postgresql"), SIGHUP); /* connections that are there go on */
    up->central.version = version;
    loop_timer_set(up->central.timer, loop_now_us(up->loop) + LOOK_EVERY_US);
}

void up_watch_central(Up *up)
{
    up->central.timer = loop_timer_new(up->loop, look, up);
    look(up);
}

void up_end_central(Up *up)
{
    loop_timer_free(up->central.timer);
    up->central.timer = NULL;
}

BpStatus up_close_central(Up *up, BpError *err)
{
    static const char sql[] =
        "do $$ begin if to_regprocedure('central_close()') is not null then perform central_close(); "
        "end if; end $$";
    return up_query_text(up, bp_str(sql), err);
}
