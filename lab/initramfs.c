/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MODULES_MAX 16

/* A newc archive in a memory file; the first failure sticks. */
struct archive {
	int fd;
	int err;
	unsigned int inode;
	size_t offset;
	char modules[MODULES_MAX][64];
	unsigned int module_count;
};

static void put_bytes(struct archive *archive, const void *bytes, size_t length)
{
	if (!archive->err)
		archive->err = lab_fd_write(archive->fd, bytes, length);
	archive->offset += length;
}

static void put_padding(struct archive *archive)
{
	static const char zeros[4];

	put_bytes(archive, zeros, -archive->offset & 3);
}

static void put_entry(struct archive *archive, const char *name, mode_t mode, dev_t device, const void *bytes,
		      size_t length)
{
	char header[128];
	int size = snprintf(header, sizeof(header), "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x",
			    ++archive->inode, (unsigned int)mode, 0u, 0u, 1u, 0u, length, 0u, 0u, major(device),
			    minor(device), strlen(name) + 1, 0u);

	put_bytes(archive, header, (size_t)size);
	put_bytes(archive, name, strlen(name) + 1);
	put_padding(archive);
	put_bytes(archive, bytes, length);
	put_padding(archive);
}

static bool has_module(const struct archive *archive, const char *name)
{
	unsigned int i;

	for (i = 0; i < archive->module_count; i++)
		if (strcmp(archive->modules[i], name) == 0)
			return true;
	return archive->module_count == MODULES_MAX;
}

/* /modules/N: a module's dependencies have lower numbers than itself. */
static void put_module(struct archive *archive, const char *directory, const char *name)
{
	char path[PATH_MAX];
	char names[256];
	char *next = names;
	char *each;
	uint8_t *bytes;
	size_t length;

	if (!directory[0] || has_module(archive, name) || lab_path(path, "%s/%s.ko", directory, name) < 0 ||
	    lab_file_read(path, &bytes, &length) < 0)
		return;
	lab_module_depends(bytes, length, names, sizeof(names));
	while ((each = strsep(&next, ",")))
		if (*each)
			put_module(archive, directory, each);
	if (!has_module(archive, name)) {
		snprintf(path, sizeof(path), "modules/%u", archive->module_count);
		snprintf(archive->modules[archive->module_count++], sizeof(archive->modules[0]), "%s", name);
		put_entry(archive, path, S_IFREG | 0644, 0, bytes, length);
	}
	free(bytes);
}

int lab_initramfs_create(const struct lab_kernel *kernel, bool disks, struct tsem_error *error)
{
	static const char *const always[] = {"virtio_pci", "virtio_console", "virtiofs", "overlay"};
	struct archive archive = {.fd = memfd_create("initramfs", MFD_CLOEXEC)};
	size_t i;

	if (archive.fd < 0)
		archive.err = -errno;
	put_entry(&archive, "dev", S_IFDIR | 0755, 0, NULL, 0);
	put_entry(&archive, "dev/console", S_IFCHR | 0600, makedev(5, 1), NULL, 0);
	put_entry(&archive, "modules", S_IFDIR | 0755, 0, NULL, 0);
	put_entry(&archive, "init", S_IFREG | 0755, 0, lab_init_image, (size_t)(lab_init_image_end - lab_init_image));
	for (i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		put_module(&archive, kernel->modules, always[i]);
	if (disks)
		put_module(&archive, kernel->modules, "virtio_blk");
	put_entry(&archive, "TRAILER!!!", 0, 0, NULL, 0);
	if (!archive.err)
		return archive.fd;
	if (archive.fd >= 0)
		close(archive.fd);
	tsem_error_set(error, -archive.err, "cannot build the guest's initramfs: %s", strerror(-archive.err));
	return -1;
}
