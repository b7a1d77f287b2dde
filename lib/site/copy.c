#include "site/copy.h"

#include <stdlib.h>

enum { FIRST = 1 };

/* ---- keys ---- */

void site_pins_done(SitePins *pins)
{
    free(pins->items);
    free(pins->seen_us);
    *pins = (SitePins){0};
}

/* The table has a thousand of a site, and a few of each time that it has joined. */
static void make_room(SitePins *pins)
{
    if (pins->count < pins->capacity)
        return;
    pins->capacity = pins->capacity ? 2 * pins->capacity : 8;
    pins->items = realloc(pins->items, pins->capacity * sizeof *pins->items);
    pins->seen_us = realloc(pins->seen_us, pins->capacity * sizeof *pins->seen_us);
    if (!pins->items || !pins->seen_us)
        abort();
}

void site_copy_take_pin(void *pins, const PgRows *rows, size_t row)
{
    SitePins *taken = pins;
    JournalPin pin = {.epoch = pg_get_integer(rows, row, 1),
                      .seq = pg_get_integer(rows, row, 2),
                      .is_doubted = pg_get_bool(rows, row, 3)};
    if (!sign_from_hex(pg_get_text(rows, row, 0), pin.key, sizeof pin.key))
        return;
    make_room(taken);
    taken->seen_us[taken->count] = pg_get_time_us(rows, row, 4);
    taken->items[taken->count++] = pin;
}

const JournalPin *site_pins_last(const SitePins *pins, int64_t *ret_seen_us)
{
    for (size_t i = pins->count; i-- > 0;)
        if (!pins->items[i].is_doubted) {
            *ret_seen_us = pins->seen_us[i];
            return &pins->items[i];
        }
    return NULL;
}

void site_pin_tell(const JournalPin *pin, BpBuf *out)
{
    char key[2 * SIGN_PUBLIC_SIZE + 1];
    bp_buf_printf(
        out,
        "from here on it is signed with another key, which nobody vouches for, and not believed: %s. "
        "Neither did the key before it sign for it, nor had the site joined anew",
        sign_hex(pin->key, sizeof pin->key, key));
}

/* ---- lives ---- */

void site_copy_take_life(void *verifier, const PgRows *rows, size_t row)
{
    const int64_t epoch = pg_get_integer(rows, row, 0), first_seq = pg_get_integer(rows, row, 3);
    const BpStr hex = pg_get_text(rows, row, 8);
    uint8_t *body = malloc(hex.size / 2 + 1);
    if (!body)
        abort();
    JournalLife life = {.received = {.epoch = epoch, .seq = pg_get_integer(rows, row, 1)},
                        .begins = {.epoch = epoch, .seq = first_seq - FIRST},
                        .previous = pg_get_integer(rows, row, 5),
                        .previous_had = pg_get_integer(rows, row, 6),
                        .begun_had = pg_get_integer(rows, row, 7)};
    if (sign_from_hex(hex, body, hex.size / 2))
        life.beginning = (BpStr){(const char *)body, hex.size / 2};
    if (!sign_from_hex(pg_get_text(rows, row, 2), life.received.digest, SIGN_DIGEST_SIZE) ||
        life.received.seq < first_seq)
        life.received.seq = 0; /* no record of it has come */
    if (!sign_from_hex(pg_get_text(rows, row, 4), life.begins.digest, SIGN_DIGEST_SIZE))
        life.begins.seq = 0;
    journal_verifier_life(verifier, &life);
    free(body);
}

void site_copy_take_end(void *verifier, const PgRows *rows, size_t row)
{
    journal_verifier_came(verifier, pg_get_integer(rows, row, 0), pg_get_integer(rows, row, 1));
}
