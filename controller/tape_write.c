/* What a pass is given, written down as it comes: pods and other objects change behind its back, so
 * nothing is kept for the end but the readings, which the pass keeps itself. Or, where a tape is seldom wanted, copied as
 * it comes (tape_late.h) and written down at the end. */
#include "controller/tape_write.h"

#include <inttypes.h>

#include "common/limits.h"
#include "controller/hpa_encode.h"
#include "controller/pass.h"
#include "controller/tape.h"
#include "controller/tape_late.h"
#include "controller/tape_parts.h"
#include "controller/tape_reading.h"

/* Decoding a Scale: its tree is a few times its text. */
#define MAX_SCRATCH_BYTES (16u * LIMIT_OBJECT_BYTES)

#define N_BUFFERS 9

static void list_buffers(struct tape_write *t, struct buf *ret[static N_BUFFERS])
{
	struct buf *all[N_BUFFERS] = { &t->head, &t->history, &t->gets, &t->puts, &t->peers,
		&t->pods[0], &t->pods[1], &t->status_error, &t->scale_requests };
	memcpy(ret, all, sizeof(all));
}

void tape_write_init(struct tape_write *t, const struct tape_write_options *options)
{
	struct buf *all[N_BUFFERS];

	*t = (struct tape_write){ .options = *options };
	list_buffers(t, all);
	for (size_t i = 0; i < N_BUFFERS; i++)
		buf_init(all[i], TAPE_MAX_BYTES);
}

void tape_write_done(struct tape_write *t)
{
	struct buf *all[N_BUFFERS];

	list_buffers(t, all);
	for (size_t i = 0; i < N_BUFFERS; i++)
		buf_done(all[i]);
	tape_late_done(t->late);
	t->late = NULL;
}

/* A writer for the next element of a list. */
static struct jw element(struct buf *list)
{
	struct jw w;

	if (list->len > 0)
		buf_put_char(list, ',');
	jw_init(&w, list);
	return w;
}

static void put_head(struct tape_write *t, const struct pass_input *in)
{
	AUTO(buf_done) struct buf name = { 0 };
	struct jw w;

	buf_init(&name, LIMIT_OBJECT_BYTES);
	buf_printf(&name, "%.*s/%.*s", SV_ARG(in->hpa->meta.ns), SV_ARG(in->hpa->meta.name));
	if (name.failed != ERR_OK)
		t->head.failed = name.failed;
	jw_init(&w, &t->head);
	jw_object(&w);
	jw_member_i64(&w, "tapeVersion", TAPE_VERSION);
	jw_member_sv(&w, "name", buf_sv(&name));
	if (t->options.taken_by)
		jw_member_str(&w, "takenBy", t->options.taken_by);
	jw_key(&w, "config");
	tape_parts_config(&w, in->settings, t->options.sync_period_ns);
	jw_key(&w, "discovery");
	tape_parts_discovery(&w, in->discovery, in->hpa);
	jw_key(&w, "hpa");
	tape_parts_hpa(&w, in->hpa);
}

static void put_history(struct tape_write *t, const struct history *history)
{
	struct jw w;

	jw_init(&w, &t->history);
	if (t->options.history_known)
		tape_parts_history(&w, history);
}

void tape_write_begin(struct tape_write *t, const struct pass_input *in, struct decide_now now)
{
	struct buf *all[N_BUFFERS];

	list_buffers(t, all);
	for (size_t i = 0; i < N_BUFFERS; i++)
		buf_clear(all[i]);
	tape_late_done(TAKE_PTR(t->late));
	t->n_pods = 0;
	t->scale_written = (struct opt_i32){ 0 };
	t->status_written = false;
	t->now = now;
	if (t->options.outcome_only)
		return;
	if (t->options.late) {
		t->late = tape_late_new(t->options.late, t->options.late_max_pods,
			t->options.history_known ? in->history : NULL);
		if (!t->late)
			t->head.failed = ERR_NOMEM;
		return;
	}
	put_head(t, in);
	put_history(t, in->history);
}

