#include "apps/collect/control/radar.h"

#include "apps/collect/control/look.h"
#include "apps/collect/control/slots_json.h"
#include "base/log.h"
#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>

/* A point that is to be read. */
typedef struct Wanted {
    int32_t point_id, device_id;
    uint32_t instance;
    BacObjectId object;
    char name[CONTROL_OBJECT_NAME_MAX];
} Wanted;

typedef struct Look {
    struct ControlRadar *of;
    bool is_under_way;
    Wanted wanted;
    ControlLook look;
} Look;

struct ControlRadar {
    ControlRadarOptions options;
    LoopTimer *timer;
    int64_t interval_us;
    bool is_on, is_closed;

    Wanted *page; /* of the database's points, */
    size_t count, next;
    int32_t asked_from; /* those behind this one; 0: a round begins */
    bool is_asking, is_round_over;
    size_t of_round;      /* points of the round under way, as far as known */
    size_t of_last_round; /* for the pace; 0: not known */
    int64_t round_began_us, due_us, told_us;

    Look looks[CONTROL_RADAR_UNDER_WAY];
    ControlSlotsSeen *seen; /* to be told */
    size_t seen_count, telling;
    bool has_said;
};

static const int64_t TELL_AFTER_US = 5 * BP_SECOND, ASK_AGAIN_US = 10 * BP_SECOND, BUSY_US = BP_SECOND;

/* ---- what was seen goes to the database ---- */

static void on_told(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    ControlRadar *radar = context;
    (void)rows;
    const size_t count = radar->telling;
    radar->telling = 0;
    if (status != BP_OK && status != BP_UNAVAILABLE && !radar->has_said)
        bp_log(BP_LOG_WARNING, "what priority arrays show could not be stored: %s", err->text);
    radar->has_said = status != BP_OK;
    /* What could not be told is read again in the next round. */
    radar->seen_count -= count;
    memmove(radar->seen, radar->seen + count, radar->seen_count * sizeof *radar->seen);
}

static void tell(ControlRadar *radar)
{
    if (!radar->is_on || radar->telling > 0 || radar->seen_count == 0)
        return;
    radar->telling = radar->seen_count < CONTROL_RADAR_BATCH ? radar->seen_count : CONTROL_RADAR_BATCH;
    char *text = control_slots_json(radar->seen, radar->telling);
    const PgValue values[] = {pg_text(bp_str(radar->options.site)), pg_text(bp_str(text))};
    pg_request(radar->options.pg, SQL_STORE_OVERRIDES, values, 2, on_told, radar);
    free(text);
}

/* Where it goes: over what was seen of the point before and is not told yet. NULL: there is no room. */
static ControlSlotsSeen *room_for(ControlRadar *radar, int32_t point_id)
{
    for (size_t i = radar->telling; i < radar->seen_count; i++)
        if (radar->seen[i].point_id == point_id)
            return &radar->seen[i];
    return radar->seen_count < CONTROL_RADAR_WAITING ? &radar->seen[radar->seen_count++] : NULL;
}

void control_radar_saw(ControlRadar *radar, int32_t point_id, const ControlSeen *seen)
{
    if (!radar->is_on || radar->interval_us == 0 || seen->sight != CONTROL_SEEN ||
        seen->slots.known != UINT16_MAX)
        return;
    ControlSlotsSeen *room = room_for(radar, point_id);
    if (room)
        *room = (ControlSlotsSeen){.point_id = point_id, .at_us = bp_wall_us(), .slots = seen->slots};
    if (radar->seen_count >= CONTROL_RADAR_BATCH)
        tell(radar);
}

/* ---- a round ---- */

static bool read_wanted(const PgRows *rows, size_t row, Wanted *ret_wanted)
{
    char text[BAC_REFERENCE_TEXT_MAX];
    Wanted wanted = {.point_id = (int32_t)pg_get_integer(rows, row, 0),
                     .device_id = (int32_t)pg_get_integer(rows, row, 1),
                     .instance = (uint32_t)pg_get_integer(rows, row, 2)};
    snprintf(text, sizeof text, "%.*s,%lld", BP_STR_ARGS(pg_get_text(rows, row, 3)),
             (long long)pg_get_integer(rows, row, 4));
    (void)bp_str_copy(pg_get_text(rows, row, 5), wanted.name, sizeof wanted.name);
    *ret_wanted = wanted;
    return bac_object_parse(bp_str(text), &ret_wanted->object, NULL) == BP_OK;
}

static void on_page(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    ControlRadar *radar = context;
    (void)err; /* the connection is looked after elsewhere */
    radar->is_asking = false;
    radar->count = radar->next = 0;
    if (status != BP_OK || radar->is_closed)
        return;
    const size_t count = pg_row_count(rows);
    free(radar->page);
    radar->page = calloc(count + 1, sizeof *radar->page);
    if (!radar->page)
        abort();
    for (size_t row = 0; row < count; row++) {
        radar->asked_from = (int32_t)pg_get_integer(rows, row, 0);
        if (read_wanted(rows, row, &radar->page[radar->count]))
            radar->count++;
    }
    radar->of_round += radar->count;
    radar->is_round_over = count == 0;
    radar->due_us = 0;
    loop_timer_set(radar->timer, loop_now_us(radar->options.loop));
}

static void ask_page(ControlRadar *radar)
{
    const PgValue values[] = {pg_text(bp_str(radar->options.site)), pg_integer(radar->asked_from)};
    radar->is_asking = true;
    pg_request(radar->options.pg, SQL_SELECT_COMMANDABLE, values, 2, on_page, radar);
}

