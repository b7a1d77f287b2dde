/* Outbox, spool and ingest's positions together, over a wire that drops, doubles and mixes up, on a disk that
 * fails, with whatever may end ending at any moment: random steps, and after them what must hold. A disk, a
 * wire and a database are a few arrays here, so that a seed of 100,000 steps takes a fraction of a second.
 * TEST_MODEL_SEEDS=200 tries more of them, TEST_MODEL_FIRST=17 begins with another. */
#include "apps/collect/deliver/outbox/spill.h"
#include "apps/collect/deliver/recover.h"
#include "apps/collect/deliver/spool_job.h"
#include "base/time.h"
#include "tests/unit/apps/collect/deliver/model_ingest.h"

enum { STEPS = 100000, SEEDS = 6 };

/* ---- the collector ---- */

static Outbox *outbox;
static SpoolPauses pauses;
static SpoolJob *job;
static bool job_is_done;
static int64_t now_us;
static bool is_connected;
static uint64_t given_up_before; /* by collectors that have ended */

static OutboxCounts counts(void)
{
    return outbox_counts(outbox);
}

/* ---- what must hold ---- */

enum { IN_OUTBOX = 32, ON_DISK = 64, HELD = 128 }; /* more flags, as of now */

static void note_on_disk(void *context, int64_t segment, const MdlRun *run, int64_t n, BpStr payload)
{
    (void)context;
    (void)segment;
    (void)payload;
    *flags_of(run, n) |= ON_DISK;
}

static void note_in_outbox(void *context, const OutboxItem *item)
{
    uint8_t *flags = flags_of(item->run, item->n);
    (void)context;
    *flags |= IN_OUTBOX | (item->is_in_memory ? HELD : 0);
    if (item->segment >= 0 && !(*flags & (ON_DISK | DAMAGED)))
        fail_msg("batch %" PRId64 " of run %s is not in segment %" PRId64, item->n, item->run->text,
                 item->segment);
}

static void look_around(void)
{
    for (size_t i = 0; i < run_count; i++)
        for (int64_t n = 1; n <= runs[i].last; n++)
            runs[i].flags[n] &= (uint8_t) ~(IN_OUTBOX | ON_DISK | HELD);
    for (size_t i = 0; i < FILES_MAX; i++)
        if (disk.files[i].is_there)
            spool_walk((BpStr){(const char *)disk.files[i].octets, disk.files[i].size}, 0, note_on_disk,
                       NULL);
    outbox_each(outbox, note_in_outbox, NULL);
}

/* Each batch that was ever put in is stored, in memory, in a file, or counted as given up. */
static void check_all(void)
{
    look_around();
    uint64_t lost = 0, never_stored = 0;
    for (size_t i = 0; i < run_count; i++) {
        never_stored += (uint64_t)check_database(&runs[i]); /* as far as can be known */
        for (int64_t n = 1; n <= runs[i].last; n++) {
            const uint8_t *flags = &runs[i].flags[n];
            never_stored += !(*flags & (STORED | IN_OUTBOX));
            if (*flags & (STORED | ON_DISK | HELD | EXCUSED))
                continue;
            if (*flags & DAMAGED && *flags & IN_OUTBOX)
                continue; /* not yet found out */
            lost++;
        }
    }
    if (lost > given_up_before + counts().given_up)
        fail_msg("%" PRIu64 " batches are lost, %" PRIu64 " were given up", lost,
                 given_up_before + counts().given_up);
    assert_true(counts().lost <= never_stored);
}

/* ---- beginning and ending ---- */

static bool had_problem;

static void note_problem(void *context, const char *text)
{
    (void)context;
    (void)text;
    had_problem = true;
}

static void note_damaged_item(void *context, const OutboxItem *item)
{
    (void)context;
    *flags_of(item->run, item->n) |= DAMAGED;
}

static void start_collector(void)
{
    BpError err;
    assert_true(run_count < RUNS_MAX);
    disk.has_failed = disk.fault != NO_FAULT;
    for (;;) {
        const MdlRun name = mdl_run(bp_random_u64(&random_numbers));
        const OutboxOptions options = {
            .send = send_batch, .memory_max = 8 * 1024, .disk_max = (int64_t)(64 + below(200)) * 1024};
        outbox = outbox_new(&options);
        pauses = (SpoolPauses){0};
        had_problem = false;
        if (spool_recover(&spool, outbox, &name, note_problem, NULL, &err) == BP_OK && !disk.is_off) {
            runs[run_count++] = (Run){.name = name};
            break;
        }
        outbox_free(outbox); /* the disk did not want: `up` starts it again */
        if (disk.is_off)
            lose_power();
        disk.is_off = false;
        memset(disk.fds, 0, sizeof disk.fds);
    }
    /* What could not be synced may go with the power, and is not better than spoilt. */
    if (had_problem)
        outbox_each(outbox, note_damaged_item, NULL);
    is_connected = false;
    outbox_check(outbox);
    /* A segment that could not be read now may be passed by its own successors. */
    look_around();
    for (size_t i = 0; i < run_count; i++)
        for (int64_t n = 1; n <= runs[i].last; n++)
            if (!(runs[i].flags[n] & (STORED | EXCUSED | IN_OUTBOX))) {
                assert_true(!(runs[i].flags[n] & ON_DISK) || disk.has_failed);
                if (runs[i].flags[n] & ON_DISK)
                    runs[i].flags[n] |= EXCUSED;
            }
}

