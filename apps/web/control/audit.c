/* The record of what was done, page by page or as CSV: the newest first. A page looks at so many records and
 * no more, so that it is quick however rare what is looked for is; `next` goes on where it ended. */
#include "apps/web/call/csv.h"
#include "apps/web/control/control.h"
#include "apps/web/control/parts.h"
#include "apps/web/control/rows.h"
#include "base/parse.h"
#include "base/time.h"
#include "record/sentence.h"
#include "tool/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SCANNED_MAX = 20000,
    CSV_MAX = 10000, /* of one answer */
    KINDS_MAX = 20,
    CURSOR_MAX = 80,
    SENTENCE_MAX = 64 * 1024,
};

enum { SCANNED, LAST_AT, LAST_EPOCH, LAST_SEQ, EPOCH, SEQ, KIND, AT, BODY, POINT, PATH, DEVICE, DEVICE_NAME };

/* ---- what is asked ---- */

typedef struct Cursor {
    bool is_there;
    int64_t at_us, epoch, seq;
} Cursor;

typedef struct Wish {
    int64_t from_us, to_us, limit;
    Cursor after;
    bool is_csv;
} Wish;

static bool read_cursor(Call *call, Cursor *ret_cursor)
{
    BpStr left = call_query_text(call, "after");
    if (left.size == 0)
        return true;
    const BpStr at = bp_str_cut(left, '.', &left), epoch = bp_str_cut(left, '.', &left);
    ret_cursor->is_there = true;
    if (bp_parse_i64(at, INT64_MIN, INT64_MAX, &ret_cursor->at_us, NULL) == BP_OK &&
        bp_parse_i64(epoch, 1, INT64_MAX, &ret_cursor->epoch, NULL) == BP_OK &&
        bp_parse_i64(left, 0, INT64_MAX, &ret_cursor->seq, NULL) == BP_OK)
        return true;
    call_problem_with(call, 400, "bad-request", json_pack("{s:s}", "field", "after"),
                      "after is `next` of the page before");
    return false;
}

static const char *cursor_text(Call *call, const Cursor *cursor)
{
    char text[CURSOR_MAX];
    snprintf(text, sizeof text, "%" PRId64 ".%" PRId64 ".%" PRId64, cursor->at_us, cursor->epoch,
             cursor->seq);
    return bp_arena_text(call_arena(call), bp_str(text));
}

