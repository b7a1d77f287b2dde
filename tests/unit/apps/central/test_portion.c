#include "apps/central/portion.h"
#include "base/time.h"
#include "io/pg/kept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t NOW_US = INT64_C(1795774500) * BP_SECOND; /* some day at noon, five past */

/* A site that stands at entry 10, and its encoder at the other end. */
typedef struct Scene {
    Portion portion;
    Site site, *sites[1];
    JournalFrameEncoder *encoder;
    BpBuf frame;
} Scene;

static Scene scene;

static int set_up(void **state)
{
    (void)state;
    memset(&scene, 0, sizeof scene);
    portion_init(&scene.portion);
    scene.site = (Site){.id = "macau", .epoch = 7, .applied = 10, .received = 20, .is_busy = true};
    scene.sites[0] = &scene.site;
    scene.encoder = journal_frame_encoder_new(1);
    scene.frame = bp_buf_growing(JOURNAL_FRAME_OCTETS_MAX);
    portion_begin(&scene.portion, scene.sites, 1, NOW_US, BP_DAY);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    portion_done(&scene.portion);
    site_forget_decoder(&scene.site);
    journal_frame_encoder_free(scene.encoder);
    bp_buf_done(&scene.frame);
    return 0;
}

/* The next frame: two points at this instant, one of them bad. */
static BpStr frame_at(int64_t at_us, bool is_key)
{
    const JournalReading readings[] = {
        {.point_id = 1, .at_us = at_us, .has_value = true, .value = 21.5},
        {.point_id = 2, .at_us = at_us, .quality = 2, .reason = bp_str("timeout")},
    };
    BpError err = {0};
    bp_buf_clear(&scene.frame);
    assert_int_equal(journal_frame_encode(scene.encoder, readings, 2, is_key, &scene.frame, &err), BP_OK);
    journal_frame_committed(scene.encoder);
    return bp_buf_text(&scene.frame);
}

static bool take(int64_t seq, const char *kind, BpStr body)
{
    return portion_take(&scene.portion, 0, seq, bp_str(kind), body, body.size);
}

static bool says(BpStr text, const char *part)
{
    return memmem(text.data, text.size, part, strlen(part)) != NULL;
}

static void frames_and_records_make_one_portion(void **state)
{
    (void)state;
    assert_true(take(11, "readings", frame_at(NOW_US, true)));
    assert_true(take(12, "alarm", bp_str("")));
    assert_true(take(13, "readings", frame_at(NOW_US + 15 * BP_SECOND, false)));
    assert_int_equal(scene.portion.readings, 4);
    assert_int_equal(scene.portion.day_count, 1);
    const BpStr work = portion_work(&scene.portion, false);
    assert_true(says(work, "\"after\":10,\"to\":13,\"key\":11"));
    assert_true(says(work, "\"has_records\":true"));
    assert_true(says(work, ",2,4]]")); /* of that hour 4 readings, and 2 of them good */
    assert_true(says(work, "\"aside\":[]"));
    assert_int_equal(scene.portion.current.count, 2);
}

static void what_is_applied_already_teaches_the_decoder_and_no_more(void **state)
{
    (void)state;
    scene.site.key_seq = 9;
    assert_int_equal(site_next_after(&scene.site), 8);
    assert_true(take(9, "readings", frame_at(NOW_US - 30 * BP_SECOND, true)));
    assert_true(take(10, "readings", frame_at(NOW_US - 15 * BP_SECOND, false)));
    assert_true(portion_is_empty(&scene.portion));
    assert_int_equal(scene.portion.readings, 0);
    assert_true(take(11, "readings", frame_at(NOW_US, false)));
    assert_int_equal(scene.portion.readings, 2);
    assert_true(says(portion_work(&scene.portion, false), "\"key\":9"));
}

