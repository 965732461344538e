/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events as OCSF 1.3.0: the rows are in ocsf.def, docs/export.md explains them. */
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "../lib/base/buffer.h"
#include "../lib/event/codec.h"
#include "format.h"
#include "ocsf_rows.h"
#include "ocsf_words.h"

/* One event on its way. */
struct ocsf {
	const struct sink_format *format;
	const struct tsem_record *record;
	struct ocsf_row row;
	struct tsem_buffer *out;
	struct codec codec;
	bool used[CODEC_ITEM_LIMIT]; /* items that an attribute stands for */
	bool cut;
};

static void put(struct ocsf *o, const char *text)
{
	tsem_buffer_add(o->out, text, strlen(text));
}

/* ,"key":" unless something begins */
static void put_key(struct ocsf *o, const char *key)
{
	char last = o->out->size ? o->out->data[o->out->size - 1] : '{';

	if (last != '{' && last != '[')
		put(o, ",");
	put(o, "\"");
	put(o, key);
	put(o, "\":");
}

static void put_text(struct ocsf *o, const char *key, const char *text)
{
	put_key(o, key);
	put(o, "\"");
	sink_json_text(o->out, text, strlen(text));
	put(o, "\"");
}

static void put_number(struct ocsf *o, const char *key, tsem_u64 number)
{
	put_key(o, key);
	tsem_buffer_printf(o->out, "%llu", number);
}

static void put_hex(struct ocsf *o, const char *key, const tsem_u8 *bytes, size_t size)
{
	put_key(o, key);
	put(o, "\"");
	buffer_hex(o->out, bytes, size);
	put(o, "\"");
}

/* The field prefix.name, or name alone; NULL when there is no such field. Marks it as used. */
static const struct item *take(struct ocsf *o, const char *prefix, const char *name)
{
	const struct item *item;
	char path[64];

	snprintf(path, sizeof(path), "%s%s%s", prefix ? prefix : "", prefix && *name ? "." : "", name);
	item = codec_find(&o->codec, path);
	if (!item || item->kind != ITEM_VALUE)
		return NULL;
	o->used[item - o->codec.items] = true;
	return item;
}

static void put_item(struct ocsf *o, const char *key, const struct item *item)
{
	if (!item)
		return;
	put_key(o, key);
	put(o, "\"");
	json_item_text(item, o->out);
	put(o, "\"");
}

static bool is_zero(const struct item *item)
{
	for (size_t i = 0; i < item->size; i++)
		if (item->data[i])
			return false;
	return true;
}

/* ---- objects ---- */

static void put_user(struct ocsf *o, const char *key, tsem_u64 uid)
{
	put_key(o, key);
	tsem_buffer_printf(o->out, "{\"uid\":\"%llu\"}", uid);
}

static bool is_exec(const struct ocsf *o)
{
	return o->record->event == TSEM_EVENT_bprm_committed_creds;
}

static void put_parent(struct ocsf *o)
{
	put_key(o, "parent_process");
	put(o, "{");
	put_number(o, "pid", o->record->ppid);
	put_hex(o, "uid", o->record->ptask_id, TSEM_DIGEST_SIZE);
	put(o, "}");
}

/* Information about the acting program, beyond the record. */
static void put_program(struct ocsf *o)
{
	const struct sink_knowledge *known = o->format->knowledge;
	struct tsem_buffer path = {};
	const char *slash;

	if (known && known->program)
		known->program(known->context, o->record, &path);
	slash = path.size ? strrchr(path.data, '/') : NULL;
	if (slash) {
		put_key(o, "file");
		put(o, "{");
		put_text(o, "name", slash[1] ? slash + 1 : slash);
		put_text(o, "path", path.data);
		put_number(o, "type_id", 1);
		put(o, "}");
	}
	tsem_buffer_deinit(&path);
}

/* At an exec the identity in the record is already that of the program to come, which is not the one that acts. */
static void put_self(struct ocsf *o)
{
	const struct tsem_record *record = o->record;
	char name[TSEM_COMM_SIZE + 1] = {};

	memcpy(name, record->comm, TSEM_COMM_SIZE);
	put_number(o, "pid", record->pid);
	put_number(o, "tid", record->tid);
	put_text(o, "name", name);
	if (!is_exec(o))
		put_hex(o, "uid", record->task_id, TSEM_DIGEST_SIZE);
	put_program(o);
	put_user(o, "user", record->coe.uid);
	put_parent(o);
}

