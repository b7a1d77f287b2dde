#include "apps/collect/ask/device/pace.h"

#include "base/time.h"

enum {
    CLEAN_ANSWERS = 16,   /* to a full window, before it grows by one */
    WIDEN_AGAIN_S = 3600, /* after a window was too wide */
    DOUBLINGS_MAX = 3,
};

void collect_pace_answered(CollectPace *pace, const BacAnswer *answer, int64_t first_sent_us, int64_t now_us)
{
    /* Which of several tries was answered is not known: the first, at worst. */
    const int64_t trip_us = answer->tries > 1 ? now_us - first_sent_us : answer->round_trip_us;
    pace->silences = 0;
    if (pace->trip_us == 0) {
        pace->trip_us = trip_us > 0 ? trip_us : 1;
        pace->variation_us = trip_us / 2;
        return;
    }
    const int64_t apart_us = trip_us > pace->trip_us ? trip_us - pace->trip_us : pace->trip_us - trip_us;
    pace->variation_us += (apart_us - pace->variation_us) / 4;
    pace->trip_us += (trip_us - pace->trip_us) / 8;
    if (pace->trip_us == 0)
        pace->trip_us = 1;
}

void collect_pace_silent(CollectPace *pace)
{
    if (pace->silences < DOUBLINGS_MAX)
        pace->silences++;
}

int64_t collect_pace_timeout_us(const CollectPace *pace, int64_t otherwise)
{
    if (pace->trip_us == 0)
        return otherwise;
    int64_t timeout_us = pace->trip_us + 4 * pace->variation_us;
    if (timeout_us < BP_SECOND)
        timeout_us = BP_SECOND;
    timeout_us <<= pace->silences;
    return timeout_us < 10 * BP_SECOND ? timeout_us : 10 * BP_SECOND;
}

uint16_t collect_pace_window(const CollectPace *pace, uint16_t most)
{
    const uint16_t window = (uint16_t)(pace->more + 1);
    return window < most ? window : most;
}

void collect_pace_widen(CollectPace *pace, uint16_t most, int64_t now_us)
{
    if (collect_pace_window(pace, most) == most || now_us < pace->widen_at_us ||
        ++pace->clean < CLEAN_ANSWERS)
        return;
    pace->clean = 0;
    pace->more++;
}

void collect_pace_narrow(CollectPace *pace, int64_t now_us)
{
    pace->clean = 0;
    if (pace->more == 0)
        return;
    pace->more /= 2;
    pace->widen_at_us = now_us + WIDEN_AGAIN_S * BP_SECOND;
}
