/* Texts of readings, which a frame says once for thousands of them, as long as central keeps them. */
#include "apps/central/portion.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t NOW_US = INT64_C(1795774500) * BP_SECOND;

static size_t count_of(BpStr text, char letter)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += text.data[i] == letter;
    return count;
}

/* A reading of which this is the reason, the units and the type: how many Q of it are in the rows. */
static size_t kept_of(BpStr text)
{
    Portion portion;
    Site site = {.id = "macau", .epoch = 7, .applied = 10, .received = 20, .is_busy = true},
         *sites[] = {&site};
    const JournalReading reading = {.point_id = 1,
                                    .at_us = NOW_US,
                                    .quality = 2,
                                    .reason = text,
                                    .units = text,
                                    .object_type = text,
                                    .has_object = true};
    JournalFrameEncoder *encoder = journal_frame_encoder_new(1);
    BpBuf frame = bp_buf_growing(JOURNAL_FRAME_OCTETS_MAX);
    assert_int_equal(journal_frame_encode(encoder, &reading, 1, true, &frame, NULL), BP_OK);
    portion_init(&portion);
    portion_begin(&portion, sites, 1, NOW_US, BP_DAY);
    assert_true(portion_take(&portion, 0, 11, bp_str("readings"), bp_buf_text(&frame), frame.size));
    assert_int_equal(portion.readings, 1);
    const BpStr rows = portion_copy(&portion);
    const size_t count = count_of(rows, 'Q');
    assert_int_equal(count_of(rows, '\xC3'), count_of(rows, '\xA9'));
    portion_done(&portion);
    site_forget_decoder(&site);
    journal_frame_encoder_free(encoder);
    bp_buf_done(&frame);
    return count;
}

static void a_reason_is_1000_octets_at_most_and_other_words_100(void **state)
{
    (void)state;
    static char text[JOURNAL_FRAME_TEXT_MAX];
    memset(text, 'Q', sizeof text);
    assert_int_equal(kept_of((BpStr){text, 100}), 300);
    assert_int_equal(kept_of((BpStr){text, 101}), 301);
    assert_int_equal(kept_of((BpStr){text, 1000}), 1200);
    assert_int_equal(kept_of((BpStr){text, 1001}), 1200);
    assert_int_equal(kept_of((BpStr){text, sizeof text}), 1200);
}

static void no_half_of_a_character_is_kept(void **state)
{
    (void)state;
    static char text[2000];
    memset(text, 'Q', sizeof text);
    static const char of_two[2] = {(char)0xC3, (char)0xA9};
    memcpy(text + 99, of_two, sizeof of_two);
    memcpy(text + 999, of_two, sizeof of_two);
    assert_int_equal(kept_of((BpStr){text, sizeof text}), 99 + 99 + 997);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reason_is_1000_octets_at_most_and_other_words_100),
        cmocka_unit_test(no_half_of_a_character_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
