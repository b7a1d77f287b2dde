#include "node/tool.h"

#include "site/settings.h"

#include <stdio.h>

/* Who has no site here hears nothing of it; whose site is away will want to know. */
static void read_table(const CfgCommand *command, const CfgArguments *arguments, BpArena *arena, Cfg *cfg)
{
    BpError err;
    const SiteSettingsWish wish = {.sets = arguments->sets};
    if (site_settings_read_in_passing(&wish, arena, cfg, &err) != BP_OK && *cfg->database_host)
        fprintf(stderr, "%s: settings are those of the file alone: %s\n", command->name, err.text);
}

int node_run(const CfgCommand *command, int argc, char **argv, SayRun *run)
{
    Cfg cfg = {0};
    BpArena arena = {0};
    CfgArguments arguments = {0};
    int code = say_begin(command, argc, argv, &arena, &arguments, &cfg);
    if (code == SAY_GO_ON) {
        read_table(command, &arguments, &arena, &cfg);
        code = run(&arguments, &cfg, &arena);
    }
    bp_arena_done(&arena);
    return code;
}
