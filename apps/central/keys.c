/* With which keys sites sign. Whether the former key has signed for another one PostgreSQL cannot tell: so
 * the table has what came, and here it is looked at. */
#include "apps/central/central.h"
#include "base/log.h"
#include "journal/checkpoint.h"

#include <stdlib.h>

enum { BODY_MAX = 4096 };

/* By the key that was vouched for last, of which `former_hex` is the text. */
static bool is_handed_over(BpStr site, BpStr former_hex, BpStr key_hex, BpStr body_hex)
{
    uint8_t former[SIGN_PUBLIC_SIZE], key[SIGN_PUBLIC_SIZE], body[BODY_MAX];
    JournalHandover handover;
    JournalCheckpoint checkpoint;
    const BpStr octets = {(const char *)body, body_hex.size / 2};
    BpError err;
    return sign_from_hex(former_hex, former, sizeof former) && sign_from_hex(key_hex, key, sizeof key) &&
           body_hex.size <= 2 * sizeof body && sign_from_hex(body_hex, body, octets.size) &&
           journal_handover_read(octets, &handover, &err) == BP_OK &&
           journal_checkpoint_read(octets, &checkpoint, &err) == BP_OK &&
           memcmp(checkpoint.key, key, sizeof key) == 0 && journal_checkpoint_is_signed(site, &checkpoint) &&
           memcmp(handover.former, former, sizeof former) == 0 &&
           journal_handover_is_signed(site, &handover, key);
}

static void on_told(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    (void)context;
    (void)err; /* it is looked at again */
    if (status == BP_OK && pg_row_count(rows) && !pg_is_null(rows, 0, 0))
        bp_log(BP_LOG_WARNING, "%.*s", BP_STR_ARGS(pg_get_text(rows, 0, 0)));
}

/* Of a site one key is told at a time: what is said of it counts for the next. */
static void on_last_told(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    on_told(context, status, rows, err);
    if (status == BP_OK)
        central_look_at_keys(context);
}

static void on_untold(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    static BpLogKind not_read;
    Central *central = context;
    const size_t count = status == BP_OK ? pg_row_count(rows) : 0;
    if (status != BP_OK && pg_is_connected(central->pg))
        bp_log_some(&not_read, loop_now_us(central->loop), BP_LOG_WARNING, "keys of sites: %s", err->text);
    for (size_t row = 0; row < count; row++) {
        const BpStr site = pg_get_text(rows, row, 0);
        const PgValue values[] = {
            pg_text(site), pg_integer(pg_get_integer(rows, row, 1)),
            pg_bool(is_handed_over(site, pg_get_text(rows, row, 4), pg_get_text(rows, row, 2),
                                   pg_get_text(rows, row, 5)))};
        pg_request(central->pg, SQL_TELL_KEY, values, 3, row + 1 < count ? on_told : on_last_told, central);
    }
}

void central_look_at_keys(Central *central)
{
    pg_request(central->pg, SQL_SELECT_UNTOLD_KEYS, NULL, 0, on_untold, central);
}
