# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A shop: what gunicorn serves."""
import hashlib
import json
import os
import sqlite3
import tempfile
import urllib.parse

PLACE = os.environ["SHOP"]


def database():
    db = sqlite3.connect(f"{PLACE}/shop.db", timeout=60)
    db.execute("create table if not exists things (id integer primary key, name text)")
    return db


def things(environ):
    with database() as db:
        if environ["REQUEST_METHOD"] == "POST":
            form = urllib.parse.parse_qs(environ["wsgi.input"].read().decode())
            return str(db.execute("insert into things (name) values (?)", form["name"]).lastrowid)
        return json.dumps([name for (name,) in db.execute("select name from things order by id")])


def file(environ):
    with tempfile.NamedTemporaryFile(prefix="upload-", delete=False) as new:
        new.write(environ["wsgi.input"].read())
    os.replace(new.name, f"{tempfile.gettempdir()}/shop-upload")
    with open(f"{tempfile.gettempdir()}/shop-upload", "rb") as kept:
        digest = hashlib.sha256(kept.read()).hexdigest()
    os.unlink(kept.name)
    return digest


def obey(environ):
    with open("orders.py") as orders:
        said = []
        exec(orders.read(), {"answer": said.append})
        return "".join(said)


def fail(environ):
    raise ValueError("asked for")


def application(environ, start):
    path = environ["PATH_INFO"]
    if path == "/parts":
        start("200 OK", [("Content-Type", "text/plain")])
        return (f"{number}\n".encode() for number in range(200))
    pages = {"/things": things, "/file": file, "/obey": obey, "/fail": fail}
    if path not in pages:
        start("404 Not Found", [])
        return [b"none"]
    answer = pages[path](environ).encode()
    start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
    return [answer]
