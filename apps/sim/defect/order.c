#include "apps/sim/defect/order.h"

#include "base/parse.h"
#include "base/time.h"

#include <stdio.h>

static const char *find(BpStr text, char octet)
{
    return text.size ? memchr(text.data, octet, text.size) : NULL;
}

/* "2026-07-15T08:00Z": what bp_time_parse takes, and the same without seconds, a zone or both. */
static bool parse_instant(BpStr text, int64_t *ret_us)
{
    enum { MINUTE_END = 16 }; /* octets of 2026-07-15T08:00 */
    char whole[BP_TIME_TEXT_MAX];
    if (bp_time_parse(text, ret_us, NULL) == BP_OK)
        return true;
    if (text.size < MINUTE_END || text.size > sizeof whole - sizeof ":00Z")
        return false;
    for (int i = 1; i < 4; i++) {
        const int size =
            snprintf(whole, sizeof whole, "%.*s%s%.*s%s", MINUTE_END, text.data, i & 2 ? ":00" : "",
                     (int)text.size - MINUTE_END, text.data + MINUTE_END, i & 1 ? "Z" : "");
        if (bp_time_parse((BpStr){whole, (size_t)size}, ret_us, NULL) == BP_OK)
            return true;
    }
    return false;
}

static BpStatus parse_time(BpStr text, int64_t start_us, int64_t *ret_us, BpError *err)
{
    int64_t after_us;
    if (text.size > 0 && text.data[0] == '+') {
        const BpStr duration = {text.data + 1, text.size - 1};
        if (bp_parse_duration_us(duration, &after_us, NULL) == BP_OK &&
            !__builtin_add_overflow(start_us, after_us, ret_us))
            return BP_OK;
    } else if (parse_instant(text, ret_us)) {
        return BP_OK;
    }
    return bp_fail(err, BP_INVALID, "\"%.*s\" is no time as 2026-07-15T08:00Z is, or +2h from the start",
                   BP_STR_ARGS(text));
}

/* "FROM/UNTIL", of which either may be left out. */
static BpStatus parse_times(BpStr text, int64_t start_us, DefectOrder *order, BpError *err)
{
    const bool has_until = find(text, '/') != NULL;
    BpStr until;
    const BpStr from = bp_str_trim(bp_str_cut(text, '/', &until));
    until = bp_str_trim(until);
    if (from.size > 0 || !has_until)
        BP_TRY(parse_time(from, start_us, &order->from_us, err));
    if (has_until)
        BP_TRY(parse_time(until, start_us, &order->until_us, err));
    if (order->from_us == order->until_us)
        return bp_fail(err, BP_INVALID,
                       "it lasts no time: it begins and ends at %.*s; FROM/UNTIL, both "
                       "from the start where they have a +",
                       BP_STR_ARGS(until));
    if (order->from_us > order->until_us)
        return bp_fail(err, BP_INVALID,
                       "it ends (%.*s) before it begins (%.*s): FROM/UNTIL, both from the "
                       "start where they have a +",
                       BP_STR_ARGS(until), BP_STR_ARGS(from));
    return BP_OK;
}

/* Where the times begin: at the first @, but "holds=5@18.5" has one in its value. */
static BpStr cut_times(BpStr text, BpStr *ret_times)
{
    static const char has_one[] = "holds=";
    const size_t size = sizeof has_one - 1;
    *ret_times = (BpStr){text.data, 0};
    const char *at = find(text, '@');
    if (at && text.size > size && memcmp(text.data, has_one, size) == 0)
        at = find((BpStr){at + 1, text.size - (size_t)(at + 1 - text.data)}, '@');
    if (!at)
        return text;
    *ret_times = (BpStr){at + 1, text.size - (size_t)(at + 1 - text.data)};
    return bp_str_trim((BpStr){text.data, (size_t)(at - text.data)});
}

static BpStatus parse_order(BpStr text, BpStr what, int64_t start_us, DefectOrder *ret_order, BpError *err)
{
    BpStr times;
    DefectOrder order = {.what = what, .from_us = INT64_MIN, .until_us = INT64_MAX};
    const BpStr fault = cut_times(text, &times);
    order.has_value = find(fault, '=') != NULL;
    order.fault = bp_str_trim(bp_str_cut(fault, '=', &order.value));
    order.value = bp_str_trim(order.value);
    if (fault.size < text.size && parse_times(times, start_us, &order, err) != BP_OK)
        return bp_within(err, "%.*s:%.*s", BP_STR_ARGS(what), BP_STR_ARGS(text));
    *ret_order = order;
    return BP_OK;
}

/* The next entry of a line: what fails, and in what ways. False at the end. */
static BpStatus next_entry(DefectOrders *orders, bool *ret_has, BpError *err)
{
    BpStr entry = {NULL, 0};
    while (entry.size == 0 && (orders->line.size > 0 || orders->text.size > 0)) {
        if (orders->line.size == 0) {
            orders->line = bp_str_trim(bp_str_cut(orders->text, '\n', &orders->text));
            if (orders->line.size > 0 && orders->line.data[0] == '#')
                orders->line.size = 0;
        } else {
            entry = bp_str_trim(bp_str_cut(orders->line, ';', &orders->line));
        }
    }
    *ret_has = entry.size > 0;
    if (entry.size > 0 && !find(entry, ':'))
        return bp_fail(
            err, BP_INVALID,
            "\"%.*s\": who? A device's instance, all, or equipment comes first, as in 1001:silent or "
            "VAV-1-01:damper-stuck",
            BP_STR_ARGS(entry));
    if (entry.size > 0)
        orders->what = bp_str_trim(bp_str_cut(entry, ':', &orders->faults));
    return BP_OK;
}

BpStatus defect_orders_next(DefectOrders *orders, DefectOrder *ret_order, bool *ret_has, BpError *err)
{
    bool has = true;
    while (orders->faults.size == 0 && has)
        BP_TRY(next_entry(orders, &has, err));
    *ret_has = has;
    if (!has)
        return BP_OK;
    const BpStr text = bp_str_trim(bp_str_cut(orders->faults, ',', &orders->faults));
    return parse_order(text, orders->what, orders->start_us, ret_order, err);
}
