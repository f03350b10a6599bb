/* list+watch of one kind, as a machine of three states: waiting for the timer, listing (page after page), watching (one stream). It remembers of each
 * object its uid and version, to leave out what is old or known and to tell after a list what is gone; the objects themselves are the
 * caller's. A resourceVersion is kept over every failure; only a version that the server has no use for leads to a new list. */
#include "kube/watch.h"

#include "common/jtree.h"
#include "common/limits.h"
#include "common/table.h"
#include "common/vec.h"
#include "kube/api_path.h"
#include "kube/backoff.h"
#include "kube/status.h"
#include "kube/watch_decode.h"

/* As the reference's pager. A page that is too large for us is asked again with half as many. */
#define PAGE_OBJECTS 500
#define PAGE_MAX_BYTES (64u * 1024 * 1024)
#define PAGE_TIMEOUT_NS (INT64_C(60) * NS_PER_SEC)
/* A stream that is silent for this long is dead. So that a quiet one is not taken for dead (bookmarks come once a minute only), the server is
 * asked to end each stream when two thirds to five sixths of that time are over; a new one costs one request. */
#define STREAM_SILENCE_NS (INT64_C(60) * NS_PER_SEC)
/* The last clause is for servers that have no such form. */
#define ACCEPT_METADATA_LIST                                                                       \
	"application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
#define ACCEPT_METADATA                                                                            \
	"application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
/* A stream that lived shorter than this did not work, whatever it said. */
#define STREAM_SHORT_NS NS_PER_SEC
/* An object and the event around it. */
#define LINE_MAX_BYTES (LIMIT_OBJECT_BYTES + 4096)
/* Decoded names and errors; objects are never copied. */
#define SCRATCH_MAX_BYTES (16u * 1024 * 1024)
/* Versions are opaque texts, in fact twenty digits at most. */
#define VERSION_MAX_BYTES 4096
#define UID_TEXT 36
#define UID_BYTES 16

/* What is remembered of an object: about 80 bytes for one with a name of 30. */
struct tracked {
	uint64_t version; /* 0: it is no number, then every state is new */
	uint32_t list;	  /* number of the list that saw it last */
	uint16_t ns_len, name_len, uid_len;
	bool is_packed; /* the uid is a UUID, kept as its 16 bytes */
	char texts[];	/* uid, namespace, name */
};

struct key {
	struct sv ns, name;
};

struct watch {
	struct watch_config config;
	char *path, *resource, *label_selector, *field_selector;
	struct loop_timer *timer;
	struct client_call *call; /* NULL: waiting */
	struct table objects;	  /* struct tracked, by namespace and name */
	struct arena scratch;
	struct backoff backoff;
	bool unreachable; /* the last failure came without an answer */
	struct watch_stats stats;
	/* List */
	bool need_list;
	uint32_t list; /* number of the list under way, or of the last one */
	unsigned page_objects;
	char *continue_token; /* NULL: first page */
	/* Watch */
	struct buf version; /* resume from here */
	struct watch_lines lines;
	bool ended_by_event;
	struct error event_error; /* what an ERROR event said */
	struct mono stream_began;
	bool stream_open;
	struct error trouble; /* first failure to keep an object, kind ERR_OK: none */
};

static void on_timer(struct loop_timer *t, void *ctx);

static void free_watch(struct watch *w)
{
	loop_timer_free(w->timer);
	table_done(&w->objects, mem_free);
	arena_done(&w->scratch);
	watch_decode_lines_done(&w->lines);
	mem_free(w->continue_token);
	buf_done(&w->version);
	mem_free(w->path);
	mem_free(w->resource);
	mem_free(w->label_selector);
	mem_free(w->field_selector);
	mem_free(w);
}

static bool copy_text(const char *text, char **ret)
{
	*ret = text ? mem_strdup(text) : NULL;
	return !text || *ret;
}

