#include "apps/status/status.h"

#include "base/time.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { GB = 1024 * 1024 * 1024 };
static const int64_t NOW = INT64_C(1795488719) * BP_SECOND;
static Cfg cfg;
static StatusFacts facts;

/* A site in its third day, of which all is well. */
static int begin(void **state)
{
    (void)state;
    const StatusRole role = {
        .is_known = true, .is_online = true, .at_us = NOW - 3 * BP_SECOND, .has_network = true};
    cfg = (Cfg){.database_host = "", .poll_interval = 15 * BP_SECOND, .retention_readings = 7 * BP_DAY};
    facts = (StatusFacts){.now_us = NOW,
                          .folder = {.path = "/data",
                                     .is_there = true,
                                     .has_settings = true,
                                     .has_servers = true,
                                     .up = 12,
                                     .is_up_ready = true,
                                     .free_octets = INT64_C(100) * GB,
                                     .disk_octets = INT64_C(200) * GB},
                          .database = {.is_there = true,
                                       .version = "15.18",
                                       .engine = "native partitions",
                                       .now_us = NOW,
                                       .online = 4,
                                       .newest_us = NOW - 5 * BP_SECOND,
                                       .usual_rounds = 1,
                                       .begun_us = NOW - 2 * BP_DAY,
                                       .oldest_day_us = NOW - 2 * BP_DAY - BP_HOUR,
                                       .readings_octets = INT64_C(2) * GB,
                                       .hold_s = -1},
                          .broker = {.is_there = true, .where = "here", .collect = role, .ingest = role}};
    return 0;
}

/* Exactly one line is not well, that of `thing`, which says `text`. */
static void finds(StatusLevel level, const char *thing, const char *text)
{
    StatusReport report;
    status_judge(&cfg, &facts, &report);
    size_t count = 0;
    for (size_t i = 0; i < report.count; i++) {
        const StatusLine *line = &report.lines[i];
        if (line->level == STATUS_OK)
            continue;
        count++;
        assert_string_equal(line->thing, thing);
        assert_non_null(strstr(line->text, text));
    }
    assert_int_equal(count, level != STATUS_OK);
    assert_int_equal(report.level, level);
}

static void all_is_well(void **state)
{
    (void)state;
    finds(STATUS_OK, "", "");
}

static void control_that_does_not_go_on_is_a_warning(void **state)
{
    (void)state;
    facts.database.pending = 2;
    facts.database.holds = 3;
    cfg.control_mode = "normal";
    finds(STATUS_OK, "", "");
    cfg.control_mode = "stop";
    finds(STATUS_WARNING, "control",
          "is stopped: values are refused, releases go on; 2 commands wait, 0 are under way, 3 values held");
    cfg.control_mode = "freeze";
    finds(STATUS_WARNING, "control", "is frozen: nothing is written or released; ");
    facts.database.pending = facts.database.executing = facts.database.holds = 1;
    finds(STATUS_WARNING, "control",
          "is frozen: nothing is written or released; 1 command waits, 1 is under way, 1 value held");
}

static void what_is_starting_or_stopping_wakes_nobody(void **state)
{
    (void)state;
    facts.folder.is_up_ready = false;
    facts.broker.collect.is_online = false;
    finds(STATUS_WARNING, "up", "is starting or stopping");
    facts.database = (StatusDatabase){.why = "nobody answers", .lost = "nobody answers"};
    facts.broker = (StatusBroker){.is_there = false};
    finds(STATUS_WARNING, "up", "is starting or stopping");
}

static void a_role_that_ended_hangs_or_never_was_is_broken(void **state)
{
    (void)state;
    facts.broker.collect.at_us = NOW - 2 * BP_MINUTE;
    finds(STATUS_BROKEN, "collect", "last heard 2 min ago");
    facts.broker.collect.is_online = false;
    finds(STATUS_BROKEN, "collect", "does not run");
    facts.broker.collect.is_known = false;
    finds(STATUS_BROKEN, "collect", "never");
    begin(NULL);
    facts.broker.ingest.is_online = false;
    finds(STATUS_BROKEN, "ingest", "does not run");
}

static void a_collector_of_an_earlier_version_does_not_say_when(void **state)
{
    (void)state;
    facts.broker.collect.at_us = 0;
    finds(STATUS_OK, "", "");
}

static void what_the_collector_lacks_is_said(void **state)
{
    (void)state;
    facts.broker.collect.spool_octets = INT64_C(5) * 1024 * 1024;
    finds(STATUS_WARNING, "collect", "5.0 MB wait in the spool");
    facts.broker.collect.dropped = 3;
    finds(STATUS_WARNING, "collect", "3 batches were lost");
    facts.broker.collect.has_network = false;
    strcpy(facts.broker.collect.no_network, "the port is taken");
    finds(STATUS_BROKEN, "collect", "the port is taken");
}

static void what_is_put_aside_or_lost_is_a_warning(void **state)
{
    (void)state;
    facts.database.quarantined = 17;
    finds(STATUS_WARNING, "ingest", "17 entries were put aside");
    facts.database.skipped = 2;
    finds(STATUS_WARNING, "ingest", "2 batches");
}

