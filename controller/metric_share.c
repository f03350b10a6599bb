/* A group per shared target: how much is asked of it, the request under way with those who wait for it, the last answer for a second. Who asks is only
 * counted, in spans of a good half period, in which no object asks twice. Answers stand in one line by age, because they are what takes memory. */
#include "controller/metric_share.h"

#include <sys/queue.h>

#include "common/limits.h"
#include "common/map.h"
#include "common/vec.h"

/* Namespaces times metrics. */
#define MAX_GROUPS 100000u
#define FIRST_SWEEP 64
#define MAX_WAITERS 200000u
/* Decoded, 150,000 samples of about 100 bytes. */
#define MAX_DECODED_BYTES (64u * 1024 * 1024)
/* Different resources and containers that are read from one answer of metrics.k8s.io. */
#define MAX_QUERIES 16
/* After a shared request that did not serve, everybody asks alone for this long. */
#define PAUSE_NS (60 * NS_PER_SEC)
/* At least so many objects, and together at least this part of the namespace's pods. */
#define MIN_OBJECTS 2
#define MIN_PART 4

/* What was asked of a group within one span of time. */
struct demand {
	size_t n_objects, n_pods;
};

struct decoded {
	struct readings_query query; /* texts in the group's arena */
	struct readings_all all;
	bool failed;
};

struct metric_share_waiter {
	struct group *group;
	struct readings_query query;
	metric_share_fn fn;
	void *ctx;
};

/* What came back, or the failure that everybody gets. */
struct answer {
	struct group *group;
	TAILQ_ENTRY(answer) by_age;
	struct mono at;
	struct arena arena;
	struct error failure; /* kind ERR_OK: none */
	struct decoded decoded[MAX_QUERIES];
	size_t n_decoded;
};

struct group {
	struct metric_share *share;
	bool is_custom;
	struct demand now, before;
	struct mono span_began, paused_until;
	struct client_call *call;
	VEC(struct metric_share_waiter *) waiters;
	struct answer *answer; /* NULL: none, or too old */
};

struct metric_share {
	struct metric_share_config config;
	struct map groups;	      /* target -> struct group */
	size_t sweep_at;	      /* so many groups are reason to look for idle ones */
	TAILQ_HEAD(, answer) answers; /* oldest first */
	struct loop_timer *timer;     /* lets them go */
	bool custom_is_ours;
	struct metric_share_stats stats;
};

static void on_timer(struct loop_timer *t, void *ctx);

enum error_kind metric_share_new(
	const struct metric_share_config *config, struct metric_share **ret, struct error *err)
{
	struct metric_share *m = mem_zalloc(sizeof(*m));

	if (!m)
		return error_nomem(err);
	m->config = *config;
	map_init(&m->groups, MAX_GROUPS);
	m->sweep_at = FIRST_SWEEP;
	TAILQ_INIT(&m->answers);
	m->timer = loop_timer_new(client_loop(config->client), on_timer, m);
	if (!m->timer) {
		mem_free(m);
		return error_nomem(err);
	}
	*ret = m;
	return ERR_OK;
}

static void forget_answer(struct group *g)
{
	if (!g->answer)
		return;
	TAILQ_REMOVE(&g->share->answers, g->answer, by_age);
	g->share->stats.n_kept--;
	arena_done(&g->answer->arena);
	mem_free(TAKE_PTR(g->answer));
}

static void group_free(void *p)
{
	struct group *g = p;

	client_cancel(g->call);
	VEC_FOREACH (w, &g->waiters)
		mem_free(*w);
	VEC_DONE(&g->waiters);
	forget_answer(g);
	mem_free(g);
}

void metric_share_free(struct metric_share *m)
{
	if (!m)
		return;
	map_done(&m->groups, group_free);
	loop_timer_free(m->timer);
	mem_free(m);
}

static bool is_fresh(const struct group *g, int64_t now_ns)
{
	return g->answer && now_ns < g->answer->at.ns + METRIC_SHARE_FRESH_NS;
}

