#include "apps/query/interval.h"

#include "base/parse.h"
#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>

BpStatus query_interval_parse(const char *text, int64_t *ret_ms, BpError *err)
{
    int64_t interval_us;
    BP_TRY(bp_parse_duration_us(bp_str(text), &interval_us, err));
    if (interval_us < BP_SECOND || interval_us > BP_DAY)
        return bp_fail(err, BP_INVALID, "an interval of %s is none that points are polled at: 1s to 1d",
                       text);
    *ret_ms = interval_us / BP_MS;
    return BP_OK;
}

const char *query_interval_format(bool is_polled, int64_t interval_ms, char ret_text[QUERY_INTERVAL_TEXT_MAX])
{
    static const struct {
        int64_t ms;
        const char *name;
    } units[] = {{24 * 3600 * 1000, "d"}, {3600 * 1000, "h"}, {60 * 1000, "min"}};
    if (!is_polled)
        return "no";
    if (interval_ms == 0)
        return "yes";
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (interval_ms % units[i].ms == 0) {
            snprintf(ret_text, QUERY_INTERVAL_TEXT_MAX, "every %" PRId64 " %s", interval_ms / units[i].ms,
                     units[i].name);
            return ret_text;
        }
    snprintf(ret_text, QUERY_INTERVAL_TEXT_MAX, "every %g s", (double)interval_ms / 1000);
    return ret_text;
}
