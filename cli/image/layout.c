/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "layout.h"
#include "file.h"
#include "../../lib/base/replace.h"
#include "../../lib/event/digest.h"
#include "../../lib/json/members.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INDEX "index.json"
#define BLOBS "blobs/sha256"
#define LOCK_LOOKS 100 /* of 100 ms */
#define VERSION "{\"imageLayoutVersion\":\"1.0.0\"}"
#define PATH_ROOM (PATH_MAX + 128)

void layout_path(const char *directory, const tsem_u8 digest[TSEM_DIGEST_SIZE], char *ret_path, size_t size)
{
	char hex[2 * TSEM_DIGEST_SIZE + 1];

	digest_format(digest, hex);
	snprintf(ret_path, size, "%s/" BLOBS "/%s", directory, hex);
}

/* ---- reading ---- */

static bool read_version(struct scanner *s, void *context)
{
	char version[16];
	size_t size;

	(void)context;
	scan_space(s);
	return scan_string(s, (tsem_u8 *)version, sizeof(version), false, &size) &&
	       ((size == 5 && !memcmp(version, "1.0.0", 5)) || scan_fail(s, NULL, "only 1.0.0 can be read"));
}

static int check_version(const char *directory, struct tsem_error *error)
{
	static const struct json_member members[] = {{"imageLayoutVersion", read_version, true}, {}};
	struct tsem_buffer text = {};
	struct scanner s = {};
	char path[PATH_ROOM];
	int r;

	snprintf(path, sizeof(path), "%s/oci-layout", directory);
	if (access(path, F_OK))
		return tsem_error_set(error, ENOENT, "%.512s is no OCI image layout: it has no file oci-layout",
				      directory);
	r = image_file_read(path, 4096, &text, error);
	s = (struct scanner){.start = text.data, .at = text.data, .end = text.data + text.size};
	if (!r && (!json_members(&s, members, NULL) || !json_end(&s)))
		r = tsem_error_set(error, EBADMSG, "%.512s is no OCI image layout: oci-layout, byte %td: %s", directory,
				   s.where - s.start, s.reason);
	tsem_buffer_deinit(&text);
	return r;
}

int layout_open(const char *directory, struct layout *ret_layout, struct tsem_error *error)
{
	struct layout *layout = ret_layout;
	char path[PATH_ROOM];
	int r = check_version(directory, error);

	*layout = (struct layout){};
	snprintf(layout->directory, sizeof(layout->directory), "%s", directory);
	snprintf(path, sizeof(path), "%s/" INDEX, directory);
	if (!r)
		r = image_file_read(path, DOCUMENT_MAX, &layout->text, error);
	if (!r)
		r = document_parse(layout->text.data, layout->text.size, path, &layout->index, error);
	if (!r && !layout->index.index)
		r = tsem_error_set(error, EBADMSG, "%.512s is no index: it has no manifests", path);
	if (r)
		layout_close(layout);
	return r;
}

void layout_close(struct layout *layout)
{
	tsem_buffer_deinit(&layout->text);
	document_deinit(&layout->index);
}

int layout_read(const struct layout *layout, const struct descriptor *blob, tsem_u64 limit, struct tsem_buffer *buffer,
		struct tsem_error *error)
{
	char path[PATH_ROOM];
	int r;

	if (!blob->known)
		return tsem_error_set(error, EBADMSG, "%.512s has a digest that is not of SHA-256", layout->directory);
	layout_path(layout->directory, blob->digest, path, sizeof(path));
	if (blob->size > limit)
		return tsem_error_set(error, EBADMSG, "%.512s is refused: it has more than %llu bytes", path, limit);
	r = image_file_read(path, limit, buffer, error);
	return r ? r : content_check(buffer, blob, layout->directory, error);
}

static bool is_same(const struct descriptor *item, const tsem_u8 *digest)
{
	return item->known && !memcmp(item->digest, digest, TSEM_DIGEST_SIZE);
}

/* What tsem and others list beside images. */
static bool is_image(const struct descriptor *item)
{
	return item->known && !item->artifact_type[0] && !reference_is_referrers_tag(item->tag);
}

