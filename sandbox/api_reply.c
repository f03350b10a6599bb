/* Answers as JSON, and failures as a metav1.Status. */
#include "common/jw.h"
#include "common/limits.h"
#include "sandbox/api_request.h"

void api_reply_json(struct api_request *q, int status, struct sv body)
{
	http_exchange_reply(q->x, status, "application/json", body, NULL);
}

static void put_details(struct jw *w, const struct api_request *q, int code)
{
	if (!q->r)
		return;
	jw_key(w, "details");
	jw_object(w);
	if (q->name.len > 0)
		jw_member_sv(w, "name", q->name);
	if (q->r->group[0] != '\0')
		jw_member_str(w, "group", q->r->group);
	jw_member_str(w, "kind", code == 422 ? q->r->kind : q->r->plural);
	jw_object_end(w);
}

void api_fail(struct api_request *q, int code, const char *reason, const char *message)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct jw w;

	buf_init(&out, LIMIT_OBJECT_BYTES);
	jw_init(&w, &out);
	jw_object(&w);
	jw_member_str(&w, "kind", "Status");
	jw_member_str(&w, "apiVersion", "v1");
	jw_key(&w, "metadata");
	jw_object(&w);
	jw_object_end(&w);
	jw_member_str(&w, "status", "Failure");
	jw_member_str(&w, "message", message);
	jw_member_str(&w, "reason", reason);
	put_details(&w, q, code);
	jw_member_i64(&w, "code", code);
	jw_object_end(&w);
	buf_put_char(&out, '\n');
	api_reply_json(q, code, buf_sv(&out));
}

void api_fail_error(struct api_request *q, const struct error *err)
{
	switch (err->kind) {
	case ERR_NOTFOUND:
		api_fail(q, 404, "NotFound", err->text);
		return;
	case ERR_CONFLICT:
		api_fail(q, 409,
			sv_has_suffix(sv_of(err->text), SV("already exists")) ? "AlreadyExists"
									      : "Conflict",
			err->text);
		return;
	case ERR_INVALID:
		if (err->code == 422)
			api_fail(q, 422, "Invalid", err->text);
		else
			api_fail(q, 400, "BadRequest", err->text);
		return;
	case ERR_LIMIT:
		api_fail(q, 413, "RequestEntityTooLarge", err->text);
		return;
	case ERR_OK:
	case ERR_DENIED:
	case ERR_UNAVAIL:
	case ERR_NOMEM:
	case ERR_BUG:
		break;
	}
	api_fail(q, 500, "InternalError", err->text);
}
