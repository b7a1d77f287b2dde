/* A device's own pace: how many requests it is asked at once, and how long its answers are waited for,
 * learned from its answers. */
#ifndef COLLECT_ASK_DEVICE_PACE_H
#define COLLECT_ASK_DEVICE_PACE_H

#include "bacnet/talk/client.h"

typedef struct CollectPace {
    int64_t trip_us, variation_us; /* smoothed; 0: no answer yet */
    uint16_t more;                 /* requests at once beyond the first */
    uint16_t clean;                /* answers since a window was last changed */
    uint8_t silences;              /* in a row */
    int64_t widen_at_us;           /* not before */
} CollectPace;

/* Takes an answer's time into the round trip. `first_sent_us`: of its first try. */
void collect_pace_answered(CollectPace *pace, const BacAnswer *answer, int64_t first_sent_us, int64_t now_us);
void collect_pace_silent(CollectPace *pace);

/* How long to wait for an answer: the round trip and four times its variation (RFC 6298), 1 to 10 s, doubled
 * with each silence in a row; `otherwise` until there has been an answer. */
int64_t collect_pace_timeout_us(const CollectPace *pace, int64_t otherwise);

/* Requests that may be under way at once: one, and more where `most` allows and the device has kept up. */
uint16_t collect_pace_window(const CollectPace *pace, uint16_t most);

/* A whole window was answered while there was more to ask; it was too much. */
void collect_pace_widen(CollectPace *pace, uint16_t most, int64_t now_us);
void collect_pace_narrow(CollectPace *pace, int64_t now_us);

#endif
