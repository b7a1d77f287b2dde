#include "say/when.h"

#include "base/parse.h"
#include "base/time.h"

BpStatus say_when(const char *option, const char *text, int64_t now_us, int64_t *ret_us, BpError *err)
{
    int64_t ago_us;
    if (bp_parse_duration_us(bp_str(text), &ago_us, NULL) == BP_OK) {
        *ret_us = now_us - ago_us;
        return BP_OK;
    }
    if (bp_time_parse(bp_str(text), ret_us, NULL) == BP_OK)
        return BP_OK;
    return bp_fail(err, BP_INVALID,
                   "--%s %s is neither a time like 2026-11-24T08:00:00Z nor one like 2h or 7d ago", option,
                   text);
}
