#include "apps/roles.h"
#include "apps/web/web.h"
#include "base/log.h"
#include "base/time.h"
#include "io/pg/settings.h"
#include "say/begin.h"
#include "say/exit.h"
#include "site/owner.h"

#include <assert.h>
#include <stdlib.h>
#include <sysexits.h>

/* Statements of people: a few at a time are enough for a screen, and more wait a little. */
enum { CONNECTIONS_LEAST = 2, CONNECTIONS_MOST = 8, WAITING_MAX = 512 };
static const int64_t POOL_PATIENCE_US = 2 * BP_SECOND;
static const int64_t LEFT_OUT_EVERY_US = 10 * BP_SECOND;

typedef struct Server {
    Web web;
    Cfg cfg;
    BpArena arena;
    Front front;
    HttpdOptions door;
    Httpd *httpd;
    LoopTimer *log_timer;
} Server;

static void on_log_due(void *owner)
{
    Server *server = owner;
    bp_log_left_out(loop_now_us(server->web.loop));
    loop_timer_set(server->log_timer, loop_now_us(server->web.loop) + LEFT_OUT_EVERY_US);
}

static BpStatus begin(Server *server, BpError *err)
{
    Web *web = &server->web;
    PgPoolOptions pool = {.least = CONNECTIONS_LEAST,
                          .most = CONNECTIONS_MOST,
                          .waiting_max = WAITING_MAX,
                          .patience_us = POOL_PATIENCE_US,
                          .idle_us = BP_MINUTE,
                          .look_every_us = 10 * BP_SECOND};
    BP_TRY(web_read_listen(web->cfg, &server->arena, &server->door, &server->front, err));
    BP_TRY(pg_settings_options(web->cfg, PG_WEB, "bacpipes web", &server->arena, &pool.connection, err));
    web->front = &server->front;
    web->host_names = server->front.names;
    web->pool = pg_pool_new(web->loop, &pool);
    web->files = files_new(front_files(web->cfg, &server->arena));
    web->serve_file = files_serve;
    web->operations = web_operations;
    web->operation_count = web_operation_count;
    BP_TRY(web_begin_rooms(web, &pool.connection, err));
    server->door.owner = web;
    server->door.on_request = call_begin;
    server->door.on_gone = call_client_gone;
    server->door.on_upgrade = call_begin_upgrade;
    server->httpd = httpd_new(web->loop, &server->door, err);
    return server->httpd ? BP_OK : err->status;
}

/* Whoever may call goes before what it calls: clients first, then the rooms, the database last. */
static void end(Server *server)
{
    Web *web = &server->web;
    web_leave_clients(web);
    if (server->httpd)
        httpd_free(server->httpd);
    web_end_rooms(web);
    if (web->pool)
        pg_pool_free(web->pool);
    call_free_all(web);
    files_free(web->files);
}

static int run(Server *server)
{
    BpError err = {0};
    Web *web = &server->web;
    web->loop = loop_new();
    const BpStatus status = begin(server, &err);
    if (status == BP_OK) {
        if (httpd_port(server->httpd))
            bp_log(BP_LOG_INFO, "ready: http://%s:%u/", server->door.address, httpd_port(server->httpd));
        else
            bp_log(BP_LOG_INFO, "ready: %s%s", server->door.address,
                   server->front.has_nginx ? ", for nginx in front of it" : "");
        server->log_timer = loop_timer_new(web->loop, on_log_due, server);
        on_log_due(server);
        loop_stop_on_signals(web->loop);
        loop_run(web->loop);
        bp_log(BP_LOG_INFO, "stopping");
        loop_timer_free(server->log_timer);
    } else {
        bp_log(BP_LOG_ERROR, "%s", err.text);
    }
    end(server);
    loop_free(web->loop);
    if (status == BP_OK)
        return EX_OK;
    return status == BP_INVALID ? EX_CONFIG : EX_UNAVAILABLE;
}

int web_main(int argc, char **argv)
{
    Server *server = calloc(1, sizeof *server);
    if (!server)
        return EX_OSERR;
    bool prints_nginx = false;
    const CfgOption options[] = {
        {.name = "print-nginx",
         .meaning = "Write the configuration of the nginx in front of it, and end",
         .flag = &prints_nginx},
        {0},
    };
    const CfgCommand command = {
        .name = "bacpipes web",
        .options = options,
        .summary = "Serves the web interface and the API (/api/v1) to this machine.",
        .details = "It listens on the loopback or a Unix socket, without TLS. What listens for other "
                   "machines is nginx in front of it, where web.listen names such an address: `bacpipes up` "
                   "runs it, and --print-nginx writes its configuration for who does so himself "
                   "(docs/operating.md, The web). It is then at run/web.sock in the data folder.\n"
                   "People get in by a link that `bacpipes user link` makes; programs by tokens of `bacpipes "
                   "user token`.\n"
                   "Exit codes: 0 stopped; 64 wrong use; 69 the address is taken; 78 a setting is wrong.\n",
        .examples = "bacpipes web --data var\nbacpipes web --data var --set web.listen=127.0.0.1:8081\n"
                    "bacpipes web --data var --set web.listen=10.2.0.5:8443 --print-nginx",
    };
    CfgArguments arguments;
    BpError err;
    int code = say_begin(&command, argc, argv, &server->arena, &arguments, &server->cfg);
    if (code == SAY_GO_ON && arguments.data)
        server->cfg.data_folder = arguments.data;
    if (code == SAY_GO_ON && prints_nginx) {
        code = web_print_nginx(&server->cfg, &server->arena);
    } else if (code == SAY_GO_ON) {
        server->web.cfg = &server->cfg;
        server->web.started_at_us = bp_wall_us();
        /* What it shows to people is read with no more rights than the site's. */
        code = site_become_owner(server->cfg.data_folder, &err) == BP_OK
                   ? run(server)
                   : say_fail_with(EX_CONFIG, command.name, bp_str(err.text));
    }
    bp_arena_done(&server->arena);
    free(server);
    return code;
}
