/* Devices: none, two with one number, ones that were never set up, our own number. */
#include "apps/doctor/network.h"

#include "node/readings.h"

#include <inttypes.h>

static void judge_silence(const DoctorNetwork *network)
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

/* The collector on this machine answers Who-Is as any device does. */
static bool is_ours(const Doctor *doctor, const DoctorDevice *device)
{
    return device->i_am.instance == (uint32_t)doctor->cfg->bacnet_instance &&
           is_this_machine(doctor, &device->address);
}

static void judge_duplicates(const DoctorNetwork *network)
{
    for (size_t i = 1; i < network->device_count; i++) {
        const DoctorDevice *one = &network->devices[i - 1], *other = &network->devices[i];
        if (one->i_am.instance != other->i_am.instance)
            continue;
        doctor_say(network->doctor, DOCTOR_WRONG, "devices", "instance %" PRIu32 " is at %s and at %s",
                   one->i_am.instance, doctor_name_of(&one->address).text,
                   doctor_name_of(&other->address).text);
        doctor_mend(network->doctor,
                    "give one of them another instance; until then BacPipes keeps both apart by address");
    }
}

/* The collector of this site, seen from another machine, rather than a stranger with its number. */
static bool is_bacpipes(const DoctorNetwork *network, const DoctorDevice *device)
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

static void judge_our_instance(const DoctorNetwork *network, const DoctorDevice *device, const char *at)
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

static void judge_device(const DoctorNetwork *network, const DoctorDevice *device)
{
    Doctor *doctor = network->doctor;
    const DoctorName at = doctor_name_of(&device->address);
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

void doctor_judge_devices(const DoctorNetwork *network)
{
    Doctor *doctor = network->doctor;
    size_t routed = 0, twice = 0, ours = 0;
    for (size_t i = 0; i < network->device_count; i++)
        ours += is_ours(doctor, &network->devices[i]);
    doctor->devices = network->device_count - ours;
    if (doctor->devices == 0) {
        judge_silence(network);
        return;
    }
    for (size_t i = 0; i < network->device_count; i++) {
        routed += network->devices[i].address.remote.network != BAC_NETWORK_LOCAL;
        twice += network->devices[i].times > 1;
    }
    const char *verb = doctor->devices == 1 ? "device answers" : "devices answer",
               *besides = ours ? ", and BacPipes itself" : "";
    if (routed)
        doctor_say(doctor, DOCTOR_FINE, "devices", "%zu %s, %zu of them behind routers%s", doctor->devices,
                   verb, routed, besides);
    else
        doctor_say(doctor, DOCTOR_FINE, "devices", "%zu %s%s", doctor->devices, verb, besides);
    judge_duplicates(network);
    for (size_t i = 0; i < network->device_count; i++)
        judge_device(network, &network->devices[i]);
    if (twice == 0)
        return;
    doctor_say(doctor, DOCTOR_NOTE, "devices", "%zu devices answered one Who-Is more than once", twice);
    doctor_mend(doctor, "broadcasts reach them by two ways, as where a subnet has two BBMDs, or a network "
                        "two routers");
}
