/* The command line, in one way for all roles and tools: long options from a table, positional arguments,
 * --help, and the options that every program with settings has: --config, --set, --data, --log. */
#ifndef CONFIG_ARGUMENTS_H
#define CONFIG_ARGUMENTS_H

#include "config/config.h"

typedef struct CfgTexts {
    const char **items;
    size_t count;
} CfgTexts;

/* One option. Its target says what kind of value it takes: one of them is set, or a setting, or a text and a
 * setting. */
typedef struct CfgOption {
    const char *name;    /* "since" for --since */
    const char *value;   /* what --help calls its value: "TIME"; NULL for a flag */
    const char *meaning; /* a sentence or two; its default too, if it has one */
    bool *flag;
    const char **text;
    CfgTexts *texts; /* may be given several times; items are in the arena */
    int64_t *integer;
    int64_t *duration_us; /* of more than nothing */
    const char *setting;  /* sets this one: --address 10.1.2.9 is --set bacnet.address=10.1.2.9 */
    int64_t min, max;     /* of an integer */
} CfgOption;

typedef struct CfgCommand {
    const char *name;        /* "bacpipes history"; the log's lines begin with what follows "bacpipes " */
    const char *positionals; /* as usage shows them: "DEVICE OBJECT [PROPERTY]..."; NULL: none */
    size_t positionals_min, positionals_max;
    const char *summary;      /* what it does, in a sentence or two */
    const CfgOption *options; /* its own, closed by one without a name; NULL: none */
    bool offers_json;         /* has --json */
    bool csv_beside_json;     /* says itself whether --csv and --json go together: CSV may go to a file */
    bool without_settings;    /* has no --config, --set, --data, --log */
    int wrong_settings_code;  /* its exit code where a setting is wrong; 0: EX_CONFIG */
    const char *details;      /* lines for --help after the options: units, exit codes; NULL: none */
    const char *examples;     /* lines, each a command; NULL: none */
} CfgCommand;

typedef struct CfgArguments {
    CfgTexts positionals;
    bool help, json;
    const char *config; /* --config, or NULL */
    const char *data;   /* --data, or NULL */
    const char **sets;  /* what --set and the options for a setting say, as CfgSource has it */
} CfgArguments;

/* Reads the command line into the options' targets and *ret_arguments, whose arrays are in `arena` and whose
 * texts are argv's. argv[0] is passed over. "--" ends the options; what begins with "-" and a digit or a dot
 * is a number and no option. After --help nothing else is looked at. BP_INVALID: the sentence says what is
 * wrong and what would be right. */
BpStatus cfg_arguments_parse(const CfgCommand *command, int argc, char **argv, BpArena *arena,
                             CfgArguments *ret_arguments, BpError *err) BP_CHECKED;

/* The text of --help. */
void cfg_arguments_help(const CfgCommand *command, BpBuf *out);

/* The file that settings come from: --config, else $BACPIPES_CONFIG, else <data>/bacpipes.conf with <data>
 * from --data, $BACPIPES_DATA or ./var, else /etc/bacpipes/bacpipes.conf; NULL where none of these is there.
 * The first two are named by somebody, and so are returned whether they are there or not. */
const char *cfg_arguments_file(const CfgArguments *arguments, BpArena *arena);

/* Loads the settings that the command line, the environment and the file above say; ret_origins (or NULL) and
 * problems as in cfg_load. A file found in a data folder is read only where it is no link, and is believed in
 * all but which data folder that is: it may be another user's than ours. Where we are root and it is, it
 * names no other files either: BP_INVALID. */
BpStatus cfg_arguments_load(const CfgArguments *arguments, BpArena *arena, const char **ret_origins,
                            Cfg *ret_cfg, BpBuf *problems) BP_CHECKED;

#endif
