/* A central's copy of a site's journal: how it came, and with which keys it was signed. */
#include "apps/audit/audit.h"

#include "io/pg/stream.h"

enum { PINS_MAX = 1000, FIRST = 1 };

static bool take_digest(BpStr octets, uint8_t ret_digest[SIGN_DIGEST_SIZE])
{
    if (octets.size == SIGN_DIGEST_SIZE) /* the table has it so */
        memcpy(ret_digest, octets.data, SIGN_DIGEST_SIZE);
    return octets.size == SIGN_DIGEST_SIZE;
}

/* ---- lives ---- */

static void take_life(void *context, const PgRows *rows)
{
    const int64_t epoch = pg_get_integer(rows, 0, 0), first_seq = pg_get_integer(rows, 0, 3);
    JournalLife life = {.received = {.epoch = epoch, .seq = pg_get_integer(rows, 0, 1)},
                        .begins = {.epoch = epoch, .seq = first_seq - FIRST},
                        .previous = pg_get_integer(rows, 0, 5),
                        .previous_had = pg_get_integer(rows, 0, 6),
                        .begun_had = pg_get_integer(rows, 0, 7),
                        .beginning = pg_get_text(rows, 0, 8)};
    if (!take_digest(pg_get_text(rows, 0, 2), life.received.digest) || life.received.seq < first_seq)
        life.received.seq = 0; /* no record of it has come */
    if (!take_digest(pg_get_text(rows, 0, 4), life.begins.digest))
        life.begins.seq = 0;
    journal_verifier_life(context, &life);
}

BpStatus audit_copy_lives(SiteDatabase *database, const char *site, JournalVerifier *verifier, BpError *err)
{
    const PgValue value = pg_text(bp_str(site));
    return pg_wait_stream(database->pg, SQL_SELECT_JOURNAL_LIVES, &value, 1, take_life, verifier, err);
}

static void take_end(void *context, const PgRows *rows)
{
    journal_verifier_came(context, pg_get_integer(rows, 0, 0), pg_get_integer(rows, 0, 1));
}

BpStatus audit_copy_ends(SiteDatabase *database, const char *site, JournalVerifier *verifier, BpError *err)
{
    const PgValue value = pg_text(bp_str(site));
    return pg_wait_stream(database->pg, SQL_SELECT_JOURNAL_LIVES, &value, 1, take_end, verifier, err);
}

/* ---- keys ---- */

static void take_pin(void *context, const PgRows *rows)
{
    AuditPins *pins = context;
    const BpStr key = pg_get_text(rows, 0, 0);
    if (pins->count == PINS_MAX || key.size != SIGN_PUBLIC_SIZE)
        return;
    pins->seen_us[pins->count] = pg_get_time_us(rows, 0, 4);
    JournalPin *pin = &pins->items[pins->count++];
    *pin = (JournalPin){.epoch = pg_get_integer(rows, 0, 1),
                        .seq = pg_get_integer(rows, 0, 2),
                        .is_doubted = pg_get_bool(rows, 0, 3)};
    memcpy(pin->key, key.data, sizeof pin->key);
}

BpStatus audit_copy_pins(SiteDatabase *database, const char *site, BpArena *arena, AuditPins *ret_pins,
                         BpError *err)
{
    const PgValue value = pg_text(bp_str(site));
    ret_pins->items = bp_arena_take(arena, PINS_MAX * sizeof *ret_pins->items);
    ret_pins->seen_us = bp_arena_take(arena, PINS_MAX * sizeof *ret_pins->seen_us);
    ret_pins->count = 0;
    return pg_wait_stream(database->pg, SQL_SELECT_SITE_KEYS, &value, 1, take_pin, ret_pins, err);
}
