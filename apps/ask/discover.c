/* bacpipes discover: which devices are there. */
#include "apps/ask/has.h"
#include "node/device.h"
#include "node/readings.h"
#include "node/targets.h"
#include "node/tool.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/progress.h"
#include "say/table.h"

#include "apps/roles.h"
#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEVICES_MAX = 10000, NAME_MAX_OCTETS = 256 };

static int64_t wait_us = 3 * BP_SECOND, low = 0, high = BAC_INSTANCE_MAX;
static bool names;
static CfgTexts more_targets;
static const char *has;

static const CfgOption options[] = {
    {"wait", "DURATION", "How long to wait for answers. Default: 3s.", .duration_us = &wait_us},
    {"low", "INSTANCE", "Only devices from this instance on.", .integer = &low, .max = BAC_INSTANCE_MAX},
    {"high", "INSTANCE", "Only devices up to this instance.", .integer = &high, .max = BAC_INSTANCE_MAX},
    {"target", "ADDRESS",
     "Asks this address alone, beside the broadcast, or as 10.2.0.1/2001 all devices of a network behind a "
     "router. May be repeated.",
     .texts = &more_targets},
    {"has", "OBJECT",
     "Lists who has this object instead (Who-Has): its name, as AHU-1/SAT, or an identifier, as ai,3.",
     .text = &has},
    {"names", NULL, "Asks each device for its name, vendor and model too.", .flag = &names},
    NODE_OPTIONS,
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes discover",
    .summary =
        "Asks who is there (Who-Is), by broadcast and each of --target and of setting discovery.targets by "
        "itself, and lists the devices that answer.",
    .options = options,
    .offers_json = true,
    .details =
        "A target that does not answer Who-Is is asked for its device object instead.\n" SAY_EXIT_CODES,
    .examples = "bacpipes discover\n"
                "bacpipes discover --names --low 1000 --high 1999\n"
                "bacpipes discover --has AHU-1/SAT\n"
                "bacpipes discover --target 10.2.0.9 --target 10.2.0.1/2001:0a --json\n"
                "bacpipes discover --address 127.0.0.1 --broadcast 127.255.255.255",
};

typedef struct Device {
    BacAddress address;
    BacIAm i_am;
    BpStr vendor, model, name; /* with --names; why they are missing, in `name` */
} Device;

typedef struct Discovery {
    const Cfg *cfg;
    BpArena *arena;
    Node *node;
    BacWhoIs who_is;
    NodeTargets targets;
    Device *devices; /* DEVICES_MAX of them */
    size_t count;
} Discovery;

/* ---- finding ---- */

static bool is_known(const Discovery *discovery, const BacAddress *address)
{
    for (size_t i = 0; i < discovery->count; i++)
        if (bac_address_equal(&discovery->devices[i].address, address))
            return true;
    return false;
}

static bool note(void *owner, const BacAddress *from, const BacIAm *i_am)
{
    Discovery *discovery = owner;
    if (!is_known(discovery, from) && discovery->count < DEVICES_MAX)
        discovery->devices[discovery->count++] = (Device){.address = *from, .i_am = *i_am};
    say_progress("%zu devices so far", discovery->count);
    return discovery->count < DEVICES_MAX;
}

static uint32_t first_number(const NodeReadings *readings, BacObjectId object, uint32_t property,
                             uint32_t fallback)
{
    BacValue value;
    double number;
    if (!node_reading_first(node_readings_find(readings, object, property), &value) ||
        !bac_value_number(&value, &number) || number < 0 || number > UINT32_MAX)
        return fallback;
    return (uint32_t)number;
}

/* Many devices answer Who-Is only by a broadcast that ends at their router: their device object, under the
 * wildcard instance (clause 15.5.2), answers to us. */