static void put_actor(struct ocsf *o)
{
	put_key(o, "actor");
	put(o, "{\"process\":{");
	put_self(o);
	put(o, "}");
	put_user(o, "user", o->record->coe.euid);
	put(o, "}");
}

static unsigned file_type(tsem_u64 mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return 1;
	case S_IFDIR:
		return 2;
	case S_IFCHR:
		return 3;
	case S_IFBLK:
		return 4;
	case S_IFSOCK:
		return 5;
	case S_IFIFO:
		return 6;
	case S_IFLNK:
		return 7;
	}
	return 0;
}

/* The mode is not taken, because the type says less. That of inode_getattr's path is beside it. */
static unsigned type_of(const struct ocsf *o, const char *prefix, unsigned otherwise)
{
	const struct item *mode;
	char name[64];

	snprintf(name, sizeof(name), "%s.inode.mode", prefix ? prefix : "");
	mode = codec_find(&o->codec, name);
	if (!mode && o->record->event == TSEM_EVENT_inode_getattr)
		mode = codec_find(&o->codec, "inode.mode");
	return mode && file_type(item_number(mode)) ? file_type(item_number(mode)) : otherwise;
}

/* The last component; "/" is its own. */
static void put_name(struct ocsf *o, const struct item *path)
{
	const tsem_u8 *slash = path->size > 1 ? memrchr(path->data, '/', path->size) : NULL;
	struct item name = *path;

	if (slash && slash + 1 < path->data + path->size) {
		name.data = slash + 1;
		name.size = path->data + path->size - name.data;
	}
	put_item(o, "name", &name);
}

static void put_path(struct ocsf *o, const struct item *path)
{
	put_name(o, path);
	put_item(o, "path", path);
}

/* A file that was created in the namespace has no name but its number in its directory. */
static void put_created(struct ocsf *o, const struct item *directory, const struct item *instance)
{
	put_key(o, "name");
	put(o, "\"");
	if (instance)
		json_item_text(instance, o->out);
	put(o, instance ? ". created\"" : "not known\"");
	put_item(o, "parent_folder", directory);
}

static const struct item *take_either(struct ocsf *o, const char *prefix, const char *longer, const char *shorter)
{
	const struct item *item = take(o, prefix, longer);

	return item ? item : take(o, prefix, shorter);
}

static void put_fingerprint(struct ocsf *o, const struct item *digest)
{
	if (!digest || is_zero(digest))
		return;
	put_key(o, "hashes");
	put(o, "[{\"algorithm\":\"SHA-256\",\"algorithm_id\":3");
	put_item(o, "value", digest);
	put(o, "}]");
}

/* prefix names a FILE, a DENTRY, a PATH or a string; NULL: nothing is known. */
static void put_file(struct ocsf *o, const char *key, const char *prefix, unsigned type)
{
	const struct item *path = prefix ? take_either(o, prefix, "path.pathname", "pathname") : NULL, *owner;

	put_key(o, key);
	put(o, "{");
	if (!path && prefix)
		path = take(o, NULL, prefix); /* kmod_name */
	if (path)
		put_path(o, path);
	else
		put_created(o, prefix ? take_either(o, prefix, "path.directory", "directory") : NULL,
			    prefix ? take_either(o, prefix, "path.instance", "instance") : NULL);
	put_number(o, "type_id", type_of(o, prefix, type));
	owner = prefix ? take(o, prefix, "inode.uid") : NULL;
	if (owner)
		put_user(o, "owner", item_number(owner));
	if (prefix)
		put_fingerprint(o, take(o, prefix, "digest"));
	put(o, "}");
}

/* The new program: its own name, and the command line if it is known. */
static void put_started(struct ocsf *o)
{
	const struct sink_knowledge *known = o->format->knowledge;
	const struct item *path = codec_find(&o->codec, "file.path.pathname");
	struct tsem_buffer line = {};

	put_number(o, "pid", o->record->pid);
	put_hex(o, "uid", o->record->task_id, TSEM_DIGEST_SIZE);
	if (path && path->kind == ITEM_VALUE)
		put_name(o, path);
	if (known && known->cmd_line)
		known->cmd_line(known->context, o->record, &line);
	if (line.size && !line.failed)
		put_text(o, "cmd_line", line.data);
	tsem_buffer_deinit(&line);
	put_user(o, "user", o->record->coe.uid);
	put_parent(o);
	put_file(o, "file", "file", 1);
}

