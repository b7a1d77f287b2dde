#include "bacnet/talk/foreign.h"

#include "base/invariant.h"
#include "base/time.h"

#include <assert.h>

enum {
    TTL_MIN_S = 30,
    GRACE_S = 30,      /* that a BBMD adds to the time to live (J.5.2.3) */
    RETRY_FIRST_S = 3, /* doubled with each failure, up to: */
    RETRY_MAX_S = 60,
    FORGOTTEN_AGAIN_S = 30, /* between registrations that were confirmed */
};

void bac_foreign_init(BacForeign *foreign, const BacAddress *bbmd, uint16_t ttl_s, int64_t now_us)
{
    *foreign = (BacForeign){.bbmd = *bbmd,
                            .ttl_s = ttl_s < TTL_MIN_S ? TTL_MIN_S : ttl_s,
                            .due_us = now_us,
                            .lapses_us = INT64_MIN};
}

static int64_t retry_us(const BacForeign *foreign)
{
    int64_t wait_s = RETRY_FIRST_S;
    for (uint32_t i = 0; i < foreign->failures && wait_s < RETRY_MAX_S; i++)
        wait_s *= 2;
    return (wait_s < RETRY_MAX_S ? wait_s : RETRY_MAX_S) * BP_SECOND;
}

bool bac_foreign_advance(BacForeign *foreign, BpBuf *out, int64_t now_us)
{
    if (foreign->is_registered && now_us >= foreign->lapses_us)
        foreign->is_registered = false;
    if (now_us < foreign->due_us)
        return false;
    const BacBvlc bvlc = {.function = BAC_BVLC_REGISTER_FOREIGN_DEVICE, .ttl_s = foreign->ttl_s};
    bac_bvlc_end(out, bac_bvlc_begin(out, &bvlc));
    /* As if it failed; the confirmation says otherwise. */
    foreign->due_us = now_us + retry_us(foreign);
    foreign->failures++;
    foreign->sent++;
    BP_INVARIANT(bac_foreign_check(foreign));
    return true;
}

int64_t bac_foreign_next_due_us(const BacForeign *foreign)
{
    return foreign->is_registered && foreign->lapses_us < foreign->due_us ? foreign->lapses_us
                                                                          : foreign->due_us;
}

bool bac_foreign_take(BacForeign *foreign, const BacDatagram *datagram, int64_t now_us)
{
    if (datagram->function != BAC_BVLC_RESULT || !bac_address_equal(&datagram->from, &foreign->bbmd))
        return false;
    if (datagram->bvlc_result == BAC_BVLC_DISTRIBUTE_NAK && foreign->is_registered) {
        foreign->is_registered = false; /* it has restarted, and forgotten us */
        /* Unless it confirms and then knows nothing of it: that is no reason to ask without end. */
        const int64_t again_us = foreign->confirmed_us + FORGOTTEN_AGAIN_S * BP_SECOND;
        foreign->due_us = now_us > again_us ? now_us : again_us;
    }
    /* The result says nothing of what it answers: only while a registration waits is it that one's. */
    if (foreign->failures == 0)
        return false;
    const bool was_registered = foreign->is_registered && now_us < foreign->lapses_us;
    if (datagram->bvlc_result == BAC_BVLC_REGISTER_NAK) {
        foreign->is_refused = true;
        foreign->refused++;
        return false;
    }
    if (datagram->bvlc_result != BAC_BVLC_SUCCESS)
        return false;
    foreign->is_registered = true;
    foreign->is_refused = false;
    foreign->failures = 0;
    foreign->confirmed++;
    foreign->confirmed_us = now_us;
    foreign->due_us = now_us + (int64_t)foreign->ttl_s * BP_SECOND / 2;
    foreign->lapses_us = now_us + (int64_t)(foreign->ttl_s + GRACE_S) * BP_SECOND;
    BP_INVARIANT(bac_foreign_check(foreign));
    return !was_registered;
}

void bac_foreign_check(const BacForeign *foreign)
{
    assert(foreign->ttl_s >= TTL_MIN_S);
    assert(foreign->failures <= foreign->sent && foreign->confirmed <= foreign->sent);
    assert(!foreign->is_refused || foreign->refused > 0);
    assert(!foreign->is_registered || (foreign->confirmed > 0 && foreign->lapses_us > foreign->confirmed_us));
}
