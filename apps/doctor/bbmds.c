/* BBMDs: whether their tables are those of one another, and how broadcasts come to us. */
#include "apps/doctor/network.h"

static const BacBdtEntry *find_entry(const DoctorBbmd *bbmd, const BacAddress *address)
{
    for (size_t i = 0; i < bbmd->entry_count; i++)
        if (bac_address_equal(&bbmd->entries[i].address, address))
            return &bbmd->entries[i];
    return NULL;
}

static void judge_bbmd(const DoctorNetwork *network, const DoctorBbmd *bbmd)
{
    Doctor *doctor = network->doctor;
    const DoctorName name = doctor_name_of(&bbmd->address);
    doctor->bbmds++;
    doctor_say(doctor, DOCTOR_FINE, "bbmd", "%s is a BBMD: %zu in its table, foreign devices: %zu", name.text,
               bbmd->entry_count, bbmd->foreign_count);
    if (bbmd->entry_count > 0 && !find_entry(bbmd, &bbmd->address)) {
        doctor_say(doctor, DOCTOR_NOTE, "bbmd", "%s is not in its own table", name.text);
        doctor_mend(doctor, "all BBMDs should have the same table, with all of them in it");
    }
    for (size_t i = 0; i < network->bbmd_count; i++) {
        const DoctorBbmd *peer = &network->bbmds[i];
        if (peer == bbmd || !find_entry(bbmd, &peer->address))
            continue;
        if (!peer->is_one) {
            doctor_say(doctor, DOCTOR_WRONG, "bbmd",
                       "%s has %s in its table, which does not answer as a BBMD", name.text,
                       doctor_name_of(&peer->address).text);
            doctor_mend(doctor, "is it off, or has it another address now? Broadcasts do not reach its "
                                "subnet, or it answers nobody from here");
        } else if (!find_entry(peer, &bbmd->address)) {
            doctor_say(doctor, DOCTOR_WRONG, "bbmd",
                       "%s has %s in its table, but not the other way round: broadcasts go one way only",
                       name.text, doctor_name_of(&peer->address).text);
            doctor_mend(doctor, "add %s to the table of %s", name.text, doctor_name_of(&peer->address).text);
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
static void judge_subnet(const DoctorNetwork *network)
{
    Doctor *doctor = network->doctor;
    const DoctorBbmd *here = NULL;
    for (size_t i = 0; i < network->bbmd_count; i++) {
        const DoctorBbmd *bbmd = &network->bbmds[i];
        if (!bbmd->is_one || !is_on_our_subnet(doctor, &bbmd->address))
            continue;
        if (here) {
            doctor_say(doctor, DOCTOR_WRONG, "bbmd", "%s and %s are both BBMDs of this subnet",
                       doctor_name_of(&here->address).text, doctor_name_of(&bbmd->address).text);
            doctor_mend(doctor, "leave one: two carry every broadcast twice, and may send it round for ever");
        }
        here = bbmd;
    }
    if (here && *doctor->cfg->bacnet_bbmd) {
        doctor_say(doctor, DOCTOR_WRONG, "bbmd",
                   "we register as a foreign device, while %s, a BBMD, is on our own subnet",
                   doctor_name_of(&here->address).text);
        doctor_mend(doctor, "leave bacnet.bbmd empty: broadcasts come by that BBMD anyway, and would come "
                            "twice");
    }
}

/* From another subnet, and none that we know: who is behind it is not heard. */
static void judge_stranger(const DoctorNetwork *network)
{
    const BacAddress stranger = node_stranger(network->node);
    if (stranger.port == 0)
        return;
    doctor_say(network->doctor, DOCTOR_NOTE, "bbmd", "%s forwards broadcasts to us, which are not believed",
               doctor_name_of(&stranger).text);
    doctor_mend(network->doctor, "where it is a BBMD of this building, name it in bacnet.bbmds");
}

void doctor_judge_bbmds(const DoctorNetwork *network)
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
