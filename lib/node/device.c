#include "node/device.h"

#include "node/readings.h"
#include "node/targets.h"

#include "bacnet/wire/timestamp.h"
#include "base/parse.h"
#include "base/time.h"

#include <assert.h>
#include <inttypes.h>

/* ---- by instance ---- */

/* After a first answer others with the same instance have this long to show up: real sites have duplicates,
 * and a write must not go to whoever is quicker. */
#define GRACE_US (300 * BP_MS)
/* How soon after a first answer its grace begins. */
#define STEP_US (20 * BP_MS)
enum { FOUND_MAX = 4 };

typedef struct Search {
    BacAddress found[FOUND_MAX];
    BacIAm i_am;
    size_t count;
} Search;

static bool note(void *owner, const BacAddress *from, const BacIAm *i_am)
{
    Search *search = owner;
    for (size_t i = 0; i < search->count; i++)
        if (bac_address_equal(&search->found[i], from))
            return true;
    if (search->count < FOUND_MAX)
        search->found[search->count++] = *from;
    search->i_am = *i_am;
    return search->count < FOUND_MAX;
}

static BpStatus tell_duplicates(const Search *search, BpError *err)
{
    char first[BAC_ADDRESS_TEXT_MAX], second[BAC_ADDRESS_TEXT_MAX];
    return bp_fail(err, BP_CONFLICT,
                   "several devices have instance %" PRIu32 ", as at %s and %s: name one by its "
                   "address",
                   search->i_am.instance, bac_address_format(&search->found[0], first),
                   bac_address_format(&search->found[1], second));
}

/* Whether the device at an address has this instance: many answer Who-Is only by a broadcast, which may not
 * reach us, but a question about their device object they answer to us. */
static void ask_target(Node *node, const BacAddress *target, uint32_t instance, Search *search)
{
    BpArena arena = {0};
    NodeReadings readings = {.arena = &arena};
    const BacReference reference = {{BAC_DEVICE, instance}, BAC_PROP_OBJECT_IDENTIFIER, BAC_NO_INDEX};
    const BacIAm i_am = {.instance = instance, .max_apdu = BAC_APDU_MAX};
    if (node_readings_read(&readings, node, node_peer(node, target, BAC_APDU_MAX), &reference, 1, NULL) ==
            BP_OK &&
        readings.items[0].refusal.kind == BAC_NOT_REFUSED)
        note(search, target, &i_am);
    bp_arena_done(&arena);
}

static BpStatus find_by_instance(Node *node, const Cfg *cfg, uint32_t instance, BacPeer **ret_peer,
                                 BpError *err)
{
    Search search = {.count = 0};
    NodeTargets targets = {.count = 0};
    const NodeListener listener = {{true, instance, instance}, note, NULL, &search};
    if (node_targets_read(&targets, cfg, &(CfgTexts){0}, err) != BP_OK)
        return err->status;
    if (!node_hears_broadcasts(node))
        node_targets_add_known(&targets, cfg, &listener.who_is);
    for (int64_t tries = 0; search.count == 0 && tries <= cfg->bacnet_retries; tries++) {
        node_who_is_everyone(node, &listener);
        for (size_t i = 0; i < targets.count; i++)
            node_who_is(node, &listener, &targets.addresses[i]);
        for (int64_t waited_us = 0; search.count == 0 && waited_us < cfg->bacnet_timeout;
             waited_us += STEP_US)
            node_listen(node, &listener, STEP_US);
        for (size_t i = 0; tries == 0 && search.count == 0 && i < targets.count; i++)
            if (!bac_address_is_network(&targets.addresses[i]))
                ask_target(node, &targets.addresses[i], instance, &search);
    }
    if (search.count)
        node_listen(node, &listener, GRACE_US);
    if (search.count == 0)
        return bp_fail(err, BP_TIMEOUT,
                       "no device says that it is %" PRIu32
                       "; if it is behind a router or does not hear broadcasts, "
                       "name it by its address",
                       instance);
    if (search.count > 1)
        return tell_duplicates(&search, err);
    const uint32_t max_apdu = search.i_am.max_apdu;
    *ret_peer =
        node_peer(node, &search.found[0], max_apdu > BAC_APDU_MAX ? BAC_APDU_MAX : (uint16_t)max_apdu);
    return BP_OK;
}

/* ---- by address ---- */

static bool note_from(void *owner, const BacAddress *from, const BacIAm *i_am)
{
    Search *search = owner;
    if (!bac_address_equal(&search->found[0], from))
        return true;
    search->i_am = *i_am;
    search->count = 1;
    return false;
}

BpStatus node_device_instance(Node *node, const Cfg *cfg, BacPeer *peer, BpArena *arena,
                              uint32_t *ret_instance, BpError *err)
{
    static const BacReference whichever = {
        {BAC_DEVICE, BAC_INSTANCE_WILDCARD}, BAC_PROP_OBJECT_IDENTIFIER, BAC_NO_INDEX};
    NodeReadings readings = {.arena = arena};
    BacValue identifier;
    const BpStatus status = node_readings_read(&readings, node, peer, &whichever, 1, err);
    if (status != BP_OK)
        return status;
    if (node_reading_first(&readings.items[0], &identifier) && identifier.type == BAC_OBJECT_IDENTIFIER) {
        *ret_instance = identifier.object.instance;
        return BP_OK;
    }
    Search search = {.found = {peer->address}};
    const NodeListener listener = {{0}, note_from, NULL, &search};
    node_who_is(node, &listener, &peer->address);
    node_listen(node, &listener, cfg->bacnet_timeout);
    if (search.count == 0)
        return bp_fail(err, BP_TIMEOUT,
                       "the device does not say which instance it has: name its object, as device,1001");
    *ret_instance = search.i_am.instance;
    return BP_OK;
}

