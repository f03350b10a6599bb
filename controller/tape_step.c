/* One element of a tape's steps -> struct tape_step: everything that one pass saw. Pods and
 * autoscalers go through the decoders that the controller uses. */
#include <inttypes.h>

#include "controller/hpa_decode.h"
#include "controller/pod.h"
#include "controller/tape_fields.h"

/* Vectors count seconds from 2000; this is the year 2254, and no product with nanoseconds
 * overflows. */
#define MAX_T INT64_C(8000000000)
/* Time since boot, either way: 146 years, and windows can be taken away without overflow. */
#define MAX_MONO_NS (INT64_C(1) << 62)
/* Far more than anybody has; the schema of our kind allows 50. */
#define MAX_METRICS 1000

struct raw_step {
	struct opt_i64 t;
	struct decide_now *now;
	struct decide_now *pods_now, *first_pods_now;
	struct sv foreign;
};

static const struct codec_field STEP[] = {
	CODEC_FIELD("t", CODEC_OPT_I64, struct raw_step, t, 0),
	CODEC_POINTER_OF("now", struct raw_step, now, tape_fields_now),
	CODEC_SKIPPED("restart"),
	CODEC_SKIPPED("spec"),
	CODEC_SKIPPED("history"),
	CODEC_SKIPPED("otherHpas"),
	CODEC_FIELD("foreign", CODEC_TEXT, struct raw_step, foreign, 0),
	CODEC_SKIPPED("scaleGets"),
	CODEC_SKIPPED("scalePuts"),
	CODEC_SKIPPED("statusUpdateError"),
	CODEC_SKIPPED("firstPods"),
	CODEC_POINTER_OF("firstPodsNow", struct raw_step, first_pods_now, tape_fields_now),
	CODEC_SKIPPED("pods"),
	CODEC_POINTER_OF("podsNow", struct raw_step, pods_now, tape_fields_now),
	CODEC_SKIPPED("http"),
	CODEC_SKIPPED("frozenMetrics"),
	CODEC_SKIPPED("expect"),
};
static const struct codec_object STEP_OBJECT = CODEC_OBJECT(struct raw_step, STEP);

struct raw_status {
	struct sv message;
	int64_t code;
};

static const struct codec_field STATUS[] = {
	CODEC_FIELD("message", CODEC_TEXT, struct raw_status, message, 0),
	CODEC_FIELD("code", CODEC_I64, struct raw_status, code, 0),
	CODEC_SKIPPED("kind"),
	CODEC_SKIPPED("apiVersion"),
	CODEC_SKIPPED("metadata"),
	CODEC_SKIPPED("status"),
	CODEC_SKIPPED("reason"),
	CODEC_SKIPPED("details"),
};
static const struct codec_object STATUS_OBJECT = CODEC_OBJECT(struct raw_status, STATUS);

struct raw_answer {
	struct decide_now *now;
	struct raw_status *error;
};

static const struct codec_field ANSWER[] = {
	CODEC_POINTER_OF("now", struct raw_answer, now, tape_fields_now),
	CODEC_POINTER_OF("error", struct raw_answer, error, STATUS_OBJECT),
	CODEC_SKIPPED("scale"),
};
static const struct codec_object ANSWER_OBJECT = CODEC_OBJECT(struct raw_answer, ANSWER);

struct raw_http {
	struct sv path, resource, container;
	struct sv content_type, body_text, transport_error, reading, why;
	int64_t status;
};

