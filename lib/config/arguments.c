#include "config/arguments.h"

#include "base/parse.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATA_FOLDER        "var"
#define FILE_IN_DATA       "bacpipes.conf"
#define FILE_OF_THE_SYSTEM "/etc/bacpipes/bacpipes.conf"

/* What is known while a command line is read. The common options are options like all others. */
enum { COMMON_OPTIONS = 7 };
typedef struct Reading {
    const CfgCommand *command;
    CfgArguments *arguments;
    CfgTexts sets;
    CfgOption common[COMMON_OPTIONS]; /* closed by one without a name */
} Reading;

static void list_common_options(Reading *reading)
{
    CfgArguments *arguments = reading->arguments;
    CfgOption *next = reading->common;
    if (reading->command->offers_json)
        *next++ = (CfgOption){"json", NULL, "Write JSON instead of a table, and say in JSON what goes wrong.",
                              .flag = &arguments->json};
    if (!reading->command->without_settings) {
        *next++ =
            (CfgOption){"config", "FILE",
                        "Settings file. Default: $BACPIPES_CONFIG, DATA/bacpipes.conf or " FILE_OF_THE_SYSTEM
                        ", the first that is there.",
                        .text = &arguments->config};
        *next++ = (CfgOption){"set", "NAME=VALUE", "A setting, over file and environment. May be repeated.",
                              .texts = &reading->sets};
        *next++ = (CfgOption){"data", "DIR", "Folder of all that is kept. Default: $BACPIPES_DATA or ./var.",
                              .text = &arguments->data, .setting = "data"};
        *next++ =
            (CfgOption){"log", "LEVEL", "error, warning, notice, info or debug.", .setting = "log.level"};
    }
    *next++ = (CfgOption){"help", NULL, "Show this.", .flag = &arguments->help};
    *next = (CfgOption){0};
    assert(next < reading->common + COMMON_OPTIONS);
}

/* ---- reading ---- */

static const CfgOption *find_among(const CfgOption *options, BpStr name)
{
    for (; options && options->name; options++)
        if (bp_str_equal(name, bp_str(options->name)))
            return options;
    return NULL;
}

static const CfgOption *find_option(const Reading *reading, BpStr name)
{
    const CfgOption *own = find_among(reading->command->options, name);
    return own ? own : find_among(reading->common, name);
}

static BpStatus refuse_option(const Reading *reading, BpStr name, BpError *err)
{
    BpNearest nearest = bp_nearest(name);
    for (const CfgOption *option = reading->command->options; option && option->name; option++)
        bp_nearest_look(&nearest, option->name);
    for (const CfgOption *option = reading->common; option->name; option++)
        bp_nearest_look(&nearest, option->name);
    if (nearest.name)
        return bp_fail(err, BP_INVALID, "there is no option --%.*s: did you mean --%s?", BP_STR_ARGS(name),
                       nearest.name);
    return bp_fail(err, BP_INVALID, "there is no option --%.*s: `%s --help` lists them", BP_STR_ARGS(name),
                   reading->command->name);
}

static void append(CfgTexts *texts, const char *text, BpArena *arena)
{
    /* Few and once: each time a longer array, the old one stays in the arena. */
    const char **items = bp_arena_take(arena, (texts->count + 2) * sizeof *items);
    if (texts->count)
        memcpy(items, texts->items, texts->count * sizeof *items);
    items[texts->count++] = text;
    texts->items = items;
}

static BpStatus take_integer(const CfgOption *option, const char *value, BpError *err)
{
    int64_t number;
    if (bp_parse_i64(bp_str(value), INT64_MIN, INT64_MAX, &number, NULL) != BP_OK)
        return bp_fail(err, BP_INVALID, "--%s %s is not a whole number: %" PRId64 " to %" PRId64,
                       option->name, value, option->min, option->max);
    if (number < option->min || number > option->max)
        return bp_fail(err, BP_INVALID, "--%s %s is out of range: %" PRId64 " to %" PRId64, option->name,
                       value, option->min, option->max);
    *option->integer = number;
    return BP_OK;
}

