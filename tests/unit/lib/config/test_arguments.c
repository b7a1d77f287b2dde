#include "config/arguments.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

enum { ARGUMENTS_MAX = 16 };

static BpArena arena;
static CfgArguments arguments;
static BpError err;
static int64_t priority, since_us;
static const char *property;
static CfgTexts targets;
static bool names, csv;

static const CfgOption options[] = {
    {"priority", "N", "Priority to write at, 1 to 16. Default: 16.", .integer = &priority, .min = 1,
     .max = 16},
    {"since", "DURATION", "How far back.", .duration_us = &since_us},
    {"property", "NAME", "Property.", .text = &property},
    {"target", "ADDRESS", "Whom to ask. May be repeated.", .texts = &targets},
    {"names", NULL, "Names too.", .flag = &names},
    {"csv", NULL, "CSV.", .flag = &csv},
    {"port", "PORT", "Our port.", .setting = "bacnet.port"},
    {0},
};

static const CfgCommand command = {.name = "bacpipes write",
                                   .positionals = "DEVICE [VALUE]",
                                   .positionals_min = 1,
                                   .positionals_max = 2,
                                   .summary = "Writes.",
                                   .options = options,
                                   .offers_json = true,
                                   .details = "Exit codes: 0 fine.\n",
                                   .examples = "bacpipes write 1 2\nbacpipes write 1 -5"};

/* Parses the words after the command's name, which `words` separates by blanks. */
static BpStatus parse(const char *words)
{
    static char text[256];
    char *argv[ARGUMENTS_MAX] = {(char[]){"write"}};
    int argc = 1;
    priority = since_us = 0;
    property = NULL;
    targets = (CfgTexts){0};
    names = csv = false;
    snprintf(text, sizeof text, "%s", words);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    return cfg_arguments_parse(&command, argc, argv, &arena, &arguments, &err);
}

static void assert_refused(const char *words, const char *expected)
{
    assert_int_equal(parse(words), BP_INVALID);
    assert_string_equal(err.text, expected);
}

static int forget(void **state)
{
    (void)state;
    bp_arena_done(&arena);
    return 0;
}

static void options_and_positionals_may_be_mixed(void **state)
{
    (void)state;
    assert_int_equal(parse("7 --priority 8 --since=1h30min -5 --target a --names --target=b"), BP_OK);
    assert_int_equal(arguments.positionals.count, 2);
    assert_string_equal(arguments.positionals.items[0], "7");
    assert_string_equal(arguments.positionals.items[1], "-5");
    assert_int_equal(priority, 8);
    assert_int_equal(since_us, BP_HOUR + 30 * BP_MINUTE);
    assert_int_equal(targets.count, 2);
    assert_string_equal(targets.items[1], "b");
    assert_true(names);
    assert_false(arguments.json);
}

static void what_is_no_option_of_ours_may_be_a_value(void **state)
{
    (void)state;
    assert_int_equal(parse("1 --target --nonsense --target=--json --target -5"), BP_OK);
    assert_int_equal(targets.count, 3);
    assert_string_equal(targets.items[1], "--json");
    assert_false(arguments.json);
}

static void after_two_dashes_everything_is_positional(void **state)
{
    (void)state;
    assert_int_equal(parse("-- --json -x"), BP_OK);
    assert_string_equal(arguments.positionals.items[0], "--json");
    assert_string_equal(arguments.positionals.items[1], "-x");
    assert_false(arguments.json);
}