static const struct codec_field HTTP[] = {
	CODEC_FIELD("path", CODEC_TEXT, struct raw_http, path, 0),
	CODEC_FIELD("resource", CODEC_TEXT, struct raw_http, resource, 0),
	CODEC_FIELD("container", CODEC_TEXT, struct raw_http, container, 0),
	CODEC_FIELD("status", CODEC_I64, struct raw_http, status, 0),
	CODEC_FIELD("contentType", CODEC_TEXT, struct raw_http, content_type, 0),
	CODEC_SKIPPED("body"),
	CODEC_FIELD("bodyText", CODEC_TEXT, struct raw_http, body_text, 0),
	CODEC_FIELD("transportError", CODEC_TEXT, struct raw_http, transport_error, 0),
	CODEC_FIELD("reading", CODEC_TEXT, struct raw_http, reading, 0),
	CODEC_FIELD("why", CODEC_TEXT, struct raw_http, why, 0),
};
static const struct codec_object HTTP_OBJECT = CODEC_OBJECT(struct raw_http, HTTP);

struct raw_peer {
	struct sv ns, name, selector;
};

static const struct codec_field PEER[] = {
	CODEC_FIELD("namespace", CODEC_TEXT, struct raw_peer, ns, 0),
	CODEC_FIELD("name", CODEC_TEXT, struct raw_peer, name, 0),
	CODEC_FIELD("selector", CODEC_TEXT, struct raw_peer, selector, 0),
};
static const struct codec_object PEER_OBJECT = CODEC_OBJECT(struct raw_peer, PEER);

static const struct codec_field RECOMMENDATION[] = {
	CODEC_FIELD("monoNs", CODEC_I64, struct history_recommendation, at.ns, 0),
	CODEC_FIELD("replicas", CODEC_I32, struct history_recommendation, replicas, 0),
};
static const struct codec_object RECOMMENDATION_OBJECT =
	CODEC_OBJECT(struct history_recommendation, RECOMMENDATION);

static const struct codec_field EVENT[] = {
	CODEC_FIELD("monoNs", CODEC_I64, struct history_event, at.ns, 0),
	CODEC_FIELD("change", CODEC_I32, struct history_event, change, 0),
	CODEC_SKIPPED("outdated"),
	CODEC_SKIPPED("earlierMs"),
};
static const struct codec_object EVENT_OBJECT = CODEC_OBJECT(struct history_event, EVENT);

struct raw_memory {
	struct metric_memory memory;
	struct opt_i64 key, failing_since_ns;
};

static const struct codec_field MEMORY[] = {
	CODEC_FIELD("key", CODEC_OPT_I64, struct raw_memory, key, 0),
	CODEC_SKIPPED("hadValue"),
	CODEC_FIELD("failingSinceNs", CODEC_OPT_I64, struct raw_memory, failing_since_ns, 0),
	CODEC_FIELD("rows", CODEC_OPT_I32, struct raw_memory, memory.rows, 0),
};
static const struct codec_object MEMORY_OBJECT = CODEC_OBJECT(struct raw_memory, MEMORY);

static const struct codec_field HISTORY[] = {
	CODEC_SKIPPED("started"),
	CODEC_SKIPPED("recommendations"),
	CODEC_SKIPPED("up"),
	CODEC_SKIPPED("down"),
	CODEC_SKIPPED("metrics"),
	CODEC_SKIPPED("gap"),
	CODEC_FIELD("holdUntilNs", CODEC_I64, struct history, hold_until.ns, 0),
	CODEC_SKIPPED("lostWrite"),
	CODEC_SKIPPED("asleep"),
};
static const struct codec_object HISTORY_OBJECT = CODEC_OBJECT(struct history, HISTORY);

static const struct codec_field LOST_WRITE[] = {
	CODEC_FIELD("from", CODEC_I32, struct history_lost_write, from, 0),
	CODEC_FIELD("to", CODEC_I32, struct history_lost_write, to, 0),
};
static const struct codec_object LOST_WRITE_OBJECT =
	CODEC_OBJECT(struct history_lost_write, LOST_WRITE);

static void check_now(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const char *key, const struct decide_now *now)
{
	struct codec_path at = { .up = path, .member = sv_of(key) };
	const struct jtree *member = jtree_get(t, key);

	if (!now)
		return;
	(void)tape_fields_need(c, &at, member, "wall");
	tape_fields_range(c, &at, member, "monoNs", now->mono.ns, -MAX_MONO_NS, MAX_MONO_NS);
}

