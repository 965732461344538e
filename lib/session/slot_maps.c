/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The maps of one namespace, made and filled. */
#include "slot_maps.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIRECTORIES_LIMIT 8192
#define SIZES_ROOM 4096
#define SEEN_LIMIT 4096
#define SEEN_LONG_LIMIT 2048
/* Learning sends every new event, an export every event, enforcement only violations. */
#define RING_SIZE_LEARNING (4u << 20)
#define RING_SIZE_SEALED (256u << 10)
#define BATCH 4096

/* The map that was filled with the result r, or the negative errno that it could not be made or filled with. */
static int map_or_error(int map, int r)
{
	if (map >= 0 && r)
		close(map);
	return map >= 0 && r ? r : map;
}

static int hash_map(const char *name, size_t key, size_t value, size_t entries, unsigned flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = flags);

	return bpf_map_create(BPF_MAP_TYPE_HASH, name, key, value, entries, &options);
}

static int fill_model(int map, const struct tsem_set *set)
{
	tsem_u8(*keys)[TSEM_DIGEST_SIZE] = malloc(BATCH * sizeof(*keys));
	struct tsem_point *points = calloc(BATCH, sizeof(*points));
	LIBBPF_OPTS(bpf_map_batch_opts, options);
	int r = keys && points ? 0 : -ENOMEM;

	for (size_t done = 0; !r && done < set->count; done += BATCH) {
		__u32 count = set->count - done < BATCH ? set->count - done : BATCH;

		for (__u32 i = 0; i < count; i++)
			memcpy(keys[i], set->entries[done + i].coefficient, TSEM_DIGEST_SIZE);
		r = bpf_map_update_batch(map, keys, points, &count, &options);
	}
	free(keys);
	free(points);
	return r;
}

/* Otherwise the model is a header only: of what is learned, or exported. */
static bool is_judged(const struct tsem_namespace_options *options)
{
	return options->mode == TSEM_MODE_SEALED || options->mode == TSEM_MODE_ENFORCING;
}

/* An agent may judge by no model of ours. */
bool slot_has_model(const struct tsem_namespace_options *options)
{
	return options->model && is_judged(options) && options->model->name[0];
}

size_t slot_model_limit(const struct tsem_namespace_options *options)
{
	return options->limit ? options->limit : MODEL_LIMIT;
}

static int make_model(const struct tsem_namespace_options *options)
{
	const struct tsem_model *model = is_judged(options) && !options->agent ? options->model : NULL;
	size_t size = model ? model->set.count : 0;
	int map;

	if (options->mode == TSEM_MODE_FREE || options->agent || options->ask)
		size += slot_model_limit(options);
	map = hash_map("tsem_model", TSEM_DIGEST_SIZE, sizeof(struct tsem_point), size ? size : 1, 0);
	return map_or_error(map, map >= 0 && model ? fill_model(map, &model->set) : 0);
}

static int make_rules(const struct tsem_model *model)
{
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "tsem_rule_list", sizeof(tsem_u32), sizeof(*model->names),
				 TSEM_NAME_RULES, NULL);
	int r = 0;

	for (tsem_u32 i = 0; map >= 0 && !r && i < model->name_count; i++)
		r = bpf_map_update_elem(map, &i, &model->names[i], BPF_ANY);
	return map_or_error(map, r);
}

static int make_pseudonyms(const struct tsem_model *model)
{
	int map = hash_map("tsem_replaced", TSEM_PSEUDONYM_PATH, TSEM_DIGEST_SIZE, model->pseudonym_count, 0), r = 0;
	char key[TSEM_PSEUDONYM_PATH];
	tsem_u8 digest[TSEM_DIGEST_SIZE];

	for (size_t i = 0; map >= 0 && !r && i < model->pseudonym_count; i++) {
		memset(key, 0, sizeof(key));
		memcpy(key, model->pseudonyms[i], strlen(model->pseudonyms[i])); /* shorter, or it would be none */
		tsem_pseudonym_digest(model->pseudonyms[i], digest);
		r = bpf_map_update_elem(map, key, digest, BPF_ANY);
	}
	return map_or_error(map, r);
}

