#include "config/config.h"

#include "config/value.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENVIRONMENT_PREFIX "BACPIPES_"
enum { NAME_MAX_OCTETS = 64 };

const CfgSetting cfg_settings[CFG_SETTING_COUNT] = {
#define SETTING(kind, field, name, fallback, min, max, scope, meaning)                                       \
    {name, fallback, meaning, CFG_##kind, CFG_##scope, min, max, offsetof(Cfg, field)},
#include "config/settings.def"
#undef SETTING
};

const CfgSetting *cfg_find(BpStr name)
{
    for (size_t i = 0; i < CFG_SETTING_COUNT; i++)
        if (bp_str_equal(name, bp_str(cfg_settings[i].name)))
            return &cfg_settings[i];
    return NULL;
}

const CfgSetting *cfg_find_nearest(BpStr name)
{
    const CfgSetting *like = NULL;
    BpNearest nearest = bp_nearest(name);
    for (size_t i = 0; i < CFG_SETTING_COUNT; i++)
        if (bp_nearest_look(&nearest, cfg_settings[i].name))
            like = &cfg_settings[i];
    return like;
}

/* ---- loading: what is known so far, and what was wrong ---- */

typedef struct Load {
    BpArena *arena;
    Cfg cfg;
    const char *origins[CFG_SETTING_COUNT]; /* "bacpipes.conf:3" */
    size_t lines[CFG_SETTING_COUNT];        /* of the file; 0: not in it */
    BpBuf *problems;
    size_t problem_count;
} Load;

static void complain(Load *load, const char *origin, const char *format, ...) BP_PRINTF(3, 4);
static void complain(Load *load, const char *origin, const char *format, ...)
{
    if (++load->problem_count > CFG_PROBLEMS_MAX)
        return;
    char sentence[BP_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    bp_buf_printf(load->problems, "%s: %s\n", origin, sentence);
}

static const char *origin_of_line(Load *load, const char *file, size_t line)
{
    uint8_t memory[4096];
    BpBuf text = bp_buf(memory, sizeof memory);
    bp_buf_printf(&text, "%s:%zu", file, line);
    return text.failed ? file : bp_arena_text(load->arena, bp_buf_text(&text));
}

static void set_value(Load *load, const CfgSetting *setting, BpStr value, const char *origin)
{
    BpError err;
    load->origins[setting - cfg_settings] = origin;
    if (cfg_value_parse(setting, value, load->arena, &load->cfg, &err) != BP_OK)
        complain(load, origin, "%s", err.text);
}

static void complain_of_name(Load *load, BpStr name, const char *origin)
{
    char quoted[NAME_MAX_OCTETS];
    const CfgSetting *nearest = cfg_find_nearest(name);
    bp_str_copy(name, quoted, sizeof quoted);
    if (!cfg_text_is_plain(name))
        complain(load, origin, "the name is not plain text: write NAME = VALUE");
    else if (nearest)
        complain(load, origin, "there is no setting \"%s\": did you mean %s?", quoted, nearest->name);
    else
        complain(load, origin, "there is no setting \"%s\": `bacpipes config show` lists them", quoted);
}

static void take_defaults(Load *load)
{
    for (size_t i = 0; i < CFG_SETTING_COUNT; i++)
        set_value(load, &cfg_settings[i], bp_str(cfg_settings[i].fallback), "default");
    assert(load->problem_count == 0); /* the table itself is right */
}

/* ---- the file ---- */

/* A value as it stands after the "=": up to a comment, or between quotes, where \" and \\ stand for " and \.
 * False if the closing quote is missing or something but a comment follows it. */
static bool take_value(BpArena *arena, BpStr rest, BpStr *ret_value)
{
    BpStr comment;
    rest = bp_str_trim(rest);
    if (rest.size == 0 || rest.data[0] != '"') {
        *ret_value = bp_str_trim(bp_str_cut(rest, '#', &comment));
        return true;
    }
    char *text = bp_arena_take(arena, rest.size);
    size_t size = 0, i = 1;
    for (; i < rest.size && rest.data[i] != '"'; i++) {
        if (rest.data[i] == '\\' && i + 1 < rest.size)
            i++;
        text[size++] = rest.data[i];
    }
    *ret_value = (BpStr){text, size};
    if (i >= rest.size)
        return false;
    const BpStr after = bp_str_trim((BpStr){rest.data + i + 1, rest.size - i - 1});
    return after.size == 0 || after.data[0] == '#';
}

static void read_line(Load *load, const char *file, size_t number, BpStr line)
{
    BpStr rest, value;
    line = bp_str_trim(line);
    if (line.size == 0 || line.data[0] == '#')
        return;
    const char *origin = origin_of_line(load, file, number);
    const BpStr name = bp_str_trim(bp_str_cut(line, '=', &rest));
    const CfgSetting *setting = cfg_find(name);
    if (!rest.data) {
        complain(load, origin, "a line without \"=\": write NAME = VALUE, or # before a comment");
        return;
    }
    if (!setting) {
        complain_of_name(load, name, origin);
        return;
    }
    size_t *first = &load->lines[setting - cfg_settings];
    if (*first) {
        complain(load, origin, "%s is set a second time: line %zu sets it already, keep one of them",
                 setting->name, *first);
        return;
    }
    *first = number;
    if (take_value(load->arena, rest, &value))
        set_value(load, setting, value, origin);
    else
        complain(load, origin, "the value of %s has no closing quote at its end: write %s = \"...\"",
                 setting->name, setting->name);
}

static void read_lines(Load *load, const char *file, BpStr contents)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* some editors begin UTF-8 with it */
    if (contents.size >= 3 && memcmp(contents.data, mark, 3) == 0)
        contents = (BpStr){contents.data + 3, contents.size - 3};
    for (size_t number = 1; contents.size; number++) {
        const BpStr line = bp_str_cut(contents, '\n', &contents);
        read_line(load, file, number, line);
    }
}

/* Whoever owns a data folder may not have root read what is root's, or wait for ever. */
static FILE *open_plain(const char *path)
{
    struct stat status;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        errno = ELOOP;
        return NULL;
    }
    return fdopen(fd, "r");
}

