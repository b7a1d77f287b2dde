"""Watches the loopback of its network: each WriteProperty that comes to a device is a line of JSON, as it is seen on the wire."""
import json, socket, struct, sys, time

ETH_P_IP, ARRIVED, WRITE_PROPERTY = 0x0800, socket.PACKET_HOST, 15


def tag(octets, at):
    """Number, whether it is context-specific, its contents, and where the next begins; of opening and closing tags contents are None."""
    first = octets[at]
    at += 1
    number, size = first >> 4, first & 7
    if number == 15:
        number = octets[at]
        at += 1
    if first & 8 and size > 5:
        return number, True, None, at
    if size == 5:
        size = octets[at]
        at += 1
    return number, bool(first & 8), octets[at:at + size], at + size


def value_of(number, contents):
    if number == 0:
        return None
    if number == 4:
        return round(struct.unpack('>f', contents)[0], 4)
    return int.from_bytes(contents, 'big')


def written(apdu):
    """Object, priority and value of a WriteProperty request, or None."""
    if len(apdu) < 5 or apdu[0] >> 4 != 0:
        return None
    at = 4 + (2 if apdu[0] & 8 else 0)
    if apdu[at - 1] != WRITE_PROPERTY:
        return None
    found = {'property': None, 'priority': 16, 'value': None}
    while at < len(apdu):
        number, is_context, contents, at = tag(apdu, at)
        if is_context and contents is not None and number == 0:
            found['type'], found['instance'] = divmod(int.from_bytes(contents, 'big'), 1 << 22)
        elif is_context and contents is not None and number == 1:
            found['property'] = int.from_bytes(contents, 'big')
        elif is_context and contents is not None and number == 4:
            found['priority'] = int.from_bytes(contents, 'big')
        elif not is_context:
            found['value'] = value_of(number, contents)
    return found if found['property'] == 85 else None


def main():
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
    packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    packets.bind(('lo', ETH_P_IP))
    while True:
        octets, about = packets.recvfrom(65536)
        head = (octets[0] & 15) * 4
        if about[2] != ARRIVED or octets[9] != socket.IPPROTO_UDP or len(octets) < head + 14 or octets[head + 8] != 0x81 or octets[head + 9] not in (4, 10):
            continue
        bvlc = octets[head + 8:]
        npdu = bvlc[10:] if bvlc[1] == 4 else bvlc[4:]
        if npdu[1] & 0xA8: # network messages, and what goes through routers: the simulated building has none
            continue
        found = written(npdu[2:])
        if found:
            print(json.dumps({'at': time.time(), 'to': socket.inet_ntoa(octets[16:20]), **found}), flush=True)


main()
