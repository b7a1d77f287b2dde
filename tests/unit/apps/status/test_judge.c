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
                          .broker = {.is_there = true, .where = "here", .collect = role, .ingest = role},
                          .web = {.is_wanted = true, .where = "http://127.0.0.1:8080/", .answer = 200}};
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

static void a_web_that_people_do_not_reach_is_broken_and_one_without_its_database_half(void **state)
{
    (void)state;
    facts.web.answer = 503;
    finds(STATUS_WARNING, "web", "http://127.0.0.1:8080/ answers, without its database");
    facts.web.answer = 0;
    strcpy(facts.web.why, "does not answer (Connection refused): the reason is in log/web.log");
    finds(STATUS_BROKEN, "web", "http://127.0.0.1:8080/ does not answer");
}

static void a_site_that_has_joined_tells_what_central_has_not_got(void **state)
{
    (void)state;
    facts.database.link = (StatusLink){.is_joined = true,
                                       .host = "central.example.org",
                                       .port = 5432,
                                       .state = "sending",
                                       .said_s = 4,
                                       .oldest_s = -1};
    finds(STATUS_OK, "", "");
    facts.database.link.unsent = 12;
    facts.database.link.unsent_octets = 4096;
    facts.database.link.oldest_s = 30;
    finds(STATUS_OK, "", ""); /* they are on their way */
    (void)strcpy(facts.database.link.state, "connecting");
    facts.database.link.since_s = 60;
    finds(STATUS_OK, "", ""); /* lines are cut now and then */
    facts.database.link.since_s = 3 * 3600;
    (void)strcpy(facts.database.link.why, "connection refused");
    finds(STATUS_WARNING, "central", "is not reached for 3 h: connection refused; 4.0 kB on the way to it");
    facts.database.link.since_s = 1;
    (void)strcpy(facts.database.link.state, "refused");
    (void)strcpy(facts.database.link.why, "it has shut this site out");
    finds(STATUS_WARNING, "central", "refuses this site: it has shut this site out; 4.0 kB on the way to it");
    (void)strcpy(facts.database.link.state, "waiting");
    (void)strcpy(facts.database.link.why, "its disk is nearly full");
    finds(STATUS_WARNING, "central", "has this site wait: its disk is nearly full");
    facts.database.link.said_s = 600;
    finds(STATUS_BROKEN, "central", "`bacpipes sync` does not run");
}

/* A central, of which all is well. */
static void become_central(void)
{
    cfg.site = "central";
    facts.broker = (StatusBroker){0};
    facts.database.portfolio = (StatusPortfolio){
        .sites = 3, .joined = 2, .unapplied_s = -1, .runs = true, .is_reached = true, .port = 54322};
}

static void a_central_has_sites_and_no_building(void **state)
{
    (void)state;
    become_central();
    finds(STATUS_OK, "", "");
    facts.database.portfolio.silent = 1;
    (void)strcpy(facts.database.portfolio.silent_names, "klcc");
    finds(STATUS_WARNING, "sites", "1 of 2 that have joined are not heard of for 5 min: klcc");
    become_central();
    facts.database.portfolio.put_aside = 4;
    finds(STATUS_WARNING, "central", "4 entries of sites are put aside");
    become_central();
    facts.database.portfolio.unapplied_s = 600;
    finds(STATUS_WARNING, "central", "is 10 min behind what came");
    become_central();
    facts.database.portfolio.runs = false;
    finds(STATUS_BROKEN, "central", "`bacpipes central` does not run");
    become_central();
    facts.database.portfolio.is_reached = false;
    finds(
        STATUS_WARNING, "central",
        "no site reaches it: its PostgreSQL listens on its socket alone, for another program had port 54322");
    become_central();
    facts.database.portfolio.waiting = 1;
    (void)strcpy(facts.database.portfolio.wait_why, "the disk is nearly full");
    finds(STATUS_WARNING, "sites", "1 of 2 that have joined are told to wait: the disk is nearly full");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_web_that_people_do_not_reach_is_broken_and_one_without_its_database_half,
                               begin),
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
        cmocka_unit_test_setup(a_site_that_has_joined_tells_what_central_has_not_got, begin),
        cmocka_unit_test_setup(a_central_has_sites_and_no_building, begin),
        cmocka_unit_test_setup(a_site_that_nobody_runs_is_unknown_and_a_wrong_folder_says_so, begin),
    };
    return cmocka_run_group_tests_name("status judge", tests, NULL, NULL);
}