static void put_process(struct ocsf *o)
{
	const struct item *id = o->row.subject ? take(o, NULL, o->row.subject) : NULL;

	put_key(o, "process");
	put(o, "{");
	if (is_exec(o)) {
		put_started(o);
	} else if (o->row.subject) {
		put_key(o, "uid");
		put(o, "\"");
		if (id)
			json_item_text(id, o->out);
		put(o, "\"");
	} else {
		put_self(o);
	}
	put(o, "}");
}

static bool put_address(struct ocsf *o)
{
	const char *addr = o->row.subject;
	const struct item *ip = addr ? take(o, addr, "af_inet.address") : NULL, *port, *local, *digest;

	if (!addr)
		return false;
	ip = ip ? ip : take(o, addr, "af_inet6.address");
	port = take_either(o, addr, "af_inet.port", "af_inet6.port");
	local = take(o, addr, "af_unix.address");
	digest = take(o, addr, "af_other.digest");
	if (ip)
		put_item(o, "ip", ip);
	if (port)
		put_number(o, "port", item_number(port));
	if (local)
		put_item(o, "name", local);
	if (digest)
		put_item(o, "uid", digest);
	return ip || local || digest;
}

/* Without an address of the other side the endpoint is this host's. */
static void put_network(struct ocsf *o)
{
	const struct item *protocol = take(o, "sock", "protocol");

	put_key(o, "dst_endpoint");
	put(o, "{");
	if (!put_address(o))
		put_text(o, "hostname", o->format->identity.host);
	put(o, "}");
	if (o->row.detail == 2) {
		put_key(o, "src_endpoint");
		put(o, "{");
		put_text(o, "hostname", o->format->identity.host);
		put(o, "}");
	}
	put_key(o, "connection_info");
	put(o, "{");
	put_number(o, "direction_id", o->row.detail);
	if (protocol && item_number(protocol) < 256)
		put_number(o, "protocol_num", item_number(protocol));
	put(o, "}");
}

static void put_kernel(struct ocsf *o)
{
	put_key(o, "kernel");
	put(o, "{");
	put_text(o, "name", o->row.subject);
	put_number(o, "type_id", o->row.detail);
	put(o, "}");
}

static void put_extension(struct ocsf *o)
{
	put_key(o, "driver");
	put(o, "{");
	put_file(o, "file", o->row.subject, 0);
	put(o, "}");
}

static void put_memory(struct ocsf *o)
{
	const struct item *prot = take(o, NULL, "prot");

	put_process(o);
	if (prot)
		put_number(o, "requested_permissions", item_number(prot));
}

static void put_objects(struct ocsf *o)
{
	switch (o->row.class) {
	case FILES:
		put_file(o, "file", o->row.subject, o->row.detail);
		if (o->row.second)
			put_file(o, "file_result", o->row.second, o->row.detail);
		break;
	case EXTENSION:
		put_extension(o);
		break;
	case KERNEL:
		put_kernel(o);
		break;
	case MEMORY:
		put_memory(o);
		break;
	case PROCESS:
		put_process(o);
		break;
	case NETWORK:
		put_network(o);
		break;
	}
}

/* ---- fields that determine the activity ---- */

static tsem_u64 number_of(const struct ocsf *o, const char *name)
{
	const struct item *item = codec_find(&o->codec, name);

	return item && item->kind == ITEM_VALUE ? item_number(item) : 0;
}

static unsigned refine(const struct ocsf *o)
{
	const tsem_u64 size = 1 << 3,
		       owner = 1 << 0 | 1 << 1 | 1 << 2; /* of inode_setattr: ATTR_SIZE; _MODE, _UID, _GID */
	const tsem_u64 module = 2; /* READING_MODULE, LOADING_MODULE */
	tsem_u64 number;

	switch (o->record->event) {
	case TSEM_EVENT_task_kill:
		number = number_of(o, "sig");
		return number == SIGKILL || number == SIGTERM || number == SIGINT || number == SIGQUIT ||
				       number == SIGABRT ?
			       2 :
			       OCSF_OTHER;
	case TSEM_EVENT_inode_setattr:
		number = number_of(o, "valid");
		return number & owner ? 7 : number & size ? 3 : 6;
	case TSEM_EVENT_kernel_load_data:
	case TSEM_EVENT_kernel_read_file:
		return number_of(o, "id") == module ? 1 : OCSF_OTHER;
	}
	return o->row.activity;
}

