/* bacpipes trend: what a device has logged itself, by ReadRange. */
#include "apps/ask/log_walk.h"
#include "node/device.h"
#include "node/readings.h"
#include "node/tool.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/progress.h"
#include "say/table.h"
#include "say/when.h"

#include "apps/roles.h"
#include "bacnet/service/log_record.h"
#include "bacnet/service/read_range.h"
#include "base/parse.h"
#include "base/time.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum {
    AT_ONCE = 50, /* records asked for in one request: devices cut it to what they can */
    FEW = 8,
    EMPTY_MAX = 16,
    LAST_DEFAULT = 20,
    VALUE_TEXT_MAX = 256,
};

static const char *since_text, *until_text;
static int64_t last;
static bool csv;

static const CfgOption options[] = {
    {"last", "N", "The last N records. Default: 20, where neither --since nor --until is given.",
     .integer = &last, .min = 1, .max = INT32_MAX},
    {"since", "TIME",
     "Records from then on: a time of the device's clock as it is shown, one with a zone "
     "(2026-11-24T08:00:00Z), or this long ago (6h, 7d).",
     .text = &since_text},
    {"until", "TIME", "And up to then, said in the same way.", .text = &until_text},
    {"csv", NULL, "Write CSV instead of a table.", .flag = &csv},
    NODE_OPTIONS,
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes trend",
    .positionals = "DEVICE OBJECT",
    .positionals_min = 2,
    .positionals_max = 2,
    .summary = "Shows what a trend log of a device holds (ReadRange), in pieces of what the device can send "
               "at once, one after the other.",
    .options = options,
    .offers_json = true,
    .details = NODE_DEVICE_HELP "OBJECT is a trend log: trend-log,1 or tl,1.\n"
                                "Times of records are the device's own clock's, which knows no zone, in "
                                "JSON and CSV too.\n" SAY_EXIT_CODES,
    .examples = "bacpipes trend 1001 tl,1\n"
                "bacpipes trend 1001 tl,1 --since 6h --csv > sat.csv\n"
                "bacpipes read 1001 tl,1 all",
};

typedef struct Trend {
    const Cfg *cfg;
    BpArena *arena;
    Node *node;
    BacPeer *peer;
    BacReference buffer;
    AskLogWalk walk;
    int32_t at_once;
    bool has_until;
    int64_t until_us;  /* of the device's clock */
    int64_t wanted;    /* records; INT64_MAX: all there are */
    uint32_t position; /* of the first, where it is not found by its number; 0: by its time */
    uint32_t empty;    /* answers in a row */
    size_t count;
    SayTable table;
    json_t *json; /* NULL: a table */
} Trend;

/* ---- what the device says besides ---- */

/* How many records there are, and how many were logged ever: the number of the last one. At once, since both
 * move; ret_total: 0 where the device does not count. */
static BpStatus read_counts(Trend *trend, uint32_t *ret_count, uint32_t *ret_total, BpError *err)
{
    const BacReference references[] = {{trend->buffer.object, BAC_PROP_RECORD_COUNT, BAC_NO_INDEX},
                                       {trend->buffer.object, BAC_PROP_TOTAL_RECORD_COUNT, BAC_NO_INDEX}};
    char refusal[BAC_REFUSAL_TEXT_MAX];
    NodeReadings readings = {.arena = trend->arena};
    BacValue count, total;
    const BpStatus status = node_readings_read(&readings, trend->node, trend->peer, references, 2, err);
    if (status != BP_OK)
        return status;
    if (!node_reading_first(&readings.items[0], &count) || count.type != BAC_UNSIGNED)
        return bp_fail(err, BP_REFUSED, "no trend log: the device says no record-count: %s",
                       readings.items[0].refusal.kind == BAC_NOT_REFUSED
                           ? "what it says is no number"
                           : bac_refusal_format(readings.items[0].refusal, refusal));
    const bool has_total = node_reading_first(&readings.items[1], &total) && total.type == BAC_UNSIGNED &&
                           total.natural >= count.natural;
    *ret_count = (uint32_t)count.natural;
    *ret_total = has_total ? (uint32_t)total.natural : 0;
    return BP_OK;
}

