#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Compares, without booting, what the programs use of a kernel with what each kernel of the list has.

usage: check.py [--accept | --missing] OBJECT VERSION=DIRECTORY...
The directory is one of the micro-VM's cache: vmlinux, modules/. Each is compared with the one before.
Status 1: something is missing, or a kernel changes what tests/kernels/changes.txt does not name; --accept writes it,
--missing leaves it unread, for some of the kernels only. What a kernel means by what it has
cannot be seen so: make test-kernels boots them.
"""
import os
import re
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from btf import (ARRAY, DATASEC, ENUM, ENUM64, FUNC, FWD, INT, PTR, STRUCT, TYPEDEF, UNION, VAR, Btf, Elf)

CHANGES = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'changes.txt')
FIELD_EXISTS, TYPE_EXISTS, VALUE_EXISTS, VALUE = 2, 8, 10, 11
FIELDS = range(0, 6)
TYPES = (7, 8, 9, 12)
COMPOSITE = {STRUCT, UNION}
ENUMS = {ENUM, ENUM64}
CALL = 0x85


def plain_name(name):
	"""Without the flavour: super_block of super_block___pointers."""
	return re.sub(r'___.*', '', name)


class Uses:
	"""What an object needs: each a key, and how it says that it can do without."""

	def __init__(self, path):
		self.elf = Elf(path)
		self.btf = Btf(self.elf.section('.BTF'))
		self.hooks, self.helpers = set(), set()
		self.read = set() # structs that are read by looking up where their fields are
		self.fields, self.asked, self.types, self.values = {}, set(), set(), {}
		self._programs()
		self._relocations()
		self.functions, self.symbols = set(), set()
		for number in self.btf.datasec('.ksyms'):
			(self.functions if self.btf.kind(number) == FUNC else self.symbols).add(self.btf.name(number))
		self.weak = self._weak()
		self.maps = set(self._maps())

	def _programs(self):
		for name, row in self.elf.order:
			if row[1] != 1 or not row[2] & 4: # PROGBITS, executable
				continue
			if name != '.text':
				self.hooks.add(name)
			code = self.elf.section(name)
			for at in range(0, len(code), 8):
				opcode, registers, _, value = struct.unpack_from('<BBhi', code, at)
				if opcode == CALL and registers >> 4 == 0:
					self.helpers.add(value)

	def _weak(self):
		text, table, weak = self.elf.section('.strtab'), self.elf.section('.symtab'), set()
		for name, info, _, section, _, _ in struct.iter_unpack('<IBBHQQ', table):
			if section == 0 and info >> 4 == 2:
				weak.add(text[name:text.index(b'\0', name)].decode())
		return weak

	def _maps(self):
		for number in self.btf.datasec('.maps'):
			definition = self.btf.plain(self.btf.row(number)[4])
			for name, kind, _ in self.btf.members(definition):
				if name == 'type':
					yield self.btf.array(self.btf.row(kind)[4])[1]

	def _relocations(self):
		raw = self.elf.section('.BTF.ext')
		head, = struct.unpack_from('<I', raw, 4)
		at, size = struct.unpack_from('<II', raw, 24)
		at += head
		end = at + size
		record, = struct.unpack_from('<I', raw, at)
		at += 4
		while at < end:
			_, count = struct.unpack_from('<II', raw, at)
			at += 8
			for _ in range(count):
				_, kind_of, access, kind = struct.unpack_from('<IIII', raw, at)
				self._take(kind_of, self.btf.string(access), kind)
				at += record

	def _take(self, number, access, kind):
		name = self.btf.name(number)
		if kind in FIELDS:
			path, last = self._path(number, [int(x) for x in access.split(':')])
			if path:
				self.fields[name, path] = (number, last)
				if kind == FIELD_EXISTS:
					self.asked.add((plain_name(name), path))
		elif kind in (VALUE_EXISTS, VALUE):
			value = list(self.btf.members(self.btf.plain(number)))[int(access)][0]
			self.values[plain_name(name), plain_name(value)] = True
			if kind == VALUE_EXISTS:
				self.asked.add((plain_name(name), (plain_name(value),)))
		elif kind in TYPES:
			self.types.add(name)
			if kind == TYPE_EXISTS:
				self.asked.add((plain_name(name), ()))

	def _path(self, number, access):
		"""The names on the way, without those of unnamed structs, and the type of the last."""
		path, number = [], self.btf.plain(number)
		self.read.add(number)
		for index in access[1:]:
			if self.btf.kind(number) == ARRAY:
				number = self.btf.plain(self.btf.array(number)[0])
				continue
			name, kind, _ = list(self.btf.members(number))[index]
			if name:
				path.append(name)
			number = self.btf.plain(kind)
			self.read.add(number)
		return tuple(path), number


class Kernel:
	"""What a kernel has."""

	def __init__(self, version, directory):
		self.version = version
		image = Elf(os.path.join(directory, 'vmlinux'))
		self.main = Btf(image.section('.BTF'))
		self.all = [self.main]
		modules = os.path.join(directory, 'modules')
		for name in sorted(os.listdir(modules)):
			raw = Elf(os.path.join(modules, name)).section('.BTF')
			if raw:
				self.all.append(Btf(raw, self.main))

	def types(self, name, kinds):
		for btf in self.all:
			for number in btf.find(name, kinds):
				yield btf, number

	def function(self, name):
		for btf, number in self.types(name, {FUNC}):
			return btf.prototype(number)
		return None

	def hook(self, section):
		kind, _, name = section.lstrip('?').partition('/')
		if kind in ('lsm', 'lsm.s'):
			return self.function('bpf_lsm_' + name)
		if kind in ('fentry', 'fexit', 'fentry.s', 'fexit.s'):
			return self.function(name)
		if kind == 'tp_btf':
			for btf, number in self.types('btf_trace_' + name, {TYPEDEF}):
				return btf.prototype(number)
			return None
		return 'not looked at'

	def value(self, enum, name):
		for btf, number in self.types(enum, ENUMS):
			for each, value in btf.members(number):
				if each == name:
					return value
		return None


def find_member(btf, number, name, depth=0):
	"""The type of the member, also of one in an unnamed struct."""
	for each, kind, _ in btf.members(number):
		if each == name:
			return kind
		if not each and depth < 8 and btf.kind(btf.plain(kind)) in COMPOSITE:
			found = find_member(btf, btf.plain(kind), name, depth + 1)
			if found is not None:
				return found
	return None


def form(btf, number):
	"""What a program that reads the type depends on."""
	number = btf.plain(number)
	kind = btf.kind(number)
	if kind == ARRAY:
		return 'array of ' + form(btf, btf.array(number)[0])
	if kind == PTR:
		return 'pointer'
	if kind in (INT, *ENUMS):
		return f'number of {btf.row(number)[4]} bytes'
	return 'struct' if kind in (*COMPOSITE, FWD) else 'function'


def field(kernel, struct_name, path):
	"""The form of the field in this kernel, None when it has none. A type that modules have too is there once for each."""
	for btf, number in kernel.types(plain_name(struct_name), {*COMPOSITE, TYPEDEF}):
		at = number
		for name in path:
			at = btf.plain(at)
			while btf.kind(at) == ARRAY:
				at = btf.plain(btf.array(at)[0])
			at = find_member(btf, at, name) if btf.kind(at) in COMPOSITE else None
			if at is None:
				break
		if at is not None:
			return form(btf, at)
	return None


def look(uses, kernel):
	"""What there is of each thing that is used: {name: form, or None when it is missing}."""
	found = {}
	for section in uses.hooks:
		found[f'hook {section.partition("/")[2]}'] = kernel.hook(section)
	for name in uses.functions:
		found[f'function {name}'] = kernel.function(name)
	for (name, path) in uses.fields:
		found[f'field {plain_name(name)}.{".".join(path)}'] = field(kernel, name, path)
	for name in uses.types:
		found[f'type {plain_name(name)}'] = next(('there' for _ in kernel.types(plain_name(name), {*COMPOSITE, *ENUMS, TYPEDEF, FWD, INT})), None)
	for enum, name in uses.values:
		value = kernel.value(enum, name)
		found[f'value {enum}.{name}'] = None if value is None else 'there'
	numbers = {}
	for btf, number in kernel.types('bpf_func_id', ENUMS):
		numbers = {value: name for name, value in btf.members(number)}
	for helper in uses.helpers:
		found[f'helper {helper}'] = numbers.get(helper)
	for btf, number in kernel.types('bpf_map_type', ENUMS):
		numbers = {value: name for name, value in btf.members(number)}
	for kind in uses.maps:
		found[f'map type {kind}'] = numbers.get(kind)
	found.update(constants(uses, kernel))
	found.update(wholes(uses, kernel))
	return found


def constants(uses, kernel):
	"""Enums whose values are compiled in."""
	for number, row in enumerate(uses.btf.rows):
		name = uses.btf.string(row[0])
		if row[1] not in ENUMS or not name or '___' in name:
			continue
		for each, value in uses.btf.members(number):
			if each.startswith('__MAX'):
				continue
			there = kernel.value(name, each)
			if there is not None or next(iter(kernel.types(name, ENUMS)), None):
				yield f'value {name}.{each}', None if there is None else str(there)


def wholes(uses, kernel):
	"""Structs of the kernel's that are read as they were compiled, without looking up where their fields are."""
	for number, row in enumerate(uses.btf.rows):
		name = uses.btf.string(row[0])
		if row[1] not in COMPOSITE or not name or number in uses.read or '___' in name or not row[2]:
			continue
		for btf, there in kernel.types(name, COMPOSITE):
			layout = {each: offset for each, _, offset in btf.members(there)}
			wanted = {each: offset for each, _, offset in uses.btf.members(number)}
			other = [f'{each} at bit {layout.get(each)}' for each in wanted if layout.get(each) != wanted[each]]
			yield f'struct {name}', ', '.join(other) or 'as compiled'
			break


