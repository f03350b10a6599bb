/* Step "ask": query text -> Prometheus' answer, as text. What it means is the next step's business.
 *
 * An HPA controller asks for the same metric for every object that shares a selector, and several replicas of it do so within the same second. */
#include "adapter/shared_ask.h"

#include "common/instant.h"
#include "common/map.h"

/* Different questions in flight or remembered; the next ones are not shared but still asked. */
#define ASK_SHARED_MAX 10000u
/* Proxies in front of Prometheus take request lines of 8 KiB; escaping makes a text up to three times as long. */
#define ASK_URL_TEXT_MAX 2048u
/* A shared question lives as long as the longest request may: whoever joins it must not fail by the short patience of who asked first. It ends when
 * nobody waits for it any more. */
#define ASK_SHARED_NS (60 * NS_PER_SEC)
/* Memory of remembered answers; larger ones are handed out and forgotten. */
#define ASK_KEPT_BYTES_MAX (32u * 1024 * 1024)

struct shared_ask {
	struct shared_ask_config config;
	struct map shared; /* query -> struct shared_ask_question */
	struct shared_ask_question *alone;
	struct loop_timer *sweep;
	size_t kept_bytes;
	unsigned n_delivering;
	bool ended; /* freed by a waiter: the memory goes when the delivery is over */
	struct mono round;
	int64_t round_ms; /* evaluation time of questions that start in this round */
	struct shared_ask_stats stats;
};

struct shared_ask_question {
	struct shared_ask *ask;
	char *query;
	size_t query_len;
	bool is_shared, delivering;
	struct shared_ask_question *next, **link; /* in ask->alone */
	struct shared_ask_waiter *waiters;
	struct prom_client_call *call;
	struct mono started;
	int64_t asked_at_ms;
	/* a remembered answer */
	char *body;
	size_t body_len;
	int status;
	struct mono answered;
};

static void unlink_question(struct shared_ask_question *q)
{
	if (q->is_shared) {
		map_take(&q->ask->shared, sv_from(q->query, q->query_len));
	} else if (q->link) {
		*q->link = q->next;
		if (q->next)
			q->next->link = q->link;
	}
}

static void free_question(void *value)
{
	struct shared_ask_question *q = value;
	if (!q)
		return;
	for (struct shared_ask_waiter *w = q->waiters; w; w = w->next)
		w->question = NULL;
	prom_client_cancel(q->call);
	q->ask->kept_bytes -= q->body_len;
	mem_free(q->body);
	mem_free(q->query);
	mem_free(q);
}

static bool is_fresh(const struct shared_ask_question *q)
{
	return q->body &&
	       loop_now(q->ask->config.loop).ns - q->answered.ns < q->ask->config.max_age_ns;
}

/* Removes the answers that are too old to be used. */
static void on_sweep(struct loop_timer *t, void *ctx)
{
	struct shared_ask *a = ctx;
	bool again = true, any_left = false;
	while (again) {
		again = any_left = false;
		struct shared_ask_question *old = NULL;
		MAP_FOREACH (e, &a->shared) {
			struct shared_ask_question *q = e->value;
			any_left = any_left || q->body;
			if (q->body && !is_fresh(q))
				old = q;
		}
		if (old) {
			unlink_question(old);
			free_question(old);
			again = true;
		}
	}
	if (any_left)
		loop_timer_set(t, a->config.max_age_ns);
}

enum error_kind shared_ask_new(
	const struct shared_ask_config *config, struct shared_ask **ret, struct error *err)
{
	AUTO(shared_ask_free) struct shared_ask *a = mem_zalloc(sizeof(*a));
	if (!a)
		return error_nomem(err);
	a->config = *config;
	map_init(&a->shared, ASK_SHARED_MAX);
	a->sweep = loop_timer_new(config->loop, on_sweep, a);
	if (!a->sweep)
		return error_nomem(err);
	*ret = TAKE_PTR(a);
	return ERR_OK;
}

static void destroy(struct shared_ask *a)
{
	while (a->alone) {
		struct shared_ask_question *q = a->alone;
		unlink_question(q);
		free_question(q);
	}
	map_done(&a->shared, free_question);
	loop_timer_free(a->sweep);
	mem_free(a);
}

static void end_question(struct shared_ask_question *q)
{
	prom_client_cancel(q->call);
	q->call = NULL;
}

void shared_ask_free(struct shared_ask *a)
{
	if (!a)
		return;
	/* The client may be gone before the delivery is over. */
	for (struct shared_ask_question *q = a->alone; q; q = q->next)
		end_question(q);
	MAP_FOREACH (e, &a->shared)
		end_question(e->value);
	a->ended = true;
	if (a->n_delivering == 0)
		destroy(a);
}

/* Keeps a good answer for reuse; true when the question stays. */
static bool keep(struct shared_ask_question *q, int status, struct sv body)
{
	struct shared_ask *a = q->ask;
	if (!q->is_shared || a->config.max_age_ns <= 0 || status < 200 || status > 299 ||
		a->kept_bytes + body.len > ASK_KEPT_BYTES_MAX)
		return false;
	q->body = mem_memdup(body.ptr, body.len);
	if (!q->body)
		return false;
	q->body_len = body.len;
	q->status = status;
	q->answered = loop_now(a->config.loop);
	if (a->kept_bytes == 0)
		loop_timer_set(a->sweep, a->config.max_age_ns);
	a->kept_bytes += body.len;
	return true;
}

