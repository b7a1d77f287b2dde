#include "site/site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void a_notice_says_which_table_of_the_site_has_changed(void **state)
{
    (void)state;
    static const struct {
        const char *table;
        SiteChange change;
    } tables[] = {{"setting", SITE_SETTING_CHANGED},
                  {"mqtt_config", SITE_BROKER_CHANGED},
                  {"mqtt_account", SITE_BROKER_CHANGED},
                  {"device", SITE_POINTS_CHANGED},
                  {"point", SITE_POINTS_CHANGED},
                  {"central_link", SITE_LINK_CHANGED},
                  {"of a later version", SITE_OTHER_CHANGED}};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char notice[128];
        snprintf(notice, sizeof notice, "{\"site\":\"demo\",\"table\":\"%s\"}", tables[i].table);
        assert_int_equal(site_notice_read(notice, "demo"), tables[i].change);
        assert_int_equal(site_notice_read(notice, "dem"), SITE_NOTHING_CHANGED);
    }
}

static void what_is_no_notice_changes_nothing(void **state)
{
    (void)state;
    static const char *const payloads[] = {"",
                                           "{",
                                           "[]",
                                           "null",
                                           "{\"site\":\"demo\"}",
                                           "{\"table\":\"setting\"}",
                                           "{\"site\":1,\"table\":\"setting\"}",
                                           "{\"site\":\"demo\",\"table\":[\"setting\"]}",
                                           "{\"site\":\"demo\",\"table\":\"setting\"} and more"};
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++)
        assert_int_equal(site_notice_read(payloads[i], "demo"), SITE_NOTHING_CHANGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_notice_says_which_table_of_the_site_has_changed),
        cmocka_unit_test(what_is_no_notice_changes_nothing),
    };
    return cmocka_run_group_tests_name("site notices", tests, NULL, NULL);
}
