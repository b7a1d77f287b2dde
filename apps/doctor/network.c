/* Who answers on the network, and what does not fit together there. */
#include "apps/doctor/doctor.h"
#include "node/readings.h"

#include "bacnet/talk/bbmd.h"
#include "bacnet/talk/routes.h"
#include "base/time.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    DEVICES_MAX = 10000,
    BBMDS_MAX = 64,    /* asked whether they are */
    ENTRIES_MAX = 128, /* of a table */
    ROUNDS = 3,        /* a BBMD's peers are asked too, and theirs */
    TROUBLES_MAX = 32,
};
#define TABLE_WAIT_US (1500 * BP_MS)

typedef struct Device {
    BacAddress address;
    BacIAm i_am;
    unsigned times; /* it answered; to one Who-Is */
} Device;

typedef struct Bbmd {
    BacAddress address;
    bool was_asked, is_one;
    BacBdtEntry entries[ENTRIES_MAX];
    size_t entry_count, foreign_count;
} Bbmd;

typedef struct Trouble {
    BacRouteNews news;
    BacRoute route;
    uint8_t reason;
    uint16_t own_network;
} Trouble;

typedef struct Network {
    Doctor *doctor;
    Node *node;
    Device *devices; /* DEVICES_MAX of them */
    size_t device_count;
    Bbmd *bbmds; /* BBMDS_MAX of them */
    size_t bbmd_count;
    BacRoutes routes;
    Trouble troubles[TROUBLES_MAX];
    size_t trouble_count;
    uint64_t heard;
} Network;

typedef struct Text {
    char text[BAC_ADDRESS_TEXT_MAX];
} Text;

static Text name_of(const BacAddress *address)
{
    Text out;
    bac_address_format(address, out.text);
    return out;
}

static BacAddress node_of(const BacAddress *address)
{
    BacAddress node = *address;
    node.remote = (BacStation){0};
    return node;
}

/* ---- what is heard ---- */

static bool on_i_am(void *owner, const BacAddress *from, const BacIAm *i_am)
{
    Network *network = owner;
    for (size_t i = 0; i < network->device_count; i++) {
        Device *device = &network->devices[i];
        if (bac_address_equal(&device->address, from) && device->i_am.instance == i_am->instance) {
            device->times++;
            return true;
        }
    }
    if (network->device_count < DEVICES_MAX)
        network->devices[network->device_count++] = (Device){*from, *i_am, 1};
    return true;
}

/* Somebody to ask whether it is a BBMD. */
static Bbmd *note_bbmd(Network *network, const BacAddress *address)
{
    const BacAddress node = node_of(address);
    for (size_t i = 0; i < network->bbmd_count; i++)
        if (bac_address_equal(&network->bbmds[i].address, &node))
            return &network->bbmds[i];
    if (network->bbmd_count == BBMDS_MAX)
        return NULL;
    Bbmd *bbmd = &network->bbmds[network->bbmd_count++];
    *bbmd = (Bbmd){.address = node};
    return bbmd;
}

static void take_table(Bbmd *bbmd, BpCursor body)
{
    bbmd->is_one = true;
    bbmd->entry_count = 0;
    while (bbmd->entry_count < ENTRIES_MAX && bac_bdt_next(&body, &bbmd->entries[bbmd->entry_count]))
        bbmd->entry_count++;
}

static void take_foreign(Bbmd *bbmd, BpCursor body)
{
    BacForeignEntry entry;
    uint16_t left_s;
    bbmd->foreign_count = 0;
    while (bac_fdt_next(&body, &entry, &left_s))
        bbmd->foreign_count++;
}

static void on_datagram(void *owner, const BacDatagram *datagram)
{
    Network *network = owner;
    Bbmd *bbmd;
    network->heard++;
    bac_routes_take(&network->routes, datagram, bp_wall_us());
    switch (datagram->function) {
    case BAC_BVLC_FORWARDED_NPDU: note_bbmd(network, &datagram->sender); break;
    case BAC_BVLC_READ_BDT_ACK:
        bbmd = note_bbmd(network, &datagram->from);
        if (bbmd)
            take_table(bbmd, datagram->body);
        break;
    case BAC_BVLC_READ_FDT_ACK:
        bbmd = note_bbmd(network, &datagram->from);
        if (bbmd)
            take_foreign(bbmd, datagram->body);
        break;
    default: break;
    }
}

