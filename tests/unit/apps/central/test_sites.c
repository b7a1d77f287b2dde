/* Whose turn it is where what one site sent takes long. */
#include "apps/central/portion.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const int64_t LONG_US = BP_SECOND, NOW_US = BP_HOUR;

static void what_takes_a_second_is_not_long_and_what_takes_more_is(void **state)
{
    (void)state;
    Site site = {.applied = 0};
    assert_false(site_note_time(&site, 64, LONG_US, LONG_US, NOW_US));
    assert_false(site_is_slow(&site, NOW_US));
    assert_int_equal(site.few, 0);
    assert_true(site_note_time(&site, 64, LONG_US + 1, LONG_US, NOW_US));
    assert_true(site_is_slow(&site, NOW_US));
    assert_false(site_note_time(&site, 64, LONG_US + 1, LONG_US, NOW_US)); /* which has been said */
    assert_true(site_is_slow(&site, NOW_US));
}

static void who_was_slow_is_so_for_a_minute_from_the_last_time(void **state)
{
    (void)state;
    Site site = {.applied = 0};
    (void)site_note_time(&site, 1, LONG_US + 1, LONG_US, NOW_US);
    (void)site_note_time(&site, 1, LONG_US + 1, LONG_US, NOW_US + BP_MINUTE / 2);
    const int64_t until_us = NOW_US + BP_MINUTE / 2 + BP_MINUTE;
    assert_false(site_note_time(&site, 1, 0, LONG_US, until_us - 1));
    assert_true(site_is_slow(&site, until_us - 1));
    assert_false(site_is_slow(&site, until_us));                  /* though nothing of it came since */
    assert_false(site_note_time(&site, 1, 0, LONG_US, until_us)); /* it does not become so by being quick */
    assert_false(site_is_slow(&site, until_us));
    assert_true(site_note_time(&site, 1, LONG_US + 1, LONG_US, until_us)); /* it is said again */
}

static void fewer_come_at_once_until_they_take_no_time(void **state)
{
    (void)state;
    Site site = {.applied = 0};
    (void)site_note_time(&site, 64, LONG_US + 1, LONG_US, NOW_US);
    assert_int_equal(site.few, 16);
    (void)site_note_time(&site, 16, LONG_US + 1, LONG_US, NOW_US);
    (void)site_note_time(&site, 4, LONG_US + 1, LONG_US, NOW_US);
    assert_int_equal(site.few, 1);
    (void)site_note_time(&site, 1, LONG_US + 1, LONG_US, NOW_US);
    assert_int_equal(site.few, 1);
    (void)site_note_time(&site, 0, LONG_US + 1, LONG_US, NOW_US); /* reading them took too long */
    assert_int_equal(site.few, 1);
    (void)site_note_time(&site, 1, LONG_US / 4, LONG_US, NOW_US);
    assert_int_equal(site.few, 2);
    (void)site_note_time(&site, 2, LONG_US / 4 + 1, LONG_US,
                         NOW_US); /* four times as many would take too long */
    assert_int_equal(site.few, 2);
    for (int many = 4; many < SITE_ENTRIES; many *= 2) {
        (void)site_note_time(&site, 2, 0, LONG_US, NOW_US);
        assert_int_equal(site.few, many);
    }
    (void)site_note_time(&site, 32, 0, LONG_US, NOW_US);
    assert_int_equal(site.few, 0);
}

static void who_is_slow_has_a_turn_of_his_own(void **state)
{
    (void)state;
    Sites *sites = sites_new();
    Site *got[4];
    const Site *slow[4];
    Site *a = sites_get(sites, bp_str("a")), *b = sites_get(sites, bp_str("b"));
    Site *c = sites_get(sites, bp_str("c")), *d = sites_get(sites, bp_str("d"));
    a->received = b->received = c->received = 5;
    b->slow_until_us = c->slow_until_us = d->slow_until_us = 200; /* of d nothing has come */
    assert_int_equal(sites_next(sites, 0, 1, got, 4), 1);
    assert_ptr_equal(got[0], a);
    assert_int_equal(sites_slow(sites, 199, slow, 4), 3);
    assert_ptr_equal(slow[0], b);
    assert_ptr_equal(slow[2], d);
    assert_int_equal(sites_slow(sites, 199, slow, 2), 2);
    assert_ptr_equal(sites_next_slow(sites, 0), b);
    assert_true(b->is_busy);
    assert_ptr_equal(sites_next_slow(sites, 0), c);
    assert_null(sites_next_slow(sites, 0));
    site_release(a);
    assert_null(sites_next_slow(sites, 0)); /* the others' are others' */
    site_release(c);
    assert_ptr_equal(sites_next_slow(sites, 0), c);
    site_release(b);
    site_release(c);
    assert_ptr_equal(sites_next_slow(sites, 0), b); /* whose turn is longest ago */
    site_release(b);
    assert_ptr_equal(sites_next_slow(sites, 0), c);
    site_release(c);
    b->not_before_us = c->not_before_us = 100;
    assert_null(sites_next_slow(sites, 99));
    assert_non_null(sites_next_slow(sites, 100));
    sites_free(sites);
}

static void whose_minute_is_over_is_one_of_the_others(void **state)
{
    (void)state;
    Sites *sites = sites_new();
    Site *got[1], *a = sites_get(sites, bp_str("a"));
    const Site *slow[1];
    a->received = 5;
    a->slow_until_us = 200;
    assert_int_equal(sites_next(sites, 199, 1, got, 1), 0);
    assert_int_equal(sites_slow(sites, 200, slow, 1), 0);
    assert_null(sites_next_slow(sites, 200));
    assert_int_equal(sites_next(sites, 200, 1, got, 1), 1);
    sites_free(sites);
}

