#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Agents that say "trusted" to everything, each with something wrong about it.
usage: evil_tma.py SOCKET FAULT    serves one client"""
import struct, sys, time

from simple_tma import EVENT, HELLO, TRUSTED, Agent, frame, listen


class Evil(Agent):
    def __init__(self, fault):
        super().__init__(0)
        self.fault, self.first = fault, None

    def judge(self, namespace, record):
        return True

    def send(self, line, kind, session, sequence, payload):
        if kind == HELLO | 0x80 and self.fault == "nonce":
            payload = payload[:32] + bytes(32) + payload[64:]
        if kind != EVENT | 0x80:
            line.sendall(frame(kind, session, sequence, payload))
            return
        getattr(self, "do_" + self.fault)(line, kind, session, sequence, payload)

    def do_honest(self, line, *answer):
        line.sendall(frame(*answer))

    do_nonce = do_honest

    def do_late(self, line, *answer):
        time.sleep(0.4)
        line.sendall(frame(*answer))

    def do_silent(self, line, *answer):
        pass

    def do_sequence(self, line, kind, session, sequence, payload):
        line.sendall(frame(kind, session, sequence + 1, payload))

    def do_earlier(self, line, kind, session, sequence, payload):
        """The answer to the first event, for all others."""
        if self.first:
            line.sendall(frame(kind, session, sequence, self.first))
        else:
            self.first = payload

    def do_ticket(self, line, kind, session, sequence, payload):
        line.sendall(frame(kind, session, sequence, payload[:8] + bytes(16) + payload[24:]))

    def do_namespace(self, line, kind, session, sequence, payload):
        line.sendall(frame(kind, session, sequence, struct.pack("<I", 2) + payload[4:]))

    def do_session(self, line, kind, session, sequence, payload):
        line.sendall(frame(kind, session ^ 1, sequence, payload))

    def do_kind(self, line, kind, session, sequence, payload):
        line.sendall(frame(0x90, session, sequence, payload))

    def do_verdict(self, line, kind, session, sequence, payload):
        line.sendall(frame(kind, session, sequence, payload[:4] + bytes([TRUSTED ^ 1]) + payload[5:]))

    def do_short(self, line, kind, session, sequence, payload):
        line.sendall(frame(kind, session, sequence, payload[:-1]))

    def do_long(self, line, kind, session, sequence, payload):
        line.sendall(frame(kind, session, sequence, payload + b"\0"))

    def do_reserved(self, line, kind, session, sequence, payload):
        line.sendall(frame(kind, session, sequence, payload[:-1] + b"\1"))

    def do_checksum(self, line, *answer):
        whole = frame(*answer)
        line.sendall(whole[:-1] + bytes([whole[-1] ^ 1]))

    def do_oversize(self, line, kind, session, sequence, payload):
        """A head that promises 4 GiB, and one that promises 65,536 bytes that do not come."""
        whole = bytearray(frame(kind, session, sequence, bytes(65536)))
        line.sendall(bytes(whole[:32]) + frame(kind, session, sequence, payload)[:20] + b"\xff\xff\xff\xff" + bytes(8))

    def do_garbage(self, line, *answer):
        line.sendall(bytes((i * 7919 + i // 251) & 255 for i in range(100000)))

    def do_flood(self, line, *answer):
        """Noise without end: whoever reads until there is nothing more reads for ever."""
        while True:
            line.sendall(bytes(65536))

    def do_strays(self, line, kind, session, sequence, payload):
        """Sound answers to questions that nobody has asked, without end."""
        whole = b"".join(frame(kind, session, sequence + i, payload[:8] + bytes(16) + payload[24:]) for i in range(1000, 1400))
        while True:
            line.sendall(whole)

    def do_drip(self, line, *answer):
        """A byte at a time, so that there is always something to wait for."""
        for byte in frame(*answer) * 1000:
            line.sendall(bytes([byte ^ 1]))
            time.sleep(0.02)

    def do_half(self, line, *answer):
        line.sendall(frame(*answer)[:40])
        line.close()
        sys.exit()

    def do_dead(self, line, *answer):
        line.close()
        sys.exit()

    def do_error(self, line, kind, session, sequence, payload):
        line.sendall(frame(0xff, session, sequence, struct.pack("<IIII", 10, EVENT, 1, 0)))


if __name__ == "__main__":
    client, _ = listen(sys.argv[1]).accept()
    try:
        Evil(sys.argv[2]).serve(client)
    except (BrokenPipeError, ConnectionResetError):
        pass
