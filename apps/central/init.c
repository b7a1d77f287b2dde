#include "apps/central/init.h"

#include "base/time.h"
#include "link/link.h"
#include "link/server.h"
#include "model/topic.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/when.h"
#include "site/database.h"
#include "site/owner.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool files_only;
static const char *display_name;

static const CfgOption options[] = {
    {"files", NULL, "Sees to the files alone, and asks no database: before PostgreSQL is started.",
     .flag = &files_only},
    {"name", "TEXT",
     "What central is called at its sites: 'Lisbon', 200 letters at most. Default: what it is called "
     "already.",
     .text = &display_name},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes central init",
    .summary = "Has PostgreSQL be a central, which sites join: makes an authority and central's certificate "
               "(settings central.listen and "
               "central.names), and the settings of TLS; and in the database the roles of sites and what "
               "they may do. Says what is left to do. Run "
               "again, it mends what is not so.",
    .options = options,
    .details = "`bacpipes up --central` does all of it by itself. With a PostgreSQL of your own (database.*) "
               "it says which lines that needs.\n"
               "In <data>/ca is the authority's key: keep a copy of the folder in a safe place, and nowhere "
               "else. In <data>/central is what\n"
               "PostgreSQL is told.\n"
               "Exit codes: 0 done; 1 something is left to do, or the database does not take the name; 64 "
               "wrong use; 69 the database is away, or a "
               "file cannot be written; 70 the\n"
               "database refuses, or the authority is damaged; 78 a setting is wrong.\n",
    .examples = "bacpipes central init --set central.listen=0.0.0.0:54320 --set "
                "central.names=central.example.org\nbacpipes central init --name Lisbon",
};

/* ---- files ---- */

static void say_files(const LinkServer *server, const LinkServerNews *news)
{
    char when[BP_TIME_TEXT_MAX];
    say_time(news->ca_until_us, 0, when);
    if (news->ca == LINK_CA_BEGUN)
        printf("Made an authority in %s, good until %s. Keep a copy of that folder in a safe place.\n",
               server->ca_folder, when);
    else
        printf("The authority in %s is good until %s.\n", server->ca_folder, when);
    printf("%s central's certificate, for", news->is_renewed ? "Made" : "Kept");
    for (size_t i = 0; i < server->hosts->count; i++)
        printf("%s %s", i ? "," : "", server->hosts->items[i]);
    printf(". What PostgreSQL is told is in %s.\n", server->folder);
}

/* ---- database ---- */

/* What is there of what a central needs. */
typedef struct State {
    bool has_ssl, has_crl, has_version, has_entrance, has_functions, has_sslinfo;
    const char *hba_file, *config_file;
    const char *waiting, *restart; /* settings that hold from its next start on, "" none; what starts it */
    BpArena *arena;
} State;

static void take(void *context, const PgRows *rows, size_t row)
{
    State *state = context;
    state->has_ssl = pg_get_bool(rows, row, 0);
    state->has_version = pg_get_bool(rows, row, 1);
    state->has_crl = pg_get_bool(rows, row, 2);
    state->has_entrance = pg_get_bool(rows, row, 3);
    state->has_functions = pg_get_bool(rows, row, 4);
    state->has_sslinfo = pg_get_bool(rows, row, 5);
    state->hba_file = bp_arena_text(state->arena, pg_get_text(rows, row, 6));
    state->config_file = bp_arena_text(state->arena, pg_get_text(rows, row, 7));
    state->waiting = bp_arena_text(state->arena, pg_get_text(rows, row, 8));
    state->restart = bp_arena_text(state->arena, pg_get_text(rows, row, 9));
}

static BpStatus arrange(const Cfg *cfg, BpArena *arena, State *state, BpError *err)
{
    SiteDatabase database;
    const PgValue name[] = {pg_text(bp_str(display_name ? display_name : ""))};
    BpStatus status = site_database_open_as(&database, cfg, PG_ADMIN, arena, err);
    if (status == BP_OK)
        status = site_database_ask(&database, SQL_SELECT_CENTRAL_STATE, NULL, 0, take, state, err);
    if (status == BP_OK && !state->has_functions)
        status = bp_fail(err, BP_UNAVAILABLE,
                         "the database has no tables of this version yet: `bacpipes migrate` makes them, and "
                         "then this again");
    if (status == BP_OK)
        status = site_database_ask(&database, SQL_BEGIN_CENTRAL, name, 1, NULL, NULL, err);
    if (status == BP_OK)
        status = site_database_ask(&database, SQL_SELECT_CENTRAL_STATE, NULL, 0, take, state, err);
    site_database_close(&database);
    return status;
}

