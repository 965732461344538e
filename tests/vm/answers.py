#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A front end of tsem run --ask: answers.py SESSION LOG THERE [WORD=ANSWER...] [wait] [slow].

Waits for the session, makes the file THERE when it is connected, writes each line that it gets to LOG, and answers each
question with the ANSWER of the first WORD that is in its text, else with deny; with wait, not at all; with slow, after two
seconds. Ends with the session.
"""
import json
import socket
import sys
import time

session, log, there = sys.argv[1:4]
rules = [word.split("=", 1) for word in sys.argv[4:] if "=" in word]
waits, slow = "wait" in sys.argv[4:], "slow" in sys.argv[4:]

front = socket.socket(socket.AF_UNIX)
while front.connect_ex(f"/run/tsem/sessions/{session}/ask"):
    time.sleep(0.05)
with open(there, "w", encoding="utf-8"), open(log, "w", encoding="utf-8", buffering=1) as file:
    for line in front.makefile():
        file.write(line)
        question = json.loads(line)
        if "question" in question and not waits:
            time.sleep(2 if slow else 0)
            answer = next((answer for word, answer in rules if word in question["text"]), "deny")
            front.sendall((json.dumps({"question": question["question"], "answer": answer}) + "\n").encode())