static bool is_wanted(const struct descriptor *item, const struct reference *reference)
{
	if (reference->by_digest)
		return is_same(item, reference->digest);
	return reference->tag[0] ? !strcmp(item->tag, reference->tag) : is_image(item);
}

int layout_find(const struct layout *layout, const struct reference *reference, struct descriptor *ret_image,
		struct tsem_error *error)
{
	const struct descriptor *found = NULL;

	for (size_t i = 0; i < layout->index.count; i++) {
		const struct descriptor *item = &layout->index.items[i];

		if (!item->known || !is_wanted(item, reference))
			continue;
		if (found && !is_same(item, found->digest))
			return tsem_error_set(
				error, ENOTUNIQ,
				"%.512s has more than one image%s%s: choose with %.512s:TAG or @sha256:HEX",
				layout->directory, reference->tag[0] ? " of the tag " : "", reference->tag,
				layout->directory);
		found = item;
	}
	if (!found)
		return tsem_error_set(error, ENOENT, "%.512s has no image%s%s", layout->directory,
				      reference->by_digest ? " of this digest" :
				      reference->tag[0]	   ? " of the tag " :
							     "",
				      reference->by_digest ? "" : reference->tag);
	*ret_image = *found;
	return 0;
}

/* ---- what refers to an image ---- */

struct search {
	const struct layout *layout;
	const tsem_u8 *image;
	struct document *list; /* of what was found */
	const struct descriptor *tagged; /* that lists what refers to the image */
	struct tsem_set seen; /* manifests that were looked at: an index may have one in thousands of entries */
	struct tsem_error *error;
};

static int add_once(const struct search *search, const struct descriptor *item)
{
	const struct document *list = search->list;

	for (size_t i = 0; i < list->count; i++)
		if (is_same(&list->items[i], item->digest))
			return 0;
	if (list->count == ATTACHED_MAX)
		return artifact_too_many(search->image, search->layout->directory, search->error);
	return document_add(search->list, item) ? 0 : tsem_error_set(search->error, ENOMEM, "out of memory");
}

static int add_listed(const struct search *search, const struct descriptor *tagged)
{
	struct tsem_buffer text = {};
	struct document index;
	int r = layout_read(search->layout, tagged, DOCUMENT_MAX, &text, search->error);

	if (!r)
		r = document_parse(text.data, text.size, tagged->tag, &index, search->error);
	tsem_buffer_deinit(&text);
	if (r)
		return r;
	for (size_t i = 0; !r && index.index && i < index.count; i++)
		if (artifact_possible(&index.items[i]))
			r = add_once(search, &index.items[i]);
	document_deinit(&index);
	return r;
}

/* As of an image, there can be one of a tag. */
static int add_tagged(struct search *search, const struct descriptor *item)
{
	const struct descriptor *before = search->tagged;

	if (before && item->known && is_same(before, item->digest))
		return 0;
	if (before)
		return tsem_error_set(search->error, ENOTUNIQ,
				      "%.512s is refused: it has more than one list of the tag %s",
				      search->layout->directory, item->tag);
	search->tagged = item;
	return add_listed(search, item);
}

/* Other tools list artifacts beside images. An entry that is none, or cannot be read, is not what is looked for. */
static bool refers_to(const struct layout *layout, const struct descriptor *item, const tsem_u8 *image)
{
	struct tsem_error error = {};
	struct tsem_buffer text = {};
	struct document manifest = {};
	bool refers = false;

	if (!layout_read(layout, item, DOCUMENT_MAX, &text, &error) &&
	    !document_parse(text.data, text.size, "", &manifest, &error))
		refers = is_same(&manifest.subject, image);
	document_deinit(&manifest);
	tsem_buffer_deinit(&text);
	return refers;
}

static int add_referrer(struct search *search, const struct descriptor *item)
{
	bool fresh;

	if (!artifact_possible(item))
		return 0;
	if (!tsem_set_add(&search->seen, item->digest, &fresh))
		return tsem_error_set(search->error, ENOMEM, "out of memory");
	return fresh && refers_to(search->layout, item, search->image) ? add_once(search, item) : 0;
}

