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

static int glob_one(const char *pattern, char *ret_path)
{
	glob_t found;
	int err = glob(pattern, 0, NULL, &found) == 0 ? 0 : -ENOENT;

	if (!err)
		err = lab_path(ret_path, "%s", found.gl_pathv[0]);
	globfree(&found);
	return err;
}

/* Unpacks each package that was fetched. */
static int unpack(const char *directory, struct tsem_error *error)
{
	char pattern[PATH_MAX], tree[PATH_MAX];
	glob_t found;
	size_t i;
	int err = 0;

	if (lab_path(pattern, "%s/*.deb", directory) < 0 || lab_path(tree, "%s/tree", directory) < 0 ||
	    glob(pattern, 0, NULL, &found) != 0) {
		tsem_error_set(error, ENOENT, "apt-get left no package in %s", directory);
		return -1;
	}
	for (i = 0; i < found.gl_pathc && !err; i++) {
		const char *const argv[] = {"dpkg-deb", "-x", found.gl_pathv[i], tree, NULL};

		err = lab_child_run(argv, NULL, -1, error);
	}
	globfree(&found);
	return err;
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
		{"\x02\x21\x4c\x18", "lz4"}, /* of 6.1 */
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

static int find_image(const char *directory, char *ret_image)
{
	/* From 7.3 on the image lies with the modules. */
	static const char *const patterns[] = {"%s/tree/boot/vmlinuz-*", "%s/tree/usr/lib/modules/*/vmlinuz"};
	char pattern[PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (lab_path(pattern, patterns[i], directory) == 0 && glob_one(pattern, ret_image) == 0)
			return 0;
	return -ENOENT;
}

/* What was fetched and what was made of it, in the form that sha256sum -c reads. */
static int write_checksums(const char *directory, const char *entry)
{
	static const char script[] = "cd \"$1\" && sha256sum *.deb >\"$2/packages.sha256\" && cd \"$2\" && "
				     "find . -type f ! -name '*.sha256' -exec sha256sum {} + | sort -k 2 >files.sha256";
	const char *const argv[] = {"sh", "-c", script, "checksums", directory, entry, NULL};
	struct tsem_error ignored;

	return lab_child_run(argv, NULL, -1, &ignored) < 0 ? -EIO : 0;
}

static int fill_entry(const char *directory, const char *entry, const char *image, struct tsem_error *error)
{
	char kernel[PATH_MAX], elf[PATH_MAX], packed[PATH_MAX], tree[PATH_MAX], modules[PATH_MAX];
	int err = lab_path(tree, "%s/tree", directory) | lab_path(packed, "%s/payload", directory) |
		  lab_path(modules, "%s/modules", entry) | lab_path(kernel, "%s/vmlinuz", entry) |
		  lab_path(elf, "%s/vmlinux", entry);

	if (!err)
		err = lab_directory_make(modules);
	if (!err && lab_modules_collect(tree, modules, error) < 0)
		return -1;
	if (!err) {
		extract_elf(image, packed, elf);
		err = replace_move(image, kernel);
	}
	if (!err)
		err = write_checksums(directory, entry);
	if (!err && chmod(entry, 0755) < 0)
		err = -errno;
	if (err)
		tsem_error_set(error, -err, "cannot make an entry of the cache in %s: %s", entry, strerror(-err));
	return err ? -1 : 0;
}

/* From the unpacked packages to a complete entry of the cache, then renamed. */
static int make_entry(const char *cache, const char *directory, const char *release, struct tsem_error *error)
{
	char image[PATH_MAX], entry[PATH_MAX], final[PATH_MAX];
	int err = lab_path(entry, "%s/entry", directory) | lab_path(final, "%s/kernel-%s", cache, release);

	if (!err && find_image(directory, image) < 0) {
		tsem_error_set(error, ENOENT, "the packages of kernel %s contain no image", release);
		return -1;
	}
	if (!err && fill_entry(directory, entry, image, error) < 0)
		return -1;
	if (!err)
		err = replace_move(entry, final);
	if (err)
		tsem_error_set(error, -err, "cannot keep the kernel in %s: %s", cache, strerror(-err));
	return err ? -1 : 0;
}

/* Removes the rest of an interrupted fetch; no other process fetches while we hold the lock. */
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

static int not_found(const struct lab_apt *apt, const char *version, struct tsem_error *error)
{
	if (apt->update.code)
		tsem_error_set(
			error, apt->update.code,
			"cannot fetch kernel %s: %.300s; the first use of a kernel needs the network and a package "
			"source of Debian, or give --kernel",
			version, apt->update.text);
	else
		tsem_error_set(error, ENOENT,
			       "this machine's package sources have no kernel %s; "
			       "`tsem lab --kernel-version ls` lists the available ones",
			       version);
	return -1;
}

/* The package lists that have the version; the caller frees the names. */
static char *look_up(const char *cache, const char *version, struct lab_apt *apt, char *ret_release,
		     struct tsem_error *error)
{
	char *names;
	int far;

	for (far = 0; far < 2; far++) {
		if (lab_apt_open(cache, far, apt, error) < 0)
			return NULL;
		names = lab_apt_names(apt, "linux-", error);
		if (!names || lab_release_pick(names, version, ret_release))
			return names;
		free(names);
	}
	not_found(apt, version, error);
	return NULL;
}

int lab_kernel_fetch(const char *cache, const char *version, struct tsem_error *error)
{
	char directory[PATH_MAX], release[LAB_RELEASE_MAX];
	struct lab_apt apt;
	char *names;
	int err;

	remove_leftovers(cache);
	names = look_up(cache, version, &apt, release, error);
	if (!names)
		return -1;
	if (lab_path(directory, "%s/fetch-XXXXXX", cache) < 0 || !mkdtemp(directory)) {
		tsem_error_set(error, errno, "cannot make a directory in %s: %s", cache, strerror(errno));
		free(names);
		return -1;
	}
	err = lab_release_download(&apt, names, release, directory, error);
	free(names);
	if (!err)
		err = unpack(directory, error);
	if (!err)
		err = make_entry(cache, directory, release, error);
	lab_directory_remove(directory);
	return err;
}
