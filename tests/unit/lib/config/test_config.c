#include "bacnet/wire/address.h"
#include "config/config.h"

#include "base/log.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { TEXT_MAX = 64 * 1024 };

static BpArena arena;
static Cfg cfg;
static char problems[TEXT_MAX];

/* Loads from a source; the problems are left in `problems`. */
static BpStatus load(const CfgSource *source)
{
    BpBuf out = bp_buf(problems, sizeof problems - 1);
    const BpStatus status = cfg_load(source, &arena, &cfg, &out);
    problems[out.size] = '\0';
    return status;
}

static BpStatus load_text(const char *contents)
{
    return load(&(CfgSource){.file = "bacpipes.conf", .file_contents = bp_str(contents)});
}

static void assert_refused(const char *contents, const char *expected)
{
    assert_int_equal(load_text(contents), BP_INVALID);
    assert_string_equal(problems, expected);
}

static int forget(void **state)
{
    (void)state;
    bp_arena_done(&arena);
    return 0;
}

static void without_any_source_all_settings_have_their_defaults(void **state)
{
    (void)state;
    assert_int_equal(load(&(CfgSource){0}), BP_OK);
    assert_string_equal(cfg.site, "site");
    assert_int_equal(cfg.poll_interval, 15 * BP_SECOND);
    assert_int_equal(cfg.spool_memory, 8 * 1024 * 1024);
    assert_int_equal(cfg.log_level, BP_LOG_INFO);
    assert_true(cfg.discovery_enabled);
    assert_string_equal(cfg.database_host, "");
}

static void a_misspelled_name_is_told_with_the_nearest(void **state)
{
    (void)state;
    assert_refused("\npoll.intervall = 15s\n",
                   "bacpipes.conf:2: there is no setting \"poll.intervall\": did you mean poll.interval?\n");
}

static void a_name_like_no_other_is_told_where_to_look(void **state)
{
    (void)state;
    assert_refused("volume = 11", "bacpipes.conf:1: there is no setting \"volume\": `bacpipes config show` "
                                  "lists them\n");
}

static void a_number_out_of_range_is_told_with_the_range(void **state)
{
    (void)state;
    assert_refused("bacnet.port = 70000\n",
                   "bacpipes.conf:1: bacnet.port = 70000 is out of range: 1 to 65535\n");
    assert_refused("poll.window = 0\n", "bacpipes.conf:1: poll.window = 0 is out of range: 1 to 8\n");
    assert_refused("bacnet.port = 0xBAC0\n",
                   "bacpipes.conf:1: bacnet.port = 0xBAC0 is not a whole number: 1 to 65535\n");
}

static void a_duration_without_unit_is_told_how_to_write_it(void **state)
{
    (void)state;
    assert_refused("poll.interval = 15\n",
                   "bacpipes.conf:1: poll.interval = 15 has no unit: write 15s, 15min, "
                   "15h or 15d\n");
    assert_refused("poll.interval = 2d\n", "bacpipes.conf:1: poll.interval = 2d is out of range: 1s to 1d\n");
    assert_refused("poll.interval = often\n",
                   "bacpipes.conf:1: poll.interval = often is not a duration such as "
                   "15s, 5min or 1h30min: 1s to 1d\n");
}

static void a_size_out_of_range_is_told_in_the_units_of_sizes(void **state)
{
    (void)state;
    assert_refused("spool.memory = 1kB\n",
                   "bacpipes.conf:1: spool.memory = 1kB is out of range: 64kB to 1GB\n");
    assert_refused(
        "spool.size = 5 GB\n",
        "bacpipes.conf:1: spool.size = 5 GB is not a size such as 64kB, 256MB or 2GB: 1MB to 1024GB\n");
}

static void a_second_line_for_a_setting_is_told_with_the_first(void **state)
{
    (void)state;
    assert_refused("site = a\n# b\nsite = b\n", "bacpipes.conf:3: site is set a second time: line 1 sets it "
                                                "already, keep one of them\n");
}

static void a_line_without_an_equals_sign_is_told(void **state)
{
    (void)state;
    assert_refused("site macau\n", "bacpipes.conf:1: a line without \"=\": write NAME = VALUE, or # before a "
                                   "comment\n");
    assert_refused("site # = macau\n",
                   "bacpipes.conf:1: there is no setting \"site #\": did you mean site?\n");
}

static void an_unclosed_quote_is_told(void **state)
{
    (void)state;
    static const char *const unclosed[] = {"data = \"var\n", "data = \"var\\\"\n", "data = \"va\" r\n"};
    for (size_t i = 0; i < sizeof unclosed / sizeof unclosed[0]; i++)
        assert_refused(unclosed[i],
                       "bacpipes.conf:1: the value of data has no closing quote at its end: write "
                       "data = \"...\"\n");
}

