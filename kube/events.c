/* The background sender of Events: a bounded queue, one request at a time, so that events never crowd out what matters. What to send is the
 * correlator's decision, taken when the event's turn has come. Failures end here: events are a help for people and must not stop a decision. */
#include "kube/events.h"

#include "common/limits.h"
#include "kube/api_path.h"
#include "kube/backoff.h"

/* As the reference's broadcaster. */
#define QUEUE_MAX 1000
#define TRIES_MAX 12
#define TRY_AGAIN_NS (INT64_C(10) * NS_PER_SEC)
/* Where the server puts an event off and does not say for how long. */
#define PUT_OFF_NS NS_PER_SEC
/* Whoever says longer may be back sooner. */
#define PUT_OFF_MAX_NS (INT64_C(30) * NS_PER_SEC)

struct queued {
	struct queued *next;
	struct event event; /* texts behind the struct */
	struct wall at;
	char texts[];
};

struct events {
	struct kube_client *client;
	char *component;
	struct event_correlator *correlator;
	struct loop_timer *timer;
	struct backoff random;
	struct queued *first, *last; /* the first one is being sent when `sending` */
	bool sending;
	struct client_call *call; /* NULL while waiting for another try */
	struct event_plan plan;
	unsigned n_tries;
	int64_t retry_ns;
	struct mono hold_until;
	struct events_stats stats;
};

static void on_timer(struct loop_timer *t, void *ctx);

enum error_kind events_new(
	struct kube_client *client, const char *component, struct events **ret, struct error *err)
{
	AUTO(events_free) struct events *e = mem_zalloc(sizeof(*e));

	if (!e)
		return error_nomem(err);
	e->client = client;
	e->retry_ns = TRY_AGAIN_NS;
	backoff_init(&e->random, backoff_seed());
	e->component = mem_strdup(component);
	e->timer = loop_timer_new(client_loop(client), on_timer, e);
	if (!e->component || !e->timer)
		return error_nomem(err);
	if (event_correlator_new(0, &e->correlator, err))
		return err->kind;
	*ret = TAKE_PTR(e);
	return ERR_OK;
}

static void pop(struct events *e)
{
	struct queued *q = e->first;

	e->first = q->next;
	if (!e->first)
		e->last = NULL;
	e->stats.n_queued--;
	e->sending = false;
	mem_free(q);
}

void events_discard(struct events *e)
{
	client_cancel(TAKE_PTR(e->call));
	loop_timer_stop(e->timer);
	while (e->first) {
		e->stats.n_dropped++;
		pop(e);
	}
}

void events_free(struct events *e)
{
	if (!e)
		return;
	client_cancel(e->call);
	while (e->first)
		pop(e);
	event_correlator_free(e->correlator);
	loop_timer_free(e->timer);
	mem_free(e->component);
	mem_free(e);
}

void events_set_retry_ns(struct events *e, int64_t ns)
{
	e->retry_ns = ns;
}

struct events_stats events_stats(const struct events *e)
{
	return e->stats;
}

static struct sv namespace_of(const struct event *event)
{
	return event->namespace.len > 0 ? event->namespace : SV("default");
}

static void on_sent(const struct client_answer *answer, const struct error *failed, void *ctx);

static enum error_kind send(struct events *e, struct error *err)
{
	const struct event *event = &e->first->event;
	bool patch = e->plan.action == EVENT_PATCH;
	AUTO(buf_done) struct buf target = { 0 }, body = { 0 };
	struct api_path path = {
		.version = SV("v1"),
		.namespace = namespace_of(event),
		.resource = SV("events"),
		.name = patch ? e->plan.name : SV_NULL,
	};

	buf_init(&target, LIMIT_OBJECT_BYTES);
	buf_init(&body, LIMIT_OBJECT_BYTES);
	api_path_put(&target, &path);
	if (patch)
		events_encode_patch(&body, event, &e->plan);
	else
		events_encode(&body, e->component, event, &e->plan);
	if (buf_check(&target, "event", err) || buf_check(&body, "event", err))
		return err->kind;
	struct client_request q = {
		.method = patch ? "PATCH" : "POST",
		.target = buf_text(&target),
		.resource = "events",
		.body = buf_sv(&body),
		.once = true, /* what waits is waited for here, with all behind it */
		.content_type = patch ? CLIENT_PATCH_STRATEGIC : NULL,
		.done = on_sent,
		.ctx = e,
	};
	/* Whoever sends while the timer still stands, because an event came first, must not be followed by the timer. */
	loop_timer_stop(e->timer);
	return client_start(e->client, &q, &e->call, err);
}

/* True: the timer goes off when it is no longer so. */
static bool is_held(struct events *e)
{
	if (instant_mono_now().ns >= e->hold_until.ns)
		return false;
	loop_timer_set_at(e->timer, e->hold_until);
	return true;
}

