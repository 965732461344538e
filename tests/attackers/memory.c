/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Code of one's own in memory that was looked at when it held other code. */
#include "pinned.h"

#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/personality.h>
#include <sys/shm.h>

#define MEMORY "/dev/shm/tsem-attackers"

static void memory_setup(void)
{
	code_file(MEMORY);
}

static void disk_setup(void)
{
	code_file("code");
}

static void memory_undo(void)
{
	unlink(MEMORY);
}

/* ---- changed when it is mapped already ---- */

static void memory_benign(void)
{
	run_then_write(MEMORY, MAP_PRIVATE);
}

static void memory_attack(void)
{
	map_then_write(MEMORY, MAP_PRIVATE);
}

static void memory_shared_benign(void)
{
	run_then_write(MEMORY, MAP_SHARED);
}

static void memory_shared_attack(void)
{
	map_then_write(MEMORY, MAP_SHARED);
}

static void disk_benign(void)
{
	run_then_write("code", MAP_PRIVATE);
}

static void disk_attack(void)
{
	map_then_write("code", MAP_PRIVATE);
}

/* A mapping that can be written keeps the file open for writing; the descriptor is closed. */
static void write_by_mapping(int result)
{
	int fd = open(MEMORY, O_RDWR);
	void *written = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	close(fd);
	if (written == MAP_FAILED)
		return;
	code_of(written, result);
	munmap(written, SIZE);
}

static void mapped_writable_benign(void)
{
	void *memory = map_code(MEMORY, MAP_PRIVATE);

	if (memory) {
		run_code(memory);
		munmap(memory, SIZE);
	}
	write_by_mapping(GOOD);
}

static void mapped_writable_attack(void)
{
	const char *memory = map_code(MEMORY, MAP_PRIVATE);

	write_by_mapping(EVIL);
	if (memory)
		evil_ran(run_code(memory));
}

/* ---- pages that are filled or held by others ---- */

static void map_benign(void)
{
	void *memory = map_code(MEMORY, MAP_PRIVATE);

	if (!memory)
		return;
	run_code(memory);
	munmap(memory, SIZE);
}

static void userfaultfd_attack(void)
{
	static unsigned char page[SIZE] __attribute__((aligned(SIZE)));
	struct uffdio_api api = {.api = UFFD_API};
	const char *memory = map_code(MEMORY, MAP_PRIVATE);
	struct uffdio_register reg = {{(unsigned long)memory, SIZE}, UFFDIO_REGISTER_MODE_MISSING, 0};
	struct uffdio_copy copy = {(unsigned long)memory, (unsigned long)page, SIZE, 0, 0};
	int fd = syscall(SYS_userfaultfd, who == USER ? UFFD_USER_MODE_ONLY : 0);

	code_of(page, EVIL);
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg) || ioctl(fd, UFFDIO_COPY, &copy))
		succeeded(false);
	else
		evil_ran(((function *)(const void *)memory)());
}

/* Up to the program: the file is written, its page mapped, unmapped and closed, then mapped to be run. */
static void pinned_benign(void)
{
	int fd;

	map_benign();
	munmap(written_page(MEMORY, &fd), SIZE);
	close(fd);
}

static void pinned_attack(void)
{
	change_when_mapped(MEMORY);
}

/* ---- memory that becomes executable ---- */

