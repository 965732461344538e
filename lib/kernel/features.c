/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the running kernel offers: asked, never concluded from its version. */
#include "runtime.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define BPF_FS_MAGIC_NUMBER 0xcafe4a11
#define LSM_LIST "/sys/kernel/security/lsm"
#define LSM_REMEDY \
	"boot with bpf in the list of security modules: add lsm=landlock,lockdown,yama,integrity,apparmor,bpf to the " \
	"kernel command line (in Debian: GRUB_CMDLINE_LINUX in /etc/default/grub, then update-grub and reboot)"
#define CONTAINER_REMEDY "run on the machine itself: some containers and virtual machines do not allow BPF LSM programs"
#define KERNEL_REMEDY "use a kernel of 6.12 or newer (in Debian 12: apt install linux-image-6.12-amd64)"

/* Shared by the probes of one call. */
struct probing {
	struct btf *btf; /* of the running kernel; NULL when it has none */
	const char *remedy; /* for what was found, if it is another one than the usual */
};

struct probe {
	const char *name;
	bool (*ask)(struct probing *probing, char *ret_detail, size_t size);
	const char *remedy;
};

static bool say(char *detail, size_t size, bool present, const char *text)
{
	snprintf(detail, size, "%s", text);
	return present;
}

static bool ask_root(struct probing *probing, char *detail, size_t size)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t admin = CAP_CLEAR, mac = CAP_CLEAR;

	if (caps) {
		cap_get_flag(caps, CAP_SYS_ADMIN, CAP_EFFECTIVE, &admin);
		cap_get_flag(caps, CAP_MAC_ADMIN, CAP_EFFECTIVE, &mac);
		cap_free(caps);
	}
	if (geteuid()) {
		probing->remedy = "run as root";
		return say(detail, size, false, "not root");
	}
	if (admin != CAP_SET || mac != CAP_SET)
		return say(detail, size, false, "root without CAP_SYS_ADMIN or CAP_MAC_ADMIN");
	return say(detail, size, true, "root with CAP_SYS_ADMIN and CAP_MAC_ADMIN");
}

static bool ask_lsm_list(struct probing *probing, char *detail, size_t size)
{
	char *list = NULL;
	size_t length = 0;
	bool present;

	if (runtime_read_file(LSM_LIST, &list, &length, NULL)) {
		probing->remedy =
			"mount -t securityfs securityfs /sys/kernel/security, and ask again; where that is not allowed, "
			"as in containers, run on the machine itself";
		return say(detail, size, false, LSM_LIST " cannot be read");
	}
	snprintf(detail, size, "%.*s", (int)length, list);
	free(list);
	detail[strcspn(detail, "\n")] = 0;
	present = strstr(detail, "bpf") != NULL;
	return present;
}

static bool ask_btf(struct probing *probing, char *detail, size_t size)
{
	return probing->btf ? say(detail, size, true, "/sys/kernel/btf/vmlinux") :
			      say(detail, size, false, "the kernel does not describe its types");
}

static bool has_function(const struct probing *probing, const char *name)
{
	return probing->btf && btf__find_by_name_kind(probing->btf, name, BTF_KIND_FUNC) > 0;
}

static bool ask_functions(struct probing *probing, char *detail, size_t size)
{
	static const char *const needed[] = {
		"bpf_path_d_path",
		"bpf_rcu_read_lock",
		"bpf_lsm_file_post_open",
		"bpf_lsm_path_unlink",
		"bpf_lsm_bprm_creds_from_file",
		"bpf_lsm_inode_setattr",
		"bpf_lsm_socket_post_create",
		"bpf_lsm_d_instantiate",
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if (!has_function(probing, needed[i])) {
			snprintf(detail, size, "%s is missing", needed[i]);
			return false;
		}
	return say(detail, size, true, "hooks and path functions are there");
}

/* A program of two instructions on the hook: return 0. */
static int load_trivial(const struct probing *probing, const char *hook, unsigned flags)
{
	const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_LSM_MAC, .prog_flags = flags);

	if (!probing->btf)
		return -ENOENT;
	options.attach_btf_id = btf__find_by_name_kind(probing->btf, hook, BTF_KIND_FUNC);
	return bpf_prog_load(BPF_PROG_TYPE_LSM, "tsem_probe", "Dual BSD/GPL", code, 2, &options);
}

/* Without the right nothing is known of the kernel. */
static const char *program_remedy(int code)
{
	return code != EPERM && code != EACCES ? KERNEL_REMEDY : geteuid() ? "run as root" : CONTAINER_REMEDY;
}

