/* bacpipes config: are the settings right, what are they, and what could they be. */
#include "apps/roles.h"
#include "io/pg/settings.h"
#include "say/begin.h"
#include "say/json.h"
#include "say/parts.h"
#include "site/settings.h"

#include <errno.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

/* ---- check ---- */

static const CfgCommand check_command = {
    .name = "bacpipes config check",
    .positionals = "[FILE]",
    .positionals_max = 1,
    .summary = "Reads the settings as every role does and tells all that is wrong with them, a line each: "
               "FILE:LINE: "
               "what is wrong: what would be right. Without FILE, that of --config or the one that is found.",
    .offers_json = true,
    .details = "Exit codes: 0 all fine; 64 wrong use; 78 something is wrong.\n",
    .examples = "bacpipes config check\nbacpipes config check /etc/bacpipes/bacpipes.conf\n"
                "bacpipes config check --set poll.interval=15s",
};

/* Files that are named must be there to be read. */
static void check_files(const Cfg *cfg, const char *const *origins, BpBuf *problems)
{
    for (size_t i = 0; i < CFG_SETTING_COUNT; i++) {
        const CfgSetting *setting = &cfg_settings[i];
        if (setting->kind != CFG_PATH || i == CFG_INDEX_data_folder)
            continue;
        const char *path = *(const char *const *)((const char *)cfg + setting->offset);
        if (*path && access(path, R_OK) != 0)
            bp_buf_printf(problems, "%s: %s = %s cannot be read (%s): name a file that can\n", origins[i],
                          setting->name, path, bp_errno_text(errno));
    }
}

/* What no single value shows: the outside world's part. */
static BpStatus check_world(const Cfg *cfg, const char *const *origins, BpArena *arena, BpBuf *problems)
{
    BpError err;
    PgOptions options;
    const size_t before = problems->size;
    check_files(cfg, origins, problems);
    if (problems->size == before &&
        pg_settings_options(cfg, PG_OWNER, "bacpipes", arena, &options, &err) != BP_OK)
        bp_buf_printf(problems, "%s: %s\n", origins[CFG_INDEX_database_password_file], err.text);
    return problems->size == before ? BP_OK : BP_INVALID;
}

static void print_check_json(const char *file, bool fine, const BpBuf *problems)
{
    json_t *lines = json_array();
    for (BpStr rest = bp_buf_text(problems); rest.size;) {
        const BpStr line = bp_str_cut(rest, '\n', &rest);
        json_array_append_new(lines, say_json_text(line));
    }
    say_json_print(json_pack("{s:s?, s:b, s:o}", "file", file, "fine", fine, "problems", lines));
}

static void print_check(const char *file, bool fine, const BpBuf *problems)
{
    fwrite(problems->data, 1, problems->size, stderr);
    if (!fine)
        return;
    if (file)
        printf("%s: fine\n", file);
    else
        printf("No settings file is there: the defaults, the environment and the command line are fine.\n");
}

static int check_them(const CfgArguments *arguments, BpArena *arena)
{
    Cfg cfg;
    const char *origins[CFG_SETTING_COUNT];
    BpBuf problems = bp_buf_growing(CFG_PROBLEM_TEXT_MAX);
    BpStatus status = cfg_arguments_load(arguments, arena, origins, &cfg, &problems);
    if (status == BP_OK)
        status = check_world(&cfg, origins, arena, &problems);
    cfg_odd_variables(environ, &problems);
    const char *file = cfg_arguments_file(arguments, arena);
    if (arguments->json)
        print_check_json(file, status == BP_OK, &problems);
    else
        print_check(file, status == BP_OK, &problems);
    bp_buf_done(&problems);
    return status == BP_OK ? EX_OK : EX_CONFIG;
}

