#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A receiver of findings and questions: writes what is posted to LOG, one line each: path, Authorization, and the body.
usage: receiver.py PORT LOG [CERTIFICATE.pem]
The path says how it answers: /ok, /fail (500), /moved (to /ok), /twice (503, then well), /silent (not at all),
/answer/WORD (to a question), /late/WORD (not to the first), /wrong/WORD (to another one)."""
import http.server
import json
import ssl
import sys
import time

port, log, *certificate = sys.argv[1:]
seen = set()


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{self.path} {self.headers.get('Authorization', '-').replace(' ', '_')} {body}\n")
        kind, _, word = self.path[1:].partition("/")
        if kind == "silent" or (kind == "late" and self.path not in seen):
            seen.add(self.path)
            time.sleep(3600)
        said = {"answer": {"answer": word}, "late": {"answer": word}, "wrong": {"question": 4711, "answer": word}}.get(kind)
        said = json.dumps(said).encode() if said else b""
        status = {"/fail": 500, "/moved": 302}.get(self.path, 200)
        if self.path == "/twice" and body not in seen:
            seen.add(body)
            status = 503
        self.send_response(status)
        self.send_header("Location", "/ok")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Receiver)
if certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[0])
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
