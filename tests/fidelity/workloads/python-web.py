#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""app.py DATABASE PORT: notes over HTTP on 127.0.0.1; /plugin runs orders.py, which is empty."""
import ctypes
import http.server
import json
import os
import signal
import sqlite3
import socket
import struct
import sys
import urllib.parse


class Uname(ctypes.Structure):
    _fields_ = [(name, ctypes.c_char * 65) for name in ("sysname", "node", "release", "version", "machine", "domain")]


class Notes(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def answer(self, text, status=200):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()

    def number(self):
        return int(urllib.parse.urlparse(self.path).path.rsplit("/", 1)[1])

    def do_GET(self):
        if self.path == "/notes":
            self.answer(json.dumps(database.execute("SELECT * FROM notes ORDER BY number").fetchall()))
        elif self.path == "/system":
            uname = Uname()
            ctypes.CDLL(None).uname(ctypes.byref(uname))
            self.answer(uname.sysname.decode())
        elif self.path == "/plugin":
            with open("orders.py") as plugin:
                exec(plugin.read(), {"__name__": "plugin", "answer": self.answer})
            self.answer("")
        else:
            row = database.execute("SELECT text FROM notes WHERE number = ?", [self.number()]).fetchone()
            self.answer(*((row[0],) if row else ("no such note", 404)))

    def do_POST(self):
        with database:
            self.answer(str(database.execute("INSERT INTO notes (text) VALUES (?)", [self.body()]).lastrowid))

    def do_PUT(self):
        with database:
            database.execute("UPDATE notes SET text = ? WHERE number = ?", [self.body(), self.number()])
        self.answer("changed")

    def do_DELETE(self):
        with database:
            database.execute("DELETE FROM notes WHERE number = ?", [self.number()])
        self.answer("deleted")


def end(*_):
    raise SystemExit(0)


signal.signal(signal.SIGTERM, end)
database = sqlite3.connect(sys.argv[1])
database.execute("CREATE TABLE notes (number INTEGER PRIMARY KEY, text TEXT)")
http.server.HTTPServer(("127.0.0.1", int(sys.argv[2])), Notes).serve_forever()
