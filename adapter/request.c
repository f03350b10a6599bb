/* Replies that several steps give. */
#include "adapter/request.h"

void request_fail(struct request *r, const struct failure *f)
{
	buf_clear(&r->body);
	failure_print(&r->body, f);
	r->status = f->code;
	r->content_type = "application/json";
	r->plain = false;
	r->is_status = true;
}

void request_fail_text(struct request *r, int code, const char *reason, enum failure_details details, struct sv message)
{
	struct failure f = { .code = code, .reason = reason, .message = message, .details = details };
	request_fail(r, &f);
}

void request_fail_internal(struct request *r, const char *why)
{
	char *message = arena_printf(r->arena, "Internal error occurred: %s", why);
	struct failure f = {
		.code = 500,
		.reason = "InternalError",
		.message = sv_of(message ? message : why),
		.details = FAILURE_CAUSE,
		.cause = sv_of(why),
	};
	request_fail(r, &f);
}

void request_fail_error(struct request *r, const struct error *err)
{
	struct sv text = sv_of(err->text);
	switch (err->kind) {
	case ERR_INVALID:
		request_fail_text(r, 400, "BadRequest", FAILURE_NO_DETAILS, text);
		break;
	case ERR_UNAVAIL:
		request_fail_text(r, 503, "ServiceUnavailable", FAILURE_NO_DETAILS, text);
		break;
	case ERR_OK:
	case ERR_NOTFOUND:
	case ERR_CONFLICT:
	case ERR_DENIED:
	case ERR_LIMIT:
	case ERR_NOMEM:
	case ERR_BUG:
	default:
		request_fail_internal(r, err->text);
		break;
	}
}

void request_text(struct request *r, int status, const char *content_type, struct sv text)
{
	buf_clear(&r->body);
	buf_put_sv(&r->body, text);
	r->status = status;
	r->content_type = content_type;
	r->plain = true;
}

void request_add_header(struct request *r, const char *line)
{
	if (r->n_more_headers < ARRAY_LEN(r->more_headers))
		r->more_headers[r->n_more_headers++] = line;
}

int64_t request_left_ns(const struct request *r)
{
	int64_t left_ns = r->deadline.ns - instant_mono_now().ns;
	return left_ns > NS_PER_MS ? left_ns : NS_PER_MS;
}
