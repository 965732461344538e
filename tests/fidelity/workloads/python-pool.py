# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""pool.py NUMBERS DIRECTORY: sums up the numbers of a file by a pool of processes, in several ways at once."""
import json
import multiprocessing
import os
import sys
import tempfile
from multiprocessing import managers, shared_memory

WORKERS = 3


def work(chunk, results, lock, queue, name, directory):
    total = sum(chunk)
    memory = shared_memory.SharedMemory(name=name)
    with lock:
        memory.buf[:8] = (int.from_bytes(memory.buf[:8], "little") + total).to_bytes(8, "little")
        results["sum"] = results.get("sum", 0) + total
    memory.close()
    queue.put(total)
    with tempfile.NamedTemporaryFile("w", prefix="part-") as part:
        part.write(f"{total}\n")
        part.flush()
        with open(part.name) as again:
            written = int(again.read()) == total
    return written


def main():
    context = multiprocessing.get_context("spawn")
    with open(sys.argv[1]) as file:
        numbers = [int(line) for line in file]
    with open("orders.py") as file:
        exec(file.read())
    memory = shared_memory.SharedMemory(create=True, size=4096)
    with context.Manager() as manager, context.Pool(WORKERS) as pool:
        results, lock, queue = manager.dict(), manager.Lock(), manager.Queue()
        chunks = [numbers[at:at + 500] for at in range(0, len(numbers), 500)]
        written = pool.starmap(work, [(chunk, results, lock, queue, memory.name, sys.argv[2]) for chunk in chunks], 1)
        print(json.dumps({"sum": results["sum"], "chunks": len(chunks), "shared": int.from_bytes(memory.buf[:8], "little"),
                          "queued": queue.qsize(), "written": sum(written)}))
        pool.close()
        pool.join()
    memory.close()
    memory.unlink()


if __name__ == "__main__":
    main()
