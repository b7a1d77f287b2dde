/* Holds against a model: a device with a few slots, commands, strangers who write to it, clocks that leap,
 * devices that do not answer, and a collector that is killed at any moment and reads a file whose end is
 * torn. The device counts. */
#include "tests/unit/apps/collect/control/a_hold.h"

#include "apps/collect/control/file.h"
#include "apps/collect/control/kept.h"
#include "base/random.h"

enum { POINTS = 2, SLOTS = 2, PLACES = POINTS * SLOTS, STEPS = 400 };

static const int64_t PART_US = 20 * BP_SECOND;

/* A slot of the device, and what the model knows of it. */
typedef struct Place {
    float value;        /* 0: it is empty */
    bool is_strangers;  /* somebody else has written that */
    bool ends;          /* our value is to be gone: */
    int64_t until_us;   /* by the model's own time, and every outage is added to it */
    bool has_read;      /* our value was read since Null was last written */
    bool has_under_way; /* a command of ours waits for its verdict: */
    ControlHold under_way;
} Place;

typedef struct World {
    int seed;
    BpRandom random;
    int64_t true_us; /* that passes */
    ControlTime clock;
    int boot, commands;
    float next_value;
    bool is_away; /* the device */
    Place places[PLACES];
    ControlKept kept;
    BpBuf disk;
    size_t synced; /* octets that a loss of power leaves */
    size_t nulls, kills;
} World;

static int chance(World *world, int of)
{
    return (int)(bp_random_u64(&world->random) % (uint64_t)of);
}

static Place *place_of(World *world, const ControlHold *hold)
{
    return &world->places[(hold->point_id - 1) * SLOTS + hold->slot - 8];
}

static void put_line(void *owner, const ControlRecord *record)
{
    World *world = owner;
    control_record_write(&world->disk, record);
}

static void apply(void *context, const ControlRecord *record)
{
    control_kept_apply(context, record);
}

/* Nobody touched the slot while a command was under way: what was there before may have waited for that. */
static void end_under_way(World *world, Place *place)
{
    if (place->has_under_way && place->until_us < world->true_us)
        place->until_us = world->true_us;
    place->has_under_way = false;
}

/* Everybody may keep what is theirs for as long longer as nothing could be done. */
static void count_outage(World *world, int64_t outage_us)
{
    for (size_t i = 0; i < PLACES; i++)
        world->places[i].until_us += outage_us;
}

static void pass(World *world, int64_t by_us, bool is_outage)
{
    world->true_us += by_us;
    world->clock.boot_us += by_us;
    world->clock.wall_us += by_us;
    if (is_outage)
        count_outage(world, by_us);
}

/* ---- the collector ---- */

static void sync_disk(World *world)
{
    world->synced = world->disk.size;
}

static void start(World *world)
{
    control_kept_init(&world->kept, put_line, world);
    const ControlFileSize size = control_file_walk(bp_buf_text(&world->disk), apply, &world->kept);
    assert_int_equal(size.wrong, 0);
    control_kept_begin(&world->kept, &world->clock);
    bp_buf_clear(&world->disk); /* written anew */
    control_kept_write_all(&world->kept, &world->clock, &world->disk);
    sync_disk(world);
    control_holds_check(world->kept.holds);
}

static void kill_it(World *world)
{
    world->kills++;
    control_kept_done(&world->kept);
    /* Anything between what was synced and what was written is left. */
    world->disk.size = world->synced + (size_t)chance(world, (int)(world->disk.size - world->synced) + 1);
    for (size_t i = 0; i < PLACES; i++)
        end_under_way(world, &world->places[i]); /* nobody will settle it */
    const int64_t outage_us =
        chance(world, 3) ? chance(world, 100) * BP_SECOND : chance(world, 3 * 3600) * BP_SECOND;
    pass(world, outage_us, true);
    if (chance(world, 2)) { /* the machine, too */
        world->clock.boot_us = chance(world, 100) * BP_SECOND;
        snprintf(world->clock.boot, sizeof world->clock.boot, "boot-%d", ++world->boot);
        /* What had run since that was last noted is an outage as well. */
        count_outage(world, PART_US);
        if (chance(world, 3) == 0)
            world->clock.wall_us = chance(world, 1000) * 24 * BP_HOUR;
    }
    start(world);
}

/* ---- commands ---- */