static BpStatus take_duration(const CfgOption *option, const char *value, BpError *err)
{
    int64_t duration_us;
    const char *wrong = NULL;
    if (bp_parse_duration_us(bp_str(value), &duration_us, NULL) != BP_OK)
        wrong = "not a duration";
    else if (duration_us <= 0)
        wrong = "no time at all";
    if (wrong)
        return bp_fail(err, BP_INVALID, "--%s %s is %s: write it as 500ms, 15s, 5min, 2h or 7d", option->name,
                       value, wrong);
    *option->duration_us = duration_us;
    return BP_OK;
}

static const char *as_set(BpArena *arena, const char *name, const char *value)
{
    const size_t size = strlen(name) + strlen(value) + 2;
    char *text = bp_arena_take(arena, size);
    snprintf(text, size, "%s=%s", name, value);
    return text;
}

static BpStatus take_option_value(Reading *reading, const CfgOption *option, const char *value,
                                  BpArena *arena, BpError *err)
{
    if (option->setting)
        append(&reading->sets, as_set(arena, option->setting, value), arena);
    if (option->text)
        *option->text = value;
    else if (option->texts)
        append(option->texts, value, arena);
    else if (option->integer)
        return take_integer(option, value, err);
    else if (option->duration_us)
        return take_duration(option, value, err);
    return BP_OK;
}

/* "--truth --json": what is forgotten is the value, and an option is none by chance. */
static BpStatus check_value(const Reading *reading, const CfgOption *option, const char *next, BpError *err)
{
    BpStr rest;
    const bool is_word = next && strncmp(next, "--", 2) == 0;
    if (is_word && !find_option(reading, bp_str_cut(bp_str(next + 2), '=', &rest)))
        return BP_OK;
    if (is_word)
        return bp_fail(err, BP_INVALID, "--%s needs a value: --%s %s; if %s is to be it: --%s=%s",
                       option->name, option->name, option->value, next, option->name, next);
    return next ? BP_OK
                : bp_fail(err, BP_INVALID, "--%s needs a value: --%s %s", option->name, option->name,
                          option->value);
}

/* Takes the option in argv[*at], and moves *at to its value if that stands alone. */
static BpStatus take_option(Reading *reading, int argc, char **argv, int *at, BpArena *arena, BpError *err)
{
    BpStr value;
    const BpStr name = bp_str_cut(bp_str(argv[*at] + 2), '=', &value);
    const CfgOption *option = find_option(reading, name);
    if (!option)
        return refuse_option(reading, name, err);
    if (option->flag) {
        *option->flag = true;
        return value.data ? bp_fail(err, BP_INVALID, "--%s takes no value", option->name) : BP_OK;
    }
    if (!value.data)
        BP_TRY(check_value(reading, option, *at + 1 < argc ? argv[*at + 1] : NULL, err));
    return take_option_value(reading, option, value.data ? value.data : argv[++*at], arena, err);
}

/* -5, -0.5 and -.5 are values; a lone - stands for standard input. */
static bool is_positional(const char *argument)
{
    return argument[0] != '-' || argument[1] == '\0' || argument[1] == '.' ||
           (argument[1] >= '0' && argument[1] <= '9');
}

static BpStatus check_positionals(const CfgCommand *command, const CfgTexts *positionals, BpError *err)
{
    if (positionals->count < command->positionals_min)
        return bp_fail(err, BP_INVALID, "something is missing: usage: %s %s", command->name,
                       command->positionals);
    if (positionals->count > command->positionals_max)
        return bp_fail(err, BP_INVALID, "\"%s\" is one argument too many: usage: %s%s%s",
                       positionals->items[command->positionals_max], command->name,
                       command->positionals ? " " : "", command->positionals ? command->positionals : "");
    return BP_OK;
}