static void log_scale_request(struct tape_write *t, const struct pass_want *want)
{
	AUTO(buf_done) struct buf line = { 0 };
	const struct api_path *path = &want->path;
	bool put = want->kind == PASS_WANT_PUT_SCALE;

	buf_init(&line, LIMIT_OBJECT_BYTES);
	buf_printf(&line, "%s %.*s%s%.*s/%.*s/%.*s", put ? "PUT" : "GET", SV_ARG(path->resource),
		path->group.len > 0 ? "." : "", SV_ARG(path->group), SV_ARG(path->namespace),
		SV_ARG(path->name));
	if (put)
		buf_printf(&line, " %" PRId32, want->replicas);
	if (line.failed != ERR_OK)
		t->scale_requests.failed = line.failed;
	struct jw w = element(&t->scale_requests);
	jw_sv(&w, buf_sv(&line));
}

static void put_failure(struct jw *w, struct sv text, int64_t code)
{
	jw_key(w, "error");
	tape_parts_status(w, text, code);
}

/* The Scale of an answer as the decision reads it, or why there is none. The selector stays as it
 * came: replaying normalises it again. */
static void put_scale(struct jw *w, const struct settings *settings, struct sv body)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct sv why = SV_NULL;
	struct scale scale;
	struct error err;

	arena_init(&a, MAX_SCRATCH_BYTES);
	enum error_kind kind =
		scale_decode(&a, body, settings->normalise_selector, &scale, &why, &err);
	if (kind == ERR_OK)
		kind = scale_decode(&a, body, false, &scale, &why, &err);
	if (kind == ERR_OK) {
		jw_key(w, "scale");
		tape_parts_scale(w, &scale);
	} else if (kind == ERR_INVALID) {
		put_failure(w, why, 0);
	} else {
		w->out->failed = kind == ERR_LIMIT ? ERR_LIMIT : ERR_NOMEM;
	}
}

void tape_write_scale(struct tape_write *t, const struct pass_input *in,
	const struct pass_want *want, const struct pass_answer *answer)
{
	bool put = want->kind == PASS_WANT_PUT_SCALE;

	if (t->late) {
		tape_late_scale(t->late, want, answer);
		return;
	}
	log_scale_request(t, want);
	if (put && !answer->failed)
		t->scale_written = opt_i32_of(want->replicas);
	if (t->options.outcome_only)
		return;
	struct jw w = element(put ? &t->puts : &t->gets);
	jw_object(&w);
	jw_key(&w, "now");
	tape_parts_now(&w, answer->now);
	if (answer->failed)
		put_failure(&w, answer->error, answer->http_status);
	else if (!put)
		put_scale(&w, in->settings, answer->body);
	jw_object_end(&w);
}

static bool matches_any(const struct selector *selector, const struct pod_set *pods)
{
	for (size_t i = 0; selector && i < pods->n; i++) {
		const struct pod_labels *labels = pods->at[i]->labels;
		if (selector_matches(selector, labels->at, labels->n))
			return true;
	}
	return false;
}

/* Only those whose selector matches one of our pods make a difference. */
static void put_peers(struct tape_write *t, const struct pod_set *pods,
	const struct target_peer *peers, size_t n_peers)
{
	for (size_t i = 0; i < n_peers; i++) {
		AUTO(buf_done) struct buf text = { 0 };
		if (!matches_any(peers[i].selector, pods))
			continue;
		buf_init(&text, LIMIT_OBJECT_BYTES);
		selector_print(&text, peers[i].selector);
		if (text.failed != ERR_OK)
			t->peers.failed = text.failed;
		struct jw w = element(&t->peers);
		jw_object(&w);
		jw_member_sv(&w, "namespace", peers[i].ns);
		jw_member_sv(&w, "name", peers[i].name);
		jw_member_sv(&w, "selector", buf_sv(&text));
		jw_object_end(&w);
	}
}

void tape_write_pods(struct tape_write *t, const struct pod_set *pods,
	const struct target_peer *peers, size_t n_peers, struct decide_now now)
{
	size_t which = t->n_pods > 0 ? 1 : 0;

	if (t->options.outcome_only)
		return;
	if (t->late) {
		if (t->late->n_pod_sets == 0)
			put_peers(t, pods, peers, n_peers);
		tape_late_pods(t->late, pods, now);
		return;
	}
	t->n_pods = which + 1;
	t->pods_now[which] = now;
	if (which == 0)
		put_peers(t, pods, peers, n_peers);
	for (size_t i = 0; i < pods->n; i++) {
		struct jw w = element(&t->pods[which]);
		tape_parts_pod(&w, pods->at[i]);
	}
}

