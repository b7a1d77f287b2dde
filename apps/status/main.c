#include "apps/roles.h"
#include "apps/status/status.h"
#include "base/time.h"
#include "say/begin.h"
#include "say/exit.h"
#include "site/owner.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int64_t watch_us;

static const CfgOption options[] = {
    {"watch", "DURATION", "Look again and again, with that pause between, until Ctrl-C.",
     .duration_us = &watch_us},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes status",
    .summary = "Says how the site, or a central with its sites, is, a line a thing: what runs, how old the "
               "newest reading is, how much disk "
               "is left, and of what is wrong, what to do.",
    .options = options,
    .offers_json = true,
    .wrong_settings_code = STATUS_UNKNOWN, /* nothing is known then */
    .details = "It looks and changes nothing. As root it does so as the data folder's owner.\n"
               "--json prints one object: state, code, site, at, things (each with thing, state, text) and "
               "figures.\n"
               "Exit codes, as monitoring plugins have them: 0 all is well, 1 warning, 2 something is "
               "broken, 3 nobody "
               "runs the site, or how it is cannot be found out; 64 wrong use.\n",
    .examples = "bacpipes status\nbacpipes status --data /var/lib/bacpipes\nbacpipes status --json\n"
                "bacpipes status --watch 5s",
};

static StatusLevel look(const Cfg *settings, bool is_json)
{
    BpArena arena = {0};
    Cfg cfg = *settings; /* table setting is read over it */
    StatusFacts facts = {0};
    StatusReport report;
    status_look_at_folder(&cfg, &facts.folder);
    status_look_at_database(&cfg, &arena, &facts.database);
    if (!status_is_central(&cfg)) /* that has none */
        status_look_at_broker(&cfg, &facts.database, &arena, &facts.broker);
    status_look_at_web(&cfg, &facts.folder, &arena, &facts.web);
    facts.now_us = bp_wall_us();
    status_judge(&cfg, &facts, &report);
    if (is_json)
        status_show_json(&cfg, &facts, &report);
    else
        status_show(&report);
    bp_arena_done(&arena);
    return report.level;
}

static void pause_for(int64_t pause_us)
{
    const struct timespec pause = {.tv_sec = pause_us / BP_SECOND, .tv_nsec = pause_us % BP_SECOND * 1000};
    nanosleep(&pause, NULL);
}

static int run(const CfgArguments *arguments, const Cfg *cfg)
{
    BpError err;
    if (site_become_owner(cfg->data_folder, &err) != BP_OK)
        return say_fail_with(STATUS_UNKNOWN, command.name, bp_str(err.text));
    StatusLevel level = look(cfg, arguments->json);
    while (watch_us && !ferror(stdout)) {
        pause_for(watch_us);
        if (!arguments->json)
            fputs(isatty(STDOUT_FILENO) ? "\033[H\033[J" : "\n", stdout);
        level = look(cfg, arguments->json);
    }
    return (int)level;
}

int status_main(int argc, char **argv)
{
    Cfg cfg = {0};
    BpArena arena = {0};
    CfgArguments arguments = {0};
    int code = say_begin(&command, argc, argv, &arena, &arguments, &cfg);
    if (code == SAY_GO_ON) {
        if (arguments.data)
            cfg.data_folder = arguments.data;
        code = run(&arguments, &cfg);
    }
    bp_arena_done(&arena);
    return code;
}
