/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The object of a detection: whether it is one, what it says of itself, and what the verifier says of it. */
#include "../base/utf8.h"
#include "../kernel/capture.h"
#include "../kernel/reason.h"
#include "detect.h"

#include <bpf/bpf.h>
#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OBJECT_MAX (4u << 20)
#define HEAD_MAP ".rodata.tsem"

/* ---- the file ---- */

static int read_object(const char *path, char **ret_bytes, size_t *ret_size, struct tsem_error *error)
{
	struct stat st;

	if (stat(path, &st))
		return tsem_error_set(error, errno,
				      "cannot open the object %s: %s (`tsem detect ls --all` has those by name)", path,
				      strerror(errno));
	if (!S_ISREG(st.st_mode))
		return tsem_error_set(error, EINVAL, "%s is no file: give what `tsem detect build` has made", path);
	if (st.st_size > OBJECT_MAX)
		return tsem_error_set(error, EFBIG, "%s is too big for a detection: it has %lld bytes, the most are %u",
				      path, (long long)st.st_size, OBJECT_MAX);
	return runtime_read_file(path, ret_bytes, ret_size, error);
}

static int check_machine(const char *path, const char *bytes, size_t size, struct tsem_error *error)
{
	const Elf64_Ehdr *head = (const Elf64_Ehdr *)bytes;

	if (size < sizeof(*head) || memcmp(head->e_ident, ELFMAG, SELFMAG))
		return tsem_error_set(error, EINVAL, "%s is no object of a detection: `tsem detect build` makes one",
				      path);
	if (head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_machine != EM_BPF || head->e_ident[EI_DATA] != ELFDATA2LSB)
		return tsem_error_set(error, EINVAL,
				      "%s is for another architecture, not for BPF: compile it by `tsem detect build`",
				      path);
	return 0;
}

/* A name without a slash and without a dot is one of ours, else a file. */
static bool find_shipped(const char *name, struct tsem_detect_shipped *ret_object)
{
	for (size_t i = 0; tsem_detect_object(i, ret_object); i++)
		if (!strcmp(ret_object->name, name))
			return true;
	return false;
}

static bool is_shipped(const char *name)
{
	return !strchr(name, '/') && !strchr(name, '.');
}

static int read_either(const char *name, char **ret_bytes, size_t *ret_size, struct tsem_error *error)
{
	struct tsem_detect_shipped shipped;
	int r;

	if (!is_shipped(name)) {
		r = read_object(name, ret_bytes, ret_size, error);
		if (r)
			return r;
		r = check_machine(name, *ret_bytes, *ret_size, error);
		if (r)
			free(*ret_bytes);
		return r;
	}
	if (!find_shipped(name, &shipped))
		return tsem_error_set(error, ENOENT,
				      "tsem has no detection %s with it: `tsem detect ls --all` lists them", name);
	*ret_bytes = malloc(shipped.size);
	if (!*ret_bytes)
		return tsem_error_set(error, ENOMEM, "out of memory");
	memcpy(*ret_bytes, shipped.bytes, shipped.size);
	*ret_size = shipped.size;
	return 0;
}

/* ---- what it says of itself ---- */

/* Of characters that a terminal shows and does nothing else with. */
static bool is_text(const tsem_u8 *text, size_t size)
{
	size_t length = strnlen((const char *)text, size), at = 0, step;
	tsem_u32 code;

	while ((step = utf8_decode((const char *)text + at, length - at, &code)) && utf8_harmless(code))
		at += step;
	return length && length < size && at == length;
}

/* [a-z0-9_]; users see a dash for each underscore. */
static bool take_name(tsem_u8 *name)
{
	if (!is_text(name, TSEM_DETECT_NAME))
		return false;
	for (tsem_u8 *c = name; *c; c++) {
		if (*c == '_')
			*c = '-';
		else if (!islower(*c) && !isdigit(*c))
			return false;
	}
	return name[0] != '-';
}

/* T1070 or T1070.004. */
static bool is_technique(const tsem_u8 *text)
{
	static const char form[] = "T0000.000";
	size_t length = strnlen((const char *)text, TSEM_DETECT_TECHNIQUE);

	for (size_t i = 0; i < length; i++)
		if (form[i] == '0' ? !isdigit(text[i]) : text[i] != form[i])
			return false;
	return length == 5 || length == 9;
}

