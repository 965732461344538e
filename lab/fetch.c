/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../lib/base/replace.h"
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define META_PACKAGE "linux-image-6.12-cloud-amd64"

static int glob_one(const char *pattern, char *ret_path)
{
	glob_t found;
	int err = glob(pattern, 0, NULL, &found) == 0 ? 0 : -ENOENT;

	if (!err)
		err = lab_path(ret_path, "%s", found.gl_pathv[0]);
	globfree(&found);
	return err;
}

static int apt_update(struct tsem_error *error)
{
	static const char *const argv[] = {"apt-get", "update", "-q", NULL};

	if (geteuid() != 0) {
		tsem_error_set(error, EPERM,
			       "the package lists do not know " META_PACKAGE "; run 'apt-get update' as root");
		return -1;
	}
	lab_progress("updating the package lists");
	return lab_child_run(argv, NULL, -1, error);
}

/* The meta package depends on exactly one versioned kernel package. */
static int resolve_package(char *ret_name, size_t size)
{
	static const char *const argv[] = {"env", "LC_ALL=C", "apt-cache", "depends", META_PACKAGE, NULL};
	static const char mark[] = "Depends: linux-image-";
	struct tsem_error ignored;
	char text[4096] = "";
	char *start;
	int fd = memfd_create("depends", MFD_CLOEXEC);
	int err = lab_child_run(argv, NULL, fd, &ignored);

	if (fd < 0)
		return -errno;
	if (!err && pread(fd, text, sizeof(text) - 1, 0) < 0)
		text[0] = '\0';
	close(fd);
	start = strstr(text, mark);
	if (!start)
		return -ENOENT;
	start += strlen("Depends: ");
	start[strcspn(start, " \r\n<")] = '\0';
	snprintf(ret_name, size, "%s", start);
	return 0;
}

static int download(const char *directory, struct tsem_error *error)
{
	char name[256];
	/* The cache belongs to the caller, not to apt's own user. */
	const char *const argv[] = {"apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", name, NULL};

	if (resolve_package(name, sizeof(name)) < 0) {
		tsem_error_set(error, ENOENT, "the package lists do not know " META_PACKAGE);
		return -1;
	}
	lab_progress("fetching %s", name);
	return lab_child_run(argv, directory, -1, error);
}

static int download_package(const char *directory, struct tsem_error *error)
{
	struct tsem_error cause;

	if (download(directory, &cause) == 0)
		return 0;
	/* The lists are missing, or name a version that is no longer there. */
	if (apt_update(&cause) == 0 && download(directory, &cause) == 0)
		return 0;
	tsem_error_set(error, cause.code,
		       "cannot fetch the kernel: %.300s; the first use needs the network and the package "
		       "lists of Debian 12 with its security updates (suite bookworm-security), or give --kernel",
		       cause.text);
	return -1;
}

static int unpack(const char *directory, struct tsem_error *error)
{
	char pattern[PATH_MAX];
	char package[PATH_MAX];
	char tree[PATH_MAX];
	const char *const argv[] = {"dpkg-deb", "-x", package, tree, NULL};

	if (lab_path(pattern, "%s/*.deb", directory) == 0 && lab_path(tree, "%s/tree", directory) == 0 &&
	    glob_one(pattern, package) == 0)
		return lab_child_run(argv, NULL, -1, error);
	tsem_error_set(error, ENOENT, "apt-get left no package in %s", directory);
	return -1;
}

struct payload_magic {
	const char *bytes;
	const char *program;
};

static const char *payload_program(const uint8_t *payload, size_t length)
{
	static const struct payload_magic known[] = {
		{"\x28\xb5\x2f\xfd", "zstd"},
		{"\xfd\x37zX", "xz"},
		{"\x1f\x8b\x08", "gzip"},
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t size = strlen(known[i].bytes);

		if (length > size && memcmp(payload, known[i].bytes, size) == 0)
			return known[i].program;
	}
	return NULL;
}

/* QEMU starts an ELF image only through its Xen note of type 18 (PVH). */
static bool is_bootable_elf(const char *path)
{
	static const uint8_t note[] = {18, 0, 0, 0, 'X', 'e', 'n', 0};
	uint8_t *bytes;
	size_t length;
	bool found;

	if (lab_file_read(path, &bytes, &length) < 0)
		return false;
	found = length > 4 && memcmp(bytes, "\177ELF", 4) == 0 && memmem(bytes, length, note, sizeof(note));
	free(bytes);
	return found;
}

