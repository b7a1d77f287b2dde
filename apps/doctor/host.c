/* What can be seen without sending anything: interfaces, the port, the firewall, a container. */
#include "apps/doctor/doctor.h"
#include "apps/doctor/firewall.h"

#include "bacnet/wire/address.h"
#include "base/time.h"
#include "io/bip/port.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct Ipv4 {
    char text[16];
} Ipv4;

static Ipv4 ipv4(const uint8_t ip[4])
{
    Ipv4 out;
    snprintf(out.text, sizeof out.text, "%u.%u.%u.%u", ip[0], ip[1], ip[2], ip[3]);
    return out;
}

/* A setting of kind IPV4, as four octets; all zero where it is empty. */
static void read_ipv4(const char *text, uint8_t ret_ip[4])
{
    BacAddress address = {0};
    (void)!bac_address_parse(bp_str(text), &address, NULL); /* the settings have been checked */
    memcpy(ret_ip, address.ip, sizeof address.ip);
}

/* ---- interfaces ---- */

static const char *list(Doctor *doctor, bool with_loopback)
{
    char memory[400];
    BpBuf out = bp_buf(memory, sizeof memory);
    for (size_t i = 0; i < doctor->interface_count; i++) {
        const BipInterface *one = &doctor->interfaces[i];
        if (with_loopback || !one->is_loopback)
            bp_buf_printf(&out, "%s%s %s/%u", out.size ? ", " : "", one->name, ipv4(one->ip).text,
                          one->prefix);
    }
    return out.size ? bp_arena_text(doctor->arena, bp_buf_text(&out)) : "none";
}

static void judge_interface(Doctor *doctor, const BipInterface *interface, bool is_chosen_by_us)
{
    const char *ip = bp_arena_text(doctor->arena, bp_str(ipv4(interface->ip).text));
    if (interface->is_container_bridge) {
        doctor_say(doctor, DOCTOR_WRONG, "interface",
                   "%s (%s) is a bridge for containers: no building is behind it", interface->name, ip);
        doctor_mend(doctor, "set bacnet.address to the address on the building's network; there are: %s",
                    list(doctor, false));
    } else if (!interface->is_up || !interface->has_link) {
        doctor_say(doctor, DOCTOR_WRONG, "interface", "%s (%s) %s", interface->name, ip,
                   interface->is_up ? "has no link" : "is down");
        if (interface->is_up)
            doctor_mend(doctor, "is the cable in, and the switch's port on?");
        else
            doctor_mend(doctor, "sudo ip link set %s up", interface->name);
    } else if (interface->is_loopback) {
        doctor_say(doctor, DOCTOR_NOTE, "interface",
                   "%s is this machine alone: nobody else's devices are heard", interface->name);
        doctor_mend(doctor, "for a building, set bacnet.address to the address on its network; there are: %s",
                    list(doctor, false));
    } else {
        doctor_say(doctor, DOCTOR_FINE, "interface", "%s has %s/%u", interface->name, ip, interface->prefix);
    }
    if (!is_chosen_by_us)
        return;
    size_t others = 0;
    for (size_t i = 0; i < doctor->interface_count; i++)
        others += doctor->interfaces[i].can_broadcast && !doctor->interfaces[i].is_loopback &&
                  &doctor->interfaces[i] != interface;
    if (others == 0)
        return;
    doctor_say(doctor, DOCTOR_NOTE, "interface",
               "bacnet.address is 0.0.0.0 and there are several networks: broadcasts go to that of %s alone",
               interface->name);
    doctor_mend(doctor, "set bacnet.address to the address on the building's network; there are: %s",
                list(doctor, false));
}

static void look_at_interfaces(Doctor *doctor)
{
    uint8_t ip[4];
    const char *wanted = doctor->cfg->bacnet_address;
    doctor->interface_count = bip_interfaces(doctor->interfaces);
    read_ipv4(wanted, ip);
    const bool is_any = strcmp(wanted, "0.0.0.0") == 0;
    doctor->interface = bip_interface_for(doctor->interfaces, doctor->interface_count, ip);
    if (doctor->interface) {
        judge_interface(doctor, doctor->interface, is_any);
    } else if (is_any) {
        doctor_say(doctor, DOCTOR_WRONG, "interface", "this machine has no network that can broadcast");
        doctor_mend(doctor, "give it an address on the building's network; there are: %s",
                    list(doctor, true));
    } else {
        doctor_say(doctor, DOCTOR_WRONG, "interface", "bacnet.address %s is no address of this machine",
                   wanted);
        doctor_mend(doctor, "set it to one of: %s; an address from DHCP may have changed",
                    list(doctor, true));
    }
}

static void look_at_broadcast(Doctor *doctor)
{
    uint8_t ip[4];
    const char *wanted = doctor->cfg->bacnet_broadcast;
    if (!doctor->interface)
        return;
    const Ipv4 right = ipv4(doctor->interface->broadcast);
    read_ipv4(wanted, ip);
    if (!*wanted || memcmp(ip, doctor->interface->broadcast, sizeof ip) == 0) {
        doctor_say(doctor, DOCTOR_FINE, "broadcast", "broadcasts go to %s", right.text);
        return;
    }
    doctor_say(doctor, DOCTOR_WRONG, "broadcast",
               "bacnet.broadcast is %s, but the network of %s broadcasts to %s: %s", wanted,
               doctor->interface->name, right.text,
               ip[0] == 255 ? "many devices do not hear this one" : "nobody there hears this one");
    doctor_mend(doctor, "leave bacnet.broadcast empty, or set it to %s", right.text);
}