static int take_head(const char *path, struct detect_object *o, struct tsem_error *error)
{
	struct bpf_map *map;
	size_t size = 0;

	bpf_object__for_each_map (map, o->object)
		if (strstr(bpf_map__name(map), HEAD_MAP))
			o->inside = (struct tsem_detection_head *)bpf_map__initial_value(map, &size);
	if (!o->inside)
		return tsem_error_set(error, EINVAL,
				      "%s is no detection: it has no TSEM_DETECTION(name, technique, sentence)", path);
	if (size != sizeof(*o->inside) || o->inside->version != TSEM_DETECT_VERSION)
		return tsem_error_set(error, EINVAL,
				      "%s was built for another version of tsem: build it anew by `tsem detect build`",
				      path);
	o->head = *o->inside;
	if (!take_name(o->head.name))
		return tsem_error_set(error, EINVAL,
				      "%s: the name in TSEM_DETECTION has to be 1 to %d small letters, digits and _",
				      path, TSEM_DETECT_NAME - 1);
	if (!o->shipped && !strncmp((const char *)o->head.name, "base-", 5))
		return tsem_error_set(error, EINVAL, "%s: names that begin with base are for parts of tsem", path);
	if (!is_technique(o->head.technique))
		return tsem_error_set(
			error, EINVAL,
			"%s: the technique in TSEM_DETECTION has to be one of MITRE ATT&CK, as T1070 or T1070.004",
			path);
	if (!is_text(o->head.text, TSEM_DETECT_TEXT))
		return tsem_error_set(error, EINVAL, "%s: the sentence in TSEM_DETECTION has to be one line of text",
				      path);
	if (o->head.action > TSEM_ACTION_FREEZE)
		return tsem_error_set(error, EINVAL, "%s: there is no action %u", path, o->head.action);
	return 0;
}

const char *detect_hook(const struct bpf_program *program)
{
	const char *slash = strchr(bpf_program__section_name(program), '/');

	return slash ? slash + 1 : "";
}

static int check_programs(const char *path, const struct detect_object *o, struct tsem_error *error)
{
	struct bpf_program *program;
	unsigned count = 0;

	bpf_object__for_each_program (program, o->object) {
		const char *section = bpf_program__section_name(program);

		count++;
		if (!o->shipped && strncmp(section, "lsm/", 4) && strncmp(section, "lsm.s/", 6) &&
		    strncmp(section, "tp_btf/", 7) && strcmp(section, "iter/" DETECT_PERIODIC))
			return tsem_error_set(
				error, EINVAL,
				"%s: the program %s is in the section %s: a detection has programs for hooks of "
				"security modules, in sections lsm/HOOK and lsm.s/HOOK",
				path, bpf_program__name(program), section);
	}
	if (!count)
		return tsem_error_set(error, EINVAL, "%s has no program: put one into the section lsm/HOOK", path);
	if (count > TSEM_DETECT_PROGRAMS_MAX)
		return tsem_error_set(error, E2BIG, "%s has %u programs; the most are %u", path, count,
				      TSEM_DETECT_PROGRAMS_MAX);
	return 0;
}

static int open_bytes(const char *path, size_t size, struct detect_object *o, struct tsem_error *error)
{
	char reason[512];
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "tsem_detect", .kernel_log_buf = o->log,
		    .kernel_log_size = DETECT_LOG_SIZE); /* written when something fails */

	capture_begin();
	o->object = bpf_object__open_mem(o->bytes, size, &options);
	reason_print(reason, sizeof(reason));
	capture_end();
	if (o->object)
		return 0;
	return tsem_error_set(error, EINVAL, "%s cannot be used: %s", path,
			      *reason ? reason : "it is no object that libbpf knows");
}

int detect_object_open(const char *name, struct detect_object *ret_object, struct tsem_error *error)
{
	struct detect_object o = {};
	size_t size;
	int r = read_either(name, &o.bytes, &size, error);

	if (r)
		return r;
	o.log = calloc(1, DETECT_LOG_SIZE);
	r = o.log ? open_bytes(name, size, &o, error) : tsem_error_set(error, ENOMEM, "out of memory");
	o.shipped = is_shipped(name);
	if (!r)
		r = take_head(name, &o, error);
	if (!r)
		r = check_programs(name, &o, error);
	if (r) {
		detect_object_close(&o);
		return r;
	}
	*ret_object = o;
	return 0;
}

void detect_object_close(struct detect_object *o)
{
	capture_begin();
	bpf_object__close(o->object);
	capture_end();
	free(o->bytes);
	free(o->log);
}

int tsem_detect_head(const char *name, struct tsem_detection_head *ret_head, struct tsem_error *error)
{
	struct detect_object object;
	int r = detect_object_open(name, &object, error);

	if (r)
		return r;
	*ret_head = object.head;
	detect_object_close(&object);
	return 0;
}

/* ---- its maps ---- */

/* Of the map that is there: as the object has it, or else its programs would read and write beside what is meant. */
static int share_map(struct bpf_map *map, int fd, struct tsem_error *error)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		return tsem_error_set(error, ENOENT, "the map %s of the detection is not there", bpf_map__name(map));
	if (info.type != bpf_map__type(map) || info.key_size != bpf_map__key_size(map) ||
	    info.value_size != bpf_map__value_size(map) || info.max_entries != bpf_map__max_entries(map))
		return tsem_error_set(
			error, EINVAL,
			"the map %s of the detection has another layout than the loaded one: build it anew, "
			"by this tsem",
			bpf_map__name(map));
	return bpf_map__reuse_fd(map, fd) ? tsem_error_set(error, errno, "cannot share the map %s: %s",
							   bpf_map__name(map), strerror(errno)) :
					    0;
}