static void what_is_wrong_is_told_with_what_would_be_right(void **state)
{
    (void)state;
    assert_refused("1 --propperty x", "there is no option --propperty: did you mean --property?");
    assert_refused("1 --jsno", "there is no option --jsno: did you mean --json?");
    assert_refused("1 --colour", "there is no option --colour: `bacpipes write --help` lists them");
    assert_refused("1 -p 8", "there is no option -p: options are words, as --help");
    assert_refused("1 --priority", "--priority needs a value: --priority N");
    assert_refused("1 --target --json", "--target needs a value: --target ADDRESS; if --json is to be it: "
                                        "--target=--json");
    assert_refused("1 --property --priority=3", "--property needs a value: --property NAME; if --priority=3 "
                                                "is to be it: --property=--priority=3");
    assert_refused("1 --priority 17", "--priority 17 is out of range: 1 to 16");
    assert_refused("1 --priority high", "--priority high is not a whole number: 1 to 16");
    assert_refused("1 --since 15", "--since 15 is not a duration: write it as 500ms, 15s, 5min, 2h or 7d");
    assert_refused("1 --since 0s", "--since 0s is no time at all: write it as 500ms, 15s, 5min, 2h or 7d");
    assert_refused("1 --names=yes", "--names takes no value");
    assert_refused("--json", "something is missing: usage: bacpipes write DEVICE [VALUE]");
    assert_refused("1 --csv --json", "--csv and --json exclude each other: take --json for a program, --csv "
                                     "for a spreadsheet");
    assert_refused("1 2 3", "\"3\" is one argument too many: usage: bacpipes write DEVICE [VALUE]");
}

static void options_for_settings_are_settings_and_the_last_word_counts(void **state)
{
    (void)state;
    assert_int_equal(
        parse("1 --data /d --set log.level=error --log debug --port 47809 --set bacnet.port=47810"), BP_OK);
    Cfg cfg;
    char memory[1024];
    BpBuf problems = bp_buf(memory, sizeof memory);
    const CfgSource source = {.sets = arguments.sets};
    assert_int_equal(cfg_load(&source, &arena, &cfg, &problems), BP_OK);
    assert_string_equal(cfg.data_folder, "/d");
    assert_string_equal(arguments.data, "/d");
    assert_int_equal(cfg.bacnet_port, 47810);
    assert_int_equal(cfg.log_level, 7);
}

static void help_is_shown_whatever_else_is_wrong_after_it(void **state)
{
    (void)state;
    assert_int_equal(parse("--help --nonsense"), BP_OK);
    assert_true(arguments.help);
}

static void help_names_every_option_with_its_meaning(void **state)
{
    (void)state;
    static char text[8192];
    BpBuf out = bp_buf(text, sizeof text - 1);
    cfg_arguments_help(&command, &out);
    assert_false(out.failed);
    text[out.size] = '\0';
    assert_non_null(strstr(text, "usage: bacpipes write DEVICE [VALUE] [OPTION]...\n"));
    assert_non_null(strstr(text, "\n  --priority N          Priority to write at, 1 to 16. Default: 16.\n"));
    assert_non_null(strstr(text, "\n  --json                Write JSON"));
    assert_non_null(strstr(text, "\n  --set NAME=VALUE "));
    assert_non_null(strstr(text, "\nExit codes: 0 fine.\n"));
    assert_non_null(strstr(text, "\nExamples:\n  bacpipes write 1 2\n  bacpipes write 1 -5\n"));
}

/* The order of places, in a folder of our own. */
static void the_file_is_looked_for_in_the_data_folder_unless_it_is_named(void **state)
{
    (void)state;
    char folder[] = "/tmp/bacpipes-test-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/bacpipes.conf", folder);
    unsetenv("BACPIPES_CONFIG");
    setenv("BACPIPES_DATA", folder, 1);
    CfgArguments given = {0};
    const char *nothing = cfg_arguments_file(&given, &arena);
    assert_true(!nothing || strcmp(nothing, "/etc/bacpipes/bacpipes.conf") == 0);
    fclose(fopen(path, "w"));
    assert_string_equal(cfg_arguments_file(&given, &arena), path);
    given.data = "/nowhere";
    assert_string_not_equal(cfg_arguments_file(&given, &arena) ?: "", path);
    setenv("BACPIPES_CONFIG", "/named/by/environment", 1);
    assert_string_equal(cfg_arguments_file(&given, &arena), "/named/by/environment");
    given.config = "/named/by/option";
    assert_string_equal(cfg_arguments_file(&given, &arena), "/named/by/option");
    unlink(path);
    rmdir(folder);
}

