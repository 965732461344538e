/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A file system of somebody outside, with names longer than others have, and files that are never answered for, late,
 * or with other code when somebody has looked for the name "turn".
 */
#include "code.h"

#include <dirent.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#define LONG_NAME 259 /* its last byte is 3, as that of "abc" */
#define FILE_SIZE 65536

enum { ROOT_NODE = 1, SHORT, LONG, SILENT, PROGRAM, LATE, TURN, DIRECTORY, HANDED };
enum { TURNED = 1, TURNED_ONCE };

static volatile int *removed;
static char buffer[1 << 17];

static void reply(int fd, const struct fuse_in_header *in, int error, const void *data, size_t size)
{
	static char all[1 << 17];
	struct fuse_out_header out = {sizeof(out) + size, error, in->unique};

	memcpy(all, &out, sizeof(out));
	memcpy(all + sizeof(out), data, size);
	if (write(fd, all, out.len) < 0)
		return;
}

static struct fuse_attr attributes(uint64_t node)
{
	bool directory = node == ROOT_NODE || node == DIRECTORY;
	struct fuse_attr a = {.ino = node,
			      .size = node < PROGRAM ? FILE_SIZE : SIZE,
			      .mode = directory ? S_IFDIR | 0777 : S_IFREG | 0777,
			      .nlink = 1 + directory};

	return a;
}

/* ---- a file that it has is handed through: the kernel opens that for who opens another ---- */

#define HANDING_VERSION 40
#define EXTENDED (1u << 30)
#define PASSES 32 /* of the flags in the second half */
#define PASSED 128
#define DEPTH 2 /* of file systems on others: there may be an overlay below */

/* As newer headers have them. */
struct initial {
	uint32_t major, minor, readahead, flags;
	uint16_t background, congestion;
	uint32_t max_write, granularity;
	uint16_t pages, alignment;
	uint32_t more, depth, unused[6];
};

struct opened {
	uint64_t handle;
	uint32_t flags;
	int32_t backing;
};

struct backing {
	int32_t fd;
	uint32_t flags;
	uint64_t padding;
};

#define OPEN_BACKING _IOW(229, 1, struct backing)

static bool empties; /* it is the one who empties a file that is opened with O_TRUNC */
static int handed = -1; /* what is handed through; it serves that itself when there is nothing */

static void begin(int fd, const struct fuse_in_header *in)
{
	struct initial init = {.major = 7, .minor = 31, .max_write = 65536};

	if (empties)
		init.flags = FUSE_ATOMIC_O_TRUNC;
	if (handed >= 0) {
		init.minor = HANDING_VERSION;
		init.flags = EXTENDED;
		init.more = PASSES;
		init.depth = DEPTH;
	}
	reply(fd, in, 0, &init, sizeof(init));
}

static void open_node(int fd, const struct fuse_in_header *in, const struct fuse_open_in *open)
{
	struct opened opened = {.flags = in->nodeid == LATE ? FOPEN_DIRECT_IO : 0};
	struct backing backing = {.fd = handed};

	if (open->flags & O_TRUNC)
		removed[in->nodeid] = 1;
	if (in->nodeid == HANDED && handed >= 0) {
		opened.flags = PASSED;
		opened.backing = ioctl(fd, OPEN_BACKING, &backing);
	}
	reply(fd, in, opened.backing < 0 ? -EIO : 0, &opened, opened.backing < 0 ? 0 : sizeof(opened));
}

static void look_up(int fd, const struct fuse_in_header *in, const char *name)
{
	struct fuse_entry_out e = {.attr_valid = 1, .entry_valid = 1};

	if (!strcmp(name, "turn"))
		removed[TURN] = TURNED;
	if (!strcmp(name, "directory") && removed[TURN] == TURNED) {
		removed[TURN] = TURNED_ONCE;
		reply(fd, in, -ESTALE, NULL, 0);
		return;
	}
	if (!strcmp(name, "directory")) {
		e.nodeid = DIRECTORY;
		e.entry_valid = 0;
	} else if (!strcmp(name, "silent"))
		e.nodeid = SILENT;
	else if (!strcmp(name, "handed"))
		e.nodeid = HANDED;
	else if (!strcmp(name, "program") || !strcmp(name, "late"))
		e.nodeid = *name == 'l' ? LATE : PROGRAM;
	else if (!strncmp(name, "abc", 3))
		e.nodeid = strlen(name) == 3 ? SHORT : LONG;
	if (!e.nodeid || removed[e.nodeid]) {
		reply(fd, in, -ENOENT, NULL, 0);
		return;
	}
	e.attr = attributes(e.nodeid);
	reply(fd, in, 0, &e, sizeof(e));
}

