#include "apps/central/worker.h"

#include "base/log.h"
#include "base/time.h"
#include "io/pg/stream.h"

#include <assert.h>
#include <stdlib.h>

enum {
    WORKERS_MAX = 12,
    STEPS_MAX = 3,
    FAILURES_CAREFUL = 2, /* of a site: then one entry at a time */
    FAILURES_MAX = 5,     /* of one entry, while others are applied: then it is the entry */
    CURRENT_TRIES = 5,
    SLOW_REST = 3, /* times as long as it has worked, a worker of slow sites lets the others go on */
    DOUBLED_MAX = 4,
    DAYS_AT_ONCE = 4, /* far ones, that are made for one site; the others come after a while */
};
static const int64_t PAUSE_US = BP_SECOND, LONGEST_PAUSE_US = 30 * BP_SECOND, ALONE_US = 10 * BP_MINUTE;
/* Reading a portion, or its transaction, is over after that, and so much for each of its readings and each
 * octet of its records; half of it is long. (20,000 readings take a quarter of a second on two cores that
 * have nothing else to do, and 1.7 s at most where they have twenty times as much to do as they can. A
 * hundred points told, 54 kB, take 0.04 s, and 0.13 s where there is seven times as much to do.) A record
 * that says more than a portion takes has no more time for it. A slow site's is over after
 * SLOW_PORTION_US, or twice as long with each time that this did not do. */
static const int64_t PORTION_US = 2 * BP_SECOND, READING_US = 100, RECORD_OCTET_US = 10,
                     SLOW_PORTION_US = 30 * BP_SECOND;
static const int64_t OTHERS_US =
    5 * BP_SECOND; /* so long after their last portion others are thought to go on */
static const int64_t DAY_MADE_US = 10 * BP_SECOND; /* of a site: for each far day that was made for it */

typedef struct Worker {
    Workers *workers;
    Pg *pg;
    Portion portion;
    bool is_busy, is_beside, has_made_days;
    bool is_of_slow;                    /* the one that applies what slow sites have sent */
    int64_t begun_us, since_us, due_us; /* the portion; what is under way of it, and its end; monotonic */
    int64_t long_us;                    /* what is long for it */
    size_t day;                         /* the next that is made */
    unsigned current_tries;             /* of what points are now, behind the portion */
    PgValue work;
    PgStep steps[STEPS_MAX];
} Worker;

struct Workers {
    Loop *loop;
    Sites *sites;
    Notices *notices;
    const Cfg *const *cfg;
    Worker items[WORKERS_MAX + 1];
    size_t count;         /* of those that are not of_slow, which is the one behind them */
    int64_t slow_rest_us; /* until then others go first; monotonic */
    int64_t others_us;    /* when one of those that are not of_slow had ended last; monotonic */
    bool may_work;
    bool is_in_trouble; /* which has been said */
    int64_t pause_us;
    WorkersCounts counts;
};

static void try_portion(Worker *worker);

/* ---- ends ---- */

static void end_portion(Worker *worker)
{
    const int64_t now_us = loop_now_us(worker->workers->loop);
    for (size_t i = 0; i < worker->portion.count; i++) {
        const PortionSite *part = &worker->portion.sites[i];
        if (part->is_over && part->to == part->after)
            site_keep_turn(part->site);
        site_release(part->site);
    }
    worker->portion.count = 0;
    if (worker->is_of_slow)
        worker->workers->slow_rest_us = now_us + SLOW_REST * (now_us - worker->begun_us);
    else
        worker->workers->others_us = now_us;
    worker->is_busy = false;
    workers_go_on(worker->workers);
}

/* What fails may pass, as a full disk does. Where one record fails alone again and again, and what others
 * have sent is applied meanwhile, it takes more of the database than it has. */
static bool is_its_own_fault(const Worker *worker)
{
    const PortionSite *first = &worker->portion.sites[0];
    return worker->portion.count == 1 && first->to == first->after + 1 && first->has_records &&
           first->site->failures >= FAILURES_MAX && pg_is_connected(worker->pg) &&
           worker->workers->counts.portions > first->site->portions;
}

static void note_failure(Workers *workers, PortionSite *part)
{
    Site *site = part->site;
    if (!site->failures)
        site->portions = workers->counts.portions;
    if (++site->failures >= FAILURES_CAREFUL && site->careful_until < part->to)
        site->careful_until = part->to;
    site_forget_decoder(site);
    site->not_before_us = loop_now_us(workers->loop) + workers->pause_us;
}