static bool try_program(struct probing *probing, const char *hook, unsigned flags, char *detail, size_t size)
{
	int program = load_trivial(probing, hook, flags), link;

	if (program < 0) {
		probing->remedy = program_remedy(-program);
		snprintf(detail, size, "loading is refused: %s", strerror(-program));
		return false;
	}
	link = bpf_raw_tracepoint_open(NULL, program);
	close(program);
	if (link < 0) {
		snprintf(detail, size, "loads, but attaching is refused: %s", strerror(-link));
		return false;
	}
	close(link);
	return say(detail, size, true, "loads and attaches");
}

static bool ask_lsm_program(struct probing *probing, char *detail, size_t size)
{
	return try_program(probing, "bpf_lsm_file_open", 0, detail, size);
}

static bool ask_sleepable(struct probing *probing, char *detail, size_t size)
{
	return try_program(probing, "bpf_lsm_bprm_creds_from_file", BPF_F_SLEEPABLE, detail, size);
}

static bool ask_storage(struct probing *probing, char *detail, size_t size)
{
	static const enum bpf_map_type types[] = {BPF_MAP_TYPE_TASK_STORAGE, BPF_MAP_TYPE_INODE_STORAGE,
						  BPF_MAP_TYPE_SK_STORAGE, BPF_MAP_TYPE_RINGBUF};

	(void)probing;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		int r = libbpf_probe_bpf_map_type(types[i], NULL);

		if (r != 1) {
			snprintf(detail, size, "map type %d: %s", types[i], r < 0 ? strerror(-r) : "missing");
			return false;
		}
	}
	return say(detail, size, true, "task, inode and socket storage, ring buffer");
}

static bool ask_digest(struct probing *probing, char *detail, size_t size)
{
	struct stat st;

	if (!has_function(probing, "ima_file_hash")) {
		probing->remedy =
			"use a kernel that is built with IMA, as Debian's are (in Debian 12: apt install linux-image-6.12-amd64)";
		return say(detail, size, false, "the kernel is built without IMA");
	}
	if (stat("/sys/kernel/security/integrity/ima", &st) && stat("/sys/kernel/security/ima", &st))
		return say(detail, size, false, "IMA is not active");
	return say(detail, size, true, "IMA digests files");
}

static bool ask_bpffs(struct probing *probing, char *detail, size_t size)
{
	struct statfs fs;

	(void)probing;
	if (!statfs(TSEM_BPF_ROOT, &fs) && fs.f_type == BPF_FS_MAGIC_NUMBER)
		return say(detail, size, true, "mounted on " TSEM_BPF_ROOT);
	if (!access(TSEM_BPF_ROOT, W_OK))
		return say(detail, size, true, "will be mounted on " TSEM_BPF_ROOT);
	return say(detail, size, false, TSEM_BPF_ROOT " is missing or cannot be written");
}

static const struct probe probes[] = {
	{"privilege", ask_root, "run as root; in a container also give it CAP_SYS_ADMIN and CAP_MAC_ADMIN"},
	{"BPF LSM active", ask_lsm_list, LSM_REMEDY},
	{"kernel type information", ask_btf, KERNEL_REMEDY},
	{"hooks and functions", ask_functions, KERNEL_REMEDY},
	{"BPF LSM programs", ask_lsm_program, CONTAINER_REMEDY},
	{"sleepable programs", ask_sleepable, CONTAINER_REMEDY},
	{"storage maps", ask_storage, "make BPF LSM active, see above; if it is, " KERNEL_REMEDY},
	{"content digests", ask_digest, "boot with integrity in the lsm= list of the kernel command line"},
	{"BPF file system", ask_bpffs, "mount -t bpf bpf " TSEM_BPF_ROOT},
};

static int quiet(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

int tsem_features_probe(struct tsem_feature *features, size_t limit, size_t *ret_count, struct tsem_error *error)
{
	struct probing probing = {};
	size_t count = sizeof(probes) / sizeof(*probes);

	(void)error;
	libbpf_set_print(quiet);
	probing.btf = btf__load_vmlinux_btf();
	for (size_t i = 0; i < count && i < limit; i++) {
		struct tsem_feature *feature = &features[i];

		memset(feature, 0, sizeof(*feature));
		feature->name = probes[i].name;
		feature->required = true;
		probing.remedy = NULL;
		feature->present = probes[i].ask(&probing, feature->detail, sizeof(feature->detail));
		if (!feature->present)
			snprintf(feature->remedy, sizeof(feature->remedy), "%s",
				 probing.remedy ? probing.remedy : probes[i].remedy);
	}
	btf__free(probing.btf);
	*ret_count = count < limit ? count : limit;
	return 0;
}