static void words_that_are_not_among_the_choices_are_told_with_them(void **state)
{
    (void)state;
    assert_refused("points.enable = some\n",
                   "bacpipes.conf:1: points.enable = some is none of the choices: all, none or rules\n");
    assert_refused("history.engine = Timescale\n",
                   "bacpipes.conf:1: history.engine = Timescale is none of the choices: auto, native or "
                   "timescaledb\n");
    assert_refused("log.level = loud\n", "bacpipes.conf:1: log.level = loud is not a level: error, warning, "
                                         "notice, info or debug\n");
    assert_refused("discovery.enabled = maybe\n",
                   "bacpipes.conf:1: discovery.enabled = maybe is neither true nor "
                   "false: true or false\n");
}

static void a_broker_for_other_machines_wants_a_certificate_or_to_be_told_to_do_without(void **state)
{
    (void)state;
    static const char without[] =
        "bacpipes.conf:1: broker.address is set without broker.certificate and broker.key: set them, or "
        "broker.tls = false where everybody on that network may read passwords and readings\n";
    assert_refused("broker.address = 10.1.2.5\n", without);
    assert_refused("broker.certificate = a.crt\n",
                   "bacpipes.conf:1: broker.certificate is set without broker.key: set both or neither\n");
    assert_refused("broker.key = a.key\n",
                   "bacpipes.conf:1: broker.key is set without broker.certificate: set both or neither\n");
    assert_int_equal(load_text("broker.address = 10.1.2.5\nbroker.tls = false\n"), BP_OK);
    assert_int_equal(load_text("broker.address = 10.1.2.5\nbroker.certificate = a.crt\nbroker.key = a.key\n"),
                     BP_OK);
}

static void a_site_id_with_capitals_is_told_what_letters_it_has(void **state)
{
    (void)state;
    assert_refused("site = Macau Tower\n",
                   "bacpipes.conf:1: site = Macau Tower has letters that it cannot have: "
                   "1 to 63 of a-z 0-9 _ -\n");
    assert_refused("site =\n", "bacpipes.conf:1: site =  is empty: 1 to 63 of a-z 0-9 _ -\n");
}

static void an_address_that_is_none_is_told_what_one_looks_like(void **state)
{
    (void)state;
    static const char *const wrong[] = {"10.1.2",  "10.1.2.256",  "10.1.2.3.4",
                                        "10.1.2.", "bms-1.hotel", "01.2.3.4"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char contents[64], expected[256];
        snprintf(contents, sizeof contents, "bacnet.address = %s\n", wrong[i]);
        snprintf(expected, sizeof expected,
                 "bacpipes.conf:1: bacnet.address = %s is not an IPv4 address: four numbers of 0 to 255 with "
                 "dots, as 10.1.2.3\n",
                 wrong[i]);
        assert_refused(contents, expected);
    }
}

static void a_bbmd_and_a_target_that_are_no_address_are_told_what_one_looks_like(void **state)
{
    (void)state;
    assert_refused("bacnet.bbmd = 10.1.2\n", "bacpipes.conf:1: bacnet.bbmd = 10.1.2 is no BACnet address: an "
                                             "address like 10.1.2.9 or 10.1.2.9:47809, or empty\n");
    assert_refused("bacnet.bbmd = 10.1.2.3 10.1.2.4\n",
                   "bacpipes.conf:1: bacnet.bbmd = 10.1.2.3 10.1.2.4 are too many: an "
                   "address like 10.1.2.9 or 10.1.2.9:47809, or empty\n");
    assert_refused("\nbacnet.bbmds = 10.1.2.3 10.1.2.1/2001\n",
                   "bacpipes.conf:2: bacnet.bbmds = 10.1.2.1/2001 is no BACnet address: at most 16 addresses "
                   "like 10.1.2.9 or 10.1.2.9:47809, with blanks between them\n");
    assert_refused("discovery.targets = 10.1.2.3 bms-1\n",
                   "bacpipes.conf:1: discovery.targets = bms-1 is no BACnet address: at most 256 addresses "
                   "like 10.1.2.9, 10.1.2.9:47809 or 10.1.2.1/2001:0a, with blanks between them\n");
}