void tape_write_status(struct tape_write *t, const struct pass_answer *answer)
{
	struct jw w;

	if (t->late) {
		tape_late_status(t->late, answer);
		return;
	}
	t->status_written = true;
	if (!answer->failed || t->options.outcome_only)
		return;
	jw_init(&w, &t->status_error);
	tape_parts_status(&w, answer->error, answer->http_status);
}

/* A list whose elements were written one by one; left out when it is empty. */
static void put_list(struct jw *w, const char *key, const struct buf *elements)
{
	if (elements->len == 0)
		return;
	jw_key(w, key);
	jw_array(w);
	jw_raw(w, buf_sv(elements));
	jw_array_end(w);
}

static void put_now(struct jw *w, const char *key, struct decide_now now)
{
	jw_key(w, key);
	tape_parts_now(w, now);
}

static void put_pods(struct jw *w, const struct tape_write *t)
{
	size_t last = t->n_pods > 1 ? 1 : 0;

	if (last == 1) {
		if (!sv_eq(buf_sv(&t->pods[0]), buf_sv(&t->pods[1]))) {
			jw_key(w, "firstPods");
			jw_array(w);
			jw_raw(w, buf_sv(&t->pods[0]));
			jw_array_end(w);
		}
		put_now(w, "firstPodsNow", t->pods_now[0]);
	}
	put_list(w, "pods", &t->pods[last]);
	if (t->n_pods > 0)
		put_now(w, "podsNow", t->pods_now[last]);
}

/* Whether question i was sent. */
static bool was_asked(const struct pass *p, size_t i)
{
	return p->questions && p->questions[i].state == ASK_REQUEST;
}

static void put_http(struct jw *w, const struct pass *p)
{
	const struct hpa *hpa = p->in.hpa;

	jw_key(w, "http");
	jw_array(w);
	for (size_t i = 0; i < hpa->spec.n_metrics; i++)
		if (was_asked(p, i))
			tape_reading_put(w, hpa, &hpa->spec.metrics[i], p->questions[i].target,
				&p->readings[i], p->in.settings->arithmetic);
	jw_array_end(w);
}