static void of_whom_nothing_was_taken_is_next(void **state)
{
    (void)state;
    Sites *sites = sites_new();
    Site *got[2], *a = sites_get(sites, bp_str("a")), *b = sites_get(sites, bp_str("b"));
    a->received = b->received = 5;
    assert_int_equal(sites_next(sites, 0, 1, got, 2), 2);
    site_keep_turn(b);
    site_release(a);
    site_release(b);
    assert_int_equal(sites_next(sites, 0, 1, got, 2), 2);
    assert_ptr_equal(got[0], b);
    sites_free(sites);
}

static void who_sends_fewer_at_once_comes_alone(void **state)
{
    (void)state;
    Sites *sites = sites_new();
    Site *got[4], *few = sites_get(sites, bp_str("a")), *other = sites_get(sites, bp_str("b"));
    few->received = other->received = 5;
    few->few = 2;
    assert_int_equal(sites_next(sites, 0, 1, got, 4), 1);
    assert_int_equal(sites_next(sites, 0, 1, got, 4), 1);
    site_release(few);
    site_release(other);
    other->served = 0;
    few->served = 1;
    assert_int_equal(sites_next(sites, 0, 1, got, 4), 1);
    assert_ptr_equal(got[0], other);
    sites_free(sites);
}

static void so_many_are_asked_for_and_those_that_teach_the_decoder(void **state)
{
    (void)state;
    Portion portion;
    Site site = {.id = "macau", .epoch = 7, .applied = 10, .received = 90, .is_busy = true};
    Site other = {.id = "taipa", .epoch = 7, .applied = 10, .received = 90, .is_busy = true};
    Site *sites[] = {&site, &other};
    portion_init(&portion);
    portion_begin(&portion, sites, 1, NOW_US, BP_DAY);
    assert_int_equal(portion_entries(&portion), SITE_ENTRIES);
    site.few = 4;
    assert_int_equal(portion_entries(&portion), 4);
    site.key_seq = 8;
    assert_int_equal(portion_entries(&portion), 3 + 4);
    site.careful_until = 20;
    assert_int_equal(portion_entries(&portion), 3 + 1);
    portion_begin(&portion, sites, 2, NOW_US, BP_DAY);
    assert_int_equal(portion_entries(&portion), 2 * SITE_ENTRIES / 3);
    portion_done(&portion);
}

static bool take(Portion *portion, size_t n, int64_t seq, const char *kind, size_t octets)
{
    return portion_take(portion, n, seq, bp_str(kind), bp_str(""), octets);
}

/* A hundred points told are 54 kB: a portion of them stays short, and the others' readings go on in it. */
static void of_records_that_say_much_fewer_are_taken(void **state)
{
    (void)state;
    Portion portion;
    const size_t told = 54000, most = PORTION_RECORDS_ENOUGH / (told + RECORD_OCTETS) + 1;
    const int64_t next = 11 + (int64_t)most;
    Site site = {.id = "macau", .epoch = 7, .applied = 10, .received = 90, .is_busy = true};
    Site other = {.id = "taipa", .epoch = 7, .applied = 10, .received = 90, .is_busy = true};
    Site *sites[] = {&site, &other};
    portion_init(&portion);
    portion_begin(&portion, sites, 2, NOW_US, BP_DAY);
    for (int64_t seq = 11; seq < next; seq++)
        assert_true(take(&portion, 0, seq, "point", told));
    assert_int_equal(portion.record_octets, most * (told + RECORD_OCTETS));
    assert_false(take(&portion, 0, next, "point", told));
    assert_false(take(&portion, 0, next + 1, "readings", 0)); /* it is behind that */
    assert_int_equal(portion.sites[0].to, next - 1);
    assert_true(take(&portion, 1, 11, "readings", 0));
    assert_false(take(&portion, 1, 12, "alarm", 0));
    assert_int_equal(portion.sites[1].to, 11);
    portion_begin(&portion, sites, 1, NOW_US, BP_DAY);
    assert_int_equal(portion.record_octets, 0);
    assert_true(take(&portion, 0, 11, "point", 1000000)); /* whatever it says, it comes */
    assert_false(take(&portion, 0, 12, "alarm", 0));
    portion_begin(&portion, sites, 1, NOW_US, BP_DAY);
    for (int64_t seq = 11; seq < 11 + SITE_ENTRIES; seq++)
        assert_true(take(&portion, 0, seq, "alarm", 500)); /* as many as ever of short ones */
    portion_done(&portion);
    site_forget_decoder(&site);
    site_forget_decoder(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_takes_a_second_is_not_long_and_what_takes_more_is),
        cmocka_unit_test(who_was_slow_is_so_for_a_minute_from_the_last_time),
        cmocka_unit_test(fewer_come_at_once_until_they_take_no_time),
        cmocka_unit_test(who_is_slow_has_a_turn_of_his_own),
        cmocka_unit_test(whose_minute_is_over_is_one_of_the_others),
        cmocka_unit_test(of_whom_nothing_was_taken_is_next),
        cmocka_unit_test(who_sends_fewer_at_once_comes_alone),
        cmocka_unit_test(of_records_that_say_much_fewer_are_taken),
        cmocka_unit_test(so_many_are_asked_for_and_those_that_teach_the_decoder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
