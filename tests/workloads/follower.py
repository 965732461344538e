#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Traces the process PID and all that it starts from then on: follower.py PID. Prints "attached", and goes on until PID has ended."""
import ctypes
import os
import sys

SEIZE, CONT = 0x4206, 7
FORKS_AND_EXECS = 2 | 4 | 8 | 0x10
ANY = 0x40000000
ptrace = ctypes.CDLL(None, use_errno=True).ptrace
ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
ptrace.restype = ctypes.c_long

pid = int(sys.argv[1])
if ptrace(SEIZE, pid, None, FORKS_AND_EXECS):
    sys.exit("cannot attach: " + os.strerror(ctypes.get_errno()))
print("attached", flush=True)
while True:
    who, status = os.waitpid(-1, ANY)
    if os.WIFSTOPPED(status):
        signal = os.WSTOPSIG(status)
        ptrace(CONT, who, None, 0 if status >> 16 or signal in (5, 19) else signal)
    elif who == pid:
        break
