/* WATCH: every change that a filter selects, as one line of JSON each, from a given revision on; bookmarks; cut when the client is slow.
 * An object that leaves the filter is reported as deleted and one that enters it as added, as kube-apiserver does. */
#include <stdio.h>

#include "common/jw.h"
#include "common/limits.h"
#include "sandbox/api_request.h"
#include "sandbox/table.h"

/* What may wait for a slow client before its watch is cut. */
#define MAX_PENDING_BYTES (64u * 1024 * 1024)
#define MAX_ARENA_BYTES (64u * 1024)

struct api_watch {
	struct api_watch *next, *previous;
	struct api_request request; /* x, resource and form; texts live in `arena` */
	struct api_filter filter;
	struct arena arena;
	struct loop_timer *end_timer;
	bool bookmarks;
	bool sent_columns;
	bool dead; /* a write failed; the stream is ended outside of store callbacks */
};

static void watch_free(struct api_watch *watch)
{
	struct api *a = watch->request.api;

	if (watch->previous)
		watch->previous->next = watch->next;
	else
		a->watches = watch->next;
	if (watch->next)
		watch->next->previous = watch->previous;
	loop_timer_free(watch->end_timer);
	arena_done(&watch->arena);
	mem_free(watch);
}

static void on_exchange_end(struct http_exchange *x, void *ctx)
{
	(void)x;
	watch_free(ctx);
}

static void put_table_event(
	struct jw *w, struct api_watch *watch, struct sv text, uint64_t revision)
{
	AUTO(buf_done) struct buf metadata = { 0 };

	buf_init(&metadata, 128);
	buf_printf(&metadata, "{\"resourceVersion\":\"%llu\"}", (unsigned long long)revision);
	table_begin(w, watch->request.r, buf_sv(&metadata), !watch->sent_columns);
	api_put_object(w, &watch->request, text);
	table_end(w);
	watch->sent_columns = true;
}

static void send(struct api_watch *watch, const char *type, struct sv text, uint64_t revision)
{
	AUTO(buf_done) struct buf line = { 0 };
	struct jw w;

	buf_init(&line, 2 * LIMIT_OBJECT_BYTES);
	jw_init(&w, &line);
	jw_object(&w);
	jw_member_str(&w, "type", type);
	jw_key(&w, "object");
	if (watch->request.form == API_FORM_TABLE)
		put_table_event(&w, watch, text, revision);
	else
		api_put_object(&w, &watch->request, text);
	jw_object_end(&w);
	buf_put_char(&line, '\n');
	if (line.failed != ERR_OK || !http_exchange_stream_write(watch->request.x, buf_sv(&line)))
		watch->dead = true;
}

/* An object that no longer matches is shown as it was while it did, under the new revision. */
static void send_left(struct api_watch *watch, const struct store_event *event)
{
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(jx_free) json_t *doc = NULL;
	char revision[24];
	struct error ignored;

	buf_init(&text, LIMIT_OBJECT_BYTES);
	(void)snprintf(revision, sizeof(revision), "%llu", (unsigned long long)event->revision);
	if (jx_parse(sv_from(event->before->text, event->before->text_len), &doc, &ignored) ==
			ERR_OK &&
		json_object_set_new(json_object_get(doc, "metadata"), "resourceVersion",
			json_string(revision)) == 0)
		jx_print(&text, doc);
	if (text.len > 0 && text.failed == ERR_OK)
		send(watch, "DELETED", buf_sv(&text), event->revision);
	else
		watch->dead = true;
}

static void offer(const struct store_event *event, void *ctx)
{
	struct api_watch *watch = ctx;
	const struct store_object *o = event->object;

	if (watch->dead || o->resource != watch->request.r)
		return;
	bool selected = event->change != STORE_DELETED && api_filter_selects(&watch->filter, o);
	bool before = event->before && api_filter_selects(&watch->filter, event->before);
	if (!selected && !before)
		return;
	if (!selected && event->change != STORE_DELETED) {
		send_left(watch, event);
		return;
	}
	const char *type = !selected ? "DELETED" : !before ? "ADDED" : "MODIFIED";
	send(watch, type, sv_from(o->text, o->text_len), event->revision);
}

/* Ends the streams that failed; the watch is freed when its exchange is over. */
static void reap(struct api *a)
{
	struct api_watch *next;

	for (struct api_watch *watch = a->watches; watch; watch = next) {
		next = watch->next;
		if (watch->dead)
			http_exchange_stream_end(watch->request.x);
	}
}

void api_watch_event(const struct store_event *event, void *api)
{
	struct api *a = api;

	for (struct api_watch *watch = a->watches; watch; watch = watch->next)
		offer(event, watch);
	reap(a);
}

