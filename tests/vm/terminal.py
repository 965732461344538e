#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Somebody at a terminal: terminal.py CMD... <STEPS. Ends with the status of CMD, or 99 and what was on the screen.

One step a line; escapes as in Python:
  send TEXT            types it
  expect TEXT          waits until it is on the screen, behind what was expected before
  absent TEXT          it is not on the screen behind what was expected before
  size ROWS COLUMNS    of the terminal
  stall                reads nothing of what is written to the screen from here on, until the last step
  wait_for FILE        until it exists
  hangup               the terminal goes away, and that is the end
  sleep SECONDS
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

PATIENCE = 60


class Screen:
    def __init__(self, words):
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.execvp(words[0], words)
        self.text, self.at, self.over = b"", 0, False
        self.stalled = False

    def read(self, patience):
        if self.stalled:
            time.sleep(patience)
            return
        if not self.over and select.select([self.fd], [], [], patience)[0]:
            try:
                more = os.read(self.fd, 65536)
            except OSError:
                more = b""
            self.over = not more
            self.text += more
        elif self.over:
            time.sleep(0.01)

    def fail(self, why):
        print(f"terminal: {why}\nthe screen:\n{self.text.decode(errors='replace')}")
        os.kill(self.pid, signal.SIGKILL)
        sys.exit(99)

    def expect(self, text):
        end = time.monotonic() + PATIENCE
        while (found := self.text.find(text, self.at)) < 0:
            if time.monotonic() > end or self.over:
                self.fail(f"there is no {text!r}")
            self.read(0.1)
        self.at = found + len(text)

    def step(self, word, rest):
        text = rest.encode().decode("unicode_escape").encode("latin-1")
        if word == "send":
            os.write(self.fd, text)
        elif word == "expect":
            self.expect(text)
        elif word == "absent":
            self.read(0.1)
            if self.text.find(text, self.at) >= 0:
                self.fail(f"there is {text!r}")
        elif word == "size":
            rows, columns = map(int, rest.split())
            fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        elif word == "stall":
            self.stalled = True
        elif word == "wait_for":
            end = time.monotonic() + PATIENCE
            while not os.path.exists(rest):
                if time.monotonic() > end:
                    self.fail(f"there is no file {rest}")
                self.read(0.05)
        elif word == "hangup":
            os.close(self.fd)
            os.waitpid(self.pid, 0)
            sys.exit(0)
        elif word == "sleep":
            end = time.monotonic() + float(rest)
            while time.monotonic() < end:
                self.read(0.05)
        else:
            self.fail(f"what is {word}?")

    def end(self):
        self.stalled = False
        end = time.monotonic() + PATIENCE
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > end:
                self.fail("it does not end")
            self.read(0.05)
        while not self.over and select.select([self.fd], [], [], 0)[0]:
            self.read(0)
        return os.waitstatus_to_exitcode(status)


def main():
    screen = Screen(sys.argv[1:])
    for line in sys.stdin:
        if line.strip():
            word, _, rest = line.rstrip("\n").partition(" ")
            screen.step(word, rest)
    status = screen.end()
    sys.stdout.write(screen.text.decode(errors="replace"))
    sys.exit(status if status >= 0 else 128 - status)


main()
