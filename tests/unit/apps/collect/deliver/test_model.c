/* Outbox, spool and ingest's positions together, over a wire that drops, doubles and mixes up, on a disk that
 * fails, with whatever may end ending at any moment: random steps, and after them what must hold. A disk, a
 * wire and a database are a few arrays here, so that a seed of 100,000 steps takes a fraction of a second.
 * BACPIPES_MODEL_SEEDS=200 tries more of them, BACPIPES_MODEL_FIRST=17 begins with another. */
#include "apps/collect/deliver/spool_job.h"
#include "apps/ingest/position.h"
#include "base/random.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    STEPS = 100000,
    SEEDS = 6,
    RUNS_MAX = 900,
    FILES_MAX = 512,
    FDS_MAX = 8,
    WIRE_MAX = 4096,
    BACK_MAX = 64
};

static BpRandom random_numbers;

static size_t below(size_t limit)
{
    return (size_t)(bp_random_u64(&random_numbers) % limit);
}

static bool chance(double probability)
{
    return bp_random_unit(&random_numbers) < probability;
}

/* ---- what is true of each batch, whatever the programs think ---- */

enum {
    STORED = 1,
    DAMAGED = 2, /* its record was spoilt from outside */
    EXCUSED = 4, /* nobody could have saved it: in memory alone when the collector was killed, or spoilt */
};

typedef struct Run {
    MdlRun name;
    uint8_t *flags; /* by number */
    int64_t last, capacity;
    int64_t db_stored, db_skipped;
    bool is_inexact; /* it was reset during a commit: some of that may be counted as skipped as well */
} Run;

static Run runs[RUNS_MAX];
static size_t run_count;

static Run *find_run(const MdlRun *name)
{
    for (size_t i = run_count; i-- > 0;)
        if (strcmp(runs[i].name.text, name->text) == 0)
            return &runs[i];
    fail_msg("run %s was never begun", name->text);
    return NULL;
}

static uint8_t *flags_of(const MdlRun *name, int64_t n)
{
    Run *run = find_run(name);
    assert_true(n >= 1 && n <= run->last);
    return &run->flags[n];
}

/* ---- a disk ---- */

typedef struct File {
    char path[64];
    uint8_t *octets;
    size_t size, synced, capacity;
    bool is_there, is_durable; /* its name, now; its name, should power go */
} File;

typedef enum Fault { NO_FAULT, FAILS, IS_SHORT, POWER_GOES } Fault;

static struct {
    File files[FILES_MAX];
    struct {
        File *file; /* NULL: the folder */
        size_t offset;
        bool is_open;
    } fds[FDS_MAX];
    size_t room; /* octets of all files */
    Fault fault; /* of the call that comes after so many others */
    int fault_after;
    bool is_off;
    bool has_failed; /* since the collector's start */
} disk;

static size_t disk_used(void)
{
    size_t used = 0;
    for (size_t i = 0; i < FILES_MAX; i++)
        used += disk.files[i].is_there ? disk.files[i].size : 0;
    return used;
}

/* Each call to the disk comes by here. */
static Fault pass(void)
{
    if (disk.is_off) {
        errno = EIO;
        return FAILS;
    }
    if (disk.fault == NO_FAULT || disk.fault_after-- > 0)
        return NO_FAULT;
    const Fault fault = disk.fault;
    disk.fault = NO_FAULT;
    disk.has_failed = true;
    disk.is_off = fault == POWER_GOES;
    errno = EIO;
    return fault == IS_SHORT ? IS_SHORT : FAILS;
}

static File *find_file(const char *path)
{
    for (size_t i = 0; i < FILES_MAX; i++)
        if (disk.files[i].is_there && strcmp(disk.files[i].path, path) == 0)
            return &disk.files[i];
    return NULL;
}

static File *make_file(const char *path)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        File *file = &disk.files[i];
        if (file->is_there || file->is_durable)
            continue; /* is_durable alone: its removal may be forgotten */
        file->size = file->synced = 0;
        file->is_there = true;
        snprintf(file->path, sizeof file->path, "%s", path);
        return file;
    }
    fail_msg("more than %d files", FILES_MAX);
    return NULL;
}

