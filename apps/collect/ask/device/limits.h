/* What a device was found to take: how long its answers may get, and whether it reads several properties at
 * once. What it says of itself is only a hint: devices lie. */
#ifndef COLLECT_ASK_DEVICE_LIMITS_H
#define COLLECT_ASK_DEVICE_LIMITS_H

#include "bacnet/service/error.h"

typedef struct CollectLimits {
    uint16_t request_octets;   /* largest APDU of a request */
    uint16_t answer_octets;    /* largest APDU that we let an answer become */
    bool read_multiple;        /* it knows ReadPropertyMultiple, as far as we know */
    bool multiple_proven;      /* it answered one */
    int64_t answer_retry_us;   /* when more may be tried again; INT64_MAX: nothing was taken back */
    int64_t multiple_retry_us; /* the same for ReadPropertyMultiple */
} CollectLimits;

/* From what the device said in its I-Am (any number) and in its Protocol_Services_Supported. */
CollectLimits collect_limits(uint32_t max_apdu, bool read_multiple);

/* What was learned by a run before, from now on; like what is learned now, more is tried after an hour. */
void collect_limits_recall(CollectLimits *limits, bool read_multiple, int64_t answer_octets, int64_t now_us);

/* What is to be done about a batch that a device did not answer as asked. */
typedef enum CollectRemedy {
    COLLECT_ASK_LESS,  /* it was too much: the limits are now smaller */
    COLLECT_BISECT,    /* something in it is wrong: ask for the halves */
    COLLECT_ASK_ALONE, /* ReadPropertyMultiple is not for it: ReadProperty from now on */
    COLLECT_IS_ERROR,  /* a batch of one: this is its error */
} CollectRemedy;

/* `count` things were asked for at once, in answers of up to `answer_octets`. Aborts and some rejects lower
 * the limits, for an hour: then the double is tried. */
CollectRemedy collect_limits_refused(CollectLimits *limits, BacRefusal refusal, size_t count,
                                     size_t answer_octets, int64_t now_us);

/* The same for a batch that went unanswered although the device is alive: some drop what is too long, and
 * some what they do not know. */
CollectRemedy collect_limits_unanswered(CollectLimits *limits, size_t count, size_t answer_octets,
                                        int64_t now_us);

/* Tries more where it is time to. `max_apdu` as for collect_limits. */
void collect_limits_relax(CollectLimits *limits, uint32_t max_apdu, int64_t now_us);

#endif