enum error_kind watch_start(
	const struct watch_config *config, struct watch **ret, struct error *err)
{
	struct watch *w = mem_zalloc(sizeof(*w));

	if (!w)
		return error_nomem(err);
	w->config = *config;
	table_init(&w->objects, config->max_objects ? config->max_objects : WATCH_MAX_OBJECTS);
	buf_init(&w->version, VERSION_MAX_BYTES);
	arena_init(&w->scratch, SCRATCH_MAX_BYTES);
	watch_decode_lines_init(&w->lines, LINE_MAX_BYTES);
	backoff_init(&w->backoff, backoff_seed());
	w->need_list = true;
	w->page_objects = PAGE_OBJECTS;
	w->timer = loop_timer_new(client_loop(config->client), on_timer, w);
	if (!w->timer || !copy_text(config->path, &w->path) ||
		!copy_text(config->resource, &w->resource) ||
		!copy_text(config->label_selector, &w->label_selector) ||
		!copy_text(config->field_selector, &w->field_selector)) {
		free_watch(w);
		return error_nomem(err);
	}
	loop_timer_set(w->timer, 0);
	*ret = w;
	return ERR_OK;
}

void watch_stop(struct watch *w)
{
	if (!w)
		return;
	client_cancel(w->call);
	free_watch(w);
}

bool watch_is_synced(const struct watch *w)
{
	return w->stats.synced;
}

struct watch_stats watch_stats(const struct watch *w)
{
	struct watch_stats s = w->stats;

	s.n_objects = w->objects.n;
	s.n_malformed += w->lines.n_skipped;
	return s;
}

static void heard(struct watch *w)
{
	w->stats.connected = true;
	w->stats.last_contact = loop_now(client_loop(w->config.client));
}

/* Something failed: waits and tries again. The report comes last, as the callback may stop the watch. */
static void retry(struct watch *w, const struct error *failed)
{
	struct error err = *failed;

	bool answered = failed->code >= 100;

	/* A server that is back refuses at first (its permissions are not read yet): that is no reason to stay away for long. */
	if (answered && w->unreachable)
		backoff_reset(&w->backoff);
	w->unreachable = !answered;
	w->stats.n_errors++;
	w->stats.connected = false;
	loop_timer_set(w->timer, backoff_next_ns(&w->backoff));
	if (w->config.on_error)
		w->config.on_error(&err, w->config.ctx);
}

/* Objects */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_hyphen_at(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

/* The 16 bytes of a UUID in the form in which servers write it; false: it is something else. */
static bool pack_uid(struct sv uid, unsigned char ret[UID_BYTES])
{
	size_t n = 0;

	if (uid.len != UID_TEXT)
		return false;
	for (size_t i = 0; i < UID_TEXT; i++) {
		int digit = hex_digit(uid.ptr[i]);
		if (is_hyphen_at(i) ? uid.ptr[i] != '-' : digit < 0)
			return false;
		if (is_hyphen_at(i))
			continue;
		ret[n / 2] = (unsigned char)(n % 2 ? ret[n / 2] | digit : digit << 4);
		n++;
	}
	return true;
}

/* The text, in `room` where it is kept as bytes. */
static struct sv uid_of(const struct tracked *t, char room[UID_TEXT])
{
	size_t n = 0;

	if (!t->is_packed)
		return sv_from(t->texts, t->uid_len);
	for (size_t i = 0; i < UID_TEXT; i++) {
		unsigned char byte = (unsigned char)t->texts[n / 2];
		if (is_hyphen_at(i))
			room[i] = '-';
		else
			room[i] = "0123456789abcdef"[n++ % 2 ? byte & 15 : byte >> 4];
	}
	return sv_from(room, UID_TEXT);
}

static struct key key_of(const struct tracked *t)
{
	struct sv ns = sv_from(t->texts + t->uid_len, t->ns_len);
	return (struct key){ ns, sv_from(ns.ptr + ns.len, t->name_len) };
}

static bool is_object(const void *item, const void *key)
{
	const struct key *wanted = key;
	const struct key own = key_of(item);

	return sv_eq(own.name, wanted->name) && sv_eq(own.ns, wanted->ns);
}

static struct tracked *find_object(const struct watch *w, const struct object_id *id)
{
	const struct key key = { id->namespace, id->name };

	return table_find(&w->objects, table_hash(&w->objects, key.ns, key.name), is_object, &key);
}

/* Forgets it; nothing happens when it is not known. */
static void forget_object(struct watch *w, const struct object_id *id)
{
	const struct key key = { id->namespace, id->name };

	mem_free(table_take(
		&w->objects, table_hash(&w->objects, key.ns, key.name), is_object, &key));
}

static bool same_uid(const struct tracked *t, const struct object_id *id)
{
	char room[UID_TEXT];
	return sv_eq(uid_of(t, room), id->uid);
}

static uint64_t version_of(const struct object_id *id)
{
	uint64_t version;
	return object_meta_version(id->resource_version, &version) ? version : 0;
}

static struct tracked *new_object(const struct object_id *id)
{
	unsigned char packed[UID_BYTES] = { 0 };
	bool is_packed = pack_uid(id->uid, packed);
	struct sv uid = is_packed ? sv_from((const char *)packed, sizeof(packed)) : id->uid;
	const struct sv texts[] = { uid, id->namespace, id->name };
	struct tracked *t;

	if (uid.len > UINT16_MAX || id->namespace.len > UINT16_MAX || id->name.len > UINT16_MAX)
		return NULL;
	t = mem_alloc(sizeof(*t) + uid.len + id->namespace.len + id->name.len);
	if (!t)
		return NULL;
	*t = (struct tracked){ .ns_len = (uint16_t)id->namespace.len,
		.name_len = (uint16_t)id->name.len,
		.uid_len = (uint16_t)uid.len,
		.is_packed = is_packed };
	char *at = t->texts;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (texts[i].len > 0)
			memcpy(at, texts[i].ptr, texts[i].len);
		at += texts[i].len;
	}
	return t;
}