static void take_job(void)
{
    if (!job && !disk.is_off) {
        const bool is_crowded = outbox_is_crowded(outbox);
        job = spool_job_new(outbox, &pauses, is_crowded ? INT64_MAX : now_us - 5 * BP_SECOND, is_connected,
                            now_us);
        job_is_done = false;
    } else if (job && !job_is_done) {
        spool_job_do(job, &spool);
        job_is_done = true;
    } else if (job) {
        spool_job_end(job, outbox, &pauses, now_us);
        if (job->kind == SPOOL_READ && job->status == BP_OK) /* it is not read again for what is not in it */
            assert_false(outbox_lacks(outbox, job->segment));
        spool_job_free(job);
        job = NULL;
    }
}

/* In order, as collect_close_spool does it. */
static void close_in_order(void)
{
    while (job && !disk.is_off)
        take_job();
    pauses.append_again_us = 0;
    while (!disk.is_off && (job = spool_job_new(outbox, &pauses, INT64_MAX, false, now_us)) != NULL) {
        job_is_done = false;
        while (job)
            take_job();
    }
    if (!disk.has_failed && disk.room == SIZE_MAX)
        assert_int_equal(outbox_only_in_memory(outbox), 0);
}

static void excuse(void *context, const OutboxItem *item)
{
    uint8_t *flags = flags_of(item->run, item->n);
    (void)context;
    if (item->segment < 0 || *flags & DAMAGED)
        *flags |= EXCUSED;
}

/* Killed or ended: what is in memory alone is gone, what was told to be in a segment is there. */
static void end_collector(bool power_goes)
{
    look_around();
    outbox_each(outbox, excuse, NULL);
    given_up_before += counts().given_up;
    spool_job_free(job);
    job = NULL;
    if (power_goes)
        lose_power();
    disk.is_off = false;
    memset(disk.fds, 0, sizeof disk.fds);
    look_around(); /* with power gone: what the outbox was told to be in a segment still is */
    outbox_free(outbox);
}

/* ---- steps ---- */

static void put(void)
{
    char text[4096];
    Run *run = &runs[run_count - 1];
    const int64_t n = ++run->last;
    if (n >= run->capacity) {
        run->capacity = run->capacity ? run->capacity * 2 : 1024;
        run->flags = realloc(run->flags, (size_t)run->capacity);
    }
    run->flags[n] = 0;
    outbox_put(outbox, (BpStr){text, make_payload(&run->name, n, text)}, 1, now_us);
}

static void deliver(void)
{
    if (wire_count == 0)
        return;
    const size_t i = chance(0.05) ? below(wire_count) : 0;
    const Message message = wire[i];
    if (!chance(0.02)) { /* else it comes again */
        memmove(&wire[i], &wire[i + 1], (wire_count - i - 1) * sizeof *wire);
        wire_count--;
    }
    if (!chance(0.01))
        take_in(&message);
}

static void deliver_back(void)
{
    if (back_count == 0)
        return;
    const size_t i = chance(0.05) ? below(back_count) : 0;
    const Answer answer = back[i];
    if (!chance(0.02)) {
        memmove(&back[i], &back[i + 1], (back_count - i - 1) * sizeof *back);
        back_count--;
    }
    if (chance(0.02))
        return;
    if (answer.is_want)
        outbox_want(outbox, &answer.run, answer.from);
    else
        outbox_stored(outbox, &answer.run, answer.positions, answer.count, now_us);
}

static void note_damaged(void *context, int64_t segment, const MdlRun *run, int64_t n, BpStr payload)
{
    (void)context;
    (void)segment;
    (void)payload;
    *flags_of(run, n) |= DAMAGED;
}

/* Somebody removes a segment, cuts it off or writes over it. */
static void spoil(void)
{
    size_t at = below(FILES_MAX);
    for (int i = 0; i < FILES_MAX && (!disk.files[at].is_there || disk.files[at].size == 0); i++)
        at = (at + 1) % FILES_MAX;
    File *file = &disk.files[at];
    if (!file->is_there || file->size == 0)
        return;
    spool_walk((BpStr){(const char *)file->octets, file->size}, 0, note_damaged, NULL);
    switch (below(3)) {
    case 0: file->is_there = file->is_durable = false; break;
    case 1: file->size = file->synced = below(file->size); break;
    default:
        for (int i = 0; i < 3; i++)
            file->octets[below(file->size)] ^= 0x20;
    }
    disk.has_failed = true;
}

static void reconnect(void)
{
    wire_count = back_count = 0;
    is_connected = true;
    start_over();
    announce();
    outbox_rewind(outbox, now_us);
}

