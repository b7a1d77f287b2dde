#include "apps/web/live/ask.h"

#include <stdio.h>
#include <stdlib.h>

enum { NUMBER_MAX = 1000000 };

static int by_number(const void *a, const void *b)
{
    const int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

void live_sort_points(int64_t *points, size_t *count)
{
    qsort(points, *count, sizeof *points, by_number);
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++)
        if (i == 0 || points[i] != points[kept - 1])
            points[kept++] = points[i];
    *count = kept;
}

static BpStatus read_number(const json_t *object, const char *name, int64_t *ret_number, BpError *err)
{
    const json_t *value = json_object_get(object, name);
    if (!value)
        return BP_OK;
    if (!json_is_integer(value) || json_integer_value(value) < 1 || json_integer_value(value) > NUMBER_MAX)
        return bp_fail(err, BP_INVALID, "\"%s\" is a number from 1 to %d, of the client's own", name,
                       NUMBER_MAX);
    *ret_number = json_integer_value(value);
    return BP_OK;
}

static BpStatus read_text(const json_t *object, const char *name, bool is_needed, char *ret_text,
                          size_t capacity, BpError *err)
{
    const json_t *value = json_object_get(object, name);
    if (!is_needed && (!value || json_is_null(value)))
        return BP_OK;
    const BpStr text = {json_string_value(value), json_string_length(value)};
    if (!text.data || memchr(text.data, 0, text.size) || !bp_str_copy(text, ret_text, capacity))
        return bp_fail(err, BP_INVALID, "\"%s\" is a text of at most %zu letters", name, capacity - 1);
    return BP_OK;
}

static BpStatus read_points(const json_t *object, LiveAsk *ask, BpError *err)
{
    const json_t *points = json_object_get(object, "points");
    if (!json_is_array(points) || json_array_size(points) > LIVE_POINTS_MAX)
        return bp_fail(err, BP_INVALID, "\"points\" is a list of at most %d points' numbers",
                       LIVE_POINTS_MAX);
    for (size_t i = 0; i < json_array_size(points); i++) {
        const json_t *point = json_array_get(points, i);
        if (!json_is_integer(point) || json_integer_value(point) < 1 || json_integer_value(point) > INT32_MAX)
            return bp_fail(err, BP_INVALID, "\"points\" has what is no point's number, at place %zu", i + 1);
        ask->points[ask->point_count++] = json_integer_value(point);
    }
    live_sort_points(ask->points, &ask->point_count);
    return BP_OK;
}

BpStatus live_ask_read(BpStr text, LiveAsk *ret_ask, BpError *err)
{
    *ret_ask = (LiveAsk){0};
    json_error_t error;
    json_auto_t *object = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(object))
        return bp_fail(err, BP_INVALID,
                       "no JSON object: {\"watch\": 1, \"site\": \"demo\", \"points\": [1, 2]} is one");
    BP_TRY(read_number(object, "watch", &ret_ask->watch, err));
    BP_TRY(read_number(object, "unwatch", &ret_ask->unwatch, err));
    if (!ret_ask->watch == !ret_ask->unwatch)
        return bp_fail(err, BP_INVALID,
                       "either \"watch\" or \"unwatch\" is needed, with a number of the client's own");
    if (ret_ask->unwatch)
        return BP_OK;
    BP_TRY(read_text(object, "site", true, ret_ask->site, sizeof ret_ask->site, err));
    BP_TRY(read_text(object, "since", false, ret_ask->since, sizeof ret_ask->since, err));
    return read_points(object, ret_ask, err);
}