static void on_news(void *owner, BacRouteNews news, const BacRoute *route, uint8_t reason)
{
    Network *network = owner;
    if (network->trouble_count < TROUBLES_MAX &&
        (news == BAC_ROUTE_OWN_DIFFERS || news == BAC_ROUTE_REFUSED || news == BAC_ROUTE_BUSY_NOW))
        network->troubles[network->trouble_count++] =
            (Trouble){news, *route, reason, network->routes.own_network};
}

/* ---- asking ---- */

static void ask_routers(const Network *network, BacNetworkMessage message)
{
    uint8_t memory[32];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacAddress here = node_broadcast_address(network->node);
    bac_network_message_write(&out, BAC_BVLC_ORIGINAL_BROADCAST, &here, message, bp_str(""));
    node_send(network->node, &here, bp_buf_text(&out));
}

static void ask_table(const Network *network, const Bbmd *bbmd, BacBvlcFunction function)
{
    uint8_t memory[BAC_BVLC_HEADER_SIZE];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_bvlc_end(&out, bac_bvlc_begin(&out, &(BacBvlc){.function = function}));
    node_send(network->node, &bbmd->address, bp_buf_text(&out));
}

/* Whoever may be a BBMD, and then whom their tables name. */
static void ask_bbmds(Network *network, const NodeListener *listener)
{
    for (size_t i = 0; i < network->device_count; i++)
        note_bbmd(network, &network->devices[i].address);
    for (size_t round = 0; round < ROUNDS; round++) {
        bool asks = false;
        for (size_t i = 0; i < network->bbmd_count; i++) {
            if (network->bbmds[i].was_asked)
                continue;
            network->bbmds[i].was_asked = asks = true;
            ask_table(network, &network->bbmds[i], BAC_BVLC_READ_BDT);
            ask_table(network, &network->bbmds[i], BAC_BVLC_READ_FDT);
        }
        if (!asks)
            return;
        node_listen(network->node, listener, TABLE_WAIT_US);
        for (size_t i = 0; i < network->bbmd_count; i++)
            for (size_t j = 0; j < network->bbmds[i].entry_count; j++)
                note_bbmd(network, &network->bbmds[i].entries[j].address);
    }
}

/* ---- devices ---- */

static int by_instance(const void *a, const void *b)
{
    const Device *one = a, *other = b;
    if (one->i_am.instance != other->i_am.instance)
        return one->i_am.instance < other->i_am.instance ? -1 : 1;
    return memcmp(&one->address, &other->address, sizeof one->address);
}

static void judge_silence(const Network *network)
{
    Doctor *doctor = network->doctor;
    doctor_say(doctor, DOCTOR_WRONG, "devices", "no device answered a Who-Is; %" PRIu64 " datagrams came in",
               network->heard);
    if (!node_hears_broadcasts(network->node))
        doctor_mend(doctor, "another program has the port, and devices that answer by broadcast are heard by "
                            "it alone: stop it while you look");
    else
        doctor_mend(doctor,
                    "are we on the building's network (VLAN), and the devices' port %d? Behind an IP router, "
                    "register with a BBMD there (--bbmd) or name devices (--target)",
                    (int)doctor->cfg->bacnet_port);
}

static bool is_this_machine(const Doctor *doctor, const BacAddress *address)
{
    for (size_t i = 0; i < doctor->interface_count; i++)
        if (memcmp(doctor->interfaces[i].ip, address->ip, sizeof address->ip) == 0 &&
            address->port == (uint16_t)doctor->cfg->bacnet_port && address->remote.network == 0)
            return true;
    return false;
}

static void judge_duplicates(const Network *network)
{
    for (size_t i = 1; i < network->device_count; i++) {
        const Device *one = &network->devices[i - 1], *other = &network->devices[i];
        if (one->i_am.instance != other->i_am.instance)
            continue;
        doctor_say(network->doctor, DOCTOR_WRONG, "devices", "instance %" PRIu32 " is at %s and at %s",
                   one->i_am.instance, name_of(&one->address).text, name_of(&other->address).text);
        doctor_mend(network->doctor,
                    "give one of them another instance; until then BacPipes keeps both apart by address");
    }
}

/* The collector of this site, seen from another machine, rather than a stranger with its number. */
static bool is_bacpipes(const Network *network, const Device *device)
{
    const BacReference model = {{BAC_DEVICE, device->i_am.instance}, BAC_PROP_MODEL_NAME, BAC_NO_INDEX};
    NodeReadings readings = {.arena = network->doctor->arena};
    BacPeer *peer = node_peer(network->node, &device->address, BAC_APDU_MAX);
    BacValue value;
    char memory[64];
    BpBuf name = bp_buf(memory, sizeof memory);
    if (node_readings_read(&readings, network->node, peer, &model, 1, NULL) != BP_OK ||
        !node_reading_first(&readings.items[0], &value) || value.type != BAC_CHARACTER_STRING)
        return false;
    bac_text_to_utf8(&name, &value);
    return bp_str_equal(bp_buf_text(&name), bp_str("BacPipes"));
}