static int find_all(struct search *search)
{
	const struct document *index = &search->layout->index;
	char tag[REFERRERS_TAG_MAX];
	int r = 0;

	reference_referrers_tag(search->image, tag);
	for (size_t i = 0; !r && i < index->count; i++)
		r = strcmp(index->items[i].tag, tag) ? add_referrer(search, &index->items[i]) :
						       add_tagged(search, &index->items[i]);
	tsem_set_deinit(&search->seen);
	return r;
}

int layout_referrers(const struct layout *layout, const tsem_u8 image[TSEM_DIGEST_SIZE], struct document *list,
		     struct tsem_error *error)
{
	struct search search = {.layout = layout, .image = image, .list = list, .error = error};

	return find_all(&search);
}

/* ---- writing ---- */

/* where: the path below the layout. */
static int write_file(const struct layout *layout, int folder, const char *where, const void *bytes, size_t size,
		      struct tsem_error *error)
{
	const char *slash = strrchr(where, '/');
	char shown[PATH_ROOM];

	snprintf(shown, sizeof(shown), "%s/%s", layout->directory, where);
	return replace_file_at(folder, slash ? slash + 1 : where, shown, bytes, size, error);
}

static int write_blob(const struct layout *layout, const struct descriptor *blob, const void *bytes,
		      struct tsem_error *error)
{
	struct tsem_buffer there = {};
	struct tsem_error unlike;
	char where[DIGEST_TEXT_SIZE + sizeof(BLOBS)] = BLOBS "/";
	bool same = !layout_read(layout, blob, blob->size, &there, &unlike);

	tsem_buffer_deinit(&there);
	if (same)
		return 0;
	digest_format(blob->digest, where + sizeof(BLOBS));
	return write_file(layout, layout->blobs, where, bytes, blob->size, error);
}

static const struct descriptor *find_tag(const struct document *index, const char *tag)
{
	for (size_t i = 0; i < index->count; i++)
		if (!strcmp(index->items[i].tag, tag))
			return &index->items[i];
	return NULL;
}

/* Lists the artifact below the image's tag for referrers, and that in the index. */
static int write_lists(const struct layout *layout, const struct artifact *artifact, struct tsem_error *error)
{
	struct tsem_buffer old = {}, list = {}, index = {};
	struct document document = {};
	const struct descriptor *tagged;
	struct descriptor item;
	char tag[REFERRERS_TAG_MAX];
	int r = 0;

	reference_referrers_tag(artifact->image.digest, tag);
	tagged = find_tag(&layout->index, tag);
	if (tagged)
		r = layout_read(layout, tagged, DOCUMENT_MAX, &old, error);
	if (!r && tagged)
		r = document_parse(old.data, old.size, tag, &document, error);
	if (!r && tagged && !document.index)
		r = tsem_error_set(error, EBADMSG,
				   "%.512s is refused: the tag %s is that of a manifest, not of an index",
				   layout->directory, tag);
	if (!r) {
		document_format_index(old.data, old.size, &document, NULL, &artifact->manifest, &list);
		descriptor_of(list.data, list.size, OCI_INDEX, &item);
		strcpy(item.tag, tag);
		document_format_index(layout->text.data, layout->text.size, &layout->index, tagged, &item, &index);
		r = list.failed || index.failed ? tsem_error_set(error, ENOMEM, "out of memory") :
						  write_blob(layout, &item, list.data, error);
	}
	if (!r)
		r = write_file(layout, layout->here, INDEX, index.data, index.size, error);
	document_deinit(&document);
	tsem_buffer_deinit(&old);
	tsem_buffer_deinit(&list);
	tsem_buffer_deinit(&index);
	return r;
}

static int write_all(const struct layout *layout, const struct artifact *artifact, struct tsem_error *error)
{
	struct document there = {};
	struct search search = {layout, artifact->image.digest, &there, .error = error};
	struct descriptor config;
	size_t count;
	int r;

	descriptor_of(EMPTY_CONFIG, strlen(EMPTY_CONFIG), "", &config);
	r = write_blob(layout, &config, EMPTY_CONFIG, error);
	if (!r)
		r = write_blob(layout, &artifact->envelope, artifact->envelope_bytes.data, error);
	if (!r)
		r = write_blob(layout, &artifact->manifest, artifact->manifest_bytes.data, error);
	if (!r)
		r = find_all(&search);
	count = there.count;
	if (!r)
		r = add_once(&search, &artifact->manifest);
	if (!r && there.count > count)
		r = write_lists(layout, artifact, error);
	document_deinit(&there);
	return r;
}

