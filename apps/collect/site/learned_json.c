#include "apps/collect/site/learned_json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

enum { WINDOW_MAX = 64 };

char *collect_learned_json(const CollectDevice *device)
{
    json_auto_t *json = json_pack(
        "{s:b, s:i, s:i, s:i, s:I, s:o}", "read_multiple", device->limits.read_multiple, "request_octets",
        device->limits.request_octets, "answer_octets", device->limits.answer_octets, "window",
        device->pace.more + 1, "points_left_out", (json_int_t)device->points_left_out, "round_trip_ms",
        device->pace.trip_us ? json_real(round((double)device->pace.trip_us / 100) / 10) : json_null());
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    if (!text)
        abort();
    return text;
}

void collect_learned_recall(CollectDevice *device, BpStr text, int64_t now_us)
{
    json_auto_t *json = json_loadb(text.data, text.size, 0, NULL);
    int multiple = 1;
    json_int_t octets = 0, window = 1;
    if (!json || json_unpack(json, "{s?b, s?I, s?I}", "read_multiple", &multiple, "answer_octets", &octets,
                             "window", &window) != 0)
        return;
    collect_limits_recall(&device->limits, multiple != 0, octets, now_us);
    if (window > 1 && window <= WINDOW_MAX)
        device->pace.more = (uint16_t)(window - 1);
}
