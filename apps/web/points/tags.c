#include "apps/web/points/tags.h"

#include <jansson.h>
#include <stdlib.h>

enum { LINES_MAX = 16 * 1024 };

static char *fold_tags(const char *json)
{
    json_auto_t *tags = json_loads(json, 0, NULL);
    BpBuf lines = bp_buf_growing(LINES_MAX);
    const char *name;
    json_t *value;
    json_object_foreach (tags, name, value) {
        const char *text = json_string_value(value);
        bp_buf_u8(&lines, '\n');
        fold_text(&lines, bp_str(name));
        bp_buf_u8(&lines, '\t');
        if (text && strcmp(text, "m:") != 0) /* a marker says no more than its name */
            fold_text(&lines, bp_str(text));
    }
    bp_buf_u8(&lines, '\n');
    lines.failed = false; /* what found no room is not found */
    char *folded = strndup((const char *)lines.data, lines.size);
    if (!folded)
        abort();
    bp_buf_done(&lines);
    return folded;
}

const char *tags_set(Store *store, uint32_t *number, BpStr json)
{
    const uint32_t before = *number, now = intern_take(&store->tags, json);
    if (now >= store->tag_capacity) {
        const uint32_t capacity = 2 * now + 64;
        store->tag_lines = store_grow(store->tag_lines, capacity, sizeof(char *));
        for (uint32_t i = store->tag_capacity; i < capacity; i++)
            store->tag_lines[i] = NULL;
        store->tag_capacity = capacity;
    }
    if (!store->tag_lines[now])
        store->tag_lines[now] = fold_tags(intern_text(&store->tags, now));
    tags_drop(store, before);
    *number = now;
    return intern_text(&store->tags, now);
}

void tags_drop(Store *store, uint32_t number)
{
    if (!number)
        return;
    intern_drop(&store->tags, number);
    if (!store->tags.items[number].text) {
        free(store->tag_lines[number]);
        store->tag_lines[number] = NULL;
    }
}

void tags_done(Store *store)
{
    for (uint32_t i = 0; i < store->tag_capacity; i++)
        free(store->tag_lines[i]);
    free(store->tag_lines);
    intern_done(&store->tags);
}