/* Nothing of it has happened: it is taken again, later. */
static void give_up(Worker *worker, const BpError *err)
{
    Workers *workers = worker->workers;
    workers->counts.failures++;
    if (is_its_own_fault(worker)) {
        worker->portion.sites[0].site->failures = 0;
        portion_refuse(&worker->portion, err->text);
        try_portion(worker);
        return;
    }
    if (!workers->is_in_trouble)
        bp_log(BP_LOG_WARNING, "what sites have sent cannot be applied, and is tried again: %s", err->text);
    workers->is_in_trouble = true;
    workers->pause_us = workers->pause_us * 2 < LONGEST_PAUSE_US ? workers->pause_us * 2 : LONGEST_PAUSE_US;
    for (size_t i = 0; i < worker->portion.count; i++)
        note_failure(workers, &worker->portion.sites[i]);
    end_portion(worker);
}

/* Sessions of a site hold what its records are about: the others' are applied at once, and its own when it
 * has let go. Who that is shows when each comes alone. */
static void on_held(Worker *worker, const BpError *err)
{
    static BpLogKind is_held;
    Workers *workers = worker->workers;
    const int64_t now_us = loop_now_us(workers->loop);
    workers->counts.held++;
    for (size_t i = 0; i < worker->portion.count; i++) {
        Site *site = worker->portion.sites[i].site;
        site->is_alone = site->is_alone || worker->portion.sites[i].has_records;
        site_forget_decoder(site);
        if (worker->portion.count == 1) {
            site->alone_until_us = now_us + ALONE_US;
            site->not_before_us = now_us + PAUSE_US;
            bp_log_some(&is_held, now_us, BP_LOG_NOTICE, "%s; what it sent waits", err->text);
        }
    }
    end_portion(worker);
}

/* ---- what takes long ---- */

static void begin_wait(Worker *worker, size_t readings, size_t record_octets)
{
    const size_t octets = record_octets < PORTION_RECORDS_ENOUGH ? record_octets : PORTION_RECORDS_ENOUGH;
    const int failures = worker->portion.sites[0].site->failures;
    const int64_t patience_us =
        PORTION_US + (int64_t)readings * READING_US + (int64_t)octets * RECORD_OCTET_US;
    worker->since_us = loop_now_us(worker->workers->loop);
    worker->long_us = patience_us / 2;
    worker->due_us =
        worker->since_us + (worker->is_of_slow
                                ? SLOW_PORTION_US << (failures < DOUBLED_MAX ? failures : DOUBLED_MAX)
                                : patience_us);
}

static bool is_over_time(const Worker *worker, BpStatus status)
{
    return status == BP_TIMEOUT && loop_now_us(worker->workers->loop) >= worker->due_us;
}

/* Who it is that takes long shows when each comes alone. */
static void note_time(Worker *worker)
{
    const int64_t now_us = loop_now_us(worker->workers->loop), took_us = now_us - worker->since_us;
    Portion *portion = &worker->portion;
    const PortionSite *first = &portion->sites[0];
    for (size_t i = 0; i < portion->count; i++)
        portion->sites[i].site->is_alone = portion->count > 1 && took_us > worker->long_us;
    if (portion->count == 1 &&
        site_note_time(first->site, first->to - first->after, took_us, worker->long_us, now_us))
        bp_log(BP_LOG_WARNING,
               "site %s: what it sent takes long to apply; it has a turn of its own now, beside the others",
               first->site->id);
}

/* Nothing of it has happened. */
static void on_slow(Worker *worker)
{
    Workers *workers = worker->workers;
    Portion *portion = &worker->portion;
    Site *first = portion->sites[0].site;
    workers->counts.slow++;
    if (is_its_own_fault(worker)) {
        first->failures = 0;
        portion_refuse(portion, "it takes too long to apply, each time");
        try_portion(worker);
        return;
    }
    for (size_t i = 0; i < portion->count; i++)
        site_forget_decoder(portion->sites[i].site);
    if (worker->is_of_slow && portion->sites[0].to <= portion->sites[0].after + 1 && !first->failures++)
        first->portions = workers->counts.portions;
    note_time(worker);
    end_portion(worker);
}