static void send_bookmark(struct api_watch *watch, bool initial_end)
{
	AUTO(buf_done) struct buf object = { 0 };
	AUTO(buf_done) struct buf version = { 0 };

	buf_init(&object, 1024);
	buf_init(&version, 256);
	resources_print_api_version(&version, watch->request.r);
	buf_printf(&object,
		"{\"kind\":\"%s\",\"apiVersion\":\"%s\",\"metadata\":{\"resourceVersion\":\"%llu\","
		"\"creationTimestamp\":null%s}}",
		watch->request.r->kind, buf_text(&version),
		(unsigned long long)store_revision(watch->request.api->store),
		initial_end ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "");
	send(watch, "BOOKMARK", buf_sv(&object), store_revision(watch->request.api->store));
}

void api_watch_bookmarks(struct api *a)
{
	for (struct api_watch *watch = a->watches; watch; watch = watch->next) {
		if (watch->bookmarks && !watch->dead)
			send_bookmark(watch, false);
	}
	reap(a);
}

void api_watch_close_all(struct api *a)
{
	for (struct api_watch *watch = a->watches; watch; watch = watch->next)
		watch->dead = true;
	reap(a);
}

static void on_end_timer(struct loop_timer *t, void *ctx)
{
	struct api_watch *watch = ctx;
	(void)t;
	http_exchange_stream_end(watch->request.x);
}

/* The present state as ADDED events, for a watch without a revision or with sendInitialEvents. */
static void send_present(struct api_watch *watch)
{
	AUTO(store_list_done) struct store_list all = { NULL, 0 };
	struct error ignored;

	if (store_list(watch->request.api->store, watch->request.r, watch->filter.ns, &all,
		    &ignored) != ERR_OK) {
		watch->dead = true;
		return;
	}
	for (size_t i = 0; i < all.n && !watch->dead; i++) {
		const struct store_object *o = all.at[i];
		if (api_filter_selects(&watch->filter, o))
			send(watch, "ADDED", sv_from(o->text, o->text_len), o->revision);
	}
}

static void send_expired(struct api_watch *watch)
{
	static const char EXPIRED[] =
		"{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\","
		"\"metadata\":{},\"status\":\"Failure\","
		"\"message\":\"too old resource version\",\"reason\":\"Expired\",\"code\":410}}\n";

	(void)!http_exchange_stream_write(watch->request.x, sv_from(EXPIRED, sizeof(EXPIRED) - 1));
	watch->dead = true;
}

static struct api_watch *watch_new(struct api_request *q, struct error *err)
{
	struct api_watch *watch = mem_zalloc(sizeof(*watch));

	if (!watch) {
		(void)error_nomem(err);
		return NULL;
	}
	watch->request = *q;
	arena_init(&watch->arena, MAX_ARENA_BYTES);
	watch->next = q->api->watches;
	if (watch->next)
		watch->next->previous = watch;
	q->api->watches = watch;
	watch->request.ns = arena_sv(&watch->arena, q->ns);
	watch->end_timer = loop_timer_new(q->api->loop, on_end_timer, watch);
	if (!watch->request.ns.ptr || !watch->end_timer)
		(void)error_nomem(err);
	else if (api_filter_parse(&watch->request, &watch->arena, &watch->filter, err) == ERR_OK)
		return watch;
	watch_free(watch);
	return NULL;
}

void api_watch_start(struct api_request *q)
{
	struct sv from = http_exchange_query_get(q->x, "resourceVersion");
	struct sv timeout = http_exchange_query_get(q->x, "timeoutSeconds");
	bool initial = sv_is(http_exchange_query_get(q->x, "sendInitialEvents"), "true");
	uint64_t revision = 0;
	int64_t seconds = 0;
	struct error err;

	if (from.len > 0 && !sv_to_u64(from, &revision)) {
		api_fail(q, 400, "BadRequest", "resourceVersion must be a number");
		return;
	}
	struct api_watch *watch = watch_new(q, &err);
	if (!watch) {
		api_fail_error(q, &err);
		return;
	}
	watch->bookmarks = sv_is(http_exchange_query_get(q->x, "allowWatchBookmarks"), "true");
	http_exchange_set_ctx(q->x, watch, on_exchange_end);
	http_exchange_stream(q->x, "application/json", MAX_PENDING_BYTES);
	if (initial || revision == 0) {
		send_present(watch);
		if (initial)
			send_bookmark(watch, true);
	} else if (!store_replay(q->api->store, q->r, revision, offer, watch)) {
		send_expired(watch);
	}
	if (sv_to_i64(timeout, &seconds) && seconds > 0 && seconds < 86400)
		loop_timer_set(watch->end_timer, seconds * NS_PER_SEC);
	reap(q->api);
}