static void ask_target(Discovery *discovery, const BacAddress *target)
{
    const BacObjectId wildcard = {BAC_DEVICE, BAC_INSTANCE_WILDCARD};
    const BacReference reference = {wildcard, BAC_PROP_OBJECT_IDENTIFIER, BAC_NO_INDEX};
    NodeReadings readings = {.arena = discovery->arena};
    BacPeer *peer = node_peer(discovery->node, target, BAC_APDU_MAX);
    BacValue identifier;
    if (node_readings_read(&readings, discovery->node, peer, &reference, 1, NULL) != BP_OK ||
        !node_reading_first(&readings.items[0], &identifier) || identifier.type != BAC_OBJECT_IDENTIFIER)
        return;
    const BacObjectId device = identifier.object;
    if (device.instance < discovery->who_is.low || device.instance > discovery->who_is.high)
        return;
    const BacReference details[] = {{device, BAC_PROP_VENDOR_IDENTIFIER, BAC_NO_INDEX},
                                    {device, BAC_PROP_MAX_APDU_LENGTH_ACCEPTED, BAC_NO_INDEX},
                                    {device, BAC_PROP_SEGMENTATION_SUPPORTED, BAC_NO_INDEX}};
    BacIAm i_am = {.instance = device.instance};
    if (node_readings_read(&readings, discovery->node, peer, details, 3, NULL) == BP_OK) {
        i_am.vendor = (uint16_t)first_number(&readings, device, BAC_PROP_VENDOR_IDENTIFIER, 0);
        i_am.max_apdu = first_number(&readings, device, BAC_PROP_MAX_APDU_LENGTH_ACCEPTED, 0);
        i_am.segmentation =
            (uint8_t)first_number(&readings, device, BAC_PROP_SEGMENTATION_SUPPORTED, BAC_NO_SEGMENTATION);
    }
    note(discovery, target, &i_am);
}

static BpStr text_of(const NodeReadings *readings, BacObjectId object, uint32_t property, BpArena *arena)
{
    BacValue value;
    char memory[NAME_MAX_OCTETS];
    BpBuf text = bp_buf(memory, sizeof memory);
    if (!node_reading_first(node_readings_find(readings, object, property), &value))
        return bp_str("");
    bac_value_format(&text, &value);
    return (BpStr){bp_arena_text(arena, bp_buf_text(&text)), text.size};
}

static void read_names(Discovery *discovery, Device *device)
{
    const BacObjectId object = {BAC_DEVICE, device->i_am.instance};
    const BacReference references[] = {{object, BAC_PROP_OBJECT_NAME, BAC_NO_INDEX},
                                       {object, BAC_PROP_VENDOR_NAME, BAC_NO_INDEX},
                                       {object, BAC_PROP_MODEL_NAME, BAC_NO_INDEX}};
    NodeReadings readings = {.arena = discovery->arena};
    const uint32_t max_apdu = device->i_am.max_apdu;
    const bool is_plain = max_apdu >= BAC_APDU_MIN && max_apdu <= BAC_APDU_MAX;
    BacPeer *peer =
        node_peer(discovery->node, &device->address, is_plain ? (uint16_t)max_apdu : BAC_APDU_MAX);
    if (node_readings_read(&readings, discovery->node, peer, references, 3, NULL) != BP_OK)
        device->name = bp_str("(no answer)");
    else
        device->name = text_of(&readings, object, BAC_PROP_OBJECT_NAME, discovery->arena);
    device->vendor = text_of(&readings, object, BAC_PROP_VENDOR_NAME, discovery->arena);
    device->model = text_of(&readings, object, BAC_PROP_MODEL_NAME, discovery->arena);
}

static int by_instance(const void *a, const void *b)
{
    const Device *one = a, *other = b;
    if (one->i_am.instance != other->i_am.instance)
        return one->i_am.instance < other->i_am.instance ? -1 : 1;
    return memcmp(&one->address, &other->address, sizeof one->address);
}

static void find_devices(Discovery *discovery)
{
    say_progress("waiting for answers");
    const NodeListener listener = {discovery->who_is, note, NULL, discovery};
    if (!node_hears_broadcasts(discovery->node))
        node_targets_add_known(&discovery->targets, discovery->cfg, &discovery->who_is);
    node_who_is_everyone(discovery->node, &listener);
    for (size_t i = 0; i < discovery->targets.count; i++)
        node_who_is(discovery->node, &listener, &discovery->targets.addresses[i]);
    node_listen(discovery->node, &listener, wait_us);
    for (size_t i = 0; i < discovery->targets.count; i++)
        if (!bac_address_is_network(&discovery->targets.addresses[i]) &&
            !is_known(discovery, &discovery->targets.addresses[i]))
            ask_target(discovery, &discovery->targets.addresses[i]);
    qsort(discovery->devices, discovery->count, sizeof *discovery->devices, by_instance);
    for (size_t i = 0; names && i < discovery->count; i++) {
        say_progress("reading names, device %zu", i + 1);
        read_names(discovery, &discovery->devices[i]);
    }
    say_progress_end();
}

/* ---- telling ---- */

static const char *segmentation_text(const Device *device)
{
    const char *text = bac_words_text(&bac_segmentations, device->i_am.segmentation);
    return text ? text : "?";
}