static void complain_of_plain(Load *load, const char *path, int number)
{
    struct stat status;
    const struct passwd *owner =
        number == EACCES && lstat(path, &status) == 0 ? getpwuid(status.st_uid) : NULL;
    if (owner)
        complain(load, path,
                 "it is %s's alone to read: be that user or root (sudo), or name another folder with --data",
                 owner->pw_name);
    else if (number == EACCES)
        complain(load, path,
                 "the folder is not this user's to look into: be its owner or root (sudo), or name another "
                 "folder with --data");
    else
        complain(load, path, "cannot be read (%s): give another file with --config",
                 number == ELOOP ? "it is a link, or no file at all" : bp_errno_text(number));
}

static void read_file(Load *load, const CfgSource *source)
{
    FILE *file = source->file_is_plain ? open_plain(source->file) : fopen(source->file, "re");
    if (!file && errno == ENOENT && source->file_may_be_missing)
        return;
    if (!file && source->file_is_plain) {
        complain_of_plain(load, source->file, errno);
        return;
    }
    if (!file) {
        complain(load, source->file, "cannot be read (%s): give another file with --config",
                 bp_errno_text(errno));
        return;
    }
    BpArena scratch = {0};
    char *contents = bp_arena_take(&scratch, CFG_FILE_MAX + 1);
    const size_t size = fread(contents, 1, CFG_FILE_MAX + 1, file);
    if (ferror(file))
        complain(load, source->file, "cannot be read (%s): give another file with --config",
                 bp_errno_text(errno));
    else if (size > CFG_FILE_MAX)
        complain(load, source->file, "is larger than 1 MB: give a configuration file with --config");
    else
        read_lines(load, source->file, (BpStr){contents, size});
    bp_arena_done(&scratch);
    fclose(file);
}

