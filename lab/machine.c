/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "internal.h"

#include "wire.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROGRAM "qemu-system-x86_64"
#define LSM_LIST "landlock,lockdown,yama,integrity,apparmor,bpf"

/* A command line that grows; the first failure sticks. */
struct arguments {
	char *words[LAB_LIST_MAX + 1];
	size_t count;
	bool failed;
};

static void add(struct arguments *arguments, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct arguments *arguments, const char *format, ...)
{
	va_list list;

	if (arguments->count == LAB_LIST_MAX) {
		arguments->failed = true;
		return;
	}
	va_start(list, format);
	if (vasprintf(&arguments->words[arguments->count], format, list) < 0) {
		arguments->words[arguments->count] = NULL;
		arguments->failed = true;
	} else {
		arguments->count++;
	}
	va_end(list);
}

static void add_words(struct arguments *arguments, const char *const *words)
{
	for (; *words; words++)
		add(arguments, "%s", *words);
}

static void free_arguments(struct arguments *arguments)
{
	while (arguments->count)
		free(arguments->words[--arguments->count]);
}

static void add_processor(struct arguments *arguments, const struct lab_options *options, enum lab_accel accel)
{
	static const char *const counted[] = {"-accel",	 "tcg,thread=single", "-smp", "1",
					      "-icount", "shift=0,sleep=off", "-cpu", "max",
					      NULL};
	long online = sysconf(_SC_NPROCESSORS_ONLN);

	if (options->deterministic) {
		add_words(arguments, counted);
		return;
	}
	add(arguments, "-accel");
	/* In turn unless asked: when the emulated processors run at once, a guest that patches its code may die of it. */
	add(arguments, "%s",
	    accel == LAB_ACCEL_KVM ? "kvm" :
	    options->parallel	   ? "tcg,thread=multi" :
				     "tcg,thread=single");
	add(arguments, "-cpu");
	/* Where the processor says that it stores strings fast, the kernel clears pages byte by byte: the emulator's slowest way. */
	add(arguments, "%s", accel == LAB_ACCEL_KVM ? "host" : "max,-erms,-fsrm");
	add(arguments, "-smp");
	add(arguments, "%ld", online > LAB_CPUS_MAX ? LAB_CPUS_MAX : online > 0 ? online : 1);
}

static void add_memory(struct arguments *arguments, const struct lab_options *options)
{
	unsigned int size = options->memory_mib ? options->memory_mib : LAB_MEMORY_DEFAULT;

	/* Shared, because virtiofsd reads and writes the guest's memory. */
	add(arguments, "-m");
	add(arguments, "%uM", size);
	add(arguments, "-object");
	add(arguments, "memory-backend-memfd,id=memory,share=on,size=%uM", size);
	add(arguments, "-machine");
	add(arguments, "q35,sata=off,smbus=off,usb=off,vmport=off,memory-backend=memory");
}

/* Self-tests and seeds that nothing here relies on: a second of emulation. */
#define LEFT_OUT " cryptomgr.notests initcall_blacklist=jent_mod_init,load_system_certificate_list"

/*
 * The emulator translates code again for each address, which doubles the time to start a program when addresses are
 * random. Where its processors run at once, the kernel comes up on one: most of what it patches of itself it patches
 * then, and another processor that runs that code dies of it. The guest starts the other when it is up.
 */
static const char *emulated_words(const struct lab_options *options, enum lab_accel accel)
{
	if (options->deterministic)
		return " norandmaps nokaslr";
	if (accel == LAB_ACCEL_KVM)
		return "";
	return options->parallel ? " norandmaps maxcpus=1" LEFT_OUT : " norandmaps" LEFT_OUT;
}

static void add_kernel(struct arguments *arguments, const struct lab_options *options, const struct lab_kernel *kernel,
		       enum lab_accel accel, int initramfs, bool probe)
{
	add(arguments, "-kernel");
	add(arguments, "%s", kernel->image);
	add(arguments, "-initrd");
	add(arguments, "/proc/self/fd/%d", initramfs);
	add(arguments, "-append");
	add(arguments, "console=ttyS0 quiet panic=-1 no_timer_check lsm=" LSM_LIST "%s%s%s%s%s",
	    emulated_words(options, accel), probe ? " " LAB_PROBE_WORD : "",
	    options->systemd ? " " LAB_SYSTEMD_WORD : "", options->cmdline ? " " : "",
	    options->cmdline ? options->cmdline : "");
}

static void add_console(struct arguments *arguments, int console)
{
	add(arguments, "-chardev");
	add(arguments, "file,id=console,path=/proc/self/fd/%d", console);
	add(arguments, "-serial");
	add(arguments, "chardev:console");
}

static void add_port(struct arguments *arguments, int port)
{
	add(arguments, "-device");
	add(arguments, "virtio-serial-pci");
	add(arguments, "-chardev");
	add(arguments, "socket,id=port,fd=%d", port);
	add(arguments, "-device");
	add(arguments, "virtserialport,chardev=port,name=" LAB_PORT);
}