static int model_open(void *owner, const char *path, int flags)
{
    (void)owner;
    if (pass() != NO_FAULT)
        return -1;
    File *file = flags & O_DIRECTORY ? NULL : find_file(path);
    if (!file && !(flags & (O_CREAT | O_DIRECTORY))) {
        errno = ENOENT;
        return -1;
    }
    if (!file && flags & O_CREAT)
        file = make_file(path);
    for (int fd = 0; fd < FDS_MAX; fd++)
        if (!disk.fds[fd].is_open) {
            disk.fds[fd].file = file;
            disk.fds[fd].is_open = true;
            disk.fds[fd].offset = 0;
            return fd;
        }
    fail_msg("descriptors are not closed");
    return -1;
}

static ssize_t model_read(void *owner, int fd, void *octets, size_t size)
{
    (void)owner;
    const Fault fault = pass();
    if (fault == FAILS)
        return -1;
    const File *file = disk.fds[fd].file;
    size_t left = file->size - disk.fds[fd].offset;
    left = left < size ? left : size;
    if (fault == IS_SHORT && left > 1)
        left /= 2;
    if (left)
        memcpy(octets, file->octets + disk.fds[fd].offset, left);
    disk.fds[fd].offset += left;
    return (ssize_t)left;
}

static ssize_t model_write(void *owner, int fd, const void *octets, size_t size)
{
    (void)owner;
    const Fault fault = pass();
    File *file = disk.fds[fd].file;
    const size_t used = disk_used();
    if (fault == FAILS && !disk.is_off)
        return -1;
    if (disk.is_off || fault == IS_SHORT)
        size = size / 2; /* power goes in the middle of it */
    if (used + size > disk.room)
        size = disk.room > used ? disk.room - used : 0;
    if (size == 0) {
        errno = ENOSPC;
        return -1;
    }
    while (file->size + size > file->capacity) {
        file->capacity = file->capacity ? file->capacity * 2 : 64 * 1024;
        file->octets = realloc(file->octets, file->capacity);
    }
    memcpy(file->octets + file->size, octets, size);
    file->size += size;
    return disk.is_off ? -1 : (ssize_t)size;
}

static int64_t model_size(void *owner, int fd)
{
    (void)owner;
    return pass() == NO_FAULT ? (int64_t)disk.fds[fd].file->size : -1;
}

static int model_sync(void *owner, int fd)
{
    (void)owner;
    if (pass() != NO_FAULT)
        return -1;
    File *file = disk.fds[fd].file;
    if (file)
        file->synced = file->size;
    for (size_t i = 0; !file && i < FILES_MAX; i++)
        disk.files[i].is_durable = disk.files[i].is_there;
    return 0;
}

static int model_truncate(void *owner, int fd, int64_t size)
{
    (void)owner;
    if (pass() != NO_FAULT)
        return -1;
    File *file = disk.fds[fd].file;
    assert_true(size >= 0 && (size_t)size <= file->size);
    file->size = (size_t)size;
    file->synced = file->synced < file->size ? file->synced : file->size;
    return 0;
}

static int model_close(void *owner, int fd)
{
    (void)owner;
    disk.fds[fd].is_open = false;
    return 0;
}

static int model_remove(void *owner, const char *path)
{
    (void)owner;
    if (pass() != NO_FAULT)
        return -1;
    File *file = find_file(path);
    if (!file) {
        errno = ENOENT;
        return -1;
    }
    file->is_there = false;
    return 0;
}

static int model_list(void *owner, const char *folder, void (*each)(void *context, const char *name),
                      void *context)
{
    (void)owner;
    if (pass() != NO_FAULT)
        return -1;
    for (size_t i = FILES_MAX; i-- > 0;)
        if (disk.files[i].is_there)
            each(context, disk.files[i].path + strlen(folder) + 1);
    return 0;
}

static const SpoolFiles model_files = {.open = model_open,
                                       .read = model_read,
                                       .write = model_write,
                                       .size = model_size,
                                       .sync = model_sync,
                                       .truncate = model_truncate,
                                       .close = model_close,
                                       .remove = model_remove,
                                       .list = model_list};
static const Spool spool = {&model_files, "spool"};

/* What was not synced is there or not, as it happens. */
static void lose_power(void)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        File *file = &disk.files[i];
        if (file->is_there != file->is_durable && chance(0.5))
            file->is_there = file->is_durable;
        file->is_durable = file->is_there;
        if (file->size > file->synced)
            file->size = file->synced + below(file->size - file->synced + 1);
        file->synced = file->size;
    }
}

