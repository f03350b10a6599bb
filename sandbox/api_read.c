/* GET and LIST: an object as it is stored, as a Table for kubectl, or as metadata only. */
#include "common/jw.h"
#include "common/limits.h"
#include "kube/selector.h"
#include "sandbox/api_request.h"
#include "sandbox/table.h"

/* One LIST answer: 150,000 pods of 6 KiB. */
#define MAX_LIST_BYTES (1024u * 1024 * 1024)
/* Labels of one object that a selector sees. */
#define MAX_LABELS 128

void api_put_object(struct jw *w, const struct api_request *q, struct sv text)
{
	json_t *doc = NULL;
	struct error ignored;

	if (q->form == API_FORM_OBJECT) {
		jw_raw(w, text);
		return;
	}
	if (jx_parse(text, &doc, &ignored) != ERR_OK) {
		jw_null(w);
		return;
	}
	if (q->form == API_FORM_TABLE) {
		table_row(w, q->r, doc, instant_wall_now());
	} else {
		AUTO(buf_done) struct buf metadata = { 0 };
		buf_init(&metadata, LIMIT_OBJECT_BYTES);
		jx_print(&metadata, json_object_get(doc, "metadata"));
		jw_object(w);
		jw_member_str(w, "kind", "PartialObjectMetadata");
		jw_member_str(w, "apiVersion", "meta.k8s.io/v1");
		jw_key(w, "metadata");
		jw_raw(w, buf_sv(&metadata));
		jw_object_end(w);
	}
	json_decref(doc);
}

static void reply_buf(struct api_request *q, int status, struct buf *out)
{
	struct error err;

	buf_put_char(out, '\n');
	if (buf_check(out, "the answer", &err) != ERR_OK)
		api_fail_error(q, &err);
	else
		api_reply_json(q, status, buf_sv(out));
}

void api_reply_object(struct api_request *q, int status, struct sv text)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct jw w;

	buf_init(&out, MAX_LIST_BYTES);
	jw_init(&w, &out);
	if (q->form == API_FORM_TABLE) {
		AUTO(buf_done) struct buf metadata = { 0 };
		buf_init(&metadata, 128);
		buf_printf(&metadata, "{\"resourceVersion\":\"%llu\"}",
			(unsigned long long)store_revision(q->api->store));
		table_begin(&w, q->r, buf_sv(&metadata), true);
		api_put_object(&w, q, text);
		table_end(&w);
	} else {
		api_put_object(&w, q, text);
	}
	reply_buf(q, status, &out);
}

void api_get(struct api_request *q)
{
	const struct store_object *o = store_find(q->api->store, q->r, q->ns, q->name);

	if (!o) {
		AUTO(buf_done) struct buf message = { 0 };
		buf_init(&message, ERROR_TEXT_MAX);
		resources_print_qualified(&message, q->r);
		buf_printf(&message, " \"%.*s\" not found", SV_ARG(q->name));
		api_fail(q, 404, "NotFound", buf_text(&message));
		return;
	}
	api_reply_object(q, 200, sv_from(o->text, o->text_len));
}

enum error_kind api_filter_parse(
	struct api_request *q, struct arena *a, struct api_filter *ret, struct error *err)
{
	struct sv labels = http_exchange_query_get(q->x, "labelSelector");

	*ret = (struct api_filter){ .ns = q->ns };
	ret->field_selector = arena_sv(a, http_exchange_query_get(q->x, "fieldSelector"));
	if (!ret->field_selector.ptr)
		return arena_error(a, err);
	labels = arena_sv(a, labels);
	if (!labels.ptr)
		return arena_error(a, err);
	struct sv why;
	return selector_parse(a, labels, &ret->labels, &why, err);
}

/* One requirement "path=value", "path==value" or "path!=value" of a field selector. */
static bool field_holds(const json_t *doc, struct sv requirement)
{
	size_t at = sv_find(requirement, '=');
	bool negated = at > 0 && at < requirement.len && requirement.ptr[at - 1] == '!';
	struct sv path = sv_take(requirement, negated ? at - 1 : at);
	struct sv value = sv_skip(requirement, at + 1);
	char room[128];

	if (sv_has_prefix(value, SV("=")))
		value = sv_skip(value, 1);
	if (path.len >= sizeof(room))
		return false;
	memcpy(room, path.ptr, path.len);
	room[path.len] = '\0';
	const char *actual = jx_text_at(doc, room);
	return sv_eq(sv_of(actual ? actual : ""), value) != negated;
}

static bool fields_hold(const json_t *doc, struct sv selector)
{
	while (selector.len > 0) {
		struct sv rest;
		bool found;
		if (!field_holds(doc, sv_cut(selector, ',', &rest, &found)))
			return false;
		selector = rest;
	}
	return true;
}

static bool labels_hold(const json_t *doc, const struct selector *labels)
{
	struct label pairs[MAX_LABELS];
	size_t n = 0;
	const char *key;
	json_t *value;

	json_object_foreach(jx_at(doc, "metadata.labels"), key, value)
	{
		if (n == ARRAY_LEN(pairs))
			break;
		pairs[n++] = (struct label){ sv_of(key), sv_of(json_string_value(value)) };
	}
	return selector_matches(labels, pairs, n);
}

bool api_filter_selects(const struct api_filter *f, const struct store_object *o)
{
	json_t *doc = NULL;
	struct error ignored;

	if (f->ns.len > 0 && !sv_is(f->ns, o->ns))
		return false;
	if (f->labels.n == 0 && f->field_selector.len == 0)
		return true;
	if (jx_parse(sv_from(o->text, o->text_len), &doc, &ignored) != ERR_OK)
		return false;
	bool selected = fields_hold(doc, f->field_selector) && labels_hold(doc, &f->labels);
	json_decref(doc);
	return selected;
}

