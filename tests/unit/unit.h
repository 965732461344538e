/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A test is a function of the list below. It fails by CHECK, ends early by SKIP, and passes otherwise. */
#ifndef TSEM_TESTS_UNIT_H
#define TSEM_TESTS_UNIT_H

#include "../../lib/tsem.h"

#define UNIT_TESTS(T) \
	T(error_texts) \
	T(sequence_numbers) \
	T(records_walk) \
	T(runtime_owned) \
	T(runtime_optional) \
	T(runtime_lsm) \
	T(watched_bounds) \
	T(questions_numbers) \
	T(buffer_grows) \
	T(buffer_escapes) \
	T(buffer_invisible) \
	T(buffer_hex) \
	T(sha256_vectors) \
	T(sha256_openssl) \
	T(schema_rows) \
	T(schema_long) \
	T(codec_generated) \
	T(codec_cut) \
	T(codec_head) \
	T(codec_failed) \
	T(coefficient_openssl) \
	T(coefficient_engine) \
	T(coefficient_documented) \
	T(coefficient_golden) \
	T(json_round_trip) \
	T(json_optionals) \
	T(json_reordered) \
	T(json_missing) \
	T(json_twice) \
	T(json_refused) \
	T(json_mutated) \
	T(json_failed) \
	T(json_bare) \
	T(set_many) \
	T(set_chosen) \
	T(set_digests) \
	T(model_round_trip) \
	T(model_truncated) \
	T(model_flipped) \
	T(model_refused) \
	T(model_files) \
	T(model_write_fails) \
	T(model_large) \
	T(tally_sums) \
	T(tally_digests) \
	T(tally_order) \
	T(programs) \
	T(calls_table) \
	T(calls_entries) \
	T(calls_list) \
	T(calls_file) \
	T(calls_merge) \
	T(calls_words) \
	T(reason) \
	T(sizes_list) \
	T(sizes_file) \
	T(sizes_merge) \
	T(decisions_list) \
	T(decisions_refused) \
	T(decisions_many) \
	T(decisions_file) \
	T(decisions_long) \
	T(decisions_count) \
	T(decisions_merge) \
	T(decisions_minimise) \
	T(decisions_rebase) \
	T(decisions_carry) \
	T(pattern_round_trip) \
	T(pattern_refused) \
	T(option_words) \
	T(option_table) \
	T(option_actions) \
	T(base64_vectors) \
	T(dsse_vector) \
	T(dsse_refused) \
	T(dsse_read) \
	T(sign_round_trip) \
	T(sign_sizes) \
	T(sign_flipped) \
	T(sign_statements) \
	T(sign_subjects) \
	T(sign_keys) \
	T(demand_about) \
	T(demand_order) \
	T(demand_serials) \
	T(rebase_contents) \
	T(rebase_learned) \
	T(rebase_counts) \
	T(rebase_joins) \
	T(rebase_strange) \
	T(rebase_deep) \
	T(rebase_pseudonym) \
	T(merge_sources) \
	T(merge_refused) \
	T(digest_file) \
	T(describe_sentences) \
	T(describe_hostile) \
	T(distance_order) \
	T(difference_words) \
	T(explain_actors) \
	T(explain_chains) \
	T(explain_endless) \
	T(explain_names) \
	T(explain_nearest) \
	T(explain_nearest_of_many) \
	T(explain_programs) \
	T(explain_beginning) \
	T(explain_outside) \
	T(profile_none) \
	T(container_filter_narrowed) \
	T(profile_arguments) \
	T(profile_open) \
	T(profile_refused) \
	T(container_config) \
	T(container_filter) \
	T(container_identity) \
	T(policy_first) \
	T(policy_broken) \
	T(policy_writers) \
	T(container_state) \
	T(explain_crowd) \
	T(explain_verdicts) \
	T(explain_session) \
	T(review_order) \
	T(review_generated) \
	T(review_whole) \
	T(review_objects) \
	T(review_secrets) \
	T(objects_all) \
	T(objects_likes) \
	T(objects_chosen) \
	T(objects_pairs) \
	T(listing_order) \
	T(listing_notes) \
	T(findings_leaders) \
	T(findings_alike) \
	T(compare_contents) \
	T(compare_same) \
	T(compare_pairs) \
	T(compare_partner) \
	T(compare_long) \
	T(compare_many) T(difference_none) T(difference_settings) T(difference_calls) T(difference_sizes) T(difference_decisions) T( \
		difference_decided) T(difference_contents) T(difference_events) T(minimise) T(minimise_recent) T(reread_files) T(reread_places) \
		T(reread_sizes) T(reread_check) T(convergence_states) T(convergence_changes) T(learn_failed) T(convergence_failed) T( \
			curve_verdicts) T(curve_heights) T(curve_runs) T(adopt_faults) T(adopt) T(selection_none) T(selection_kinds) \
			T(selection_numbers) T(selection_alike) T(selection_followers) T(inherited_untaken) T(start_order) T( \
				start_closed) T(start_privileged) T(start_status) T(start_lost) T(inherited_state) T(inherited_claim) \
				T(fork_away) T(tma_shapes) T(tma_agent) T(tma_exact) T(tma_full) T(tma_million) T(tma_frames) T( \
					sink_urls) T(sink_sizes) T(sink_topics) T(spool_memory) T(spool_survives) T(spool_damaged) \
					T(spool_position) T(spool_saving) T(spool_not_saved) T(spool_not_closed) T(stream_counts) T( \
						stream_failed) T(workload_wait) T(attendant_signals) T(pins_names) T(pins_stay) T(collect_gaps) \
						T(collect_conflicts) T(collect_bounds) T(topic_layout) T(collect_orders) T(ocsf_required) T( \
							ocsf_by_class) T(ocsf_cut) T(ocsf_values) T(ocsf_exec) T(propose_forms) T(propose_paths) \
							T(propose_within) T(propose_model) T(propose_seen) T(propose_limit) T( \
								propose_local) T(propose_shards) T(propose_devices) T(propose_localised) \
								T(propose_written) T(propose_kinds) T(propose_renames) T( \
									propose_hostile) T(likeness) T(replace_links) T(replace_owner) \
									T(replace_descriptors) T(replace_move) T(image_names) T( \
										image_loopback) T(image_document) T(image_index) T(image_artifact) \
										T(image_credentials) T(tree_events) T(tree_places) T( \
											tree_writable) T(tree_words) T(kind_objects) \
											T(asker_answers) T(asker_once) T(asker_always) T( \
												asker_denial) T(asker_groups) \
												T(asker_flood) T(asker_time) T( \
													asker_away) T(asker_nobody) \
													T(asker_start) T(asker_like) T( \
														asker_trees) T(ask_lines) \
														T(ask_json) T( \
															text_folded) \
															T(rate)

#define T(name) void test_##name(void);
UNIT_TESTS(T)
#undef T

/* Tells a failure of the running test; false. */
bool unit_fail(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
void unit_skip(const char *reason);

#define CHECK(condition) ((condition) ? true : unit_fail(__FILE__, __LINE__, "%s", #condition))
#define CHECK_TEXT(text, expected) unit_check_text(__FILE__, __LINE__, text, expected)
bool unit_check_text(const char *file, int line, const char *text, const char *expected);
/* The text holds the part. */
#define CHECK_HOLDS(text, part) unit_check_holds(__FILE__, __LINE__, text, part)
bool unit_check_holds(const char *file, int line, const char *text, const char *part);

#endif
