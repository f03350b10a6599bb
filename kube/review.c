/* Questions to the API server about a token or a permission. Failing is closed: without an answer there is no verdict, and only real answers are
 * remembered. Retries follow Kubernetes' webhook clients: server errors, 429 and lost connections, five tries, 0.5 s growing by half, 20 % jitter. */
#include "kube/review.h"

#include "common/buf.h"
#include "common/loop.h"
#include "common/map.h"
#include "kube/backoff.h"

#define REVIEW_TRIES 5u
#define REVIEW_FIRST_WAIT_NS (500 * NS_PER_MS)
/* The reference waits as long for one call. */
#define REVIEW_TIMEOUT_NS (10 * NS_PER_SEC)
/* A Status or a review is a few KiB. */
#define REVIEW_ANSWER_MAX (1024u * 1024)
/* Questions under way at once; more are refused rather than queued. */
#define REVIEW_PENDING_MAX 4096u

struct answer_entry {
	char *text;
	size_t len;
	struct mono expires;
};

struct review {
	struct kube_client *client;
	char *target, *resource;
	size_t max_key_bytes;
	int64_t (*keep_ns)(struct sv answer, void *ctx);
	void *ctx;
	struct map answers; /* key -> struct answer_entry */
	struct map pending; /* key -> struct review_question */
	struct backoff jitter;
	struct review_stats stats;
};

struct review_question {
	struct review *review;
	char *key, *body;
	size_t key_len, body_len;
	struct review_waiter *waiters;
	struct client_call *call;
	struct loop_timer *timer;
	unsigned n_tries;
};

static void free_entry(void *value)
{
	struct answer_entry *e = value;
	if (!e)
		return;
	mem_free(e->text);
	mem_free(e);
}

static void free_question(void *value)
{
	struct review_question *q = value;
	if (!q)
		return;
	for (struct review_waiter *w = q->waiters; w; w = w->next)
		w->question = NULL;
	client_cancel(q->call);
	loop_timer_free(q->timer);
	mem_free(q->key);
	mem_free(q->body);
	mem_free(q);
}

enum error_kind review_new(
	const struct review_config *config, struct review **ret, struct error *err)
{
	AUTO(review_free) struct review *r = mem_zalloc(sizeof(*r));
	if (!r)
		return error_nomem(err);
	map_init(&r->answers, config->max_entries);
	map_init(&r->pending, REVIEW_PENDING_MAX);
	r->client = config->client;
	r->target = mem_strdup(config->target);
	r->resource = mem_strdup(config->resource);
	r->max_key_bytes = config->max_key_bytes ? config->max_key_bytes : SIZE_MAX;
	r->keep_ns = config->keep_ns;
	r->ctx = config->ctx;
	backoff_init(&r->jitter, backoff_seed());
	if (!r->target || !r->resource)
		return error_nomem(err);
	*ret = TAKE_PTR(r);
	return ERR_OK;
}

void review_free(struct review *r)
{
	if (!r)
		return;
	map_done(&r->pending, free_question);
	map_done(&r->answers, free_entry);
	mem_free(r->target);
	mem_free(r->resource);
	mem_free(r);
}

static struct mono now_of(const struct review *r)
{
	return loop_now(client_loop(r->client));
}

/* Room in a full table: whatever expired, else everything, which costs a few calls and keeps the bound simple. */
static void make_room(struct review *r)
{
	if (r->answers.n < r->answers.max)
		return;
	struct map old = r->answers;
	map_init(&r->answers, old.max);
	int64_t now_ns = now_of(r).ns;
	MAP_FOREACH (e, &old) {
		struct answer_entry *entry = e->value;
		struct error ignored;
		if (entry->expires.ns > now_ns && r->answers.n < old.max / 2 &&
			map_set(&r->answers, map_key(e), entry, NULL, &ignored) == ERR_OK)
			e->value = NULL;
	}
	map_done(&old, free_entry);
}

/* Failing to remember is not an error. */
static void remember(struct review *r, const struct review_question *q, struct sv answer)
{
	int64_t keep_ns = q->key_len <= r->max_key_bytes ? r->keep_ns(answer, r->ctx) : 0;
	if (keep_ns <= 0)
		return;
	make_room(r);
	struct answer_entry *e = mem_zalloc(sizeof(*e));
	if (!e)
		return;
	e->text = mem_memdup(answer.ptr, answer.len);
	e->len = answer.len;
	e->expires.ns = now_of(r).ns + keep_ns;
	void *old = NULL;
	struct error ignored;
	if (!e->text || map_set(&r->answers, sv_from(q->key, q->key_len), e, &old, &ignored))
		free_entry(e);
	else
		free_entry(old);
}

