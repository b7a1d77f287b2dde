/* bacpipes sim: a simulated building whose devices speak BACnet. */
#include "apps/roles.h"
#include "apps/sim/device/wanted.h"
#include "apps/sim/list.h"
#include "apps/sim/run/headless.h"
#include "apps/sim/state.h"
#include "apps/sim/trouble.h"
#include "bacnet/talk/bbmd.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/time.h"
#include "say/begin.h"
#include "say/exit.h"

#include <signal.h>
#include <stdlib.h>

static const int64_t STEP_US = BP_SECOND, LOGGED_US = 6 * BP_HOUR; /* of trend logs, at the start */

static const char FIRST_ADDRESS[] = "127.66.0.1";

enum { QUIRKS_MAX = 64 };

typedef struct Sim {
    Loop *loop;
    SimSite site;
    SimNetwork *network;
    SimTrouble *trouble; /* NULL: none was asked for */
    SimState *state;     /* NULL: none is kept */
    LoopTimer *timer;
    double speed;
    int64_t stepped_at_us;
} Sim;

typedef struct SimArguments {
    /* NULL, 0 and an instance of -1: as is usual */
    const char *address, *broadcast, *since, *state, *speed, *quirks, *bbmd, *recipient, *password,
        *write_log;
    int64_t port, network, own_network, trunk, instance;
    SimWanted wanted;
    SimOrders orders;
    bool list;
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
    sim_state_keep(sim->state, &sim->site, true);
    loop_timer_set(sim->timer, now_us + STEP_US);
}

static void on_signal(void *owner, int number)
{
    Sim *sim = owner;
    (void)number;
    loop_stop(sim->loop);
}

/* ---- running ---- */

static void tell_ready(const Sim *sim)
{
    char first[BAC_ADDRESS_TEXT_MAX], last[BAC_ADDRESS_TEXT_MAX];
    const BacAddress from = sim_network_address(sim->network, 0),
                     to = sim_network_address(sim->network, sim->site.device_count - 1);
    bp_log(BP_LOG_INFO, "ready: %zu device%s with %zu point%s at %s to %s", sim->site.device_count,
           sim->site.device_count == 1 ? "" : "s", sim->site.point_count,
           sim->site.point_count == 1 ? "" : "s", bac_address_format(&from, first),
           bac_address_format(&to, last));
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
    sim_state_keep(sim->state, &sim->site, false); /* before anybody is told anything */
    sim_network_announce(sim->network);
    tell_ready(sim);

    loop_run(sim->loop);

    sim_state_keep(sim->state, &sim->site, false);
    loop_signal_free(terminate);
    loop_signal_free(interrupt);
    loop_timer_free(sim->timer);
    sim_network_free(sim->network);
    loop_free(sim->loop);
    return EX_OK;
}

