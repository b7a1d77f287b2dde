#!/usr/bin/env python3
"""A BACnet/IP device that says who it is and answers every request wrongly: wrong_device.py MODE ADDRESS PORT INSTANCE

garbage  says that it has a log, and then what is no record of it and no event; all else is no value
silent   answers no request at all
late     answers only a request's third try, that there is no such thing
"""
import socket
import sys

mode, address, port, instance = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])


def datagram(apdu):
    return bytes([0x81, 0x0A, 0, 6 + len(apdu), 0x01, 0x00]) + apdu


def sockets():
    own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    own.bind((address, port))
    shared = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    shared.bind(("127.255.255.255", port))
    return own, shared


def answer(apdu, tries):
    if apdu[0] >> 4 == 1 and apdu[1] == 8:  # Who-Is: an I-Am
        identifier = (8 << 22 | instance).to_bytes(4, "big")
        return bytes([0x10, 0x00, 0xC4]) + identifier + bytes([0x22, 0x05, 0xC4, 0x91, 0x03, 0x21, 0x0F])
    if apdu[0] >> 4 != 0 or mode == "silent":
        return None
    invoke_id, service = apdu[2], apdu[3]
    tries[invoke_id] = tries.get(invoke_id, 0) + 1
    if mode == "garbage" and service == 14:  # ReadPropertyMultiple: not known, so that each is asked alone
        return bytes([0x60, invoke_id, 9])
    if mode == "garbage":
        named = apdu[4 : 10 + (apdu[9] & 7)] if service in (12, 26) else b""  # object and property
        said = bytes([0x75, 0x07, 0x07])
        if service == 12 and named[-1] in (141, 145):  # record-count, total-record-count
            said = named + bytes([0x3E, 0x21, 0x05, 0x3F])
        if service == 12 and named[-1] == 75:  # object-identifier
            said = named + bytes([0x3E, 0xC4]) + (8 << 22 | instance).to_bytes(4, "big") + bytes([0x3F])
        if service == 26:
            said = named + bytes([0x3A, 0x05, 0xC0, 0x49, 0x01, 0x5E, 0x21, 0x07, 0x5F, 0x69, 0x01])
        return bytes([0x30, invoke_id, service]) + said
    if tries[invoke_id] % 3:
        return None
    return bytes([0x50, invoke_id, service, 0x91, 0x02, 0x91, 0x20])


def main():
    import selectors

    selector, tries = selectors.DefaultSelector(), {}
    own, shared = sockets()
    for one in own, shared:
        selector.register(one, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            octets, sender = key.fileobj.recvfrom(2000)
            npdu = octets[4:]
            skip = 2 + (4 if npdu[1] & 0x20 else 0)  # a destination of all networks, without an address
            reply = answer(npdu[skip:], tries) if len(npdu) > skip + 1 else None
            if reply:
                own.sendto(datagram(reply), sender)


main()