static void on_timer(struct loop_timer *t, void *ctx)
{
	struct metric_share *m = ctx;
	int64_t now_ns = instant_mono_now().ns;
	struct answer *oldest;

	while ((oldest = TAILQ_FIRST(&m->answers)) && !is_fresh(oldest->group, now_ns))
		forget_answer(oldest->group);
	if (oldest)
		loop_timer_set_at(t, (struct mono){ oldest->at.ns + METRIC_SHARE_FRESH_NS });
}

static bool is_idle(const struct group *g, struct mono now)
{
	return !g->call && g->waiters.n == 0 &&
	       g->span_began.ns + 3 * g->share->config.period_ns < now.ns;
}

/* Lets go of groups of which nobody has asked for a while. Without memory all stay: somebody may wait for one. */
static void sweep(struct metric_share *m, struct mono now)
{
	struct map left;
	struct error ignored;

	map_init(&left, MAX_GROUPS);
	MAP_FOREACH (e, &m->groups) {
		if (!is_idle(e->value, now) &&
			map_set(&left, map_key(e), e->value, NULL, &ignored) != ERR_OK) {
			map_done(&left, NULL);
			return;
		}
	}
	MAP_FOREACH (e, &m->groups) {
		if (is_idle(e->value, now))
			group_free(e->value);
	}
	map_done(&m->groups, NULL);
	m->groups = left;
	m->sweep_at = m->groups.n < FIRST_SWEEP / 2 ? FIRST_SWEEP : 2 * m->groups.n;
}

static struct group *group_of(struct metric_share *m, struct sv target, struct mono now)
{
	struct group *g = map_get(&m->groups, target);
	struct error ignored;

	if (g)
		return g;
	if (m->groups.n >= m->sweep_at)
		sweep(m, now);
	g = mem_zalloc(sizeof(*g));
	if (!g)
		return NULL;
	g->share = m;
	g->span_began = now;
	g->is_custom = sv_has_prefix(target, SV("/apis/custom.metrics.k8s.io/"));
	if (map_set(&m->groups, target, g, NULL, &ignored) == ERR_OK)
		return g;
	mem_free(g);
	return NULL;
}

/* Of a group that is new, or was not asked for a while, the objects that look alike are taken to want as much as this one. */
static struct demand expected(const struct group *g, const struct metric_share_question *q)
{
	struct demand d = { q->n_alike, q->n_alike * q->n_pods };

	return g->before.n_objects == 0 ? d : (struct demand){ 0 };
}

static bool is_enough(const struct demand *d, size_t n_namespace_pods)
{
	return d->n_objects >= MIN_OBJECTS &&
	       d->n_pods >= (n_namespace_pods + MIN_PART - 1) / MIN_PART;
}

/* Counts the question. A span ends with the first question after three quarters of a period: nobody has asked twice by then. */
static void count(struct group *g, const struct metric_share_question *q, struct mono now)
{
	int64_t age_ns = now.ns - g->span_began.ns;

	if (age_ns >= g->share->config.period_ns / 4 * 3) {
		bool fresh = age_ns < 3 * g->share->config.period_ns;
		g->before = fresh ? g->now : (struct demand){ 0 };
		g->now = (struct demand){ 0 };
		g->span_began = now;
	}
	g->now.n_objects++;
	g->now.n_pods += q->n_pods;
}

static const struct decoded *find_decoded(
	const struct answer *a, const struct readings_query *query)
{
	for (size_t i = 0; i < a->n_decoded; i++) {
		const struct decoded *d = &a->decoded[i];
		if (d->query.kind == query->kind && sv_eq(d->query.resource, query->resource) &&
			sv_eq(d->query.container, query->container))
			return d;
	}
	return NULL;
}

/* Reads the answer as this query does, unless that is done. The text itself is not kept: it is several times as large. */
static void decode(
	struct answer *a, const struct readings_query *query, const struct readings_answer *answer)
{
	struct error ignored;