static void put_current(Worker *worker);

/* Whoever fills what nothing is known of may have the same rows: then it is tried again. */
static void on_current(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    static BpLogKind not_current;
    Worker *worker = context;
    (void)rows;
    if (status == BP_UNAVAILABLE && pg_is_connected(worker->pg) && ++worker->current_tries < CURRENT_TRIES) {
        put_current(worker);
        return;
    }
    if (status != BP_OK)
        bp_log_some(&not_current, loop_now_us(worker->workers->loop), BP_LOG_WARNING,
                    "what points are now: %s; their next readings say it", err->text);
    end_portion(worker);
}

static BpStr id_of(void *context, size_t site)
{
    const Portion *portion = context;
    return bp_str(portion->sites[site].site->id);
}

static void put_current(Worker *worker)
{
    static const PgStep upsert = {SQL_UPSERT_CURRENT_VALUES, NULL, 0};
    pg_copy(worker->pg, SQL_COPY_CURRENT_STAGE,
            current_copy(&worker->portion.current, id_of, &worker->portion), &upsert, 1, on_current, worker);
}

static void on_committed(Worker *worker, const PgRows *rows)
{
    Workers *workers = worker->workers;
    Portion *portion = &worker->portion;
    workers->counts.portions++;
    workers->counts.readings += portion->readings;
    if (workers->is_in_trouble)
        bp_log(BP_LOG_NOTICE, "what sites have sent is applied again");
    workers->is_in_trouble = false;
    workers->pause_us = PAUSE_US;
    note_time(worker);
    for (size_t i = 0; i < portion->count; i++) {
        PortionSite *part = &portion->sites[i];
        workers->counts.entries += (uint64_t)(part->to - part->after);
        part->site->applied = part->to;
        part->site->failures = 0;
        part->site->is_far = part->is_far;
        part->site->key_seq = part->key ? part->key : part->site->key_seq;
    }
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        const int64_t put_aside = pg_get_integer(rows, row, 2);
        const BpStr site = pg_get_text(rows, row, 0);
        notices_told(workers->notices, site, pg_get_text(rows, row, 1));
        workers->counts.put_aside += (uint64_t)put_aside;
        if (put_aside)
            bp_log(BP_LOG_WARNING,
                   "site %.*s: %lld entries could not be applied and are put aside: `bacpipes central aside` "
                   "tells why",
                   BP_STR_ARGS(site), (long long)put_aside);
    }
    worker->current_tries = 0;
    if (portion->current.count)
        put_current(worker);
    else
        end_portion(worker);
}

/* The data is at fault. Of many entries nobody can tell which one: they come again, one at a time. */
static void on_bad_data(Worker *worker, const BpError *err)
{
    Portion *portion = &worker->portion;
    PortionSite *first = &portion->sites[0];
    worker->workers->counts.refused++;
    if (portion->count == 1 && first->to == first->after + 1) {
        portion_refuse(portion, err->text);
        try_portion(worker);
        return;
    }
    for (size_t i = 0; i < portion->count; i++) {
        portion->sites[i].site->careful_until = portion->sites[i].to;
        site_forget_decoder(portion->sites[i].site);
    }
    end_portion(worker);
}

static void on_outcome(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Worker *worker = context;
    if (status == BP_OK) {
        on_committed(worker, rows);
    } else if (status == BP_CONFLICT && !worker->is_beside && worker->portion.readings) {
        worker->workers->counts.conflicts++; /* rows that are there: of an epoch that was filed again */
        worker->is_beside = true;
        try_portion(worker);
    } else if (status == BP_NOT_FOUND && !worker->has_made_days) {
        worker->has_made_days = true; /* somebody dropped a day since */
        worker->day = 0;
        try_portion(worker);
    } else if (status == BP_INVALID || status == BP_CONFLICT) {
        on_bad_data(worker, err);
    } else if (is_over_time(worker, status)) {
        on_slow(worker);
    } else if (status == BP_TIMEOUT) {
        on_held(worker, err);
    } else {
        give_up(worker, err);
    }
}

/* ---- a try ---- */

/* To make a day takes long, and one site can ask for hundreds, again and again: few are made at a time, so
 * that others have their turn, and then the site waits. */