/* Until the next point. */
static int64_t pace_us(const ControlRadar *radar)
{
    const size_t points = radar->of_last_round > radar->of_round ? radar->of_last_round : radar->of_round;
    const int64_t even_us = radar->interval_us / (int64_t)(points ? points : 1);
    return even_us > BP_SECOND / CONTROL_RADAR_RATE ? even_us : BP_SECOND / CONTROL_RADAR_RATE;
}

static CollectDevice *device_of(const ControlRadar *radar, const Wanted *wanted)
{
    CollectDevice *device = collect_poll_find_instance(radar->options.poller, wanted->instance, NULL);
    return device && device->device_id == wanted->device_id ? device : NULL;
}

static void on_seen(void *context, const ControlSeen *seen)
{
    Look *look = context;
    look->is_under_way = false;
    if (look->of->is_closed ||
        (*seen->name && *look->wanted.name && strcmp(seen->name, look->wanted.name) != 0))
        return;
    control_radar_saw(look->of, look->wanted.point_id, seen);
}

static Look *free_look(ControlRadar *radar)
{
    for (size_t i = 0; i < CONTROL_RADAR_UNDER_WAY; i++)
        if (!radar->looks[i].is_under_way)
            return &radar->looks[i];
    return NULL;
}

/* Devices that are not there are not waited for: they hold what they hold, and nobody can tell. */
static void look_at(ControlRadar *radar, Look *look, const Wanted *wanted)
{
    CollectDevice *device = device_of(radar, wanted);
    if (!device || collect_device_is_uncertain(device))
        return;
    look->of = radar;
    look->is_under_way = true;
    look->wanted = *wanted;
    control_look(&look->look, &(ControlLookRequest){.poller = radar->options.poller,
                                                    .device = device,
                                                    .object = wanted->object,
                                                    .property = BAC_PROP_PRESENT_VALUE,
                                                    .slot = 8,
                                                    .now_us = loop_now_us(radar->options.loop),
                                                    .context = look,
                                                    .on_seen = on_seen});
    radar->options.on_orders(radar->options.owner);
}

/* When the next round begins: an interval behind the last, or at once where that took longer. */
static int64_t end_round(ControlRadar *radar, int64_t now_us)
{
    const int64_t next_us = radar->round_began_us + radar->interval_us;
    radar->of_last_round = radar->of_round;
    radar->of_round = 0;
    radar->asked_from = 0;
    radar->is_round_over = false;
    radar->round_began_us = next_us > now_us ? next_us : now_us + BUSY_US;
    return radar->round_began_us;
}

static int64_t do_next(ControlRadar *radar, int64_t now_us)
{
    if (radar->is_asking)
        return now_us + ASK_AGAIN_US;
    if (radar->is_round_over)
        return end_round(radar, now_us);
    if (radar->next == radar->count) {
        if (radar->asked_from == 0)
            radar->round_began_us = now_us;
        ask_page(radar);
        return now_us + ASK_AGAIN_US;
    }
    Look *look = free_look(radar);
    if (!look)
        return now_us + BUSY_US;
    look_at(radar, look, &radar->page[radar->next++]);
    return now_us + pace_us(radar);
}

static void advance(void *owner)
{
    ControlRadar *radar = owner;
    const int64_t now_us = loop_now_us(radar->options.loop);
    if (!radar->is_on || radar->interval_us == 0)
        return;
    if (now_us >= radar->told_us + TELL_AFTER_US) {
        radar->told_us = now_us;
        tell(radar);
    }
    if (now_us >= radar->due_us)
        radar->due_us = do_next(radar, now_us);
    /* What was seen is told soon, however slow the pace is. */
    const int64_t latest_us = now_us + TELL_AFTER_US;
    loop_timer_set(radar->timer, radar->due_us < latest_us ? radar->due_us : latest_us);
}

/* ---- what radar.h promises ---- */

ControlRadar *control_radar_new(const ControlRadarOptions *options)
{
    ControlRadar *radar = calloc(1, sizeof *radar);
    ControlSlotsSeen *seen = calloc(CONTROL_RADAR_WAITING, sizeof *seen);
    if (!radar || !seen)
        abort();
    radar->options = *options;
    radar->seen = seen;
    radar->timer = loop_timer_new(options->loop, advance, radar);
    return radar;
}

void control_radar_close(ControlRadar *radar)
{
    if (radar->is_closed)
        return;
    radar->is_closed = true;
    radar->is_on = false;
    loop_timer_free(radar->timer);
    radar->timer = NULL;
}

void control_radar_free(ControlRadar *radar)
{
    if (!radar)
        return;
    control_radar_close(radar);
    free(radar->page);
    free(radar->seen);
    free(radar);
}

static void start(ControlRadar *radar)
{
    radar->count = radar->next = radar->of_round = 0;
    radar->asked_from = 0;
    radar->is_round_over = false;
    radar->due_us = 0;
    loop_timer_set(radar->timer, loop_now_us(radar->options.loop));
}

void control_radar_set(ControlRadar *radar, int64_t interval_us)
{
    const bool is_other = radar->interval_us != interval_us;
    radar->interval_us = interval_us;
    if (is_other && radar->is_on)
        start(radar);
}

void control_radar_begin(ControlRadar *radar)
{
    radar->is_on = true;
    start(radar);
}

void control_radar_pause(ControlRadar *radar)
{
    radar->is_on = false;
    radar->seen_count = radar->telling = 0;
    if (radar->timer)
        loop_timer_clear(radar->timer);
}