	if (find_decoded(a, query) || a->n_decoded == MAX_QUERIES)
		return;
	struct decoded *d = &a->decoded[a->n_decoded];
	*d = (struct decoded){ .query = *query };
	d->query.resource = arena_sv(&a->arena, query->resource);
	d->query.container = arena_sv(&a->arena, query->container);
	if (!d->query.resource.ptr || !d->query.container.ptr)
		return;
	a->n_decoded++;
	d->failed = readings_decode_all(&a->arena, query, answer, &d->all, &ignored) != ERR_OK;
}

/* Whether the answer is one to this query, too. */
static bool covers(const struct answer *a, const struct readings_query *query)
{
	return a->failure.kind != ERR_OK || find_decoded(a, query);
}

static struct metric_share_answer answer_for(
	const struct group *g, const struct readings_query *query)
{
	const struct decoded *d = g->answer ? find_decoded(g->answer, query) : NULL;

	if (g->answer && g->answer->failure.kind != ERR_OK)
		return (struct metric_share_answer){ NULL, &g->answer->failure };
	return (struct metric_share_answer){ d && !d->failed ? &d->all : NULL, NULL };
}

/* Calls everybody who waits. They may cancel others. */
static void serve(struct group *g)
{
	while (g->waiters.n > 0) {
		struct metric_share_waiter *w = g->waiters.at[--g->waiters.n];
		const struct metric_share_answer answer = answer_for(g, &w->query);
		metric_share_fn fn = w->fn;
		void *ctx = w->ctx;
		g->share->stats.n_answered += answer.all || answer.failed;
		mem_free(w);
		fn(&answer, ctx);
	}
}

/* Failures that do not depend on how much was asked. */
static bool is_everybodys(const struct error *failed)
{
	return failed->code == 401 || failed->code == 403 || failed->code == 404 ||
	       failed->code == 429 || failed->code == 503;
}

/* False: it is of no use to several. */
static bool keep_answer(
	struct group *g, const struct client_answer *answer, const struct error *failed)
{
	struct answer *a = mem_zalloc(sizeof(*a));

	forget_answer(g);
	if (!a)
		return false;
	g->answer = a;
	a->group = g;
	a->at = instant_mono_now();
	TAILQ_INSERT_TAIL(&g->share->answers, a, by_age);
	g->share->stats.n_kept++;
	arena_init(&a->arena, MAX_DECODED_BYTES);
	if (failed) {
		a->failure = *failed;
		return is_everybodys(failed);
	}
	const struct readings_answer given = { .http_status = answer->status,
		.content_type = answer->content_type,
		.body = answer->body };
	VEC_FOREACH (w, &g->waiters)
		decode(a, &(*w)->query, &given);
	return a->n_decoded > 0 && !a->decoded[0].failed;
}

static void on_answer(const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct group *g = ctx;
	struct metric_share *m = g->share;

	g->call = NULL;
	if (g->is_custom)
		metric_share_note_adapter(m, answer);
	if ((!g->is_custom || m->custom_is_ours) && keep_answer(g, answer, failed)) {
		/* Of several the oldest goes first: its timer stays. */
		if (TAILQ_FIRST(&m->answers) == g->answer)
			loop_timer_set(m->timer, METRIC_SHARE_FRESH_NS);
	} else {
		forget_answer(g);
		m->stats.n_failed++;
		g->paused_until.ns = instant_mono_now().ns + PAUSE_NS;
	}
	serve(g);
}

static bool send(struct group *g, const struct metric_share_question *q)
{
	struct metric_share *m = g->share;
	AUTO(mem_free_str) char *target = mem_memdup(q->target.ptr, q->target.len);
	const struct client_request request = {
		.target = target,
		.resource = q->resource,
		.name = q->name,
		.timeout_ns = m->config.timeout_ns,
		.max_bytes = LIMIT_METRICS_ANSWER_BYTES,
		.done = on_answer,
		.ctx = g,
	};
	struct error ignored;

	if (!target || client_start(m->config.client, &request, &g->call, &ignored) != ERR_OK)
		return false;
	m->stats.n_requests++;
	return true;
}