static void begin_command(World *world)
{
    BpError err;
    const int which = chance(world, PLACES);
    Place *place = &world->places[which];
    if (place->has_under_way ||
        control_holds_is_busy(world->kept.holds, which / SLOTS + 1, (uint8_t)(which % SLOTS + 8)))
        return;
    const int64_t after_us = chance(world, 5) ? (1 + chance(world, 3600)) * BP_SECOND : CONTROL_NO_END;
    world->next_value += 1;
    ControlHold hold = a_hold(which / SLOTS + 1, (uint8_t)(which % SLOTS + 8), ++world->commands,
                              world->next_value, after_us, &world->clock);
    hold.before = place->value != 0 ? shown_value(place->value) : shown_empty;
    assert_int_equal(control_kept_claim(&world->kept, &hold, &world->clock, &err), BP_OK);
    if (chance(world, 20) == 0) { /* the disk is full: nothing is written to the device */
        control_kept_settle(&world->kept, hold.point_id, hold.slot, hold.command, CONTROL_DID_NOT, NULL,
                            &world->clock);
        return;
    }
    sync_disk(world);
    place->has_under_way = true;
    place->under_way = hold;
    if (chance(world, 5) == 0)
        return; /* lost on the way, or refused */
    const int64_t until_us = after_us == CONTROL_NO_END ? INT64_MAX / 2 : world->true_us + after_us;
    place->value = world->next_value;
    place->is_strangers = false;
    place->ends = after_us != CONTROL_NO_END;
    place->until_us = until_us;
}

static void end_command(World *world)
{
    Place *place = &world->places[chance(world, PLACES)];
    if (!place->has_under_way)
        return;
    const ControlHold *hold = &place->under_way;
    const ControlShown shown = place->value != 0 ? shown_value(place->value) : shown_empty;
    const bool is_there = !place->is_strangers && place->value == (float)hold->value;
    const bool is_known = !world->is_away && chance(world, 4);
    end_under_way(world, place);
    control_kept_settle(&world->kept, hold->point_id, hold->slot, hold->command,
                        !is_known  ? CONTROL_MAY_BE
                        : is_there ? CONTROL_TOOK
                                   : CONTROL_DID_NOT,
                        is_known ? &shown : NULL, &world->clock);
    sync_disk(world);
}

static void write_as_a_stranger(World *world)
{
    Place *place = &world->places[chance(world, PLACES)];
    world->next_value += 1;
    place->value = chance(world, 3) ? world->next_value : 0;
    place->is_strangers = true;
    place->ends = false;
}

/* ---- what ended ---- */

static ControlShown look(World *world, const Place *place)
{
    if (world->is_away || chance(world, 10) == 0)
        return shown_not;
    return place->value != 0 ? shown_value(place->value) : shown_empty;
}

/* Carries out what is due, and dies at any step of it. */
static void advance(World *world, bool may_die)
{
    const ControlHold *taken;
    while ((taken = control_holds_take(world->kept.holds, &world->clock, NULL, NULL)) != NULL) {
        const ControlHold hold = *taken;
        Place *place = place_of(world, &hold);
        assert_false(place->has_under_way); /* a command is there: nobody touches its slot */
        ControlShown seen = look(world, place);
        place->has_read = seen.what == CONTROL_SHOWN_VALUE && !place->is_strangers;
        if (may_die && chance(world, 20) == 0) {
            kill_it(world);
            return;
        }
        if (control_kept_seen(&world->kept, hold.point_id, hold.slot, &seen, &world->clock) !=
            CONTROL_WRITE_NULL)
            continue;
        assert_true(place->has_read && !place->is_strangers && place->value != 0);
        const int what = world->is_away ? 0 : chance(world, 4);
        place->has_read = false; /* one Null for a read */
        world->nulls++;
        if (what > 0) {
            place->value = 0;
            place->ends = false;
        }
        if (may_die && chance(world, 20) == 0) {
            kill_it(world);
            return;
        }
        if (!control_holds_wrote(world->kept.holds, hold.point_id, hold.slot, what != 1, "refused",
                                 &world->clock))
            continue;
        seen = look(world, place);
        place->has_read = seen.what == CONTROL_SHOWN_VALUE && !place->is_strangers;
        assert_int_not_equal(control_kept_seen(&world->kept, hold.point_id, hold.slot, &seen, &world->clock),
                             CONTROL_WRITE_NULL);
    }
    sync_disk(world);
    control_holds_check(world->kept.holds);
}

/* Nothing of ours that was to end is there longer than a few tries behind its end. */
static void nothing_is_late(World *world)
{
    for (size_t i = 0; i < PLACES; i++) {
        const Place *place = &world->places[i];
        if (place->value != 0 && !place->is_strangers && place->ends && !place->has_under_way)
            if (world->true_us > place->until_us + 5 * BP_MINUTE)
                fail_msg("seed %d: slot %zu is %lld s late", world->seed, i,
                         (long long)((world->true_us - place->until_us) / BP_SECOND));
    }
}

/* What is due is looked at, and what has run is noted, every 20 s. */
static void wait_some(World *world, int64_t by_us, bool may_die)
{
    for (; by_us > 0; by_us -= PART_US) {
        pass(world, PART_US, world->is_away);
        control_kept_note(&world->kept, &world->clock);
        sync_disk(world);
        advance(world, may_die);
    }
}

static void step(World *world)
{
    switch (chance(world, 12)) {
    case 0:
    case 1: begin_command(world); break;
    case 2:
    case 3: end_command(world); break;
    case 4: write_as_a_stranger(world); break;
    case 5: world->clock.wall_us += (chance(world, 2000) - 1000) * BP_HOUR; break;
    case 6: world->is_away = !world->is_away && chance(world, 2); break;
    case 7:
        if (chance(world, 4) == 0)
            kill_it(world);
        break;
    default: wait_some(world, chance(world, 600) * BP_SECOND, true); break;
    }
    advance(world, true);
}