/* ---- the environment and the command line ---- */

/* "poll.interval" for "POLL_INTERVAL". A name's dots cannot be told from its underscores: both come as dots.
 */
static BpStr variable_to_name(BpStr variable, char ret_name[NAME_MAX_OCTETS])
{
    bp_str_copy(variable, ret_name, NAME_MAX_OCTETS);
    for (char *letter = ret_name; *letter; letter++)
        *letter = *letter == '_' ? '.' : (char)tolower((unsigned char)*letter);
    return bp_str(ret_name);
}

static void name_with_dots_only(const char *name, char ret_name[NAME_MAX_OCTETS])
{
    bp_str_copy(bp_str(name), ret_name, NAME_MAX_OCTETS);
    for (char *letter = ret_name; *letter; letter++)
        if (*letter == '_')
            *letter = '.';
}

/* What a variable says, without knowing whether it is a setting's. */
typedef struct Variable {
    BpStr name, value;
    const CfgSetting *setting; /* NULL: none's */
    const CfgSetting *like;    /* then: the nearest, or NULL */
    size_t distance;           /* to that */
} Variable;

/* False for variables that are not ours by their beginning. */
static bool read_variable(const char *text, Variable *ret_variable)
{
    const size_t prefix = strlen(ENVIRONMENT_PREFIX);
    char wanted[NAME_MAX_OCTETS], name[NAME_MAX_OCTETS];
    Variable variable = {0};
    variable.name = bp_str_cut(bp_str(text), '=', &variable.value);
    if (!variable.value.data || variable.name.size >= NAME_MAX_OCTETS || variable.name.size <= prefix ||
        memcmp(text, ENVIRONMENT_PREFIX, prefix) != 0)
        return false;
    const BpStr rest = {text + prefix, variable.name.size - prefix};
    BpNearest nearest = bp_nearest(variable_to_name(rest, wanted));
    for (size_t i = 0; i < CFG_SETTING_COUNT; i++) {
        name_with_dots_only(cfg_settings[i].name, name);
        if (bp_nearest_look(&nearest, name))
            variable.like = &cfg_settings[i];
    }
    variable.distance = nearest.distance;
    variable.setting = variable.like && nearest.distance == 0 ? variable.like : NULL;
    *ret_variable = variable;
    return true;
}

/* One slip away from a setting's: too like it to be anything else. */
static bool is_slip(const Variable *variable)
{
    return variable->like && variable->distance == 1 && variable->name.size > strlen(ENVIRONMENT_PREFIX) + 5;
}

static void read_environment(Load *load, char *const *environment)
{
    Variable variable;
    for (; *environment; environment++) {
        if (!read_variable(*environment, &variable))
            continue;
        const char *origin = bp_arena_text(load->arena, variable.name);
        if (variable.setting)
            set_value(load, variable.setting, variable.value, origin);
        else if (is_slip(&variable))
            complain(load, origin, "is not a setting's variable: did you mean that of %s?",
                     variable.like->name);
    }
}

/* Kubernetes makes such ones for a service of the name bacpipes: BACPIPES_SERVICE_HOST,
 * BACPIPES_PORT_1883_TCP. */
