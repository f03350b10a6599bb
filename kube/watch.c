/* list+watch of one kind, as a machine of three states: waiting for the timer, listing (page after page, one ahead), watching (one stream). It remembers of each
 * object its uid and version (watch_store.h), to leave out what is old or known and to tell after a list what is gone; the objects themselves are the
 * caller's. A resourceVersion is kept over every failure; only a version that the server has no use for leads to a new list. */
#include "kube/watch.h"

#include "common/jtree.h"
#include "common/limits.h"
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
/* A page is read this much after the one behind it was asked for: the request is on its way by then, and server and we work at the same time. */
#define PAGE_WAIT_NS NS_PER_MS
/* A stream that lived shorter than this did not work, whatever it said. */
#define STREAM_SHORT_NS NS_PER_SEC
/* An object and the event around it. */
#define LINE_MAX_BYTES (LIMIT_OBJECT_BYTES + 4096)
/* Decoded names and errors; objects are never copied. */
#define SCRATCH_MAX_BYTES (16u * 1024 * 1024)
/* Versions are opaque texts, in fact twenty digits at most. */
#define VERSION_MAX_BYTES 4096
struct watch {
	struct watch_config config;
	char *path, *resource, *label_selector, *field_selector;
	struct loop_timer *timer;
	struct client_call *call; /* NULL: waiting */
	struct watch_store objects;
	struct arena scratch;
	struct backoff backoff;
	bool unreachable; /* the last failure came without an answer */
	struct watch_stats stats;
	/* List */
	bool need_list;
	uint32_t list; /* number of the list under way, or of the last one */
	unsigned page_objects;
	char *continue_token; /* NULL: first page */
	struct buf
		page; /* waits to be read while the one behind it is under way; its memory stays until the list is complete */
	bool page_waits;
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
static void on_page(const struct client_answer *answer, const struct error *failed, void *ctx);

static void free_watch(struct watch *w)
{
	loop_timer_free(w->timer);
	watch_store_done(&w->objects);
	arena_done(&w->scratch);
	watch_decode_lines_done(&w->lines);
	mem_free(w->continue_token);
	buf_done(&w->page);
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
	watch_store_init(&w->objects, config->marks, config->keeper,
		config->max_objects ? config->max_objects : WATCH_MAX_OBJECTS);
	buf_init(&w->version, VERSION_MAX_BYTES);
	buf_init(&w->page, PAGE_MAX_BYTES);
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

	s.n_objects = watch_store_n(&w->objects);
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

static uint64_t version_of(const struct object_id *id)
{
	uint64_t version;
	return object_meta_version(id->resource_version, &version) ? version : 0;
}

/* Remembers the object. The caller is told even where that fails: then it may be told twice, but it does not miss a change; the
 * failure ends the list or the stream, so that the next list finds what we did not remember. */
static void remember(struct watch *w, const struct object_id *id, uint64_t version)
{
	struct error err;

	if (watch_store_set(&w->objects, id, version, w->list, &err) != ERR_OK)
		w->trouble = err;
}

/* Another object has its name now. */
static void end_known(struct watch *w, const struct watch_mark *known, const struct object_id *id)
{
	char room[UUID_TEXT];
	const struct object_id gone = { .namespace = id->namespace,
		.name = id->name,
		.uid = watch_store_uid(&w->objects, known, room) };

	w->config.on_deleted(&gone, SV_NULL, w->config.ctx);
	watch_store_forget(&w->objects, id);
}

/* from_list: the item is the server's present state, whatever its version; a stream may also repeat old states. */
static void take_object(struct watch *w, const struct object_id *id, struct sv json, bool from_list)
{
	uint64_t version = version_of(id);
	struct watch_mark *known = watch_store_find(&w->objects, id);

	if (known && !watch_store_is_of(known, id)) {
		end_known(w, known, id);
		known = NULL;
	}
	bool seen = known && version != 0 && version == known->version;
	bool old = known && version != 0 && version < known->version && !from_list;
	if (seen)
		known->list = w->list;
	if (seen || old)
		return;
	w->config.on_object(id, json, w->config.ctx);
	/* Only now the caller has a record of it. */
	remember(w, id, version);
}

static void take_deletion(struct watch *w, const struct object_id *id, struct sv json)
{
	const struct watch_mark *known = watch_store_find(&w->objects, id);

	if (!known || !watch_store_is_of(known, id))
		return;
	uint64_t version = version_of(id);
	if (version != 0 && version < known->version)
		return;
	watch_store_forget(&w->objects, id);
	w->config.on_deleted(id, json, w->config.ctx);
}

/* After a list: what it did not show is gone. */
static void on_missing(const struct object_id *id, void *ctx)
{
	struct watch *w = ctx;

	w->config.on_deleted(id, SV_NULL, w->config.ctx);
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
	buf_done(&w->page);
	set_version(w, version);
	if (w->trouble.kind) {
		retry(w, &w->trouble);
		return;
	}
	if (watch_store_sweep(&w->objects, w->list, on_missing, w, &err)) {
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

static void give_up_list(struct watch *w, const struct error *failed)
{
	struct error err = *failed;

	error_wrap(&err, "list of %s", w->path);
	client_cancel(TAKE_PTR(w->call));
	forget_page(w);
	buf_done(&w->page);
	retry(w, &err);
}

static bool set_token(struct watch *w, struct sv token)
{
	forget_page(w);
	w->continue_token = mem_memdup(token.ptr, token.len);
	return w->continue_token;
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

/* asked: the page behind it is under way already. False: the list failed. */
static bool read_page(struct watch *w, struct sv body, bool asked)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct watch_page page;
	struct error err;

	arena_init(&a, SCRATCH_MAX_BYTES);
	w->trouble.kind = ERR_OK;
	if (watch_decode_page(&a, body, on_item, w, &page, &err)) {
		give_up_list(w, &err);
		return false;
	}
	heard(w);
	if (w->trouble.kind) {
		give_up_list(w, &w->trouble);
		return false;
	}
	if (asked)
		return true;
	if (page.continue_token.len == 0)
		list_complete(w, page.resource_version);
	else if (set_token(w, page.continue_token))
		loop_timer_set(w->timer, 0);
	else
		retry(w, (error_nomem(&err), &err));
	return true;
}

/* Asks for the page behind this one, and lets this one wait. False: there is none, or it cannot be; nothing changed that matters. */
static bool put_aside(struct watch *w, struct sv body)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct error ignored;

	arena_init(&a, SCRATCH_MAX_BYTES);
	struct sv token = watch_decode_continue(&a, body);
	if (token.len == 0)
		return false;
	buf_clear(&w->page);
	buf_put_sv(&w->page, body);
	if (w->page.failed != ERR_OK || !set_token(w, token) || ask_page(w, &ignored))
		return false;
	w->page_waits = true;
	loop_timer_set(w->timer, PAGE_WAIT_NS);
	return true;
}

/* Reads the page that waits, if there is one. False: the list failed. */
static bool finish_page(struct watch *w)
{
	if (!w->page_waits)
		return true;
	w->page_waits = false;
	return read_page(w, buf_sv(&w->page), true);
}

static void on_page(const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct watch *w = ctx;

	w->call = NULL;
	if (!finish_page(w))
		return;
	if (failed)
		list_failed(w, answer, failed);
	else if (!put_aside(w, answer->body))
		(void)read_page(w, answer->body, false);
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
	if (w->page_waits)
		(void)finish_page(w);
	else if (w->need_list ? ask_page(w, &err) : ask_stream(w, &err))
		retry(w, &err);
}
