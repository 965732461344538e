#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A modeling agent that knows no models: after the start, no new program. Written from docs/tma-protocol.md.
usage: simple_tma.py SOCKET EVENTS    the first EVENTS events of a namespace are the start"""
import os, socket, struct, sys, zlib

HEAD = struct.Struct("<4sBBHQIIII")  # magic, version, type, flags, session, sequence, size, reserved, check
HELLO, BYE, CREATE, DESTROY, SEAL, ENFORCE, EVENT, ERROR = 1, 2, 0x10, 0x11, 0x16, 0x17, 0x18, 0xff
TRUSTED, UNTRUSTED, REASON_RULE, EXEC = 0xa5, 0x5a, 9, 1


def frame(kind, session, sequence, payload):
    head = HEAD.pack(b"TSEM", 1, kind, 0, session, sequence, len(payload), 0, 0)[:28]
    return head + struct.pack("<I", zlib.crc32(head)) + payload + struct.pack("<I", zlib.crc32(head + payload))


def next_frame(data, session):
    """(frame or None, what is left of data); session None: only a greeting is a frame"""
    while True:
        at = data.find(b"TSEM")
        if at < 0:
            return None, data[-3:]
        data = data[at:]
        if len(data) < 32:
            return None, data
        magic, version, kind, flags, token, sequence, size, reserved, check = HEAD.unpack(data[:32])
        good = (zlib.crc32(data[:28]) == check and version == 1 and not flags and not reserved and token
                and size <= (256 if kind == HELLO else 65536) and (kind == HELLO or token == session))
        if good and len(data) < size + 36:
            return None, data
        if good and zlib.crc32(data[:28] + data[32:32 + size]) == struct.unpack_from("<I", data, 32 + size)[0]:
            return (kind, token, sequence, data[32:32 + size]), data[36 + size:]
        data = data[1:]


class Agent:
    """One client: the events of each namespace so far, and the programs of its start."""

    def __init__(self, start):
        self.start, self.session, self.spaces = start, None, {}

    def greet(self, payload):
        least, most, capabilities, window, room = struct.unpack_from("<HHIII", payload)
        if not least <= 1 <= most:
            return ERROR, struct.pack("<IIII", 1, HELLO, 0, 0)
        return HELLO | 0x80, (struct.pack("<HHIIIIIII", 1, 0, 0, 8, 32768, 1 << 1, 16, 1, 0) + payload[16:48] + os.urandom(32)
                              + b"simple".ljust(64, b"\0"))

    def judge(self, namespace, record):
        space = self.spaces[namespace]
        space["events"] += 1
        event, cell = struct.unpack_from("<H", record, 6)[0], record[224:]
        if event != EXEC or space["events"] <= self.start:
            if event == EXEC:
                space["programs"].add(cell)
            return True
        return cell in space["programs"]

    def verdict(self, payload):
        namespace, flags, ticket = struct.unpack_from("<II16s", payload)
        if len(payload) < 24 + 224 or namespace not in self.spaces:
            return ERROR, struct.pack("<IIII", 4, EVENT, namespace, 0)
        good = self.judge(namespace, payload[24:])
        return EVENT | 0x80, struct.pack("<IBBH16sII", namespace, TRUSTED if good else UNTRUSTED, 0, REASON_RULE, ticket, 0, 0)

    def answer(self, kind, payload):
        number = struct.unpack_from("<I", payload)[0] if len(payload) >= 4 else 0
        if kind == HELLO:
            return self.greet(payload)
        if kind == EVENT:
            return self.verdict(payload)
        if kind == CREATE:
            self.spaces[number] = {"events": 0, "programs": set()}
            return CREATE | 0x80, struct.pack("<IIIIQ", number, 32, 1, 0, 0)
        if kind in (SEAL, ENFORCE, DESTROY) and number in self.spaces:
            return kind | 0x80, struct.pack("<IIQ", number, 0, 0)
        if kind == BYE:
            return BYE | 0x80, b""
        return ERROR, struct.pack("<IIII", 2, kind, number, 0)

    def send(self, line, kind, session, sequence, payload):
        line.sendall(frame(kind, session, sequence, payload))

    def serve(self, line):
        data = b""
        while True:
            more = line.recv(65536)
            if not more:
                return
            data += more
            while True:
                found, data = next_frame(data, self.session)
                if not found:
                    break
                kind, session, sequence, payload = found
                if kind == HELLO:
                    self.session = session
                self.send(line, *self.respond(kind, session, sequence, payload))

    def respond(self, kind, session, sequence, payload):
        kind, payload = self.answer(kind, payload)
        return kind, session, sequence, payload


def listen(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path + ".new")
    listener.listen()
    os.rename(path + ".new", path)  # a client that finds the name can connect
    return listener


if __name__ == "__main__":
    door = listen(sys.argv[1])
    while True:
        client, _ = door.accept()
        try:
            Agent(int(sys.argv[2])).serve(client)
        except OSError:
            pass  # it went away
        client.close()