/* ---- whichever way ---- */

bool node_device_is_name(const char *text)
{
    BacAddress address;
    return text[strspn(text, "0123456789.:/")] != '\0' &&
           bac_address_parse(bp_str(text), &address, NULL) != BP_OK;
}

BpStatus node_device_named(Node *node, const Cfg *cfg, const NodeNamed *named, BacPeer **ret_peer,
                           BpError *err)
{
    Search search = {.count = 0};
    char address[BAC_ADDRESS_TEXT_MAX];
    ask_target(node, &named->address, named->instance, &search);
    if (search.count) {
        *ret_peer = node_peer(node, &named->address, BAC_APDU_MAX);
        return BP_OK;
    }
    if (find_by_instance(node, cfg, named->instance, ret_peer, err) == BP_OK)
        return BP_OK;
    return bp_within(err, "%s does not answer at %s, where the database has it", named->name,
                     bac_address_format(&named->address, address));
}

static BpStatus find_name(const Cfg *cfg, const char *name, BpArena *arena, NodeNamed *ret_named,
                          BpError *err)
{
    BP_TRY(node_name_find(cfg, name, NULL, arena, ret_named, err));
    if (ret_named->is_point)
        return bp_fail(err, BP_INVALID, "\"%s\" is the name of a point, and no device's", name);
    return BP_OK;
}

static BpStatus find_by_name(Node *node, const Cfg *cfg, const char *name, BacPeer **ret_peer, BpError *err)
{
    NodeNamed named;
    BpArena arena = {0};
    BpStatus status = find_name(cfg, name, &arena, &named, err);
    if (status == BP_OK)
        status = node_device_named(node, cfg, &named, ret_peer, err);
    bp_arena_done(&arena);
    return status;
}

BpStatus node_device_find_quiet(Node *node, const Cfg *cfg, const char *text, BacPeer **ret_peer,
                                BpError *err)
{
    NodeNamed named;
    BpArena arena = {0};
    if (!node_device_is_name(text))
        return node_device_find(node, cfg, text, ret_peer, err);
    const BpStatus status = find_name(cfg, text, &arena, &named, err);
    if (status == BP_OK)
        *ret_peer = node_peer(node, &named.address, BAC_APDU_MAX);
    bp_arena_done(&arena);
    return status;
}

BpStatus node_device_find(Node *node, const Cfg *cfg, const char *text, BacPeer **ret_peer, BpError *err)
{
    int64_t instance;
    BacAddress address;
    if (bp_parse_i64(bp_str(text), 0, BAC_INSTANCE_MAX, &instance, NULL) == BP_OK)
        return find_by_instance(node, cfg, (uint32_t)instance, ret_peer, err);
    if (node_device_is_name(text))
        return find_by_name(node, cfg, text, ret_peer, err);
    if (bac_address_parse(bp_str(text), &address, NULL) != BP_OK)
        return bp_fail(err, BP_INVALID,
                       "\"%s\" is neither a device's instance (0 to %d) nor an address like 10.1.2.9, "
                       "10.1.2.9:47809 or 10.1.2.1/2001:0a",
                       text, BAC_INSTANCE_MAX);
    /* What it takes is not known; what we ask is short. */
    *ret_peer = node_peer(node, &address, BAC_APDU_MAX);
    return BP_OK;
}

BpStatus node_device_clock(Node *node, const Cfg *cfg, BacPeer *peer, BpArena *arena, int64_t *ret_offset_us,
                           BpError *err)
{
    BacObjectId device = {BAC_DEVICE, BAC_INSTANCE_WILDCARD};
    BP_TRY(node_device_instance(node, cfg, peer, arena, &device.instance, err));
    const BacReference references[] = {{device, BAC_PROP_LOCAL_DATE, BAC_NO_INDEX},
                                       {device, BAC_PROP_LOCAL_TIME, BAC_NO_INDEX}};
    NodeReadings readings = {.arena = arena};
    BacValue date, time;
    int64_t clock_us;
    BP_TRY(node_readings_read(&readings, node, peer, references, 2, err));
    if (!node_reading_first(&readings.items[0], &date) || date.type != BAC_DATE ||
        !node_reading_first(&readings.items[1], &time) || time.type != BAC_TIME)
        return bp_fail(err, BP_REFUSED, "the device has no clock (local-date, local-time)");
    const BacDateTime shown = {date.date, time.time};
    if (bac_date_time_to_us(&shown, &clock_us, err) != BP_OK) {
        err->status = BP_REFUSED;
        return bp_within(err, "the device's clock was never set");
    }
    *ret_offset_us = clock_us - bp_wall_us();
    return BP_OK;
}