static void decode_now(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const struct raw_step *raw, struct tape_step *ret)
{
	if (raw->now) {
		check_now(c, path, t, "now", raw->now);
		ret->now = *raw->now;
		ret->t = raw->now->wall.sec - TAPE_FIELDS_EPOCH_SEC;
		return;
	}
	if (!raw->t.set) {
		codec_find(c, path, t, "expected a time: now or t");
		return;
	}
	tape_fields_range(c, path, t, "t", raw->t.value, -MAX_T, MAX_T);
	if (c->n > 0)
		return;
	ret->t = raw->t.value;
	ret->now = (struct decide_now){
		.wall = { TAPE_FIELDS_EPOCH_SEC + ret->t, 0 },
		.mono = { ret->t * NS_PER_SEC },
	};
}

static void decode_pods(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const char *key, struct tape_pods *ret)
{
	struct codec_path up = { .up = path, .member = sv_of(key) };
	const struct jtree *list = tape_fields_list(c, path, t, key);
	struct error err;

	if (!list)
		return;
	ret->at = tape_fields_array(c, list->n, sizeof(ret->at[0]));
	for (const struct jtree *item = list->first; item && ret->at; item = item->next) {
		struct codec_path at = { .up = &up, .index = ret->n };
		if (pod_decode(c->a, item, &ret->at[ret->n++], &err) == ERR_OK)
			continue;
		c->failed = c->failed || err.kind != ERR_INVALID;
		codec_find(c, &at, item, "%s", err.text);
		return;
	}
}

static void decode_peers(struct codec *c, const struct codec_path *path, const struct jtree *t,
	struct tape_step *ret)
{
	struct codec_path up = { .up = path, .member = SV("otherHpas") };
	const struct jtree *list = tape_fields_list(c, path, t, "otherHpas");
	struct error err;

	if (!list)
		return;
	ret->peers = tape_fields_array(c, list->n, sizeof(ret->peers[0]));
	for (const struct jtree *item = list->first; item && ret->peers; item = item->next) {
		struct codec_path at = { .up = &up, .index = ret->n_peers };
		struct target_peer *peer = &ret->peers[ret->n_peers++];
		struct selector *selector = tape_fields_array(c, 1, sizeof(*selector));
		struct raw_peer raw = { 0 };
		codec_decode(c, &at, item, &PEER_OBJECT, &raw);
		peer->ns = raw.ns;
		peer->name = raw.name;
		if (!raw.selector.ptr || !selector)
			continue;
		if (selector_parse(c->a, raw.selector, selector, NULL, &err) == ERR_OK)
			peer->selector = selector;
		else if (err.kind == ERR_INVALID)
			codec_find(c, &at, jtree_get(item, "selector"), "%s", err.text);
		else
			c->failed = true;
	}
}

/* A Scale as a server sends it: vectors may lack kind and apiVersion, which the reference had in
 * its types. */
static struct sv scale_body(struct codec *c, const struct jtree *scale)
{
	struct sv body = tape_fields_json(c, scale);

	if (!body.ptr || jtree_get(scale, "kind"))
		return body;
	char *whole =
		arena_printf(c->a, "{\"kind\":\"Scale\",\"apiVersion\":\"autoscaling/v1\"%s%.*s",
			scale->n > 0 ? "," : "", SV_ARG(sv_skip(body, 1)));
	c->failed = c->failed || !whole;
	return sv_of(whole);
}

static void decode_answer(struct codec *c, const struct codec_path *path, const struct jtree *t,
	struct tape_answer *ret)
{
	struct raw_answer raw = { 0 };
	const struct jtree *scale;

	codec_decode(c, path, t, &ANSWER_OBJECT, &raw);
	check_now(c, path, t, "now", raw.now);
	ret->now = raw.now;
	if (raw.error) {
		ret->failed = true;
		ret->http_status = raw.error->code;
		ret->error = raw.error->message;
		return;
	}
	scale = tape_fields_object(c, path, t, "scale", NULL);
	if (scale)
		ret->body = scale_body(c, scale);
}

