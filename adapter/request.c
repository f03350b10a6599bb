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

void request_fail_text(struct request *r, int code, const char *reason,
	enum failure_details details, struct sv message)
{
	struct failure f = {
		.code = code, .reason = reason, .message = message, .details = details
	};
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

static void put_quoted(struct buf *out, const char *before, struct sv text)
{
	buf_put_str(out, before);
	buf_put_char(out, '"');
	buf_put_sv(out, text);
	buf_put_char(out, '"');
}

static void put_refusal(
	struct buf *out, const struct authz_attributes *at, struct sv user, struct sv reason)
{
	if (at->is_resource) {
		mapper_print(out, at->group, at->resource);
		if (at->name.len)
			put_quoted(out, " ", at->name);
		buf_put_str(out, " is ");
	}
	put_quoted(out, "forbidden: User ", user);
	buf_put_str(out, " cannot ");
	buf_put_sv(out, at->verb);
	if (at->is_resource) {
		put_quoted(out, " resource ", at->resource);
		if (at->subresource.len) {
			out->len--;
			buf_put_char(out, '/');
			buf_put_sv(out, at->subresource);
			buf_put_char(out, '"');
		}
		put_quoted(out, " in API group ", at->group);
		if (at->namespace.len)
			put_quoted(out, " in the namespace ", at->namespace);
		else
			buf_put_str(out, " at the cluster scope");
	} else {
		put_quoted(out, " path ", at->path);
	}
	if (reason.len) {
		buf_put_str(out, ": ");
		buf_put_sv(out, reason);
	}
}

void request_refuse(struct request *r, const struct authz_attributes *at, struct sv reason)
{
	struct buf text;
	buf_init(&text, 256u * 1024);
	put_refusal(&text, at, r->user.name, reason);
	struct failure f = { .code = 403,
		.reason = "Forbidden",
		.message = buf_sv(&text),
		.details = FAILURE_EMPTY_DETAILS };
	if (at->is_resource) {
		f.details = FAILURE_OBJECT;
		f.name = at->name;
		f.group = at->group;
		f.kind = at->resource;
	}
	request_fail(r, &f);
	request_add_header(r, "X-Content-Type-Options: nosniff");
	buf_done(&text);
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

/* "the server could not find the metric M for R[ NAME]" */
void request_no_metric(struct request *r, bool with_name)
{
	const struct route *q = &r->route;
	struct sv resource = q->resource;
	if (q->kind == ROUTE_EXTERNAL)
		resource = sv_is(q->namespace, "default") ? SV("namespaces") : SV("");
	char *text = arena_printf(r->arena,
		"the server could not find the metric %.*s for %.*s%s%.*s", SV_ARG(q->metric),
		SV_ARG(resource), with_name ? " " : "", SV_ARG(with_name ? q->name : SV("")));
	request_fail_text(r, 404, "NotFound", FAILURE_NO_DETAILS, sv_of(text ? text : "not found"));
}
