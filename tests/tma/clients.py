#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Clients of a modeling agent that no decent program would be. usage: clients.py SOCKET bad|many|spaces|turns|twice"""
import random, select, socket, struct, sys, zlib

from simple_tma import BYE, CREATE, DESTROY, ENFORCE, ERROR, EVENT, HELLO, SEAL, frame, next_frame

MODEL, BASE, SHOW, STATE, STATUS = 0x12, 0x13, 0x19, 5, 7
path = sys.argv[1]


class Client:
    def __init__(self, greet=True):
        self.line = socket.socket(socket.AF_UNIX)
        self.line.settimeout(10)
        self.line.connect(path)
        self.session, self.number, self.data = random.getrandbits(64) | 1, 0, b""
        if greet:
            kind, payload = self.ask(HELLO, struct.pack("<HHIII32s64s", 1, 1, 0, 64, 65536, bytes(32), b"client"))
            assert kind == HELLO | 0x80, kind
            self.points = struct.unpack_from("<I", payload, 24)[0]

    def send(self, kind, payload, number=None):
        self.number += number is None
        self.line.sendall(frame(kind, self.session, number or self.number, payload))

    def receive(self):
        while True:
            # An agent's greeting is a frame like any other here.
            found, self.data = next_frame(self.data, self.session)
            if found:
                return found[0], found[3]
            more = self.line.recv(65536)
            if not more:
                raise EOFError
            self.data += more

    def ask(self, kind, payload, number=None):
        self.send(kind, payload, number)
        return self.receive()

    def create(self, number, points=64, records=65536, hash_number=1):
        return self.ask(CREATE, struct.pack("<IIIIQ64s", number, hash_number, 1, points, records, b"x"))

    def status(self, number):
        kind, payload = self.ask(SHOW, struct.pack("<IIQ", number, STATUS, 0))
        return struct.unpack_from("<QQQ", payload, 24) if kind == SHOW | 0x80 else None


def record(uid=0, event=14, size=None, flags=0):
    cell = struct.pack("<IIIHIIQQB", 0x8000, 0, 0, 0o100644, 0xef53, 0, 0, 0, 0) + b"\4\0\0\0root\0\2\0\0\0/x" + bytes(32)
    head = struct.pack("<IHHQQQQQIIIIII16s", size or 224 + len(cell), 1, event, 1, 1, 0, 0, 0, 1, 1, 0, flags, len(cell), 0, b"x")
    return head + bytes(96) + struct.pack("<IIIIIIIIQ", *[uid] * 8, 0) + cell


def event(number, what, ticket=bytes(16)):
    return struct.pack("<II16s", number, 0, ticket) + what


def trusted(answer):
    kind, payload = answer
    assert kind == EVENT | 0x80, (kind, payload)
    return payload[4] == 0xa5


def bad():
    dice = random.Random(1)
    for _ in range(50):  # noise, and death in the middle of it
        client = Client(greet=False)
        try:
            client.line.sendall(dice.randbytes(dice.randrange(1, 100000)))
        except (BrokenPipeError, ConnectionResetError):
            pass
        client.line.close()
    client = Client()  # noise between frames
    for _ in range(50):
        client.line.sendall(dice.randbytes(dice.randrange(300)).replace(b"TSEM", b"....") + b"TSE")
        assert client.ask(SHOW, struct.pack("<IIQ", 1, 1, 0))[0] == ERROR
    client = Client()  # half a frame and no more
    client.line.sendall(frame(EVENT, client.session, 9, bytes(5000))[:-9])
    client.line.close()
    client = Client()  # promises of a frame that is too large: noise
    for size in (65537, 1 << 31, (1 << 32) - 1):
        head = struct.pack("<4sBBHQIII", b"TSEM", 1, EVENT, 0, client.session, 5, size, 0)
        client.line.sendall(head + struct.pack("<I", zlib.crc32(head)))
    assert client.create(1)[0] == CREATE | 0x80
    for number, wrong in enumerate((b"", b"\1", bytes(23), bytes(24), bytes(65536))):  # payloads of no meaning
        for kind in range(2, 256):
            if kind not in (BYE, HELLO):
                answer = client.ask(kind, wrong)
                assert answer[0] == ERROR, (kind, wrong[:9], answer)
    good = record()
    assert trusted(client.ask(EVENT, event(1, good)))
    for wrong in (good[:-1], good + b"\0", good[:223], b"", record(event=0), record(event=127), record(event=300), record(size=9),
                  record(flags=8), good[:4] + b"\2\0" + good[6:], good[:-36] + b"\0\0\0\0" + good[-32:]):
        assert not trusted(client.ask(EVENT, event(1, wrong))), wrong
    for cut in range(224, len(good)):  # a CELL that is cut anywhere
        piece = good[:cut]
        piece = struct.pack("<I", cut) + piece[4:64] + struct.pack("<I", cut - 224) + piece[68:]
        assert not trusted(client.ask(EVENT, event(1, piece))), cut
    client.send(HELLO, struct.pack("<HHIII32s64s", 1, 1, 0, 64, 65536, bytes(32), b"again"))  # begins nothing anew
    before = client.status(1)
    assert before and before[0] > 90
    session, client.session = client.session, client.session ^ 4
    assert client.ask(HELLO, struct.pack("<HHIII32s64s", 1, 1, 0, 64, 65536, bytes(32), b"other"))[0] == ERROR
    client.session = session
    assert client.status(1) == before
    client = Client()  # asks, and never listens: it may not make the agent grow
    client.create(1, points=4096, records=1 << 20)
    client.line.setblocking(False)
    sent = 0
    try:
        while sent < 50000000:
            client.number += 1
            sent += client.line.send(frame(EVENT, client.session, client.number, event(1, good)))
    except BlockingIOError:
        pass
    assert sent < 20000000, sent
    assert trusted((lambda c: (c.create(1), c.ask(EVENT, event(1, good)))[1])(Client()))


