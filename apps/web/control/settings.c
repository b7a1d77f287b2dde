/* Settings: what they mean (lib/config/settings.def), what the site says of them, and changing that by the
 * version that was seen. */
#include "apps/web/control/control.h"
#include "apps/web/control/parts.h"
#include "apps/web/control/rows.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAME,
    KIND,
    SCOPE,
    MINIMUM,
    MAXIMUM,
    FALLBACK,
    RANGE,
    MEANING,
    VALUE,
    UPDATED_AT,
    UPDATED_BY,
    VERSION,
    VALUE_MAX = 4000,
};

static void set(json_t *json, const char *name, json_t *value)
{
    if (!value || json_object_set_new(json, name, value) != 0)
        abort();
}

static json_t *text_json(BpStr text)
{
    json_t *json = json_stringn(text.data, text.size);
    return json ? json : json_null();
}

/* "all, none or rules": its words; "1s to 1d": none. */
static json_t *choices_of(BpStr range)
{
    json_t *choices = json_array();
    const char *or_ = memmem(range.data, range.size, " or ", 4);
    for (size_t i = 0; i < range.size; i++)
        if (!islower((unsigned char)range.data[i]) && !strchr(" ,-_0123456789", range.data[i]))
            or_ = NULL;
    if (!or_ || memmem(range.data, range.size, " to ", 4))
        return choices;
    const BpStr last = {or_ + 4, (size_t)(range.data + range.size - or_ - 4)};
    for (BpStr left = {range.data, (size_t)(or_ - range.data)}; left.size;) {
        const BpStr one = bp_str_trim(bp_str_cut(left, ',', &left));
        json_array_append_new(choices, text_json(one));
    }
    json_array_append_new(choices, text_json(last));
    return choices;
}

/* "1s to 1d" in two. */
static void set_limits(json_t *json, BpStr range)
{
    const char *to = memmem(range.data, range.size, " to ", 4);
    const bool is_pair = to && !memchr(range.data, ' ', (size_t)(to - range.data)) &&
                         !memchr(to + 4, ' ', (size_t)(range.data + range.size - to - 4));
    set(json, "least", is_pair ? json_stringn(range.data, (size_t)(to - range.data)) : json_null());
    set(json, "most",
        is_pair ? json_stringn(to + 4, (size_t)(range.data + range.size - to - 4)) : json_null());
}

static json_t *kind_json(BpStr kind, bool has_choices)
{
    char text[32] = "";
    if (has_choices)
        return json_string("choice");
    (void)bp_str_copy(kind, text, sizeof text);
    for (char *letter = text; *letter; letter++)
        *letter = (char)tolower((unsigned char)*letter);
    return json_string(text);
}

/* What the settings of this process say, which are of the same file as the others' on this machine. */
static json_t *own_value(const Web *web, BpStr name, BpStr fallback, const char **ret_from)
{
    char own[VALUE_MAX], usual[VALUE_MAX];
    BpBuf own_text = bp_buf(own, sizeof own), usual_text = bp_buf(usual, sizeof usual);
    const CfgSetting *setting = cfg_find(name);
    *ret_from = "default";
    if (!setting)
        return text_json(fallback);
    cfg_format(web->cfg, setting, &own_text);
    cfg_format(&web->control->defaults, setting, &usual_text);
    if (own_text.failed || usual_text.failed ||
        bp_str_equal(bp_buf_text(&own_text), bp_buf_text(&usual_text)))
        return text_json(fallback);
    *ret_from = "file";
    return text_json(bp_buf_text(&own_text));
}

/* At a central other sites' files are elsewhere: what its own says is not theirs. */
static bool is_here(Call *call)
{
    return strcmp(call_site(call), call_web(call)->cfg->site) == 0;
}

static json_t *setting_json(Call *call, const PgRows *rows, size_t row)
{
    static const RowField changed[] = {
        {"updated_at", ROW_TIME}, {"updated_by", ROW_TEXT}, {"version", ROW_TEXT}};
    const BpStr name = pg_get_text(rows, row, NAME), range = pg_get_text(rows, row, RANGE);
    const BpStr fallback = pg_get_text(rows, row, FALLBACK);
    const bool is_set = !pg_is_null(rows, row, VALUE);
    const char *from = "site", *dot = memchr(name.data, '.', name.size);
    json_t *json = row_json(rows, row, UPDATED_AT, changed, 3), *choices = choices_of(range);
    set(json, "name", text_json(name));
    if (is_set) {
        set(json, "value", text_json(pg_get_text(rows, row, VALUE)));
    } else if (is_here(call)) {
        set(json, "value", own_value(call_web(call), name, fallback, &from));
    } else {
        set(json, "value", text_json(fallback));
        from = "default";
    }
    set(json, "from", json_string(from));
    set(json, "default", text_json(fallback));
    set(json, "kind", kind_json(pg_get_text(rows, row, KIND), json_array_size(choices) > 0));
    set(json, "range", text_json(range));
    set_limits(json, range);
    set(json, "choices", choices);
    set(json, "unit", json_null());
    set(json, "meaning", text_json(pg_get_text(rows, row, MEANING)));
    set(json, "group", text_json(dot ? (BpStr){name.data, (size_t)(dot - name.data)} : name));
    set(json, "editable", json_boolean(bp_str_equal(pg_get_text(rows, row, SCOPE), bp_str("site"))));
    return json;
}

