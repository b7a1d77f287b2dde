/* bacpipes sim: a simulated building whose devices speak BACnet. */
#include "apps/roles.h"
#include "apps/sim/trouble.h"
#include "bacnet/talk/bbmd.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/time.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t STEP_US = BP_SECOND, LOGGED_US = 6 * BP_HOUR; /* of trend logs, at the start */

enum { QUIRKS_MAX = 64 };

typedef struct Sim {
    Loop *loop;
    SimSite site;
    SimNetwork *network;
    SimTrouble *trouble; /* NULL: none was asked for */
    LoopTimer *timer;
    double speed;
    int64_t stepped_at_us;
} Sim;

typedef struct SimArguments {
    const char *address, *broadcast, *start, *speed, *quirks, *bbmd, *recipient, *password, *faults,
        *write_log;
    int64_t port, points, seed, network, own_network, trunk, instance;
    bool list, without_flaws;
} SimArguments;

/* At each step, and before each datagram. */
static void look_for_trouble(void *owner)
{
    const Sim *sim = owner;
    if (sim->trouble)
        sim_trouble_apply(sim->trouble, sim->network);
}

static void on_step(void *owner)
{
    Sim *sim = owner;
    const int64_t now_us = loop_now_us(sim->loop);
    sim_site_step(&sim->site, (double)(now_us - sim->stepped_at_us) / BP_SECOND * sim->speed);
    sim->stepped_at_us = now_us;
    look_for_trouble(sim);
    sim_network_tell(sim->network);
    loop_timer_set(sim->timer, now_us + STEP_US);
}

static void on_signal(void *owner, int number)
{
    Sim *sim = owner;
    (void)number;
    loop_stop(sim->loop);
}

/* ---- --list ---- */

static const char *units_of(const SimObject *object)
{
    return object->spec->units == BAC_UNITS_NO_UNITS ? "" : bac_units_name(object->spec->units);
}

static void list_table(const SimSite *site)
{
    for (size_t i = 0; i < site->device_count; i++) {
        const SimDevice *device = &site->devices[i];
        printf("device %" PRIu32 "  %s  %s\n", device->instance, device->name, device->description);
        for (size_t j = 0; j < device->count; j++) {
            char id[BAC_REFERENCE_TEXT_MAX];
            const SimObject *object = &device->objects[j];
            printf("  %-26s %-22s %10.6g %-28s %s\n", bac_object_format(object->id, id), object->name,
                   sim_object_value(object), units_of(object), object->spec->description);
        }
    }
}

static json_t *device_json(const SimDevice *device)
{
    json_t *objects = json_array();
    for (size_t j = 0; j < device->count; j++) {
        char id[BAC_REFERENCE_TEXT_MAX];
        const SimObject *object = &device->objects[j];
        json_array_append_new(objects,
                              json_pack("{s:s, s:s, s:s, s:s}", "object", bac_object_format(object->id, id),
                                        "name", object->name, "units", units_of(object), "description",
                                        object->spec->description));
    }
    return json_pack("{s:i, s:s, s:s, s:o}", "instance", (int)device->instance, "name", device->name,
                     "description", device->description, "objects", objects);
}

static void list_json(const SimSite *site)
{
    json_t *devices = json_array();
    for (size_t i = 0; i < site->device_count; i++)
        json_array_append_new(devices, device_json(&site->devices[i]));
    say_json_print(devices);
}

/* ---- running ---- */

static void tell_ready(const Sim *sim)
{
    char first[BAC_ADDRESS_TEXT_MAX], last[BAC_ADDRESS_TEXT_MAX];
    const BacAddress from = sim_network_address(sim->network, 0),
                     to = sim_network_address(sim->network, sim->site.device_count - 1);
    bp_log(BP_LOG_INFO, "ready: %zu devices with %zu points at %s to %s", sim->site.device_count,
           sim->site.point_count, bac_address_format(&from, first), bac_address_format(&to, last));
}

