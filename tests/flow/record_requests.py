#!/usr/bin/python3
"""Stands for `bacpipes web` behind nginx, at a Unix socket, and writes down what comes: record_requests.py SOCKET LOG.

Reads requests as strictly as RFC 9112 has them, and notes each as a line of JSON: connection, request line, headers, body. Answers each
with what it was asked for. /socket answers 101; /events goes on with one event now and one when a file LOG.go is there; /slow waits for it."""
import json
import os
import socket
import sys
import threading
import time

path, log = sys.argv[1:3]
lock = threading.Lock()


def note(what):
    with lock, open(log, "a") as file:
        file.write(json.dumps(what) + "\n")


def wait():
    while not os.path.exists(log + ".go"):
        time.sleep(0.05)


def serve(number, client):
    data = b""
    while True:
        while b"\r\n\r\n" not in data:
            more = client.recv(65536)
            if not more:
                return
            data += more
        head, data = data.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        headers = [line.split(":", 1) for line in lines[1:]]
        headers = [[name.lower(), value.strip()] for name, value in headers]
        sizes = [value for name, value in headers if name == "content-length"]
        size = int(sizes[0]) if sizes else 0
        while len(data) < size:
            data += client.recv(65536)
        body, data = data[:size], data[size:]
        note({"connection": number, "line": lines[0], "headers": headers, "body": body.decode("latin-1")})
        target = lines[0].split(" ")[1]
        if target.startswith("/socket"):
            client.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nhello")
            wait()
            return
        if target.endswith("/values/stream"):
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\nf\r\ndata: first one\r\n")
            wait()
            client.sendall(b"0\r\n\r\n")
            continue
        if target == "/slow":
            wait()
        answer = target.encode()
        client.sendall(b"HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=1\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))


listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
os.chmod(path, 0o666)
listener.listen(100)
print("ready", flush=True)
count = 0
while True:
    peer, _ = listener.accept()
    count += 1
    threading.Thread(target=serve, args=(count, peer), daemon=True).start()