static void a_frame_that_lacks_what_was_before_stands_aside(void **state)
{
    (void)state;
    (void)frame_at(NOW_US - 15 * BP_SECOND, true);
    assert_true(take(11, "readings", frame_at(NOW_US, false)));
    assert_true(take(12, "readings", frame_at(NOW_US + BP_SECOND, true)));
    assert_int_equal(scene.portion.readings, 2);
    assert_true(
        says(portion_work(&scene.portion, false), "\"seq\":11,\"kind\":\"readings\",\"reason\":\"frame "));
}

static void a_frame_that_the_site_gave_up_is_counted(void **state)
{
    (void)state;
    assert_true(take(11, "readings", (BpStr){"", 0}));
    const BpStr work = portion_work(&scene.portion, false);
    assert_true(says(work, "\"given_up\":1"));
    assert_true(says(work, "\"aside\":[]"));
}

static void instants_far_from_now_stand_aside(void **state)
{
    (void)state;
    assert_true(take(11, "readings", frame_at(NOW_US + 401 * BP_DAY, true)));
    assert_true(take(12, "readings", frame_at(NOW_US, false)));
    assert_int_equal(scene.portion.readings, 2);
    assert_int_equal(scene.portion.day_count, 1);
    assert_true(says(portion_work(&scene.portion, false), "is the site's clock right?"));
}

static void what_is_kept_here_for_longer_may_be_older(void **state)
{
    (void)state;
    assert_true(take(11, "readings", frame_at(NOW_US - 401 * BP_DAY, true)));
    assert_int_equal(scene.portion.readings, 0);
    portion_begin(&scene.portion, scene.sites, 1, NOW_US, 3650 * BP_DAY);
    assert_true(take(12, "readings", frame_at(NOW_US - 401 * BP_DAY, true)));
    assert_int_equal(scene.portion.readings, 2);
}

/* How many of a frame's readings are taken in a portion of its own. */
static size_t taken_at(int64_t at_us)
{
    scene.site.applied = 10;
    site_forget_decoder(&scene.site);
    portion_begin(&scene.portion, scene.sites, 1, NOW_US, BP_DAY);
    assert_true(take(11, "readings", frame_at(at_us, true)));
    return scene.portion.readings;
}

static void the_bounds_are_400_days_either_way(void **state)
{
    (void)state;
    assert_int_equal(taken_at(NOW_US - 400 * BP_DAY), 2);
    assert_int_equal(taken_at(NOW_US - 400 * BP_DAY - 1), 0);
    assert_int_equal(taken_at(NOW_US + 400 * BP_DAY), 2);
    assert_int_equal(taken_at(NOW_US + 400 * BP_DAY + 1), 0);
}

/* One reading of a frame is enough, wherever in it. */
static void one_reading_far_from_now_has_its_frame_stand_aside(void **state)
{
    (void)state;
    const int64_t far_us[] = {NOW_US - 401 * BP_DAY, NOW_US + 401 * BP_DAY};
    for (size_t i = 0; i < 2; i++) {
        JournalReading readings[3] = {{.point_id = 1, .at_us = NOW_US, .has_value = true},
                                      {.point_id = 2, .at_us = far_us[i], .has_value = true},
                                      {.point_id = 3, .at_us = NOW_US, .has_value = true}};
        BpError err = {0};
        portion_begin(&scene.portion, scene.sites, 1, NOW_US, BP_DAY);
        bp_buf_clear(&scene.frame);
        assert_int_equal(journal_frame_encode(scene.encoder, readings, 3, true, &scene.frame, &err), BP_OK);
        journal_frame_committed(scene.encoder);
        assert_true(take(11, "readings", bp_buf_text(&scene.frame)));
        assert_int_equal(scene.portion.readings, 0);
        assert_int_equal(scene.portion.day_count, 0);
        assert_true(says(portion_work(&scene.portion, false), "\"seq\":11,\"kind\":\"readings\""));
    }
}