/* A page of a list: where it begins, how long it may be, and of when the list is. All pages tell the revision of the first one, so that a
 * watch from there repeats what changed while the pages were read. */
struct page {
	struct sv after; /* "ns/name" of the last object of the page before */
	int64_t limit;	 /* 0: no limit */
	uint64_t revision;
};

/* A continue token is "REVISION:NS/NAME". */
static bool read_continue(struct sv token, const struct store *store, struct page *page)
{
	struct sv after;
	bool found;

	page->revision = store_revision(store);
	if (token.len == 0)
		return true;
	struct sv revision = sv_cut(token, ':', &after, &found);
	page->after = after;
	return sv_to_u64(revision, &page->revision) && page->revision <= store_revision(store) &&
	       sv_find(after, '/') < after.len;
}

static bool is_behind(const struct store_object *o, struct sv after)
{
	struct sv rest;
	bool found;
	struct sv ns = sv_cut(after, '/', &rest, &found);
	int order = sv_cmp(sv_of(o->ns), ns);
	return after.len == 0 || order > 0 || (order == 0 && sv_cmp(sv_of(o->name), rest) > 0);
}

static void put_list_metadata(
	struct buf *out, uint64_t revision, const struct store_object *next_after)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct jw w;

	buf_init(&text, 1024);
	jw_init(&w, out);
	jw_object(&w);
	buf_put_u64(&text, revision);
	jw_member_sv(&w, "resourceVersion", buf_sv(&text));
	if (next_after) {
		buf_printf(&text, ":%s/%s", next_after->ns, next_after->name);
		jw_member_sv(&w, "continue", buf_sv(&text));
	}
	jw_object_end(&w);
}

/* Positions of the objects of this page; *ret_next_after is its last object when more follow. */
static size_t choose(const struct api_filter *f, const struct page *page,
	const struct store_list *all, size_t *chosen, const struct store_object **ret_next_after)
{
	size_t n = 0;

	*ret_next_after = NULL;
	for (size_t i = 0; i < all->n; i++) {
		if (!is_behind(all->at[i], page->after) || !api_filter_selects(f, all->at[i]))
			continue;
		if (page->limit > 0 && n == (size_t)page->limit) {
			*ret_next_after = all->at[chosen[n - 1]];
			break;
		}
		chosen[n++] = i;
	}
	return n;
}

static void put_list(struct buf *out, struct api_request *q, const struct store_list *all,
	const size_t *chosen, size_t n, struct sv metadata)
{
	struct jw w;

	jw_init(&w, out);
	if (q->form == API_FORM_TABLE) {
		table_begin(&w, q->r, metadata, true);
	} else {
		AUTO(buf_done) struct buf version = { 0 };
		buf_init(&version, 256);
		resources_print_api_version(&version, q->r);
		bool partial = q->form == API_FORM_PARTIAL;
		jw_object(&w);
		jw_member_str(&w, "kind",
			partial ? "PartialObjectMetadataList"
				: arena_printf(q->arena, "%sList", q->r->kind));
		jw_member_str(&w, "apiVersion", partial ? "meta.k8s.io/v1" : buf_text(&version));
		jw_key(&w, "metadata");
		jw_raw(&w, metadata);
		jw_key(&w, "items");
		jw_array(&w);
	}
	for (size_t i = 0; i < n; i++)
		api_put_object(
			&w, q, sv_from(all->at[chosen[i]]->text, all->at[chosen[i]]->text_len));
	if (q->form == API_FORM_TABLE) {
		table_end(&w);
		return;
	}
	jw_array_end(&w);
	jw_object_end(&w);
}

void api_list(struct api_request *q)
{
	struct api_filter filter;
	struct page page = { .limit = 0 };
	struct sv limit = http_exchange_query_get(q->x, "limit");
	AUTO(store_list_done) struct store_list all = { NULL, 0 };
	const struct store_object *next_after;
	AUTO(buf_done) struct buf out = { 0 };
	AUTO(buf_done) struct buf metadata = { 0 };
	struct error err;

	buf_init(&out, MAX_LIST_BYTES);
	buf_init(&metadata, 1024);
	if (limit.len > 0 && (!sv_to_i64(limit, &page.limit) || page.limit < 0)) {
		api_fail(q, 400, "BadRequest", "limit must be a number that is not negative");
		return;
	}
	if (api_filter_parse(q, q->arena, &filter, &err) != ERR_OK) {
		api_fail(q, 400, "BadRequest", err.text);
		return;
	}
	if (!read_continue(http_exchange_query_get(q->x, "continue"), q->api->store, &page)) {
		api_fail(q, 400, "BadRequest", "continue key is not valid");
		return;
	}
	if (store_list(q->api->store, q->r, q->ns, &all, &err) != ERR_OK) {
		api_fail_error(q, &err);
		return;
	}
	AUTO(mem_free) void *room = mem_calloc(all.n + 1, sizeof(size_t));
	if (!room) {
		api_fail(q, 500, "InternalError", "out of memory");
		return;
	}
	size_t *chosen = room;
	size_t n = choose(&filter, &page, &all, chosen, &next_after);
	put_list_metadata(&metadata, page.revision, next_after);
	put_list(&out, q, &all, chosen, n, buf_sv(&metadata));
	reply_buf(q, 200, &out);
}
