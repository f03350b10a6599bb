/* Sightings -> the JSON form of `expect`. The labels are what the self-metrics counted in the meantime. */
#include "tests/conformance/live_record.h"

#include <stdio.h>
#include <string.h>

#include "common/jw.h"
#include "common/limits.h"

/* Where a text of a vector shows the API server's address. */
#define SERVER "https://10.96.0.1:443"
#define PASSES "horizontal_pod_autoscaler_controller_reconciliations_total{"
#define METRICS "horizontal_pod_autoscaler_controller_metric_computation_total{"
/* A pass with a hundred metrics and events is no recorded one. */
#define MAX_THINGS 10000u
#define MAX_TEXT_BYTES (16u * 1024 * 1024)
#define MAX_SERIES 64u

/* One label set of a counter, and how much it grew. */
struct growth {
	struct sv labels;
	int64_t n;
};

void live_record_init(struct live_record *r, struct arena *a)
{
	*r = (struct live_record){ .a = a };
	buf_init(&r->counted, MAX_TEXT_BYTES);
}

void live_record_done(struct live_record *r)
{
	VEC_DONE(&r->requests);
	VEC_DONE(&r->scales);
	VEC_DONE(&r->events);
	VEC_DONE(&r->messages);
	buf_done(&r->counted);
}

void live_record_begin(struct live_record *r, const struct selfmetrics *m)
{
	struct live_record before = *r;

	*r = (struct live_record){ .a = before.a, .counted = before.counted };
	memcpy(&r->messages, &before.messages, sizeof(r->messages));
	VEC_DONE(&before.requests);
	VEC_DONE(&before.scales);
	VEC_DONE(&before.events);
	buf_clear(&r->counted);
	selfmetrics_print(m, &r->counted);
}

void live_record_request(struct live_record *r, struct sv target)
{
	struct sv *slot = VEC_PUSH(&r->requests, MAX_THINGS);

	if (slot)
		*slot = arena_sv(r->a, target);
}

void live_record_scale(struct live_record *r, const char *text)
{
	struct sv *slot = VEC_PUSH(&r->scales, MAX_THINGS);

	if (slot)
		*slot = sv_of(text ? text : "(no memory)");
}

void live_record_event(struct live_record *r, const struct live_event *e)
{
	struct live_event *slot = VEC_PUSH(&r->events, MAX_THINGS);
	struct sv *message = VEC_PUSH(&r->messages, MAX_THINGS);

	if (!slot || !message)
		return;
	*slot = (struct live_event){ arena_sv(r->a, e->type), arena_sv(r->a, e->reason),
		arena_sv(r->a, e->message) };
	*message = slot->message;
}

bool live_record_knows(const struct live_record *r, struct sv message)
{
	VEC_FOREACH (known, &r->messages)
		if (sv_eq(*known, message))
			return true;
	return false;
}

/* Counters */

/* What the series of this family stood at: the text's line "NAME{LABELS} VALUE". */
static int64_t count_of(struct sv text, const char *family, struct sv labels)
{
	struct sv line, rest = text;
	bool found = true;
	int64_t n = 0;

	while (rest.len > 0 && found) {
		line = sv_cut(rest, '\n', &rest, &found);
		if (!sv_has_prefix(line, sv_of(family)))
			continue;
		line = sv_skip(line, strlen(family));
		size_t end = sv_find(line, '}');
		if (sv_eq(sv_take(line, end), labels) && sv_to_i64(sv_skip(line, end + 2), &n))
			return n;
	}
	return 0;
}

static size_t growths(
	struct sv before, struct sv now, const char *family, struct growth ret[MAX_SERIES])
{
	struct sv line, rest = now;
	bool found = true;
	size_t n = 0;

	while (rest.len > 0 && found && n < MAX_SERIES) {
		int64_t count = 0;
		line = sv_cut(rest, '\n', &rest, &found);
		if (!sv_has_prefix(line, sv_of(family)))
			continue;
		line = sv_skip(line, strlen(family));
		size_t end = sv_find(line, '}');
		struct sv labels = sv_take(line, end);
		if (!sv_to_i64(sv_skip(line, end + 2), &count))
			continue;
		count -= count_of(before, family, labels);
		if (count > 0)
			ret[n++] = (struct growth){ labels, count };
	}
	return n;
}

/* action="none",error="none" -> the value of one of them. */
static struct sv label_of(struct sv labels, const char *name)
{
	char key[32];

	(void)snprintf(key, sizeof(key), "%s=\"", name);
	struct sv at = sv_skip(labels, sv_find_sv(labels, sv_of(key)));
	at = sv_skip(at, strlen(key));
	return sv_take(at, sv_find(at, '"'));
}

static bool is_label(
	struct sv labels, const struct jtree *wanted, const char *label, const char *key)
{
	return sv_eq(label_of(labels, label), jtree_text(jtree_get(wanted, key)));
}

static void put_metric(struct jw *w, struct growth *g)
{
	jw_object(w);
	jw_member_sv(w, "type", label_of(g->labels, "metric_type"));
	jw_member_sv(w, "action", label_of(g->labels, "action"));
	jw_member_sv(w, "error", label_of(g->labels, "error"));
	jw_object_end(w);
	g->n--;
}