/* Remembers the object. The caller is told even where that fails: then it may be told twice, but it does not miss a change; the
 * failure ends the list or the stream, so that the next list finds what we did not remember. */
static void track(
	struct watch *w, struct tracked *known, const struct object_id *id, uint64_t version)
{
	struct error err;

	if (!known) {
		known = new_object(id);
		if (!known) {
			error_nomem(&w->trouble);
			return;
		}
		if (table_add(&w->objects, table_hash(&w->objects, id->namespace, id->name), known,
			    &err)) {
			mem_free(known);
			w->trouble = err;
			return;
		}
	}
	known->version = version;
	known->list = w->list;
}

/* from_list: the item is the server's present state, whatever its version; a stream may also repeat old states. */
static void take_object(struct watch *w, const struct object_id *id, struct sv json, bool from_list)
{
	uint64_t version = version_of(id);
	struct tracked *known = find_object(w, id);

	if (known && !same_uid(known, id)) {
		char room[UID_TEXT];
		struct object_id gone = {
			.namespace = id->namespace, .name = id->name, .uid = uid_of(known, room)
		};
		w->config.on_deleted(&gone, SV_NULL, w->config.ctx);
		forget_object(w, id);
		known = NULL;
	}
	bool seen = known && version != 0 && version == known->version;
	bool old = known && version != 0 && version < known->version && !from_list;
	if (seen)
		known->list = w->list;
	if (seen || old)
		return;
	track(w, known, id, version);
	w->config.on_object(id, json, w->config.ctx);
}

static void take_deletion(struct watch *w, const struct object_id *id, struct sv json)
{
	const struct tracked *known = find_object(w, id);

	if (!known || !same_uid(known, id))
		return;
	uint64_t version = version_of(id);
	if (version != 0 && version < known->version)
		return;
	forget_object(w, id);
	w->config.on_deleted(id, json, w->config.ctx);
}

/* After a list: what it did not show is gone. */
static enum error_kind sweep(struct watch *w, struct error *err)
{
	VEC(struct tracked *) gone = { 0 };
	enum error_kind kind = ERR_OK;
	char room[UID_TEXT];

