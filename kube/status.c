/* metav1.Status in both directions. One table ties reasons, HTTP codes and error kinds together; the texts for answers without a Status body are
 * those of the reference's client (spec/hpa.md 5.5). What to do about an error is the caller's. Pure. */
#include "kube/status.h"

#include <stdio.h>

#include "common/jtree.h"
#include "common/jw.h"

/* Bodies that are no Status are quoted up to here, as in the reference. */
#define QUOTED_BODY_MAX 2048
/* A tree needs several times its text, and a small Status a whole chunk. */
#define SCRATCH_PER_BYTE 64
#define SCRATCH_MIN 65536

struct reason_row {
	const char *reason;
	int code;
	enum error_kind kind;
	const char *
		text; /* for an answer with this code and no Status; NULL: the server's own text, or none */
};

/* The first row of a code is what that code means by itself. */
static const struct reason_row REASONS[] = {
	{ "BadRequest", 400, ERR_INVALID, "the server rejected our request for an unknown reason" },
	{ "Unauthorized", 401, ERR_DENIED,
		"the server has asked for the client to provide credentials" },
	{ "Forbidden", 403, ERR_DENIED, NULL },
	{ "NotFound", 404, ERR_NOTFOUND, "the server could not find the requested resource" },
	{ "MethodNotAllowed", 405, ERR_INVALID,
		"the server does not allow this method on the requested resource" },
	{ "NotAcceptable", 406, ERR_INVALID, NULL },
	{ "Conflict", 409, ERR_CONFLICT, "the server reported a conflict" },
	{ "AlreadyExists", 409, ERR_CONFLICT, NULL },
	{ "Gone", 410, ERR_CONFLICT, NULL },
	{ "Expired", 410, ERR_CONFLICT, NULL },
	{ "RequestEntityTooLarge", 413, ERR_LIMIT, NULL },
	{ "UnsupportedMediaType", 415, ERR_INVALID, NULL },
	{ "Invalid", 422, ERR_INVALID,
		"the server rejected our request due to an error in our request" },
	{ "TooManyRequests", 429, ERR_UNAVAIL,
		"the server has received too many requests and has asked us to try again later" },
	{ "InternalError", 500, ERR_UNAVAIL, NULL },
	{ "ServerTimeout", 500, ERR_UNAVAIL, NULL },
	{ "StoreReadError", 500, ERR_UNAVAIL, NULL },
	{ "ServiceUnavailable", 503, ERR_UNAVAIL,
		"the server is currently unable to handle the request" },
	{ "Timeout", 504, ERR_UNAVAIL,
		"the server was unable to return a response in the time allotted, but may still be "
		"processing "
		"the request" },
};

static const struct reason_row *row_of_code(int code)
{
	for (size_t i = 0; i < ARRAY_LEN(REASONS); i++)
		if (REASONS[i].code == code)
			return &REASONS[i];
	return NULL;
}

static const struct reason_row *row_of_reason(struct sv reason)
{
	for (size_t i = 0; i < ARRAY_LEN(REASONS); i++)
		if (sv_is(reason, REASONS[i].reason))
			return &REASONS[i];
	return NULL;
}

enum error_kind status_kind(int code, struct sv reason)
{
	const struct reason_row *row = row_of_reason(reason);

	if (!row)
		row = row_of_code(code);
	if (row)
		return row->kind;
	return code == 408 || code >= 500 ? ERR_UNAVAIL : ERR_INVALID;
}

struct sv status_reason_of_code(int code)
{
	const struct reason_row *row = row_of_code(code);
	return row ? sv_of(row->reason) : SV("");
}

int status_code_of_reason(struct sv reason)
{
	const struct reason_row *row = row_of_reason(reason);
	return row ? row->code : 0;
}

static int small_code(const struct jtree *t)
{
	int64_t code;
	return jtree_i64(t, &code) && code >= 100 && code <= 599 ? (int)code : 0;
}

bool status_decode(const struct jtree *t, struct status *ret)
{
	if (!sv_is(jtree_text(jtree_get(t, "kind")), "Status"))
		return false;
	if (sv_is(jtree_text(jtree_get(t, "status")), "Success"))
		return false;
	const struct jtree *details = jtree_get(t, "details");
	int64_t retry;
	*ret = (struct status){
		.code = small_code(jtree_get(t, "code")),
		.reason = jtree_text(jtree_get(t, "reason")),
		.message = jtree_text(jtree_get(t, "message")),
		.name = jtree_text(jtree_get(details, "name")),
		.group = jtree_text(jtree_get(details, "group")),
		.kind = jtree_text(jtree_get(details, "kind")),
		.uid = jtree_text(jtree_get(details, "uid")),
		.retry_after_seconds =
			jtree_i64(jtree_get(details, "retryAfterSeconds"), &retry) && retry > 0
				? retry
				: 0,
	};
	return true;
}

static void member_unless_empty(struct jw *w, const char *key, struct sv text)
{
	if (text.len > 0)
		jw_member_sv(w, key, text);
}

void status_encode(struct buf *out, const struct status *s)
{
	struct sv reason = s->reason.len > 0 ? s->reason : status_reason_of_code(s->code);
	int code = s->code != 0 ? s->code : status_code_of_reason(s->reason);
	struct jw w;

	jw_init(&w, out);
	jw_object(&w);
	jw_member_str(&w, "kind", "Status");
	jw_member_str(&w, "apiVersion", "v1");
	jw_key(&w, "metadata");
	jw_object(&w);
	jw_object_end(&w);
	jw_member_str(&w, "status", "Failure");
	member_unless_empty(&w, "message", s->message);
	member_unless_empty(&w, "reason", reason);
	if (s->name.len > 0 || s->group.len > 0 || s->kind.len > 0 || s->uid.len > 0 ||
		s->retry_after_seconds > 0) {
		jw_key(&w, "details");
		jw_object(&w);
		member_unless_empty(&w, "name", s->name);
		member_unless_empty(&w, "group", s->group);
		member_unless_empty(&w, "kind", s->kind);
		member_unless_empty(&w, "uid", s->uid);
		if (s->retry_after_seconds > 0)
			jw_member_i64(&w, "retryAfterSeconds", s->retry_after_seconds);
		jw_object_end(&w);
	}
	jw_member_i64(&w, "code", code != 0 ? code : 500);
	jw_object_end(&w);
}