static int check(int argc, char **argv)
{
    BpArena arena = {0};
    CfgArguments arguments;
    /* What is wrong with the settings is told here, all of it, and not as say_begin does. */
    int code =
        cfg_arguments_parse(&check_command, argc, argv, &arena, &arguments, NULL) == BP_OK && !arguments.help
            ? SAY_GO_ON
            : say_begin(&check_command, argc, argv, &arena, &arguments, NULL);
    if (code == SAY_GO_ON) {
        if (arguments.positionals.count)
            arguments.config = arguments.positionals.items[0];
        code = check_them(&arguments, &arena);
    }
    bp_arena_done(&arena);
    return code;
}

/* ---- show ---- */

static const CfgCommand show_command = {
    .name = "bacpipes config show",
    .summary = "Shows every setting as the site's programs have it, and where its value comes from. The "
               "lines can be "
               "used as a settings file. Where the database answers, what its table setting says is among "
               "them, over "
               "file, environment and --set.",
    .offers_json = true,
    .details =
        "Exit codes: 0 shown, the database's part too or not (standard error says which); 64 wrong use;\n"
        "78 a setting is wrong.\n",
    .examples = "bacpipes config show\nbacpipes config show --config /etc/bacpipes/bacpipes.conf | grep poll",
};

static BpStr value_text(const Cfg *cfg, const CfgSetting *setting, BpBuf *scratch)
{
    bp_buf_clear(scratch);
    cfg_format(cfg, setting, scratch);
    return bp_buf_text(scratch);
}

static void show_json(const Cfg *cfg, const char *const *origins, BpBuf *scratch)
{
    json_t *settings = json_object();
    for (size_t i = 0; i < CFG_SETTING_COUNT; i++) {
        const BpStr value = value_text(cfg, &cfg_settings[i], scratch);
        json_object_set_new(settings, cfg_settings[i].name,
                            json_pack("{s:o, s:s}", "value", say_json_text(value), "origin", origins[i]));
    }
    say_json_print(settings);
}

static void show_text(const Cfg *cfg, const char *const *origins, BpBuf *scratch)
{
    enum { NAME_WIDTH = 27, VALUE_WIDTH = 24 };
    for (size_t i = 0; i < CFG_SETTING_COUNT; i++) {
        const BpStr value = value_text(cfg, &cfg_settings[i], scratch);
        printf("%-*s = %-*.*s  # %s\n", NAME_WIDTH, cfg_settings[i].name, VALUE_WIDTH, BP_STR_ARGS(value),
               origins[i]);
    }
}

static void tell_wrong_row(const BpError *err)
{
    fprintf(stderr, "table setting: %s; that row changes nothing\n", err->text);
}

static void read_table(const char **origins, BpArena *arena, Cfg *cfg)
{
    BpError err;
    const SiteSettingsWish wish = {.origins = origins, .on_wrong = tell_wrong_row};
    if (site_settings_read_in_passing(&wish, arena, cfg, &err) != BP_OK)
        fprintf(stderr, "What table setting says is not among them: %s\n", err.text);
}

static int run_show(const CfgArguments *arguments, const Cfg *begun, BpArena *arena)
{
    enum { VALUE_MAX = 16 * 1024 };
    Cfg cfg;
    const char *origins[CFG_SETTING_COUNT];
    (void)begun; /* once more, with where each value is from */
    BpBuf scratch = bp_buf_growing(VALUE_MAX);
    const BpStatus status = cfg_arguments_load(arguments, arena, origins, &cfg, &scratch);
    if (status == BP_OK)
        read_table(origins, arena, &cfg);
    if (status == BP_OK && arguments->json)
        show_json(&cfg, origins, &scratch);
    else if (status == BP_OK)
        show_text(&cfg, origins, &scratch);
    bp_buf_done(&scratch);
    return status == BP_OK ? EX_OK : EX_CONFIG;
}

static int show(int argc, char **argv)
{
    return say_run(&show_command, argc, argv, run_show);
}

/* ---- docs ---- */

static const CfgCommand docs_command = {
    .name = "bacpipes config docs",
    .summary = "Prints docs/configuration.md: every setting with its default, range and meaning.",
    .without_settings = true,
    .examples = "bacpipes config docs > docs/configuration.md",
};

