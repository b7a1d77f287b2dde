/* Who answers on the network: it listens and asks, and then has devices, routers and BBMDs judged. */
#include "apps/doctor/network.h"

#include "base/compare.h"
#include "base/time.h"

#include <stdlib.h>

enum { ROUNDS = 3 }; /* a BBMD's peers are asked too, and theirs */
#define TABLE_WAIT_US (1500 * BP_MS)

DoctorName doctor_name_of(const BacAddress *address)
{
    DoctorName out;
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
    DoctorNetwork *network = owner;
    for (size_t i = 0; i < network->device_count; i++) {
        DoctorDevice *device = &network->devices[i];
        if (bac_address_equal(&device->address, from) && device->i_am.instance == i_am->instance) {
            device->times++;
            return true;
        }
    }
    if (network->device_count < DOCTOR_DEVICES_MAX)
        network->devices[network->device_count++] = (DoctorDevice){*from, *i_am, 1};
    return true;
}

/* Somebody to ask whether it is a BBMD. */
static DoctorBbmd *note_bbmd(DoctorNetwork *network, const BacAddress *address)
{
    const BacAddress node = node_of(address);
    for (size_t i = 0; i < network->bbmd_count; i++)
        if (bac_address_equal(&network->bbmds[i].address, &node))
            return &network->bbmds[i];
    if (network->bbmd_count == DOCTOR_BBMDS_MAX)
        return NULL;
    DoctorBbmd *bbmd = &network->bbmds[network->bbmd_count++];
    *bbmd = (DoctorBbmd){.address = node};
    return bbmd;
}

static void take_table(DoctorBbmd *bbmd, BpCursor body)
{
    bbmd->is_one = true;
    bbmd->entry_count = 0;
    while (bbmd->entry_count < DOCTOR_ENTRIES_MAX && bac_bdt_next(&body, &bbmd->entries[bbmd->entry_count]))
        bbmd->entry_count++;
}

static void take_foreign(DoctorBbmd *bbmd, BpCursor body)
{
    BacForeignEntry entry;
    uint16_t left_s;
    bbmd->foreign_count = 0;
    while (bac_fdt_next(&body, &entry, &left_s))
        bbmd->foreign_count++;
}

static void on_datagram(void *owner, const BacDatagram *datagram)
{
    DoctorNetwork *network = owner;
    DoctorBbmd *bbmd;
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
    DoctorNetwork *network = owner;
    if (network->trouble_count < DOCTOR_TROUBLES_MAX &&
        (news == BAC_ROUTE_OWN_DIFFERS || news == BAC_ROUTE_REFUSED || news == BAC_ROUTE_BUSY_NOW))
        network->troubles[network->trouble_count++] =
            (DoctorTrouble){news, *route, reason, network->routes.own_network};
}

/* ---- asking ---- */

static void ask_routers(const DoctorNetwork *network, BacNetworkMessage message)
{
    uint8_t memory[32];
    BpBuf out = bp_buf(memory, sizeof memory);
    const BacAddress here = node_broadcast_address(network->node);
    bac_network_message_write(&out, BAC_BVLC_ORIGINAL_BROADCAST, &here, message, bp_str(""));
    node_send(network->node, &here, bp_buf_text(&out));
}

static void ask_table(const DoctorNetwork *network, const DoctorBbmd *bbmd, BacBvlcFunction function)
{
    uint8_t memory[BAC_BVLC_HEADER_SIZE];
    BpBuf out = bp_buf(memory, sizeof memory);
    bac_bvlc_end(&out, bac_bvlc_begin(&out, &(BacBvlc){.function = function}));
    node_send(network->node, &bbmd->address, bp_buf_text(&out));
}

/* Whoever may be a BBMD, and then whom their tables name. */
static void ask_bbmds(DoctorNetwork *network, const NodeListener *listener)
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

static int by_instance(const void *a, const void *b)
{
    const DoctorDevice *one = a, *other = b;
    const int by_number = bp_compare_u64(one->i_am.instance, other->i_am.instance);
    return by_number ? by_number : memcmp(&one->address, &other->address, sizeof one->address);
}

static void look_at_known(const DoctorNetwork *network)
{
    DoctorPlace *heard = bp_arena_take(network->doctor->arena, (network->device_count + 1) * sizeof *heard);
    for (size_t i = 0; i < network->device_count; i++)
        heard[i] = (DoctorPlace){.address = network->devices[i].address,
                                 .instance = network->devices[i].i_am.instance};
    doctor_look_at_known(network->doctor, heard, network->device_count);
}

void doctor_look_at_network(Doctor *doctor, Node *node, const NodeTargets *targets, int64_t wait_us)
{
    DoctorNetwork *network = bp_arena_take(doctor->arena, sizeof *network);
    network->doctor = doctor;
    network->node = node;
    network->devices = bp_arena_take(doctor->arena, DOCTOR_DEVICES_MAX * sizeof *network->devices);
    network->bbmds = bp_arena_take(doctor->arena, DOCTOR_BBMDS_MAX * sizeof *network->bbmds);
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

    if (network->device_count)
        qsort(network->devices, network->device_count, sizeof *network->devices, by_instance);
    doctor_judge_devices(network);
    look_at_known(network);
    doctor_judge_routers(network);
    doctor_judge_bbmds(network);
}