static void a_bad_bbmd_in_table_setting_leaves_the_files(void **state)
{
    (void)state;
    BpError err;
    assert_int_equal(load(&(CfgSource){.file = "bacpipes.conf",
                                       .file_contents = bp_str("bacnet.bbmd = 10.1.2.9\ndiscovery.targets = "
                                                               "\"  10.1.2.1/2001   10.1.2.2:47809 \"\n")}),
                     BP_OK);
    assert_int_equal(cfg_apply(&cfg, &arena, bp_str("bacnet.bbmd"), bp_str("10.1.2"), &err), BP_INVALID);
    assert_non_null(strstr(err.text, "bacnet.bbmd = 10.1.2 is no BACnet address"));
    assert_string_equal(cfg.bacnet_bbmd, "10.1.2.9");
    assert_string_equal(cfg.discovery_targets, "10.1.2.1/2001 10.1.2.2:47809");
    assert_int_equal(cfg_apply(&cfg, &arena, bp_str("bacnet.bbmd"), bp_str(""), &err), BP_OK);
    assert_string_equal(cfg.bacnet_bbmd, "");
}

/* The settings have a grammar of their own for what lib/bacnet reads later. */
static void what_is_taken_for_an_address_is_one(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_one;
    } cases[] = {
        {"10.1.2.3", true},
        {"10.1.2.3:1", true},
        {"10.1.2.3:65535", true},
        {"10.1.2.3/1", true},
        {"10.1.2.3/65535", true},
        {"10.1.2.3:47809/2001:0a", true},
        {"10.1.2.3/5:0A", true},
        {"10.1.2.3/5:01020304050607", true},
        {"10.1.2", false},
        {"10.1.2.3:", false},
        {"10.1.2.3:0", false},
        {"10.1.2.3:65536", false},
        {"10.1.2.3/", false},
        {"10.1.2.3/0", false},
        {"10.1.2.3/65536", false},
        {"10.1.2.3/5:", false},
        {"10.1.2.3/5:0", false},
        {"10.1.2.3/5:0g", false},
        {"10.1.2.3/5:0102030405060708", false},
        {"10.1.2.256", false},
        {"a", false},
        {"10.1.2.3,10.1.2.4", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        BacAddress address;
        assert_int_equal(load(&(CfgSource){0}), BP_OK);
        const BpStatus status =
            cfg_apply(&cfg, &arena, bp_str("discovery.targets"), bp_str(cases[i].text), NULL);
        assert_int_equal(status, cases[i].is_one ? BP_OK : BP_INVALID);
        assert_int_equal(bac_address_parse(bp_str(cases[i].text), &address, NULL) == BP_OK, cases[i].is_one);
    }
}

static void a_certificate_without_its_key_is_told(void **state)
{
    (void)state;
    assert_refused(
        "site = a\ndatabase.client_certificate = /c\n",
        "bacpipes.conf:2: database.client_certificate is set without database.client_key: set both or "
        "neither\n");
}

static void octets_that_are_no_text_are_told_without_showing_them(void **state)
{
    (void)state;
    assert_refused("data = \x1b[2J\n\xff = 1\n",
                   "bacpipes.conf:1: data has control characters or is not UTF-8: write plain text\n"
                   "bacpipes.conf:2: the name is not plain text: write NAME = VALUE\n");
}

static void all_problems_are_told_at_once_and_nothing_is_set(void **state)
{
    (void)state;
    assert_int_equal(load_text("site = before"), BP_OK);
    assert_refused("site = after\nbacnet.port = x\npoll.window = 9\n",
                   "bacpipes.conf:2: bacnet.port = x is not a whole number: 1 to 65535\n"
                   "bacpipes.conf:3: poll.window = 9 is out of range: 1 to 8\n");
    assert_string_equal(cfg.site, "before");
}

static void after_a_hundred_problems_the_rest_is_counted(void **state)
{
    (void)state;
    static char contents[TEXT_MAX];
    for (size_t i = 0; i < 150; i++)
        contents[2 * i] = 'x', contents[2 * i + 1] = '\n';
    assert_int_equal(load_text(contents), BP_INVALID);
    assert_non_null(strstr(problems, "bacpipes.conf:100: "));
    assert_null(strstr(problems, "bacpipes.conf:101: "));
    assert_non_null(strstr(problems, "bacpipes.conf: and 50 more problems: mend these first\n"));
}

static void a_file_that_is_not_there_is_a_problem_only_where_it_must_be(void **state)
{
    (void)state;
    CfgSource source = {.file = "/nowhere/bacpipes.conf"};
    assert_int_equal(load(&source), BP_INVALID);
    assert_string_equal(problems, "/nowhere/bacpipes.conf: cannot be read (No such file or directory): give "
                                  "another file with --config\n");
    source.file_may_be_missing = true;
    assert_int_equal(load(&source), BP_OK);
}