/* "command,point" as an array of the database's: words of a to z and _. */
static bool read_kinds(Call *call, PgValue *ret_kinds)
{
    const BpStr said = call_query_text(call, "kind");
    char memory[256];
    BpBuf text = bp_buf(memory, sizeof memory);
    *ret_kinds = pg_null();
    if (said.size == 0)
        return true;
    bp_buf_printf(&text, "{%.*s}", BP_STR_ARGS(said));
    for (size_t i = 0; i < said.size; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz_,", said.data[i]) || !said.data[i])
            text.failed = true;
    if (text.failed || said.data[0] == ',' || said.data[said.size - 1] == ',' ||
        memmem(said.data, said.size, ",,", 2)) {
        call_problem_with(
            call, 400, "bad-request", json_pack("{s:s}", "field", "kind"),
            "kind is one or more, with commas, of command, command_event, point, device, device_status, "
            "setting, user, source, alarm, audit, checkpoint, epoch");
        return false;
    }
    *ret_kinds = pg_text(bp_str(bp_arena_text(call_arena(call), bp_buf_text(&text))));
    return true;
}

static PgValue time_or_any(int64_t at_us)
{
    return at_us ? pg_time(at_us) : pg_null();
}

static void ask(Call *call, Wish *wish, CallRows next)
{
    enum { VALUES = 11 };
    static const char *const parameters[] = {"point", "person", "kind", "from", "to", "after", "limit", NULL};
    int64_t point = 0;
    PgValue kinds;
    if (!call_query_is_known(call, parameters) || !read_kinds(call, &kinds) ||
        !read_cursor(call, &wish->after) || !call_query_number(call, "point", 1, INT32_MAX, 0, &point) ||
        !call_query_time(call, "from", 0, &wish->from_us) || !call_query_time(call, "to", 0, &wish->to_us) ||
        (!wish->is_csv && !call_query_number(call, "limit", 1, 1000, 100, &wish->limit)))
        return;
    const BpStr person = call_query_text(call, "person");
    const PgValue values[VALUES] = {pg_text(bp_str(call_site(call))),
                                    time_or_any(wish->from_us),
                                    time_or_any(wish->to_us),
                                    kinds,
                                    point ? pg_integer(point) : pg_null(),
                                    person.size ? pg_text(person) : pg_null(),
                                    wish->after.is_there ? pg_time(wish->after.at_us) : pg_null(),
                                    wish->after.is_there ? pg_integer(wish->after.epoch) : pg_null(),
                                    wish->after.is_there ? pg_integer(wish->after.seq) : pg_null(),
                                    pg_integer(wish->limit + 1),
                                    pg_integer(SCANNED_MAX)};
    call_set_context(call, wish);
    call_ask(call, SQL_SELECT_WEB_AUDIT, values, VALUES, next);
}

/* ---- what is told ---- */

/* How many rows are entries of this page, and where the next begins. */
static size_t page_of(const PgRows *rows, const Wish *wish, Cursor *ret_next)
{
    size_t count = pg_is_null(rows, 0, EPOCH) ? 0 : pg_row_count(rows);
    *ret_next = (Cursor){0};
    if (count > (size_t)wish->limit) {
        count = (size_t)wish->limit;
        *ret_next = (Cursor){true, pg_get_time_us(rows, count - 1, AT),
                             pg_get_integer(rows, count - 1, EPOCH), pg_get_integer(rows, count - 1, SEQ)};
    } else if (pg_get_integer(rows, 0, SCANNED) == SCANNED_MAX) {
        *ret_next = (Cursor){true, pg_get_time_us(rows, 0, LAST_AT), pg_get_integer(rows, 0, LAST_EPOCH),
                             pg_get_integer(rows, 0, LAST_SEQ)};
    }
    return count;
}

static int compare(const void *a, const void *b)
{
    const RecordName *one = a, *other = b;
    return (one->id > other->id) - (one->id < other->id);
}

/* What the entries of the page call by number. */
static void read_names(Call *call, const PgRows *rows, size_t count, RecordNames *ret_names)
{
    RecordName *points = bp_arena_take(call_arena(call), (count + 1) * sizeof *points);
    RecordName *devices = bp_arena_take(call_arena(call), (count + 1) * sizeof *devices);
    *ret_names = (RecordNames){.arena = call_arena(call), .points = points, .devices = devices};
    for (size_t row = 0; row < count; row++) {
        if (!pg_is_null(rows, row, PATH))
            points[ret_names->point_count++] =
                (RecordName){.id = pg_get_integer(rows, row, POINT),
                             .device_id = pg_get_integer(rows, row, DEVICE),
                             .name = tool_text_kept(call_arena(call), rows, row, PATH)};
        if (!pg_is_null(rows, row, DEVICE_NAME))
            devices[ret_names->device_count++] =
                (RecordName){.id = pg_get_integer(rows, row, DEVICE),
                             .name = tool_text_kept(call_arena(call), rows, row, DEVICE_NAME)};
    }
    qsort(points, ret_names->point_count, sizeof *points, compare);
    qsort(devices, ret_names->device_count, sizeof *devices, compare);
}

typedef struct Entry {
    JournalEntry entry;
    json_t *body;
    const char *text;
} Entry;

static void read_entry(Call *call, RecordSpeaker *speaker, const PgRows *rows, size_t row, Entry *ret_entry)
{
    BpBuf sentence = bp_buf_growing(SENTENCE_MAX);
    const BpStr body = pg_get_text(rows, row, BODY);
    ret_entry->entry = (JournalEntry){.site = bp_str(call_site(call)),
                                      .kind = pg_get_text(rows, row, KIND),
                                      .body = body,
                                      .epoch = pg_get_integer(rows, row, EPOCH),
                                      .seq = pg_get_integer(rows, row, SEQ),
                                      .at_us = pg_get_time_us(rows, row, AT)};
    ret_entry->body = json_loadb(body.data, body.size, 0, NULL);
    record_sentence(speaker, &ret_entry->entry, ret_entry->body, &sentence);
    ret_entry->text = bp_arena_text(call_arena(call), bp_buf_text(&sentence));
    bp_buf_done(&sentence);
}

/* The oldest is read first, since the end of a command says what it was; `each` gets them in that order. */
static void read_page(Call *call, const PgRows *rows, size_t count, Entry *ret_entries)
{
    RecordNames names;
    read_names(call, rows, count, &names);
    RecordSpeaker *speaker = record_speaker_new(&names);
    for (size_t row = count; row-- > 0;)
        read_entry(call, speaker, rows, row, &ret_entries[row]);
    record_speaker_free(speaker);
}

static const char *who_of(const Entry *entry, const char *name)
{
    return json_string_value(json_object_get(json_object_get(entry->body, "who"), name));
}

static const char *person_of(const Entry *entry)
{
    const char *person = who_of(entry, "person");
    const char *by = json_string_value(json_object_get(entry->body, "created_by"));
    return person ? person : by ? by : who_of(entry, "role");
}

static const char *text_of(const Entry *entry, const char *name)
{
    return json_string_value(json_object_get(entry->body, name));
}

/* Changes of users and sources are entries of kind audit, and told as what they are about. */
static BpStr kind_of(const Entry *entry)
{
    const char *event = text_of(entry, "event");
    if (event && bp_str_equal(entry->entry.kind, bp_str("audit")) &&
        (strcmp(event, "user") == 0 || strcmp(event, "source") == 0))
        return bp_str(event);
    return entry->entry.kind;
}

static json_t *borrowed(const Entry *entry, const char *name)
{
    json_t *value = json_object_get(entry->body, name);
    return value ? json_incref(value) : json_null();
}

static json_t *entry_json(const PgRows *rows, size_t row, const Entry *entry)
{
    static const RowField at[] = {{"at", ROW_TIME}}, about[] = {{"point", ROW_INTEGER}, {"path", ROW_TEXT}};
    const BpStr kind = kind_of(entry);
    const char *op = text_of(entry, "op"), *event = text_of(entry, "event");
    const bool is_command =
        bp_str_equal(kind, bp_str("command")) || bp_str_equal(kind, bp_str("command_event"));
    json_t *json = row_json(rows, row, AT, at, 1), *where = row_json(rows, row, POINT, about, 2);
    json_t *more =
        json_pack("{s:o, s:I, s:s%, s:s?, s:s?, s:s?, s:s?, s:s?, s:s, s:o, s:o, s:o}", "epoch",
                  json_sprintf("%" PRId64, entry->entry.epoch), "seq", (json_int_t)entry->entry.seq, "kind",
                  kind.data, kind.size, "event", op ? op : event, "person", person_of(entry), "role",
                  who_of(entry, "role"), "source", text_of(entry, "source"), "address",
                  who_of(entry, "address"), "text", entry->text, "before", borrowed(entry, "old"), "after",
                  borrowed(entry, "new"), "command", is_command ? borrowed(entry, "id") : json_null());
    if (!more || json_object_update(json, where) != 0 || json_object_update(json, more) != 0)
        abort();
    json_decref(where);
    json_decref(more);
    return json;
}

static void on_page(Call *call, const PgRows *rows)
{
    const Wish *wish = call_context(call);
    Cursor next;
    const size_t count = page_of(rows, wish, &next);
    Entry *entries = bp_arena_take(call_arena(call), (count + 1) * sizeof *entries);
    json_t *items = json_array();
    read_page(call, rows, count, entries);
    for (size_t row = 0; row < count; row++) {
        json_array_append_new(items, entry_json(rows, row, &entries[row]));
        json_decref(entries[row].body);
    }
    json_t *body = rows_items(items);
    json_object_set_new(body, "next", next.is_there ? json_string(cursor_text(call, &next)) : json_null());
    call_reply(call, 200, body);
}

void web_list_audit(Call *call)
{
    Wish *wish = bp_arena_take(call_arena(call), sizeof *wish);
    ask(call, wish, on_page);
}

/* ---- CSV ---- */

static void add_field(BpBuf *out, const char *text)
{
    bp_buf_u8(out, ',');
    csv_text(out, bp_str(text ? text : ""));
}

static void add_line(BpBuf *out, const PgRows *rows, size_t row, const Entry *entry)
{
    char at[BP_TIME_TEXT_MAX];
    char path[512] = "";
    (void)bp_str_copy(pg_get_text(rows, row, PATH), path, sizeof path);
    bp_buf_printf(out, "%s,%" PRId64 ",%" PRId64 ",%.*s", bp_time_format(entry->entry.at_us, 6, at),
                  entry->entry.epoch, entry->entry.seq, BP_STR_ARGS(kind_of(entry)));
    add_field(out, person_of(entry));
    add_field(out, text_of(entry, "source"));
    add_field(out, who_of(entry, "address"));
    add_field(out, path);
    add_field(out, entry->text);
    bp_buf_u8(out, '\n');
}

static void on_csv(Call *call, const PgRows *rows)
{
    enum { CSV_OCTETS = 32 * 1024 * 1024 };
    const Wish *wish = call_context(call);
    Cursor next;
    const size_t count = page_of(rows, wish, &next);
    Entry *entries = bp_arena_take(call_arena(call), (count + 1) * sizeof *entries);
    BpBuf out = bp_buf_growing(CSV_OCTETS);
    read_page(call, rows, count, entries);
    bp_buf_str(&out, bp_str("at,epoch,seq,kind,person,source,address,point,text\n"));
    for (size_t row = 0; row < count; row++) {
        add_line(&out, rows, row, &entries[row]);
        json_decref(entries[row].body);
    }
    if (next.is_there)
        call_set_field(call, "X-Next", bp_str(cursor_text(call, &next)));
    call_set_field(call, "Content-Disposition", bp_str("attachment; filename=\"audit.csv\""));
    if (out.failed)
        call_problem(call, 422, "invalid", "that is too large for one answer: ask for a shorter time");
    else
        call_reply_text(call, 200, "text/csv; charset=utf-8; header=present", bp_buf_text(&out));
    bp_buf_done(&out);
}

void web_export_audit(Call *call)
{
    Wish *wish = bp_arena_take(call_arena(call), sizeof *wish);
    wish->is_csv = true;
    wish->limit = CSV_MAX;
    ask(call, wish, on_csv);
}
