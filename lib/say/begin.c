#include "say/begin.h"

#include "base/log.h"
#include "say/exit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "bacpipes "

static int show_help(const CfgCommand *command)
{
    enum { HELP_MAX = 64 * 1024 };
    BpBuf help = bp_buf_growing(HELP_MAX);
    cfg_arguments_help(command, &help);
    fwrite(help.data, 1, help.size, stdout);
    bp_buf_done(&help);
    return EX_OK;
}

static int load_or_complain(const CfgCommand *command, const CfgArguments *arguments, BpArena *arena,
                            Cfg *ret_cfg)
{
    BpBuf problems = bp_buf_growing(CFG_PROBLEM_TEXT_MAX);
    const BpStatus status = cfg_arguments_load(arguments, arena, NULL, ret_cfg, &problems);
    const int wrong_code = command->wrong_settings_code ? command->wrong_settings_code : EX_CONFIG;
    const int code =
        status == BP_OK ? SAY_GO_ON : say_fail_with(wrong_code, NULL, bp_str_trim(bp_buf_text(&problems)));
    bp_buf_clear(&problems);
    cfg_odd_variables(environ, &problems);
    if (problems.size)
        fwrite(problems.data, 1, problems.size, stderr);
    bp_buf_done(&problems);
    return code;
}

int say_begin(const CfgCommand *command, int argc, char **argv, BpArena *arena, CfgArguments *ret_arguments,
              Cfg *ret_cfg)
{
    BpError err;
    say_look_for_json(argc, argv);
    if (cfg_arguments_parse(command, argc, argv, arena, ret_arguments, &err) != BP_OK)
        return say_fail(command->name, &err);
    if (ret_arguments->help)
        return show_help(command);
    if (command->without_settings)
        return SAY_GO_ON;
    const int code = load_or_complain(command, ret_arguments, arena, ret_cfg);
    const bool named = strncmp(command->name, PROGRAM, strlen(PROGRAM)) == 0;
    if (code == SAY_GO_ON)
        bp_log_open(named ? command->name + strlen(PROGRAM) : command->name, ret_cfg->log_level);
    return code;
}

int say_run(const CfgCommand *command, int argc, char **argv, SayRun *run)
{
    Cfg cfg = {0};
    BpArena arena = {0};
    CfgArguments arguments = {0};
    int code = say_begin(command, argc, argv, &arena, &arguments, &cfg);
    if (code == SAY_GO_ON)
        code = run(&arguments, &cfg, &arena);
    bp_arena_done(&arena);
    return code;
}