static bool pause_for_days(Worker *worker, int64_t made)
{
    const PortionSite *first = &worker->portion.sites[0];
    Site *site = first->site;
    const int64_t now_us = loop_now_us(worker->workers->loop);
    if (!first->is_far || worker->portion.count > 1 || !made)
        return false;
    site->days_until_us = (site->days_until_us > now_us ? site->days_until_us : now_us) + made * DAY_MADE_US;
    if (site->days_until_us <= now_us + DAYS_AT_ONCE * DAY_MADE_US)
        return false;
    site->not_before_us = site->days_until_us;
    if (first->to > first->after + 1)
        site->careful_until = first->to; /* or retention might drop what was made before all of it is */
    site_forget_decoder(site);
    end_portion(worker);
    return true;
}

static void on_day(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Worker *worker = context;
    if (status != BP_OK) {
        give_up(worker, err);
        return;
    }
    worker->day++;
    if (!pause_for_days(worker, pg_get_integer(rows, 0, 0)))
        try_portion(worker);
}

static void commit(Worker *worker)
{
    Portion *portion = &worker->portion;
    size_t count = 0;
    worker->work = pg_text(portion_work(portion, worker->is_beside));
    if (portion->readings && worker->is_beside)
        worker->steps[count++] = (PgStep){SQL_INSERT_UPLINK_STAGED, NULL, 0};
    if (portion->readings)
        worker->steps[count++] = (PgStep){SQL_INSERT_UPLINK_DIRTY, &worker->work, 1};
    worker->steps[count++] = (PgStep){SQL_APPLY_UPLINK, &worker->work, 1};
    PgTicket ticket;
    if (portion->readings)
        ticket = pg_copy(worker->pg, worker->is_beside ? SQL_COPY_READINGS_STAGE : SQL_COPY_READINGS,
                         portion_copy(portion), worker->steps, count, on_outcome, worker);
    else
        ticket = pg_transaction(worker->pg, worker->steps, count, on_outcome, worker);
    begin_wait(worker, portion->readings, portion->record_octets);
    pg_set_deadline(worker->pg, ticket, worker->due_us);
}

/* Days first, each by itself: they may lie far apart. Those that are there cost a look. */
static void try_portion(Worker *worker)
{
    Portion *portion = &worker->portion;
    if (worker->day < portion->day_count) {
        const int64_t at_us = portion->days[worker->day] * BP_DAY;
        const PgValue span[] = {pg_time(at_us), pg_time(at_us)};
        pg_request(worker->pg, SQL_ENSURE_DAYS, span, 2, on_day, worker);
        return;
    }
    commit(worker);
}

/* ---- taking ---- */

static bool on_entry(void *owner, const PgRows *rows)
{
    Worker *worker = owner;
    (void)portion_take(&worker->portion, (size_t)pg_get_integer(rows, 0, 0), pg_get_integer(rows, 0, 1),
                       pg_get_text(rows, 0, 2), pg_get_text(rows, 0, 3), (size_t)pg_get_integer(rows, 0, 4));
    return true;
}

static void on_entries(void *owner, BpStatus status, const BpError *err)
{
    Worker *worker = owner;
    if (is_over_time(worker, status))
        on_slow(worker);
    else if (status != BP_OK)
        give_up(worker, err);
    else if (portion_is_empty(&worker->portion))
        end_portion(worker); /* the decoder has gone on, or there is nothing after all */
    else
        try_portion(worker);
}

static void begin_portion(Worker *worker, Site *const *sites, size_t count)
{
    portion_begin(&worker->portion, sites, count, bp_wall_us(), (*worker->workers->cfg)->central_retention);
    worker->is_busy = true;
    worker->is_beside = worker->has_made_days = false;
    worker->day = 0;
    const PgValue values[] = {pg_text(portion_places(&worker->portion)),
                              pg_integer(portion_entries(&worker->portion))};
    const PgStreamOptions options = {.query = SQL_SELECT_UPLINK_ENTRIES,
                                     .values = values,
                                     .count = 2,
                                     .owner = worker,
                                     .on_row = on_entry,
                                     .on_end = on_entries};
    begin_wait(worker, 0, 0);
    worker->begun_us = worker->since_us;
    pg_stream_set_deadline(pg_stream_new(worker->pg, &options), worker->due_us);
}