static void put_metrics(struct jw *w, struct growth *at, size_t n, const struct jtree *expect)
{
	jw_key(w, "metrics");
	jw_array(w);
	JTREE_FOREACH (wanted, jtree_at(expect, "labels", "metrics", NULL)) {
		for (size_t i = 0; i < n; i++) {
			if (at[i].n > 0 && is_label(at[i].labels, wanted, "metric_type", "type") &&
				is_label(at[i].labels, wanted, "action", "action") &&
				is_label(at[i].labels, wanted, "error", "error")) {
				put_metric(w, &at[i]);
				break;
			}
		}
	}
	for (size_t i = 0; i < n; i++)
		while (at[i].n > 0)
			put_metric(w, &at[i]);
	jw_array_end(w);
}

static void put_labels(struct jw *w, const struct live_record *r, const struct selfmetrics *m,
	const struct jtree *expect)
{
	AUTO(buf_done) struct buf now = { 0 };
	struct growth at[MAX_SERIES];

	buf_init(&now, MAX_TEXT_BYTES);
	selfmetrics_print(m, &now);
	jw_key(w, "labels");
	jw_object(w);
	size_t n = growths(buf_sv(&r->counted), buf_sv(&now), PASSES, at);
	if (n == 1 && at[0].n == 1) {
		jw_member_sv(w, "action", label_of(at[0].labels, "action"));
		jw_member_sv(w, "error", label_of(at[0].labels, "error"));
	}
	n = growths(buf_sv(&r->counted), buf_sv(&now), METRICS, at);
	put_metrics(w, at, n, expect);
	jw_object_end(w);
}

/* The rest */

/* In the order of the recorded ones; what was not recorded stands behind. */
static enum error_kind put_requests(
	struct jw *w, const struct live_record *r, const struct jtree *expect, struct error *err)
{
	bool *told = ARENA_ARRAY(r->a, r->requests.n + 1, bool);

	if (!told)
		return arena_error(r->a, err);
	jw_key(w, "requests");
	jw_array(w);
	JTREE_FOREACH (wanted, jtree_get(expect, "requests")) {
		for (size_t i = 0; i < r->requests.n; i++) {
			if (told[i] || !sv_eq(r->requests.at[i], jtree_text(wanted)))
				continue;
			jw_sv(w, r->requests.at[i]);
			told[i] = true;
			break;
		}
	}
	for (size_t i = 0; i < r->requests.n; i++)
		if (!told[i])
			jw_sv(w, r->requests.at[i]);
	jw_array_end(w);
	return ERR_OK;
}

static void put_scales(struct jw *w, const struct live_record *r)
{
	jw_key(w, "scaleRequests");
	jw_array(w);
	VEC_FOREACH (text, &r->scales)
		jw_sv(w, *text);
	jw_array_end(w);
	jw_key(w, "scaleWrite");
	if (r->scale_write.set)
		jw_i64(w, r->scale_write.value);
	else
		jw_null(w);
}

static void put_events(struct jw *w, const struct live_record *r)
{
	jw_key(w, "events");
	jw_array(w);
	VEC_FOREACH (e, &r->events) {
		jw_object(w);
		jw_member_sv(w, "type", e->type);
		jw_member_sv(w, "reason", e->reason);
		jw_member_sv(w, "message", e->message);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void mask(struct buf *out, struct sv text, struct sv server)
{
	for (;;) {
		size_t at = sv_find_sv(text, server);
		buf_put_sv(out, sv_take(text, at));
		if (at == text.len)
			return;
		buf_put_str(out, SERVER);
		text = sv_skip(text, at + server.len);
	}
}

enum error_kind live_record_tell(const struct live_record *r, const struct selfmetrics *m,
	struct sv stored, const char *server, const struct jtree *expect, struct jtree **ret,
	struct error *err)
{
	AUTO(buf_done) struct buf out = { 0 }, masked = { 0 };
	struct jw w;

	buf_init(&out, MAX_TEXT_BYTES);
	buf_init(&masked, MAX_TEXT_BYTES);
	jw_init(&w, &out);
	jw_object(&w);
	if (put_requests(&w, r, expect, err) != ERR_OK)
		return err->kind;
	put_scales(&w, r);
	jw_member_bool(&w, "statusWritten", r->status_written);
	jw_key(&w, "status");
	jw_raw(&w, r->status_written ? r->status : stored);
	put_events(&w, r);
	jw_key(&w, "error");
	if (r->error.ptr)
		jw_sv(&w, r->error);
	else
		jw_null(&w);
	put_labels(&w, r, m, expect);
	jw_object_end(&w);
	mask(&masked, buf_sv(&out), sv_of(server));
	if (buf_check(&masked, "what was seen", err) != ERR_OK)
		return err->kind;
	struct sv text = arena_sv(r->a, buf_sv(&masked));
	return text.ptr ? jtree_parse(r->a, text, ret, err) : arena_error(r->a, err);
}
