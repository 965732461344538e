/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Devices in /sys/devices: addresses (0000:00:1f.2, pci0000:00, 2:0:0:0), names
 * with a number (virtio3, nvme0n1, eth0), and disks, which have letters instead.
 */
#include <string.h>

#include "device.h"

#define DEVICES "/sys/devices/"

bool device_is_path(const char *path, size_t size)
{
	return size > strlen(DEVICES) && !memcmp(path, DEVICES, strlen(DEVICES));
}

static bool is_digit(char c)
{
	return name_class_has(TSEM_NAME_DIGIT, c);
}

/* Below block, a disk, and below that its partitions, which are called after it. */
static bool is_disk(const char *path, size_t at, size_t size)
{
	size_t parent = 0;

	while (parent + 1 < at && path[at - 2 - parent] != '/')
		parent++;
	return (parent == 5 && !memcmp(path + at - 6, "block", 5)) ||
	       (parent > 2 && parent < size && !memcmp(path + at - 1 - parent, path + at, parent));
}

/* The driver's part of the name of a disk, as in sdb2; 0: it has none. */
static size_t disk_prefix(const char *name, size_t size)
{
	static const char *const drivers[] = {"hd", "sd", "vd", "xvd"};

	for (size_t i = 0; i < sizeof(drivers) / sizeof(*drivers); i++) {
		size_t prefix = strlen(drivers[i]), at = prefix;

		if (size <= prefix || memcmp(name, drivers[i], prefix) != 0 || is_digit(name[prefix]))
			continue;
		while (at < size && ((name[at] >= 'a' && name[at] <= 'z') || is_digit(name[at])))
			at++;
		if (at == size)
			return prefix;
	}
	return 0;
}

/* Hexadecimal numbers with colons between them. */
static bool is_address(const char *text, size_t size)
{
	bool colon = false;

	for (size_t i = 0; i < size; i++) {
		colon |= text[i] == ':';
		if (text[i] != ':' && text[i] != '.' && !name_class_has(TSEM_NAME_HEX, text[i]))
			return false;
	}
	return colon;
}

/* Each run of digits, decimal or hexadecimal, becomes a part. */
static bool put_numbers(struct tsem_name_rule *rule, const char *text, size_t size, tsem_u32 class)
{
	bool good = true;
	size_t end;

	for (size_t at = 0; good && at < size; at = end) {
		end = at;
		while (end < size && name_class_has(class, text[end]))
			end++;
		good = end > at ? name_rule_put_class(rule, class, 0) : name_rule_put_literal(rule, text + at, 1);
		end += end == at;
	}
	return good;
}

bool device_put_name(struct tsem_name_rule *rule, const char *path, size_t at, size_t size)
{
	const char *name = path + at;
	size_t prefix = is_disk(path, at, size) ? disk_prefix(name, size) : 0;

	if (prefix)
		return name_rule_put_literal(rule, name, prefix) && name_rule_put_class(rule, TSEM_NAME_ALNUM, 0);
	while (prefix < size && !is_digit(name[prefix]))
		prefix++;
	return name_rule_put_literal(rule, name, prefix) &&
	       put_numbers(rule, name + prefix, size - prefix,
			   is_address(name + prefix, size - prefix) ? TSEM_NAME_HEX : TSEM_NAME_DIGIT);
}