static int code_of_kind(enum error_kind kind)
{
	switch (kind) {
	case ERR_INVALID:
		return 400;
	case ERR_NOTFOUND:
		return 404;
	case ERR_CONFLICT:
		return 409;
	case ERR_DENIED:
		return 403;
	case ERR_UNAVAIL:
		return 503;
	case ERR_OK:
	case ERR_LIMIT:
	case ERR_NOMEM:
	case ERR_BUG:
		break;
	}
	return 500;
}

struct status status_from_error(const struct error *err)
{
	int code = err->code >= 400 && err->code <= 599 ? err->code : code_of_kind(err->kind);

	return (struct status){
		.code = code,
		.reason = status_reason_of_code(code),
		.message = sv_of(err->text),
	};
}

static bool is_json(struct sv content_type)
{
	struct sv rest;
	bool found;
	struct sv media = sv_trim(sv_cut(content_type, ';', &rest, &found));
	return media.len == 0 || sv_eq_nocase(media, SV("application/json"));
}

static bool is_text(struct sv content_type)
{
	return content_type.len == 0 || sv_eq_nocase(sv_take(content_type, 5), SV("text/"));
}

/* Go's %q, as far as it can be done without Unicode's tables of printable characters: what is not ASCII stays as it is. */
static void put_quoted(struct buf *out, struct sv text)
{
	static const char NAMED[] = "\a\b\f\n\r\t\v\\\"";
	static const char LETTER[] = "abfnrtv\\\"";

	buf_put_char(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		const char *named = c != '\0' ? strchr(NAMED, c) : NULL;
		if (named) {
			buf_put_char(out, '\\');
			buf_put_char(out, LETTER[named - NAMED]);
		} else if ((unsigned char)c < 0x20 || c == 0x7f) {
			buf_printf(out, "\\x%02x", (unsigned)(unsigned char)c);
		} else {
			buf_put_char(out, c);
		}
	}
	buf_put_char(out, '"');
}

/* What the code means, without who asked for what. own: what the server said, if that was text. */
static void put_meaning(struct buf *out, int code, struct sv own)
{
	const struct reason_row *row = row_of_code(code);

	if (row && row->text) {
		buf_put_str(out, row->text);
	} else if (code == 406 && (own.len == 0 || sv_is(own, "unknown"))) {
		buf_put_str(out, "the server was unable to respond with a content type that the "
				 "client supports");
	} else if (code == 403 || code == 406 || code == 415) {
		buf_put_sv(out, own);
	} else if (code >= 500) {
		buf_put_str(out, "an error on the server (");
		put_quoted(out, own);
		buf_put_str(out, ") has prevented the request from succeeding");
	} else {
		buf_printf(out,
			"the server responded with the status code %d but did not return more "
			"information",
			code);
	}
}

/* The text of an answer that explains nothing itself. */
static void put_default_text(struct buf *out, const struct status_answer *answer)
{
	struct sv own = SV("unknown");

	if (is_text(answer->content_type))
		own = sv_trim(sv_take(answer->body, QUOTED_BODY_MAX));
	put_meaning(out, answer->code, own);
	if (!answer->resource)
		return;
	buf_put_str(out, " (");
	for (const char *c = answer->method ? answer->method : "GET"; *c != '\0'; c++)
		buf_put_char(out, *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c);
	buf_printf(out, " %s", answer->resource);
	if (answer->name && answer->name[0] != '\0')
		buf_printf(out, " %s", answer->name);
	buf_put_char(out, ')');
}

static enum error_kind set_error(struct error *err, enum error_kind kind, int code, struct sv text)
{
	error_set(err, kind, "%.*s", SV_ARG(sv_take(text, ERROR_TEXT_MAX - 1)));
	err->code = code;
	return kind;
}

/* True: the body was a Status with a message and err is filled from it. */
static bool explain_by_body(const struct status_answer *answer, struct error *err)
{
	AUTO(arena_done) struct arena scratch = { 0 };
	struct jtree *t;
	struct status s;
	struct error ignored;

	arena_init(&scratch, answer->body.len * SCRATCH_PER_BYTE + SCRATCH_MIN);
	if (answer->body.len == 0 || !is_json(answer->content_type))
		return false;
	if (jtree_parse(&scratch, answer->body, &t, &ignored) || !status_decode(t, &s) ||
		s.message.len == 0)
		return false;
	set_error(err, status_kind(s.code != 0 ? s.code : answer->code, s.reason), answer->code,
		s.message);
	return true;
}

enum error_kind status_explain(const struct status_answer *answer, struct error *err)
{
	if (explain_by_body(answer, err))
		return err->kind;
	enum error_kind kind = status_kind(answer->code, SV_NULL);
	/* Longer texts than an error holds are cut anyway. */
	AUTO(buf_done) struct buf text = { 0 };
	buf_init(&text, 4 * QUOTED_BODY_MAX + ERROR_TEXT_MAX);
	put_default_text(&text, answer);
	if (text.failed == ERR_OK)
		return set_error(err, kind, answer->code, buf_sv(&text));
	error_set(err, kind, "the server responded with the status code %d", answer->code);
	err->code = answer->code;
	return kind;
}
