/* What a firewall's rules make of datagrams that devices send to us unasked, as far as can be told without
 * being it: new ones, from anybody on the building's network, to our UDP port. What cannot be told (whose
 * address, how many a second) is taken for letting them in, so that nobody is sent after what is fine. */
#ifndef DOCTOR_FIREWALL_H
#define DOCTOR_FIREWALL_H

#include "base/str.h"

#include <stdint.h>

/* Of nftables: what `nft -j list ruleset` prints (libnftables-json(5)). False, too, where it is none. */
bool doctor_nft_drops(BpStr json, const char *interface, uint16_t port);

/* Of iptables, where it is not nftables: what `iptables-save` prints. Dropped unless a rule names the port.
 */
bool doctor_iptables_drops(BpStr rules, uint16_t port);

#endif