static struct tape_answer *decode_answers(struct codec *c, const struct codec_path *path,
	const struct jtree *t, const char *key, size_t *ret_n)
{
	struct codec_path up = { .up = path, .member = sv_of(key) };
	const struct jtree *list = tape_fields_list(c, path, t, key);
	struct tape_answer *answers = list ? tape_fields_array(c, list->n, sizeof(*answers)) : NULL;
	size_t n = 0;

	for (const struct jtree *item = list ? list->first : NULL; item && answers;
		item = item->next) {
		struct codec_path at = { .up = &up, .index = n };
		decode_answer(c, &at, item, &answers[n++]);
	}
	*ret_n = n;
	return answers;
}

static void decode_status_put(struct codec *c, const struct codec_path *path, const struct jtree *t,
	struct tape_answer *ret)
{
	struct codec_path at = { .up = path, .member = SV("statusUpdateError") };
	const struct jtree *status = tape_fields_object(c, path, t, "statusUpdateError", NULL);
	struct raw_status raw = { 0 };

	if (!status)
		return;
	codec_decode(c, &at, status, &STATUS_OBJECT, &raw);
	*ret = (struct tape_answer){
		.failed = true, .http_status = raw.code, .error = raw.message
	};
}

static void decode_problem(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const struct raw_http *raw, struct tape_http *ret)
{
	static const struct {
		const char *name;
		enum reading_kind kind;
	} KINDS[] = {
		{ "failed", READING_FAILED },
		{ "empty", READING_EMPTY },
		{ "stale", READING_STALE },
		{ "notFinite", READING_NOT_FINITE },
	};
	struct codec_path at = { .up = path, .member = SV("reading") };

	for (size_t i = 0; i < ARRAY_LEN(KINDS); i++) {
		if (!sv_is(raw->reading, KINDS[i].name))
			continue;
		ret->is_problem = true;
		ret->problem = (struct reading){ .kind = KINDS[i].kind,
			.why = raw->why.ptr ? raw->why : SV("") };
		return;
	}
	codec_find(c, &at, jtree_get(t, "reading"), "expected failed, empty, stale or notFinite");
}

static void decode_row(struct codec *c, const struct codec_path *path, const struct jtree *t,
	struct tape_http *ret)
{
	const struct jtree *body = jtree_get(t, "body");
	struct raw_http raw = { .status = 200, .content_type = SV("application/json") };

	codec_decode(c, path, t, &HTTP_OBJECT, &raw);
	(void)tape_fields_need(c, path, t, "path");
	tape_fields_range(c, path, t, "status", raw.status, 0, 999);
	ret->path = raw.path;
	ret->resource = raw.resource;
	ret->container = raw.container;
	if (raw.reading.ptr) {
		decode_problem(c, path, t, &raw, ret);
		return;
	}
	ret->unreachable = raw.transport_error.ptr != NULL;
	ret->reason = raw.transport_error;
	ret->http_status = raw.status;
	ret->content_type = raw.content_type;
	ret->body = raw.body_text.ptr ? raw.body_text : body ? tape_fields_json(c, body) : SV("");
}

static void decode_http(struct codec *c, const struct codec_path *path, const struct jtree *t,
	struct tape_step *ret)
{
	struct codec_path up = { .up = path, .member = SV("http") };
	const struct jtree *list = tape_fields_list(c, path, t, "http");

	if (!list)
		return;
	ret->http = tape_fields_array(c, list->n, sizeof(ret->http[0]));
	for (const struct jtree *item = list->first; item && ret->http; item = item->next) {
		struct codec_path at = { .up = &up, .index = ret->n_http };
		decode_row(c, &at, item, &ret->http[ret->n_http++]);
	}
}