/* A frame that stands aside has taught the decoder all the same: those behind it go on from it. */
static void what_stands_aside_teaches_those_behind_it(void **state)
{
    (void)state;
    assert_true(take(11, "readings", frame_at(NOW_US - 401 * BP_DAY, true)));
    assert_true(take(12, "readings", frame_at(NOW_US, false)));
    assert_int_equal(scene.portion.readings, 2);
    const BpStr work = portion_work(&scene.portion, false);
    assert_true(says(work, "\"key\":11"));
    assert_false(says(work, "\"seq\":12"));
}

/* The next frame: one reading of a point. */
static BpStr frame_of(int32_t point_id, bool is_key, uint8_t *octets, size_t size)
{
    const JournalReading reading = {.point_id = point_id, .at_us = NOW_US, .has_value = true, .value = 1};
    BpError err = {0};
    BpBuf out = bp_buf(octets, size);
    assert_int_equal(journal_frame_encode(scene.encoder, &reading, 1, is_key, &out, &err), BP_OK);
    journal_frame_committed(scene.encoder);
    return bp_buf_text(&out);
}

/* Behind a restart what is read again begins with the key frame: a frame names points that those between the
 * two have taught. */
static void points_that_earlier_frames_taught_are_known_behind_a_restart(void **state)
{
    (void)state;
    uint8_t octets[4][512];
    const BpStr key = frame_of(1, true, octets[0], sizeof octets[0]),
                teaches = frame_of(2, false, octets[1], sizeof octets[1]),
                uses = frame_of(2, false, octets[2], sizeof octets[2]),
                next = frame_of(2, false, octets[3], sizeof octets[3]);
    assert_true(take(11, "readings", key) && take(12, "readings", teaches));
    scene.site.applied = 12;
    scene.site.key_seq = scene.portion.sites[0].key;
    assert_int_equal(scene.site.key_seq, 11);

    site_forget_decoder(&scene.site);
    assert_int_equal(site_next_after(&scene.site), 10);
    portion_begin(&scene.portion, scene.sites, 1, NOW_US, BP_DAY);
    assert_true(take(11, "readings", key) && take(12, "readings", teaches) && take(13, "readings", uses));
    assert_int_equal(scene.portion.readings, 1);
    assert_int_equal(scene.portion.readings_of_frame[0].point_id, 2);
    assert_true(says(portion_work(&scene.portion, false), "\"after\":12,\"to\":13,\"key\":11"));
    scene.site.applied = 13;
    assert_int_equal(site_next_after(&scene.site), 13); /* it goes on where it is */
    portion_begin(&scene.portion, scene.sites, 1, NOW_US, BP_DAY);
    assert_true(take(14, "readings", next));
    assert_int_equal(scene.portion.readings, 1);
}

static void days_of_one_frame_are_40_at_most(void **state)
{
    (void)state;
    enum { MOST = 40 };
    JournalReading readings[MOST + 1];
    BpError err = {0};
    for (int days = MOST; days <= MOST + 1; days++) {
        for (int i = 0; i < days; i++)
            readings[i] = (JournalReading){.point_id = 1, .at_us = NOW_US - i * BP_DAY, .has_value = true};
        portion_begin(&scene.portion, scene.sites, 1, NOW_US, BP_DAY);
        bp_buf_clear(&scene.frame);
        assert_int_equal(
            journal_frame_encode(scene.encoder, readings, (size_t)days, true, &scene.frame, &err), BP_OK);
        journal_frame_committed(scene.encoder);
        assert_true(take(11, "readings", bp_buf_text(&scene.frame)));
        assert_int_equal(scene.portion.readings, days == MOST ? MOST : 0);
        assert_int_equal(scene.portion.day_count, days == MOST ? MOST : 0);
    }
}

static void a_portion_that_has_enough_takes_no_more(void **state)
{
    (void)state;
    scene.portion.readings = PORTION_ROWS_ENOUGH - 1;
    assert_true(take(11, "readings", frame_at(NOW_US, true)));
    assert_false(take(12, "readings", frame_at(NOW_US + BP_SECOND, false)));
    assert_true(says(portion_work(&scene.portion, false), "\"to\":11"));
}