/* Those of the model, which are the only ones that are read when enforcing, and room for others otherwise. */
static int make_sizes(const struct tsem_namespace_options *options)
{
	const struct tsem_model *model = is_judged(options) ? options->model : NULL;
	const struct tsem_sizes *large = model ? &model->large : &(struct tsem_sizes){};
	size_t room = options->mode == TSEM_MODE_ENFORCING ? !large->count : SIZES_ROOM;
	int map, r = 0;

	if (options->mode == TSEM_MODE_EXPORT || (options->agent && is_judged(options) && !slot_has_model(options)))
		return SLOT_MAP_NONE;
	map = hash_map("tsem_size_set", sizeof(tsem_u64), sizeof(tsem_u64), large->count + room, BPF_F_NO_PREALLOC);
	for (size_t i = 0; map >= 0 && !r && i < large->count; i++)
		r = bpf_map_update_elem(map, &large->items[i], &large->items[i], BPF_ANY);
	return map_or_error(map, r);
}

/* Where created files are numbered. The directory that was not used for the longest time makes room for another one. */
static int make_directories(const struct tsem_namespace_options *options)
{
	if (!TSEM_OPTIONS_NUMBER(options->options))
		return SLOT_MAP_NONE;
	return map_or_error(bpf_map_create(BPF_MAP_TYPE_LRU_HASH, "tsem_dirs", sizeof(struct tsem_directory),
					   sizeof(tsem_u64), DIRECTORIES_LIMIT, NULL),
			    0);
}

static int make_seen(bool judged)
{
	return hash_map("tsem_seen", TSEM_SEEN_HEAD + TSEM_SEEN_SHORT, sizeof(struct tsem_seen),
			judged ? SEEN_LIMIT : 1, 0);
}

static int make_seen_long(bool judged)
{
	return hash_map("tsem_seen_long", TSEM_SEEN_HEAD + TSEM_SEEN_LONG, sizeof(struct tsem_seen),
			judged ? SEEN_LONG_LIMIT : 1, 0);
}

/* Not those that are not wanted: without rules none is looked for. */
struct slot_maps slot_maps_make(const struct tsem_namespace_options *options)
{
	bool every =
		options->mode == TSEM_MODE_FREE || options->mode == TSEM_MODE_EXPORT || options->agent || options->ask;
	size_t ring = every ? RING_SIZE_LEARNING : RING_SIZE_SEALED;
	bool judged = options->mode != TSEM_MODE_EXPORT;
	const struct tsem_model *model = options->model;

	return (struct slot_maps){
		.models = make_model(options),
		.rules = model && model->name_count ? make_rules(model) : SLOT_MAP_NONE,
		.pseudonyms = model && model->pseudonym_count ? make_pseudonyms(model) : SLOT_MAP_NONE,
		.sizes = make_sizes(options),
		.forensics = hash_map("tsem_forensic", TSEM_DIGEST_SIZE, sizeof(struct tsem_point), FORENSICS_LIMIT, 0),
		.directories = make_directories(options),
		.seen = make_seen(judged),
		.seen_long = make_seen_long(judged),
		.rings = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "tsem_ring", 0, 0, ring, NULL),
		.syscalls = options->calls ? kernel_calls_map() : SLOT_MAP_NONE,
	};
}

#define M(name) .name = SLOT_MAP_KEEP,
static const struct slot_maps keep_all = {TSEM_SLOT_TABLES(M)};
#undef M

struct slot_maps slot_maps_model(const struct tsem_namespace_options *options)
{
	struct slot_maps maps = keep_all;

	maps.models = make_model(options);
	maps.sizes = make_sizes(options);
	return maps;
}

struct slot_maps slot_maps_seen(void)
{
	struct slot_maps maps = keep_all;

	maps.seen = make_seen(true);
	maps.seen_long = make_seen_long(true);
	return maps;
}
