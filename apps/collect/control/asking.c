#include "apps/collect/control/asking.h"

#include "apps/collect/control/claim_json.h"
#include "apps/collect/control/life.h"
#include "base/log.h"
#include "base/time.h"

#include <stdlib.h>

enum {
    DUE_MOST = 1000, /* of a look */
    BATCH_MOST = 64, /* claimed, and told, in one transaction */
    DIGITS = 15,     /* of numbers, as states of points have them */
};

static const int64_t AGAIN_US = 5 * BP_SECOND; /* after something that should not have been refused was */

/* Claimed together, until what must be on disk before they are written is. */
typedef struct Batch {
    ControlCommand *commands[BATCH_MOST];
    size_t count;
    uint64_t number;
} Batch;

struct ControlAsking {
    CollectControl *control;
    bool is_on; /* the connection holds the lock */
    bool is_looking, wants_look, is_exchanging, is_positioning;
    bool has_more;         /* than the last look brought */
    bool tells_one;        /* what was told together was refused: one by one it shows which it is */
    int64_t not_before_us; /* of the loop */
    Batch claiming, positioning;
    uint64_t batches;
    size_t telling; /* ends of the exchange under way */
};

static BpStr site_of(const ControlAsking *asking)
{
    return bp_str(asking->control->options.file->site);
}

/* Whether it was the database's word, and no loss of the connection, which on_lost says. */
static void say_failed(ControlAsking *asking, const char *what, BpStatus status, const BpError *err)
{
    static BpLogKind failed;
    if (status == BP_UNAVAILABLE || status == BP_CANCELLED)
        return;
    asking->not_before_us = loop_now_us(asking->control->options.loop) + AGAIN_US;
    bp_log_some(&failed, loop_now_us(asking->control->options.loop), BP_LOG_ERROR,
                "%s: %s; has `bacpipes migrate` been run?", what, err->text);
}

/* ---- what is due ---- */

enum {
    ID,
    NUMBER,
    DEVICE,
    POINT,
    TYPE,
    INSTANCE,
    PROPERTY,
    NAME,
    UNITS,
    COMMANDABLE,
    COMMAND_TYPE,
    VALUE,
    PRIORITY,
    EXPIRES,
    EXECUTE,
    RELEASE_AFTER_MS,
    STATUS,
    SOURCE,
    CREATED_BY,
    STATES
};

/* The object of a point that is no more, or whose type has no such name, is none of a device. */
static bool read_object(const PgRows *rows, size_t row, ControlDue *due)
{
    char text[BAC_REFERENCE_TEXT_MAX];
    const BpStr property = pg_get_text(rows, row, PROPERTY);
    snprintf(text, sizeof text, "%.*s,%lld", BP_STR_ARGS(pg_get_text(rows, row, TYPE)),
             (long long)pg_get_integer(rows, row, INSTANCE));
    return bac_object_parse(bp_str(text), &due->object, NULL) == BP_OK &&
           bac_words_parse(&bac_properties, property, &due->property, NULL) == BP_OK;
}

static BpStr units_of(BpStr name)
{
    uint32_t number;
    const char *symbol =
        bac_words_parse(&bac_units, name, &number, NULL) == BP_OK ? bac_units_symbol(number) : NULL;
    return symbol && *symbol ? bp_str(symbol) : name;
}

static bool take_row(ControlAsking *asking, const PgRows *rows, size_t row)
{
    ControlDue due = {.id = pg_get_text(rows, row, ID),
                      .number = pg_get_integer(rows, row, NUMBER),
                      .device_id = (int32_t)pg_get_integer(rows, row, DEVICE),
                      .point_id = (int32_t)pg_get_integer(rows, row, POINT),
                      .name = pg_get_text(rows, row, NAME),
                      .units = units_of(pg_get_text(rows, row, UNITS)),
                      .states = pg_get_text(rows, row, STATES),
                      .is_commandable = pg_get_bool(rows, row, COMMANDABLE),
                      .is_release =
                          bp_str_equal(pg_get_text(rows, row, COMMAND_TYPE), bp_str("release_priority")),
                      .has_value = !pg_is_null(rows, row, VALUE),
                      .value = pg_get_double(rows, row, VALUE),
                      .priority = (int)pg_get_integer(rows, row, PRIORITY),
                      .expires_us = pg_get_time_us(rows, row, EXPIRES),
                      .execute_us = pg_is_null(rows, row, EXECUTE) ? 0 : pg_get_time_us(rows, row, EXECUTE),
                      .release_after_us = pg_get_integer(rows, row, RELEASE_AFTER_MS) * BP_MS,
                      .is_executing = bp_str_equal(pg_get_text(rows, row, STATUS), bp_str("executing")),
                      .source = pg_get_text(rows, row, SOURCE),
                      .created_by = pg_get_text(rows, row, CREATED_BY)};
    if (!read_object(rows, row, &due))
        due.device_id = 0;
    return control_commands_take(asking->control->commands, &due);
}

static void on_due(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    ControlAsking *asking = context;
    asking->is_looking = false;
    if (status != BP_OK) {
        say_failed(asking, "looking for commands", status, err);
        return;
    }
    bool has_room = true;
    const size_t count = pg_row_count(rows);
    for (size_t row = 0; row < count && has_room && asking->is_on; row++)
        has_room = take_row(asking, rows, row);
    asking->has_more = !has_room || count == DUE_MOST;
    control_soon(asking->control);
}