static void *plain_memory(int protection)
{
	unsigned char page[SIZE];
	void *memory = mmap(NULL, SIZE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	code_of(page, EVIL);
	if (memory == MAP_FAILED) {
		succeeded(false);
		return NULL;
	}
	memcpy(memory, page, SIZE);
	return memory;
}

static void plain_benign(void)
{
	plain_memory(PROT_READ | PROT_WRITE);
}

static void personality_attack(void)
{
	void *memory;

	personality(READ_IMPLIES_EXEC);
	memory = plain_memory(PROT_READ | PROT_WRITE);
	if (memory)
		evil_ran(run_code(memory));
}

static void mprotect_attack(void)
{
	void *memory = plain_memory(PROT_READ | PROT_WRITE);

	succeeded(!mprotect(memory, SIZE, PROT_READ | PROT_EXEC) && run_code(memory) == EVIL);
}

static void pkey_attack(void)
{
	void *memory = plain_memory(PROT_READ | PROT_WRITE);

	succeeded(!syscall(SYS_pkey_mprotect, memory, SIZE, PROT_READ | PROT_EXEC, -1) && run_code(memory) == EVIL);
}

/* Maps anew what is mapped, and asks nobody about the protection that the personality adds. */
static void *shared_pages(void)
{
	int fd = open(MEMORY, O_RDWR);
	void *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	close(fd);
	return memory;
}

static void remap_benign(void)
{
	shared_pages();
}

static void remap_attack(void)
{
	void *memory = shared_pages();
	unsigned char page[SIZE];

	code_of(page, EVIL);
	memcpy(memory, page, SIZE);
	personality(READ_IMPLIES_EXEC);
	if (syscall(SYS_remap_file_pages, memory, SIZE, 0, 0, 0))
		succeeded(false);
	else
		evil_ran(run_code(memory));
}

static void *shared_segment(int flags)
{
	int id = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0700);
	void *writable = shmat(id, NULL, 0), *memory = shmat(id, NULL, flags);

	shmctl(id, IPC_RMID, NULL);
	if (writable != (void *)-1)
		code_of(writable, EVIL);
	return memory;
}

static void segment_benign(void)
{
	shared_segment(0);
}

static void segment_attack(void)
{
	void *memory = shared_segment(SHM_EXEC);

	if (memory == (void *)-1)
		succeeded(false);
	else
		evil_ran(run_code(memory));
}

/* ---- two look at one file ---- */

#define LARGE (4 << 20)

static void large_setup(void)
{
	disk_setup();
	if (truncate("code", LARGE))
		die("code");
}