static const char docs_beginning[] =
    "# Settings\n\n"
    "Generated by `bacpipes config docs` from `lib/config/settings.def`: change that file instead.\n\n"
    "All roles and tools take the same settings, each from the first of these that has it:\n\n"
    "1. the command line: `--set poll.interval=30s`, `--data DIR`, `--log LEVEL`;\n"
    "2. the environment: `BACPIPES_POLL_INTERVAL` for `poll.interval`;\n"
    "3. a file: that of `--config`, else of `$BACPIPES_CONFIG`, else `bacpipes.conf` in the data folder, "
    "which "
    "`bacpipes up` writes (`--data`,\n   `$BACPIPES_DATA` or `./var`), else `/etc/bacpipes/bacpipes.conf`;\n"
    "4. the default.\n\n"
    "Settings marked *at once* can also be rows of table `setting`, which beat all of the above and act on a "
    "running "
    "site without a restart.\nTools that ask devices (`read`, `discover`, `doctor` ...) take them from "
    "there, "
    "too, where the database answers; their own command line beats\nthe table.\n\n"
    "A file has lines `name = value`; `#` begins a comment; `\"...\"` keeps blanks and `#`, with `\\\"` and "
    "`\\\\` "
    "inside it. Durations have a unit\n(`500ms`, `15s`, `5min`, `1h30min`, `7d`), sizes may have one "
    "(`64kB`, `256MB`, "
    "`2GB`). `bacpipes config check` tells what is wrong with a file,\n`bacpipes config show` what is in "
    "force and "
    "why.\n";

/* The part of a name before its dot; settings without one belong to the process. */
static BpStr group_of(const CfgSetting *setting)
{
    BpStr rest;
    const BpStr group = bp_str_cut(bp_str(setting->name), '.', &rest);
    return rest.data ? group : bp_str("");
}

static void print_docs_row(const CfgSetting *setting)
{
    char memory[256];
    BpBuf range = bp_buf(memory, sizeof memory);
    cfg_format_range(setting, &range);
    printf("| `%s` | %s%s%s | %.*s | %s | %s |\n", setting->name, *setting->fallback ? "`" : "",
           setting->fallback, *setting->fallback ? "`" : "", BP_STR_ARGS(bp_buf_text(&range)),
           setting->scope == CFG_SITE ? "at once" : "", setting->meaning);
}

static bool is_first_of_group(size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (bp_str_equal(group_of(&cfg_settings[i]), group_of(&cfg_settings[index])))
            return false;
    return true;
}

static int run_docs(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    (void)arguments, (void)cfg, (void)arena;
    fputs(docs_beginning, stdout);
    for (size_t i = 0; i < CFG_SETTING_COUNT; i++) {
        const BpStr group = group_of(&cfg_settings[i]);
        if (!is_first_of_group(i))
            continue;
        printf("\n## %.*s\n\n| name | default | range | | meaning |\n| --- | --- | --- | --- | --- |\n",
               BP_STR_ARGS(group.size ? group : bp_str("general")));
        for (size_t j = i; j < CFG_SETTING_COUNT; j++)
            if (bp_str_equal(group_of(&cfg_settings[j]), group))
                print_docs_row(&cfg_settings[j]);
    }
    return EX_OK;
}

static int docs(int argc, char **argv)
{
    return say_run(&docs_command, argc, argv, run_docs);
}

/* ---- which of them ---- */

static const SayPart parts[] = {
    {"check", "tells all that is wrong with the settings", check},
    {"show", "shows every setting and where it comes from", show},
    {"docs", "prints docs/configuration.md", docs},
};
static const SayParts tool = {
    .tool = "bacpipes config",
    .parts = parts,
    .count = sizeof parts / sizeof parts[0],
    .text = "`bacpipes config check --help` tells more, with examples.\n",
};

int config_main(int argc, char **argv)
{
    return say_parts_run(&tool, argc, argv);
}