static int run(Sim *sim, const SimNetworkOptions *options)
{
    BpError err = {0};
    bp_log_open("sim", BP_LOG_INFO);
    sim->loop = loop_new();
    sim->network = sim_network_new(sim->loop, &sim->site, options, &err);
    if (!sim->network) {
        bp_log(BP_LOG_ERROR, "%s: %s", err.text,
               err.status == BP_CONFLICT
                   ? "stop that, or give another --port or --address"
                   : "give addresses that this machine has with --address (all of 127.0.0.0/8 is its own)");
        loop_free(sim->loop);
        return EX_UNAVAILABLE;
    }
    look_for_trouble(sim);
    sim->timer = loop_timer_new(sim->loop, on_step, sim);
    sim->stepped_at_us = loop_now_us(sim->loop);
    loop_timer_set(sim->timer, sim->stepped_at_us + STEP_US);
    LoopSignal *interrupt = loop_signal_new(sim->loop, SIGINT, on_signal, sim);
    LoopSignal *terminate = loop_signal_new(sim->loop, SIGTERM, on_signal, sim);
    sim_network_announce(sim->network);
    tell_ready(sim);

    loop_run(sim->loop);

    loop_signal_free(terminate);
    loop_signal_free(interrupt);
    loop_timer_free(sim->timer);
    sim_network_free(sim->network);
    loop_free(sim->loop);
    return EX_OK;
}

/* With what was asked for about writes. */
static int run_watched(Sim *sim, const SimArguments *given, SimNetworkOptions *options)
{
    BpError err = {0};
    int code;
    if (given->faults) {
        sim->trouble = sim_trouble_new(&sim->site, given->network != 0, given->faults, &err);
        options->on_datagram = look_for_trouble;
        options->owner = sim;
    }
    if (given->write_log && err.status == BP_OK)
        options->write_log = sim_write_log_new(given->write_log, &err);
    if (err.status != BP_OK)
        code = say_fail_with(err.status == BP_INVALID ? EX_USAGE : EX_CANTCREAT, "bacpipes sim",
                             bp_str(err.text));
    else
        code = run(sim, options);
    sim_write_log_free(options->write_log);
    sim_trouble_free(sim->trouble);
    return code;
}

static BpStatus read_address(const char *text, int64_t port, LoopAddress *ret_address, BpError *err)
{
    BacAddress address;
    const BpStatus status = bac_address_parse(bp_str(text), &address, err);
    if (status != BP_OK)
        return status;
    if (address.remote.network)
        return bp_fail(err, BP_INVALID, "%s is behind a router, not an address of this machine", text);
    memcpy(ret_address->ip, address.ip, sizeof ret_address->ip);
    ret_address->port = (uint16_t)port;
    return BP_OK;
}

static BpStatus read_arguments(const SimArguments *given, SimNetworkOptions *options, double *speed,
                               int64_t *start_us, BacAddress *recipient, BpError *err)
{
    BpStatus status = read_address(given->address, given->port, &options->address, err);
    if (status == BP_OK && given->broadcast)
        status = read_address(given->broadcast, given->port, &options->broadcast, err);
    if (status == BP_OK && given->speed)
        status = bp_parse_double(bp_str(given->speed), speed, err);
    if (status == BP_OK && !(*speed > 0 && *speed <= 10000))
        status = bp_fail(err, BP_INVALID, "--speed is more than 0 and at most 10000");
    if (status == BP_OK && given->start)
        status = bp_time_parse(bp_str(given->start), start_us, err);
    if (status == BP_OK && given->trunk && !given->network)
        status = bp_fail(err, BP_INVALID, "--trunk wants --network NUMBER: the devices behind it share it");
    if (status == BP_OK && given->recipient) {
        status = bac_address_parse(bp_str(given->recipient), recipient, err);
        options->recipients = recipient;
        options->recipient_count = 1;
    }
    if (status == BP_OK && given->own_network && !given->network)
        status =
            bp_fail(err, BP_INVALID, "--own-network wants --network NUMBER: it is a router that tells it");
    options->network = (uint16_t)given->network;
    options->own_network = (uint16_t)given->own_network;
    options->trunk_us = given->trunk * BP_MS;
    options->password = given->password;
    return status;
}

/* "10.9.1.1,10.9.2.1" */
static BpStatus read_peers(const char *text, BacAddress peers[BAC_BBMD_PEERS_MAX], size_t *ret_count,
                           BpError *err)
{
    BpStr rest = bp_str(text);
    *ret_count = 0;
    while (rest.size > 0 && !bp_str_equal(rest, bp_str("none"))) {
        const BpStr one = bp_str_trim(bp_str_cut(rest, ',', &rest));
        if (*ret_count == BAC_BBMD_PEERS_MAX)
            return bp_fail(err, BP_INVALID, "--bbmd takes %d peers at most", BAC_BBMD_PEERS_MAX);
        const BpStatus status = bac_address_parse(one, &peers[(*ret_count)++], err);
        if (status != BP_OK)
            return status;
    }
    return BP_OK;
}