static void what_came_given_up_before_is_not_counted_again(void **state)
{
    (void)state;
    assert_true(take(10, "readings", (BpStr){"", 0}));
    assert_true(portion_is_empty(&scene.portion));
    assert_true(take(11, "alarm", bp_str("")));
    assert_true(take(12, "readings", (BpStr){"", 0}));
    assert_true(take(13, "readings", (BpStr){"", 0}));
    assert_true(says(portion_work(&scene.portion, false), "\"given_up\":2"));
}

static void what_only_teaches_moves_nothing(void **state)
{
    (void)state;
    assert_true(take(9, "readings", frame_at(NOW_US, true)));
    assert_true(bp_str_equal(portion_work(&scene.portion, false), bp_str("[]")));
    assert_true(take(10, "alarm", bp_str("")));
    assert_true(bp_str_equal(portion_work(&scene.portion, false), bp_str("[]")));
    assert_true(take(11, "readings", frame_at(NOW_US + BP_SECOND, false)));
    assert_true(says(portion_work(&scene.portion, false), "\"to\":11,"));
    assert_true(says(portion_work(&scene.portion, false), "\"has_records\":false"));
    assert_true(take(13, "readings", frame_at(NOW_US - BP_SECOND, false)));
    assert_true(says(portion_work(&scene.portion, false), "entries 12 to 12 are not in uplink"));
    char at[BP_TIME_TEXT_MAX], newest[64];
    snprintf(newest, sizeof newest, "\"newest\":\"%s\"", bp_time_format(NOW_US + BP_SECOND, 6, at));
    assert_true(says(portion_work(&scene.portion, false), newest));
}

static void one_that_only_teaches_is_taken_where_there_is_enough(void **state)
{
    (void)state;
    scene.portion.readings = PORTION_ROWS_ENOUGH;
    assert_true(take(10, "readings", frame_at(NOW_US, true)));
    assert_false(take(11, "readings", frame_at(NOW_US, false)));
}

static void a_decoder_is_of_one_life(void **state)
{
    (void)state;
    assert_true(take(11, "readings", frame_at(NOW_US, true)));
    scene.site.applied = 11;
    assert_int_equal(site_next_after(&scene.site), 11);
    scene.site = (Site){.id = "macau",
                        .epoch = 8,
                        .applied = 20,
                        .received = 30,
                        .decoder = scene.site.decoder,
                        .decoder_epoch = scene.site.decoder_epoch,
                        .decoded = 11};
    assert_int_equal(site_next_after(&scene.site), 20);
    portion_begin(&scene.portion, scene.sites, 1, NOW_US, BP_DAY);
    assert_true(take(21, "readings", frame_at(NOW_US + BP_SECOND, false)));
    assert_int_equal(scene.portion.readings, 0);
}

/* What was read and is not applied comes again: from where decoding begins, or from what is applied. */
static void what_was_read_and_not_applied_comes_again(void **state)
{
    (void)state;
    assert_true(take(11, "readings", frame_at(NOW_US, true)));
    assert_int_equal(site_next_after(&scene.site), 10);
    scene.site.key_seq = 15; /* another has applied, and was put back */
    assert_int_equal(site_next_after(&scene.site), 10);
    scene.site.key_seq = 10;
    assert_int_equal(site_next_after(&scene.site), 9);
    site_forget_decoder(&scene.site);
    const JournalFrameAbout about = {.stream = 2, .is_key = true};
    assert_int_equal(site_note_frame(&scene.site, &about, 20), 20); /* nothing of before counts */
}