static void read_code(int fd, const struct fuse_in_header *in, const struct fuse_read_in *read)
{
	bool late = in->nodeid == LATE;
	unsigned char page[SIZE];

	code_of(page, late || removed[TURN] ? EVIL : GOOD);
	if (late && fork())
		return;
	if (late)
		sleep_ms(2500);
	reply(fd, in, 0, page, read->offset ? 0 : SIZE);
	if (late)
		_exit(0);
}

static void answer(int fd, const struct fuse_in_header *in, const char *body)
{
	struct fuse_attr_out attr = {.attr_valid = 1, .attr = attributes(in->nodeid)};
	struct fuse_statfs_out statfs = {.st = {.bsize = SIZE, .frsize = SIZE, .namelen = 255}};

	if (in->opcode == FUSE_INIT)
		begin(fd, in);
	else if (in->opcode == FUSE_LOOKUP)
		look_up(fd, in, body);
	else if (in->opcode == FUSE_GETATTR)
		reply(fd, in, 0, &attr, sizeof(attr));
	else if (in->opcode == FUSE_STATFS)
		reply(fd, in, 0, &statfs, sizeof(statfs));
	else if (in->opcode == FUSE_OPEN || in->opcode == FUSE_OPENDIR)
		open_node(fd, in, (const void *)body);
	else if (in->opcode == FUSE_UNLINK) {
		removed[strlen(body) == 3 ? SHORT : LONG] = 1;
		reply(fd, in, 0, NULL, 0);
	} else if (in->opcode == FUSE_READ && in->nodeid >= PROGRAM)
		read_code(fd, in, (const void *)body);
	else if (in->opcode == FUSE_READ && in->nodeid == SILENT)
		return;
	else if (in->opcode != FUSE_FORGET && in->opcode != FUSE_INTERRUPT)
		reply(fd, in, -ENOSYS, NULL, 0);
}

static void serve(int fd)
{
	signal(SIGCHLD, SIG_IGN);
	while (read(fd, buffer, sizeof(buffer)) > 0)
		answer(fd, (void *)buffer, buffer + sizeof(struct fuse_in_header));
	_exit(0);
}

/* Who root has mounted is trusted, and waited for. */
static unsigned served_by;

static void fuse_setup(void)
{
	int fd = open("/dev/fuse", O_RDWR);
	char data[128];

	if (fd < 0)
		cannot("FUSE");
	removed = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	mkdir("there", 0777);
	snprintf(data, sizeof(data), "fd=%d,rootmode=40000,user_id=%u,group_id=0,allow_other", fd, served_by);
	if (mount("attackers", "there", "fuse.attackers", MS_NOSUID | MS_NODEV, data))
		cannot("FUSE cannot be mounted");
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd);
	}
	close(fd);
}

static void silent_setup(void)
{
	served_by = 1000;
	fuse_setup();
}

static void fuse_undo(void)
{
	umount2(here("there"), MNT_DETACH);
}

static void long_benign(void)
{
	succeeded(!unlink("there/abc"));
}

static void long_attack(void)
{
	char path[LONG_NAME + 16] = "there/abc";

	memset(path + 9, 'x', LONG_NAME - 3);
	path[6 + LONG_NAME] = '\0';
	succeeded(!unlink(path));
}

static bool long_removed(void)
{
	return removed[LONG];
}

/* ---- a file that is emptied by its opening ---- */

static void emptied_setup(void)
{
	empties = true;
	fuse_setup();
}

static void emptied_benign(void)
{
	succeeded(open("there/abc", O_WRONLY) >= 0);
}

static void emptied_attack(void)
{
	succeeded(open("there/abc", O_WRONLY | O_TRUNC) >= 0);
}

static bool emptied(void)
{
	return removed[SHORT];
}

