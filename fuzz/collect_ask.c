/* Commands as anybody at the broker may send them: refused with a reason, or asked for as JSON that is JSON,
 * about one point. */
#include "apps/collect/control/ask_json.h"

#include <assert.h>
#include <jansson.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const ControlAsk *ask)
{
    if (ask->status != BP_OK) {
        assert(*ask->wrong.text && !ask->request);
        return;
    }
    assert((ask->point_id > 0) + (ask->point != NULL) + (ask->device != NULL) == 1);
    assert(!ask->device == !ask->object);
    json_auto_t *request = json_loads(ask->request, 0, NULL);
    assert(json_is_object(request));
    const json_t *value = json_object_get(request, "value"), *state = json_object_get(request, "state");
    const char *type = json_string_value(json_object_get(request, "command_type"));
    assert((value != NULL) + (state != NULL) == (strcmp(type, "write_value") == 0 ? 1 : 0));
    assert(!value || json_is_number(value));
    const char *key = json_string_value(json_object_get(request, "idempotency_key"));
    assert(!key == !ask->key && (!key || strcmp(key, ask->key) == 0));
    assert(!json_object_get(request, "site_id") && !json_object_get(request, "point_id"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static ControlAsks asks;
    BpArena arena = {0};
    BpError err;
    if (control_asks_read((BpStr){(const char *)data, size}, "here", &arena, &asks, &err) != BP_OK) {
        assert(*err.text);
    } else {
        assert(asks.count >= 1 && asks.count <= CONTROL_ASKS_MAX);
        for (size_t i = 0; i < asks.count; i++)
            look_at(&asks.items[i]);
    }
    bp_arena_done(&arena);
    return 0;
}