static const char *absolute(const char *folder, BpArena *arena)
{
    char path[PATH_MAX];
    return bp_arena_text(arena, bp_str(realpath(folder, path) ? path : folder));
}

/* What is read again is not what holds: these settings go by what they were at its start. */
static void say_restart(const State *state, bool is_ours)
{
    printf("PostgreSQL's %s was set anew, which holds from its next start on: until then it goes by what was "
           "there before, and sites may not reach it.\n\nNext: ",
           state->waiting);
    if (is_ours)
        printf("start it again, `bacpipes up --central`; then run this again.\n");
    else
        printf("start that PostgreSQL again, by its administrator:\n\n  %s\n\nand then run this again.\n",
               state->restart);
}

/* What only who administers that PostgreSQL can do. Returns whether something is left. */
static bool say_next(const Cfg *cfg, const LinkServer *server, const State *state, BpArena *arena)
{
    const char *folder = absolute(server->folder, arena);
    const bool is_told = state->has_ssl && state->has_crl && state->has_version,
               is_ours = !*cfg->database_host;
    printf("The database has the site %s, the roles of sites, and what they may call.\n", MDL_SITE_CENTRAL);
    if (is_told && state->has_entrance && *state->waiting) {
        say_restart(state, is_ours);
        return true;
    }
    if (is_told && state->has_entrance) {
        printf("PostgreSQL lets sites in, by certificate and TLS 1.3.\n\n");
        if (cfg_is_loopback(server->hosts->items[0]))
            printf("It is reached at %s, which is this machine alone: for sites elsewhere set central.listen "
                   "(as 0.0.0.0:54320) and central.names (as central.example.org), and start it again.\n\n",
                   server->hosts->items[0]);
        printf("Next: bacpipes site add NAME\n");
        return false;
    }
    if (is_ours) {
        printf("\nNext: start it again as a central, `bacpipes up --central`: sites are not let in yet.\n");
        return true;
    }
    printf("\nNext, at that PostgreSQL, whose user must be able to read %s (or copies of its files, each "
           "time they change):\n",
           folder);
    if (!is_told)
        printf("\n  in %s:\n    include '%s/postgresql.conf'\n    listen_addresses = '...'   # where sites "
               "reach it\n",
               state->config_file, folder);
    if (!state->has_entrance)
        printf("\n  in %s, above lines for all:\n    hostssl " LINK_DATABASE
               " +bacpipes_sites all cert clientcert=verify-full\n    hostssl " LINK_DATABASE
               " " LINK_JOIN_USER " all cert clientcert=verify-full\n",
               state->hba_file);
    printf("\nthen reload it, or start it again where listen_addresses has changed, and run this again.\n");
    return true;
}

/* A site's folder with an authority in it would be taken for a central's. */
BpStatus central_refuse_site(const Cfg *cfg, BpError *err)
{
    BpArena arena = {0};
    BpError of_link;
    Link link;
    BpStatus status = link_read(cfg->data_folder, &arena, &link, &of_link);
    if (status == BP_OK)
        status = bp_fail(err, BP_REFUSED,
                         "%s is the folder of site %s, which has joined the central at %s: a central has a "
                         "folder of its own (--data)",
                         cfg->data_folder, link.site_id, link.host);
    else
        status = BP_OK;
    bp_arena_done(&arena);
    return status;
}

static BpStatus see_to_files(const Cfg *cfg, const LinkServer *server, BpError *err)
{
    LinkServerNews news;
    if (access(cfg->data_folder, F_OK) != 0)
        return bp_fail(err, BP_UNAVAILABLE,
                       "there is no folder %s: `bacpipes up --central` makes it, or name another with --data",
                       cfg->data_folder);
    BP_TRY(central_refuse_site(cfg, err));
    BP_TRY(site_become_owner(cfg->data_folder, err));
    const BpStatus status = link_server_keep(server, bp_wall_us(), true, &news, err);
    if (status == BP_INVALID)
        return err->status = BP_MALFORMED; /* a file, and no setting */
    if (status == BP_OK)
        say_files(server, &news);
    return status;
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    LinkServer server;
    State state = {.arena = arena};
    (void)arguments;
    if (link_server_read(cfg, arena, &server, &err) != BP_OK)
        return say_fail_with(EX_CONFIG, command.name, bp_str(err.text));
    BpStatus status = see_to_files(cfg, &server, &err);
    if (status == BP_OK && !files_only)
        status = arrange(cfg, arena, &state, &err);
    if (status != BP_OK)
        return say_fail(command.name, &err);
    return !files_only && say_next(cfg, &server, &state, arena) ? SAY_NOTHING : EX_OK;
}

int central_init_main(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