/* ---- a path that is stale once: the kernel walks it again, and makes before it looks ---- */

#define STALE "there/directory/../../directory/file"

static void stale_setup(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	silent_setup();
	mkdir("directory", 0777);
	if (strcmp(how, "benign")) {
		put("directory/file", secret, 0644);
		if (chown("directory/file", uid(), uid()))
			die("chown");
	}
	sync();
	if (write(fd, "2", 1) != 1)
		die("drop_caches");
	close(fd);
}

static void make_stale(void)
{
	int fd = open(STALE, O_RDWR | O_CREAT, 0644);

	if (fd < 0)
		succeeded(false);
	else
		show(fd);
}

static void stale_benign(void)
{
	access("there/other", F_OK);
	make_stale();
}

static void stale_attack(void)
{
	access("there/turn", F_OK);
	make_stale();
}

/* ---- the control file of a connection, which ends it: it is opened, and closed again ---- */

static void control_setup(void)
{
	silent_setup();
	mkdir("control", 0755);
	if (mount("none", "control", "fusectl", 0, NULL))
		die("fusectl");
}

static void control_undo(void)
{
	umount2(here("control"), MNT_DETACH);
	fuse_undo();
}

static void control_attack(void)
{
	DIR *d = opendir("control");
	struct dirent *e;
	char path[300];
	bool any = false;

	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "control/%s/abort", e->d_name);
		any = any || open(path, O_WRONLY) >= 0;
	}
	succeeded(any);
}

/* ---- a digest of what never comes ---- */

static void silent_benign(void)
{
	close(open("there/silent", O_RDONLY));
	waitpid(child_of(nothing), NULL, 0);
}

static void map_silent(void)
{
	int fd = open("there/silent", O_RDONLY);

	if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) != MAP_FAILED)
		succeeded(true);
	close(fd);
}

/* Mapped, or neither mapped nor refused. */
static void silent_attack(void)
{
	pid_t pid = child_of(map_silent);

	for (int i = 0; i < 100; i++, sleep_ms(10))
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return;
	succeeded(true);
	kill(pid, SIGKILL);
}

/* ---- an overlay of what a user serves ---- */

static void above_setup(void)
{
	silent_setup();
	mkdir("above", 0777);
	mkdir("layers", 0777);
	if (mount("none", "layers", "tmpfs", 0, "mode=777") || mkdir("layers/up", 0777) || mkdir("layers/work", 0777))
		die("tmpfs");
	if (mount("overlay", "above", "overlay", MS_NOSUID, "lowerdir=there,upperdir=layers/up,workdir=layers/work"))
		cannot("an overlay on FUSE");
}

static void above_undo(void)
{
	umount2(here("above"), MNT_DETACH);
	umount2(here("layers"), MNT_DETACH);
	fuse_undo();
}

static void above_benign(void)
{
	close(open("above/program", O_RDONLY));
}

static void above_attack(void)
{
	void *memory = map_code("above/program", MAP_PRIVATE);

	if (memory)
		munmap(memory, SIZE);
	access("there/turn", F_OK);
	memory = map_code("above/program", MAP_PRIVATE);
	if (memory)
		evil_ran(run_code(memory));
}

/* ---- a read into a page of a program, which answers when the page has been given up ---- */

#define CODE "disk/code"

static void late_setup(void)
{
	silent_setup();
	disk_at("disk");
	code_file(CODE);
}

static void late_undo(void)
{
	umount2(here("disk"), MNT_DETACH);
	fuse_undo();
}

static unsigned char *page;
static int late;

static void *read_late(void *unused)
{
	(void)unused;
	if (read(late, page, SIZE) != SIZE)
		succeeded(false);
	return NULL;
}

/* The program is written to by a mapping; meanwhile, or not, somebody reads. */
static void late_read(bool meanwhile)
{
	int fd = open(CODE, O_RDWR);
	unsigned char *mapped = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	const char *memory;
	pthread_t thread;

	if (mapped == MAP_FAILED)
		die("mmap");
	code_of(mapped, GOOD);
	page = meanwhile ? mapped : malloc(SIZE);
	pthread_create(&thread, NULL, read_late, NULL);
	sleep_ms(500);
	munmap(mapped, SIZE);
	close(fd);
	memory = meanwhile ? map_code(CODE, MAP_PRIVATE) : NULL;
	pthread_join(thread, NULL);
	if (memory)
		evil_ran(run_code(memory));
}