static void print_json(const Discovery *discovery)
{
    json_t *all = json_array();
    for (size_t i = 0; i < discovery->count; i++) {
        const Device *device = &discovery->devices[i];
        char address[BAC_ADDRESS_TEXT_MAX];
        json_t *one = json_pack("{s:I, s:s, s:i, s:I, s:s}", "instance", (json_int_t)device->i_am.instance,
                                "address", bac_address_format(&device->address, address), "vendor_id",
                                (int)device->i_am.vendor, "max_apdu", (json_int_t)device->i_am.max_apdu,
                                "segmentation", segmentation_text(device));
        if (names) {
            json_object_set_new(one, "vendor", say_json_text(device->vendor));
            json_object_set_new(one, "model", say_json_text(device->model));
            json_object_set_new(one, "name", say_json_text(device->name));
        }
        json_array_append_new(all, one);
    }
    say_json_print(all);
}

static void print_table(const Discovery *discovery)
{
    static const SayColumn columns[] = {{"instance", .is_number = true},
                                        {"address"},
                                        {"vendor", .is_number = true},
                                        {"max APDU", .is_number = true},
                                        {"segmentation"},
                                        {"name", .may_be_cut = true},
                                        {"model", .may_be_cut = true},
                                        {"vendor name", .may_be_cut = true}};
    enum { WITH_NAMES = sizeof columns / sizeof columns[0], WITHOUT_NAMES = 5 };
    SayTable table;
    say_table_init(&table, columns, names ? WITH_NAMES : WITHOUT_NAMES);
    for (size_t i = 0; i < discovery->count; i++) {
        const Device *device = &discovery->devices[i];
        char address[BAC_ADDRESS_TEXT_MAX];
        say_table_addf(&table, "%" PRIu32, device->i_am.instance);
        say_table_add(&table, bp_str(bac_address_format(&device->address, address)));
        say_table_addf(&table, "%u", device->i_am.vendor);
        say_table_addf(&table, "%" PRIu32, device->i_am.max_apdu);
        say_table_add(&table, bp_str(segmentation_text(device)));
        if (names) {
            say_table_add(&table, device->name);
            say_table_add(&table, device->model);
            say_table_add(&table, device->vendor);
        }
    }
    say_table_print(&table, stdout, say_terminal_width(stdout));
    say_table_done(&table);
}

/* Devices of one instance are a mistake on the site that somebody should know of. */
static void tell_duplicates(const Discovery *discovery)
{
    for (size_t i = 1; i < discovery->count; i++)
        if (discovery->devices[i].i_am.instance == discovery->devices[i - 1].i_am.instance)
            fprintf(stderr, "Instance %" PRIu32 " is there more than once: give each device its own.\n",
                    discovery->devices[i].i_am.instance);
}

/* It is no device of the building, and the database has none of it. */
static void tell_own(const Discovery *discovery)
{
    for (size_t i = 0; i < discovery->count; i++)
        if (discovery->devices[i].i_am.instance == (uint32_t)discovery->cfg->bacnet_instance)
            fprintf(stderr,
                    "%" PRIu32 " is this site's collector (bacnet.instance), which is a device, too.\n",
                    discovery->devices[i].i_am.instance);
}

static int tell(const Discovery *discovery, bool json)
{
    if (json)
        print_json(discovery);
    else if (discovery->count)
        print_table(discovery);
    if (discovery->count == 0)
        fprintf(stderr,
                "No device answered. Is --address (now %s) on the building's network, and does --broadcast "
                "reach it? Devices behind a router can be asked by --target.\n",
                discovery->cfg->bacnet_address);
    tell_duplicates(discovery);
    tell_own(discovery);
    return discovery->count ? EX_OK : SAY_NOTHING;
}

static int discover(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    Discovery discovery = {.cfg = cfg, .arena = arena};
    discovery.who_is =
        (BacWhoIs){.has_range = low > 0 || high < BAC_INSTANCE_MAX, (uint32_t)low, (uint32_t)high};
    discovery.devices = bp_arena_take(arena, DEVICES_MAX * sizeof *discovery.devices);
    if (low > high)
        bp_fail(&err, BP_INVALID, "--low %" PRId64 " is above --high %" PRId64, low, high);
    else if (node_targets_read(&discovery.targets, cfg, &more_targets, &err) == BP_OK &&
             node_new(cfg, &discovery.node, &err) == BP_OK) {
        int code;
        if (has) {
            code =
                ask_has(discovery.node, &discovery.who_is, &discovery.targets, has, wait_us, arguments->json);
        } else {
            find_devices(&discovery);
            code = tell(&discovery, arguments->json);
        }
        node_free(discovery.node);
        return code;
    }
    return say_fail(command.name, &err);
}

int ask_discover_main(int argc, char **argv)
{
    return node_run(&command, argc, argv, discover);
}