/* Texts go behind the waiter. */
static void copy_query(const struct readings_query *from, struct metric_share_waiter *w)
{
	char *texts = (char *)(w + 1);

	w->query = *from;
	w->query.resource = sv_from(texts, from->resource.len);
	w->query.container = sv_from(texts + from->resource.len, from->container.len);
	if (from->resource.len > 0)
		memcpy(texts, from->resource.ptr, from->resource.len);
	if (from->container.len > 0)
		memcpy(texts + from->resource.len, from->container.ptr, from->container.len);
}

/* NULL: no memory; ask alone. */
static struct metric_share_waiter *wait(
	struct group *g, const struct metric_share_question *q, metric_share_fn fn, void *ctx)
{
	size_t texts = q->query.resource.len + q->query.container.len;
	struct metric_share_waiter *w = mem_zalloc(sizeof(*w) + texts);
	struct metric_share_waiter **slot = w ? VEC_PUSH(&g->waiters, MAX_WAITERS) : NULL;

	if (!slot) {
		mem_free(w);
		return NULL;
	}
	w->group = g;
	w->fn = fn;
	w->ctx = ctx;
	copy_query(&q->query, w);
	*slot = w;
	return w;
}

/* Whether this question belongs to those that are asked together. */
static bool is_shared(const struct group *g, const struct metric_share_question *q, struct mono now)
{
	const struct demand first = expected(g, q);

	if ((g->is_custom && !g->share->custom_is_ours) || now.ns < g->paused_until.ns)
		return false;
	return is_enough(&g->now, q->n_namespace_pods) ||
	       is_enough(&g->before, q->n_namespace_pods) || is_enough(&first, q->n_namespace_pods);
}

static enum metric_share_result join(struct group *g, const struct metric_share_question *q,
	metric_share_fn fn, void *ctx, struct metric_share_waiter **ret)
{
	struct metric_share_waiter *w = wait(g, q, fn, ctx);

	if (w && !g->call && !send(g, q)) {
		metric_share_cancel(w);
		w = NULL;
	}
	*ret = w;
	return w ? METRIC_SHARE_WAIT : METRIC_SHARE_ALONE;
}

enum metric_share_result metric_share_ask(struct metric_share *m,
	const struct metric_share_question *q, metric_share_fn fn, void *ctx,
	struct metric_share_answer *ret_answer, struct metric_share_waiter **ret_waiter)
{
	struct mono now = instant_mono_now();
	struct group *g = q->target.len > 0 ? group_of(m, q->target, now) : NULL;

	if (!g)
		return METRIC_SHARE_ALONE;
	count(g, q, now);
	if (!is_shared(g, q, now))
		return METRIC_SHARE_ALONE;
	if (g->call || !is_fresh(g, now.ns) || !covers(g->answer, &q->query))
		return join(g, q, fn, ctx, ret_waiter);
	*ret_answer = answer_for(g, &q->query);
	if (!ret_answer->all && !ret_answer->failed)
		return METRIC_SHARE_ALONE;
	m->stats.n_answered++;
	return METRIC_SHARE_READY;
}

void metric_share_cancel(struct metric_share_waiter *w)
{
	if (!w)
		return;
	struct group *g = w->group;
	for (size_t i = 0; i < g->waiters.n; i++) {
		if (g->waiters.at[i] == w) {
			memmove(&g->waiters.at[i], &g->waiters.at[i + 1],
				(--g->waiters.n - i) * sizeof(g->waiters.at[0]));
			break;
		}
	}
	mem_free(w);
}

void metric_share_note_adapter(struct metric_share *m, const struct client_answer *answer)
{
	if (answer->adapter.len > 0)
		m->custom_is_ours = true;
	else if (answer->status >= 200 && answer->status < 300)
		m->custom_is_ours = false;
}

struct metric_share_stats metric_share_stats(const struct metric_share *m)
{
	struct metric_share_stats s = m->stats;

	s.n_groups = m->groups.n;
	return s;
}