static void where_it_has_to_be_careful_there_is_one_entry(void **state)
{
    (void)state;
    scene.site.careful_until = 12;
    assert_int_equal(portion_entries(&scene.portion), 1);
    scene.site.key_seq = 8;
    assert_int_equal(portion_entries(&scene.portion), 4); /* three that teach, and one */
    scene.site.careful_until = 10;
    assert_int_equal(portion_entries(&scene.portion), PORTION_ENTRIES);
}

static void a_record_that_is_refused_is_not_applied(void **state)
{
    (void)state;
    assert_true(take(11, "alarm", bp_str("")));
    portion_refuse(&scene.portion, "no");
    const BpStr work = portion_work(&scene.portion, false);
    assert_true(says(work, "\"has_records\":false"));
    assert_true(says(work, "\"seq\":11,\"kind\":\"record\",\"reason\":\"no\""));
}

static void what_is_newer_is_told_from_what_is_damaged(void **state)
{
    (void)state;
    char octets[512];
    const BpStr frame = frame_at(NOW_US, true);
    memcpy(octets, frame.data, frame.size);
    octets[0] = 99;
    assert_true(take(11, "readings", (BpStr){octets, frame.size}));
    assert_true(says(portion_work(&scene.portion, false), "\"newer\":true"));
    portion_begin(&scene.portion, scene.sites, 1, NOW_US, BP_DAY);
    assert_true(take(11, "readings", (BpStr){frame.data, frame.size - 2}));
    assert_true(says(portion_work(&scene.portion, false), "\"newer\":false"));
}

static void the_careful_come_alone_also_where_they_are_first(void **state)
{
    (void)state;
    Sites *sites = sites_new();
    Site *got[4], *careful = sites_get(sites, bp_str("a")), *other = sites_get(sites, bp_str("b"));
    careful->received = other->received = 5;
    careful->careful_until = 3;
    other->served = 1;
    assert_int_equal(sites_next(sites, 0, 1, got, 4), 1);
    assert_ptr_equal(got[0], careful);
    site_release(careful);
    careful->received = other->received = 0;
    assert_int_equal(sites_next(sites, 0, 1, got, 4), 0); /* nothing has come of them */
    careful->received = 5;
    careful->not_before_us = 100;
    assert_int_equal(sites_next(sites, 100, 1, got, 4), 1);
    sites_free(sites);
}

static void entries_that_are_not_there_are_said(void **state)
{
    (void)state;
    assert_true(take(14, "alarm", bp_str("")));
    const BpStr work = portion_work(&scene.portion, false);
    assert_true(says(work, "entries 11 to 13 are not in uplink"));
    assert_true(says(work, "\"to\":14"));
}

static void what_the_database_refuses_stands_aside_alone(void **state)
{
    (void)state;
    assert_true(take(11, "readings", frame_at(NOW_US, true)));
    portion_refuse(&scene.portion, "it says \"no\"");
    assert_int_equal(scene.portion.readings, 0);
    const BpStr work = portion_work(&scene.portion, false);
    assert_true(says(work, "\"hours\":[],\"buckets\":[],\"aside\":[{\"seq\":11,\"kind\":\"readings\","
                           "\"reason\":\"it says \\\"no\\\"\""));
}

static void of_streams_that_go_on_the_first_key_frame_counts(void **state)
{
    (void)state;
    const JournalFrameAbout live = {.stream = 1, .is_key = true}, laid = {.stream = 2, .is_key = true};
    const JournalFrameAbout live_again = {.stream = 3, .former = 1, .is_key = true};
    const JournalFrameAbout more_live = {.stream = 3}, more_laid = {.stream = 2};
    assert_int_equal(site_note_frame(&scene.site, &live, 11), 11);
    assert_int_equal(site_note_frame(&scene.site, &laid, 12), 11);
    assert_int_equal(site_note_frame(&scene.site, &live_again, 13), 12); /* the first is over */
    assert_int_equal(site_note_frame(&scene.site, &more_laid, 14), 12);
    assert_int_equal(site_note_frame(&scene.site, &more_live, 15 + SITE_STREAM_SILENT),
                     13); /* so is the second */
}