/* ---- records ---- */

static void show_datum(const BacLogRecord *record, BpBuf *out)
{
    static const char *const statuses[] = {"log disabled", "buffer purged", "log interrupted"};
    char refusal[BAC_REFUSAL_TEXT_MAX];
    switch (record->datum) {
    case BAC_LOG_STATUS:
        for (uint32_t i = 0; i < 3; i++)
            if (bac_bits_test(record->value.bits, i))
                bp_buf_printf(out, "%s%s", out->size ? ", " : "", statuses[i]);
        if (out->size == 0)
            bp_buf_str(out, bp_str("log enabled"));
        break;
    case BAC_LOG_FAILURE: bp_buf_str(out, bp_str(bac_refusal_format(record->failure, refusal))); break;
    case BAC_LOG_TIME_CHANGE: bp_buf_printf(out, "clock set by %g s", (double)record->value.real); break;
    case BAC_LOG_ANY: bp_buf_str(out, bp_str("(constructed)")); break;
    default: bac_value_format(out, &record->value);
    }
}

static const char *datum_name(BacLogDatum datum)
{
    switch (datum) {
    case BAC_LOG_STATUS: return "log-status";
    case BAC_LOG_FAILURE: return "failure";
    case BAC_LOG_TIME_CHANGE: return "time-change";
    default: return "value";
    }
}

static void show_flags(const BacLogRecord *record, BpBuf *out)
{
    static const char *const names[] = {"in-alarm", "fault", "overridden", "out-of-service"};
    for (uint32_t i = 0; record->has_status_flags && i < 4; i++)
        if (bac_bits_test(record->status_flags, i))
            bp_buf_printf(out, "%s%s", out->size ? " " : "", names[i]);
}

static void add_json(Trend *trend, const BacLogRecord *record, const char *time, BpStr datum, BpStr flags)
{
    double number; /* of a Real, as its text has it: 22.7, not 22.700000762939453 */
    json_t *one = json_pack("{s:s, s:s}", "time", time, "kind", datum_name(record->datum));
    const bool is_number = record->datum != BAC_LOG_STATUS && record->datum != BAC_LOG_FAILURE &&
                           record->datum != BAC_LOG_TIME_CHANGE && record->datum != BAC_LOG_ANY &&
                           bac_value_number(&record->value, &number) &&
                           (!isfinite(number) || bp_parse_double(datum, &number, NULL) == BP_OK);
    json_object_set_new(one, "value", is_number ? say_json_real(number) : say_json_text(datum));
    json_object_set_new(one, "flags", say_json_text(flags));
    json_array_append_new(trend->json, one);
}

static void add_record(Trend *trend, const BacLogRecord *record)
{
    char time[BAC_DATE_TIME_TEXT_MAX], datum_text[VALUE_TEXT_MAX], flags_text[64];
    BpBuf datum = bp_buf(datum_text, sizeof datum_text), flags = bp_buf(flags_text, sizeof flags_text);
    bac_date_time_format(&record->time, time);
    show_datum(record, &datum);
    show_flags(record, &flags);
    trend->count++;
    if (trend->json) {
        add_json(trend, record, time, bp_buf_text(&datum), bp_buf_text(&flags));
        return;
    }
    say_table_add(&trend->table, bp_str(time));
    say_table_add(&trend->table, bp_str(datum_name(record->datum)));
    say_table_add(&trend->table, bp_buf_text(&datum));
    say_table_add(&trend->table, bp_buf_text(&flags));
}