/* Two shapes at once are none. */
static BpStatus check_shapes(const Reading *reading, BpError *err)
{
    const CfgOption *csv = find_among(reading->command->options, bp_str("csv"));
    if (reading->arguments->json && csv && csv->flag && *csv->flag && !reading->command->csv_beside_json)
        return bp_fail(err, BP_INVALID,
                       "--csv and --json exclude each other: take --json for a program, --csv for a "
                       "spreadsheet");
    return BP_OK;
}

BpStatus cfg_arguments_parse(const CfgCommand *command, int argc, char **argv, BpArena *arena,
                             CfgArguments *ret_arguments, BpError *err)
{
    CfgArguments arguments = {0};
    Reading reading = {.command = command, .arguments = &arguments};
    list_common_options(&reading);
    bool only_positionals = false;
    for (int at = 1; at < argc && !arguments.help; at++) {
        const char *argument = argv[at];
        if (only_positionals || is_positional(argument))
            append(&arguments.positionals, argument, arena);
        else if (strcmp(argument, "--") == 0)
            only_positionals = true;
        else if (strcmp(argument, "-h") == 0)
            arguments.help = true;
        else if (argument[1] != '-')
            return bp_fail(err, BP_INVALID, "there is no option %s: options are words, as --help", argument);
        else if (take_option(&reading, argc, argv, &at, arena, err) != BP_OK)
            return BP_INVALID;
    }
    if (!arguments.help) {
        BP_TRY(check_positionals(command, &arguments.positionals, err));
        BP_TRY(check_shapes(&reading, err));
    }
    arguments.sets = reading.sets.items;
    *ret_arguments = arguments;
    return BP_OK;
}

/* ---- help ---- */

enum { HELP_INDENT = 24, HELP_WIDTH = 100 };

/* Words of `text` in lines of HELP_WIDTH, from `column` on, further lines indented. */
static void write_wrapped(BpBuf *out, BpStr text, size_t column, size_t indent)
{
    bool at_start = true;
    while (text.size) {
        const BpStr word = bp_str_cut(text, ' ', &text);
        if (!at_start && column + 1 + word.size > HELP_WIDTH) {
            bp_buf_printf(out, "\n%*s", (int)indent, "");
            column = indent;
            at_start = true;
        }
        bp_buf_printf(out, "%s%.*s", at_start ? "" : " ", BP_STR_ARGS(word));
        column += word.size + !at_start;
        at_start = false;
    }
    bp_buf_printf(out, "\n");
}

/* Options of the command's own stand before common ones of the same name. */
static void write_options(BpBuf *out, const CfgOption *options, const CfgOption *own)
{
    for (; options && options->name; options++) {
        if (find_among(own, bp_str(options->name)))
            continue;
        const size_t begin = out->size;
        bp_buf_printf(out, "  --%s%s%s", options->name, options->value ? " " : "",
                      options->value ? options->value : "");
        const size_t used = out->size - begin;
        if (used + 2 > HELP_INDENT)
            bp_buf_printf(out, "\n%*s", HELP_INDENT, "");
        else
            bp_buf_printf(out, "%*s", (int)(HELP_INDENT - used), "");
        write_wrapped(out, bp_str(options->meaning), HELP_INDENT, HELP_INDENT);
    }
}

static void write_indented(BpBuf *out, const char *title, const char *lines)
{
    if (!lines)
        return;
    bp_buf_printf(out, "\n%s\n", title);
    for (BpStr rest = bp_str(lines); rest.size;) {
        const BpStr line = bp_str_cut(rest, '\n', &rest);
        bp_buf_printf(out, "%s%.*s\n", line.size ? "  " : "", BP_STR_ARGS(line));
    }
}

void cfg_arguments_help(const CfgCommand *command, BpBuf *out)
{
    CfgArguments nowhere = {0};
    Reading reading = {.command = command, .arguments = &nowhere};
    list_common_options(&reading);
    bp_buf_printf(out, "usage: %s%s%s [OPTION]...\n\n", command->name, command->positionals ? " " : "",
                  command->positionals ? command->positionals : "");
    write_wrapped(out, bp_str(command->summary), 0, 0);
    bp_buf_printf(out, "\nOptions:\n");
    write_options(out, command->options, NULL);
    write_options(out, reading.common, command->options);
    if (command->details)
        bp_buf_printf(out, "\n%s", command->details);
    write_indented(out, "Examples:", command->examples);
}

