/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define TSEM_PERIODIC
#include <tsem/detect.bpf.h>

TSEM_DETECTION(
	module_hidden, "T1014",
	"a kernel module that the detection saw loading is no longer on the kernel's list, although its code is still in memory",
	.observes = 1);

#define MODULES_MAX 1024

struct module_memory {
	void *base;
} __attribute__((preserve_access_index));

struct module {
	struct list_head list;
	char name[56];
	struct module_memory mem[1]; /* the first one is its code */
} __attribute__((preserve_access_index));

struct seen_module {
	__u64 code;
	__u32 round; /* in which it was on the list */
	__u32 told;
	char name[56];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MODULES_MAX);
	__type(key, __u64);
	__type(value, struct seen_module);
} tsem_modules SEC(".maps");

struct list_walk {
	__u64 at, head;
	__u32 round;
	__u32 whole;
};

struct search {
	__u32 round;
	struct seen_module found;
};

extern const void modules __ksym; /* the head of the kernel's list */
__u32 rounds;

SEC("tp_btf/module_load")
int BPF_PROG(on_load, struct module *module)
{
	struct seen_module seen = {.code = (__u64)BPF_CORE_READ(module, mem[0].base), .round = rounds};
	__u64 key = tsem_address(module);

	BPF_CORE_READ_STR_INTO(&seen.name, module, name);
	if (bpf_map_update_elem(&tsem_modules, &key, &seen, BPF_ANY))
		tsem_failed();
	return 0;
}

SEC("tp_btf/module_free")
int BPF_PROG(on_free, struct module *module)
{
	__u64 key = tsem_address(module);

	bpf_map_delete_elem(&tsem_modules, &key);
	return 0;
}

static long list_step(__u32 turn, struct list_walk *walk)
{
	const struct list_head *at = (const struct list_head *)walk->at;
	__u64 next = (__u64)BPF_CORE_READ(at, next), key;
	struct seen_module *seen;

	if (!next || next == walk->head) {
		walk->whole = next == walk->head;
		return 1;
	}
	key = next - bpf_core_field_offset(struct module, list);
	seen = bpf_map_lookup_elem(&tsem_modules, &key);
	if (seen)
		seen->round = walk->round;
	walk->at = next;
	return 0;
}

/* One in each round; the next one in the next. */
static long find_hidden(void *map, __u64 *key, struct seen_module *seen, struct search *search)
{
	char byte;

	if (seen->round == search->round || seen->told || bpf_probe_read_kernel(&byte, 1, (const void *)seen->code))
		return 0;
	seen->told = 1;
	search->found = *seen;
	return 1;
}

struct bpf_iter_meta;
struct bpf_iter__bpf_link {
	struct bpf_iter_meta *meta;
	struct bpf_link *link;
} __attribute__((preserve_access_index));

/* Every 20 seconds; the last call of each is the one without a link. */
SEC("iter/bpf_link")
int look(struct bpf_iter__bpf_link *ctx)
{
	struct search search = {};
	struct list_walk walk = {};

	if (ctx->link)
		return 0;
	/* Not as an initial value: the compiler would put the address where nobody fills it in. */
	walk.at = walk.head = tsem_address(&modules);
	walk.round = search.round = __sync_fetch_and_add(&rounds, 1) + 1;
	bpf_loop(MODULES_MAX, list_step, &walk, 0);
	if (!walk.whole)
		tsem_failed();
	else if (bpf_for_each_map_elem(&tsem_modules, find_hidden, &search, 0) >= 0 && search.found.code)
		tsem_log((const char *)search.found.name);
	return 0;
}
