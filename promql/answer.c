/* The whole text of an answer -> rows. Members may come in any order: what cannot be read yet is skipped once and read when its
 * type is known. Rows are handed on as they are read, so a caller drops them when the end of the text turns out to be wrong. */
#include "promql/answer.h"

#include "promql/answer_decoder.h"

/* Warnings and infos that are kept; Prometheus sends at most ten of each and then a count. */
#define MAX_NOTES 64u
/* Decoded escapes of one row. */
#define ROW_ARENA_BYTES (1024u * 1024)

/* A list of texts, or null. */
static bool read_notes(struct answer_decoder *d, const struct sv **ret, size_t *ret_n)
{
	struct sv *notes = ARENA_ARRAY_RAW(d->arena, MAX_NOTES, struct sv), text;
	bool first = true, close;
	size_t n = 0;

	if (!notes)
		return answer_stop(d, ERR_NOMEM, "out of memory");
	if (answer_scan_null(&d->scan))
		return true;
	if (!answer_scan_expect(&d->scan, '['))
		return false;
	while (answer_scan_element(&d->scan, &first, &close)) {
		if (!answer_read_text(d, &text))
			return false;
		if (n < MAX_NOTES)
			notes[n++] = text;
	}
	*ret = notes;
	*ret_n = n;
	return close;
}

struct envelope {
	struct sv status, error_type, error;
	struct sv message; /* a proxy's, such as Kubernetes' API server's; only of failures */
	unsigned seen;
	struct answer_scan
		refused; /* where and why the data was refused; the status decides whether that matters */
};

enum envelope_member {
	ENV_STATUS,
	ENV_DATA,
	ENV_ERROR_TYPE,
	ENV_ERROR,
	ENV_WARNINGS,
	ENV_INFOS,
	ENV_MESSAGE
};

static bool read_optional_text(struct answer_decoder *d, struct sv *ret)
{
	*ret = SV("");
	return answer_scan_null(&d->scan) || answer_read_text(d, ret);
}

/* Not a member of Prometheus: whatever else it is, it is passed over. */
static bool envelope_message(struct answer_decoder *d, struct envelope *e)
{
	struct answer_scan before = d->scan;

	if (answer_read_text(d, &e->message))
		return true;
	if (d->stopped)
		return false;
	d->scan = before;
	return answer_scan_skip(&d->scan);
}

static bool envelope_data(struct answer_decoder *d, struct envelope *e, bool want_data)
{
	struct answer_scan before = d->scan;

	if (!want_data || sv_is(e->status, "error") || e->refused.problem)
		return answer_scan_skip(&d->scan);
	if (answer_read_data(d))
		return true;
	if (d->stopped)
		return false;
	e->refused = d->scan;
	d->scan = before;
	return answer_scan_skip(&d->scan);
}

static bool envelope_member(
	struct answer_decoder *d, size_t member, struct envelope *e, bool want_data)
{
	switch (member) {
	case ENV_STATUS:
		return answer_read_text(d, &e->status);
	case ENV_DATA:
		return envelope_data(d, e, want_data);
	case ENV_ERROR_TYPE:
		return read_optional_text(d, &e->error_type);
	case ENV_ERROR:
		return read_optional_text(d, &e->error);
	case ENV_WARNINGS:
		return read_notes(d, &d->answer->warnings, &d->answer->n_warnings);
	case ENV_INFOS:
		return read_notes(d, &d->answer->infos, &d->answer->n_infos);
	case ENV_MESSAGE:
		return envelope_message(d, e);
	default:
		return answer_scan_skip(&d->scan);
	}
}

static bool read_envelope(struct answer_decoder *d, struct envelope *e, bool want_data)
{
	static const char *const answers[] = { "status", "data", "errorType", "error", "warnings",
		"infos", NULL };
	static const char *const failures[] = { "status", "data", "errorType", "error", "warnings",
		"infos", "message", NULL };
	const char *const *names = want_data ? answers : failures;
	struct answer_text key;
	bool first = true, close;
	size_t member;

	if (!answer_scan_expect(&d->scan, '{'))
		return false;
	while (answer_scan_member(&d->scan, &first, &key, &close)) {
		bool odd = false;

		if (!answer_look_up_member(d, key, names, &e->seen, &member, &odd))
			return false;
		if (odd && !e->refused.problem) {
			e->refused = d->scan;
			e->refused.problem = "every member once, under its exact name";
		}
		if (!envelope_member(d, member, e, want_data))
			return false;
	}
	return close && answer_scan_end(&d->scan);
}