/* ---- unmapped ---- */

/* The dotted names of unused fields. */
static void put_rest(struct ocsf *o)
{
	char name[256];
	size_t sizes[32] = {0};

	for (unsigned i = 0; i < o->codec.count; i++) {
		const struct item *item = &o->codec.items[i];
		size_t at = item->depth ? sizes[item->depth - 1] : 0;

		if (item->kind == ITEM_CLOSE || item->depth >= 31)
			continue;
		sizes[item->depth] =
			at + snprintf(name + at, sizeof(name) - at, "%s%s", at ? "." : "", item->field->name);
		if (sizes[item->depth] >= sizeof(name))
			sizes[item->depth] = sizeof(name) - 1;
		if (item->kind == ITEM_VALUE && !o->used[i])
			put_item(o, name, item);
	}
}

static void put_unmapped(struct ocsf *o)
{
	const struct tsem_record *record = o->record;
	const struct tsem_coe *coe = &record->coe;

	put_key(o, "unmapped");
	put(o, "{");
	put_text(o, "type", tsem_event_name(record->event));
	tsem_buffer_printf(o->out, ",\"context\":\"%llu\",\"ttd\":\"%llu\",\"p_ttd\":\"%llu\",\"flags\":\"0x%x\"",
			   record->context, record->ttd, record->p_ttd, record->flags);
	if (!(record->flags & TSEM_RECORD_BARE))
		put_hex(o, "coefficient", record->coefficient, TSEM_DIGEST_SIZE);
	if (record->failure)
		put_text(o, "failure", schema_failure(record->failure));
	tsem_buffer_printf(o->out, ",\"COE.suid\":\"%u\",\"COE.gid\":\"%u\",\"COE.egid\":\"%u\",\"COE.sgid\":\"%u\"",
			   coe->suid, coe->gid, coe->egid, coe->sgid);
	tsem_buffer_printf(o->out, ",\"COE.fsuid\":\"%u\",\"COE.fsgid\":\"%u\",\"COE.capeff\":\"0x%llx\"", coe->fsuid,
			   coe->fsgid, coe->capeff);
	if (o->cut)
		put_hex(o, "cut", record_cell(record), record->cell_size);
	else
		put_rest(o);
	put(o, "}");
}

/* ---- the whole ---- */

void ocsf_prepare(struct sink_format *format)
{
	const struct sink_identity *identity = &format->identity;

	tsem_buffer_printf(&format->head, "\"metadata\":{\"version\":\"" OCSF_VERSION "\",\"product\":" OCSF_PRODUCT
					  ",\"profiles\":[\"host\",\"security_control\"],\"log_name\":\"");
	sink_json_text(&format->head, identity->name, strlen(identity->name));
	tsem_buffer_printf(&format->head, "\"");
	tsem_buffer_printf(&format->device, "\"device\":{\"hostname\":\"");
	sink_json_text(&format->device, identity->host, strlen(identity->host));
	tsem_buffer_printf(&format->device,
			   "\",\"type_id\":0,\"os\":{\"name\":\"Linux\",\"type_id\":200},\"uid\":\"%s\"}",
			   identity->boot);
}

static void put_metadata(struct ocsf *o)
{
	const struct sink_format *format = o->format;

	put(o, ",");
	tsem_buffer_add(o->out, format->head.data, format->head.size);
	put_number(o, "sequence", o->record->number);
	tsem_buffer_printf(o->out, ",\"uid\":\"%s-%llu-%llu\",\"original_time\":\"%llu\"},", format->identity.boot,
			   o->record->context, o->record->number, o->record->ts);
	tsem_buffer_add(o->out, format->device.data, format->device.size);
}