static bool is_others(BpStr name)
{
    static const char *const known[] = {ENVIRONMENT_PREFIX "CONFIG", ENVIRONMENT_PREFIX "PORT"};
    static const char *const beginnings[] = {ENVIRONMENT_PREFIX "SERVICE_", ENVIRONMENT_PREFIX "PORT_"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (bp_str_equal(name, bp_str(known[i])))
            return true;
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        if (name.size > strlen(beginnings[i]) && memcmp(name.data, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

void cfg_odd_variables(char *const *environment, BpBuf *out)
{
    Variable variable;
    for (; *environment; environment++) {
        if (!read_variable(*environment, &variable) || variable.setting || is_slip(&variable) ||
            is_others(variable.name))
            continue;
        bp_buf_printf(
            out, "%.*s: no setting has this variable, and it does nothing: ", BP_STR_ARGS(variable.name));
        if (variable.like)
            bp_buf_printf(out, "did you mean that of %s?\n", variable.like->name);
        else
            bp_buf_printf(out, "`bacpipes config show` lists the settings\n");
    }
}

static void read_sets(Load *load, const char *const *sets)
{
    for (; *sets; sets++) {
        BpStr value;
        const BpStr name = bp_str_trim(bp_str_cut(bp_str(*sets), '=', &value));
        const CfgSetting *setting = cfg_find(name);
        if (!setting)
            complain_of_name(load, name, "command line");
        else if (!value.data)
            complain(load, "command line", "%s is set to nothing: write %s=VALUE", setting->name,
                     setting->name);
        else
            set_value(load, setting, value, "command line");
    }
}

/* ---- all together ---- */

static bool is_set(const Load *load, size_t index) /* of a text */
{
    return **(const char *const *)((const char *)&load->cfg + cfg_settings[index].offset);
}

static void check_pair(Load *load, size_t one, size_t other)
{
    if (is_set(load, one) == is_set(load, other))
        return;
    const size_t given = is_set(load, one) ? one : other, missing = is_set(load, one) ? other : one;
    complain(load, load->origins[given], "%s is set without %s: set both or neither",
             cfg_settings[given].name, cfg_settings[missing].name);
}

static void check_pairs(Load *load)
{
    check_pair(load, CFG_INDEX_database_client_certificate, CFG_INDEX_database_client_key);
    check_pair(load, CFG_INDEX_broker_certificate, CFG_INDEX_broker_key);
    check_pair(load, CFG_INDEX_web_certificate, CFG_INDEX_web_key);
    if (*load->cfg.broker_address && load->cfg.broker_tls && !*load->cfg.broker_certificate)
        complain(load, load->origins[CFG_INDEX_broker_address],
                 "broker.address is set without broker.certificate and broker.key: set them, or broker.tls = "
                 "false where everybody on that network may read passwords and readings");
}

BpStatus cfg_load(const CfgSource *source, BpArena *arena, Cfg *ret_cfg, BpBuf *problems)
{
    assert(source && arena && ret_cfg && problems);
    Load load = {.arena = arena, .problems = problems};
    take_defaults(&load);
    if (source->file && source->file_contents.data)
        read_lines(&load, source->file, source->file_contents);
    else if (source->file)
        read_file(&load, source);
    if (source->environment)
        read_environment(&load, source->environment);
    if (source->sets)
        read_sets(&load, source->sets);
    check_pairs(&load);
    if (load.problem_count > CFG_PROBLEMS_MAX)
        bp_buf_printf(problems, "%s: and %zu more problems: mend these first\n",
                      source->file ? source->file : "settings", load.problem_count - CFG_PROBLEMS_MAX);
    if (load.problem_count)
        return BP_INVALID;
    *ret_cfg = load.cfg;
    if (source->ret_origins)
        memcpy(source->ret_origins, load.origins, sizeof load.origins);
    return BP_OK;
}

BpStatus cfg_apply(Cfg *cfg, BpArena *arena, BpStr name, BpStr value, BpError *err)
{
    const CfgSetting *setting = cfg_find(name);
    if (!setting) {
        const CfgSetting *nearest = cfg_find_nearest(name);
        return bp_fail(err, BP_NOT_FOUND, "there is no setting \"%.*s\"%s%s%s", BP_STR_ARGS(name),
                       nearest ? ": did you mean " : "", nearest ? nearest->name : "", nearest ? "?" : "");
    }
    if (setting->scope != CFG_SITE)
        return bp_fail(err, BP_INVALID, "%s belongs to each process: set it in the configuration file",
                       setting->name);
    return cfg_value_parse(setting, bp_str_trim(value), arena, cfg, err);
}
