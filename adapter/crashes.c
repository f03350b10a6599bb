/* Requests, listings, rules and files -> keys of the work note; suspects -> log lines, refusals, lines of /debug/rules.
 *
 * A key is as narrow as what one tenant can ask, and no narrower: a metric in a namespace, whatever the object and the selectors. Else somebody who can
 * crash the adapter with one of many selectors could do it often, or take a metric away from other namespaces. */
#include "adapter/crashes.h"

#include "adapter/server.h"
#include "common/fingerprint.h"
#include "common/log.h"

#define FILE_NAME "flyball-adapter.work"
/* Names of namespace, resource and metric; longer texts are cut by the note. */
#define KEY_MAX (64u * 1024)

/* Log and lines show what a request may have brought along. */
static void put_plain(struct buf *out, struct sv text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		buf_put_char(out, c < 0x20 || c == 0x7f ? '?' : text.ptr[i]);
	}
}

static void log_suspect(const struct work_suspect *s, void *ctx)
{
	(void)ctx;
	struct buf key, at;
	char n[2] = { (char)('0' + (s->n_crashes < 9 ? s->n_crashes : 9)), '\0' };
	buf_init(&key, KEY_MAX);
	buf_init(&at, 64);
	put_plain(&key, s->key);
	instant_wall_print(&at, s->quarantined ? s->try_at : s->crashed_at);
	if (s->quarantined)
		log_event(LOG_ERROR, "in quarantine: it was in work at several crashes", "what",
			buf_text(&key), "crashes", n, "tried again at", buf_text(&at), NULL);
	else
		log_event(LOG_WARN, "it was in work at a crash", "what", buf_text(&key), "at",
			buf_text(&at), NULL);
	buf_done(&key);
	buf_done(&at);
}

enum error_kind crashes_open(
	const struct adapter_options *o, struct work_note **ret, struct error *err)
{
	bool given = o->work_note_dir[0];
	const char *directory = given ? o->work_note_dir : o->cert_dir;
	struct error why = { 0 };
	if (work_note_new(directory, FILE_NAME, ret, &why) == ERR_OK) {
		work_note_each_suspect(*ret, log_suspect, NULL);
		return ERR_OK;
	}
	/* The default directory may be read-only or not exist: nobody asked for the record then. */
	log_event(given ? LOG_WARN : LOG_INFO,
		"what crashes this program will not be remembered (--work-note-dir)", "why",
		why.text, NULL);
	return work_note_new(NULL, FILE_NAME, ret, err);
}

static void put_key(const struct request *r, struct buf *out)
{
	const struct route *q = &r->route;
	if (q->kind == ROUTE_DOCUMENT) {
		buf_put_str(out, "document ");
		buf_put_sv(out, r->attributes.path);
		return;
	}
	buf_put_sv(out, r->attributes.group);
	if (q->namespace.len)
		buf_printf(out, " namespaces/%.*s", SV_ARG(q->namespace));
	if (q->kind == ROUTE_CUSTOM || q->kind == ROUTE_RESOURCE)
		buf_printf(out, " %.*s", SV_ARG(q->resource));
	if (q->kind == ROUTE_CUSTOM || q->kind == ROUTE_EXTERNAL)
		buf_printf(out, " %.*s", SV_ARG(q->metric));
}

/* What must answer whatever happened: whoever looks for the cause looks here. */
static bool is_exempt(const struct request *r)
{
	static const char *const PATHS[] = { "/healthz", "/livez", "/readyz", "/metrics",
		"/debug/rules" };
	switch (r->route.kind) {
	case ROUTE_DOCUMENT:
		for (size_t i = 0; i < ARRAY_LEN(PATHS); i++)
			if (sv_is(r->attributes.path, PATHS[i]))
				return true;
		return false;
	case ROUTE_NO_RESOURCE:
	case ROUTE_BAD_METHOD:
	case ROUTE_BAD_PATH:
		return true;
	case ROUTE_CUSTOM:
	case ROUTE_EXTERNAL:
	case ROUTE_RESOURCE:
	default:
		return false;
	}
}

enum error_kind crashes_enter(
	struct work_note *n, struct sv key, int *ret_ticket, struct error *err)
{
	struct work_suspect s = { 0 };
	struct buf text, at;
	int ticket = work_note_enter(n, key);
	if (ticket != WORK_NOTE_RESTS) {
		*ret_ticket = ticket;
		return ERR_OK;
	}
	(void)work_note_find_suspect(n, key, &s);
	buf_init(&text, KEY_MAX);
	buf_init(&at, 64);
	put_plain(&text, key);
	instant_wall_print(&at, s.try_at);
	(void)error_set(err, ERR_UNAVAIL,
		"%s is in quarantine: it was in work at %u crashes of the adapter; it is tried "
		"again at %s",
		buf_text(&text), (unsigned)s.n_crashes, buf_text(&at));
	buf_done(&text);
	buf_done(&at);
	return err->kind;
}

enum error_kind crashes_enter_config(
	struct work_note *n, const char *name, struct sv text, int *ret_ticket, struct error *err)
{
	struct buf key;
	char digits[FINGERPRINT_DIGITS + 1];
	fingerprint_print(text, digits);
	buf_init(&key, KEY_MAX);
	buf_printf(&key, "configuration %.16s %s", digits, name);
	enum error_kind kind = crashes_enter(n, buf_sv(&key), ret_ticket, err);
	buf_done(&key);
	return kind;
}

bool crashes_enter_request(struct request *r)
{
	struct work_note *n = r->server->work;
	struct buf key;
	struct error err = { 0 };
	if (is_exempt(r))
		return true;
	buf_init(&key, KEY_MAX);
	put_key(r, &key);
	enum error_kind kind = crashes_enter(n, buf_sv(&key), &r->ticket, &err);
	buf_done(&key);
	if (kind) {
		request_fail_error(r, &err);
		return false;
	}
	if (r->ticket != WORK_NOTE_NONE)
		work_note_run(n, r->ticket);
	return true;
}

static void put_suspect(const struct work_suspect *s, void *ctx)
{
	struct buf *out = ctx;
	buf_put_str(out, s->quarantined ? "quarantine  " : "suspect  ");
	put_plain(out, s->key);
	buf_printf(out, "  in work at %u %s, the last at ", (unsigned)s->n_crashes,
		s->n_crashes == 1 ? "crash" : "crashes");
	instant_wall_print(out, s->crashed_at);
	if (s->quarantined) {
		buf_put_str(out, ", tried again at ");
		instant_wall_print(out, s->try_at);
	}
	buf_put_char(out, '\n');
}

void crashes_print(const struct work_note *n, struct buf *out)
{
	work_note_each_suspect(n, put_suspect, out);
}
