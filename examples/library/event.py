#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""event.py FILE: each event of a model's trajectory as a sentence; the library is called by ctypes."""

import ctypes
import sys

tsem = ctypes.CDLL("libtsem.so.1")


class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("text", ctypes.c_char * 1024)]


class Buffer(ctypes.Structure):
    _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_size_t), ("capacity", ctypes.c_size_t),
                ("failed", ctypes.c_bool)]


def sentence(line):
    """What an event does; its line of JSON is as `tsem export` writes it and a model file holds it."""
    record, buffer, error = ctypes.c_void_p(), Buffer(), Error()
    if tsem.tsem_record_from_json(line, ctypes.c_size_t(len(line)), ctypes.byref(record), ctypes.byref(error)):
        raise ValueError(error.text.decode())
    tsem.tsem_record_describe(record, ctypes.byref(buffer))
    text = buffer.data.decode()
    tsem.tsem_buffer_deinit(ctypes.byref(buffer))
    ctypes.CDLL(None).free(record)
    return text


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: event.py FILE")
    with open(sys.argv[1], "rb") as file:
        for line in file:
            at = line.find(b"{")
            if at >= 0:
                print(sentence(line[at:].rstrip(b"\n")))


main()
