/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Programs of an overlay file system that are changed by the path that they have in their layer. */
#include "pinned.h"

#include <sys/mount.h>

#define CODE "there/code"
#define ABOVE "layers/up/code"
#define BELOW "layers/low/code"
#define OTHER "again/code"
#define PROGRAM "there/program"
#define LAYERS "lowerdir=layers/low,upperdir=layers/up,workdir=layers/work"

static void layers_undo(void)
{
	while (!umount2("again", MNT_DETACH))
		;
	while (!umount2("there", MNT_DETACH))
		;
	while (!umount2("layers", MNT_DETACH))
		;
}

static void directories_in_layers(void)
{
	static const char *const names[] = {"there", "layers/up", "layers/low", "layers/work", "again"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		mkdir(names[i], 0777);
}

static void directories(void)
{
	mkdir("layers", 0777);
	if (mount("none", "layers", "tmpfs", 0, "mode=777"))
		die("tmpfs");
	directories_in_layers();
}

static void overlay_at(const char *where)
{
	if (mount("overlay", where, "overlay", 0, LAYERS))
		cannot("overlay file systems");
}

static void above_setup(void)
{
	directories();
	code_file(ABOVE);
	overlay_at("there");
}

static void below_setup(void)
{
	directories();
	code_file(BELOW);
	overlay_at("there");
}

/* Two of one layer: the kernel warns of it and does it. */
static void two_setup(void)
{
	above_setup();
	overlay_at("again");
}

static void run_mapped(void)
{
	void *memory = map_code(CODE, MAP_PRIVATE);

	if (!memory)
		return;
	evil_ran(run_code(memory));
	munmap(memory, SIZE);
}

static void mapped_benign(const char *path)
{
	run_mapped();
	write_code(path, GOOD);
}

/* While it is mapped. */
static void mapped_attack(const char *path)
{
	const char *memory = map_code(CODE, MAP_PRIVATE);

	if (memory)
		run_code(memory);
	write_code(path, EVIL);
	if (memory)
		evil_ran(run_code(memory));
}

/* Between two mappings: what was known of the first is not true of the second. */
static void between_attack(const char *path)
{
	run_mapped();
	write_code(path, EVIL);
	run_mapped();
}

#define WITH(name, does, path) \
	static void name(void) \
	{ \
		does(path); \
	}
WITH(above_benign, mapped_benign, ABOVE)
WITH(above_mapped_attack, mapped_attack, ABOVE)
WITH(above_between_attack, between_attack, ABOVE)
WITH(below_benign, mapped_benign, BELOW)
WITH(below_mapped_attack, mapped_attack, BELOW)
WITH(below_between_attack, between_attack, BELOW)
WITH(two_benign, mapped_benign, OTHER)
WITH(two_between_attack, between_attack, OTHER)

/* ---- programs that are executed ---- */

/* mov $60, %eax; mov $result, %edi; syscall */
static void write_program(const char *path, unsigned char result)
{
	static const unsigned char head[] = {
		0x7f, 'E', 'L', 'F',  2, 1,    1,    0, 0,    0, 0,  0,	   0,  0,    0, 0,    2,  0, 62, 0,    1,
		0,    0,   0,	0x78, 0, 0x40, 0,    0, 0,    0, 0,  0x40, 0,  0,    0, 0,    0,  0, 0,	 0,    0,
		0,    0,   0,	0,    0, 0,    0,    0, 0,    0, 64, 0,	   56, 0,    1, 0,    0,  0, 0,	 0,    0,
		0,    1,   0,	0,    0, 5,    0,    0, 0,    0, 0,  0,	   0,  0,    0, 0,    0,  0, 0,	 0x40, 0,
		0,    0,   0,	0,    0, 0,    0x40, 0, 0,    0, 0,  0,	   0,  0x10, 0, 0,    0,  0, 0,	 0,    0,
		0x10, 0,   0,	0,    0, 0,    0,    0, 0x10, 0, 0,  0,	   0,  0,    0, 0xb8, 60, 0, 0,	 0,    0xbf,
	};
	unsigned char page[SIZE] = {};
	int fd = open(path, O_WRONLY);

	memcpy(page, head, sizeof(head));
	page[sizeof(head)] = result;
	memcpy(page + sizeof(head) + 4, "\x0f\x05", 2);
	if (fd < 0 || pwrite(fd, page, SIZE, 0) != SIZE)
		succeeded(false);
	if (fd >= 0)
		close(fd);
}

#define PROGRAM_ABOVE "layers/up/program"

static void program_setup(void)
{
	directories();
	put(PROGRAM_ABOVE, "", 0777);
	write_program(PROGRAM_ABOVE, GOOD);
	if (chown(PROGRAM_ABOVE, uid(), uid()))
		die("chown");
	overlay_at("there");
}

static void run_program(void)
{
	int ended = 0;
	pid_t pid = fork();

	if (!pid) {
		execl(PROGRAM, "program", NULL);
		_exit(126);
	}
	waitpid(pid, &ended, 0);
	evil_ran(WIFEXITED(ended) ? WEXITSTATUS(ended) : -1);
}

static void program_changed(unsigned char result)
{
	run_program();
	write_program(PROGRAM_ABOVE, result);
	run_program();
}

static void program_benign(void)
{
	program_changed(GOOD);
}

static void program_attack(void)
{
	program_changed(EVIL);
}

/* ---- pages that a ring holds: the layer is in memory, and the overlay is asked ---- */

static void pinned_benign(void)
{
	struct ring r;
	int fd;

	ring_make(&r, 0);
	run_mapped();
	munmap(written_page(CODE, &fd), SIZE);
	close(fd);
}

static void pinned_attack(void)
{
	run_mapped();
	change_when_mapped(CODE);
}

/* ---- an upper layer that has the attributes of a file only ---- */

static void attributes_setup(void)
{
	directories();
	code_file(BELOW);
	if (mount("overlay", "there", "overlay", 0, LAYERS ",metacopy=on,redirect_dir=on"))
		cannot("overlay file systems of attributes only");
	if (chmod(CODE, 0664))
		die("chmod");
}

static void write_by(int fd, unsigned char result)
{
	unsigned char page[SIZE];

	code_of(page, result);
	if (pwrite(fd, page, SIZE, 0) != SIZE)
		succeeded(false);
}

/* By a descriptor from before. */
static void below_open_attack(void)
{
	int fd = open(BELOW, O_WRONLY);
	const char *memory = map_code(CODE, MAP_PRIVATE);

	write_by(fd, EVIL);
	if (memory)
		evil_ran(run_code(memory));
}

/* ---- a descriptor from before the file was copied up ---- */

static void copied_setup(void)
{
	disk_at("layers");
	directories_in_layers();
	code_file(BELOW);
	overlay_at("there");
}

static void copy_up(void)
{
	int fd = open(CODE, O_WRONLY);

	write_by(fd, GOOD);
	close(fd);
}

static void copied_benign(void)
{
	write_code(BELOW, GOOD);
	run_mapped();
	copy_up();
}

static void copied_attack(void)
{
	const void *memory;
	int fd;

	write_code(BELOW, EVIL);
	fd = open(CODE, O_RDONLY);
	copy_up();
	memory = mmap(NULL, SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	if (memory == MAP_FAILED)
		succeeded(false);
	else
		evil_ran(run_code(memory));
}

/* The other way round: written through the overlay, and run by the layer's own path. */
static void run_above(void)
{
	void *memory = map_code(ABOVE, MAP_PRIVATE);

	if (!memory)
		return;
	run_code(memory);
	munmap(memory, SIZE);
}

static void pinned_above_benign(void)
{
	struct ring r;
	int fd;

	ring_make(&r, 0);
	run_above();
	munmap(written_page(CODE, &fd), SIZE);
	close(fd);
}

static void pinned_above_attack(void)
{
	const char *memory;
	struct pinned p;

	if (!pin_page(&p, CODE))
		return;
	memory = map_code(ABOVE, MAP_PRIVATE);
	if (memory && change_pinned(&p))
		evil_ran(run_code(memory));
}

/* ---- an overlay of which the lower layer is an overlay ---- */

static void deeper_setup(void)
{
	below_setup();
	mkdir("layers/up-again", 0777);
	mkdir("layers/work-again", 0777);
	if (mount("overlay", "again", "overlay", 0,
		  "lowerdir=there,upperdir=layers/up-again,workdir=layers/work-again"))
		cannot("an overlay on an overlay");
}

static void deeper_benign(void)
{
	void *memory = map_code(OTHER, MAP_PRIVATE);

	if (memory) {
		run_code(memory);
		munmap(memory, SIZE);
	}
	write_code(BELOW, GOOD);
}

static void deeper_attack(void)
{
	int fd = open(BELOW, O_WRONLY);
	const char *memory = map_code(OTHER, MAP_PRIVATE);

	write_by(fd, EVIL);
	if (memory)
		evil_ran(run_code(memory));
}

/* ---- a file that is emptied as it is opened: then the layer below has nothing that would have to be copied up ---- */

#define DATA "there/data"

static void data_setup(void)
{
	directories();
	put("layers/low/data", "precious\n", 0666);
	overlay_at("there");
}

static void data_opened(int flags)
{
	succeeded(open(DATA, O_WRONLY | flags) >= 0);
}

static void data_benign(void)
{
	data_opened(0);
}

static void emptied_attack(void)
{
	data_opened(O_TRUNC);
}

static bool data_lost(void)
{
	return !holds(DATA, "precious");
}

#define EVENT "^(file_open|mmap_file) "
KIND(layers, {"layer_mapped", BOTH, EVENT, above_setup, above_benign, above_mapped_attack, told, layers_undo},
     {"layer_between", BOTH, EVENT, above_setup, above_benign, above_between_attack, told, layers_undo},
     {"lower_mapped", BOTH, EVENT, below_setup, below_benign, below_mapped_attack, told, layers_undo},
     {"lower_between", BOTH, EVENT, below_setup, below_benign, below_between_attack, told, layers_undo},
     {"attributes_open", BOTH, EVENT, attributes_setup, below_benign, below_open_attack, told, layers_undo},
     {"copied_up_after", BOTH, EVENT, copied_setup, copied_benign, copied_attack, told, layers_undo},
     {"two_overlays_between", BOTH, EVENT, two_setup, two_benign, two_between_attack, told, layers_undo},
     {"layer_executed", BOTH, "^(file_open|mmap_file) .*program", program_setup, program_benign, program_attack, told,
      layers_undo},
     {"layer_pinned", BOTH, "^mmap_file ", above_setup, pinned_benign, pinned_attack, told, layers_undo},
     {"layer_pinned_above", BOTH, "^mmap_file ", above_setup, pinned_above_benign, pinned_above_attack, told,
      layers_undo},
     {"trunc_overlay", BOTH, "^file_open .*data", data_setup, data_benign, emptied_attack, data_lost, layers_undo},
     {"trunc_all", BOTH, "^file_open .*data", data_setup, open_allowed, emptied_attack, data_lost, layers_undo},
     {"deeper_open", BOTH, EVENT, deeper_setup, deeper_benign, deeper_attack, told, layers_undo}, );