/* Begins with the next event that is to be sent. */
static void pump(struct events *e)
{
	struct error err;

	if (!e->first || e->sending || is_held(e))
		return;
	while (e->first && !e->sending) {
		const struct queued *q = e->first;
		if (event_correlator_plan(
			    e->correlator, &q->event, q->at, instant_wall_now(), &e->plan, &err)) {
			e->stats.n_dropped++;
			pop(e);
		} else if (e->plan.action == EVENT_DROP) {
			e->stats.n_spam++;
			pop(e);
		} else if (send(e, &err)) {
			e->stats.n_dropped++;
			pop(e);
		} else {
			e->n_tries = 1;
			e->sending = true;
		}
	}
}

static void give_up(struct events *e, uint64_t *counter)
{
	(*counter)++;
	pop(e);
	pump(e);
}

void events_hold(struct events *e, struct mono until)
{
	if (until.ns > e->hold_until.ns)
		e->hold_until = until;
}

/* 429, or a server that says when to come back. */
static bool is_put_off(const struct client_answer *answer)
{
	return answer->status == 429 || (answer->status >= 500 && answer->retry_after_ns > 0);
}

static void try_put_off_later(struct events *e, int64_t wait_ns)
{
	struct mono until = instant_mono_now();

	if (wait_ns <= 0)
		wait_ns = PUT_OFF_NS;
	until.ns += wait_ns < PUT_OFF_MAX_NS ? wait_ns : PUT_OFF_MAX_NS;
	events_hold(e, until);
	loop_timer_set_at(e->timer, e->hold_until);
	e->n_tries++;
}

static void on_sent(const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct events *e = ctx;
	bool put_off = failed && is_put_off(answer);
	struct error err;

	e->call = NULL;
	if (!failed) {
		give_up(e, &e->stats.n_sent);
	} else if (e->plan.action == EVENT_PATCH && answer->status == 404) {
		/* It expired meanwhile (events live an hour): it comes to life again under its name, with its count. */
		e->plan.action = EVENT_CREATE;
		if (send(e, &err))
			give_up(e, &e->stats.n_dropped);
	} else if (answer->status != 0 && !put_off) {
		give_up(e, &e->stats.n_refused);
	} else if (e->n_tries >= TRIES_MAX) {
		give_up(e, &e->stats.n_dropped);
	} else if (put_off) {
		try_put_off_later(e, answer->retry_after_ns);
	} else {
		/* The first wait is random, so that clients of a server that restarts do not come in step. */
		loop_timer_set(e->timer, e->n_tries == 1
						 ? backoff_between_ns(&e->random, 0, e->retry_ns)
						 : e->retry_ns);
		e->n_tries++;
	}
}

static void on_timer(struct loop_timer *t, void *ctx)
{
	struct events *e = ctx;
	struct error err;

	(void)t;
	if (!e->sending)
		pump(e);
	else if (!is_held(e) && send(e, &err))
		give_up(e, &e->stats.n_dropped);
}

/* A copy with its texts behind it; NULL: no memory. */
static struct queued *copy_event(const struct event *event)
{
	struct sv event_texts[] = { event->api_version, event->kind, event->namespace, event->name,
		event->uid, event->resource_version, event->type, event->reason, event->message };
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_LEN(event_texts); i++)
		len += event_texts[i].len;
	struct queued *q = mem_zalloc(sizeof(*q) + len);
	if (!q)
		return NULL;
	struct sv *copies[] = { &q->event.api_version, &q->event.kind, &q->event.namespace,
		&q->event.name, &q->event.uid, &q->event.resource_version, &q->event.type,
		&q->event.reason, &q->event.message };
	char *at = q->texts;
	for (size_t i = 0; i < ARRAY_LEN(copies); i++) {
		if (event_texts[i].len > 0)
			memcpy(at, event_texts[i].ptr, event_texts[i].len);
		*copies[i] = sv_from(at, event_texts[i].len);
		at += event_texts[i].len;
	}
	return q;
}

/* The newest news are the ones that help; the event that is on its way stays. */
static void drop_oldest(struct events *e)
{
	struct queued *head = e->sending ? e->first : NULL;
	struct queued *oldest = head ? head->next : e->first;

	if (!oldest)
		return;
	if (head)
		head->next = oldest->next;
	else
		e->first = oldest->next;
	if (e->last == oldest)
		e->last = head;
	e->stats.n_queued--;
	e->stats.n_dropped++;
	mem_free(oldest);
}

void events_record(struct events *e, const struct event *event)
{
	struct queued *q = copy_event(event);

	e->stats.n_recorded++;
	if (!q) {
		e->stats.n_dropped++;
		return;
	}
	if (e->stats.n_queued >= QUEUE_MAX)
		drop_oldest(e);
	q->at = instant_wall_now();
	if (e->last)
		e->last->next = q;
	else
		e->first = q;
	e->last = q;
	e->stats.n_queued++;
	pump(e);
}