/* With what was asked for about writes. */
static int run_watched(Sim *sim, SimArguments *given, SimNetworkOptions *options)
{
    BpError err = {0};
    int code;
    if (given->orders.faults) {
        const SimOrderedOptions ordered = {.start_us = sim->site.building.clock_us,
                                           .end_us = INT64_MAX,
                                           .seed = sim->site.building.seed,
                                           .has_router = given->network != 0};
        sim->trouble = sim_trouble_new(&given->orders, &sim->site, &ordered, &err);
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
    BP_TRY(bac_address_parse(bp_str(text), &address, err));
    if (address.remote.network)
        return bp_fail(err, BP_INVALID, "%s is behind a router, not an address of this machine", text);
    memcpy(ret_address->ip, address.ip, sizeof ret_address->ip);
    ret_address->port = (uint16_t)(port ? port : BAC_PORT);
    return BP_OK;
}

/* Until when the building is brought up before it is served, and when it begins. */
static BpStatus read_since(const SimArguments *given, BuildingOptions *building, int64_t *ret_start_us,
                           BpError *err)
{
    *ret_start_us = building->start_us;
    building->start_us -= LOGGED_US;
    if (given->since)
        BP_TRY(bp_time_parse(bp_str(given->since), &building->start_us, err));
    return building->start_us <= *ret_start_us ? BP_OK
                                               : bp_fail(err, BP_INVALID, "--since is later than the start");
}

static BpStatus read_arguments(const SimArguments *given, SimNetworkOptions *options, double *speed,
                               BacAddress *recipient, BpError *err)
{
    BpStatus status =
        read_address(given->address ? given->address : FIRST_ADDRESS, given->port, &options->address, err);
    if (status == BP_OK && given->broadcast)
        status = read_address(given->broadcast, given->port, &options->broadcast, err);
    if (status == BP_OK && given->speed)
        status = bp_parse_double(bp_str(given->speed), speed, err);
    if (status == BP_OK && !(*speed > 0 && *speed <= 10000))
        status = bp_fail(err, BP_INVALID, "--speed is more than 0 and at most 10000");
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

/* An option that says nothing where there is no network, and none that goes on; NULL: none was given. */
static const char *about_network(const SimArguments *given)
{
    const struct {
        const char *name;
        bool is_given;
    } options[] = {
        {"--speed", given->speed != NULL},
        {"--address", given->address != NULL},
        {"--port", given->port != 0},
        {"--broadcast", given->broadcast != NULL},
        {"--network", given->network != 0},
        {"--own-network", given->own_network != 0},
        {"--trunk", given->trunk != 0},
        {"--instance", given->instance >= 0},
        {"--bbmd", given->bbmd != NULL},
        {"--recipient", given->recipient != NULL},
        {"--password", given->password != NULL},
        {"--quirks", given->quirks != NULL},
        {"--write-log", given->write_log != NULL},
        {"--since", given->since != NULL},
        {"--state", given->state != NULL},
        {"--list", given->list},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].is_given)
            return options[i].name;
    return NULL;
}

static int run_headless(SimArguments *given, SimHeadless *headless, const CfgArguments *arguments)
{
    static const char name[] = "bacpipes sim";
    SimWanted wanted = given->wanted;
    SimSiteOptions options;
    BpError err = {0};
    if (!wanted.start)
        wanted.start = sim_headless_start(headless);
    headless->json = arguments->json;
    headless->file = arguments->positionals.count ? arguments->positionals.items[0] : NULL;
    if (headless->file && strcmp(headless->file, "-") == 0) /* as elsewhere: standard output */
        headless->file = NULL;
    BpStatus status = sim_headless_check(headless, &err);
    if (status == BP_OK)
        status = sim_orders_check(&given->orders, &err);
    if (status == BP_OK && given->state && given->orders.faults)
        status =
            bp_fail(&err, BP_INVALID,
                    "--state keeps a whole building, which --faults would leave broken: one of them alone");
    if (status == BP_OK && headless->days && about_network(given))
        status = bp_fail(&err, BP_INVALID, "--days N is without a network: %s says nothing there",
                         about_network(given));
    if (status == BP_OK)
        status = sim_wanted_read(&wanted, 0, &options, &err);
    if (status != BP_OK)
        return say_fail_with(EX_USAGE, name, bp_str(err.text));
    return headless->days ? sim_headless(name, &options, headless, &given->orders) : SAY_GO_ON;
}

int sim_main(int argc, char **argv)
{
    SimHeadless headless = {0};
    SimArguments given = {.wanted = SIM_WANTED, .instance = -1};
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
        SIM_ORDERS_OPTIONS(&given.orders),
        {.name = "write-log",
         .value = "FILE",
         .meaning = "Each write that comes to a device, whatever it does with it, as a line of JSON",
         .text = &given.write_log},
        {.name = "speed",
         .value = "X",
         .meaning = "Simulated seconds in a second; default 1",
         .text = &given.speed},
        {.name = "since",
         .value = "TIME",
         .meaning = "When the building began: it is brought up from there to the start. Default: 6 h before",
         .text = &given.since},
        {.name = "state",
         .value = "FILE",
         .meaning = "Where the building is kept: it goes on from there, and the time between is simulated",
         .text = &given.state},
        {.name = "list", .meaning = "Print devices and points, and end", .flag = &given.list},
        SIM_WANTED_OPTIONS(&given.wanted),
        SIM_HEADLESS_OPTIONS(&headless),
        {0},
    };
    const CfgCommand command = {
        .name = "bacpipes sim",
        .positionals = "[FILE]",
        .positionals_max = 1,
        .summary = "A simulated building: air handlers, VAV boxes, a chiller, a boiler and a meter, whose "
                   "devices speak BACnet/IP. What is written to them acts.",
        .options = options,
        .offers_json = true,
        .csv_beside_json = true,
        .without_settings = true,
        .details =
            "Each hour one humidity sensor says NaN for 2 minutes, and some zone sensors are faulty for 5.\n"
            "Quirks: apdu-50, apdu-206, apdu-480, no-read-multiple, no-segments, false-segments,\n"
            "short-answers, drops-long, one-at-a-time, slow, restarting, no-cov, mute-cov, odd-names,\n"
            "silent; none for none.\n" SIM_ORDERS_DETAILS,
        .examples =
            "bacpipes sim\nbacpipes sim --points 10000 --port 47900\nbacpipes sim --start "
            "2026-07-15T05:00:00Z --speed 60\nbacpipes sim --list\n"
            "bacpipes sim --quirks 'none;silent;apdu-50,one-at-a-time'\n"
            "bacpipes sim --network 2001 --trunk 90 --quirks all\n"
            "bacpipes sim --faults '1001:holds=5@18.5;1002:refuses-writes=write-access-denied'\n"
            "bacpipes sim --faults @/tmp/faults --write-log /tmp/writes\n"
            "bacpipes sim --points 120 --naming dotted --list\n"
            "bacpipes sim --climate macau --control contractor --points 2000\n"
            "bacpipes sim --since 2026-11-01T00:00:00Z --state /tmp/building\n"
            "bacpipes sim --days 7 --csv week.csv\n"
            "bacpipes sim --days 2 --faults 'VAV-1-01:damper-stuck=100@+6h/+30h' --truth truth.jsonl\n"
            "bacpipes sim --days 90 --faults random:40 --truth truth.jsonl --csv quarter.csv\n"
            "bacpipes sim --days 1 --start 2026-07-15 --csv --every 1h --only ZN-T --only 'METER/KW'",
    };
    BpArena arena = {0};
    CfgArguments arguments;
    int code = say_begin(&command, argc, argv, &arena, &arguments, NULL);
    if (code == SAY_GO_ON)
        code = run_headless(&given, &headless, &arguments);
    if (code == SAY_GO_ON) {
        Sim sim = {.speed = 1};
        SimQuirks quirks[QUIRKS_MAX];
        BacAddress peers[BAC_BBMD_PEERS_MAX];
        BacAddress recipient;
        SimNetworkOptions network = {.quirks = quirks, .is_bbmd = given.bbmd != NULL, .peers = peers};
        BpError err = {0};
        SimSiteOptions wanted;
        int64_t start_us;
        if (sim_wanted_read(&given.wanted, bp_wall_us(), &wanted, &err) != BP_OK ||
            read_since(&given, &wanted.building, &start_us, &err) != BP_OK ||
            read_arguments(&given, &network, &sim.speed, &recipient, &err) != BP_OK ||
            read_quirks(given.quirks, quirks, &network.quirk_count, &err) != BP_OK ||
            (given.bbmd && read_peers(given.bbmd, peers, &network.peer_count, &err) != BP_OK)) {
            code = say_fail_with(EX_USAGE, command.name, bp_str(err.text));
        } else {
            sim.state = sim_state_begin(given.state, &wanted, start_us, &sim.site);
            if (!given.wanted.start) /* that took its time */
                sim_site_age(&sim.site, bp_wall_us() - sim.site.building.clock_us);
            const uint32_t first = given.instance < 0 ? SIM_FIRST_INSTANCE : (uint32_t)given.instance;
            for (size_t i = 0; i < sim.site.device_count; i++)
                sim.site.devices[i].instance = first + (uint32_t)i;
            code = EX_OK;
            if (given.list && arguments.json)
                sim_list_json(&sim.site);
            else if (given.list)
                sim_list_table(&sim.site);
            else
                code = run_watched(&sim, &given, &network);
            sim_state_free(sim.state);
            sim_site_done(&sim.site);
        }
    }
    bp_arena_done(&arena);
    return code;
}