/* ---- the collector ---- */

static Outbox outbox;
static SpoolJob *job;
static bool job_is_done;
static int64_t now_us;
static bool is_connected;
static uint64_t given_up_before; /* by collectors that have ended */

/* ---- the wire, to ingest and back ---- */

typedef struct Message {
    MdlRun run;
    int64_t n, oldest;
    int64_t skipped; /* when ingest took it */
} Message;

typedef struct Answer {
    bool is_want;
    MdlRun run; /* the session, or whose batches are wanted */
    int64_t from;
    MdlPosition positions[MDL_POSITIONS_MAX];
    size_t count;
} Answer;

static Message wire[WIRE_MAX];
static size_t wire_count;
static Answer back[BACK_MAX];
static size_t back_count;

static size_t make_payload(const MdlRun *run, int64_t n, char text[4096])
{
    size_t size = (size_t)sprintf(text, "%s:%" PRId64 ":", run->text, n);
    const size_t more = (size_t)(bp_hash(text, size, 0) % 700);
    memset(text + size, 'x', more);
    return size + more;
}

static bool send_batch(void *owner, const MdlRun *run, int64_t n, int64_t oldest, BpStr payload)
{
    (void)owner;
    char text[4096];
    if (wire_count == WIRE_MAX || chance(0.02))
        return false;
    assert_true(bp_str_equal(payload, (BpStr){text, make_payload(run, n, text)})); /* its own, and whole */
    wire[wire_count++] = (Message){*run, n, oldest, 0};
    return true;
}

/* ---- ingest, and the database ---- */

static Positions *positions;
static MdlRun session;
static bool doubles_may_follow, is_committing,
    was_reset; /* while it was committing: batches may come twice, and fall together */
static Message *gathered, *committing;
static size_t gathered_count, committing_count;

static void start_ingest(void)
{
    positions->count = 0;
    for (size_t i = 0; i < run_count; i++) {
        Position *position = positions_find(positions, &runs[i].name);
        position->stored = position->accepted = runs[i].db_stored;
        position->skipped = position->accepted_skipped = runs[i].db_skipped;
    }
    gathered_count = 0;
    is_committing = was_reset = false;
    session = mdl_run(bp_random_u64(&random_numbers));
}

static void start_over(void)
{
    session = mdl_run(bp_random_u64(&random_numbers));
    was_reset = was_reset || is_committing;
    for (size_t i = 0; is_committing && i < run_count; i++)
        runs[i].is_inexact = true;
    positions_reset(positions);
    gathered_count = 0;
}

static void announce(void)
{
    if (back_count == BACK_MAX)
        return;
    Answer *answer = &back[back_count++];
    *answer = (Answer){.run = session};
    answer->count = positions_announced(positions, answer->positions);
}

static void take_in(const Message *message)
{
    Position *position = positions_find(positions, &message->run);
    switch (position_judge(position, message->n, message->oldest)) {
    case BATCH_IS_NEXT:
        if (gathered_count == WIRE_MAX || chance(0.03))
            break; /* let go: it is wanted again */
        gathered[gathered_count] = *message;
        gathered[gathered_count++].skipped = position->accepted_skipped;
        position_accept(position, message->n);
        break;
    case BATCH_IS_AHEAD:
        if (back_count < BACK_MAX)
            back[back_count++] =
                (Answer){.is_want = true, .run = position->run, .from = position->accepted + 1};
        break;
    case BATCH_IS_REPEAT: break;
    case BATCH_IS_BEYOND: fail_msg("number %" PRId64 " was never given out", message->n);
    }
}

static void begin_commit(void)
{
    if (is_committing)
        return;
    Message *swapped = committing;
    committing = gathered;
    committing_count = gathered_count;
    gathered = swapped;
    gathered_count = 0;
    is_committing = true;
}

/* Returns how many are counted as skipped and stored all the same: none, unless ingest was reset during a
 * commit and some of it was given up at that moment. */
static int64_t check_database(const Run *run)
{
    int64_t missing = 0;
    for (int64_t n = 1; n <= run->db_stored; n++)
        missing += !(run->flags[n] & STORED);
    assert_true(run->is_inexact ? missing <= run->db_skipped : missing == run->db_skipped);
    return run->db_skipped - missing;
}