int detect_object_share(struct detect_object *o, const struct tsem_detect *detect, struct tsem_error *error)
{
	const struct {
		const char *name;
		int fd;
	} shared[] = {{"tsem_tasks", detect->kernel->tasks},
		      {"tsem_namespaces", detect->kernel->namespaces},
#define M(member, name) {#name, detect->member},
		      DETECT_MAPS(M)
#undef M
	};
	struct bpf_map *map;
	int r = 0;

	bpf_object__for_each_map (map, o->object)
		for (size_t i = 0; !r && i < sizeof(shared) / sizeof(*shared); i++)
			if (!strcmp(bpf_map__name(map), shared[i].name))
				r = share_map(map, shared[i].fd, error);
	return r;
}

/* ---- what the verifier says ---- */

/* The last line of source before what it objects to: "; text @ file:line". */
static void find_line(const char *log, const char *objection, char *ret_line, size_t size)
{
	const char *line = NULL;

	for (const char *at = log; at && at < objection; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
		if (at[0] == ';' && at[1] == ' ')
			line = at + 2;
	snprintf(ret_line, size, "%.*s", line ? (int)strcspn(line, "\n") : 0, line ? line : "");
}

/* Common objections of the verifier, explained. */
static const struct {
	const char *says, *means;
} meanings[] = {
	{"infinite loop", "it may never end"},
	{"invalid access to map value", "it may read or write beyond the value of a map"},
	{"outside of the allowed memory range", "it may read or write beyond what it was given"},
	{"_or_null'", "what was looked up is used before it is compared with NULL"},
	{"invalid mem access 'scalar'", "it follows a pointer that may be NULL, or that the kernel does not vouch for"},
	{"too many instructions", "it is too long for the verifier to follow all of its ways"},
	{"program is too large", "it is too long for the verifier to follow all of its ways"},
	{"jumps is too complex", "it has too many ways for the verifier to follow"},
	{"Unreleased reference", "a file or process that it took is not given back on every way"},
	{"unknown func", "the kernel does not let such a program call that function"},
	{"only read from", "it writes to what it may only read"},
};

static const char *meaning_of(const char *text)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++)
		if (strstr(text, meanings[i].says))
			return meanings[i].means;
	return NULL;
}

static const char *line_before(const char *log, const char *line)
{
	if (line <= log)
		return NULL;
	for (line--; line > log && line[-1] != '\n'; line--)
		;
	return line;
}

static bool is_state(const char *line)
{
	return !strncmp(line, "old state:", 10) || !strncmp(line, "cur state:", 10) || line[0] == '\n';
}

/* Its objection is the last line before the statistics that is no state of registers. */
static const char *find_objection(const char *log, char *ret_text, size_t size)
{
	const char *end = strstr(log, "\nprocessed "), *line = end ? line_before(log, end + 1) : NULL;

	while (line && is_state(line))
		line = line_before(log, line);
	*ret_text = 0;
	if (line)
		snprintf(ret_text, size, "%.*s", (int)strcspn(line, "\n"), line);
	return line;
}

/* "text @ file:line" as "line N of FILE (text)". */
static void tell_line(const char *line, char *ret_text, size_t size)
{
	const char *at = strstr(line, " @ "), *colon = at ? strrchr(at, ':') : NULL;

	if (!colon)
		snprintf(ret_text, size, "%s%s%s", *line ? " (" : "", line, *line ? ")" : "");
	else
		snprintf(ret_text, size, " at line %s of %.*s (%.*s)", colon + 1, (int)(colon - at - 3), at + 3,
			 (int)(at - line), line);
}

static int tell_refusal(const struct detect_object *o, int code, struct tsem_error *error)
{
	char text[256], line[256], place[400];
	struct bpf_program *program, *failed = NULL;
	const char *objection = find_objection(o->log, text, sizeof(text));

	bpf_object__for_each_program (program, o->object)
		if (bpf_program__fd(program) < 0 && !failed)
			failed = program;
	if (objection && *text) {
		find_line(o->log, objection, line, sizeof(line));
		tell_line(line, place, sizeof(place));
		return tsem_error_set(error, code, "the verifier refuses the program %s%s: %s%s%s",
				      failed ? bpf_program__name(failed) : "", place,
				      meaning_of(text) ? meaning_of(text) : "", meaning_of(text) ? ": " : "", text);
	}
	reason_print(text, sizeof(text));
	if ((code == EPERM || code == EACCES) && !reason_known())
		return runtime_no_kernel(error, code, "the kernel does not let this process load it (%s)",
					 strerror(code));
	return tsem_error_set(error, code, "the kernel does not load it: %s", *text ? text : strerror(code));
}

int detect_object_load(struct detect_object *o, struct tsem_error *error)
{
	int r;

	capture_begin();
	r = bpf_object__load(o->object);
	if (r)
		r = tell_refusal(o, -r, error);
	capture_end();
	return r;
}