static void on_answer(int status, struct sv body, const struct error *failed, void *ctx)
{
	struct shared_ask_question *q = ctx;
	struct shared_ask *a = q->ask;
	struct shared_ask_answer answer = {
		.status = status, .body = body, .failed = failed, .asked_at_ms = q->asked_at_ms
	};
	q->call = NULL;
	a->n_delivering++;
	if (a->config.on_answered)
		a->config.on_answered(failed ? 0 : status,
			loop_now(a->config.loop).ns - q->started.ns, a->config.ctx);
	bool kept = !failed && keep(q, status, body);
	if (!kept)
		unlink_question(q);
	/* A waiter that is called may take others along, so each is taken off before. */
	q->delivering = true;
	while (q->waiters) {
		struct shared_ask_waiter *w = q->waiters;
		q->waiters = w->next;
		w->question = NULL;
		w->next = NULL;
		w->done(w, &answer);
	}
	q->delivering = false;
	if (!kept)
		free_question(q);
	if (--a->n_delivering == 0 && a->ended)
		destroy(a);
}

static struct shared_ask_question *new_question(struct shared_ask *a, struct sv query)
{
	struct shared_ask_question *q = mem_zalloc(sizeof(*q));
	if (!q)
		return NULL;
	q->ask = a;
	q->query = mem_memdup(query.ptr, query.len);
	q->query_len = query.len;
	if (!q->query) {
		free_question(q);
		return NULL;
	}
	return q;
}

static void link_question(struct shared_ask_question *q)
{
	struct shared_ask *a = q->ask;
	struct error full = { 0 };
	q->is_shared = !a->config.exact && map_set(&a->shared, sv_from(q->query, q->query_len), q,
						   NULL, &full) == ERR_OK;
	if (q->is_shared)
		return;
	q->next = a->alone;
	q->link = &a->alone;
	if (q->next)
		q->next->link = &q->next;
	a->alone = q;
}

static int64_t evaluation_time(struct shared_ask *a, struct mono round)
{
	if (a->round.ns != round.ns) {
		struct wall now = instant_wall_now();
		a->round = round;
		a->round_ms = now.sec * 1000 + now.nsec / (int32_t)NS_PER_MS;
	}
	return a->round_ms;
}

static enum error_kind start(struct shared_ask_question *q, int64_t timeout_ns, struct error *err)
{
	struct shared_ask *a = q->ask;
	q->started = loop_now(a->config.loop);
	q->asked_at_ms = evaluation_time(a, q->started);
	if (q->is_shared && timeout_ns < ASK_SHARED_NS)
		timeout_ns = ASK_SHARED_NS;
	if (a->config.timeout_ns && a->config.timeout_ns < timeout_ns)
		timeout_ns = a->config.timeout_ns;
	struct prom_client_query query = {
		.query = sv_from(q->query, q->query_len),
		.has_time = true,
		.time_ms = q->asked_at_ms,
		.timeout_ns = timeout_ns,
		.send_timeout = !a->config.exact,
		.post = !a->config.exact && q->query_len > ASK_URL_TEXT_MAX,
	};
	a->stats.n_asked++;
	return prom_client_query(a->config.client, &query, on_answer, q, &q->call, err);
}

enum error_kind shared_ask_query(struct shared_ask *a, struct sv query, int64_t timeout_ns,
	struct shared_ask_waiter *w, struct shared_ask_answer *ret, struct error *err)
{
	struct shared_ask_question *q = a->config.exact ? NULL : map_get(&a->shared, query);
	if (q && q->body && !is_fresh(q)) {
		unlink_question(q);
		free_question(q);
		q = NULL;
	}
	if (q && q->body) {
		a->stats.n_reused++;
		*ret = (struct shared_ask_answer){ .at_hand = true,
			.status = q->status,
			.body = sv_from(q->body, q->body_len),
			.asked_at_ms = q->asked_at_ms };
		return ERR_OK;
	}
	if (q) {
		a->stats.n_joined++;
	} else {
		q = new_question(a, query);
		if (!q)
			return error_nomem(err);
		link_question(q);
		if (start(q, timeout_ns, err)) {
			unlink_question(q);
			free_question(q);
			return err->kind;
		}
	}
	w->question = q;
	w->next = q->waiters;
	q->waiters = w;
	ret->at_hand = false;
	return ERR_OK;
}

void shared_ask_cancel(struct shared_ask_waiter *w)
{
	struct shared_ask_question *q = w->question;
	if (!q)
		return;
	w->question = NULL;
	for (struct shared_ask_waiter **at = &q->waiters; *at; at = &(*at)->next)
		if (*at == w) {
			*at = w->next;
			break;
		}
	w->next = NULL;
	if (!q->waiters && !q->body && !q->delivering) {
		unlink_question(q);
		free_question(q);
	}
}

struct shared_ask_stats shared_ask_stats(const struct shared_ask *a)
{
	return a->stats;
}
