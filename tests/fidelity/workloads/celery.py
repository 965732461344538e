#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The tasks of a worker; as a program, what asks for them: jobs.py [first] [obeyed] [used]."""
import os
import subprocess
import sys
import tempfile
import time

from celery import Celery, chain, group

app = Celery("jobs", broker="redis://127.0.0.1:6390/0", backend="redis://127.0.0.1:6390/1")
app.conf.update(
    broker_connection_retry_on_startup=True, task_acks_late=True, worker_prefetch_multiplier=1, worker_send_task_events=False,
    beat_schedule={"tick": {"task": "jobs.tick", "schedule": 2}}, result_expires=600)


@app.task
def add(a, b):
    return a + b


@app.task
def fail():
    raise ValueError("asked for")


@app.task(bind=True, max_retries=5, default_retry_delay=0)
def again(self):
    if self.request.retries < 3:
        raise self.retry(countdown=0)
    return self.request.retries


@app.task
def write(count):
    with tempfile.NamedTemporaryFile("w", prefix="job-", dir="run") as file:
        file.writelines(f"{number}\n" for number in range(count))
        file.flush()
        with open(file.name) as written:
            return sum(1 for line in written)


@app.task
def child():
    return subprocess.run(["uname", "-s"], capture_output=True, text=True, check=True).stdout.strip()


@app.task
def tick():
    with open("run/ticks", "a") as ticks:
        ticks.write("tick\n")


@app.task
def obey():
    said = []
    with open("orders.py") as orders:
        exec(orders.read(), {"answer": said.append})
    return "".join(said)


WAIT = {"timeout": 120}


def first():
    return f"first {add.delay(1, 2).get(**WAIT)}"


def obeyed():
    return obey.delay().get(**WAIT)


def used():
    chained = chain(add.s(4, 6), add.s(10))().get(**WAIT)
    grouped = sum(group(add.s(n * n, 0) for n in range(10))().get(**WAIT))
    try:
        fail.delay().get(**WAIT)
    except ValueError as error:
        failed = type(error).__name__
    retried = again.delay().get(**WAIT)
    app.control.pool_grow(1)
    written = write.delay(5000).get(**WAIT)
    ran = child.delay().get(**WAIT)
    app.control.pool_shrink(1)
    while not os.path.exists("run/ticks"):
        time.sleep(0.2)
    return f"chain {chained} group {grouped} failed {failed} retried {retried} file {written} child {ran} ticked"


# One process asks for all of it: on an emulated machine it takes long to start one.
if __name__ == "__main__":
    print(" ".join(filter(None, (globals()[word]() for word in sys.argv[1:]))))
