#!/usr/bin/env python3
"""A WebSocket of /api/v1/live by hand: live_client.py PORT HEADER... sends each line of its standard input as a text, and prints each text that comes as a
line; "sleep SECONDS" reads and sends nothing for so long; at the end "closed CODE REASON". RFC 6455, as little of it as that needs."""
import base64
import os
import select
import socket
import struct
import sys
import time

port, headers = int(sys.argv[1]), sys.argv[2:]
server = socket.create_connection(("127.0.0.1", port), timeout=60)
key = base64.b64encode(os.urandom(16)).decode()
lines = ["GET /api/v1/live HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
         f"Sec-WebSocket-Key: {key}", *headers]
server.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
data = b""
while b"\r\n\r\n" not in data:
    got = server.recv(65536)
    if not got:
        break
    data += got
head, _, data = data.partition(b"\r\n\r\n")
if b" 101 " not in head.split(b"\r\n")[0]:
    print("refused", head.split(b"\r\n")[0].split(b" ")[1].decode(), flush=True)
    sys.exit(0)


def send(text):
    octets, mask = text.encode(), os.urandom(4)
    size = bytes([0x80 | len(octets)]) if len(octets) < 126 else b"\xfe" + struct.pack(">H", len(octets))
    server.sendall(b"\x81" + size + mask + bytes(octet ^ mask[i % 4] for i, octet in enumerate(octets)))


def frame(data):
    """One frame at the beginning of data: first octet, contents, what follows; None: not all of it is there."""
    if len(data) < 2:
        return None
    size, at = data[1] & 127, 2
    if size == 126:
        size, at = struct.unpack(">H", data[2:4])[0] if len(data) >= 4 else 1 << 60, 4
    elif size == 127:
        size, at = struct.unpack(">Q", data[2:10])[0] if len(data) >= 10 else 1 << 60, 10
    return (data[0], data[at:at + size], data[at + size:]) if len(data) >= at + size else None


watched, said = [server, sys.stdin], b""
while True:
    while (one := frame(data)):
        first, text, data = one
        if first == 0x88:
            print("closed", struct.unpack(">H", text[:2])[0] if text else 1005, text[2:].decode(), flush=True)
            sys.exit(0)
        if first == 0x81:
            print(text.decode(), flush=True)
    ready, _, _ = select.select(watched, [], [], 120)
    if sys.stdin in ready:
        got = os.read(sys.stdin.fileno(), 65536)
        if not got:
            watched.remove(sys.stdin)
        *lines, said = (said + got).split(b"\n")
        for line in lines:
            if line.startswith(b"sleep "):
                time.sleep(float(line[6:]))
            else:
                send(line.decode())
    if server in ready:
        got = server.recv(65536)
        if not got:
            print("closed 1006", flush=True)
            sys.exit(0)
        data += got
    if not ready:
        print("silent", flush=True)
        sys.exit(1)