/* "a,b;none;c": of the first device, the second, the third. */
static BpStatus read_quirks(const char *text, SimQuirks quirks[QUIRKS_MAX], size_t *ret_count, BpError *err)
{
    BpStr rest = bp_str(text ? text : "");
    *ret_count = 0;
    if (bp_str_equal(rest, bp_str("all"))) {
        BpStatus status = BP_OK;
        for (size_t i = 0; sim_quirk_names[i][0] && i < QUIRKS_MAX && status == BP_OK; i++)
            status = sim_quirks_parse(bp_str(sim_quirk_names[i][0]), &quirks[(*ret_count)++], err);
        return status;
    }
    while (rest.size > 0) {
        const char *end = memchr(rest.data, ';', rest.size);
        const BpStr one = {rest.data, end ? (size_t)(end - rest.data) : rest.size};
        if (*ret_count == QUIRKS_MAX)
            return bp_fail(err, BP_INVALID, "--quirks is for %d devices at most", QUIRKS_MAX);
        SimQuirks *quirk = &quirks[(*ret_count)++];
        *quirk = (SimQuirks){0};
        if (!bp_str_equal(bp_str_trim(one), bp_str("none"))) {
            const BpStatus status = sim_quirks_parse(one, quirk, err);
            if (status != BP_OK)
                return status;
        }
        rest = (BpStr){one.data + one.size, rest.size - one.size};
        if (end)
            rest = (BpStr){rest.data + 1, rest.size - 1};
    }
    return BP_OK;
}