static void put_head(struct ocsf *o, unsigned class, unsigned activity, unsigned severity)
{
	bool refused = o->record->flags & TSEM_RECORD_REFUSED, violation = o->record->flags & TSEM_RECORD_VIOLATION;
	unsigned disposition = refused || violation ? OCSF_FINDING_DISPOSITION(refused) : 1;
	const char *name = ocsf_activity_name(class, activity);

	tsem_buffer_printf(
		o->out,
		"{\"category_uid\":%u,\"class_uid\":%u,\"activity_id\":%u,\"type_uid\":%u,\"severity_id\":%u,\"time\":%llu",
		class / 1000, class, activity, class * 100 + activity, severity,
		(o->format->identity.epoch + o->record->ts) / 1000000);
	tsem_buffer_printf(o->out, ",\"category_name\":\"%s\",\"class_name\":\"%s\",\"severity\":\"%s\"",
			   ocsf_category_name(class), ocsf_class_name(class), ocsf_severity_name(severity));
	put_text(o, "activity_name", name ? name : o->row.label ? o->row.label : tsem_event_name(o->record->event));
	tsem_buffer_printf(o->out, ",\"action_id\":%u,\"action\":\"%s\",\"disposition_id\":%u,\"disposition\":\"%s\"",
			   OCSF_ACTION(refused), ocsf_action_name(refused), disposition,
			   ocsf_disposition_name(disposition));
	put_metadata(o);
}

static void put_finding_info(struct ocsf *o)
{
	const struct tsem_record *record = o->record;
	struct tsem_buffer title = {};

	tsem_buffer_printf(&title, "%.*s ", TSEM_COMM_SIZE, (const char *)record->comm);
	tsem_record_describe(record, &title);
	put_key(o, "finding_info");
	put(o, "{");
	put_text(o, "title", title.failed ? "" : title.data);
	tsem_buffer_printf(o->out, ",\"uid\":\"%s-%llu-%llu\"", o->format->identity.boot, record->context,
			   record->number);
	put(o, ",\"types\":[\"not in the model\"]}");
	tsem_buffer_deinit(&title);
}

/* The nearest event that the model allows, and the differences. */
static void put_evidence(struct ocsf *o)
{
	const struct sink_knowledge *known = o->format->knowledge;
	struct tsem_buffer nearest = {}, difference = {};

	if (known && known->nearest)
		known->nearest(known->context, o->record, &nearest, &difference);
	if (nearest.size && difference.size) {
		put_key(o, "data");
		put(o, "{");
		put_text(o, "nearest", nearest.data);
		put_text(o, "difference", difference.data);
		put(o, "}");
	}
	tsem_buffer_deinit(&nearest);
	tsem_buffer_deinit(&difference);
}

/* An evidence has one file: the result is another evidence. */
static void put_second(struct ocsf *o)
{
	put(o, ",{");
	put_file(o, "file", o->row.second, o->row.detail);
	put(o, "}");
}

static void put_finding(struct ocsf *o)
{
	put_head(o, OCSF_FINDING, OCSF_CREATE, OCSF_FINDING_SEVERITY(o->record->flags & TSEM_RECORD_REFUSED));
	put(o, ",\"status_id\":1,\"status\":\"New\"");
	put_finding_info(o);
	put_key(o, "evidences");
	put(o, "[{");
	put_actor(o);
	if (o->row.class == KERNEL || o->row.class == EXTENSION)
		tsem_buffer_printf(o->out, ",\"api\":{\"operation\":\"%s\"}", tsem_event_name(o->record->event));
	else if (o->row.class == MEMORY)
		put_process(o);
	else if (o->row.class == FILES)
		put_file(o, "file", o->row.subject, o->row.detail);
	else
		put_objects(o);
	put_evidence(o);
	put(o, "}");
	if (o->row.class == FILES && o->row.second)
		put_second(o);
	put(o, "]");
}

static void put_activity(struct ocsf *o)
{
	unsigned activity = refine(o);

	put_head(o, o->row.class, activity, 1);
	put_actor(o);
	put_objects(o);
}

void ocsf_record_as(const struct sink_format *format, const struct tsem_record *record, struct ocsf_row row,
		    struct tsem_buffer *buffer)
{
	struct ocsf o; /* too large to be cleared for each event */

	o.format = format;
	o.record = record;
	o.row = row;
	o.out = buffer;
	memset(o.used, 0, sizeof(o.used));
	o.cut = !codec_decode_record(&o.codec, record);
	if (record->flags & TSEM_RECORD_VIOLATION)
		put_finding(&o);
	else
		put_activity(&o);
	put_unmapped(&o);
	put(&o, "}");
}

void ocsf_record(const struct sink_format *format, const struct tsem_record *record, struct tsem_buffer *buffer)
{
	ocsf_record_as(format, record, ocsf_row_of(record->event), buffer);
}
