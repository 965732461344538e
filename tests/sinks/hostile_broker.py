#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A broker that means harm, for tests/sinks.sh. Prints a line for each connection.

usage: hostile_broker.py PORT MODE [COUNT]: the first COUNT connections get the harm of MODE, later ones what is right
"""

import random
import socket
import struct
import sys
import threading
import time

PORT, MODE = int(sys.argv[1]), sys.argv[2]
COUNT = int(sys.argv[3]) if len(sys.argv) > 3 else 1 << 30
CONNECT, PUBLISH, SUBSCRIBE, PINGREQ, DISCONNECT = 1, 3, 8, 12, 14


def length(size):
    coded = b""
    while True:
        size, low = size >> 7, size & 0x7F
        coded += bytes([low | (0x80 if size else 0)])
        if not size:
            return coded


def packet(first, body):
    return bytes([first]) + length(len(body)) + body


def receive(peer, size):
    data = b""
    while len(data) < size:
        more = peer.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def receive_packet(peer):
    kind, size, shift = receive(peer, 1)[0], 0, 0
    while True:
        byte = receive(peer, 1)[0]
        size |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return kind >> 4, kind & 15, receive(peer, size)


def text(words):
    return struct.pack(">H", len(words)) + words


def greeting(properties, new):
    """A CONNACK; new: of MQTT 5."""
    return packet(0x20, b"\0\0" + (length(len(properties)) + properties if new else b""))


def answer(peer, new, granted=b"\1"):
    """What a broker should do, but that it keeps nothing. granted: the reason in its SUBACK."""
    peer.sendall(greeting(b"", new))
    while True:
        kind, flags, body = receive_packet(peer)
        if kind == PUBLISH and flags & 6:
            at = 2 + struct.unpack(">H", body[:2])[0]
            peer.sendall(packet(0x40, body[at:at + 2]))
        elif kind == SUBSCRIBE:
            if MODE == "stray":
                peer.sendall(packet(0x90, b"\x77\x77\x80"))
            peer.sendall(packet(0x90, body[:2] + granted))
            if MODE == "stray":
                peer.sendall(packet(0x90, body[:2] + b"\x80"))
                peer.sendall(packet(0x30, text(b"tsem/h/n/status") + LINE))
            if MODE == "later" and granted == b"\1":
                time.sleep(1)
                return
        elif kind == PINGREQ:
            peer.sendall(b"\xd0\0")
        elif kind == DISCONNECT:
            return


LINE = b'{"export":{"type":"status","host":"h","boot":"b","namespace":"n"},"status":"online"}'


def assertion(peer, new, _):
    """A property that there is not."""
    peer.sendall(greeting(b"\x7f", True) if new else b"\x20\x02\0\0")
    receive(peer, 1 << 20)


def junk(peer, new, number):
    """Packets of each kind with anything in them, without looking at what is sent."""
    dice = random.Random(number)
    peer.sendall(greeting(b"", new))
    for _ in range(40):
        body = bytes(dice.choice((0, 1, 2, 3, 5, 0x1F, 0x26, 0x87, 255, dice.randrange(256))) for _ in range(dice.choice((0, 1, 2, 3, 4, 6, 8, 12, 40))))
        peer.sendall(packet(dice.choice((2, 3, 4, 5, 6, 7, 9, 11, 13, 14, 15)) << 4 | dice.choice((0, 0, 2, 3, 4, 6, dice.randrange(16))), body))
    time.sleep(0.1)


def noise(peer, new, number):
    """Bytes, before there is any greeting."""
    peer.sendall(random.Random(number).randbytes(100000))
    time.sleep(0.1)


def flood(peer, new, _):
    """Messages of QoS 2 that are never released, of which the other side keeps each."""
    peer.sendall(greeting(b"", new))
    peer.settimeout(None)
    threading.Thread(target=drain, args=(peer,), daemon=True).start()
    body = text(b"tsem/h/n/file") + b"%b" + (b"\0" if new else b"") + b"x" * 8000000
    for number in range(1, 400):
        peer.sendall(packet(0x34, body.replace(b"%b", struct.pack(">H", number), 1)))
    time.sleep(60)


def drain(peer):
    try:
        while peer.recv(1 << 16):
            pass
    except OSError:
        pass


def bomb(peer, new, _):
    """Small properties, of which each takes much more memory than bytes."""
    properties = b"\x26\0\0\0\0" * 6000000
    peer.sendall(greeting(properties, True))
    receive(peer, 1 << 20)


def silent(peer, new, _):
    receive(peer, 1 << 20)


def deaf(peer, new, _):
    """Says welcome, and nothing more."""
    peer.sendall(greeting(b"", new))
    receive(peer, 1 << 20)


def refusal(peer, new, _):
    answer(peer, new, b"\x80")


def later(peer, new, number):
    """Grants the topics, and refuses them when it is asked again; then grants them."""
    answer(peer, new, b"\x80" if number == 2 else b"\1")


HARM = {"assertion": assertion, "junk": junk, "noise": noise, "flood": flood, "bomb": bomb, "silent": silent, "deaf": deaf, "refusal": refusal, "later": later}


def serve(peer, number):
    try:
        kind, _, body = receive_packet(peer)
        if kind == CONNECT:
            new = body[2 + struct.unpack(">H", body[:2])[0]] == 5
            if MODE in HARM and number <= COUNT:
                HARM[MODE](peer, new, number)
            else:
                answer(peer, new)
    except (EOFError, OSError, struct.error, IndexError):
        pass
    peer.close()


def main():
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", PORT))
    listener.listen(16)
    print("listening", flush=True)
    number = 0
    while True:
        peer, _ = listener.accept()
        number += 1
        print("connection", number, flush=True)
        threading.Thread(target=serve, args=(peer, number), daemon=True).start()


main()