static void *map_large(void)
{
	int fd = open("code", O_RDONLY);
	void *memory = mmap(NULL, LARGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	close(fd);
	return memory;
}

static void large_benign(void)
{
	void *memory = map_large();

	if (memory != MAP_FAILED) {
		run_code(memory);
		munmap(memory, LARGE);
	}
	write_code("code", GOOD);
}

static void *map_again(void *unused)
{
	void *memory = map_large();

	(void)unused;
	if (memory != MAP_FAILED)
		munmap(memory, LARGE);
	return NULL;
}

/* A digest of the old content ends when that of the new one has begun. What is run was mapped after all changes. */
static void two_attack(void)
{
	pthread_t threads[2];
	void *memory;

	for (int i = 0; i < 40; i++) {
		write_code("code", GOOD);
		pthread_create(&threads[0], NULL, map_again, NULL);
		sleep_ms(1 + i % 8 * 4);
		write_code("code", EVIL);
		pthread_create(&threads[1], NULL, map_again, NULL);
		pthread_join(threads[0], NULL);
		memory = map_large();
		pthread_join(threads[1], NULL);
		if (memory != MAP_FAILED && run_code(memory) == EVIL) {
			evil_ran(EVIL);
			return;
		}
		if (memory != MAP_FAILED)
			munmap(memory, LARGE);
	}
}

/* ---- what is cut off is zeros in the mapping ---- */

#define HALF (SIZE / 2)

/* mov HALF(%rip), %eax; ret: what it returns is in the half that can be cut off */
static void constant_code(unsigned char *page)
{
	memset(page, 0xc3, SIZE);
	memcpy(page, (unsigned char[]){0x8b, 0x05, (HALF - 6) & 0xff, (HALF - 6) >> 8, 0, 0}, 6);
	memcpy(page + HALF, (unsigned char[]){GOOD, 0, 0, 0}, 4);
}

static void constant_setup(void)
{
	unsigned char page[SIZE];
	int fd;

	disk_setup();
	constant_code(page);
	fd = open("code", O_WRONLY);
	if (write(fd, page, SIZE) != SIZE)
		die("code");
	close(fd);
}

static void zero_ran(const void *memory)
{
	errno = EFAULT;
	succeeded(memory && !run_code(memory));
}

static void cut_benign(void)
{
	void *memory = map_code("code", MAP_PRIVATE);

	if (memory) {
		run_code(memory);
		munmap(memory, SIZE);
	}
	succeeded(!truncate("code", SIZE));
}

static void cut_attack(void)
{
	void *memory = map_code("code", MAP_PRIVATE);

	if (truncate("code", HALF))
		succeeded(false);
	else
		zero_ran(memory);
}

/* Nobody can write to it any more, and to be cut needs no writing. */
static const void *map_sealed(int *ret_fd, int seals)
{
	unsigned char page[SIZE];
	void *memory;

	*ret_fd = memfd_create("code", MFD_ALLOW_SEALING);
	constant_code(page);
	if (ftruncate(*ret_fd, SIZE) || pwrite(*ret_fd, page, SIZE, 0) != SIZE || fcntl(*ret_fd, F_ADD_SEALS, seals))
		die("memfd");
	memory = mmap(NULL, SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE, *ret_fd, 0);
	if (memory == MAP_FAILED)
		succeeded(false);
	return memory == MAP_FAILED ? NULL : memory;
}

static void sealed_benign(void)
{
	const void *memory;
	int fd;

	memory = map_sealed(&fd, F_SEAL_WRITE | F_SEAL_SHRINK);
	succeeded(memory && run_code(memory) == GOOD);
}

static void sealed_attack(void)
{
	const void *memory;
	int fd;

	memory = map_sealed(&fd, F_SEAL_WRITE);
	if (ftruncate(fd, HALF))
		succeeded(false);
	else
		zero_ran(memory);
}

/* ---- pages of a file that another namespace has made, and holds ---- */

static void held_setup(void)
{
	memory_undo();
	if (!strcmp(how, "benign"))
		memory_setup();
	else if (!another("held_elsewhere") || !wait_for("made"))
		die("another namespace");
}

static void make_held(void)
{
	int fd = open(MEMORY, O_RDWR | O_CREAT | O_EXCL, 0666);
	unsigned char page[SIZE];
	struct pinned p;

	code_of(page, GOOD);
	if (fd < 0 || write(fd, page, SIZE) != SIZE || !pin_page(&p, MEMORY))
		die(MEMORY);
	close(fd);
	mkdir("made", 0777);
	if (wait_for("mapped") && change_pinned(&p))
		mkdir("written", 0777);
}

static void held_benign(void)
{
	map_benign();
	mkdir("mapped", 0777);
}

static void held_attack(void)
{
	const char *memory = map_code(MEMORY, MAP_PRIVATE);

	mkdir("mapped", 0777);
	if (memory && wait_for("written"))
		evil_ran(run_code(memory));
}

/* ---- what a mapping has left behind the end of a file, in its last page ---- */

#define TAIL 2048
#define SHORT 100 /* bytes that are in the digest */

static void tail_run(unsigned char tail)
{
	int fd = memfd_create("code", MFD_ALLOW_SEALING);
	unsigned char page[SIZE], *memory;
	const char *code;

	code_of(page, GOOD);
	memory = ftruncate(fd, SHORT) ? MAP_FAILED : mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		die("memfd");
	memcpy(memory, page, SHORT);
	code_of(page, tail);
	memcpy(memory + TAIL, page, SHORT);
	munmap(memory, SIZE);
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW))
		die("seals");
	code = mmap(NULL, SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	if (code == MAP_FAILED)
		succeeded(false);
	else if (tail == EVIL)
		evil_ran(run_code(code + TAIL));
	else
		succeeded(run_code(code) == GOOD);
}

/* The same of a file in memory by another namespace, which has ended. */
#define TAILED "/dev/shm/tsem-attackers-tail"