static void end_commit(bool succeeds)
{
    if (!is_committing)
        return;
    const bool may_be_double = was_reset;
    is_committing = was_reset = false;
    if (!succeeds) {
        start_over();
        announce();
        return;
    }
    for (size_t i = 0; i < committing_count; i++) {
        Run *run = find_run(&committing[i].run);
        uint8_t *flags = flags_of(&committing[i].run, committing[i].n);
        /* After a reset during a commit that succeeded; in the database the key keeps doubles out. */
        assert_true(committing[i].n > run->db_stored || doubles_may_follow);
        assert_true(!(*flags & STORED) || doubles_may_follow);
        *flags |= STORED;
        positions_stored(positions, &run->name, committing[i].n, committing[i].skipped);
    }
    doubles_may_follow = may_be_double;
    for (size_t i = 0; i < committing_count; i++) { /* upsert_positions.sql */
        Run *run = find_run(&committing[i].run);
        run->db_stored = committing[i].n > run->db_stored ? committing[i].n : run->db_stored;
        run->db_skipped = committing[i].skipped > run->db_skipped ? committing[i].skipped : run->db_skipped;
    }
    for (size_t i = 0; i < positions->count; i++) /* never back */
        assert_int_equal(positions->items[i].stored, find_run(&positions->items[i].run)->db_stored);
    positions_check(positions);
    announce();
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

static void look_around(void)
{
    for (size_t i = 0; i < run_count; i++)
        for (int64_t n = 1; n <= runs[i].last; n++)
            runs[i].flags[n] &= (uint8_t) ~(IN_OUTBOX | ON_DISK | HELD);
    for (size_t i = 0; i < FILES_MAX; i++)
        if (disk.files[i].is_there)
            spool_walk((BpStr){(const char *)disk.files[i].octets, disk.files[i].size}, 0, note_on_disk,
                       NULL);
    for (size_t i = 0; i < outbox.count; i++) {
        const OutboxBatch *batch = &outbox.items[(outbox.first + i) % outbox.capacity];
        uint8_t *flags = flags_of(&outbox.runs[batch->run].name, batch->n);
        *flags |= IN_OUTBOX | (batch->payload ? HELD : 0);
        if (batch->segment >= 0 && !(*flags & (ON_DISK | DAMAGED)))
            fail_msg("batch %" PRId64 " of run %u is not in segment %" PRId64, batch->n, batch->run,
                     batch->segment);
    }
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
    if (lost > given_up_before + outbox.counts.given_up)
        fail_msg("%" PRIu64 " batches are lost, %" PRIu64 " were given up", lost,
                 given_up_before + outbox.counts.given_up);
    assert_true(outbox.counts.dropped <= never_stored);
}

/* ---- beginning and ending ---- */

static bool had_problem;

static void note_problem(void *context, const char *text)
{
    (void)context;
    (void)text;
    had_problem = true;
}

static void start_collector(void)
{
    BpError err;
    assert_true(run_count < RUNS_MAX);
    disk.has_failed = disk.fault != NO_FAULT;
    for (;;) {
        const MdlRun name = mdl_run(bp_random_u64(&random_numbers));
        outbox = (Outbox){
            .send = send_batch, .memory_max = 8 * 1024, .disk_max = (int64_t)(64 + below(200)) * 1024};
        had_problem = false;
        if (spool_recover(&spool, &outbox, &name, note_problem, NULL, &err) == BP_OK && !disk.is_off) {
            runs[run_count++] = (Run){.name = name};
            break;
        }
        outbox_done(&outbox); /* the disk did not want: `up` starts it again */
        if (disk.is_off)
            lose_power();
        disk.is_off = false;
        memset(disk.fds, 0, sizeof disk.fds);
    }
    /* What could not be synced may go with the power, and is not better than spoilt. */
    for (size_t i = 0; had_problem && i < outbox.count; i++)
        *flags_of(&outbox.runs[outbox.items[i].run].name, outbox.items[i].n) |= DAMAGED;
    is_connected = false;
    outbox_check(&outbox);
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
        const bool is_crowded = (int64_t)outbox.memory > outbox.memory_max;
        job = spool_job_new(&outbox, is_crowded ? INT64_MAX : now_us - 5 * BP_SECOND, is_connected, now_us);
        job_is_done = false;
    } else if (job && !job_is_done) {
        spool_job_do(job, &spool);
        job_is_done = true;
    } else if (job) {
        spool_job_end(job, &outbox, now_us);
        if (job->kind == SPOOL_READ && job->status == BP_OK) /* it is not read again for what is not in it */
            assert_false(outbox_lacks(&outbox, job->segment));
        spool_job_free(job);
        job = NULL;
    }
}

