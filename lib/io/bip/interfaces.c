#include "io/bip/interfaces.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

_Static_assert(BIP_INTERFACE_NAME_MAX >= IF_NAMESIZE, "every interface's name fits");

/* People make bridges too, as br0: those of container programs are known by their names. */
static bool is_container_bridge(const char *name)
{
    static const char *const beginnings[] = {"docker", "br-",   "podman", "cni",
                                             "virbr",  "lxcbr", "lxdbr",  "incusbr"};
    char path[sizeof "/sys/class/net//bridge" + IF_NAMESIZE];
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0) {
            snprintf(path, sizeof path, "/sys/class/net/%s/bridge", name);
            return access(path, F_OK) == 0;
        }
    return false;
}

static void describe(const struct ifaddrs *from, BipInterface *to)
{
    struct sockaddr_in own, mask;
    memcpy(&own, from->ifa_addr, sizeof own);
    memcpy(&mask, from->ifa_netmask, sizeof mask);
    const uint32_t broadcast = own.sin_addr.s_addr | ~mask.sin_addr.s_addr;
    *to = (BipInterface){.prefix = (uint8_t)__builtin_popcount(mask.sin_addr.s_addr),
                         .is_loopback = from->ifa_flags & IFF_LOOPBACK,
                         .can_broadcast = from->ifa_flags & IFF_BROADCAST,
                         .is_up = from->ifa_flags & IFF_UP,
                         .has_link = from->ifa_flags & IFF_RUNNING,
                         .is_container_bridge = is_container_bridge(from->ifa_name)};
    snprintf(to->name, sizeof to->name, "%s", from->ifa_name);
    memcpy(to->ip, &own.sin_addr, sizeof to->ip);
    memcpy(to->broadcast, &broadcast, sizeof to->broadcast);
}

size_t bip_interfaces(BipInterface ret_all[BIP_INTERFACES_MAX])
{
    struct ifaddrs *all;
    size_t count = 0;
    if (getifaddrs(&all) != 0)
        return 0;
    for (const struct ifaddrs *one = all; one && count < BIP_INTERFACES_MAX; one = one->ifa_next)
        if (one->ifa_addr && one->ifa_addr->sa_family == AF_INET && one->ifa_netmask)
            describe(one, &ret_all[count++]);
    freeifaddrs(all);
    return count;
}

static bool is_any(const uint8_t ip[4])
{
    return (ip[0] | ip[1] | ip[2] | ip[3]) == 0;
}

const BipInterface *bip_interface_for(const BipInterface *all, size_t count, const uint8_t ip[4])
{
    const BipInterface *second_best = NULL;
    for (size_t i = 0; i < count; i++) {
        const BipInterface *one = &all[i];
        if (is_any(ip)) {
            if (!one->can_broadcast || one->is_loopback)
                continue;
            if (one->has_link && !one->is_container_bridge)
                return one;
            if (!second_best)
                second_best = one;
        } else if (memcmp(one->ip, ip, sizeof one->ip) == 0 || (one->is_loopback && ip[0] == 127)) {
            return one; /* all of 127.0.0.0/8 is loopback's */
        }
    }
    return second_best;
}
