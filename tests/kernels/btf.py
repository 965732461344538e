# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The type information (BTF) of kernels, their modules and BPF objects, read from ELF files."""
import struct

(VOID, INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT, FUNC, FUNC_PROTO, VAR, DATASEC, FLOAT,
 DECL_TAG, TYPE_TAG, ENUM64) = range(20)
MODIFIERS = {TYPEDEF, VOLATILE, CONST, RESTRICT, TYPE_TAG}
TRAILING = {INT: (4, 0), ARRAY: (12, 0), STRUCT: (0, 12), UNION: (0, 12), ENUM: (0, 8), FUNC_PROTO: (0, 8), VAR: (4, 0),
	DATASEC: (0, 12), DECL_TAG: (4, 0), ENUM64: (0, 12)}


class Elf:
	"""The sections of a 64-bit little-endian ELF file."""

	def __init__(self, path):
		self.bytes = open(path, 'rb').read()
		if self.bytes[:6] != b'\x7fELF\x02\x01':
			raise ValueError(f'{path} is no 64-bit little-endian ELF file')
		at, = struct.unpack_from('<Q', self.bytes, 0x28)
		size, count, names = struct.unpack_from('<HHH', self.bytes, 0x3a)
		rows = [struct.unpack_from('<IIQQQQIIQQ', self.bytes, at + i * size) for i in range(count)]
		text = self.bytes[rows[names][4]:rows[names][4] + rows[names][5]]
		self.order = [(text[r[0]:text.index(b'\0', r[0])].decode(), r) for r in rows]
		self.sections = dict(self.order)

	def section(self, name):
		row = self.sections.get(name)
		return self.bytes[row[4]:row[4] + row[5]] if row else None


class Btf:
	"""Types by number. A module's continue those of its kernel."""

	def __init__(self, raw, base=None):
		magic, _, _, head, type_at, type_size, text_at, text_size = struct.unpack_from('<HBBIIIII', raw)
		if magic != 0xeb9f:
			raise ValueError('no BTF')
		self.base = base
		self.first = base.end if base else 0
		self.text_first = base.text_end if base else 0
		self.raw = raw[head + type_at:head + type_at + type_size]
		self.text = raw[head + text_at:head + text_at + text_size]
		self.text_end = self.text_first + text_size
		self.rows = [] if base else [(0, VOID, 0, 0, 0, 0)]
		self._read()
		self.end = self.first + len(self.rows)
		self.named = {}

	def _read(self):
		at, raw, rows, unpack = 0, self.raw, self.rows, struct.Struct('<III').unpack_from
		while at < len(raw):
			name, info, size = unpack(raw, at)
			kind, count = info >> 24 & 0x1f, info & 0xffff
			rows.append((name, kind, count, info >> 31, size, at + 12))
			fixed, each = TRAILING.get(kind, (0, 0))
			at += 12 + fixed + each * count

	def row(self, number):
		return self.base.row(number) if self.base and number < self.first else self.rows[number - self.first]

	def owner(self, number):
		return self.base.owner(number) if self.base and number < self.first else self

	def string(self, at):
		if self.base and at < self.text_first:
			return self.base.string(at)
		at -= self.text_first
		return self.text[at:self.text.index(b'\0', at)].decode()

	def name(self, number):
		return self.string(self.row(number)[0])

	def kind(self, number):
		return self.row(number)[1]

	def find(self, name, kinds):
		"""Numbers of the types of that name, only those of this file."""
		if not self.named:
			for i, row in enumerate(self.rows):
				self.named.setdefault(row[0], []).append(self.first + i)
		at = self.text.find(b'\0' + name.encode() + b'\0')
		found = self.named.get(at + 1 + self.text_first, []) if at >= 0 else []
		if self.base: # a name that the kernel has is not written again
			at = self.base.text.find(b'\0' + name.encode() + b'\0')
			found = found + (self.named.get(at + 1, []) if at >= 0 else [])
		return [i for i in found if self.kind(i) in kinds]

	def plain(self, number):
		while self.kind(number) in MODIFIERS:
			number = self.row(number)[4]
		return number

	def members(self, number):
		"""(name, type, offset in bits) of a struct or union, (name, value) of an enum, (name, type) of a function's."""
		owner = self.owner(number)
		_, kind, count, flag, _, at = owner.row(number)
		if kind in (STRUCT, UNION):
			for name, kind_of, offset in struct.iter_unpack('<III', owner.raw[at:at + 12 * count]):
				yield owner.string(name), kind_of, offset & 0xffffff if flag else offset
		elif kind == ENUM:
			for name, value in struct.iter_unpack('<Ii', owner.raw[at:at + 8 * count]):
				yield owner.string(name), value
		elif kind == ENUM64:
			for name, low, high in struct.iter_unpack('<III', owner.raw[at:at + 12 * count]):
				yield owner.string(name), low | high << 32
		elif kind == FUNC_PROTO:
			for name, kind_of in struct.iter_unpack('<II', owner.raw[at:at + 8 * count]):
				yield owner.string(name), kind_of

	def array(self, number):
		"""(type, count) of an array."""
		owner = self.owner(number)
		element, _, count = struct.unpack_from('<III', owner.raw, owner.row(number)[5])
		return element, count

	def datasec(self, name):
		"""The variables and functions in a section of an object."""
		for number in self.find(name, {DATASEC}):
			_, _, count, _, _, at = self.row(number)
			for kind_of, _, _ in struct.iter_unpack('<III', self.raw[at:at + 12 * count]):
				yield kind_of

	def written(self, number):
		"""The type as in C, without what says nothing of its form."""
		if number == 0:
			return 'void'
		kind = self.kind(number)
		if kind == PTR:
			return self.written(self.row(number)[4]) + ' *'
		if kind in MODIFIERS - {TYPEDEF}:
			return self.written(self.row(number)[4])
		if kind == ARRAY:
			element, count = self.array(number)
			return f'{self.written(element)}[{count}]'
		if kind == FUNC_PROTO:
			return 'function'
		prefix = {STRUCT: 'struct ', UNION: 'union ', ENUM: 'enum ', ENUM64: 'enum ', FWD: 'struct '}.get(kind, '')
		return prefix + (self.name(number) or 'without name')

	def prototype(self, number):
		"""Of a FUNC, or of the FUNC_PROTO behind a pointer. Whether an argument may be NULL is in its name."""
		while self.kind(number) != FUNC_PROTO:
			number = self.row(number)[4]
		arguments = [self.written(t) + (' __nullable' if n.endswith('__nullable') else '') for n, t in self.members(number)]
		return f'{self.written(self.row(number)[4])}({", ".join(arguments)})'