static void whose_turn_is_longest_ago_is_next_and_the_careful_come_alone(void **state)
{
    (void)state;
    Sites *sites = sites_new();
    Site *got[4];
    for (int i = 0; i < 100; i++) {
        char id[16];
        snprintf(id, sizeof id, "s%d", i);
        Site *site = sites_get(sites, bp_str(id));
        assert_ptr_equal(site, sites_get(sites, bp_str(id)));
        site->received = i < 3;
    }
    assert_int_equal(sites_next(sites, 0, 2, got, 4), 2); /* its share */
    assert_int_equal(sites_next(sites, 0, 1, got + 2, 2), 1);
    assert_int_equal(sites_next(sites, 0, 1, got, 4), 0); /* all are busy */
    Site *careful = got[2];
    for (int i = 0; i < 3; i++)
        site_release(got[i]);
    careful->careful_until = 5;
    assert_int_equal(sites_next(sites, 0, 1, got, 4), 2);
    assert_int_equal(sites_next(sites, 0, 1, got, 4), 1);
    assert_ptr_equal(got[0], careful);
    site_release(careful);
    careful->not_before_us = 100;
    assert_int_equal(sites_next(sites, 99, 1, got, 4), 0);
    sites_free(sites);
}

static void begin_beside(Site *other)
{
    Site *sites[] = {&scene.site, other};
    portion_begin(&scene.portion, sites, 2, NOW_US, BP_DAY);
}

static void days_far_from_now_come_alone_so_that_no_other_site_waits(void **state)
{
    (void)state;
    Site other = {.id = "taipa", .epoch = 7, .applied = 10, .received = 20, .is_busy = true};
    begin_beside(&other);
    const BpStr far = frame_at(NOW_US - 8 * BP_DAY, true);
    assert_false(portion_take(&scene.portion, 0, 12, bp_str("readings"), far, 0));
    assert_false(portion_take(&scene.portion, 0, 13, bp_str("alarm"), bp_str(""), 0));
    assert_true(portion_is_empty(&scene.portion));
    assert_int_equal(scene.portion.day_count, 0);
    assert_null(scene.site.decoder);
    assert_true(scene.site.is_far && !other.is_far);
    assert_true(portion_take(&scene.portion, 1, 11, bp_str("alarm"), bp_str(""), 0));
    assert_true(says(portion_work(&scene.portion, false), "[{\"site\":\"taipa\""));
    portion_begin(&scene.portion, scene.sites, 1, NOW_US, BP_DAY);
    assert_true(take(11, "readings", far));
    assert_int_equal(scene.portion.readings, 2);
    assert_true(scene.portion.sites[0].is_far);
    site_forget_decoder(&other);
}

static void a_portion_that_is_full_of_days_takes_no_more_and_blames_nobody(void **state)
{
    (void)state;
    for (int i = 0; i < PORTION_DAYS_MAX; i++)
        assert_true(take(11 + i, "readings", frame_at(NOW_US - i * BP_DAY, i == 0)));
    assert_false(take(11 + PORTION_DAYS_MAX, "readings", frame_at(NOW_US + BP_DAY, true)));
    assert_int_equal(scene.portion.day_count, PORTION_DAYS_MAX);
    assert_int_equal(scene.portion.sites[0].to, 10 + PORTION_DAYS_MAX);
    assert_int_equal(scene.portion.sites[0].aside.size, 0);
}

static void a_site_whose_days_are_far_has_a_turn_of_its_own(void **state)
{
    (void)state;
    Sites *sites = sites_new();
    Site *got[4];
    sites_get(sites, bp_str("s0"))->received = sites_get(sites, bp_str("s1"))->received = 1;
    sites_get(sites, bp_str("s0"))->is_far = true;
    assert_int_equal(sites_next(sites, 0, 1, got, 4), 1);
    assert_int_equal(sites_next(sites, 0, 1, got, 4), 1);
    sites_free(sites);
}