/* All is well for some hours, looked at each few seconds. */
static void calm_down(World *world)
{
    world->is_away = false;
    for (int i = 0; i < 100; i++) /* verdicts come in */
        end_command(world);
    for (int i = 0; i < 800; i++) {
        wait_some(world, PART_US, false);
        nothing_is_late(world);
    }
    for (size_t i = 0; i < PLACES; i++)
        assert_true(world->places[i].value == 0 || world->places[i].is_strangers || !world->places[i].ends);
    assert_int_equal(control_holds_next_due_us(world->kept.holds, &world->clock), INT64_MAX);
}

static void whatever_happens_each_hold_ends_and_no_value_but_ours_is_touched(void **state)
{
    (void)state;
    size_t nulls = 0, kills = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        World world = {.seed = (int)seed,
                       .random = bp_random(seed),
                       .clock = a_clock(BP_HOUR, 20000 * 24 * BP_HOUR, 0),
                       .disk = bp_buf_growing(64 * 1024 * 1024)};
        start(&world);
        for (int i = 0; i < STEPS; i++)
            step(&world);
        calm_down(&world);
        nulls += world.nulls;
        kills += world.kills;
        control_kept_done(&world.kept);
        bp_buf_done(&world.disk);
    }
    print_message("# %zu Nulls, %zu kills\n", nulls, kills);
    assert_true(nulls > 300 && kills > 300);
}

/* ---- what is read is what was written ---- */

typedef struct Listing {
    char text[8192];
} Listing;

static void list(void *context, const ControlHold *hold, bool is_claim)
{
    Listing *listing = context;
    const size_t size = strlen(listing->text);
    snprintf(listing->text + size, sizeof listing->text - size, "%d %d %d %s %lld %lld %s %s %d\n", is_claim,
             hold->point_id, hold->slot, hold->command, (long long)hold->span.after_us,
             (long long)hold->span.elapsed_us, hold->name, hold->created_by, (int)hold->ours[0]);
}

static void what_is_read_again_is_what_was_written(void **state)
{
    (void)state;
    BpError err;
    World world = {.clock = a_clock(BP_HOUR, 20000 * 24 * BP_HOUR, 0), .disk = bp_buf_growing(1024 * 1024)};
    Listing before = {""}, after = {""};
    ControlKept again;
    size_t count;
    start(&world);
    for (int i = 1; i <= 4; i++) {
        const ControlHold hold = a_hold(i, 8, i, 20, i * BP_MINUTE, &world.clock);
        assert_int_equal(control_kept_claim(&world.kept, &hold, &world.clock, &err), BP_OK);
        control_kept_settle(&world.kept, i, 8, hold.command, i == 3 ? CONTROL_DID_NOT : CONTROL_TOOK,
                            &(ControlShown){.what = CONTROL_SHOWN_VALUE, .value = hold.ours[0]},
                            &world.clock);
    }
    const ControlPlace place = {
        .epoch = INT64_MAX, .seq = 77, .digest = {1, 2, 255}, .device_end = 9, .point_end = 10};
    control_kept_place(&world.kept, &place, &world.clock);
    pass(&world, BP_MINUTE, false);
    assert_non_null(control_holds_take(world.kept.holds, &world.clock, NULL, NULL));
    assert_int_equal(control_kept_seen(&world.kept, 1, 8, &shown_empty, &world.clock), CONTROL_IS_OVER);
    control_holds_note(world.kept.holds, &world.clock);
    control_holds_each(world.kept.holds, list, &before);
    for (int anew = 0; anew < 2; anew++) { /* as it grew, and written anew */
        after.text[0] = '\0';
        control_kept_init(&again, put_line, &world);
        control_file_walk(bp_buf_text(&world.disk), apply, &again);
        control_holds_note(again.holds, &world.clock);
        control_holds_each(again.holds, list, &after);
        assert_string_equal(before.text, after.text);
        assert_true(again.has_place && memcmp(&again.place, &place, sizeof place) == 0);
        const ControlEvent *events = control_holds_events(again.holds, &count);
        assert_int_equal(count, 1);
        assert_int_equal(events[0].kind, CONTROL_RELEASED);
        bp_buf_clear(&world.disk);
        control_kept_write_all(&again, &world.clock, &world.disk);
        control_kept_done(&again);
    }
    control_kept_recorded(&world.kept, 1, &world.clock);
    control_kept_init(&again, put_line, &world);
    control_file_walk(bp_buf_text(&world.disk), apply, &again);
    control_holds_events(again.holds, &count);
    assert_int_equal(count, 0);
    control_kept_done(&again);
    control_kept_done(&world.kept);
    bp_buf_done(&world.disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_each_hold_ends_and_no_value_but_ours_is_touched),
        cmocka_unit_test(what_is_read_again_is_what_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