/* In order, as collect_close_spool does it. */
static void close_in_order(void)
{
    while (job && !disk.is_off)
        take_job();
    outbox.append_again_us = 0;
    while (!disk.is_off && (job = spool_job_new(&outbox, INT64_MAX, false, now_us)) != NULL) {
        job_is_done = false;
        while (job)
            take_job();
    }
    if (!disk.has_failed && disk.room == SIZE_MAX)
        assert_int_equal(outbox_only_in_memory(&outbox), 0);
}

/* Killed or ended: what is in memory alone is gone, what was told to be in a segment is there. */
static void end_collector(bool power_goes)
{
    look_around();
    for (size_t i = 0; i < outbox.count; i++) {
        const OutboxBatch *batch = &outbox.items[(outbox.first + i) % outbox.capacity];
        const MdlRun *run = &outbox.runs[batch->run].name;
        if (batch->segment < 0)
            *flags_of(run, batch->n) |= EXCUSED;
    }
    for (size_t i = 0; i < outbox.count; i++) {
        const OutboxBatch *batch = &outbox.items[(outbox.first + i) % outbox.capacity];
        uint8_t *flags = flags_of(&outbox.runs[batch->run].name, batch->n);
        if (*flags & DAMAGED)
            *flags |= EXCUSED;
    }
    given_up_before += outbox.counts.given_up;
    spool_job_free(job);
    job = NULL;
    if (power_goes)
        lose_power();
    disk.is_off = false;
    memset(disk.fds, 0, sizeof disk.fds);
    look_around(); /* with power gone: what the outbox was told to be in a segment still is */
    outbox_done(&outbox);
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
    (void)outbox_put(&outbox, (BpStr){text, make_payload(&run->name, n, text)}, 1, now_us);
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
        outbox_want(&outbox, &answer.run, answer.from);
    else
        outbox_stored(&outbox, &answer.run, answer.positions, answer.count, now_us);
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
    outbox_rewind(&outbox, now_us);
}

static void step(bool has_faults)
{
    const size_t what = below(1000);
    now_us += (int64_t)below(200) * BP_MS;
    if (what < 150) {
        put();
    } else if (what < 300) {
        if (is_connected && outbox_is_quiet(&outbox, now_us))
            outbox_rewind(&outbox, now_us);
        if (is_connected)
            (void)outbox_send(&outbox, now_us);
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
    for (int i = 0; outbox.count > 0 || outbox.done_count > 0 || outbox.segment_count > 0 || job; i++) {
        if (i >= 200000)
            fail_msg("%zu batches, %zu segments are left", outbox.count, outbox.segment_count);
        now_us += 100 * BP_MS;
        if (!is_connected || outbox_is_quiet(&outbox, now_us))
            reconnect();
        (void)outbox_send(&outbox, now_us);
        while (wire_count)
            deliver();
        begin_commit();
        end_commit(true);
        while (back_count)
            deliver_back();
        take_job();
    }
    put(); /* one more tells what was given up before it */
    for (int i = 0; outbox.count > 0; i++) {
        assert_true(i < 1000);
        reconnect();
        (void)outbox_send(&outbox, now_us);
        while (wire_count)
            deliver();
        begin_commit();
        end_commit(true);
        while (back_count)
            deliver_back();
    }
    const Run *own = &runs[run_count - 1];
    assert_int_equal(own->db_stored, own->last);
    assert_int_equal(outbox.runs[outbox.run_count - 1].unsure, 0);
    assert_int_equal(outbox.runs[outbox.run_count - 1].certain, 0);
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
        outbox_check(&outbox);
        positions_check(positions);
        if (i % 256 == 0)
            check_all();
        if (!has_faults && !job)
            assert_int_equal(disk_used(), outbox.on_disk);
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
    const uint64_t first = number_from("BACPIPES_MODEL_FIRST", 1),
                   count = number_from("BACPIPES_MODEL_SEEDS", SEEDS);
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
