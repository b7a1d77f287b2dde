#include "apps/web/live/values.h"

#include "apps/web/points/point_json.h"
#include "base/time.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    JSON_MAX = 16 * 1024
}; /* a state's name and a reason are 1,000 octets each at most, six times escaped */

struct LiveValues {
    Store *store;
    const StoreSite *site;
    uint64_t *changes;
    LivePoint **points; /* by their numbers, which count from 1 and are not given again */
    size_t capacity;
    uint64_t unkept; /* changes since then are not kept: the number of the last one that is */
};

LiveValues *live_values_new(Store *store, const StoreSite *site, uint64_t *changes)
{
    LiveValues *values = calloc(1, sizeof *values);
    if (!values)
        abort();
    *values = (LiveValues){.store = store, .site = site, .changes = changes};
    return values;
}

void live_values_free(LiveValues *values)
{
    if (!values)
        return;
    for (size_t i = 0; i < values->capacity; i++)
        if (values->points[i]) {
            for (int form = 0; form < LIVE_FORMS; form++)
                free(values->points[i]->json[form].text);
            free(values->points[i]);
        }
    free(values->points);
    free(values);
}

const StoreSite *live_values_site(const LiveValues *values)
{
    return values->site;
}

static void make_room(LiveValues *values, size_t id)
{
    size_t capacity = values->capacity ? values->capacity : 1024;
    while (capacity <= id)
        capacity *= 2;
    values->points = realloc(values->points, capacity * sizeof(LivePoint *));
    if (!values->points)
        abort();
    memset(values->points + values->capacity, 0, (capacity - values->capacity) * sizeof(LivePoint *));
    values->capacity = capacity;
}

LivePoint *live_values_point(LiveValues *values, int64_t id)
{
    if (id > 0 && (uint64_t)id < values->capacity && values->points[id])
        return values->points[id];
    if (!store_point(values->site, id))
        return NULL;
    if ((uint64_t)id >= values->capacity)
        make_room(values, (size_t)id);
    LivePoint *point = calloc(1, sizeof *point);
    if (!point)
        abort();
    point->id = (int32_t)id;
    values->points[id] = point;
    return point;
}

static bool is_same(const StoreValue *a, const StoreValue *b)
{
    return a->at_us == b->at_us && a->has_value == b->has_value && a->quality == b->quality &&
           (!a->has_value || a->value == b->value);
}

bool live_values_set(LiveValues *values, int64_t id, const StoreValue *value)
{
    const StorePoint *point = store_point(values->site, id);
    if (!point || value->at_us < point->now.at_us || is_same(value, &point->now) ||
        !store_set_value(values->store, values->site, id, value))
        return false;
    LivePoint *live = live_values_point(values, id);
    live->changed = ++*values->changes;
    for (int form = 0; form < LIVE_FORMS; form++)
        live->json[form].is_fresh = false;
    return true;
}

void live_values_forget_texts(LiveValues *values)
{
    for (size_t i = 0; i < values->capacity; i++)
        for (int form = 0; values->points[i] && form < LIVE_FORMS; form++)
            values->points[i]->json[form].is_fresh = false;
}

/* ---- JSON ---- */

static void put_item(BpBuf *out, const StorePoint *point)
{
    bp_buf_printf(out, "{\"point\":%d,", (int)point->id);
    const size_t brace = out->size;
    point_json_value(out, point); /* an object, which goes on ours */
    memmove(out->data + brace, out->data + brace + 1, out->size - brace - 1);
    bp_buf_rewind(out, out->size - 1);
}

static void put_text_or_null(BpBuf *out, BpStr text)
{
    if (text.size)
        point_json_text(out, text);
    else
        bp_buf_str(out, bp_str("null"));
}

static void put_row(BpBuf *out, const StorePoint *point)
{
    const StoreValue *now = &point->now;
    char memory[STORE_STATE_MAX];
    const BpStr state = store_state_text(point, now, memory), reason = bp_str(now->reason);
    bp_buf_printf(out, "[%d,", (int)point->id);
    point_json_number(out, now->has_value ? now->value : (double)NAN);
    bp_buf_printf(out, ",\"%s\",", point_json_quality(now));
    if (now->at_us)
        bp_buf_printf(out, "%" PRId64, now->at_us / BP_MS);
    else
        bp_buf_str(out, bp_str("null"));
    if (state.size || reason.size) {
        bp_buf_u8(out, ',');
        put_text_or_null(out, state);
    }
    if (reason.size) {
        bp_buf_u8(out, ',');
        point_json_text(out, reason);
    }
    bp_buf_u8(out, ']');
}

static void make(LiveValues *values, LivePoint *live, LiveForm form)
{
    const StorePoint gone = {.id = live->id, .object_type = "", .states = "[]", .now.reason = ""};
    const StorePoint *found = store_point(values->site, live->id);
    const StorePoint *point = found ? found : &gone; /* withdrawn, while somebody watches it */
    uint8_t memory[JSON_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    if (form == LIVE_ITEM)
        put_item(&out, point);
    else
        put_row(&out, point);
    LiveJson *json = &live->json[form];
    if (out.size > json->capacity) {
        free(json->text);
        json->capacity = (uint32_t)(out.size + 16);
        json->text = malloc(json->capacity);
        if (!json->text)
            abort();
    }
    memcpy(json->text, out.data, out.size);
    json->size = (uint32_t)out.size;
    json->is_fresh = true;
}

BpStr live_point_json(LiveValues *values, LivePoint *point, LiveForm form)
{
    if (!point->json[form].is_fresh)
        make(values, point, form);
    return (BpStr){point->json[form].text, point->json[form].size};
}

/* ---- what is to be kept ---- */

size_t live_values_unkept(LiveValues *values, size_t max, BpBuf *out)
{
    size_t count = 0;
    if (values->unkept == *values->changes)
        return 0;
    bp_buf_u8(out, '[');
    for (size_t i = 0; i < values->capacity && count < max; i++) {
        LivePoint *point = values->points[i];
        if (!point || point->kept == point->changed)
            continue;
        if (count++)
            bp_buf_u8(out, ',');
        bp_buf_str(out, live_point_json(values, point, LIVE_ROW));
        point->kept = point->changed;
    }
    bp_buf_u8(out, ']');
    if (count < max)
        values->unkept = *values->changes;
    return count;
}

void live_values_keep_again(LiveValues *values)
{
    values->unkept = 0;
    for (size_t i = 0; i < values->capacity; i++)
        if (values->points[i])
            values->points[i]->kept = 0;
}

/* ---- cursors ---- */

void live_cursor_write(uint64_t run, uint64_t number, char ret_text[LIVE_CURSOR_MAX])
{
    snprintf(ret_text, LIVE_CURSOR_MAX, "%016" PRIx64 "-%" PRIx64, run, number);
}

bool live_cursor_read(BpStr text, uint64_t run, uint64_t changes, uint64_t *ret_number)
{
    char ours[LIVE_CURSOR_MAX];
    enum { NAME_SIZE = 17 }; /* the run, and a dash */
    live_cursor_write(run, 0, ours);
    if (text.size <= NAME_SIZE || text.size > NAME_SIZE + 16 || memcmp(text.data, ours, NAME_SIZE) != 0)
        return false;
    uint64_t number = 0;
    for (size_t i = NAME_SIZE; i < text.size; i++) {
        const char c = text.data[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        number = number << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *ret_number = number;
    return number <= changes;
}
