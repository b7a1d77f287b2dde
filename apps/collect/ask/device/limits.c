#include "apps/collect/ask/device/limits.h"

#include "bacnet/wire/apdu.h"
#include "base/time.h"

enum { RETRY_AFTER_S = 3600 };

static uint16_t clamp_apdu(uint32_t octets)
{
    if (octets < BAC_APDU_MIN)
        return BAC_APDU_MIN;
    return octets < BAC_APDU_MAX ? (uint16_t)octets : BAC_APDU_MAX;
}

CollectLimits collect_limits(uint32_t max_apdu, bool read_multiple)
{
    return (CollectLimits){.request_octets = clamp_apdu(max_apdu),
                           .answer_octets = clamp_apdu(max_apdu),
                           .read_multiple = read_multiple,
                           .answer_retry_us = INT64_MAX,
                           .multiple_retry_us = INT64_MAX};
}

void collect_limits_recall(CollectLimits *limits, bool read_multiple, int64_t answer_octets, int64_t now_us)
{
    if (limits->read_multiple && !read_multiple) {
        limits->read_multiple = false;
        limits->multiple_retry_us = now_us + RETRY_AFTER_S * BP_SECOND;
    }
    if (answer_octets >= BAC_APDU_MIN && answer_octets < limits->answer_octets) {
        limits->answer_octets = (uint16_t)answer_octets;
        limits->answer_retry_us = now_us + RETRY_AFTER_S * BP_SECOND;
    }
}

static CollectRemedy ask_less(CollectLimits *limits, size_t count, size_t answer_octets, int64_t now_us)
{
    if (count <= 1)
        return COLLECT_IS_ERROR;
    const uint16_t half = clamp_apdu((uint32_t)answer_octets / 2);
    if (half < limits->answer_octets)
        limits->answer_octets = half;
    limits->answer_retry_us = now_us + RETRY_AFTER_S * BP_SECOND;
    return COLLECT_ASK_LESS;
}

static CollectRemedy ask_alone(CollectLimits *limits, int64_t now_us)
{
    limits->read_multiple = false;
    limits->multiple_retry_us = now_us + RETRY_AFTER_S * BP_SECOND;
    return COLLECT_ASK_ALONE;
}

/* An Error for the whole request: the service is not there, or one of the things asked for is wrong and the
 * device does not say which. */
static bool is_lack_of_service(BacRefusal refusal)
{
    return refusal.error_class == BAC_CLASS_SERVICES ||
           refusal.code == BAC_CODE_OPTIONAL_FUNCTIONALITY_NOT_SUPPORTED;
}

CollectRemedy collect_limits_refused(CollectLimits *limits, BacRefusal refusal, size_t count,
                                     size_t answer_octets, int64_t now_us)
{
    switch (refusal.kind) {
    case BAC_REFUSED_REJECT:
        if (refusal.code == BAC_REJECT_UNRECOGNIZED_SERVICE)
            return ask_alone(limits, now_us);
        if (refusal.code == BAC_REJECT_BUFFER_OVERFLOW || refusal.code == BAC_REJECT_TOO_MANY_ARGUMENTS)
            return ask_less(limits, count, answer_octets, now_us);
        break;
    case BAC_REFUSED_ABORT: return ask_less(limits, count, answer_octets, now_us);
    default:
        if (is_lack_of_service(refusal))
            return ask_alone(limits, now_us);
        break;
    }
    return count > 1 ? COLLECT_BISECT : COLLECT_IS_ERROR;
}

CollectRemedy collect_limits_unanswered(CollectLimits *limits, size_t count, size_t answer_octets,
                                        int64_t now_us)
{
    const size_t small = (size_t)2 * BAC_APDU_MIN;
    if (count <= 1 || (!limits->multiple_proven && answer_octets <= small))
        return ask_alone(limits, now_us);
    /* Halving from 1476 on, with a timeout for each, would take a minute. */
    if (!limits->multiple_proven && answer_octets > 2 * small)
        answer_octets = 2 * small;
    return ask_less(limits, count, answer_octets, now_us);
}

void collect_limits_relax(CollectLimits *limits, uint32_t max_apdu, int64_t now_us)
{
    if (now_us >= limits->answer_retry_us) {
        const uint16_t most = clamp_apdu(max_apdu);
        const uint32_t twice = 2U * limits->answer_octets;
        limits->answer_octets = twice < most ? (uint16_t)twice : most;
        limits->answer_retry_us =
            limits->answer_octets < most ? now_us + RETRY_AFTER_S * BP_SECOND : INT64_MAX;
    }
    if (!limits->read_multiple && now_us >= limits->multiple_retry_us) {
        limits->read_multiple = true;
        limits->multiple_retry_us = INT64_MAX;
    }
}