def can_do_without(uses, name, found):
	"""The programs ask whether it is there, or have found another form of the same member."""
	kind, _, rest = name.partition(' ')
	if kind == 'function':
		return rest in uses.weak
	if kind in ('field', 'value'):
		struct_name, _, path = rest.partition('.')
		path = tuple(path.split('.'))
		if any((struct_name, path[:i]) in uses.asked for i in range(len(path) + 1)):
			return True
		return any(other == struct_name and each[:1] == path[:1] and found.get(f'field {other}.{".".join(each)}')
			for other, each in uses.asked)
	return kind == 'type' and (rest, ()) in uses.asked


def changes_of(before, version, found):
	"""Lines: what is new in this kernel."""
	for name in sorted(found):
		if found[name] != before.get(name):
			yield f'{version} {name}: {found[name] or "missing"}, was {before.get(name) or "missing"}'


def report_missing(uses, version, found):
	missing = [n for n in sorted(found) if found[n] is None and not can_do_without(uses, n, found)]
	for name in missing:
		print(f'{version}: {name} is missing')
	return missing


def main():
	options = [w for w in sys.argv[1:] if w in ('--accept', '--missing')]
	words = [w for w in sys.argv[1:] if w not in options]
	if len(words) < 2 or any('=' not in w for w in words[1:]):
		sys.exit(__doc__)
	uses = Uses(words[0])
	before, lines, failed = None, [], False
	for word in words[1:]:
		version, _, directory = word.partition('=')
		found = look(uses, Kernel(version, directory))
		missing = report_missing(uses, version, found)
		changes = list(changes_of(before or found, version, found))
		before = found
		lines += changes
		failed |= bool(missing)
		print(f'{version}: {len(found)} things that the programs use, {len(changes)} changed, {len(missing)} missing')
	for name in sorted(uses.symbols):
		print(f'not looked at: the address of {name}')
	return failed if '--missing' in options else judge(lines, failed, '--accept' in options)


def judge(lines, failed, accept):
	if accept:
		open(CHANGES, 'w').write(''.join(line + '\n' for line in lines))
		return failed
	known = open(CHANGES).read().splitlines()
	for line in lines:
		if line not in known:
			print(f'not in changes.txt: {line}')
	for line in known:
		if line not in lines:
			print(f'only in changes.txt: {line}')
	return failed or lines != known


if __name__ == '__main__':
	sys.exit(1 if main() else 0)