int sim_main(int argc, char **argv)
{
    SimArguments given = {
        .address = "127.66.0.1", .port = BAC_PORT, .points = 500, .seed = 1, .instance = SIM_FIRST_INSTANCE};
    const CfgOption options[] = {
        {.name = "address",
         .value = "ADDRESS",
         .meaning = "Of the first device; each other one has the next. Default 127.66.0.1",
         .text = &given.address},
        {.name = "broadcast",
         .value = "ADDRESS",
         .meaning = "Where broadcasts are heard; default: the interface's",
         .text = &given.broadcast},
        {.name = "port",
         .value = "PORT",
         .meaning = "UDP port; default 47808",
         .integer = &given.port,
         .min = 1,
         .max = 65535},
        {.name = "network",
         .value = "NUMBER",
         .meaning = "Put all devices behind the one address, as stations of this network",
         .integer = &given.network,
         .min = 1,
         .max = 65534},
        {.name = "recipient",
         .value = "ADDRESS",
         .meaning = "Whom all devices tell of alarms (confirmed event notifications), as 127.0.0.1:47809",
         .text = &given.recipient},
        {.name = "password",
         .value = "TEXT",
         .meaning = "What all devices want to hear before they are quiet or restart; default: nothing",
         .text = &given.password},
        {.name = "own-network",
         .value = "NUMBER",
         .meaning = "With --network: the router says that the network in front of it has this number",
         .integer = &given.own_network,
         .min = 1,
         .max = 65534},
        {.name = "instance",
         .value = "N",
         .meaning = "Device instance of the first device; each other one has the next. Default 1001",
         .integer = &given.instance,
         .min = 0,
         .max = BAC_INSTANCE_MAX - SIM_POINTS_MAX},
        {.name = "trunk",
         .value = "MS",
         .meaning = "With --network: it carries one request at a time, and needs so many milliseconds for it",
         .integer = &given.trunk,
         .min = 1,
         .max = 10000},
        {.name = "bbmd",
         .value = "PEERS",
         .meaning = "The first device is the BBMD of its subnet; BBMDs of others, with commas, or none",
         .text = &given.bbmd},
        {.name = "quirks",
         .value = "LIST",
         .meaning = "How devices fall short, the first and on: \"silent;apdu-50,slow\", or all, one each",
         .text = &given.quirks},
        {.name = "faults",
         .value = "LIST|@FILE",
         .meaning = "How devices fail those who write, or a file that says so and may change at any time",
         .text = &given.faults},
        {.name = "write-log",
         .value = "FILE",
         .meaning = "Each write that comes to a device, whatever it does with it, as a line of JSON",
         .text = &given.write_log},
        {.name = "points",
         .value = "N",
         .meaning = "How many points in all; default 500",
         .integer = &given.points,
         .min = 1,
         .max = SIM_POINTS_MAX},
        {.name = "seed",
         .value = "N",
         .meaning = "Another seed, another building; default 1",
         .integer = &given.seed,
         .min = 0,
         .max = INT64_MAX},
        {.name = "speed",
         .value = "X",
         .meaning = "Simulated seconds in a second; default 1",
         .text = &given.speed},
        {.name = "start",
         .value = "TIME",
         .meaning = "Simulated time at the start, as 2026-07-15T06:00:00Z; default: now",
         .text = &given.start},
        {.name = "without-flaws", .meaning = "No faulty sensors and no NaN", .flag = &given.without_flaws},
        {.name = "list", .meaning = "Print devices and points, and end", .flag = &given.list},
        {0},
    };
    const CfgCommand command = {
        .name = "bacpipes sim",
        .summary = "A simulated building: air handlers, VAV boxes, a chiller, a boiler and a meter, whose "
                   "devices speak BACnet/IP. What is written to them acts.",
        .options = options,
        .offers_json = true,
        .without_settings = true,
        .details =
            "Each hour one humidity sensor says NaN for 2 minutes, and some zone sensors are faulty for 5.\n"
            "Quirks: apdu-50, apdu-206, apdu-480, no-read-multiple, no-segments, false-segments,\n"
            "short-answers, drops-long, one-at-a-time, slow, restarting, no-cov, mute-cov, odd-names,\n"
            "silent; none for none.\n"
            "Faults, as \"1001:holds=5@18.5,late-writes=3s;all:mute-writes\", a line each in a file:\n"
            "ignores-writes (acknowledges them, and does nothing), drops-writes (does nothing, and says\n"
            "nothing), mute-writes (takes them over, and says nothing), hides-writes (they are in their "
            "slot,\n"
            "and the present value stays), refuses-writes=ERROR (as write-access-denied, "
            "value-out-of-range),\n"
            "late-writes=TIME (acknowledges them at once, takes them over later), restarts-at-writes=TIME\n"
            "(takes them over, says nothing, is away so long), silent (answers nothing at all),\n"
            "late-answers=TIME, holds=SLOT@VALUE (somebody else holds this slot of all that takes the "
            "value),\n"
            "swaps=DEVICE (the two have each other's address).",
        .examples = "bacpipes sim\nbacpipes sim --points 10000 --port 47900\nbacpipes sim --start "
                    "2026-07-15T05:00:00Z --speed 60\nbacpipes sim --list\n"
                    "bacpipes sim --quirks 'none;silent;apdu-50,one-at-a-time'\n"
                    "bacpipes sim --network 2001 --trunk 90 --quirks all\n"
                    "bacpipes sim --faults '1001:holds=5@18.5;1002:refuses-writes=write-access-denied'\n"
                    "bacpipes sim --faults @/tmp/faults --write-log /tmp/writes",
    };
    BpArena arena = {0};
    CfgArguments arguments;
    int code = say_begin(&command, argc, argv, &arena, &arguments, NULL);
    if (code == SAY_GO_ON) {
        Sim sim = {.speed = 1};
        SimQuirks quirks[QUIRKS_MAX];
        BacAddress peers[BAC_BBMD_PEERS_MAX];
        BacAddress recipient;
        SimNetworkOptions network = {.quirks = quirks, .is_bbmd = given.bbmd != NULL, .peers = peers};
        BpError err = {0};
        int64_t start_us = bp_wall_us();
        if (read_arguments(&given, &network, &sim.speed, &start_us, &recipient, &err) != BP_OK ||
            read_quirks(given.quirks, quirks, &network.quirk_count, &err) != BP_OK ||
            (given.bbmd && read_peers(given.bbmd, peers, &network.peer_count, &err) != BP_OK)) {
            code = say_fail_with(EX_USAGE, command.name, bp_str(err.text));
        } else {
            sim_site_init(&sim.site, (size_t)given.points, (uint64_t)given.seed, start_us - LOGGED_US,
                          !given.without_flaws);
            sim_site_age(&sim.site, LOGGED_US);
            for (size_t i = 0; i < sim.site.device_count; i++)
                sim.site.devices[i].instance = (uint32_t)given.instance + (uint32_t)i;
            code = EX_OK;
            if (given.list && arguments.json)
                list_json(&sim.site);
            else if (given.list)
                list_table(&sim.site);
            else
                code = run_watched(&sim, &given, &network);
            sim_site_done(&sim.site);
        }
    }
    bp_arena_done(&arena);
    return code;
}
