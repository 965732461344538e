#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Prints a checksum of what the programs of an object do.

usage: programs.py OBJECT
SHA-256 of the code, of the constants, and of what the code refers to by name. Lines and comments of the sources, names
of files and types and the sizes of maps are no part of it, so that a result stays one of the same programs.
"""
import hashlib
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from btf import Elf

PROGBITS, REL = 1, 9
ALLOC = 2
SECTION = 3 # kind of a symbol that stands for its section


def symbols(elf):
	"""The name of each symbol, by its number."""
	text = elf.section('.strtab')
	for name, info, _, section, _, _ in struct.iter_unpack('<IBBHQQ', elf.section('.symtab')):
		if info & 15 == SECTION:
			yield elf.order[section][0].encode()
		else:
			yield text[name:text.index(b'\0', name)]


def parts(elf):
	"""Sections that are loaded, and the places in them that are filled in: bytes."""
	names = list(symbols(elf))
	for name, row in elf.order:
		if row[1] == PROGBITS and row[2] & ALLOC:
			yield name.encode()
			yield elf.section(name)
		elif row[1] == REL and elf.order[row[7]][1][2] & ALLOC:
			for at, info in struct.iter_unpack('<QQ', elf.section(name)):
				yield struct.pack('<QI', at, info & 0xffffffff)
				yield names[info >> 32]


def main():
	if len(sys.argv) != 2:
		sys.exit(__doc__)
	made = hashlib.sha256()
	for part in parts(Elf(sys.argv[1])):
		made.update(struct.pack('<Q', len(part)) + part)
	print(made.hexdigest())


main()