static void tailed_setup(void)
{
	unsigned char page[SIZE];
	int fd = open(TAILED, O_RDWR | O_CREAT | O_TRUNC, 0666);

	code_of(page, GOOD);
	if (fd < 0 || write(fd, page, SHORT) != SHORT || fchown(fd, uid(), uid()))
		die(TAILED);
	close(fd);
	if (strcmp(how, "benign") && (!another("tail_of_other") || !wait_for("ended")))
		die("another namespace");
	sleep_ms(strcmp(how, "benign") ? 500 : 0);
}

static void tailed_undo(void)
{
	unlink(TAILED);
}

static void write_tail(void)
{
	unsigned char page[SIZE], *memory;

	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, open(TAILED, O_RDWR), 0);
	if (memory == MAP_FAILED)
		die(TAILED);
	code_of(page, EVIL);
	memcpy(memory + TAIL, page, SHORT);
	mkdir("ended", 0777);
}

static void tailed_run(int offset)
{
	const char *code = map_code(TAILED, MAP_PRIVATE);

	if (code && offset)
		evil_ran(run_code(code + offset));
	else if (code)
		succeeded(run_code(code) == GOOD);
}

static void tailed_benign(void)
{
	tailed_run(0);
}

static void tailed_attack(void)
{
	tailed_run(TAIL);
}

static void tail_benign(void)
{
	tail_run(GOOD);
}

static void tail_attack(void)
{
	tail_run(EVIL);
}

KIND(memory,
     {"map_then_write", BOTH, "^(file_open|mmap_file|inode_setattr) ", memory_setup, memory_benign, memory_attack, told,
      memory_undo},
     {"map_shared_then_write", BOTH, "^(file_open|mmap_file|inode_setattr) ", memory_setup, memory_shared_benign,
      memory_shared_attack, told, memory_undo},
     {"map_then_write_overlay", BOTH, "^(file_open|mmap_file|inode_setattr) ", disk_setup, disk_benign, disk_attack,
      told},
     {"map_then_map_writable", BOTH, "^(file_open|mmap_file) ", memory_setup, mapped_writable_benign,
      mapped_writable_attack, told, memory_undo},
     {"userfaultfd", BOTH, "^(inode_init_security_anon|capable|mmap_file) ", memory_setup, map_benign,
      userfaultfd_attack, told, memory_undo},
     {"pinned_page", BOTH, "^(inode_init_security_anon|mmap_file) ", memory_setup, pinned_benign, pinned_attack, told,
      memory_undo},
     {"read_implies_exec", BOTH, "^(mmap_file|file_mprotect) ", NULL, plain_benign, personality_attack, told},
     {"mprotect", BOTH, "^(mmap_file|file_mprotect) ", NULL, plain_benign, mprotect_attack, told},
     {"pkey_mprotect", BOTH, "^(mmap_file|file_mprotect) ", NULL, plain_benign, pkey_attack, told},
     {"remap_file_pages", BOTH, "^(mmap_file|file_mprotect) ", memory_setup, remap_benign, remap_attack, told,
      memory_undo},
     {"segment_exec", BOTH, "^(mmap_file|ipc_permission) ", NULL, segment_benign, segment_attack, told},
     {"two_digests", BOTH, "^mmap_file ", large_setup, large_benign, two_attack, told, .limit = 30},
     {"cut_while_mapped", BOTH, "^inode_setattr ", constant_setup, cut_benign, cut_attack, told},
     {"sealed_cut", BOTH, "^mmap_file ", NULL, sealed_benign, sealed_attack, told},
     {"behind_the_end", BOTH, "^mmap_file ", NULL, tail_benign, tail_attack, told, .how = NEVER},
     {"tail_of_other", BOTH, "^mmap_file ", tailed_setup, tailed_benign, tailed_attack, told, tailed_undo,
      .other = write_tail},
     {"held_elsewhere", BOTH, "^mmap_file ", held_setup, held_benign, held_attack, told, memory_undo,
      .other = make_held}, );
