#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""An agent of evil_tma.py that is honest until it gets SIGUSR1.
usage: turning_tma.py SOCKET FAULT    serves one client"""
import signal, sys

from evil_tma import Evil
from simple_tma import EVENT, frame, listen


class Turning(Evil):
    turned = False

    def send(self, line, kind, session, sequence, payload):
        if kind == EVENT | 0x80 and not Turning.turned:
            self.first = payload  # what "earlier" says again
            line.sendall(frame(kind, session, sequence, payload))
        else:
            super().send(line, kind, session, sequence, payload)


def turn(number, stack):
    Turning.turned = True


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, turn)
    client, _ = listen(sys.argv[1]).accept()
    try:
        Turning(sys.argv[2]).serve(client)
    except (BrokenPipeError, ConnectionResetError):
        pass