	TABLE_FOREACH(item, &w->objects)
	{
		struct tracked *t = *item;
		if (t->list == w->list)
			continue;
		struct tracked **slot = VEC_PUSH(&gone, w->objects.max);
		if (!slot) {
			kind = error_nomem(err);
			break;
		}
		*slot = t;
	}
	for (size_t i = 0; !kind && i < gone.n; i++) {
		struct tracked *t = gone.at[i];
		const struct key key = key_of(t);
		struct object_id id = {
			.namespace = key.ns, .name = key.name, .uid = uid_of(t, room)
		};
		(void)table_take(
			&w->objects, table_hash(&w->objects, key.ns, key.name), is_object, &key);
		w->config.on_deleted(&id, SV_NULL, w->config.ctx);
		mem_free(t);
	}
	VEC_DONE(&gone);
	return kind;
}

/* List */

static void set_version(struct watch *w, struct sv version)
{
	buf_clear(&w->version);
	buf_put_sv(&w->version, version);
	if (w->version.failed)
		(void)error_set(&w->trouble, w->version.failed, "resourceVersion cannot be kept");
}

static void put_selectors(const struct watch *w, struct buf *out, bool *first)
{
	api_path_put_query(out, first, "fieldSelector", sv_of(w->field_selector));
	api_path_put_query(out, first, "labelSelector", sv_of(w->label_selector));
}

static void forget_page(struct watch *w)
{
	mem_free(TAKE_PTR(w->continue_token));
}

static void on_item(struct sv json, void *ctx)
{
	struct watch *w = ctx;
	struct object_id id;
	struct error err;

	arena_clear(&w->scratch);
	if (object_meta_scan(&w->scratch, json, false, &id, &err))
		w->stats.n_malformed++;
	else
		take_object(w, &id, json, true);
}

/* A page that did not come. The pages before it stay valid as long as the server takes the token. */
static void list_failed(
	struct watch *w, const struct client_answer *answer, const struct error *failed)
{
	bool too_large = failed->kind == ERR_LIMIT && answer->status >= 200 && answer->status < 300;

	if (too_large && w->page_objects > 1) {
		w->page_objects /= 2;
		loop_timer_set(w->timer, 0);
		return;
	}
	/* 410: the list took so long that its snapshot expired. */
	if (failed->kind != ERR_UNAVAIL)
		forget_page(w);
	retry(w, failed);
}

static void list_complete(struct watch *w, struct sv version)
{
	struct error err;

	forget_page(w);
	set_version(w, version);
	if (w->trouble.kind) {
		retry(w, &w->trouble);
		return;
	}
	if (sweep(w, &err)) {
		retry(w, &err);
		return;
	}
	w->need_list = false;
	w->stats.n_lists++;
	w->stats.synced = true;
	backoff_reset(&w->backoff);
	loop_timer_set(w->timer, 0);
	if (w->config.on_synced)
		w->config.on_synced(w->config.ctx);
}

static void on_page(const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct watch *w = ctx;
	AUTO(arena_done) struct arena a = { 0 };
	struct watch_page page;
	struct error err;

	w->call = NULL;
	arena_init(&a, SCRATCH_MAX_BYTES);
	if (failed) {
		list_failed(w, answer, failed);
		return;
	}
	w->trouble.kind = ERR_OK;
	if (watch_decode_page(&a, answer->body, on_item, w, &page, &err)) {
		error_wrap(&err, "list of %s", w->path);
		forget_page(w);
		retry(w, &err);
		return;
	}
	heard(w);
	if (w->trouble.kind) {
		error_wrap(&w->trouble, "list of %s", w->path);
		forget_page(w);
		retry(w, &w->trouble);
	} else if (page.continue_token.len == 0) {
		list_complete(w, page.resource_version);
	} else {
		forget_page(w);
		w->continue_token = mem_memdup(page.continue_token.ptr, page.continue_token.len);
		if (w->continue_token)
			loop_timer_set(w->timer, 0);
		else
			retry(w, (error_nomem(&err), &err));
	}
}

static enum error_kind ask_page(struct watch *w, struct error *err)
{
	AUTO(buf_done) struct buf target = { 0 }, limit = { 0 };
	bool first = true;

