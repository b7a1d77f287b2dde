#include "apps/collect/control/life.h"

#include "apps/collect/control/events_json.h"
#include "base/log.h"
#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>

enum { DIGEST_LETTERS = 2 * CONTROL_DIGEST_OCTETS, EVENTS_AT_ONCE = 200 };
static const int64_t AGAIN_US = 5 * BP_SECOND;

struct ControlLife {
    ControlLifeOptions options;
    LoopTimer *again; /* asks once more what failed */
    bool is_alone, is_open, is_new_life, is_refreshing;
    bool has_said;  /* that something failed */
    size_t telling; /* events that the database is being told */
};

/* ---- hexadecimal digits of a digest ---- */

static void format_digest(const uint8_t digest[CONTROL_DIGEST_OCTETS], char ret_text[DIGEST_LETTERS + 1])
{
    for (size_t i = 0; i < CONTROL_DIGEST_OCTETS; i++)
        snprintf(ret_text + 2 * i, 3, "%02x", digest[i]);
}

bool control_life_read_place(const PgRows *rows, ControlPlace *place)
{
    char text[DIGEST_LETTERS + 1];
    BpStr digest = pg_row_count(rows) == 1 ? pg_get_text(rows, 0, 2) : bp_str("");
    if (digest.size > 2 && digest.data[0] == '\\') /* as a bytea is told */
        digest = (BpStr){digest.data + 2, digest.size - 2};
    if (digest.size != DIGEST_LETTERS || !bp_str_copy(digest, text, sizeof text))
        return false;
    place->epoch = pg_get_integer(rows, 0, 0);
    place->seq = pg_get_integer(rows, 0, 1);
    for (size_t i = 0; i < CONTROL_DIGEST_OCTETS; i++) {
        const char pair[] = {text[2 * i], text[2 * i + 1], '\0'};
        place->digest[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return true;
}

void control_life_ends(const ControlLife *life, ControlPlace *place)
{
    const int32_t point_end = life->options.points_end(life->options.owner);
    place->device_end = life->options.kept->place.device_end;
    place->point_end = life->options.kept->place.point_end;
    if (point_end > place->point_end)
        place->point_end = point_end;
    for (const CollectDevice *device = collect_poll_devices(life->options.poller); device;
         device = device->next)
        if (device->device_id >= place->device_end)
            place->device_end = device->device_id + 1;
}

static void keep_place(ControlLife *life, ControlPlace *place)
{
    const ControlPlace *known = &life->options.kept->place;
    ControlTime now;
    control_life_ends(life, place);
    if (life->options.kept->has_place && memcmp(known, place, sizeof *place) == 0)
        return;
    /* An answer that was overtaken by a claim's says nothing new. */
    if (life->options.kept->has_place && known->epoch == place->epoch && known->seq > place->seq)
        return;
    life->options.now(life->options.owner, &now);
    control_kept_place(life->options.kept, place, &now);
}

/* ---- what fails is asked again ---- */

static void fail(ControlLife *life, const char *what, const BpError *err)
{
    if (!life->is_alone)
        return;
    if (!life->has_said)
        bp_log(BP_LOG_WARNING, "%s: %s; it is tried again, and no command is carried out until then", what,
               err->text);
    life->has_said = true;
    loop_timer_set(life->again, loop_now_us(life->options.loop) + AGAIN_US);
}

/* ---- what the database says is held ---- */

static CollectDevice *device_of(const ControlLife *life, int32_t device_id)
{
    CollectDevice *device = collect_poll_devices(life->options.poller);
    while (device && device->device_id != device_id)
        device = device->next;
    return device;
}

static void copy(const PgRows *rows, size_t row, int column, char *ret_text, size_t capacity)
{
    (void)bp_str_copy(pg_get_text(rows, row, column), ret_text, capacity);
}

/* False: it is of no point that could be asked for. */
static bool read_hold(const ControlLife *life, const PgRows *rows, size_t row, const ControlTime *now,
                      ControlHold *ret_hold)
{
    char text[CONTROL_NAME_TEXT];
    uint32_t index;
    const int64_t slot = pg_get_integer(rows, row, 1);
    const BpStr type = pg_get_text(rows, row, 12);
    ControlHold hold = {.point_id = (int32_t)pg_get_integer(rows, row, 0),
                        .slot = (uint8_t)slot,
                        .value = pg_get_double(rows, row, 3),
                        .began_us = pg_get_time_us(rows, row, 5),
                        .device_id = (int32_t)pg_get_integer(rows, row, 9),
                        .device_instance = (uint32_t)pg_get_integer(rows, row, 10),
                        .is_plain = !pg_is_null(rows, row, 16) && !pg_get_bool(rows, row, 16)};
    const CollectDevice *device = device_of(life, hold.device_id);
    snprintf(text, sizeof text, "%.*s,%lld", BP_STR_ARGS(type), (long long)pg_get_integer(rows, row, 13));
    if (slot < 1 || slot > 16 || type.size == 0 || type.size > 64 ||
        bac_object_parse(bp_str(text), &hold.object, NULL) != BP_OK ||
        bac_property_parse(pg_get_text(rows, row, 14), &hold.property, &index, NULL) != BP_OK)
        return false;
    if (pg_is_null(rows, row, 10))
        hold.device_instance = device ? device->instance : BAC_INSTANCE_WILDCARD;
    copy(rows, row, 2, hold.command, sizeof hold.command);
    copy(rows, row, 7, hold.source, sizeof hold.source);
    copy(rows, row, 8, hold.created_by, sizeof hold.created_by);
    copy(rows, row, 11, hold.address, sizeof hold.address);
    copy(rows, row, 15, hold.name, sizeof hold.name);
    if (!pg_is_null(rows, row, 4))
        control_hold_add_ours(&hold, pg_get_double(rows, row, 4));
    if (!pg_is_null(rows, row, 3))
        control_hold_add_ours(&hold, hold.value);
    const int64_t left_ms = pg_get_integer(rows, row, 6);
    hold.span = control_span(pg_is_null(rows, row, 6)          ? CONTROL_NO_END
                             : left_ms <= 0                    ? 0
                             : left_ms > INT64_MAX / BP_MS / 2 ? INT64_MAX / 2
                                                               : left_ms * BP_MS,
                             now);
    *ret_hold = hold;
    return true;
}

static void on_told(void *context, BpStatus status, const PgRows *rows, const BpError *err);

/* In a new life the database does not know what the file has. */
static void tell_holds(ControlLife *life)
{
    char *text = control_holds_json(life->options.kept->holds);
    const PgValue values[] = {pg_text(bp_str(life->options.site)), pg_text(bp_str(text))};
    pg_request(life->options.pg, SQL_RECORD_HOLD_EVENTS, values, 2, NULL, NULL);
    free(text);
}

static void on_holds(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    ControlLife *life = context;
    ControlTime now;
    size_t adopted = 0;
    /* It is asked each minute; a row may be older than an end that is not recorded yet. */
    if (life->is_open && (status != BP_OK || life->options.is_untold(life->options.owner, NULL)))
        return;
    if (status != BP_OK) {
        fail(life, "reading which slots are held", err);
        return;
    }
    life->options.now(life->options.owner, &now);
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        ControlHold hold;
        if (read_hold(life, rows, row, &now, &hold))
            adopted +=
                control_kept_adopt(life->options.kept, &hold, life->is_new_life && !life->is_open, &now);
    }
    if (adopted > 0)
        bp_log(BP_LOG_NOTICE, "%zu slots are held by commands that the collector's own file did not know",
               adopted);
    if (life->is_open)
        return;
    if (life->is_new_life)
        tell_holds(life);
    life->has_said = false;
    life->is_open = true;
    control_life_tell(life);
    life->options.on_open(life->options.owner);
}

static void ask_holds(ControlLife *life)
{
    const PgValue site = pg_text(bp_str(life->options.site));
    pg_request(life->options.pg, SQL_SELECT_HOLDS, &site, 1, on_holds, life);
}

/* ---- is it the database that we know? ---- */

static void say_new_life(const ControlLife *life)
{
    const bool had_file = life->options.kept->has_place;
    bp_log(BP_LOG_WARNING,
           "%s: commands from before are not carried out, and the %zu slots that are held are read at their "
           "ends",
           had_file ? "the database is not as it was left: it was put back, or is another one"
                    : "the file of commands is gone, and the database has some from before",
           control_holds_count(life->options.kept->holds));
}

static void on_opened(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    ControlLife *life = context;
    ControlPlace place = {0};
    if (status == BP_OK && !control_life_read_place(rows, &place)) {
        const BpError odd = {.status = BP_MALFORMED, .text = "journal_open answered something else"};
        fail(life, "opening the journal", &odd);
        return;
    }
    if (status != BP_OK) {
        fail(life, "opening the journal", err);
        return;
    }
    life->is_new_life = pg_get_bool(rows, 0, 3);
    if (life->is_new_life)
        say_new_life(life);
    keep_place(life, &place);
    ask_holds(life);
}

static void open_journal(void *context)
{
    ControlLife *life = context;
    const ControlKept *kept = life->options.kept;
    ControlPlace ends = {0};
    char digest[DIGEST_LETTERS + 1];
    if (!life->is_alone || life->is_open)
        return;
    control_life_ends(life, &ends);
    format_digest(kept->place.digest, digest);
    const PgValue values[] = {pg_text(bp_str(life->options.site)),
                              kept->has_place ? pg_integer(kept->place.epoch) : pg_null(),
                              kept->has_place ? pg_integer(kept->place.seq) : pg_null(),
                              kept->has_place ? pg_text(bp_str(digest)) : pg_null(),
                              pg_integer(ends.device_end),
                              pg_integer(ends.point_end)};
    pg_request(life->options.pg, SQL_OPEN_JOURNAL, values, 6, on_opened, life);
}

/* ---- what it is told ---- */

static void on_told(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    ControlLife *life = context;
    ControlTime now;
    (void)rows;
    const size_t count = life->telling;
    life->telling = 0;
    if (status != BP_OK) {
        if (!life->has_said && life->is_alone)
            bp_log(BP_LOG_WARNING,
                   "what became of held slots could not be recorded: %s; it is kept, and tried again",
                   err->text);
        life->has_said = true;
        return;
    }
    life->has_said = false;
    life->options.now(life->options.owner, &now);
    control_kept_recorded(life->options.kept, count, &now);
    control_life_tell(life);
}

void control_life_tell(ControlLife *life)
{
    size_t count;
    const ControlEvent *events = control_holds_events(life->options.kept->holds, &count);
    if (!life->is_open || life->telling > 0 || count == 0)
        return;
    while (life->telling < count && life->telling < EVENTS_AT_ONCE &&
           !life->options.is_untold(life->options.owner, events[life->telling].command))
        life->telling++;
    if (life->telling == 0)
        return;
    char *text = control_events_json(events, life->telling);
    const PgValue values[] = {pg_text(bp_str(life->options.site)), pg_text(bp_str(text))};
    pg_request(life->options.pg, SQL_RECORD_HOLD_EVENTS, values, 2, on_told, life);
    free(text);
}

static void on_position(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    ControlLife *life = context;
    ControlPlace place = {0};
    (void)err;
    life->is_refreshing = false;
    if (status == BP_OK && life->is_open && control_life_read_place(rows, &place))
        keep_place(life, &place);
}

void control_life_refresh(ControlLife *life)
{
    const PgValue site = pg_text(bp_str(life->options.site));
    if (!life->is_open || life->is_refreshing)
        return;
    life->is_refreshing = true;
    pg_request(life->options.pg, SQL_SELECT_JOURNAL_POSITION, &site, 1, on_position, life);
    if (!life->options.is_untold(life->options.owner, NULL))
        ask_holds(life);
    control_life_tell(life);
}

/* ---- what life.h promises ---- */

ControlLife *control_life_new(const ControlLifeOptions *options)
{
    ControlLife *life = calloc(1, sizeof *life);
    if (!life)
        abort();
    life->options = *options;
    life->again = loop_timer_new(options->loop, open_journal, life);
    return life;
}

void control_life_free(ControlLife *life)
{
    if (!life)
        return;
    loop_timer_free(life->again);
    free(life);
}

void control_life_alone(ControlLife *life)
{
    life->is_alone = true;
    life->is_open = false;
    life->has_said = false;
    open_journal(life);
}

void control_life_lost(ControlLife *life)
{
    life->is_alone = life->is_open = false;
    loop_timer_clear(life->again);
}

bool control_life_is_open(const ControlLife *life)
{
    return life->is_open;
}
