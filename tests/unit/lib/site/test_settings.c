/* Table setting over a file's settings, with a real PostgreSQL: run through tests/with-postgres. */
#include "site/settings.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static Loop *loop;
static Pg *pg;
static Cfg file;
static SiteSettings *settings;
static int read_count;

static void on_read(void *owner)
{
    assert_ptr_equal(owner, &read_count);
    read_count++;
}

static void sql(const char *text)
{
    BpError err = {0};
    if (pg_wait_text(pg, bp_str(text), &err) != BP_OK)
        fail_msg("%s", err.text);
}

static void wait_for_readings(int count)
{
    const int64_t until_us = loop_now_us(loop) + 20 * BP_SECOND;
    while (read_count < count && loop_now_us(loop) < until_us)
        loop_run_once(loop, BP_SECOND);
    assert_int_equal(read_count, count);
}

static int set_up(void **state)
{
    (void)state;
    const PgOptions options = {
        .host = getenv("PGHOST"), .port = 5432, .database = "bacpipes", .user = "bacpipes"};
    loop = loop_new();
    pg = pg_new(loop, &options);
    assert_int_equal(pg_wait_connected(pg, 20 * BP_SECOND, NULL), BP_OK);
    sql("drop table if exists setting;"
        "create table setting (site_id text, name text, value text, primary key (site_id, name))");
    file = (Cfg){.site = "demo", .ingest_flush = BP_SECOND, .poll_interval = BP_MINUTE};
    read_count = 0;
    settings = site_settings_new(loop, pg, &file, on_read, &read_count);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pg_free(pg);
    site_settings_free(settings);
    loop_free(loop);
    return 0;
}

static void the_table_stands_over_the_file_and_acts_when_it_changes(void **state)
{
    (void)state;
    const Cfg *cfg = site_settings_cfg(settings);
    assert_int_equal(cfg->ingest_flush, BP_SECOND); /* the file's, until the table is read */
    sql("insert into setting values ('demo', 'ingest.flush', '2s'), ('other', 'ingest.flush', '3s')");
    site_settings_connected(settings);
    wait_for_readings(1);
    assert_ptr_equal(site_settings_cfg(settings), cfg);
    assert_int_equal(cfg->ingest_flush, 2 * BP_SECOND);
    assert_int_equal(cfg->poll_interval, BP_MINUTE);
    assert_int_equal(file.ingest_flush, BP_SECOND);

    sql("update setting set value = '4s' where site_id = 'demo'");
    site_settings_changed(settings);
    wait_for_readings(2);
    assert_int_equal(cfg->ingest_flush, 4 * BP_SECOND);

    sql("delete from setting where site_id = 'demo'");
    site_settings_changed(settings);
    wait_for_readings(3);
    assert_int_equal(cfg->ingest_flush, BP_SECOND);
}

static void a_row_that_is_wrong_leaves_the_files_value_and_the_other_rows(void **state)
{
    (void)state;
    sql("insert into setting values ('demo', 'ingest.flush', 'soon'), ('demo', 'of.a.later.version', '1'),"
        "    ('demo', 'poll.interval', '30s')");
    site_settings_connected(settings);
    wait_for_readings(1);
    assert_int_equal(site_settings_cfg(settings)->ingest_flush, BP_SECOND);
    assert_int_equal(site_settings_cfg(settings)->poll_interval, 30 * BP_SECOND);
}

static void a_table_that_cannot_be_read_is_read_again_and_what_was_read_stays(void **state)
{
    (void)state;
    sql("insert into setting values ('demo', 'ingest.flush', '2s')");
    site_settings_connected(settings);
    wait_for_readings(1);
    sql("alter table setting rename to elsewhere");
    site_settings_changed(settings);
    sql("select 1"); /* requests are answered in the order asked: it has failed now */
    assert_int_equal(read_count, 1);
    assert_int_equal(site_settings_cfg(settings)->ingest_flush, 2 * BP_SECOND);
    sql("update elsewhere set value = '5s'; alter table elsewhere rename to setting");
    wait_for_readings(2); /* though nobody told of it */
    assert_int_equal(site_settings_cfg(settings)->ingest_flush, 5 * BP_SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_table_stands_over_the_file_and_acts_when_it_changes, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_row_that_is_wrong_leaves_the_files_value_and_the_other_rows, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_table_that_cannot_be_read_is_read_again_and_what_was_read_stays,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests_name("site settings", tests, NULL, NULL);
}