static Worker *find_idle(Workers *workers)
{
    for (size_t i = 0; i < workers->count; i++)
        if (!workers->items[i].is_busy && pg_is_connected(workers->items[i].pg))
            return &workers->items[i];
    return NULL;
}

static size_t count_idle(const Workers *workers)
{
    size_t idle = 0;
    for (size_t i = 0; i < workers->count; i++)
        idle += !workers->items[i].is_busy && pg_is_connected(workers->items[i].pg);
    return idle;
}

static bool others_go_on(const Workers *workers)
{
    for (size_t i = 0; i < workers->count; i++)
        if (workers->items[i].is_busy)
            return true;
    return loop_now_us(workers->loop) - workers->others_us < OTHERS_US;
}

static void go_on_with_slow(Workers *workers)
{
    const int64_t now_us = loop_now_us(workers->loop);
    Worker *worker = &workers->items[workers->count];
    if (worker->is_busy || !pg_is_connected(worker->pg) ||
        (now_us < workers->slow_rest_us && others_go_on(workers)))
        return;
    Site *site = sites_next_slow(workers->sites, now_us);
    if (site)
        begin_portion(worker, &site, 1);
}

void workers_go_on(Workers *workers)
{
    Site *sites[PORTION_SITES_MAX];
    for (Worker *worker = find_idle(workers); workers->may_work && worker; worker = find_idle(workers)) {
        const size_t count = sites_next(workers->sites, loop_now_us(workers->loop), count_idle(workers),
                                        sites, PORTION_SITES_MAX);
        if (!count)
            break;
        begin_portion(worker, sites, count);
    }
    if (workers->may_work)
        go_on_with_slow(workers);
}

/* ---- making and freeing ---- */

static void on_prepared(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    static BpLogKind not_prepared;
    const Worker *worker = context;
    (void)rows;
    if (status != BP_OK && pg_is_connected(worker->pg))
        bp_log_some(&not_prepared, loop_now_us(worker->workers->loop), BP_LOG_ERROR,
                    "preparing a connection: %s; has `bacpipes migrate` been run?", err->text);
}

static void on_connected(void *owner)
{
    Worker *worker = owner;
    pg_request(worker->pg, SQL_SET_ASYNCHRONOUS_COMMIT, NULL, 0, on_prepared, worker);
    pg_request(worker->pg, SQL_CREATE_READINGS_STAGE, NULL, 0, on_prepared, worker);
    pg_request(worker->pg, SQL_CREATE_CURRENT_STAGE, NULL, 0, on_prepared, worker);
    workers_go_on(worker->workers);
}

static void on_lost(void *owner, const BpError *why)
{
    (void)owner; /* what was under way has been answered, and the main connection says what is wrong */
    bp_log(BP_LOG_DEBUG, "a worker: %s", why->text);
}

Workers *workers_new(Loop *loop, const PgOptions *database, size_t count, Sites *sites, Notices *notices,
                     const Cfg *const *cfg)
{
    Workers *workers = calloc(1, sizeof *workers);
    if (!workers)
        abort();
    workers->loop = loop;
    workers->sites = sites;
    workers->notices = notices;
    workers->cfg = cfg;
    workers->count = count < WORKERS_MAX ? count : WORKERS_MAX;
    workers->pause_us = PAUSE_US;
    for (size_t i = 0; i <= workers->count; i++) {
        Worker *worker = &workers->items[i];
        PgOptions options = *database;
        options.owner = worker;
        options.on_connected = on_connected;
        options.on_lost = on_lost;
        options.on_notice = NULL;
        worker->workers = workers;
        worker->is_of_slow = i == workers->count;
        portion_init(&worker->portion);
        worker->pg = pg_new(loop, &options);
    }
    return workers;
}

void workers_free(Workers *workers)
{
    if (!workers)
        return;
    workers->may_work = false;
    for (size_t i = 0; i <= workers->count; i++) {
        pg_free(workers->items[i].pg);
        portion_done(&workers->items[i].portion);
    }
    free(workers);
}

void workers_allow(Workers *workers, bool may_work)
{
    workers->may_work = may_work;
    workers_go_on(workers);
}

bool workers_are_busy(const Workers *workers)
{
    for (size_t i = 0; i <= workers->count; i++)
        if (workers->items[i].is_busy)
            return true;
    return false;
}

const WorkersCounts *workers_counts(const Workers *workers)
{
    return &workers->counts;
}