static void look(ControlAsking *asking)
{
    const PgValue values[] = {pg_text(site_of(asking)), pg_integer(DUE_MOST)};
    asking->wants_look = asking->has_more = false;
    asking->is_looking = true;
    pg_request(asking->control->pg, SQL_SELECT_DUE_COMMANDS, values, 2, on_due, asking);
}

void control_asking_look(ControlAsking *asking)
{
    asking->wants_look = true;
    control_soon(asking->control);
}

/* ---- claims ---- */

static void on_position(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    ControlAsking *asking = context;
    asking->is_positioning = false;
    control_soon(asking->control);
    ControlPlace place = {0};
    if (status != BP_OK || !control_life_read_place(rows, &place)) {
        if (status != BP_OK)
            say_failed(asking, "asking how far the journal is", status, err);
        control_kept(asking->control, asking->positioning.number, false);
        return;
    }
    const Batch *batch = &asking->positioning;
    control_holds_keep(asking->control, batch->commands, batch->count, &place, batch->number);
}

static void ask_position(ControlAsking *asking)
{
    const PgValue site = pg_text(site_of(asking));
    asking->is_positioning = true;
    pg_request(asking->control->pg, SQL_SELECT_JOURNAL_POSITION, &site, 1, on_position, asking);
}

static bool is_claimed_in(const PgRows *rows, const char *id)
{
    for (size_t row = 0; row < pg_row_count(rows); row++)
        if (bp_str_equal(pg_get_text(rows, row, 0), bp_str(id)))
            return pg_get_bool(rows, row, 1);
    return false;
}

static void take_claims(ControlAsking *asking, const PgRows *rows)
{
    const Batch *batch = &asking->claiming;
    asking->positioning.count = 0;
    asking->positioning.number = batch->number;
    for (size_t i = 0; i < batch->count; i++) {
        ControlCommand *command = batch->commands[i];
        const bool is_claimed = is_claimed_in(rows, command->id);
        if (is_claimed)
            asking->positioning.commands[asking->positioning.count++] = command;
        control_commands_claimed(asking->control->commands, command, is_claimed, batch->number);
    }
    if (asking->positioning.count > 0)
        ask_position(asking);
}

/* ---- claims and ends, in one transaction ---- */

/* What was told together and refused is told one by one, and shows which it is: its row stays as it is, and
 * is resolved by reading at the next start. */
static void on_refused(ControlAsking *asking)
{
    if (asking->telling == 1)
        control_commands_told(asking->control->commands, 1);
    asking->tells_one = asking->telling > 0;
}

static void on_exchanged(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    ControlAsking *asking = context;
    const bool is_lost = status == BP_UNAVAILABLE;
    asking->is_exchanging = false;
    control_soon(asking->control);
    if (status != BP_OK) {
        say_failed(asking, "claiming commands and telling how they ended", status, err);
        control_commands_unclaimed(asking->control->commands, !is_lost);
        if (!is_lost && status != BP_FULL)
            on_refused(asking);
        return;
    }
    if (asking->telling > 0)
        asking->tells_one = false;
    control_commands_told(asking->control->commands, asking->telling);
    asking->wants_look = asking->wants_look || (asking->telling > 0 && asking->has_more);
    take_claims(asking, rows);
}

static char *text_of(json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS));
    if (!text)
        abort();
    return text;
}

static void exchange(ControlAsking *asking)
{
    Batch *batch = &asking->claiming;
    ControlCommands *commands = asking->control->commands;
    const ControlCommand *ends[BATCH_MOST];
    asking->telling = control_commands_to_tell(commands, ends, asking->tells_one ? 1 : BATCH_MOST);
    batch->count = asking->tells_one ? 0 : control_commands_to_claim(commands, batch->commands, BATCH_MOST);
    if (asking->telling + batch->count == 0) {
        asking->tells_one = false;
        return;
    }
    batch->number = ++asking->batches;
    json_auto_t *claims = control_claims_json(batch->commands, batch->count);
    json_auto_t *ended = control_ends_json(ends, asking->telling);
    char *texts[] = {text_of(claims), text_of(ended)};
    const PgValue values[] = {pg_text(site_of(asking)), pg_text(bp_str(texts[0])), pg_text(bp_str(texts[1]))};
    asking->is_exchanging = true;
    pg_request(asking->control->pg, SQL_EXCHANGE_COMMANDS, values, 3, on_exchanged, asking);
    free(texts[0]);
    free(texts[1]);
}

/* ---- what the header promises ---- */

void control_asking_advance(ControlAsking *asking)
{
    if (!asking->is_on || loop_now_us(asking->control->options.loop) < asking->not_before_us)
        return;
    if (!asking->is_exchanging && !asking->is_positioning)
        exchange(asking);
    if (asking->wants_look && !asking->is_looking)
        look(asking);
}

void control_asking_begin(ControlAsking *asking)
{
    asking->is_on = true;
    asking->not_before_us = 0;
    control_asking_look(asking);
}

void control_asking_end(ControlAsking *asking)
{
    asking->is_on = false;
}

ControlAsking *control_asking_new(CollectControl *control)
{
    ControlAsking *asking = calloc(1, sizeof *asking);
    if (!asking)
        abort();
    asking->control = control;
    return asking;
}

void control_asking_free(ControlAsking *asking)
{
    free(asking);
}