static void judge_our_instance(const Network *network, const Device *device, const char *at)
{
    Doctor *doctor = network->doctor;
    if (is_bacpipes(network, device)) {
        doctor_say(doctor, DOCTOR_NOTE, "devices", "BacPipes runs at %s too, with our instance %" PRIu32, at,
                   device->i_am.instance);
        doctor_mend(doctor, "two that collect on one network want different ones (bacnet.instance)");
        return;
    }
    doctor_say(doctor, DOCTOR_WRONG, "devices",
               "the device at %s has instance %" PRIu32 ", which is ours too", at, device->i_am.instance);
    doctor_mend(doctor, "set bacnet.instance to a number that nobody has");
}

static void judge_device(const Network *network, const Device *device)
{
    Doctor *doctor = network->doctor;
    const Text at = name_of(&device->address);
    if (device->i_am.instance == BAC_INSTANCE_WILDCARD) {
        doctor_say(doctor, DOCTOR_WRONG, "devices",
                   "the device at %s has instance %d, which means \"whichever\"", at.text,
                   BAC_INSTANCE_WILDCARD);
        doctor_mend(doctor, "it was never set up: give it a number of its own");
    } else if (device->i_am.instance == (uint32_t)doctor->cfg->bacnet_instance &&
               !is_this_machine(doctor, &device->address)) {
        judge_our_instance(network, device, at.text);
    }
    if (device->i_am.max_apdu < BAC_APDU_MIN) {
        doctor_say(doctor, DOCTOR_NOTE, "devices",
                   "device %" PRIu32 " at %s says that it takes %" PRIu32
                   " octets: the standard wants %d at least; it is asked as if it did",
                   device->i_am.instance, at.text, device->i_am.max_apdu, BAC_APDU_MIN);
    }
}

static void judge_devices(Network *network)
{
    Doctor *doctor = network->doctor;
    size_t routed = 0, twice = 0;
    doctor->devices = network->device_count;
    if (network->device_count == 0) {
        judge_silence(network);
        return;
    }
    qsort(network->devices, network->device_count, sizeof *network->devices, by_instance);
    for (size_t i = 0; i < network->device_count; i++) {
        routed += network->devices[i].address.remote.network != BAC_NETWORK_LOCAL;
        twice += network->devices[i].times > 1;
    }
    const char *verb = network->device_count == 1 ? "device answers" : "devices answer";
    if (routed)
        doctor_say(doctor, DOCTOR_FINE, "devices", "%zu %s, %zu of them behind routers",
                   network->device_count, verb, routed);
    else
        doctor_say(doctor, DOCTOR_FINE, "devices", "%zu %s", network->device_count, verb);
    judge_duplicates(network);
    for (size_t i = 0; i < network->device_count; i++)
        judge_device(network, &network->devices[i]);
    if (twice == 0)
        return;
    doctor_say(doctor, DOCTOR_NOTE, "devices", "%zu devices answered one Who-Is more than once", twice);
    doctor_mend(doctor, "broadcasts reach them by two ways, as where a subnet has two BBMDs, or a network "
                        "two routers");
}

/* ---- routers ---- */

static void judge_router(const Network *network, const BacRoute *first)
{
    char memory[300];
    BpBuf out = bp_buf(memory, sizeof memory);
    for (size_t i = 0; i < network->routes.count; i++) {
        const BacRoute *route = &network->routes.items[i];
        if (bac_address_equal(&route->router, &first->router))
            bp_buf_printf(&out, "%s%u", out.size ? ", " : "", route->network);
    }
    doctor_say(network->doctor, DOCTOR_FINE, "router", "%s leads to network %.*s",
               name_of(&first->router).text, BP_STR_ARGS(bp_buf_text(&out)));
}

