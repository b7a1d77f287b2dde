#include "apps/web/history/troubles.h"

#include "base/buf.h"
#include "base/time.h"

#include <stdlib.h>

enum { SENTENCE_OCTETS = 3000 };

static Trouble *add(Troubles *troubles)
{
    static Trouble beyond; /* one that is not told */
    if (troubles->count == TROUBLES_MAX) {
        troubles->is_full = true;
        beyond = (Trouble){0};
        return &beyond;
    }
    if (!troubles->items)
        troubles->items = calloc(TROUBLES_MAX, sizeof *troubles->items);
    if (!troubles->items)
        abort();
    return &troubles->items[troubles->count++];
}

void troubles_done(Troubles *troubles)
{
    free(troubles->items);
    *troubles = (Troubles){0};
}

/* ---- from memory ---- */

static void look_at_role(void *context, const char *role, const char *state)
{
    Troubles *troubles = context;
    const bool is_online = strcmp(state, "online") == 0;
    const bool is_sync =
        strcmp(role, "sync") == 0; /* of a site elsewhere, before those that it says itself */
    if (is_sync || strcmp(role, "collect") == 0)
        troubles->is_read = is_online;
    /* Who has not joined, or was shut out, is expected to say nothing. */
    if (is_online || (is_sync && strcmp(state, "unknown") == 0))
        return;
    const bool is_needed = is_sync || strcmp(role, "collect") == 0 || strcmp(role, "ingest") == 0;
    *add(troubles) = (Trouble){.severity = is_needed ? SEVERITY_HIGH : SEVERITY_MEDIUM,
                               .kind = "role",
                               .name = bp_str(role),
                               .reason = bp_str(state)};
}

static bool is_silent(const StoreDevice *device)
{
    return device->is_enabled && (bp_str_equal(device->state, bp_str("offline")) ||
                                  bp_str_equal(device->state, bp_str("replaced")));
}

static void look_at_device(Troubles *troubles, const StoreDevice *device)
{
    troubles->devices += device->is_enabled;
    if (!is_silent(device))
        return;
    troubles->devices_silent++;
    *add(troubles) = (Trouble){.severity = SEVERITY_MEDIUM,
                               .kind = "device",
                               .name = device->name,
                               .reason = device->reason.size ? device->reason : device->state,
                               .since_us = device->since_us,
                               .device = device->id,
                               .count = (int32_t)device->point_count};
}

static void add_bad(Troubles *troubles, const StorePoint *point)
{
    const BpStr reason = bp_str(point->now.reason ? point->now.reason : "");
    for (size_t i = troubles->count; i-- > 0;) {
        Trouble *known = &troubles->items[i];
        if (known->device != point->device->id || strcmp(known->kind, "point") != 0 ||
            !bp_str_equal(known->reason, reason))
            continue;
        known->count++;
        known->since_us = point->now.at_us < known->since_us ? point->now.at_us : known->since_us;
        return;
    }
    *add(troubles) = (Trouble){.severity = SEVERITY_MEDIUM,
                               .kind = "point",
                               .name = point->path,
                               .reason = reason,
                               .since_us = point->now.at_us,
                               .device = point->device->id,
                               .point = point->id,
                               .count = 1};
}

static void add_override(Troubles *troubles, const StorePoint *point)
{
    const StoreOverride *held = point->held;
    troubles->overridden++;
    if (held->is_ours && held->until_us)
        return; /* it ends by itself */
    *add(troubles) = (Trouble){.severity = SEVERITY_LOW,
                               .kind = "override",
                               .name = point->path,
                               .by = bp_str(held->by),
                               .device = point->device->id,
                               .point = point->id,
                               .count = 1,
                               .priority = held->priority};
}

void troubles_of_site(Troubles *troubles, const StoreSite *site)
{
    store_roles(site, look_at_role, troubles);
    for (size_t i = 0; i < site->device_count; i++)
        look_at_device(troubles, store_device_at(site, i));
    for (size_t i = 0; i < site->point_count; i++) {
        const StorePoint *point = store_point_at(site, i);
        const bool is_polled = point->is_enabled && !point->is_missing && point->device->is_enabled;
        troubles->points += is_polled;
        if (is_polled && point->now.at_us && point->now.quality == MDL_BAD) {
            troubles->points_bad++;
            if (!is_silent(point->device))
                add_bad(troubles, point);
        }
        if (point->held)
            add_override(troubles, point);
    }
}

void troubles_of_server(Troubles *troubles, bool has_broker, bool has_database)
{
    if (!has_broker)
        *add(troubles) = (Trouble){.severity = SEVERITY_HIGH, .kind = "broker"};
    if (!has_database)
        *add(troubles) = (Trouble){.severity = SEVERITY_HIGH, .kind = "database"};
}

/* ---- from the database ---- */