/* ---- reading ---- */

/* What belongs to each process tells how the machine is set up: that is for who may change settings. */
static void on_settings(Call *call, const PgRows *rows)
{
    const bool sees_all =
        is_here(call) && person_may(call_person(call), call_site(call), RIGHT_EDIT_SETTINGS);
    json_t *items = json_array();
    for (size_t row = 0; row < pg_row_count(rows); row++)
        if (sees_all || bp_str_equal(pg_get_text(rows, row, SCOPE), bp_str("site")))
            json_array_append_new(items, setting_json(call, rows, row));
    call_reply(call, 200, rows_items(items));
}

void web_list_settings(Call *call)
{
    const PgValue values[] = {pg_text(bp_str(call_site(call))), pg_null()};
    call_ask(call, SQL_SELECT_WEB_SETTINGS, values, 2, on_settings);
}

/* ---- changing ---- */

static void on_setting(Call *call, const PgRows *rows)
{
    const BpStr version = pg_row_count(rows) ? pg_get_text(rows, 0, VERSION) : (BpStr){0};
    if (pg_row_count(rows) == 0) {
        call_problem(call, 404, "not-found", "there is no such setting");
        return;
    }
    call_set_etag(call, "%.*s", BP_STR_ARGS(version));
    call_reply(call, 200, setting_json(call, rows, 0));
}

static void ask_one(Call *call)
{
    const PgValue values[] = {pg_text(bp_str(call_site(call))), pg_text(call_path_text(call, "name"))};
    call_ask(call, SQL_SELECT_WEB_SETTINGS, values, 2, on_setting);
}

static void on_changed(Call *call, const PgRows *rows)
{
    const BpStr outcome = pg_get_text(rows, 0, 0), version = pg_get_text(rows, 0, 1);
    const BpStr name = call_path_text(call, "name");
    if (bp_str_equal(outcome, bp_str("unknown"))) {
        const CfgSetting *nearest = cfg_find_nearest(name);
        call_problem(call, 404, "not-found", "there is no setting \"%.*s\"%s%s%s",
                     name.size > 100 ? 100 : (int)name.size, name.data, nearest ? ": did you mean " : "",
                     nearest ? nearest->name : "", nearest ? "?" : "");
    } else if (bp_str_equal(outcome, bp_str("stale"))) {
        json_t *current =
            json_pack("{s:o, s:o}", "version", text_json(version), "value",
                      pg_is_null(rows, 0, 2) ? json_null() : text_json(pg_get_text(rows, 0, 2)));
        call_problem_with(call, 412, "changed", json_pack("{s:o}", "current", current),
                          "it has been changed meanwhile: look at it as it is now");
    } else if (!pg_is_null(rows, 0, 3)) {
        call_reply_waiting(call, pg_get_text(rows, 0, 3));
    } else {
        ask_one(call);
    }
}

/* The version in If-Match; data is NULL where there is none. */
static BpStr version_of(const Call *call)
{
    const BpStr said = bp_str_trim(call_header(call, HTTPD_IF_MATCH));
    if (said.size >= 2 && said.data[0] == '"' && said.data[said.size - 1] == '"')
        return (BpStr){said.data + 1, said.size - 2};
    return said;
}

static void change(Call *call, PgValue value)
{
    const BpStr version = version_of(call);
    if (version.size == 0) {
        call_problem(call, 428, "version-needed",
                     "send If-Match with the setting's version, or * for any version");
        return;
    }
    PgValue *values = bp_arena_take(call_arena(call), 4 * sizeof *values);
    values[0] = pg_text(bp_str(call_site(call)));
    values[1] = pg_text(call_path_text(call, "name"));
    values[2] = value;
    values[3] = pg_text(version);
    PgStep *step = bp_arena_take(call_arena(call), sizeof *step);
    *step = (PgStep){SQL_CHANGE_WEB_SETTING, values, 4};
    call_change(call, step, 1, on_changed);
}

void web_set_setting(Call *call)
{
    static const char *const names[] = {"value", NULL};
    const char *value;
    if (call_fields_are_known(call, call_body(call), "", names) &&
        call_field_text(call, "value", CALL_NEEDED, VALUE_MAX, &value))
        change(call, pg_text(bp_str(value)));
}

void web_unset_setting(Call *call)
{
    change(call, pg_null());
}
