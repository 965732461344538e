/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The features of the running kernel: tested, never concluded from its version. */
#include "capture.h"
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
#define LSM_REMEDY \
	"boot with bpf in the list of security modules: add lsm=landlock,lockdown,yama,integrity,apparmor,bpf to the " \
	"kernel command line (in Debian: GRUB_CMDLINE_LINUX in /etc/default/grub, then update-grub and reboot)"
#define CONTAINER_REMEDY "run on the machine itself: some containers and virtual machines do not allow BPF LSM programs"
#define KERNEL_REMEDY "use a kernel of 6.12 or newer (in Debian 12: apt install linux-image-6.12-amd64)"

/* Shared by the probes of one call. */
struct probing {
	struct btf *btf; /* of the running kernel; NULL when it has none */
	const char *remedy; /* for the finding, if it differs from the usual one */
	bool missing; /* something that is required */
	bool whole; /* all programs can be loaded */
};

struct probe {
	const char *name;
	bool required;
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

	if (runtime_read_file(LSM_LIST, &list, &length, NULL)) {
		probing->remedy =
			"mount -t securityfs securityfs /sys/kernel/security, and ask again; where that is not allowed, "
			"as in containers, run on the machine itself";
		return say(detail, size, false, LSM_LIST " cannot be read");
	}
	snprintf(detail, size, "%.*s", (int)length, list);
	free(list);
	detail[strcspn(detail, "\n")] = 0;
	return lsm_listed(detail);
}

static bool ask_btf(struct probing *probing, char *detail, size_t size)
{
	return probing->btf ? say(detail, size, true, "/sys/kernel/btf/vmlinux") :
			      say(detail, size, false, "the kernel does not describe its types");
}

/* A program of two instructions on the hook: return 0. */
static int load_trivial(const struct probing *probing)
{
	const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_LSM_MAC);

	if (!probing->btf)
		return -ENOENT;
	options.attach_btf_id = btf__find_by_name_kind(probing->btf, "bpf_lsm_file_open", BTF_KIND_FUNC);
	return bpf_prog_load(BPF_PROG_TYPE_LSM, "tsem_probe", "Dual BSD/GPL", code, 2, &options);
}

/* Without the privilege, a failure says nothing about the kernel. */
static const char *program_remedy(int code)
{
	return code != EPERM && code != EACCES ? KERNEL_REMEDY : geteuid() ? "run as root" : CONTAINER_REMEDY;
}

/*
 * Whether this process may load and attach anything. If it may, a failure of the programs themselves is the kernel's.
 */
static bool ask_lsm_program(struct probing *probing, char *detail, size_t size)
{
	int program = load_trivial(probing), link;

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
	return say(detail, size, true, "may be loaded and attached");
}

static bool has_function(const struct probing *probing, const char *name)
{
	return probing->btf && btf__find_by_name_kind(probing->btf, name, BTF_KIND_FUNC) > 0;
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

/* Loads and attaches the programs themselves, as `tsem load` does, and removes them again. */
static bool try_load(struct probing *probing, unsigned flags, char *detail, size_t size)
{
	struct tsem_kernel *kernel;
	struct tsem_error error = {};
	bool loaded = tsem_kernel_loaded();

	if (probing->missing) {
		probing->remedy = "";
		return say(detail, size, false, "not tested, because a feature above is missing");
	}
	if (tsem_kernel_open(TSEM_KERNEL_LOAD | flags, &kernel, &error)) {
		if (loaded)
			probing->remedy = "run `tsem unload` when no workload runs";
		snprintf(detail, size, "%.*s", (int)strcspn(error.text, ";"), error.text);
		return false;
	}
	tsem_kernel_close(kernel);
	return say(detail, size, true, loaded ? "are loaded and attached" : "were loaded and attached");
}

static bool ask_all_events(struct probing *probing, char *detail, size_t size)
{
	probing->whole = try_load(probing, TSEM_KERNEL_ALL_EVENTS, detail, size);
	return probing->whole;
}

static bool ask_programs(struct probing *probing, char *detail, size_t size)
{
	return probing->whole ? say(detail, size, true, "were loaded and attached, or are") :
				try_load(probing, 0, detail, size);
}

static const struct probe probes[] = {
	{"privilege", true, ask_root, "run as root; in a container also give it CAP_SYS_ADMIN and CAP_MAC_ADMIN"},
	{"BPF LSM active", true, ask_lsm_list, LSM_REMEDY},
	{"kernel type information", true, ask_btf, KERNEL_REMEDY},
	{"BPF LSM programs", true, ask_lsm_program, CONTAINER_REMEDY},
	{"content digests", true, ask_digest, "boot with integrity in the lsm= list of the kernel command line"},
	{"BPF file system", true, ask_bpffs, "mount -t bpf bpf " TSEM_BPF_ROOT},
	{"programs for --events all", false, ask_all_events, "do without --events all"},
	{"programs of tsem", true, ask_programs, KERNEL_REMEDY},
};

int tsem_features_probe(struct tsem_feature *features, size_t limit, size_t *ret_count, struct tsem_error *error)
{
	struct probing probing = {};
	size_t count = sizeof(probes) / sizeof(*probes);

	(void)error;
	capture_begin();
	probing.btf = btf__load_vmlinux_btf();
	for (size_t i = 0; i < count && i < limit; i++) {
		struct tsem_feature *feature = &features[i];

		memset(feature, 0, sizeof(*feature));
		feature->name = probes[i].name;
		feature->required = probes[i].required;
		probing.remedy = NULL;
		feature->present = probes[i].ask(&probing, feature->detail, sizeof(feature->detail));
		if (!feature->present)
			snprintf(feature->remedy, sizeof(feature->remedy), "%s",
				 probing.remedy ? probing.remedy : probes[i].remedy);
		probing.missing |= feature->required && !feature->present;
	}
	btf__free(probing.btf);
	capture_end();
	*ret_count = count < limit ? count : limit;
	return 0;
}