static void step(bool has_faults)
{
    const size_t what = below(1000);
    now_us += (int64_t)below(200) * BP_MS;
    if (what < 150) {
        put();
    } else if (what < 300) {
        if (is_connected && outbox_is_quiet(outbox, now_us))
            outbox_rewind(outbox, now_us);
        if (is_connected)
            (void)outbox_send(outbox, now_us);
    } else if (what < 620) {
        deliver();
    } else if (what < 640) {
        begin_commit();
    } else if (what < 660) {
        end_commit(!chance(0.1));
    } else if (what < 700) {
        deliver_back();
    } else if (what < 980) {
        take_job();
    } else if (what < 984) {
        reconnect();
    } else if (what < 986) {
        is_connected = false;
        wire_count = 0;
    } else if (what < 988) {
        now_us += (int64_t)below(120) * BP_SECOND;
    } else if (what < 990) {
        announce();
    } else if (what == 990) { /* killed, with its transaction committed or not */
        if (chance(0.5))
            end_commit(true);
        start_ingest();
        wire_count = back_count = 0;
        announce();
    } else if (what == 991 && chance(0.5)) {
        if (chance(0.5))
            close_in_order();
        end_collector(chance(0.3));
        wire_count = chance(0.5) ? wire_count : 0;
        start_collector();
    } else if (has_faults && what < 996) {
        disk.fault = (Fault)(FAILS + below(chance(0.1) ? 3 : 2));
        disk.fault_after = (int)below(12);
    } else if (has_faults && what == 996) {
        disk.room = chance(0.5) ? SIZE_MAX : disk_used() + below(16 * 1024);
        disk.has_failed = true;
    } else if (has_faults && what == 997 && chance(0.3)) {
        spoil();
    }
    if (disk.is_off) { /* the machine is off; a while later it is on again */
        end_collector(true);
        start_ingest();
        wire_count = back_count = 0;
        start_collector();
    }
}

/* Everybody is well: all that is held is stored in the end, nothing is left on disk, and the figures agree.
 */
static void come_to_rest(void)
{
    disk.fault = NO_FAULT;
    disk.room = SIZE_MAX;
    for (int i = 0; counts().waiting > 0 || counts().segments > 0 || job; i++) {
        if (i >= 200000)
            fail_msg("%zu batches, %zu segments are left", counts().waiting, counts().segments);
        now_us += 100 * BP_MS;
        if (!is_connected || outbox_is_quiet(outbox, now_us))
            reconnect();
        (void)outbox_send(outbox, now_us);
        while (wire_count)
            deliver();
        begin_commit();
        end_commit(true);
        while (back_count)
            deliver_back();
        take_job();
    }
    put(); /* one more tells what was given up before it */
    for (int i = 0; counts().waiting > 0; i++) {
        assert_true(i < 1000);
        reconnect();
        (void)outbox_send(outbox, now_us);
        while (wire_count)
            deliver();
        begin_commit();
        end_commit(true);
        while (back_count)
            deliver_back();
    }
    const Run *own = &runs[run_count - 1];
    assert_int_equal(own->db_stored, own->last);
    assert_int_equal(outbox_own(outbox)->unsure, 0);
    assert_int_equal(outbox_own(outbox)->certain, 0);
}

static void try_seed(uint64_t seed)
{
    const bool has_faults = seed % 3 != 0;
    random_numbers = bp_random(seed);
    memset(&disk, 0, sizeof disk);
    disk.room = SIZE_MAX;
    run_count = wire_count = back_count = 0;
    now_us = BP_SECOND;
    given_up_before = 0;
    doubles_may_follow = is_committing = false;
    *positions = (Positions){0};
    start_collector();
    start_ingest();
    for (int i = 0; i < STEPS; i++) {
        step(has_faults);
        outbox_check(outbox);
        positions_check(positions);
        if (i % 256 == 0)
            check_all();
        if (!has_faults && !job)
            assert_int_equal(disk_used(), counts().on_disk);
    }
    come_to_rest();
    check_all();
    end_collector(false);
    for (size_t i = 0; i < run_count; i++)
        free(runs[i].flags);
    for (size_t i = 0; i < FILES_MAX; i++)
        free(disk.files[i].octets);
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void every_batch_is_stored_or_kept_or_counted(void **state)
{
    (void)state;
    positions = calloc(1, sizeof *positions);
    gathered = calloc(WIRE_MAX, sizeof *gathered);
    committing = calloc(WIRE_MAX, sizeof *committing);
    const uint64_t first = number_from("TEST_MODEL_FIRST", 1), count = number_from("TEST_MODEL_SEEDS", SEEDS);
    for (uint64_t seed = first; seed < first + count; seed++) {
        print_message("# seed %" PRIu64 "\n", seed);
        try_seed(seed);
    }
    free(positions);
    free(gathered);
    free(committing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_batch_is_stored_or_kept_or_counted)};
    return cmocka_run_group_tests_name("collect model", tests, NULL, NULL);
}