static bool take_record(void *owner, const BacLogRecord *record)
{
    Trend *trend = owner;
    int64_t at_us;
    if (trend->has_until && bac_date_time_to_us(&record->time, &at_us, NULL) == BP_OK &&
        at_us > trend->until_us)
        return false;
    add_record(trend, record);
    return (int64_t)trend->count < trend->wanted;
}

/* ---- asking ---- */

/* The device was asked for more at once than it can send: it says so, or, having answered until now, nothing.
 */
static bool was_too_much(Trend *trend, BpStatus status, BacRefusal refusal)
{
    if (status == BP_TIMEOUT && trend->at_once > FEW) {
        trend->at_once = FEW;
        return true;
    }
    if (status != BP_REFUSED || refusal.kind != BAC_REFUSED_ABORT || trend->at_once == 1)
        return false;
    trend->at_once = trend->at_once / 2;
    return true;
}

/* There are devices that know positions alone. */
static bool falls_to_position(Trend *trend, BpStatus status, BacRefusal refusal)
{
    if (status != BP_REFUSED || refusal.kind == BAC_REFUSED_ABORT || trend->count > 0 ||
        trend->position == 0 || trend->walk.next.kind != BAC_RANGE_BY_SEQUENCE)
        return false;
    trend->walk.next.kind = BAC_RANGE_BY_POSITION;
    trend->walk.next.position = trend->position;
    return true;
}

static BpStatus ask(Trend *trend, BacReadRangeAck *ret_ack, BpError *err)
{
    uint8_t memory[64];
    BacRefusal refusal = {0};
    BpCursor body;
    BpStatus status;
    do {
        BpBuf out = bp_buf(memory, sizeof memory);
        trend->walk.next.count = trend->at_once;
        bac_read_range_encode(&out, &trend->walk.next);
        status = node_ask(trend->node, trend->peer, BAC_SERVICE_CONFIRMED_READ_RANGE, bp_buf_text(&out),
                          NODE_WITH_RETRIES, &body, &refusal, err);
    } while (was_too_much(trend, status, refusal) || falls_to_position(trend, status, refusal));
    if (status != BP_OK)
        return status;
    return bac_read_range_ack_decode(&body, ret_ack, err) == BP_OK ? BP_OK : node_blame(trend->peer, err);
}

/* Nothing came for the next number: the log has ended, or the device has written over what was to be next. */
static BpStatus look_for_lost(Trend *trend, BpError *err)
{
    uint32_t total = 0, count = 0;
    const BpStatus status = read_counts(trend, &count, &total, err);
    if (status != BP_OK)
        return status;
    const uint32_t oldest = total - count + 1;
    if (count == 0 || trend->walk.next.sequence > total || ++trend->empty > EMPTY_MAX) {
        trend->walk.is_over = true;
        return BP_OK;
    }
    /* Even where it is there, by what the device has just said: it moves on meanwhile. */
    const uint32_t next = oldest > trend->walk.next.sequence ? oldest : trend->walk.next.sequence + 1;
    trend->walk.lost += next - trend->walk.next.sequence;
    trend->walk.next.sequence = next;
    return BP_OK;
}

static BpStatus read_records(Trend *trend, BpError *err)
{
    while (!trend->walk.is_over) {
        BacReadRangeAck ack;
        BP_TRY(ask(trend, &ack, err));
        if (ask_log_walk_take(&trend->walk, &ack, take_record, trend, err) != BP_OK)
            return node_blame(trend->peer, err);
        say_progress("%zu records so far", trend->count);
        if (ack.count == 0 && !trend->walk.is_over)
            BP_TRY(look_for_lost(trend, err));
        else
            trend->empty = 0;
    }
    return BP_OK;
}

/* ---- where to begin ---- */