static void a_folder_is_no_file(void **state)
{
    (void)state;
    assert_int_equal(load(&(CfgSource){.file = "/"}), BP_INVALID);
    assert_string_equal(problems, "/: cannot be read (Is a directory): give another file with --config\n");
}

static void comments_blanks_quotes_and_windows_line_ends_are_read(void **state)
{
    (void)state;
    assert_int_equal(load_text("\xEF\xBB\xBF# a comment\r\n\r\n  site=macau # the hotel\r\n"
                               "data = \" a \\\"#\\\\ b \" # kept\r\nlog.level = debug"),
                     BP_OK);
    assert_string_equal(cfg.site, "macau");
    assert_string_equal(cfg.data_folder, " a \"#\\ b ");
    assert_int_equal(cfg.log_level, BP_LOG_DEBUG);
}

static void the_command_line_beats_the_environment_which_beats_the_file(void **state)
{
    (void)state;
    char *environment[] = {(char[]){"BACPIPES_SITE=from-environment"}, (char[]){"BACPIPES_POLL_INTERVAL=20s"},
                           (char[]){"BACPIPES_DATABASE_PASSWORD_FILE=/p"}, NULL};
    const char *const sets[] = {"site=from-sets", "site=from-last-set", NULL};
    const char *origins[CFG_SETTING_COUNT];
    const CfgSource source = {.file = "f",
                              .file_contents = bp_str("site = from-file\npoll.interval = 5s\npoll.window=2"),
                              .environment = environment,
                              .sets = sets,
                              .ret_origins = origins};
    assert_int_equal(load(&source), BP_OK);
    assert_string_equal(cfg.site, "from-last-set");
    assert_int_equal(cfg.poll_interval, 20 * BP_SECOND);
    assert_int_equal(cfg.poll_window, 2);
    assert_string_equal(cfg.database_password_file, "/p");
    assert_string_equal(origins[CFG_INDEX_site], "command line");
    assert_string_equal(origins[CFG_INDEX_poll_interval], "BACPIPES_POLL_INTERVAL");
    assert_string_equal(origins[CFG_INDEX_poll_window], "f:3");
    assert_string_equal(origins[CFG_INDEX_poll_devices], "default");
}

static void a_variable_one_slip_from_a_settings_is_told_and_others_are_left_alone(void **state)
{
    (void)state;
    char *environment[] = {(char[]){"BACPIPES_SERVICE_HOST=10.0.0.1"}, (char[]){"BACPIPES_POL_INTERVAL=20s"},
                           (char[]){"BACPIPES_CONFIG=x"}, (char[]){"BACPIPES_=x"}, NULL};
    assert_int_equal(load(&(CfgSource){.environment = environment}), BP_INVALID);
    assert_string_equal(problems, "BACPIPES_POL_INTERVAL: is not a setting's variable: did you mean that of "
                                  "poll.interval?\n");
}

static void a_set_without_a_value_is_told(void **state)
{
    (void)state;
    const char *const sets[] = {"site", "sit=1", NULL};
    assert_int_equal(load(&(CfgSource){.sets = sets}), BP_INVALID);
    assert_string_equal(problems, "command line: site is set to nothing: write site=VALUE\n"
                                  "command line: there is no setting \"sit\": did you mean site?\n");
}

static void what_is_written_out_is_read_back_the_same(void **state)
{
    (void)state;
    static char first[TEXT_MAX], second[TEXT_MAX];
    char *const texts[] = {first, second};
    const char *contents = "data = \" #\\\"\"\nbacnet.timeout = 1s500ms\npoll.interval = 1h30min\n"
                           "spool.memory = 65537\nlog.level = error\nsite = macau\ndiscovery.enabled = off";
    for (int round = 0; round < 2; round++) {
        assert_int_equal(load_text(contents), BP_OK);
        BpBuf out = bp_buf(texts[round], TEXT_MAX - 1);
        for (size_t i = 0; i < CFG_SETTING_COUNT; i++) {
            bp_buf_printf(&out, "%s = ", cfg_settings[i].name);
            cfg_format(&cfg, &cfg_settings[i], &out);
            bp_buf_u8(&out, '\n');
        }
        contents = texts[round];
    }
    assert_string_equal(first, second);
    assert_non_null(strstr(first, "bacnet.timeout = 1s500ms\n"));
    assert_non_null(strstr(first, "poll.interval = 1h30min\n"));
    assert_non_null(strstr(first, "spool.memory = 65537\n"));
    assert_non_null(strstr(first, "data = \" #\\\"\"\n"));
}