static void judge_routes(const Network *network)
{
    Doctor *doctor = network->doctor;
    for (size_t i = 0; i < network->routes.count; i++) {
        const BacRoute *route = &network->routes.items[i];
        bool is_first_of_router = true, is_first_of_network = true;
        for (size_t j = 0; j < i; j++) {
            is_first_of_router &= !bac_address_equal(&network->routes.items[j].router, &route->router);
            is_first_of_network &= network->routes.items[j].network != route->network;
        }
        if (is_first_of_router) {
            doctor->routers++;
            judge_router(network, route);
        }
        const BacRoute *other = bac_routes_other(&network->routes, &route->router, route->network);
        if (is_first_of_network && other) {
            doctor_say(doctor, DOCTOR_WRONG, "router", "network %u is behind %s and behind %s",
                       route->network, name_of(&route->router).text, name_of(&other->router).text);
            doctor_mend(doctor, "two networks with one number: give one another; or two ways to one, of "
                                "which one must go. Until then BacPipes keeps them apart by router");
        }
        if (!route->was_announced) {
            doctor_say(doctor, DOCTOR_NOTE, "router",
                       "%s passes on messages of network %u, and does not answer who leads there",
                       name_of(&route->router).text, route->network);
        }
        if (route->network == network->routes.own_network) {
            doctor_say(doctor, DOCTOR_WRONG, "router",
                       "network %u is behind %s, and our own network has that number too", route->network,
                       name_of(&route->router).text);
            doctor_mend(doctor, "give one of the two another number");
        }
    }
    if (network->routes.count == 0)
        doctor_say(doctor, DOCTOR_FINE, "router", "no router answers: there is this network alone");
}

static void judge_troubles(const Network *network)
{
    Doctor *doctor = network->doctor;
    if (network->routes.own_network)
        doctor_say(doctor, DOCTOR_FINE, "router", "our own network is number %u",
                   network->routes.own_network);
    for (size_t i = 0; i < network->trouble_count; i++) {
        const Trouble *trouble = &network->troubles[i];
        const Text router = name_of(&trouble->route.router);
        if (trouble->news == BAC_ROUTE_OWN_DIFFERS) {
            doctor_say(doctor, DOCTOR_WRONG, "router",
                       "%s says that our own network is number %u, others say %u", router.text,
                       trouble->route.network, trouble->own_network);
            doctor_mend(doctor, "set the number that is right in all routers of this network");
        } else if (trouble->news == BAC_ROUTE_BUSY_NOW) {
            doctor_say(doctor, DOCTOR_NOTE, "router", "%s is too busy for network %u now", router.text,
                       trouble->route.network);
            doctor_mend(doctor, "who asks so much there? BacPipes keeps to poll.trunk_rate");
        } else {
            doctor_say(doctor, DOCTOR_WRONG, "router", "%s does not pass on messages to network %u: %s",
                       router.text, trouble->route.network, bac_network_reject_text(trouble->reason));
        }
    }
}

/* ---- BBMDs ---- */

static const BacBdtEntry *find_entry(const Bbmd *bbmd, const BacAddress *address)
{
    for (size_t i = 0; i < bbmd->entry_count; i++)
        if (bac_address_equal(&bbmd->entries[i].address, address))
            return &bbmd->entries[i];
    return NULL;
}

static void judge_bbmd(const Network *network, const Bbmd *bbmd)
{
    Doctor *doctor = network->doctor;
    const Text name = name_of(&bbmd->address);
    doctor->bbmds++;
    doctor_say(doctor, DOCTOR_FINE, "bbmd", "%s is a BBMD: %zu in its table, foreign devices: %zu", name.text,
               bbmd->entry_count, bbmd->foreign_count);
    if (bbmd->entry_count > 0 && !find_entry(bbmd, &bbmd->address)) {
        doctor_say(doctor, DOCTOR_NOTE, "bbmd", "%s is not in its own table", name.text);
        doctor_mend(doctor, "all BBMDs should have the same table, with all of them in it");
    }
    for (size_t i = 0; i < network->bbmd_count; i++) {
        const Bbmd *peer = &network->bbmds[i];
        if (peer == bbmd || !find_entry(bbmd, &peer->address))
            continue;
        if (!peer->is_one) {
            doctor_say(doctor, DOCTOR_WRONG, "bbmd",
                       "%s has %s in its table, which does not answer as a BBMD", name.text,
                       name_of(&peer->address).text);
            doctor_mend(doctor, "is it off, or has it another address now? Broadcasts do not reach its "
                                "subnet, or it answers nobody from here");
        } else if (!find_entry(peer, &bbmd->address)) {
            doctor_say(doctor, DOCTOR_WRONG, "bbmd",
                       "%s has %s in its table, but not the other way round: broadcasts go one way only",
                       name.text, name_of(&peer->address).text);
            doctor_mend(doctor, "add %s to the table of %s", name.text, name_of(&peer->address).text);
        }
    }
}