static void finish(struct review_question *q, struct sv answer, const struct error *failed)
{
	struct review *r = q->review;
	map_take(&r->pending, sv_from(q->key, q->key_len));
	if (failed)
		r->stats.n_failures++;
	else
		remember(r, q, answer);
	/* A waiter may go away, or take others along, while it is called. */
	while (q->waiters) {
		struct review_waiter *w = q->waiters;
		q->waiters = w->next;
		w->question = NULL;
		w->next = NULL;
		w->done(w, answer, failed);
	}
	free_question(q);
}

static void send_question(struct review_question *q);

static void on_timer(struct loop_timer *t, void *ctx)
{
	(void)t;
	send_question(ctx);
}

static bool try_again(struct review_question *q)
{
	if (q->n_tries >= REVIEW_TRIES)
		return false;
	if (!q->timer)
		q->timer = loop_timer_new(client_loop(q->review->client), on_timer, q);
	if (!q->timer)
		return false;
	int64_t wait_ns = REVIEW_FIRST_WAIT_NS;
	for (unsigned i = 1; i < q->n_tries; i++)
		wait_ns += wait_ns / 2;
	loop_timer_set(
		q->timer, backoff_between_ns(&q->review->jitter, wait_ns, wait_ns + wait_ns / 5));
	return true;
}

static void on_answer(const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct review_question *q = ctx;
	q->call = NULL;
	if (failed && failed->kind == ERR_UNAVAIL && try_again(q))
		return;
	finish(q, failed ? SV_NULL : answer->body, failed);
}

static void send_question(struct review_question *q)
{
	struct review *r = q->review;
	struct client_request request = {
		.traffic = CLIENT_NORMAL,
		.method = "POST",
		.target = r->target,
		.resource = r->resource,
		.body = sv_from(q->body, q->body_len),
		.timeout_ns = REVIEW_TIMEOUT_NS,
		.max_bytes = REVIEW_ANSWER_MAX,
		.once = true,
		.done = on_answer,
		.ctx = q,
	};
	struct error err = { 0 };
	q->n_tries++;
	r->stats.n_calls++;
	if (client_start(r->client, &request, &q->call, &err))
		finish(q, SV_NULL, &err);
}

static struct review_question *new_question(struct review *r, struct sv key, struct sv body)
{
	struct review_question *q = mem_zalloc(sizeof(*q));
	if (!q)
		return NULL;
	q->review = r;
	q->key = mem_memdup(key.ptr, key.len);
	q->key_len = key.len;
	q->body = mem_memdup(body.ptr, body.len);
	q->body_len = body.len;
	q->timer = loop_timer_new(client_loop(r->client), on_timer, q);
	if (!q->key || !q->body || !q->timer) {
		free_question(q);
		return NULL;
	}
	return q;
}

enum error_kind review_ask(struct review *r, struct sv key, struct sv body, struct review_waiter *w,
	struct sv *ret_now, struct error *err)
{
	const struct answer_entry *known = map_get(&r->answers, key);
	if (known && known->expires.ns > now_of(r).ns) {
		r->stats.n_reused++;
		*ret_now = sv_from(known->text, known->len);
		return ERR_OK;
	}
	struct review_question *q = map_get(&r->pending, key);
	if (!q) {
		q = new_question(r, key, body);
		if (!q)
			return error_nomem(err);
		if (map_set(&r->pending, key, q, NULL, err)) {
			free_question(q);
			return err->kind;
		}
		/* Sent from the timer, so that done is never called from here. */
		loop_timer_set(q->timer, 0);
	}
	w->question = q;
	w->next = q->waiters;
	q->waiters = w;
	return ERR_OK;
}

void review_cancel(struct review_waiter *w)
{
	struct review_question *q = w->question;
	if (!q)
		return;
	w->question = NULL;
	for (struct review_waiter **at = &q->waiters; *at; at = &(*at)->next)
		if (*at == w) {
			*at = w->next;
			break;
		}
	w->next = NULL;
	/* The answer is still worth remembering, so the call goes on without waiters. */
}

struct review_stats review_stats(const struct review *r)
{
	return r->stats;
}