/* What the database answers of site s0: it stands at entry `applied`, and has sent 10. */
static void answer(Sites *sites, int64_t applied)
{
    char at[16];
    snprintf(at, sizeof at, "%lld", (long long)applied);
    const char *const values[] = {"s0", "1", "7", at, "10", "1"};
    BpBuf octets = bp_buf_growing(1000);
    bp_buf_u16(&octets, 6);
    bp_buf_u32(&octets, 1);
    for (size_t i = 0; i < 6; i++)
        bp_buf_u8(&octets, 0); /* text */
    for (size_t i = 0; i < 6; i++) {
        bp_buf_u32(&octets, (uint32_t)strlen(values[i]));
        bp_buf_str(&octets, bp_str(values[i]));
    }
    BpCursor in = bp_cursor(octets.data, octets.size);
    PgRows *rows = NULL;
    assert_int_equal(pg_rows_decode(&in, &rows, NULL), BP_OK);
    sites_take(sites, rows);
    pg_rows_free(rows);
    bp_buf_done(&octets);
}

static void an_answer_of_before_its_entries_were_applied_is_not_taken(void **state)
{
    (void)state;
    Sites *sites = sites_new();
    Site *got[1], *site = sites_get(sites, bp_str("s0"));
    sites_ask(sites);
    answer(sites, 2);
    assert_int_equal(site->applied, 2);
    assert_int_equal(site->received, 10);
    assert_int_equal(sites_next(sites, 0, 1, got, 1), 1);
    sites_ask(sites);
    site->applied = 6; /* its worker is done, before the answer */
    site_release(site);
    answer(sites, 2);
    assert_int_equal(site->applied, 6);
    sites_ask(sites);
    assert_int_equal(sites_next(sites, 0, 1, got, 1), 1); /* behind the question, and before the answer */
    site->applied = 8;
    site_release(site);
    answer(sites, 6);
    assert_int_equal(site->applied, 8);
    sites_ask(sites);
    answer(sites, 3); /* the database was put back */
    assert_int_equal(site->applied, 3);
    sites_free(sites);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(frames_and_records_make_one_portion, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_applied_already_teaches_the_decoder_and_no_more, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_frame_that_lacks_what_was_before_stands_aside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_frame_that_the_site_gave_up_is_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(instants_far_from_now_stand_aside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_kept_here_for_longer_may_be_older, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_bounds_are_400_days_either_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_reading_far_from_now_has_its_frame_stand_aside, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_stands_aside_teaches_those_behind_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(points_that_earlier_frames_taught_are_known_behind_a_restart, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(days_of_one_frame_are_40_at_most, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_portion_that_has_enough_takes_no_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_came_given_up_before_is_not_counted_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_only_teaches_moves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_only_teaches_is_taken_where_there_is_enough, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_decoder_is_of_one_life, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_read_and_not_applied_comes_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(where_it_has_to_be_careful_there_is_one_entry, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_record_that_is_refused_is_not_applied, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_newer_is_told_from_what_is_damaged, set_up, tear_down),
        cmocka_unit_test(the_careful_come_alone_also_where_they_are_first),
        cmocka_unit_test_setup_teardown(entries_that_are_not_there_are_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_the_database_refuses_stands_aside_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_streams_that_go_on_the_first_key_frame_counts, set_up, tear_down),
        cmocka_unit_test(whose_turn_is_longest_ago_is_next_and_the_careful_come_alone),
        cmocka_unit_test(a_site_whose_days_are_far_has_a_turn_of_its_own),
        cmocka_unit_test_setup_teardown(days_far_from_now_come_alone_so_that_no_other_site_waits, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_portion_that_is_full_of_days_takes_no_more_and_blames_nobody,
                                        set_up, tear_down),
        cmocka_unit_test(an_answer_of_before_its_entries_were_applied_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