/* Whoever owns the data folder may be another user than the one who starts a program on it: root. */
static void a_file_in_the_data_folder_is_no_link_and_names_no_other_folder(void **state)
{
    (void)state;
    char folder[] = "/tmp/bacpipes-test-XXXXXX", path[64], secret[64], text[1024];
    Cfg cfg;
    BpBuf problems = bp_buf(text, sizeof text);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/bacpipes.conf", folder);
    snprintf(secret, sizeof secret, "%s/secret", folder);
    unsetenv("BACPIPES_CONFIG");
    unsetenv("BACPIPES_DATA");
    CfgArguments given = {.data = folder};
    FILE *file = fopen(secret, "w");
    fprintf(file, "site = macau\ndata = /somewhere/else\n");
    fclose(file);
    assert_int_equal(symlink(secret, path), 0);
    assert_int_equal(cfg_arguments_load(&given, &arena, NULL, &cfg, &problems), BP_INVALID);
    assert_non_null(memmem(text, problems.size, "it is a link", strlen("it is a link")));
    assert_int_equal(unlink(path) + mkfifo(path, 0600), 0);
    assert_int_equal(cfg_arguments_load(&given, &arena, NULL, &cfg, &problems), BP_INVALID);
    assert_int_equal(rename(secret, path), 0);
    assert_int_equal(cfg_arguments_load(&given, &arena, NULL, &cfg, &problems), BP_OK);
    assert_string_equal(cfg.site, "macau");
    assert_string_equal(cfg.data_folder, folder);
    const char *sets[] = {"data=/said", NULL};
    given.sets = sets;
    assert_int_equal(cfg_arguments_load(&given, &arena, NULL, &cfg, &problems), BP_OK);
    assert_string_equal(cfg.data_folder, "/said");
    file = fopen(path, "w");
    fprintf(file, "database.password_file = /etc/shadow\n");
    fclose(file);
    assert_int_equal(cfg_arguments_load(&given, &arena, NULL, &cfg, &problems), BP_OK); /* our own file */
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 65534, 65534), 0);
        bp_buf_clear(&problems);
        assert_int_equal(cfg_arguments_load(&given, &arena, NULL, &cfg, &problems), BP_INVALID);
        assert_non_null(memmem(text, problems.size, "conf:1: root opens no file", 26));
        given.sets = (const char *[]){"database.password_file=/said", NULL};
        assert_int_equal(cfg_arguments_load(&given, &arena, NULL, &cfg, &problems), BP_OK);
        assert_string_equal(cfg.database_password_file, "/said");
    }
    given.sets = NULL;
    const uid_t user = geteuid(); /* into a folder that is closed nobody looks but root */
    assert_int_equal(chmod(folder, 0), 0);
    assert_int_equal(user == 0 ? seteuid(65534) : 0, 0);
    bp_buf_clear(&problems);
    assert_int_equal(cfg_arguments_load(&given, &arena, NULL, &cfg, &problems), BP_INVALID);
    assert_non_null(memmem(text, problems.size, "not this user's to look into", 28));
    assert_int_equal(seteuid(user), 0);
    assert_int_equal(chmod(folder, 0700), 0);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_positionals_may_be_mixed),
        cmocka_unit_test_teardown(what_is_no_option_of_ours_may_be_a_value, forget),
        cmocka_unit_test(after_two_dashes_everything_is_positional),
        cmocka_unit_test(what_is_wrong_is_told_with_what_would_be_right),
        cmocka_unit_test(options_for_settings_are_settings_and_the_last_word_counts),
        cmocka_unit_test(help_is_shown_whatever_else_is_wrong_after_it),
        cmocka_unit_test(help_names_every_option_with_its_meaning),
        cmocka_unit_test(the_file_is_looked_for_in_the_data_folder_unless_it_is_named),
        cmocka_unit_test(a_file_in_the_data_folder_is_no_link_and_names_no_other_folder),
    };
    return cmocka_run_group_tests_name("config arguments", tests, NULL, forget);
}
