/* Pages, lines and events of list+watch, cut out by scanning. Objects stay text: whether one is well-formed behind its
 * metadata, and what it is, is asked by object_meta.c and the callers. Pure. */
#include "kube/watch_decode.h"

#include <string.h>

#include "common/jcut.h"
#include "common/jscan.h"

/* The text of the value that starts with `token`. */
static bool cut_value(struct jscan *s, enum jscan_token token, struct sv *ret)
{
	const char *start = s->at - 1; /* objects and arrays: their bracket */

	if (!jscan_leap(s, token))
		return false;
	*ret = sv_from(start, (size_t)(s->at - start));
	return true;
}

static enum error_kind scan_text(
	struct jscan *s, struct arena *a, struct sv *ret, struct error *err)
{
	enum jscan_token token = jscan_next(s);

	if (token == JSCAN_NULL)
		return ERR_OK;
	if (token != JSCAN_STRING)
		return token == JSCAN_ERROR ? jscan_error(s, err)
					    : error_set(err, ERR_INVALID, "expected a string");
	*ret = jscan_string(s, a);
	return ret->ptr ? ERR_OK : arena_error(a, err);
}

static enum error_kind scan_list_metadata(
	struct jscan *s, struct arena *a, struct watch_page *page, struct error *err)
{
	enum jscan_token token = jscan_next(s);

	if (token != JSCAN_OBJECT)
		return token == JSCAN_ERROR
			       ? jscan_error(s, err)
			       : error_set(err, ERR_INVALID, "metadata: expected an object");
	while ((token = jscan_next(s)) == JSCAN_KEY) {
		enum error_kind kind = ERR_OK;
		if (jscan_is(s, SV("resourceVersion")))
			kind = scan_text(s, a, &page->resource_version, err);
		else if (jscan_is(s, SV("continue")))
			kind = scan_text(s, a, &page->continue_token, err);
		else if (!jscan_skip(s, jscan_next(s)))
			kind = jscan_error(s, err);
		if (kind)
			return kind;
	}
	return token == JSCAN_CLOSE ? ERR_OK : jscan_error(s, err);
}

static struct sv skip_blanks(struct sv text)
{
	while (text.len > 0 && strchr(" \t\r\n", text.ptr[0]) && text.ptr[0] != '\0')
		text = sv_skip(text, 1);
	return text;
}

/* Objects are cut by their brackets, whatever is inside: one that no scanner would take (nested too deeply, malformed in itself) must not cost the whole list.
 * text: behind the bracket that opens `items`. *ret_rest: behind the one that closes it. */
static enum error_kind cut_items(struct sv text, void (*on_item)(struct sv json, void *ctx),
	void *ctx, struct sv *ret_rest, struct error *err)
{
	text = skip_blanks(text);
	while (text.len > 0 && text.ptr[0] == '{') {
		size_t len = jcut_value(text);
		if (len == 0)
			return error_set(err, ERR_INVALID, "items: the text ends inside an object");
		on_item(sv_take(text, len), ctx);
		text = skip_blanks(sv_skip(text, len));
		if (text.len > 0 && text.ptr[0] == ',')
			text = skip_blanks(sv_skip(text, 1));
		else
			break;
	}
	if (text.len == 0 || text.ptr[0] != ']')
		return error_set(err, ERR_INVALID, "items: expected objects in a list");
	*ret_rest = sv_skip(text, 1);
	return ERR_OK;
}

struct page_scan {
	struct arena *arena;
	void (*on_item)(struct sv json, void *ctx);
	void *ctx;
	struct watch_page page;
	bool has_items;
};

/* The members of a list document up to and without its items. *ret_rest: what follows the items; ptr NULL: there were none. */
static enum error_kind scan_members(
	struct page_scan *p, struct sv text, struct sv *ret_rest, struct error *err)
{
	struct jscan s;

	*ret_rest = SV_NULL;
	jscan_init(&s, text);
	enum jscan_token token = jscan_next(&s);
	if (token != JSCAN_OBJECT)
		return token == JSCAN_ERROR ? jscan_error(&s, err)
					    : error_set(err, ERR_INVALID, "expected a list object");
	while ((token = jscan_next(&s)) == JSCAN_KEY) {
		if (jscan_is(&s, SV("metadata"))) {
			if (scan_list_metadata(&s, p->arena, &p->page, err))
				return err->kind;
			continue;
		}
		bool is_items = jscan_is(&s, SV("items"));
		token = jscan_next(&s);
		if (is_items && token == JSCAN_ARRAY) {
			p->has_items = true;
			return cut_items(sv_from(s.at, (size_t)(s.end - s.at)), p->on_item, p->ctx,
				ret_rest, err);
		}
		p->has_items = p->has_items || (is_items && token == JSCAN_NULL);
		if (!jscan_skip(&s, token))
			return jscan_error(&s, err);
	}
	return token == JSCAN_CLOSE && jscan_next(&s) == JSCAN_END ? ERR_OK : jscan_error(&s, err);
}

enum error_kind watch_decode_page(struct arena *a, struct sv body,
	void (*on_item)(struct sv json, void *ctx), void *ctx, struct watch_page *ret,
	struct error *err)
{
	struct page_scan p = { .arena = a, .on_item = on_item, .ctx = ctx };
	struct sv rest;