static int decompress(const char *program, const char *source, const char *target)
{
	const char *const argv[] = {program, "-dcq", source, NULL};
	struct tsem_error ignored;
	int fd = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int err;

	if (fd < 0)
		return -errno;
	err = lab_child_run(argv, NULL, fd, &ignored);
	close(fd);
	return err;
}

/*
 * Emulated, the guest takes a second to decompress its own kernel: do it once
 * here. Offsets are those of the x86 boot protocol's setup header. Without
 * success the compressed image is used.
 */
static void extract_elf(const char *image, const char *packed, const char *elf)
{
	uint8_t *bytes;
	size_t length;
	size_t start;
	uint32_t offset;
	uint32_t size;
	const char *program;

	if (lab_file_read(image, &bytes, &length) < 0)
		return;
	if (length > 0x250 && memcmp(bytes + 0x202, "HdrS", 4) == 0) {
		memcpy(&offset, bytes + 0x248, sizeof(offset));
		memcpy(&size, bytes + 0x24c, sizeof(size));
		start = (bytes[0x1f1] + 1u) * 512u + offset;
		/* The payload ends with its unpacked size, 4 bytes. */
		if (size > 4 && start < length && size <= length - start) {
			program = payload_program(bytes + start, size);
			if (program && lab_file_write(packed, bytes + start, size - 4) == 0)
				decompress(program, packed, elf);
		}
	}
	free(bytes);
	if (!is_bootable_elf(elf))
		unlink(elf);
}

/* From the unpacked package to a complete entry of the cache, then renamed. */
static int make_entry(const char *cache, const char *directory, struct tsem_error *error)
{
	char image[PATH_MAX], kernel[PATH_MAX], elf[PATH_MAX], packed[PATH_MAX];
	char tree[PATH_MAX], entry[PATH_MAX], modules[PATH_MAX], final[PATH_MAX];
	int err;

	if (lab_path(tree, "%s/tree/boot/vmlinuz-*", directory) < 0 || glob_one(tree, image) < 0) {
		tsem_error_set(error, ENOENT, "the kernel package holds no /boot/vmlinuz");
		return -1;
	}
	err = lab_path(tree, "%s/tree/lib/modules", directory) | lab_path(packed, "%s/payload", directory) |
	      lab_path(entry, "%s/entry", directory) | lab_path(modules, "%s/entry/modules", directory) |
	      lab_path(kernel, "%s/entry/vmlinuz", directory) | lab_path(elf, "%s/entry/vmlinux", directory) |
	      lab_path(final, "%s/kernel-%s", cache, strrchr(image, '/') + strlen("/vmlinuz-"));
	if (!err)
		err = lab_directory_make(modules);
	if (!err && lab_modules_collect(tree, modules, error) < 0)
		return -1;
	if (!err) {
		extract_elf(image, packed, elf);
		err = replace_move(image, kernel);
		if (!err && chmod(entry, 0755) < 0)
			err = -errno;
		if (!err)
			err = replace_move(entry, final);
	}
	if (err)
		tsem_error_set(error, -err, "cannot keep the kernel in %s: %s", cache, strerror(-err));
	return err ? -1 : 0;
}

/* What an interrupted fetch left; nobody else fetches while we hold the lock. */
static void remove_leftovers(const char *cache)
{
	char pattern[PATH_MAX];
	glob_t found;
	size_t i;

	if (lab_path(pattern, "%s/fetch-*", cache) < 0)
		return;
	if (glob(pattern, 0, NULL, &found) == 0)
		for (i = 0; i < found.gl_pathc; i++)
			lab_directory_remove(found.gl_pathv[i]);
	globfree(&found);
}

int lab_kernel_fetch(const char *cache, struct tsem_error *error)
{
	char directory[PATH_MAX];
	int err;

	remove_leftovers(cache);
	if (lab_path(directory, "%s/fetch-XXXXXX", cache) < 0 || !mkdtemp(directory)) {
		tsem_error_set(error, errno, "cannot make a directory in %s: %s", cache, strerror(errno));
		return -1;
	}
	err = download_package(directory, error);
	if (!err)
		err = unpack(directory, error);
	if (!err)
		err = make_entry(cache, directory, error);
	lab_directory_remove(directory);
	return err;
}
