/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Why an event could not be modeled. */
#ifndef TSEM_ABI_FAILURES_H
#define TSEM_ABI_FAILURES_H

/*
 * Why an event could not be modeled: index into tsem_namespace.failures, and
 * tsem_record.failure. TSEM_FAILURE(number, name, sentence)
 */
#define TSEM_FAILURES(F) \
	F(1, scratch, "no working memory was free in the kernel") \
	F(2, path, "the path is longer than 4095 bytes or cannot be resolved") \
	F(3, digest, "the file's content could not be digested") \
	F(4, model_full, "the model has reached its size limit") \
	F(5, forensics_full, "the record of violations has reached its size limit") \
	F(6, storage, "the kernel had no memory for the state of a task, file or socket") \
	F(7, instance, "the kernel had no memory to number the files that are created in a directory") \
	F(8, field, "a field of the event could not be read") \
	F(9, changing, "the code to run can still change: it is open for writing, or is memory that is not sealed") \
	F(10, agent, "the modeling agent did not answer") \
	F(11, root, "the root directory was changed while the path was read") \
	F(12, size, "it is larger than 16 MiB and the model does not have its size, so it was not read") \
	F(13, large, "it is larger than 1 GiB, so it was not read") \
	F(14, turning, \
	  "it names a file by a descriptor or a directory of a process (/proc/self/fd, cwd, root), which can be any file")
enum {
	TSEM_FAILURE_LIMIT = 16,
#define F(number, name, sentence) TSEM_FAILURE_##name = (number),
	TSEM_FAILURES(F)
#undef F
};

#endif