static void readings_age_by_the_interval_of_polling(void **state)
{
    (void)state;
    facts.database.newest_us = NOW - 3 * BP_MINUTE;
    finds(STATUS_WARNING, "newest", "3 min");
    facts.database.newest_us = NOW - BP_HOUR;
    finds(STATUS_BROKEN, "newest", "1 h");
    cfg.poll_interval = BP_HOUR;
    finds(STATUS_OK, "", "");
    facts.database.newest_us = 0;
    finds(STATUS_WARNING, "newest", "no reading");
    facts.database.newest_us = NOW - BP_HOUR; /* as often as points are polled */
    facts.database.shortest_us = BP_HOUR;
    facts.database.usual_rounds = 0;
    finds(STATUS_OK, "newest", "1 h");
    facts.database.usual_rounds = 10;
    finds(STATUS_OK, "newest", "1 h");
    cfg.poll_interval = BP_SECOND;
    finds(STATUS_BROKEN, "newest", "1 h");
    facts.database.shortest_us = BP_SECOND;
    finds(STATUS_BROKEN, "newest", "1 h");
    facts.database.shortest_us = facts.database.usual_rounds = 0;
    finds(STATUS_OK, "newest", "no point is polled");
}

static void silent_devices_late_rollups_old_days_and_the_clock_are_warnings(void **state)
{
    (void)state;
    facts.database.silent = 2;
    finds(STATUS_WARNING, "devices", "2 silent");
    begin(NULL);
    facts.database.online = 0;
    finds(STATUS_WARNING, "devices", "none is known");
    begin(NULL);
    facts.database.dirty_since_us = NOW - BP_HOUR;
    finds(STATUS_WARNING, "history", "1 h behind");
    begin(NULL);
    facts.database.oldest_day_us = NOW - 10 * BP_DAY;
    finds(STATUS_WARNING, "history", "10 d");
    facts.database.hold_s = 7200; /* which is why */
    finds(STATUS_WARNING, "clock", "2 h");
    begin(NULL);
    facts.now_us += BP_MINUTE;
    facts.broker.collect.at_us = facts.broker.ingest.at_us = facts.now_us;
    finds(STATUS_WARNING, "clock", "apart");
}

static void the_disk_lasts_for_as_long_as_readings_come_as_they_did(void **state)
{
    (void)state;
    assert_true(
        isinf(status_days_left(&cfg, &facts))); /* 1 GB a day, 6 days more until the first is forgotten */
    facts.folder.free_octets = INT64_C(4) * GB;
    assert_true(fabs(status_days_left(&cfg, &facts) - 4) < 0.01);
    finds(STATUS_WARNING, "disk", "4 days");
    cfg.retention_readings = 30 * BP_DAY;
    facts.folder.free_octets = INT64_C(20) * GB;
    assert_true(fabs(status_days_left(&cfg, &facts) - 20) < 0.01);
    finds(STATUS_OK, "", "");
    facts.folder.free_octets = GB / 100;
    finds(STATUS_BROKEN, "disk", "10 MB free");
    facts.database.begun_us = facts.database.oldest_day_us = NOW - BP_MINUTE;
    assert_true(status_days_left(&cfg, &facts) < 0); /* nobody knows yet */
}

static void without_the_database_or_the_broker_the_others_are_still_judged(void **state)
{
    (void)state;
    facts.database = (StatusDatabase){.why = "it is away", .lost = "refused", .hold_s = -1};
    finds(STATUS_BROKEN, "database", "does not answer");
    begin(NULL);
    facts.broker = (StatusBroker){.where = "here", .why = "refused"};
    StatusReport report;
    status_judge(&cfg, &facts, &report);
    assert_int_equal(report.level, STATUS_BROKEN);
    assert_string_equal(report.lines[3].thing, "collect");
    assert_int_equal(report.lines[3].level, STATUS_UNKNOWN);
}

static void a_site_that_nobody_runs_is_unknown_and_a_wrong_folder_says_so(void **state)
{
    (void)state;
    facts.database = (StatusDatabase){.why = "it is away", .hold_s = -1};
    facts.broker = (StatusBroker){.why = "away"};
    facts.folder.up = 0;
    finds(STATUS_UNKNOWN, "up", "nobody runs the site in /data: bacpipes up --data /data");
    facts.folder.has_servers = facts.folder.has_settings = false;
    finds(STATUS_UNKNOWN, "up", "/data is no site's folder");
    facts.folder.is_there = false;
    finds(STATUS_UNKNOWN, "up", "/data is not there");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(control_that_does_not_go_on_is_a_warning, begin),
        cmocka_unit_test_setup(all_is_well, begin),
        cmocka_unit_test_setup(what_is_starting_or_stopping_wakes_nobody, begin),
        cmocka_unit_test_setup(a_role_that_ended_hangs_or_never_was_is_broken, begin),
        cmocka_unit_test_setup(a_collector_of_an_earlier_version_does_not_say_when, begin),
        cmocka_unit_test_setup(what_the_collector_lacks_is_said, begin),
        cmocka_unit_test_setup(what_is_put_aside_or_lost_is_a_warning, begin),
        cmocka_unit_test_setup(readings_age_by_the_interval_of_polling, begin),
        cmocka_unit_test_setup(silent_devices_late_rollups_old_days_and_the_clock_are_warnings, begin),
        cmocka_unit_test_setup(the_disk_lasts_for_as_long_as_readings_come_as_they_did, begin),
        cmocka_unit_test_setup(without_the_database_or_the_broker_the_others_are_still_judged, begin),
        cmocka_unit_test_setup(a_site_that_nobody_runs_is_unknown_and_a_wrong_folder_says_so, begin),
    };
    return cmocka_run_group_tests_name("status judge", tests, NULL, NULL);
}