static void a_row_of_table_setting_acts_on_settings_of_the_site_only(void **state)
{
    (void)state;
    BpError err;
    assert_int_equal(load(&(CfgSource){0}), BP_OK);
    assert_int_equal(cfg_apply(&cfg, &arena, bp_str("poll.interval"), bp_str("30s"), &err), BP_OK);
    assert_int_equal(cfg.poll_interval, 30 * BP_SECOND);
    assert_int_equal(cfg_apply(&cfg, &arena, bp_str("data"), bp_str("/x"), &err), BP_INVALID);
    assert_string_equal(err.text, "data belongs to each process: set it in the configuration file");
    assert_int_equal(cfg_apply(&cfg, &arena, bp_str("poll.intreval"), bp_str("30s"), &err), BP_NOT_FOUND);
    assert_string_equal(err.text, "there is no setting \"poll.intreval\": did you mean poll.interval?");
    assert_int_equal(cfg_apply(&cfg, &arena, bp_str("poll.interval"), bp_str("0s"), &err), BP_INVALID);
    assert_string_equal(err.text, "poll.interval = 0s is out of range: 1s to 1d");
    assert_int_equal(cfg.poll_interval, 30 * BP_SECOND);
}

static void odd_variables_are_told_with_what_may_be_meant_and_those_of_others_are_not(void **state)
{
    (void)state;
    static char text[1024];
    BpBuf out = bp_buf(text, sizeof text - 1);
    char *const environment[] = {"PATH=/bin",
                                 "BACPIPES_SITE=a",
                                 "BACPIPES_CONFIG=/x",
                                 "BACPIPES_SERVICE_HOST=1",
                                 "BACPIPES_PORT=tcp://1",
                                 "BACPIPES_POLLING_INTERVAL=5s",
                                 "BACPIPES_NOSUCH=x",
                                 NULL};
    cfg_odd_variables(environment, &out);
    text[out.size] = '\0';
    assert_string_equal(
        text, "BACPIPES_POLLING_INTERVAL: no setting has this variable, and it does nothing: did you "
              "mean that of poll.interval?\n"
              "BACPIPES_NOSUCH: no setting has this variable, and it does nothing: `bacpipes "
              "config show` lists the settings\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_variables_are_told_with_what_may_be_meant_and_those_of_others_are_not),
        cmocka_unit_test(without_any_source_all_settings_have_their_defaults),
        cmocka_unit_test(a_misspelled_name_is_told_with_the_nearest),
        cmocka_unit_test(a_name_like_no_other_is_told_where_to_look),
        cmocka_unit_test(a_number_out_of_range_is_told_with_the_range),
        cmocka_unit_test(a_duration_without_unit_is_told_how_to_write_it),
        cmocka_unit_test(a_size_out_of_range_is_told_in_the_units_of_sizes),
        cmocka_unit_test(a_second_line_for_a_setting_is_told_with_the_first),
        cmocka_unit_test(a_line_without_an_equals_sign_is_told),
        cmocka_unit_test(an_unclosed_quote_is_told),
        cmocka_unit_test(words_that_are_not_among_the_choices_are_told_with_them),
        cmocka_unit_test(a_broker_for_other_machines_wants_a_certificate_or_to_be_told_to_do_without),
        cmocka_unit_test(a_site_id_with_capitals_is_told_what_letters_it_has),
        cmocka_unit_test(an_address_that_is_none_is_told_what_one_looks_like),
        cmocka_unit_test(a_bbmd_and_a_target_that_are_no_address_are_told_what_one_looks_like),
        cmocka_unit_test(a_bad_bbmd_in_table_setting_leaves_the_files),
        cmocka_unit_test(what_is_taken_for_an_address_is_one),
        cmocka_unit_test(a_certificate_without_its_key_is_told),
        cmocka_unit_test(octets_that_are_no_text_are_told_without_showing_them),
        cmocka_unit_test(all_problems_are_told_at_once_and_nothing_is_set),
        cmocka_unit_test(after_a_hundred_problems_the_rest_is_counted),
        cmocka_unit_test(a_file_that_is_not_there_is_a_problem_only_where_it_must_be),
        cmocka_unit_test(a_folder_is_no_file),
        cmocka_unit_test(comments_blanks_quotes_and_windows_line_ends_are_read),
        cmocka_unit_test(the_command_line_beats_the_environment_which_beats_the_file),
        cmocka_unit_test(a_variable_one_slip_from_a_settings_is_told_and_others_are_left_alone),
        cmocka_unit_test(a_set_without_a_value_is_told),
        cmocka_unit_test(what_is_written_out_is_read_back_the_same),
        cmocka_unit_test(a_row_of_table_setting_acts_on_settings_of_the_site_only),
    };
    return cmocka_run_group_tests_name("config config", tests, NULL, forget);
}