static void put_events(struct jw *w, const struct decide_events *events)
{
	jw_key(w, "events");
	jw_array(w);
	for (size_t i = 0; i < events->n; i++) {
		const struct decide_event *e = &events->at[i];
		jw_object(w);
		jw_member_str(w, "type", e->warning ? "Warning" : "Normal");
		jw_member_sv(w, "reason", e->reason);
		jw_member_sv(w, "message", e->message);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void put_label(struct jw *w, const struct conclude_labels *labels)
{
	jw_member_str(w, "action", conclude_action_name(labels->action));
	jw_member_str(w, "error", conclude_error_name(labels->error));
}

static void put_labels(struct jw *w, const struct hpa *hpa, const struct conclusion *c)
{
	jw_key(w, "labels");
	jw_object(w);
	put_label(w, &c->labels);
	jw_key(w, "metrics");
	jw_array(w);
	for (size_t i = 0; i < c->n_metric_labels; i++) {
		jw_object(w);
		jw_member_sv(w, "type", hpa->spec.metrics[i].type);
		put_label(w, &c->metric_labels[i]);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_object_end(w);
}

static void put_requests(struct jw *w, const struct tape_write *t, const struct pass *p)
{
	jw_key(w, "requests");
	jw_array(w);
	for (size_t i = 0; i < p->in.hpa->spec.n_metrics; i++)
		if (was_asked(p, i))
			jw_sv(w, p->questions[i].target);
	jw_array_end(w);
	jw_key(w, "scaleRequests");
	jw_array(w);
	if (t->scale_requests.len > 0)
		jw_raw(w, buf_sv(&t->scale_requests));
	jw_array_end(w);
	jw_key(w, "scaleWrite");
	if (t->scale_written.set)
		jw_i64(w, t->scale_written.value);
	else
		jw_null(w);
}

static void put_expect(struct jw *w, const struct tape_write *t, const struct pass *p)
{
	const struct conclusion *c = &p->conclusion;

	jw_object(w);
	put_requests(w, t, p);
	jw_member_bool(w, "statusWritten", t->status_written);
	jw_key(w, "status");
	hpa_encode_status(w, t->status_written ? &c->status : &p->in.hpa->status);
	put_events(w, &c->events);
	jw_key(w, "error");
	if (c->error.ptr)
		jw_sv(w, c->error);
	else
		jw_null(w);
	put_labels(w, p->in.hpa, c);
	jw_object_end(w);
}

/* Indices of the metrics whose source was frozen. */
static void put_frozen(struct jw *w, const struct pass *p)
{
	bool any = false;

	for (size_t i = 0; p->frozen && i < p->in.hpa->spec.n_metrics; i++)
		any = any || p->frozen[i];
	if (!any)
		return;
	jw_key(w, "frozenMetrics");
	jw_array(w);
	for (size_t i = 0; i < p->in.hpa->spec.n_metrics; i++)
		if (p->frozen[i])
			jw_i64(w, (int64_t)i);
	jw_array_end(w);
}

static void put_step(struct jw *w, const struct tape_write *t, const struct pass *p)
{
	jw_object(w);
	put_now(w, "now", t->now);
	if (t->options.history_known) {
		jw_key(w, "history");
		jw_raw(w, buf_sv(&t->history));
	}
	put_list(w, "otherHpas", &t->peers);
	if (p->in.foreign.len > 0)
		jw_member_sv(w, "foreign", p->in.foreign);
	put_list(w, "scaleGets", &t->gets);
	put_list(w, "scalePuts", &t->puts);
	if (t->status_error.len > 0) {
		jw_key(w, "statusUpdateError");
		jw_raw(w, buf_sv(&t->status_error));
	}
	put_pods(w, t);
	put_http(w, p);
	put_frozen(w, p);
	jw_key(w, "expect");
	put_expect(w, t, p);
	jw_object_end(w);
}

static enum error_kind check(struct tape_write *t, const struct buf *out, struct error *err)
{
	struct buf *all[N_BUFFERS];

	list_buffers(t, all);
	for (size_t i = 0; i < N_BUFFERS; i++)
		if (buf_check(all[i], "a tape", err) != ERR_OK)
			return err->kind;
	return buf_check(out, "a tape", err);
}

/* Writes down what was kept. */
static void play_late(struct tape_write *t, const struct pass *p)
{
	struct tape_late *late = TAKE_PTR(t->late);

	put_head(t, &p->in);
	put_history(t, &late->history);
	for (const struct tape_late_event *e = late->first; e; e = e->next) {
		switch (e->kind) {
		case TAPE_LATE_SCALE:
			tape_write_scale(t, &p->in, &e->want, &e->answer);
			break;
		case TAPE_LATE_PODS:
			tape_write_pods(t, &e->pods, NULL, 0, e->now);
			break;
		case TAPE_LATE_STATUS:
			tape_write_status(t, &e->answer);
			break;
		}
	}
	tape_late_done(late);
}

/* All that was given is written down. */
static enum error_kind settle(struct tape_write *t, const struct pass *p, struct error *err)
{
	if (!t->late)
		return ERR_OK;
	if (t->late->failed == ERR_LIMIT)
		return error_set(err, ERR_LIMIT, "more than %zu pods", t->late->max_pods);
	if (t->late->failed != ERR_OK)
		return error_nomem(err);
	play_late(t, p);
	return ERR_OK;
}

enum error_kind tape_write_end(
	struct tape_write *t, const struct pass *p, struct buf *out, struct error *err)
{
	struct jw w;

	if (settle(t, p, err) != ERR_OK)
		return err->kind;
	if (!p->concluded || (t->head.len == 0 && t->head.failed == ERR_OK))
		return error_set(err, ERR_BUG, "the tape was not told of a whole pass");
	jw_init(&w, out);
	jw_raw(&w, buf_sv(&t->head));
	jw_key(&w, "steps");
	jw_array(&w);
	put_step(&w, t, p);
	jw_array_end(&w);
	buf_put_char(out, '}');
	return check(t, out, err);
}

enum error_kind tape_write_expect(
	struct tape_write *t, const struct pass *p, struct buf *out, struct error *err)
{
	struct jw w;

	if (!p->concluded)
		return error_set(err, ERR_BUG, "the pass is not over");
	if (settle(t, p, err) != ERR_OK)
		return err->kind;
	jw_init(&w, out);
	put_expect(&w, t, p);
	return check(t, out, err);
}