static void add_files(struct arguments *arguments, int files)
{
	add(arguments, "-chardev");
	add(arguments, "socket,id=files,fd=%d", files);
	add(arguments, "-device");
	add(arguments, "vhost-user-fs-pci,queue-size=1024,chardev=files,tag=" LAB_FS_TAG);
}

/* In QEMU's option syntax a comma is written twice. */
static void add_disk(struct arguments *arguments, const char *path, size_t number)
{
	char escaped[2 * PATH_MAX];
	size_t used = 0;

	for (; *path && used < sizeof(escaped) - 3; path++) {
		if (*path == ',')
			escaped[used++] = ',';
		escaped[used++] = *path;
	}
	escaped[used] = '\0';
	add(arguments, "-drive");
	add(arguments, "if=none,format=raw,id=disk%zu,file=%s", number, escaped);
	add(arguments, "-device");
	add(arguments, "virtio-blk-pci,drive=disk%zu", number);
}

struct descriptors {
	int initramfs;
	int port; /* QEMU's end */
	int files;
};

static void add_all(struct arguments *arguments, const struct lab_options *options, const struct lab_kernel *kernel,
		    enum lab_accel accel, bool probe, const struct lab_machine *machine, const struct descriptors *fds)
{
	static const char *const plain[] = {PROGRAM,
					    "-nodefaults",
					    "-no-user-config",
					    "-display",
					    "none",
					    "-no-reboot",
					    "-sandbox",
					    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
					    NULL};
	size_t i;

	add_words(arguments, plain);
	add_memory(arguments, options);
	add_processor(arguments, options, accel);
	add_kernel(arguments, options, kernel, accel, fds->initramfs, probe);
	add_console(arguments, machine->console);
	add_port(arguments, fds->port);
	if (fds->files >= 0)
		add_files(arguments, fds->files);
	for (i = 0; !probe && i < options->disk_count; i++)
		add_disk(arguments, options->disks[i], i);
	for (i = 0; !probe && i < options->qemu_argument_count; i++)
		add(arguments, "%s", options->qemu_arguments[i]);
}

static int start_qemu(struct lab_machine *machine, struct arguments *arguments, const struct descriptors *fds,
		      struct tsem_error *error)
{
	const int inherit[] = {fds->initramfs, machine->console, fds->port, fds->files};
	const struct lab_child child = {
		.argv = (const char *const *)arguments->words,
		.input = -1,
		.output = machine->log,
		.errors = machine->log,
		.inherit = inherit,
		.inherit_count = fds->files >= 0 ? 4 : 3,
	};
	pid_t pid = arguments->failed ? -ENOMEM : lab_child_start(&child);

	if (pid > 0) {
		machine->qemu = pid;
		return 0;
	}
	if (pid == -ENOENT)
		tsem_error_set(error, ENOENT,
			       PROGRAM " is missing; install the package "
				       "qemu-system-x86");
	else
		tsem_error_set(error, -pid, "cannot start " PROGRAM ": %s", strerror(-pid));
	return -1;
}

static int make_descriptors(struct lab_machine *machine, struct descriptors *fds, struct tsem_error *error)
{
	int pair[2];

	machine->console = memfd_create("console", MFD_CLOEXEC);
	machine->log = memfd_create("log", MFD_CLOEXEC);
	machine->files_log = memfd_create("files-log", MFD_CLOEXEC);
	if (machine->console < 0 || machine->log < 0 || machine->files_log < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		tsem_error_set(error, errno, "cannot prepare the micro-VM: %s", strerror(errno));
		return -1;
	}
	machine->port = pair[0];
	fds->port = pair[1];
	return 0;
}

static void close_descriptors(const struct descriptors *fds)
{
	if (fds->initramfs >= 0)
		close(fds->initramfs);
	if (fds->port >= 0)
		close(fds->port);
	if (fds->files >= 0)
		close(fds->files);
}

int lab_machine_start(const struct lab_options *options, const struct lab_kernel *kernel, enum lab_accel accel,
		      bool probe, struct lab_machine *ret_machine, struct tsem_error *error)
{
	struct lab_machine machine = {.port = -1, .console = -1, .log = -1, .files_log = -1};
	struct descriptors fds = {-1, -1, -1};
	struct arguments arguments = {.count = 0};
	int err = make_descriptors(&machine, &fds, error);

	if (!err) {
		fds.initramfs = lab_initramfs_create(kernel, options->disk_count > 0, error);
		err = fds.initramfs < 0 ? -1 : 0;
	}
	if (!err && !probe)
		err = lab_files_start(&machine, &fds.files, error);
	if (!err) {
		add_all(&arguments, options, kernel, accel, probe, &machine, &fds);
		err = start_qemu(&machine, &arguments, &fds, error);
	}
	free_arguments(&arguments);
	close_descriptors(&fds);
	if (err)
		lab_machine_stop(&machine);
	else
		*ret_machine = machine;
	return err;
}

void lab_machine_stop(struct lab_machine *machine)
{
	int *const fds[] = {&machine->port, &machine->console, &machine->log, &machine->files_log};
	size_t i;

	lab_child_kill(&machine->qemu);
	lab_child_kill(&machine->files);
	for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}