static bool is_on_our_subnet(const Doctor *doctor, const BacAddress *address)
{
    const BipInterface *interface = doctor->interface;
    if (!interface || interface->is_loopback)
        return false;
    for (unsigned bit = 0; bit < interface->prefix; bit++)
        if ((interface->ip[bit / 8] ^ address->ip[bit / 8]) & 0x80 >> bit % 8)
            return false;
    return true;
}

/* Two of them carry each broadcast twice; and one beside us makes registering with it one way too much. */
static void judge_subnet(const Network *network)
{
    Doctor *doctor = network->doctor;
    const Bbmd *here = NULL;
    for (size_t i = 0; i < network->bbmd_count; i++) {
        const Bbmd *bbmd = &network->bbmds[i];
        if (!bbmd->is_one || !is_on_our_subnet(doctor, &bbmd->address))
            continue;
        if (here) {
            doctor_say(doctor, DOCTOR_WRONG, "bbmd", "%s and %s are both BBMDs of this subnet",
                       name_of(&here->address).text, name_of(&bbmd->address).text);
            doctor_mend(doctor, "leave one: two carry every broadcast twice, and may send it round for ever");
        }
        here = bbmd;
    }
    if (here && *doctor->cfg->bacnet_bbmd) {
        doctor_say(doctor, DOCTOR_WRONG, "bbmd",
                   "we register as a foreign device, while %s, a BBMD, is on our own subnet",
                   name_of(&here->address).text);
        doctor_mend(doctor, "leave bacnet.bbmd empty: broadcasts come by that BBMD anyway, and would come "
                            "twice");
    }
}

/* From another subnet, and none that we know: who is behind it is not heard. */
static void judge_stranger(const Network *network)
{
    const BacAddress stranger = node_stranger(network->node);
    if (stranger.port == 0)
        return;
    doctor_say(network->doctor, DOCTOR_NOTE, "bbmd", "%s forwards broadcasts to us, which are not believed",
               name_of(&stranger).text);
    doctor_mend(network->doctor, "where it is a BBMD of this building, name it in bacnet.bbmds");
}

static void judge_bbmds(const Network *network)
{
    for (size_t i = 0; i < network->bbmd_count; i++)
        if (network->bbmds[i].is_one)
            judge_bbmd(network, &network->bbmds[i]);
    judge_subnet(network);
    judge_stranger(network);
    if (network->doctor->bbmds == 0)
        doctor_say(network->doctor, DOCTOR_FINE, "bbmd",
                   "nobody who answers is a BBMD: broadcasts stay on this subnet");
}

static void look_at_known(const Network *network)
{
    DoctorPlace *heard = bp_arena_take(network->doctor->arena, (network->device_count + 1) * sizeof *heard);
    for (size_t i = 0; i < network->device_count; i++)
        heard[i] = (DoctorPlace){.address = network->devices[i].address,
                                 .instance = network->devices[i].i_am.instance};
    doctor_look_at_known(network->doctor, heard, network->device_count);
}

void doctor_look_at_network(Doctor *doctor, Node *node, const NodeTargets *targets, int64_t wait_us)
{
    Network *network = bp_arena_take(doctor->arena, sizeof *network);
    network->doctor = doctor;
    network->node = node;
    network->devices = bp_arena_take(doctor->arena, DEVICES_MAX * sizeof *network->devices);
    network->bbmds = bp_arena_take(doctor->arena, BBMDS_MAX * sizeof *network->bbmds);
    network->routes.owner = network;
    network->routes.on_news = on_news;
    const NodeListener listener = {.on_i_am = on_i_am, .on_datagram = on_datagram, .owner = network};
    BacAddress bbmd;
    if (bac_address_parse(bp_str(doctor->cfg->bacnet_bbmd), &bbmd, NULL) == BP_OK)
        note_bbmd(network, &bbmd);

    ask_routers(network, BAC_WHO_IS_ROUTER_TO_NETWORK);
    ask_routers(network, BAC_WHAT_IS_NETWORK_NUMBER);
    node_who_is_everyone(node, &listener);
    for (size_t i = 0; i < targets->count; i++)
        node_who_is(node, &listener, &targets->addresses[i]);
    node_listen(node, &listener, wait_us);
    ask_bbmds(network, &listener);

    judge_devices(network);
    look_at_known(network);
    judge_routes(network);
    judge_troubles(network);
    judge_bbmds(network);
}