static void decode_recommendations(
	struct codec *c, const struct codec_path *path, const struct jtree *t, struct history *h)
{
	struct codec_path up = { .up = path, .member = SV("recommendations") };
	const struct jtree *list = tape_fields_list(c, path, t, "recommendations");
	size_t n = list ? list->n : 0;

	h->recommendations.at = tape_fields_array(c, n, sizeof(h->recommendations.at[0]));
	if (!list || !h->recommendations.at)
		return;
	JTREE_FOREACH (item, list) {
		struct codec_path at = { .up = &up, .index = h->recommendations.n };
		struct history_recommendation *r = &h->recommendations.at[h->recommendations.n++];
		codec_decode(c, &at, item, &RECOMMENDATION_OBJECT, r);
		tape_fields_range(c, &at, item, "monoNs", r->at.ns, -MAX_MONO_NS, MAX_MONO_NS);
	}
}

static uint16_t decode_earlier(
	struct codec *c, const struct codec_path *path, const struct jtree *t)
{
	const struct jtree *member = jtree_get(t, "earlierMs");
	int64_t ms = 0;

	if (!jtree_is_absent(member) && !jtree_i64(member, &ms))
		ms = -1;
	tape_fields_range(c, path, t, "earlierMs", ms, 0, UINT16_MAX);
	return ms < 0 || ms > UINT16_MAX ? 0 : (uint16_t)ms;
}

static void decode_events(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const char *key, struct history_events *ret)
{
	struct codec_path up = { .up = path, .member = sv_of(key) };
	const struct jtree *list = tape_fields_list(c, path, t, key);
	size_t n = list ? list->n : 0;

	ret->at = tape_fields_array(c, n, sizeof(ret->at[0]));
	if (!list || !ret->at)
		return;
	JTREE_FOREACH (item, list) {
		struct codec_path at = { .up = &up, .index = ret->n };
		struct history_event *e = &ret->at[ret->n++];
		codec_decode(c, &at, item, &EVENT_OBJECT, e);
		tape_fields_bool(c, &at, item, "outdated", &e->outdated);
		e->earlier_ms = decode_earlier(c, &at, item);
		tape_fields_range(c, &at, item, "monoNs", e->at.ns, -MAX_MONO_NS, MAX_MONO_NS);
	}
}

static void decode_metrics(
	struct codec *c, const struct codec_path *path, const struct jtree *t, struct history *h)
{
	struct codec_path up = { .up = path, .member = SV("metrics") };
	const struct jtree *list = tape_fields_list(c, path, t, "metrics");

	h->metrics.at = tape_fields_array(c, list ? list->n : 0, sizeof(h->metrics.at[0]));
	if (!list || !h->metrics.at)
		return;
	JTREE_FOREACH (item, list) {
		struct codec_path at = { .up = &up, .index = h->metrics.n };
		struct raw_memory raw = { 0 };
		codec_decode(c, &at, item, &MEMORY_OBJECT, &raw);
		tape_fields_bool(c, &at, item, "hadValue", &raw.memory.had_value);
		tape_fields_range(c, &at, item, "failingSinceNs", raw.failing_since_ns.value,
			-MAX_MONO_NS, MAX_MONO_NS);
		tape_fields_range(c, &at, item, "rows", raw.memory.rows.value, 0, INT32_MAX);
		raw.memory.key = (uint64_t)raw.key.value;
		raw.memory.failing = raw.failing_since_ns.set;
		raw.memory.failing_since.ns = raw.failing_since_ns.value;
		h->metrics.at[h->metrics.n++] = raw.memory;
	}
}

static void decode_lost_write(struct codec *c, const struct codec_path *path, const struct jtree *t,
	struct history_lost_write *ret)
{
	struct codec_path at = { .up = path, .member = SV("lostWrite") };
	const struct jtree *from = tape_fields_object(c, path, t, "lostWrite", NULL);

	if (!from)
		return;
	codec_decode(c, &at, from, &LOST_WRITE_OBJECT, ret);
	ret->open = true;
}