/* The last ones: by number where the device counts what it logs, since positions move while it does. */
static BpStatus begin_with_last(Trend *trend, BpError *err)
{
    uint32_t count = 0, total = 0;
    const BpStatus status = read_counts(trend, &count, &total, err);
    if (status != BP_OK)
        return status;
    trend->wanted = last ? last : LAST_DEFAULT;
    trend->walk.is_over = count == 0;
    const uint32_t few = count < trend->wanted ? count : (uint32_t)trend->wanted;
    trend->position = count - few + 1;
    trend->walk.next.kind = total ? BAC_RANGE_BY_SEQUENCE : BAC_RANGE_BY_POSITION;
    if (total)
        trend->walk.next.sequence = total - few + 1;
    else
        trend->walk.next.position = trend->position;
    return BP_OK;
}

static BpStatus begin_with_time(Trend *trend, BpError *err)
{
    int64_t since_us = 0, offset_us;
    const int64_t now_us = bp_wall_us();
    BP_TRY(node_device_clock(trend->node, trend->cfg, trend->peer, trend->arena, &offset_us, err));
    if (since_text)
        BP_TRY(say_when_of_clock("since", since_text, now_us, offset_us, &since_us, err));
    if (until_text)
        BP_TRY(say_when_of_clock("until", until_text, now_us, offset_us, &trend->until_us, err));
    trend->wanted = last ? last : INT64_MAX;
    trend->has_until = until_text != NULL;
    trend->walk.next.kind = BAC_RANGE_BY_TIME;
    trend->walk.next.time = bac_date_time_at(since_us - BP_SECOND / 100); /* later than */
    return BP_OK;
}

static BpStatus read_trend(Trend *trend, const char *device, const char *object, BpError *err)
{
    BacObjectId id;
    BP_TRY(bac_object_parse(bp_str(object), &id, err));
    BP_TRY(node_new(trend->cfg, &trend->node, err));
    BP_TRY(node_device_find(trend->node, trend->cfg, device, &trend->peer, err));
    trend->buffer = (BacReference){id, BAC_PROP_LOG_BUFFER, BAC_NO_INDEX};
    trend->walk.next.reference = trend->buffer;
    trend->at_once = AT_ONCE;
    BP_TRY(since_text || until_text ? begin_with_time(trend, err) : begin_with_last(trend, err));
    const BpStatus status = read_records(trend, err);
    say_progress_end();
    return status;
}

static int tell(Trend *trend)
{
    if (trend->json)
        say_json_print(json_incref(trend->json));
    else if (csv)
        say_table_print_csv(&trend->table, stdout);
    else if (trend->count)
        say_table_print(&trend->table, stdout, say_terminal_width(stdout));
    if (trend->walk.has_lost)
        fprintf(stderr,
                "The device wrote over records while they were read; it does not number them, so that "
                "nobody knows how many.\n");
    if (trend->walk.lost)
        fprintf(stderr, "The device wrote over %" PRIu64 " records while they were read.\n",
                trend->walk.lost);
    if (trend->count == 0)
        fprintf(stderr, "No record is there%s.\n", since_text || until_text ? " of that time" : "");
    return trend->count ? EX_OK : SAY_NOTHING;
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    const SayColumn columns[] = {{csv ? "time" : "time (device's clock)"},
                                 {"kind"},
                                 {"value", .is_number = true},
                                 {"flags", .may_be_cut = true}};
    BpError err;
    Trend trend = {.cfg = cfg, .arena = arena, .json = arguments->json ? json_array() : NULL};
    const char *const *words = arguments->positionals.items;
    say_table_init(&trend.table, columns, sizeof columns / sizeof columns[0]);
    const BpStatus status = read_trend(&trend, words[0], words[1], &err);
    /* What was read before it went wrong is shown too. */
    int code = status == BP_OK || trend.count ? tell(&trend) : EX_OK;
    if (status != BP_OK)
        code = say_fail(command.name, &err);
    node_free(trend.node);
    say_table_done(&trend.table);
    json_decref(trend.json);
    return code;
}

int ask_trend_main(int argc, char **argv)
{
    return node_run(&command, argc, argv, run);
}