static int not_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static bool has_entries(const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, not_dots, NULL);

	for (int i = 0; i < count; i++)
		free(entries[i]);
	if (count >= 0)
		free(entries);
	return count > 0;
}

/* Where nothing is yet: another directory is left as it is. */
static int create_layout(const struct layout *layout, struct tsem_error *error)
{
	static const char index[] = "{\"schemaVersion\":2,\"mediaType\":\"" OCI_INDEX "\",\"manifests\":[]}";
	int r;

	if (has_entries(layout->directory))
		return 0;
	r = write_file(layout, layout->here, INDEX, index, strlen(index), error);
	return r ? r : write_file(layout, layout->here, "oci-layout", VERSION, strlen(VERSION), error);
}

/* Whoever may write to a layout can exchange its directories for links: all is done below their descriptors. */
static int open_folder(int parent, const char *directory, const char *name, struct tsem_error *error)
{
	const char *slash = *directory ? "/" : "";
	int fd = -1;

	if (!mkdirat(parent, name, 0755) || errno == EEXIST)
		fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	if (errno == ELOOP || errno == ENOTDIR)
		return tsem_error_set(error, ENOTDIR, "%.512s%s%s is no directory", directory, slash, name);
	return tsem_error_set(error, errno, "cannot open or create %.512s%s%s: %s", directory, slash, name,
			      strerror(errno));
}

/* The directory of the blobs, which a link would lead elsewhere. */
static int open_blobs(struct layout *layout, struct tsem_error *error)
{
	char directory[PATH_ROOM];
	int parent = open_folder(layout->here, layout->directory, "blobs", error);

	if (parent < 0)
		return parent;
	snprintf(directory, sizeof(directory), "%s/blobs", layout->directory);
	layout->blobs = open_folder(parent, directory, "sha256", error);
	close(parent);
	return layout->blobs < 0 ? layout->blobs : 0;
}

/* Everybody who may read a layout can hold its lock. */
static int lock_layout(int fd, const char *directory, struct tsem_error *error)
{
	const struct timespec pause = {.tv_nsec = 100000000};
	int r = flock(fd, LOCK_EX | LOCK_NB);

	for (int i = 0; r && errno == EWOULDBLOCK && i < LOCK_LOOKS; i++) {
		nanosleep(&pause, NULL);
		r = flock(fd, LOCK_EX | LOCK_NB);
	}
	return r ? tsem_error_set(error, errno, "cannot lock %.512s: %s", directory,
				  errno == EWOULDBLOCK ? "another process has locked it" : strerror(errno)) :
		   0;
}

static int open_here(const char *directory, bool create, struct tsem_error *error)
{
	int fd = create ? open_folder(AT_FDCWD, "", directory, error) :
			  open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 || create ? fd :
				   tsem_error_set(error, errno, "cannot open %.512s: %s", directory, strerror(errno));
}

static int add_to(const char *directory, bool create, int here, const struct artifact *artifact,
		  struct tsem_error *error)
{
	struct layout layout = {.here = here};
	int r = lock_layout(here, directory, error);

	snprintf(layout.directory, sizeof(layout.directory), "%s", directory);
	if (!r && create)
		r = create_layout(&layout, error);
	if (!r)
		r = layout_open(directory, &layout, error);
	if (r)
		return r;
	layout.here = here;
	r = open_blobs(&layout, error);
	if (!r) {
		r = write_all(&layout, artifact, error);
		close(layout.blobs);
	}
	layout_close(&layout);
	return r;
}

int layout_add(const char *directory, bool create, const struct artifact *artifact, struct tsem_error *error)
{
	int here = open_here(directory, create, error), r;

	if (here < 0)
		return here;
	r = add_to(directory, create, here, artifact, error);
	close(here);
	return r;
}