/* ---- beginning ---- */

static const char *path_in(BpArena *arena, const char *folder, const char *file)
{
    const size_t size = strlen(folder) + strlen(file) + 2;
    char *path = bp_arena_take(arena, size);
    snprintf(path, size, "%s/%s", folder, file);
    return path;
}

static const char *data_folder(const CfgArguments *arguments)
{
    const char *data = arguments->data ? arguments->data : getenv("BACPIPES_DATA");
    return data && *data ? data : DATA_FOLDER;
}

static bool is_named(const CfgArguments *arguments)
{
    const char *data = getenv("BACPIPES_DATA");
    return arguments->data || (data && *data);
}

static const char *find_file(const CfgArguments *arguments, BpArena *arena, bool *ret_is_in_data)
{
    const char *named = getenv("BACPIPES_CONFIG");
    *ret_is_in_data = false;
    if (arguments->config)
        return arguments->config;
    if (named && *named)
        return named;
    const char *in_data = path_in(arena, data_folder(arguments), FILE_IN_DATA);
    /* Into a folder that is named and not ours to look into the settings are looked for nevertheless, and
     * that is told: it is not one without any. */
    *ret_is_in_data = access(in_data, F_OK) == 0 || (errno == EACCES && is_named(arguments));
    if (*ret_is_in_data)
        return in_data;
    return access(FILE_OF_THE_SYSTEM, F_OK) == 0 ? FILE_OF_THE_SYSTEM : NULL;
}

const char *cfg_arguments_file(const CfgArguments *arguments, BpArena *arena)
{
    bool is_in_data;
    return find_file(arguments, arena, &is_in_data);
}

static bool is_from(const char *origin, const char *file)
{
    const size_t size = strlen(file);
    return strncmp(origin, file, size) == 0 && origin[size] == ':';
}

/* Who opens these has given up root's rights: `bacpipes up`, and the web. */
static bool is_of_servers(const CfgSetting *setting)
{
    return strncmp(setting->name, "broker.", strlen("broker.")) == 0 ||
           strncmp(setting->name, "web.", strlen("web.")) == 0;
}

/* Root reads a key or a password for whoever names it, and shows it to the server that the same one names. */
static BpStatus check_paths(const char *file, const char *const *origins, BpBuf *problems)
{
    struct stat status;
    BpStatus result = BP_OK;
    if (geteuid() != 0 || lstat(file, &status) != 0 || status.st_uid == 0)
        return BP_OK;
    for (size_t i = 0; i < CFG_SETTING_COUNT; i++) {
        if (cfg_settings[i].kind != CFG_PATH || i == CFG_INDEX_data_folder || !is_from(origins[i], file) ||
            is_of_servers(&cfg_settings[i]))
            continue;
        bp_buf_printf(problems,
                      "%s: root opens no file that another user's settings name: say %s with --set, or in a "
                      "file of root's with --config\n",
                      origins[i], cfg_settings[i].name);
        result = BP_INVALID;
    }
    return result;
}

BpStatus cfg_arguments_load(const CfgArguments *arguments, BpArena *arena, const char **ret_origins,
                            Cfg *ret_cfg, BpBuf *problems)
{
    bool is_in_data;
    const char *origins[CFG_SETTING_COUNT];
    const char *file = find_file(arguments, arena, &is_in_data);
    const CfgSource source = {.file = file,
                              .file_is_plain = is_in_data,
                              .environment = environ,
                              .sets = arguments->sets,
                              .ret_origins = ret_origins ? ret_origins : origins};
    const BpStatus status = cfg_load(&source, arena, ret_cfg, problems);
    if (status != BP_OK || !is_in_data)
        return status;
    if (is_from(source.ret_origins[CFG_INDEX_data_folder], file))
        ret_cfg->data_folder = data_folder(arguments);
    return check_paths(file, source.ret_origins, problems);
}