	buf_init(&target, LIMIT_OBJECT_BYTES);
	buf_init(&limit, 32);
	buf_printf(&limit, "%u", w->page_objects);
	buf_put_str(&target, w->path);
	api_path_put_query(&target, &first, "continue", sv_of(w->continue_token));
	put_selectors(w, &target, &first);
	api_path_put_query(&target, &first, "limit", buf_sv(&limit));
	if (buf_check(&target, "list request", err) || buf_check(&limit, "list request", err))
		return err->kind;
	if (!w->continue_token)
		w->list++;
	struct client_request q = {
		.traffic = CLIENT_LIST,
		.target = buf_text(&target),
		.accept = w->config.metadata_only ? ACCEPT_METADATA_LIST : NULL,
		.resource = w->resource,
		.timeout_ns = PAGE_TIMEOUT_NS,
		.max_bytes = PAGE_MAX_BYTES,
		.done = on_page,
		.ctx = w,
	};
	return client_start(w->config.client, &q, &w->call, err);
}

/* Watch */

static void take_bookmark(struct watch *w, struct sv json)
{
	struct jtree *t;
	struct error err;

	arena_clear(&w->scratch);
	struct sv version = SV_NULL;
	if (jtree_parse(&w->scratch, json, &t, &err) == ERR_OK)
		version = jtree_text(jtree_at(t, "metadata", "resourceVersion", NULL));
	if (version.len == 0)
		w->stats.n_malformed++;
	else
		set_version(w, version);
}

/* The stream says that it cannot go on. */
static void take_error(struct watch *w, struct sv json)
{
	struct jtree *t;
	struct status s = { .code = 500, .message = SV("the watch ended with an error") };

	arena_clear(&w->scratch);
	if (jtree_parse(&w->scratch, json, &t, &w->event_error) == ERR_OK)
		(void)status_decode(t, &s);
	error_set(&w->event_error, status_kind(s.code, s.reason), "watch of %s: %.*s", w->path,
		SV_ARG(sv_take(s.message, ERROR_TEXT_MAX)));
	w->event_error.code = s.code != 0 ? s.code : status_code_of_reason(s.reason);
	w->ended_by_event = true;
}

/* An object of an event. The newest version is where to resume; an event that repeats an old one does not turn it back. */
static void take_change(struct watch *w, const struct watch_event *event)
{
	struct object_id id;
	struct error err;
	uint64_t now_at;

	arena_clear(&w->scratch);
	if (object_meta_scan(&w->scratch, event->object, false, &id, &err)) {
		w->stats.n_malformed++;
		return;
	}
	if (event->type == WATCH_EVENT_DELETED)
		take_deletion(w, &id, event->object);
	else
		take_object(w, &id, event->object, false);
	uint64_t version = version_of(&id);
	if (id.resource_version.len > 0 &&
		(version == 0 || !object_meta_version(buf_sv(&w->version), &now_at) ||
			version > now_at))
		set_version(w, id.resource_version);
}

static bool on_line(struct sv line, void *ctx)
{
	struct watch *w = ctx;
	struct watch_event event;
	struct error err;

	w->stats.n_events++;
	if (watch_decode_event(line, &event, &err)) {
		w->stats.n_malformed++;
		return true;
	}
	switch (event.type) {
	case WATCH_EVENT_ADDED:
	case WATCH_EVENT_MODIFIED:
	case WATCH_EVENT_DELETED:
		take_change(w, &event);
		break;
	case WATCH_EVENT_BOOKMARK:
		take_bookmark(w, event.object);
		break;
	case WATCH_EVENT_ERROR:
		take_error(w, event.object);
		return false;
	}
	return w->trouble.kind == ERR_OK;
}

static bool on_data(struct sv piece, void *ctx)
{
	struct watch *w = ctx;

	if (!w->stream_open) {
		w->stream_open = true;
		w->stats.n_watches++;
	}
	heard(w);
	if (watch_decode_lines(&w->lines, piece, on_line, w))
		return true;
	if (!w->ended_by_event && w->trouble.kind == ERR_OK)
		error_nomem(&w->trouble);
	return false;
}