def many():
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    clients = [Client() for _ in range(1000)]
    for number, client in enumerate(clients):
        assert client.create(number + 1, points=16, records=4096)[0] == CREATE | 0x80
    for number, client in enumerate(clients):
        client.send(EVENT, event(number + 1, record(uid=number)))
    for client in clients:
        assert trusted(client.receive())
    for number, client in enumerate(clients):
        assert client.status(number + 1)[:2] == (1, 1)


def spaces():
    one, two = Client(), Client()
    assert one.create(1)[0] == two.create(1)[0] == CREATE | 0x80
    assert one.create(1)[0] == ERROR  # there is one
    assert one.create(2, hash_number=99)[0] == ERROR
    assert trusted(one.ask(EVENT, event(1, record())))
    assert one.ask(SEAL, struct.pack("<II", 1, 0))[0] == SEAL | 0x80
    assert two.ask(ENFORCE, struct.pack("<II", 1, 0))[0] == ENFORCE | 0x80
    assert trusted(one.ask(EVENT, event(1, record()))) and not trusted(two.ask(EVENT, event(1, record())))
    assert one.ask(EVENT, event(7, record()))[0] == ERROR  # no such namespace
    for late in (struct.pack("<IIII", 1, 0, 1, 0) + bytes(32), struct.pack("<IIII", 1, 1, 1, 0) + record(uid=5)):
        assert one.ask(MODEL, late)[0] == ERROR  # sealed
    assert one.ask(BASE, struct.pack("<II", 1, 32) + bytes(32))[0] == ERROR  # after the first event
    made = 0
    while one.create(100 + made, points=1000, records=1 << 20)[0] != ERROR:
        made += 1
    assert 10 < made < 100, made
    assert one.ask(DESTROY, struct.pack("<II", 100, 0))[0] == DESTROY | 0x80
    assert one.create(100, points=1000)[0] == CREATE | 0x80
    assert one.create(101, points=1 << 31)[0] == ERROR
    # a full model learns no more, and says so; a sealed one lets nothing in
    full = Client()
    full.create(1, points=4, records=1024)
    assert all(trusted(full.ask(EVENT, event(1, record(uid=i)))) for i in range(8))
    events, points, _, = full.status(1)
    assert (events, points) == (8, 4)
    full.ask(SEAL, struct.pack("<II", 1, 0))
    assert [trusted(full.ask(EVENT, event(1, record(uid=i)))) for i in range(8)] == [True] * 4 + [False] * 4


def turns():
    """Many long requests of one client at one time: others are served in between."""
    greedy, dice, requests = Client(), random.Random(2), 40
    load = lambda count: struct.pack("<IIII", 1, 0, count, 0) + dice.randbytes(32 * count)
    greedy.line.settimeout(60)
    assert greedy.create(1, points=20000 + requests)[0] == CREATE | 0x80
    for _ in range(10):
        assert greedy.ask(MODEL, load(2000))[0] == MODEL | 0x80
    burst = b""
    for _ in range(requests):  # each state is another one
        for kind, payload in ((MODEL, load(1)), (SHOW, struct.pack("<IIQ", 1, STATE, 0))):
            greedy.number += 1
            burst += frame(kind, greedy.session, greedy.number, payload)
    greedy.line.sendall(burst)
    assert greedy.receive()[0] == MODEL | 0x80 and greedy.receive()[0] == SHOW | 0x80  # it has begun
    Client().create(1)
    greedy.data += greedy.line.recv(1 << 20, socket.MSG_DONTWAIT) if select.select([greedy.line], [], [], 0)[0] else b""
    answers = 2
    while True:
        found, greedy.data = next_frame(greedy.data, greedy.session)
        if not found:
            break
        answers += 1
    assert answers < requests, answers
    while answers < 2 * requests:  # and none is forgotten
        assert greedy.receive()[0] in (MODEL | 0x80, SHOW | 0x80)
        answers += 1


def twice():
    client = Client()
    client.create(1)
    first = client.ask(EVENT, event(1, record()), number=50)
    assert client.ask(EVENT, event(1, record()), number=50) == first and trusted(first)
    assert client.ask(EVENT, event(1, record(uid=1)), number=50)[0] == ERROR  # another request with that number
    client.number = 60
    assert client.status(1)[0] == 1
    client.number = 200
    assert client.status(1)[0] == 1
    client.send(EVENT, event(1, record()), number=51)  # far too old: no answer, not done
    assert client.status(1)[0] == 1


globals()[sys.argv[2]]()