void troubles_of_rows(Troubles *troubles, const StoreSite *site, const PgRows *rows)
{
    enum { KIND, SEVERITY, TEXT, SINCE, POINT, COMMAND, BY, TOTAL };
    for (size_t i = 0; i < pg_row_count(rows); i++) {
        const bool is_command = bp_str_equal(pg_get_text(rows, i, KIND), bp_str("command"));
        const BpStr severity = pg_get_text(rows, i, SEVERITY);
        const StorePoint *point = store_point(site, pg_get_integer(rows, i, POINT));
        if (is_command)
            troubles->commands_failed = pg_get_integer(rows, i, TOTAL);
        *add(troubles) = (Trouble){.severity = bp_str_equal(severity, bp_str("high"))     ? SEVERITY_HIGH
                                               : bp_str_equal(severity, bp_str("medium")) ? SEVERITY_MEDIUM
                                                                                          : SEVERITY_LOW,
                                   .kind = is_command ? "command" : "alarm",
                                   .text = pg_get_text(rows, i, TEXT).data, /* libpq closes texts by a zero */
                                   .name = point ? point->path : bp_str(""),
                                   .since_us = pg_get_time_us(rows, i, SINCE),
                                   .point = point ? point->id : 0,
                                   .command = pg_get_text(rows, i, COMMAND),
                                   .by = pg_get_text(rows, i, BY)};
    }
}

/* ---- in order ---- */

static int worst_first(const void *a, const void *b)
{
    const Trouble *one = a, *other = b;
    if (one->severity != other->severity)
        return one->severity > other->severity ? -1 : 1;
    if (one->count != other->count)
        return one->count > other->count ? -1 : 1;
    if (one->since_us != other->since_us)
        return one->since_us > other->since_us ? -1 : 1; /* what is new first */
    return bp_str_compare(one->name, other->name);
}

void troubles_sort(Troubles *troubles)
{
    if (troubles->count)
        qsort(troubles->items, troubles->count, sizeof *troubles->items, worst_first);
}

const char *troubles_state(const Troubles *troubles)
{
    static const char *const states[] = {
        [SEVERITY_LOW] = "well", [SEVERITY_MEDIUM] = "attention", [SEVERITY_HIGH] = "trouble"};
    Severity worst = SEVERITY_LOW;
    for (size_t i = 0; i < troubles->count; i++)
        worst = troubles->items[i].severity > worst ? troubles->items[i].severity : worst;
    return troubles->is_read || worst == SEVERITY_HIGH ? states[worst] : "unknown";
}

/* ---- as people read it ---- */

static void write_sentence(BpBuf *out, const Trouble *trouble)
{
    if (trouble->text) {
        bp_buf_str(out, bp_str(trouble->text));
    } else if (strcmp(trouble->kind, "broker") == 0) {
        bp_buf_str(out, bp_str("the broker is away: values are those from before"));
    } else if (strcmp(trouble->kind, "database") == 0) {
        bp_buf_str(out, bp_str("the database is away: values go on, nothing is recorded"));
    } else if (strcmp(trouble->kind, "role") == 0) {
        bp_buf_printf(out, "%.*s is %.*s%s", BP_STR_ARGS(trouble->name), BP_STR_ARGS(trouble->reason),
                      bp_str_equal(trouble->name, bp_str("collect"))  ? ": nobody reads the building"
                      : bp_str_equal(trouble->name, bp_str("ingest")) ? ": readings wait to be stored"
                      : bp_str_equal(trouble->name, bp_str("sync"))
                          ? ": the site says nothing, and keeps what it reads"
                          : "");
    } else if (strcmp(trouble->kind, "device") == 0) {
        bp_buf_printf(out, "%.*s does not answer: %.*s", BP_STR_ARGS(trouble->name),
                      BP_STR_ARGS(trouble->reason));
    } else if (strcmp(trouble->kind, "override") == 0) {
        bp_buf_printf(out, "%.*s is held at %d by %.*s", BP_STR_ARGS(trouble->name), trouble->priority,
                      BP_STR_ARGS(trouble->by.size ? trouble->by : bp_str("others")));
    } else {
        bp_buf_printf(out, "%.*s", BP_STR_ARGS(trouble->name));
        if (trouble->count > 1)
            bp_buf_printf(out, " and %d more of its controller are bad", trouble->count - 1);
        else
            bp_buf_str(out, bp_str(" is bad"));
        if (trouble->reason.size)
            bp_buf_printf(out, ": %.*s", BP_STR_ARGS(trouble->reason));
    }
}

static json_t *text_or_null(BpStr text)
{
    json_t *value = text.size ? json_stringn(text.data, text.size) : NULL;
    return value ? value : json_null();
}

static json_t *number_or_null(int32_t number)
{
    return number ? json_integer(number) : json_null();
}

static json_t *trouble_json(const Trouble *trouble)
{
    static const char *const words[] = {
        [SEVERITY_LOW] = "low", [SEVERITY_MEDIUM] = "medium", [SEVERITY_HIGH] = "high"};
    char memory[SENTENCE_OCTETS], since[BP_TIME_TEXT_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    write_sentence(&out, trouble);
    return json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "kind", trouble->kind, "severity",
        words[trouble->severity], "text", text_or_null(bp_buf_text(&out)), "since",
        trouble->since_us ? json_string(bp_time_format(trouble->since_us, 0, since)) : json_null(), "name",
        text_or_null(trouble->name), "reason", text_or_null(trouble->reason), "by", text_or_null(trouble->by),
        "device", number_or_null(trouble->device), "point", number_or_null(trouble->point), "command",
        text_or_null(trouble->command), "count", number_or_null(trouble->count));
}

json_t *troubles_json(const Troubles *troubles)
{
    json_t *items = json_array();
    for (size_t i = 0; i < troubles->count && i < TROUBLES_TOLD_MAX; i++)
        json_array_append_new(items, trouble_json(&troubles->items[i]));
    return items;
}