/* Whether the version from which we would resume is to blame. Everything else, a storm of 5xx too, passes without a new list. */
static bool is_version_useless(const struct error *failed)
{
	/* 410: too old. 404: the kind went away; when it comes back its versions are others. 400: not its version. */
	if (failed->code == 410 || failed->code == 404 || failed->code == 400)
		return true;
	/* From a future that a restored backup does not know. */
	struct sv text = sv_of(failed->text);
	return sv_find_sv(text, SV("Too large resource version")) < text.len;
}

/* The end of a stream that we did not end ourselves. */
static void stream_ended(struct watch *w, const struct error *failed)
{
	struct error err;
	int64_t lived_ns = instant_mono_now().ns - w->stream_began.ns;

	/* A stream that worked for a while ends the row of failures, however it ends itself. */
	if (lived_ns >= STREAM_SHORT_NS && (w->stream_open || !failed))
		backoff_reset(&w->backoff);
	if (failed) {
		w->need_list = is_version_useless(failed);
		retry(w, failed);
		return;
	}
	if (lived_ns < STREAM_SHORT_NS) {
		error_set(&err, ERR_UNAVAIL, "watch of %s: the server ended the stream after %d ms",
			w->path, (int)(lived_ns / NS_PER_MS));
		retry(w, &err);
		return;
	}
	if (!w->stream_open)
		w->stats.n_watches++;
	heard(w);
	loop_timer_set(w->timer, 0);
}

static void on_stream_done(
	const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct watch *w = ctx;

	(void)answer;
	w->call = NULL;
	if (w->ended_by_event) {
		w->need_list = is_version_useless(&w->event_error);
		retry(w, &w->event_error);
	} else if (w->trouble.kind) {
		/* Something was not remembered. */
		error_wrap(&w->trouble, "watch of %s", w->path);
		w->need_list = true;
		retry(w, &w->trouble);
	} else {
		stream_ended(w, failed);
	}
}

static enum error_kind ask_stream(struct watch *w, struct error *err)
{
	AUTO(buf_done) struct buf target = { 0 }, seconds = { 0 };
	int64_t silence_ns = w->config.silence_ns ? w->config.silence_ns : STREAM_SILENCE_NS;
	bool first = true;

	buf_init(&target, LIMIT_OBJECT_BYTES);
	buf_init(&seconds, 32);
	int64_t life_ns = backoff_between_ns(&w->backoff, silence_ns * 2 / 3, silence_ns * 5 / 6);
	buf_put_i64(&seconds, life_ns < NS_PER_SEC ? 1 : life_ns / NS_PER_SEC);
	buf_put_str(&target, w->path);
	api_path_put_query(&target, &first, "allowWatchBookmarks", SV("true"));
	put_selectors(w, &target, &first);
	api_path_put_query(&target, &first, "resourceVersion", buf_sv(&w->version));
	api_path_put_query(&target, &first, "timeoutSeconds", buf_sv(&seconds));
	api_path_put_query(&target, &first, "watch", SV("true"));
	if (buf_check(&target, "watch request", err) || buf_check(&seconds, "watch request", err))
		return err->kind;
	watch_decode_lines_clear(&w->lines);
	w->trouble.kind = ERR_OK;
	w->ended_by_event = false;
	w->stream_open = false;
	w->stream_began = instant_mono_now();
	struct client_request q = {
		.traffic = CLIENT_WATCH,
		.target = buf_text(&target),
		.accept = w->config.metadata_only ? ACCEPT_METADATA : NULL,
		.resource = w->resource,
		.idle_timeout_ns = silence_ns,
		.once = true,
		.on_data = on_data,
		.done = on_stream_done,
		.ctx = w,
	};
	return client_start(w->config.client, &q, &w->call, err);
}

static void on_timer(struct loop_timer *t, void *ctx)
{
	struct watch *w = ctx;
	struct error err;

	(void)t;
	if (w->need_list ? ask_page(w, &err) : ask_stream(w, &err))
		retry(w, &err);
}
