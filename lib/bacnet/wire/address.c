#include "bacnet/wire/address.h"

#include "base/parse.h"

#include <assert.h>
#include <stdio.h>

_Static_assert(sizeof(BacAddress) == 16, "addresses are compared and hashed as octets: no padding");

uint64_t bac_address_hash(const BacAddress *address)
{
    uint64_t half[2];
    memcpy(half, address, sizeof half);
    /* Multiplying spreads a bit upwards, shifting brings it down again. */
    uint64_t hash = (half[0] ^ half[0] >> 32) * 0x9E3779B97F4A7C15U;
    hash = (hash ^ half[1] ^ hash >> 29) * 0xBF58476D1CE4E5B9U;
    return hash ^ hash >> 32;
}

char *bac_address_format(const BacAddress *address, char ret_text[BAC_ADDRESS_TEXT_MAX])
{
    const uint8_t *ip = address->ip;
    int used = snprintf(ret_text, BAC_ADDRESS_TEXT_MAX, "%u.%u.%u.%u", ip[0], ip[1], ip[2], ip[3]);
    if (address->port != BAC_PORT)
        used += snprintf(ret_text + used, (size_t)(BAC_ADDRESS_TEXT_MAX - used), ":%u", address->port);
    if (address->remote.network == BAC_NETWORK_LOCAL)
        return ret_text;
    used += snprintf(ret_text + used, (size_t)(BAC_ADDRESS_TEXT_MAX - used), "/%u", address->remote.network);
    for (size_t i = 0; i < address->remote.length && i < BAC_STATION_MAC_MAX; i++)
        used += snprintf(ret_text + used, (size_t)(BAC_ADDRESS_TEXT_MAX - used), "%s%02x", i ? "" : ":",
                         address->remote.mac[i]);
    return ret_text;
}

static BpStatus parse_u16(BpStr text, int64_t min, int64_t max, uint16_t *ret_number, BpError *err)
{
    int64_t number;
    const BpStatus status = bp_parse_i64(text, min, max, &number, err);
    if (status == BP_OK)
        *ret_number = (uint16_t)number;
    return status;
}

static BpStatus parse_ip(BpStr text, uint8_t ret_ip[4], BpError *err)
{
    for (size_t i = 0; i < 4; i++) {
        BpStr rest;
        uint16_t part;
        const BpStr digits = i < 3 ? bp_str_cut(text, '.', &rest) : text;
        const BpStatus status = parse_u16(digits, 0, 255, &part, err);
        if (status != BP_OK)
            return status;
        ret_ip[i] = (uint8_t)part;
        text = rest;
    }
    return BP_OK;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? memchr(digits, c, sizeof digits - 1) : NULL;
    return at ? (int)((at - digits) % 16) : -1;
}

static BpStatus parse_mac(BpStr text, BacStation *station, BpError *err)
{
    if (text.size == 0 || text.size % 2 != 0 || text.size > 2 * (size_t)BAC_STATION_MAC_MAX)
        return bp_fail(err, BP_INVALID, "\"%.*s\" is no MAC of 1 to %d octets in hexadecimal",
                       BP_STR_ARGS(text), BAC_STATION_MAC_MAX);
    for (size_t i = 0; i < text.size; i += 2) {
        const int high = hex_digit(text.data[i]), low = hex_digit(text.data[i + 1]);
        if (high < 0 || low < 0)
            return bp_fail(err, BP_INVALID, "\"%.*s\" is not hexadecimal", BP_STR_ARGS(text));
        station->mac[station->length++] = (uint8_t)(high << 4 | low);
    }
    return BP_OK;
}

static BpStatus parse_station(BpStr text, BacStation *station, BpError *err)
{
    BpStr mac;
    const BpStr network = bp_str_cut(text, ':', &mac);
    const BpStatus status = parse_u16(network, 1, BAC_NETWORK_BROADCAST, &station->network, err);
    if (status != BP_OK || network.size == text.size)
        return status;
    return parse_mac(mac, station, err);
}

BpStatus bac_address_parse(BpStr text, BacAddress *ret_address, BpError *err)
{
    assert(ret_address);
    BacAddress address = {.port = BAC_PORT};
    BpStr station, port;
    const BpStr node = bp_str_cut(text, '/', &station);
    const BpStr ip = bp_str_cut(node, ':', &port);
    BpStatus status = parse_ip(ip, address.ip, err);
    if (status == BP_OK && ip.size < node.size)
        status = parse_u16(port, 1, UINT16_MAX, &address.port, err);
    if (status == BP_OK && node.size < text.size)
        status = parse_station(station, &address.remote, err);
    if (status == BP_OK)
        *ret_address = address;
    else
        bp_within(err, "\"%.*s\" is no address like 10.1.2.9, 10.1.2.9:47809 or 10.1.2.1/2001:0a",
                  BP_STR_ARGS(text));
    return status;
}