	if (scan_members(&p, body, &rest, err))
		return err->kind;
	while (rest.ptr) {
		/* Mostly a single brace; with a comma in front of more members the brace that opens an object takes its place. */
		struct sv tail = skip_blanks(rest);
		bool more = tail.len > 0 && tail.ptr[0] == ',';
		char *object = arena_printf(a, "{%.*s", SV_ARG(sv_skip(tail, more)));
		if (!object)
			return arena_error(a, err);
		if (scan_members(&p, sv_of(object), &rest, err))
			return err->kind;
	}
	if (!p.has_items || p.page.resource_version.len == 0)
		return error_set(err, ERR_INVALID, "%s is missing: this is no list of objects",
			p.has_items ? "metadata.resourceVersion" : "items");
	*ret = p.page;
	return ERR_OK;
}

struct sv watch_decode_continue(struct arena *a, struct sv body)
{
	struct watch_page page = { .continue_token = SV("") };
	struct jscan s;
	struct error ignored;

	jscan_init(&s, body);
	if (jscan_next(&s) != JSCAN_OBJECT)
		return SV("");
	while (jscan_next(&s) == JSCAN_KEY && !jscan_is(&s, SV("items"))) {
		if (jscan_is(&s, SV("metadata")))
			return scan_list_metadata(&s, a, &page, &ignored) == ERR_OK
				       ? page.continue_token
				       : SV("");
		if (!jscan_skip(&s, jscan_next(&s)))
			break;
	}
	return SV("");
}

static bool scan_type(const struct jscan *s, enum watch_event_type *ret)
{
	static const char *const NAMES[] = {
		[WATCH_EVENT_ADDED] = "ADDED",
		[WATCH_EVENT_MODIFIED] = "MODIFIED",
		[WATCH_EVENT_DELETED] = "DELETED",
		[WATCH_EVENT_BOOKMARK] = "BOOKMARK",
		[WATCH_EVENT_ERROR] = "ERROR",
	};

	for (enum watch_event_type i = 0; i < ARRAY_LEN(NAMES); i++) {
		if (jscan_is(s, sv_of(NAMES[i]))) {
			*ret = i;
			return true;
		}
	}
	return false;
}

/* One member of an event, behind its key. */
static bool scan_event_member(struct jscan *s, struct watch_event *event, bool *has_type)
{
	bool is_type = jscan_is(s, SV("type")), is_object = jscan_is(s, SV("object"));
	enum jscan_token token = jscan_next(s);

	if (is_object && token == JSCAN_OBJECT)
		return cut_value(s, token, &event->object);
	if (is_type && token == JSCAN_STRING)
		*has_type = scan_type(s, &event->type);
	return jscan_skip(s, token);
}

enum error_kind watch_decode_event(struct sv line, struct watch_event *ret, struct error *err)
{
	struct watch_event event = { 0 };
	struct jscan s;
	bool has_type = false;

	jscan_init(&s, line);
	enum jscan_token token = jscan_next(&s);
	if (token != JSCAN_OBJECT)
		return token == JSCAN_ERROR ? jscan_error(&s, err)
					    : error_set(err, ERR_INVALID, "expected an object");
	while ((token = jscan_next(&s)) == JSCAN_KEY)
		if (!scan_event_member(&s, &event, &has_type))
			return jscan_error(&s, err);
	if (token != JSCAN_CLOSE || jscan_next(&s) != JSCAN_END)
		return jscan_error(&s, err);
	if (!has_type || event.object.len == 0)
		return error_set(err, ERR_INVALID, "%s", has_type ? "no object" : "no known type");
	*ret = event;
	return ERR_OK;
}

void watch_decode_lines_init(struct watch_lines *l, size_t max)
{
	*l = (struct watch_lines){ .max = max };
	buf_init(&l->partial, max);
}

void watch_decode_lines_done(struct watch_lines *l)
{
	buf_done(&l->partial);
}

void watch_decode_lines_clear(struct watch_lines *l)
{
	buf_clear(&l->partial);
	l->skipping = false;
}

/* Keeps an incomplete line. False: no memory. */
static bool keep(struct watch_lines *l, struct sv part)
{
	if (l->skipping || part.len == 0)
		return true;
	buf_put_sv(&l->partial, part);
	if (l->partial.failed == ERR_NOMEM)
		return false;
	if (l->partial.failed == ERR_LIMIT) {
		l->skipping = true;
		l->n_skipped++;
		buf_clear(&l->partial);
	}
	return true;
}

bool watch_decode_lines(struct watch_lines *l, struct sv piece,
	bool (*on_line)(struct sv line, void *ctx), void *ctx)
{
	while (piece.len > 0) {
		struct sv rest, line;
		bool complete;
		struct sv part = sv_cut(piece, '\n', &rest, &complete);
		bool joined = l->skipping || l->partial.len > 0;
		if (!complete)
			return keep(l, part);
		piece = rest;
		if (joined && !keep(l, part))
			return false;
		line = l->skipping ? SV_NULL : joined ? buf_sv(&l->partial) : part;
		bool go_on = sv_trim(line).len == 0 || on_line(line, ctx);
		/* One large object must not be held for ever. */
		if (l->partial.size > 65536)
			buf_done(&l->partial);
		watch_decode_lines_clear(l);
		if (!go_on)
			return false;
	}
	return true;
}