static void decode_history(struct codec *c, const struct codec_path *path, const struct jtree *t,
	struct tape_step *ret)
{
	struct codec_path at = { .up = path, .member = SV("history") };
	const struct jtree *from = tape_fields_object(c, path, t, "history", NULL);
	struct history *h = from ? tape_fields_array(c, 1, sizeof(*h)) : NULL;

	if (!h)
		return;
	ret->history = h;
	codec_decode(c, &at, from, &HISTORY_OBJECT, h);
	tape_fields_bool(c, &at, from, "started", &h->started);
	tape_fields_bool(c, &at, from, "gap", &h->gap);
	tape_fields_range(c, &at, from, "holdUntilNs", h->hold_until.ns, -MAX_MONO_NS, MAX_MONO_NS);
	tape_fields_bool(c, &at, from, "asleep", &h->asleep);
	decode_lost_write(c, &at, from, &h->lost);
	decode_recommendations(c, &at, from, h);
	decode_events(c, &at, from, "up", &h->up);
	decode_events(c, &at, from, "down", &h->down);
	decode_metrics(c, &at, from, h);
}

/* Indices of metrics; those that the spec does not have are the writer's business. */
static void decode_frozen(struct codec *c, const struct codec_path *path, const struct jtree *t,
	struct tape_step *ret)
{
	const struct jtree *list = tape_fields_list(c, path, t, "frozenMetrics");

	ret->frozen = list ? tape_fields_array(c, MAX_METRICS, sizeof(ret->frozen[0])) : NULL;
	if (!ret->frozen)
		return;
	ret->n_frozen = MAX_METRICS;
	JTREE_FOREACH (item, list) {
		int64_t i = -1;
		if (jtree_i64(item, &i) && i >= 0 && i < MAX_METRICS)
			ret->frozen[i] = true;
		else
			codec_find(
				c, path, item, "frozenMetrics: expected 0 to %d", MAX_METRICS - 1);
	}
}

static void decode_spec(struct codec *c, const struct codec_path *path, const struct jtree *t,
	enum autoscaler_kind kind, struct tape_step *ret)
{
	const struct jtree *from = tape_fields_object(c, path, t, "spec", NULL);
	struct hpa_spec *spec = from ? tape_fields_array(c, 1, sizeof(*spec)) : NULL;
	struct error err;

	if (!spec)
		return;
	ret->spec = spec;
	if (hpa_decode_spec(c->a, kind, from, spec, &err) == ERR_OK)
		return;
	c->failed = c->failed || err.kind != ERR_INVALID;
	codec_find(c, path, from, "%s", err.text);
}

void tape_step_decode(struct codec *c, const struct codec_path *path, const struct jtree *t,
	enum autoscaler_kind kind, struct tape_step *ret)
{
	struct raw_step raw = { 0 };

	codec_decode(c, path, t, &STEP_OBJECT, &raw);
	decode_now(c, path, t, &raw, ret);
	check_now(c, path, t, "podsNow", raw.pods_now);
	check_now(c, path, t, "firstPodsNow", raw.first_pods_now);
	tape_fields_bool(c, path, t, "restart", &ret->restart);
	decode_spec(c, path, t, kind, ret);
	decode_frozen(c, path, t, ret);
	decode_history(c, path, t, ret);
	decode_peers(c, path, t, ret);
	ret->gets = decode_answers(c, path, t, "scaleGets", &ret->n_gets);
	ret->puts = decode_answers(c, path, t, "scalePuts", &ret->n_puts);
	decode_status_put(c, path, t, &ret->status_put);
	ret->foreign = raw.foreign;
	ret->has_first_pods = !jtree_is_absent(jtree_get(t, "firstPods"));
	decode_pods(c, path, t, "firstPods", &ret->first_pods);
	decode_pods(c, path, t, "pods", &ret->pods);
	ret->first_pods.now = raw.first_pods_now;
	ret->pods.now = raw.pods_now;
	decode_http(c, path, t, ret);
	ret->expect = tape_fields_object(c, path, t, "expect", NULL);
}