static enum error_kind kind_of_failure(int status, struct sv class)
{
	if (sv_is(class, "bad_data") || sv_is(class, "bad_response") || status == 400)
		return ERR_INVALID;
	if (status == 401 || status == 403)
		return ERR_DENIED;
	if (status == 404 || sv_is(class, "not_found"))
		return ERR_NOTFOUND;
	return ERR_UNAVAIL;
}

static enum error_kind fail(
	struct answer_decoder *d, int status, struct sv class, struct sv message, struct error *err)
{
	d->answer->error_class = class;
	d->answer->error_message = message;
	enum error_kind kind = error_set(
		err, kind_of_failure(status, class), "%.*s: %.*s", SV_ARG(class), SV_ARG(message));

	err->code = status;
	return kind;
}

/* A text that is no answer of Prometheus, or one that is not as it should be. */
static enum error_kind bad_response(struct answer_decoder *d, struct sv body, struct error *err)
{
	if (d->stopped)
		return error_set(err, d->stopped,
			d->stopped == ERR_NOMEM ? "out of memory"
						: "the answer of Prometheus is too large");
	char *message =
		arena_printf(d->arena, "byte %zu: expected %s", (size_t)(d->scan.at - body.ptr),
			d->scan.problem ? d->scan.problem : "an answer of Prometheus");

	return message ? fail(d, 200, SV("bad_response"), sv_of(message), err)
		       : arena_error(d->arena, err);
}

/* Statuses whose body the reference's client does not read: the body's own words are used when it has any, else those of a proxy
 * in between. */
static enum error_kind fail_by_status(
	struct answer_decoder *d, int status, struct envelope *e, bool readable, struct error *err)
{
	struct sv class = status >= 500 && status < 600	  ? SV("server_error")
			  : status >= 400 && status < 500 ? SV("client_error")
							  : SV("bad_response");
	char *message = arena_printf(d->arena, "HTTP status %d", status);

	if (!message)
		return arena_error(d->arena, err);
	struct sv words = sv_of(message);

	if (readable && sv_is(e->status, "error") && status >= 400 && status < 600) {
		if (e->error_type.len)
			class = e->error_type;
		if (e->error.len)
			words = e->error;
	} else if (readable && e->message.len) {
		words = e->message;
	}
	return fail(d, status, class, words, err);
}

/* Prometheus itself explains 400 and 422. */
static bool is_failed_by_status(int status, const struct envelope *e, bool readable)
{
	bool is_of_proxy = readable && e->message.len > 0 && !sv_is(e->status, "error");

	return (status != 400 && status != 422) || is_of_proxy;
}

static enum error_kind decode(
	struct answer_decoder *d, int status, struct sv body, struct error *err)
{
	struct envelope e = { .status = SV("") };
	bool success = status >= 200 && status < 300 && status != 204;
	bool readable = read_envelope(d, &e, success);

	if (!success && is_failed_by_status(status, &e, readable))
		return fail_by_status(d, status, &e, readable, err);
	if (!readable)
		return bad_response(d, body, err);
	if (sv_is(e.status, "error"))
		return fail(d, status, e.error_type, e.error, err);
	if (e.refused.problem)
		d->scan = e.refused;
	else if (!success)
		answer_refuse(d, "an error");
	else if (!(e.seen & 1u << ENV_STATUS))
		answer_refuse(d, "the member \"status\"");
	else if (!(e.seen & 1u << ENV_DATA))
		answer_refuse(d, "the member \"data\"");
	if (d->scan.problem)
		return bad_response(d, body, err);
	d->answer->odd_status = !sv_is(e.status, "success");
	return ERR_OK;
}

enum error_kind answer_decode(struct arena *a, int http_status, struct sv body,
	const struct answer_handler *handler, struct answer *ret, struct error *err)
{
	struct answer_decoder d = { .scan = { .at = body.ptr, .end = body.ptr + body.len },
		.arena = a,
		.handler = handler,
		.answer = ret };
	enum error_kind failed;

	*ret = (struct answer){ 0 };
	if (!body.ptr)
		d.scan.at = d.scan.end = "";
	d.max_labels = ANSWER_FIRST_LABELS;
	d.labels = ARENA_ARRAY_RAW(a, d.max_labels, struct answer_label);
	if (!d.labels)
		return arena_error(a, err);
	arena_init(&d.row_arena, ROW_ARENA_BYTES);
	failed = decode(&d, http_status, body, err);
	arena_done(&d.row_arena);
	return failed;
}