static void late_benign(void)
{
	void *memory = map_code(CODE, MAP_PRIVATE);

	if (memory)
		munmap(memory, SIZE);
	late = open("there/late", O_RDONLY);
	late_read(false);
}

static void late_attack(void)
{
	late = open("there/late", O_RDONLY);
	late_read(true);
}

/* ---- a server inside, and files of its own ---- */

static void inside_setup(void)
{
	if (access("/dev/fuse", F_OK))
		cannot("FUSE");
	mkdir("there", 0777);
	put("allowed", "harmless, and long enough\n", 0666);
}

/* Not one that waits: where nothing can be mounted there is nobody to wait for. */
static void with_handed(int fd, void (*act)(void))
{
	int device = open("/dev/fuse", O_RDWR);
	char data[128];
	pid_t pid;

	handed = fd;
	removed = calloc(HANDED + 1, sizeof(*removed));
	snprintf(data, sizeof(data), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", device);
	if (mount("attackers", here("there"), "fuse.attackers", MS_NOSUID | MS_NODEV, data)) {
		succeeded(false);
		return;
	}
	pid = fork();
	if (!pid)
		serve(device);
	close(device);
	act();
	umount2(here("there"), MNT_DETACH);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void read_handed(void)
{
	show_path("there/handed", O_RDONLY);
}

static void handed_benign(void)
{
	with_handed(open("allowed", O_RDONLY), read_handed);
}

/* Opened for its name only, which is no event. */
static void handed_attack(void)
{
	with_handed(open("secret", O_PATH), read_handed);
}

static void open_handed(void)
{
	close(open("there/handed", O_RDWR));
}

static void write_handed(void)
{
	int fd = open("there/handed", O_RDWR);

	if (fd < 0 || write(fd, "evil", 4) != 4)
		succeeded(false);
	close(fd);
}

static void written_benign(void)
{
	handed_benign();
	with_handed(-1, open_handed);
}

static void written_attack(void)
{
	with_handed(open("allowed", O_RDONLY), write_handed);
}

static bool allowed_written(void)
{
	return holds("allowed", "evil");
}

/* ---- a server outside that hands a program through, which is changed by its own name ---- */

static void through_setup(void)
{
	code_file("code");
	handed = open("code", O_RDONLY | O_CLOEXEC);
	fuse_setup();
	handed = -1;
}

static void run_through(void)
{
	void *memory = map_code("there/handed", MAP_PRIVATE);

	if (!memory)
		return;
	evil_ran(run_code(memory));
	munmap(memory, SIZE);
}

static void through_benign(void)
{
	run_through();
	write_code("code", GOOD);
}

static void through_attack(void)
{
	run_through();
	write_code("code", EVIL);
	run_through();
}

KIND(fuse, {"served_below", BOTH, "^mmap_file ", above_setup, above_benign, above_attack, told, above_undo},
     {"late_read", BOTH, "^mmap_file ", late_setup, late_benign, late_attack, told, late_undo},
     {"handed_through", ROOT, "^file_open .*secret", inside_setup, handed_benign, handed_attack, told, fuse_undo},
     {"handed_through_written", ROOT, "^file_open .*(allowed|handed)", inside_setup, written_benign, written_attack,
      allowed_written, fuse_undo},
     {"handed_through_program", BOTH, "^mmap_file ", through_setup, through_benign, through_attack, told, fuse_undo,
      .how = NEVER},
     {"long_name", ROOT, "^inode_unlink ", fuse_setup, long_benign, long_attack, long_removed, fuse_undo},
     {"trunc_fuse", BOTH, "^file_open .*abc", emptied_setup, emptied_benign, emptied_attack, emptied, fuse_undo},
     {"stale_made", BOTH, "^(file_open|inode_create) ", stale_setup, stale_benign, stale_attack, told, fuse_undo},
     {"fuse_control", ROOT, "^file_open ", control_setup, nothing, control_attack, told, control_undo, FREE},
     {"silent_file", BOTH, "^mmap_file ", silent_setup, silent_benign, silent_attack, told, fuse_undo}, );
