/* What central asks for comes down: fetched when a notice or an answer says that there is some, and carried
 * out by the site's database one after the other, each with the move of the position in one transaction.
 *
 * What is left of an entry's life counts from the moment in which it was asked for, on a clock that runs
 * while the machine sleeps: both walls' clocks may be wrong. */
#include "apps/sync/sync.h"
#include "base/log.h"
#include "base/time.h"

#include <stdlib.h>
#include <string.h>

/* Columns of sync_fetch.sql. */
enum { EPOCH, SEQ, KIND, AT, BODY, DIGEST, LIFE_LEFT, COLUMNS };

static const int64_t AGAIN_US = BP_MINUTE, FIRST_DEAF_US = 2 * BP_SECOND, LONGEST_DEAF_US = 5 * BP_MINUTE;

typedef struct Carried {
    int64_t epoch, seq;
    const char *texts[COLUMNS]; /* NULL: there is none; the arena's */
} Carried;

struct SyncCarry {
    bool is_on, is_fetching, is_resting;
    bool has_brought;      /* since the last that brought nothing */
    int64_t deaf_us;       /* for so long no notice is heeded, after some that were about nothing */
    int64_t deaf_until_us; /* and until then */
    int64_t epoch, carried_seq, due_seq;
    int64_t asked_at_us; /* by the clock of the machine's whole life */
    BpArena arena;
    Carried *items;
    size_t count, at;
};

SyncCarry *sync_carry_new(void)
{
    SyncCarry *carry = calloc(1, sizeof *carry);
    if (!carry)
        abort();
    return carry;
}

void sync_carry_free(SyncCarry *carry)
{
    if (carry)
        bp_arena_done(&carry->arena);
    free(carry);
}

static void forget(SyncCarry *carry)
{
    bp_arena_done(&carry->arena);
    carry->arena = (BpArena){0};
    carry->items = NULL;
    carry->count = carry->at = 0;
}

static void carry_next(Sync *sync);
static void fetch(Sync *sync);

/* The site's own database does not take it. What is recorded goes up all the same. */
static void on_refused(Sync *sync, const BpError *err)
{
    bp_log(BP_LOG_ERROR, "carrying out what central asks for: %s; trying again in a minute", err->text);
    forget(sync->carry);
    sync->carry->is_resting = true; /* nothing is asked for till then */
    loop_timer_set(sync->fetch, loop_now_us(sync->loop) + AGAIN_US);
}

static void on_carried(Sync *sync, const PgRows *rows)
{
    SyncCarry *carry = sync->carry;
    carry->carried_seq = pg_get_integer(rows, 0, 0);
    carry->at++;
    sync->carried++;
    carry_next(sync);
}

static PgValue text_of(const Carried *item, int column)
{
    return item->texts[column] ? pg_text(bp_str(item->texts[column])) : pg_null();
}

static void carry_next(Sync *sync)
{
    SyncCarry *carry = sync->carry;
    if (carry->at >= carry->count) {
        forget(carry);
        if (carry->carried_seq < carry->due_seq)
            fetch(sync);
        return;
    }
    const Carried *item = &carry->items[carry->at];
    const double elapsed_s = (double)(bp_boot_us() - carry->asked_at_us) / BP_SECOND;
    const PgValue values[] = {pg_text(sync->site_id), pg_integer(item->epoch),  pg_integer(item->seq),
                              text_of(item, KIND),    text_of(item, AT),        text_of(item, BODY),
                              text_of(item, DIGEST),  text_of(item, LIFE_LEFT), pg_double(elapsed_s)};
    sync_ask(sync, sync->local, SQL_LINK_CARRY, values, sizeof values / sizeof values[0], on_carried,
             on_refused);
}

/* Notices ask for no right: another site can send them in our channel, and each costs octets. What they are
 * about is heard with the next answer anyway. */
static void on_nothing(Sync *sync)
{
    SyncCarry *carry = sync->carry;
    const int64_t now_us = loop_now_us(sync->loop);
    carry->due_seq = carry->carried_seq; /* it was taken back */
    if (carry->has_brought || now_us > carry->deaf_until_us + LONGEST_DEAF_US)
        carry->deaf_us = 0;
    else if (carry->deaf_us == 0)
        carry->deaf_us = FIRST_DEAF_US;
    else
        carry->deaf_us = carry->deaf_us * 2 < LONGEST_DEAF_US ? carry->deaf_us * 2 : LONGEST_DEAF_US;
    carry->has_brought = false;
    carry->deaf_until_us = now_us + carry->deaf_us;
}

static void on_fetched(Sync *sync, const PgRows *rows)
{
    SyncCarry *carry = sync->carry;
    carry->is_fetching = false;
    forget(carry);
    carry->count = pg_row_count(rows);
    if (carry->count == 0) {
        on_nothing(sync);
        return;
    }
    carry->has_brought = true;
    carry->items = bp_arena_take(&carry->arena, carry->count * sizeof *carry->items);
    for (size_t row = 0; row < carry->count; row++) {
        Carried *item = &carry->items[row];
        *item = (Carried){.epoch = pg_get_integer(rows, row, EPOCH), .seq = pg_get_integer(rows, row, SEQ)};
        for (int column = KIND; column < COLUMNS; column++)
            if (!pg_is_null(rows, row, column))
                item->texts[column] = bp_arena_text(&carry->arena, pg_get_text(rows, row, column));
    }
    carry_next(sync);
}

static void fetch(Sync *sync)
{
    SyncCarry *carry = sync->carry;
    if (!carry->is_on || carry->is_fetching || carry->is_resting || carry->count > 0)
        return; /* it goes on behind those */
    carry->is_fetching = true;
    carry->asked_at_us = bp_boot_us();
    const PgValue values[] = {pg_integer(carry->epoch), pg_integer(carry->carried_seq)};
    sync_ask_central(sync, SQL_SYNC_FETCH, values, 2, on_fetched);
}

void sync_carry_due(Sync *sync, int64_t seq)
{
    SyncCarry *carry = sync->carry;
    if (!carry->is_on)
        return;
    if (seq > carry->due_seq || seq == INT64_MAX)
        carry->due_seq = seq;
    if (carry->due_seq > carry->carried_seq)
        fetch(sync);
}

void sync_carry_noticed(Sync *sync)
{
    const SyncCarry *carry = sync->carry;
    if (!carry->is_on || carry->is_resting)
        return;
    if (loop_now_us(sync->loop) < carry->deaf_until_us)
        loop_timer_set(sync->fetch, carry->deaf_until_us);
    else
        sync_carry_due(sync, INT64_MAX);
}

void sync_fetch_again(void *owner)
{
    Sync *sync = owner;
    sync->carry->is_resting = false;
    sync_carry_due(sync, INT64_MAX);
}

void sync_carry_begin(Sync *sync)
{
    SyncCarry *carry = sync->carry;
    const Plan *plan = &sync->plan;
    if (plan->due_epoch == 0)
        return;
    carry->is_on = true;
    carry->epoch = plan->due_epoch;
    carry->carried_seq = plan->due_epoch == plan->down_epoch ? plan->down_seq : 0;
    carry->due_seq = plan->due_seq;
    sync_carry_due(sync, plan->due_seq);
}

void sync_carry_end(Sync *sync)
{
    SyncCarry *carry = sync->carry;
    carry->is_on = carry->is_fetching = carry->is_resting = false;
    forget(carry);
    loop_timer_clear(sync->fetch);
}
