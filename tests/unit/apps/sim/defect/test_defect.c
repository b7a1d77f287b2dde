/* When what was ordered begins and ends. */
#include "apps/sim/defect/defect.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What was done, in order: "+" begins, "-" ends, "." goes on. */
static char done[256];

static void note(char what, const Defect *defect)
{
    const size_t used = strlen(done);
    snprintf(done + used, sizeof done - used, "%c%c", what, *(const char *)defect->subject);
}

static void begin(Defect *defect)
{
    note('+', defect);
    if (!defect->has_value)
        defect->value = 42;
}

static void end(Defect *defect)
{
    note('-', defect);
}

static void go_on(Defect *defect, int64_t at_us)
{
    (void)at_us;
    note('.', defect);
}

static const DefectKind stuck = {.name = "stuck", .begin = begin, .end = end},
                        drifts = {.name = "drifts", .begin = begin, .go_on = go_on, .end = end};

static char a[] = "a", b[] = "b";

static void did(const char *wanted)
{
    assert_string_equal(done, wanted);
    done[0] = '\0';
}

static Defect from_to(const DefectKind *kind, char *subject, int64_t from_us, int64_t until_us)
{
    return (Defect){.kind = kind,
                    .subject = subject,
                    .from_us = from_us,
                    .until_us = until_us,
                    .id = (uint64_t)from_us ^ (uint64_t)*subject};
}

static void each_begins_and_ends_in_its_time(void **state)
{
    (void)state;
    Defect list[] = {from_to(&stuck, a, 10, 20), from_to(&stuck, b, 15, INT64_MAX)};
    Defects defects = {.list = list, .count = 2, .next_us = INT64_MIN};
    defects_at(&defects, 5);
    defects_at(&defects, 9);
    did("");
    assert_int_equal(defects.next_us, 10);
    defects_at(&defects, 10);
    did("+a");
    assert_int_equal(list[0].began_us, 10);
    defects_at(&defects, 14);
    did("");
    defects_at(&defects, 17);
    did("+b");
    assert_int_equal(list[1].began_us, 17);
    defects_at(&defects, 19);
    did("");
    defects_at(&defects, 20);
    did("-a");
    assert_int_equal(defects.next_us, INT64_MAX);
    defects_at(&defects, INT64_MAX - 1);
    did("");
    assert_true(list[1].is_on && !list[0].is_on);
}

static void one_without_times_is_there_from_the_first_step_on(void **state)
{
    (void)state;
    Defect list[] = {from_to(&drifts, a, INT64_MIN, INT64_MAX)};
    Defects defects = {.list = list, .count = 1, .next_us = INT64_MIN};
    defects_at(&defects, 1000);
    defects_at(&defects, 1005);
    did("+a.a.a");
}

static void one_that_follows_another_begins_when_that_has_ended(void **state)
{
    (void)state;
    Defect list[] = {from_to(&stuck, b, 20, 30), from_to(&stuck, a, 10, 20)};
    Defects defects = {.list = list, .count = 2, .next_us = INT64_MIN};
    defects_at(&defects, 10);
    defects_at(&defects, 20);
    did("+a-a+b");
    assert_false(defect_overlaps(&list[0], &list[1]));
}

static void one_that_is_over_never_begins(void **state)
{
    (void)state;
    Defect list[] = {from_to(&stuck, a, 10, 20)};
    Defects defects = {.list = list, .count = 1, .next_us = INT64_MIN};
    defects_at(&defects, 20);
    did("");
}

static void two_overlap_at_one_thing_and_time(void **state)
{
    (void)state;
    const Defect one = from_to(&stuck, a, 10, 20), until_then = from_to(&stuck, a, 0, 10),
                 in_it = from_to(&stuck, a, 12, 13), always = from_to(&stuck, a, INT64_MIN, INT64_MAX),
                 elsewhere = from_to(&stuck, b, 10, 20), other = from_to(&drifts, a, 10, 20);
    assert_false(defect_overlaps(&one, &until_then));
    assert_true(defect_overlaps(&one, &in_it));
    assert_true(defect_overlaps(&always, &one));
    assert_false(defect_overlaps(&one, &elsewhere));
    assert_false(defect_overlaps(&one, &other));
}

static void what_is_ordered_anew_goes_on_and_all_else_ends(void **state)
{
    (void)state;
    Defect old[] = {from_to(&stuck, a, 10, 20), from_to(&stuck, b, 10, 20)};
    Defect new[] = {from_to(&drifts, a, 0, INT64_MAX), from_to(&stuck, b, 10, 20)};
    Defects before = {.list = old, .count = 2, .next_us = INT64_MIN},
            after = {.list = new, .count = 2, .next_us = INT64_MIN};
    defects_at(&before, 12);
    did("+a+b");
    defects_replace(&before, &after, 14);
    did("-a");
    defects_at(&after, 14);
    did("+a.a");
    assert_true(new[1].is_on);
    assert_int_equal(new[1].began_us, 12);
    assert_true(new[1].value == 42);
    defects_at(&after, 20);
    did("-b.a");
}

typedef struct Told {
    size_t begun, ended;
    int64_t at_us;
} Told;

static void count(void *owner, const Defect *defect, int64_t at_us)
{
    Told *told = owner;
    told->begun += defect->is_on;
    told->ended += !defect->is_on;
    told->at_us = at_us;
}

static void who_wants_to_know_is_told_of_each(void **state)
{
    (void)state;
    Told told = {0};
    Defect list[] = {from_to(&stuck, a, 10, 20), from_to(&stuck, b, 10, INT64_MAX)};
    Defects defects = {.list = list, .count = 2, .next_us = INT64_MIN, .tell = count, .owner = &told};
    defects_at(&defects, 11);
    assert_true(told.begun == 2 && told.ended == 0 && told.at_us == 11);
    defects_at(&defects, 20);
    assert_true(told.begun == 2 && told.ended == 1 && told.at_us == 20);
    defects_replace(&defects, &(Defects){.next_us = INT64_MIN}, 25);
    assert_true(told.ended == 2 && told.at_us == 25);
    done[0] = '\0';
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_begins_and_ends_in_its_time),
        cmocka_unit_test(one_without_times_is_there_from_the_first_step_on),
        cmocka_unit_test(one_that_follows_another_begins_when_that_has_ended),
        cmocka_unit_test(one_that_is_over_never_begins),
        cmocka_unit_test(two_overlap_at_one_thing_and_time),
        cmocka_unit_test(what_is_ordered_anew_goes_on_and_all_else_ends),
        cmocka_unit_test(who_wants_to_know_is_told_of_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