/* ---- the port ---- */

static void look_at_port(Doctor *doctor)
{
    BpError err;
    char pid[16], name[64];
    const uint16_t port = (uint16_t)doctor->cfg->bacnet_port;
    LoopAddress bind = {.port = port};
    if (!doctor->interface)
        return;
    read_ipv4(doctor->cfg->bacnet_address, bind.ip);
    Loop *loop = loop_new();
    LoopUdp *udp = loop_udp_new(loop, &bind, false, NULL, NULL, &err);
    loop_udp_free(udp);
    loop_free(loop);
    if (udp) {
        doctor_say(doctor, DOCTOR_FINE, "port", "UDP port %u is free", port);
    } else if (err.status != BP_CONFLICT) {
        doctor_say(doctor, DOCTOR_WRONG, "port", "%s", err.text);
    } else if (!bip_port_holder(port, pid, name)) {
        doctor_say(doctor, DOCTOR_WRONG, "port", "UDP port %u is taken by another user's program", port);
        doctor_mend(doctor,
                    "sudo ss -lunp 'sport = :%u' shows which; stop it, or give BacPipes an address "
                    "of its own on this network (bacnet.address)",
                    port);
    } else if (strcmp(name, "bacpipes") == 0) {
        doctor_say(doctor, DOCTOR_FINE, "port",
                   "UDP port %u is held by BacPipes itself (process %s); the doctor asks beside it", port,
                   pid);
    } else {
        doctor_say(doctor, DOCTOR_WRONG, "port", "UDP port %u is taken by %s (process %s)", port, name, pid);
        doctor_mend(doctor, "stop it, or give BacPipes an address of its own on this network "
                            "(bacnet.address); another port hears no broadcasts of this one");
    }
}

/* ---- the firewall ---- */

/* What a command of the system prints; nothing where it is not there or may not. */
static BpStr output_of(const char *line, BpArena *arena)
{
    enum { MOST = 1024 * 1024 };
    /* NOLINTNEXTLINE(cert-env33-c): a fixed line without anything from outside */
    FILE *pipe = popen(line, "re");
    if (!pipe)
        return bp_str("");
    char *text = bp_arena_take(arena, MOST);
    const size_t size = fread(text, 1, MOST, pipe);
    return pclose(pipe) == 0 ? (BpStr){text, size} : bp_str("");
}

static void look_at_firewall(Doctor *doctor)
{
    const uint16_t port = (uint16_t)doctor->cfg->bacnet_port;
    if (!doctor->interface || doctor->interface->is_loopback)
        return; /* its datagrams are hardly ever filtered */
    if (geteuid() != 0) {
        doctor_say(doctor, DOCTOR_NOTE, "firewall", "its rules are shown to root alone");
        doctor_mend(doctor, "sudo bacpipes doctor looks at them too");
        return;
    }
    const BpStr nft = output_of("nft -j list ruleset 2>/dev/null", doctor->arena),
                iptables = output_of("iptables-save 2>/dev/null", doctor->arena);
    if (!doctor_nft_drops(nft, doctor->interface->name, port) && !doctor_iptables_drops(iptables, port)) {
        doctor_say(doctor, DOCTOR_FINE, "firewall", "nothing that drops UDP port %u is to be seen", port);
        return;
    }
    doctor_say(doctor, DOCTOR_WRONG, "firewall",
               "the firewall drops what comes in, and no rule lets UDP port %u in", port);
    doctor_mend(doctor,
                "ufw allow %u/udp, or firewall-cmd --permanent --add-port=%u/udp, or a rule \"udp dport %u "
                "accept\"",
                port, port, port);
}

/* ---- a container ---- */

/* Our network is the machine's, or the container's, rather than a namespace made within. */
static bool is_first_network(void)
{
    char ours[64], first[64];
    const ssize_t size = readlink("/proc/self/ns/net", ours, sizeof ours),
                  first_size = readlink("/proc/1/ns/net", first, sizeof first);
    return size > 0 && size == first_size && memcmp(ours, first, (size_t)size) == 0;
}

static bool is_in_container(void)
{
    /* The variable is what Podman, LXC and systemd-nspawn set. */
    return getenv("container") != NULL ||
           ((access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0) &&
            is_first_network());
}

/* One end of a veth pair: the other end is on the host's bridge. */
static bool is_pair(const char *interface)
{
    char path[64], index[16] = "", link[16] = "";
    const char *const names[] = {"ifindex", "iflink"};
    char *const numbers[] = {index, link};
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "/sys/class/net/%s/%s", interface, names[i]);
        FILE *file = fopen(path, "re");
        if (!file || !fgets(numbers[i], sizeof index, file))
            numbers[i][0] = '\0';
        if (file)
            fclose(file);
    }
    return *index && *link && strcmp(index, link) != 0;
}

static void look_at_container(Doctor *doctor)
{
    if (!doctor->interface || doctor->interface->is_loopback || !is_in_container() ||
        !is_pair(doctor->interface->name))
        return;
    doctor_say(doctor, DOCTOR_WRONG, "container",
               "this is a container on a network of its own (%s): the building's broadcasts end at its "
               "bridge",
               doctor->interface->name);
    doctor_mend(doctor, "run it with --network host, or on a macvlan network, or register with a BBMD "
                        "(bacnet.bbmd)");
}

void doctor_look_at_host(Doctor *doctor)
{
    look_at_interfaces(doctor);
    look_at_broadcast(doctor);
    look_at_port(doctor);
    look_at_firewall(doctor);
    look_at_container(doctor);
}
