#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A registry that has what a layout has, and behaves as the first part of a repository's name says: /v2/KIND/web/...

usage: registry.py PORT_FILE LAYOUT [CERTIFICATE KEY]
It listens at a port that the kernel chooses, and then writes its number to PORT_FILE.
"""

import base64
import hashlib
import http.server
import json
import os
import ssl
import sys
import time

LAYOUT = sys.argv[2]
INDEX = "application/vnd.oci.image.index.v1+json"
ARTIFACT = "application/vnd.tsem.model.v1"
SECRET = base64.b64encode(b"me:secret").decode()
written = {}  # what was sent to it: by kind, and digest or tag


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def blob(digest):
    with open(os.path.join(LAYOUT, "blobs", digest.replace(":", "/")), "rb") as file:
        return file.read()


def entries():
    with open(os.path.join(LAYOUT, "index.json"), encoding="utf-8") as file:
        return json.load(file)["manifests"]


def tagged(tag):
    for entry in entries():
        if entry.get("annotations", {}).get("org.opencontainers.image.ref.name") == tag:
            return entry["digest"]
    return None


def index_of(manifests):
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, content=b"", kind="application/octet-stream", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", headers.pop("length", str(len(content))))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def allowed(self, kind):
        """Whether it may have it: a token only for the name and the password, or these themselves."""
        said = self.headers.get("Authorization")
        if kind in ("basic", "leads"):
            challenge, wanted = 'Basic realm="here"', "Basic " + SECRET
        elif kind in ("token", "away", "refused"):
            realm = "http://token.invalid/token" if kind == "away" else f"http://{self.headers['Host']}/token"
            challenge, wanted = f'Bearer realm="{realm}",service="test",scope="repository:{kind}/web:pull"', "Bearer abc.def"
        else:
            if said:
                self.answer(500)
            return not said
        if said == wanted and kind != "refused":
            return True
        self.answer(401, WWW_Authenticate=challenge)
        return False

    def do_GET(self):
        if self.path.startswith("/token?"):
            good = self.headers.get("Authorization") == "Basic " + SECRET and "service=test&scope=repository:" in self.path
            return self.answer(200 if good else 401, b'{"token":"abc.def"}')
        if self.path.startswith("/else/"):
            return self.answer(200 if not self.headers.get("Authorization") else 500, blob(self.path[6:]))
        _, _, kind, _, what, name = self.path.split("/", 5)
        if kind == "silent":
            return time.sleep(30)
        if not self.allowed(kind):
            return None
        return getattr(self, what)(kind, name)

    do_HEAD = do_GET

    def manifests(self, kind, name):
        if kind == "broken":
            return self.answer(500)
        if kind == "page":
            return self.answer(200, b"<html>", "text/html")
        if kind == "huge":
            return self.answer(200, b" " * (5 << 20))
        if kind == "moved":
            return self.answer(307, Location=f"http://127.0.0.1:{PORT}/v2/plain/web/manifests/{name}")
        if (kind, name) in written:
            return self.answer(200, written[kind, name], INDEX)
        if kind == "nested" and not name.startswith("sha256"):
            inner = index_of([])
            written[kind, digest_of(inner)] = inner
            platform = {"os": "linux", "architecture": "nested"}
            return self.answer(200, index_of([{"mediaType": INDEX, "digest": digest_of(inner), "size": len(inner), "platform": platform}]))
        if kind == "many" and name.startswith("sha256-"):
            return self.answer(200, index_of([{"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 9, "artifactType": ARTIFACT,
                                               "digest": digest_of(b"%d" % number)} for number in range(65)]))
        if name.startswith("sha256-") and kind in ("api", "pages", "astray", "endless"):
            return self.answer(500)
        digest = name if name.startswith("sha256:") else tagged(name)
        if not digest:
            return self.answer(404)
        content = blob(digest)
        return self.answer(200, content, json.loads(content)["mediaType"])

    def referrers(self, kind, name):
        if kind not in ("api", "pages", "astray", "endless"):
            return self.answer(404)
        image, _, page = name.partition("?page=")
        listed = json.loads(blob(tagged(image.replace(":", "-"))))["manifests"] if not (kind == "pages" and not page) else []
        next_page = {"pages": f"/v2/{kind}/web/referrers/{image}?page=2" if not page else None,
                     "astray": "http://127.0.0.2:1/?X-Signature=secret", "endless": f"/v2/{kind}/web/referrers/{image}?page=2"}.get(kind)
        if next_page:
            return self.answer(200, index_of(listed), INDEX, Link=f'<{next_page}>; rel="next"')
        return self.answer(200, index_of(listed), INDEX)

    def blobs(self, kind, name):
        if (kind, name) in written or self.command == "HEAD":
            return self.answer(200 if (kind, name) in written else 404, written.get((kind, name), b""))
        content = blob(name)
        if kind == "elsewhere":
            return self.answer(307, Location=f"http://127.0.0.2:{PORT}/else/{name}")
        if kind == "leads":
            return self.answer(307, Location=f"https://127.0.0.1:{PORT}/else/{name}")
        if kind == "near":
            return self.answer(307, Location=f"http://127.0.0.1:{PORT}/else/{name}")
        if kind == "around":
            return self.answer(307, Location=self.path)
        if kind == "changed":
            content = content.replace(b"A", b"B", 1)
        if kind == "endlessly":
            content += b" " * (2 << 20)
        if kind == "shorter":
            content = content[:-1]
        self.close_connection = kind == "cut"
        if kind == "cut":
            return self.answer(200, content[:100], length=str(len(content)))
        return self.answer(200, content)

    def do_POST(self):
        kind = self.path.split("/")[2]
        where = "http://127.0.0.2:1/" if kind == "upload" else self.path + "1"
        self.answer(202, Location=where)

    def do_PUT(self):
        kind, name = self.path.split("/")[2], self.path.rpartition("digest=")[2].rpartition("/")[2]
        written[kind, name] = content = self.rfile.read(int(self.headers["Content-Length"]))
        if kind == "full":
            return self.answer(507)
        if "/blobs/" not in self.path and kind == "api" and b'"subject"' in content:
            return self.answer(201, OCI_Subject=json.loads(content)["subject"]["digest"])
        return self.answer(201)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
PORT = server.server_address[1]
server.daemon_threads = True
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(sys.argv[1], "w", encoding="utf-8") as file:
    print(PORT, file=file)
server.serve_forever()
