/* Leader election, the steps of client-go's LeaderElector on the loop: read the Lease, wait while another holder shows signs of life, else write
 * ourselves into it; while we hold it, write again every retry period without reading first. Others' times are never compared with our
 * clock: what counts is how long ago, on our boot-time clock, the Lease last changed. */
#include "kube/lease.h"

#include "common/limits.h"
#include "kube/api_path.h"
#include "kube/backoff.h"
#include "kube/lease_record.h"

#define DURATION_NS (INT64_C(15) * NS_PER_SEC)
#define RENEW_DEADLINE_NS (INT64_C(10) * NS_PER_SEC)
#define RETRY_PERIOD_NS (INT64_C(2) * NS_PER_SEC)
/* client-go's JitterFactor of 1.2, in percent: the room that a holder must have for one more try. */
#define JITTER_PERCENT 120
/* How long a program that ends waits for its last word to arrive. */
#define RELEASE_NS (INT64_C(3) * NS_PER_SEC)
/* One Lease with its tree. */
#define OBJECT_ARENA_BYTES (4u * 1024 * 1024)

struct lease {
	struct lease_config config;
	char *namespace, *name, *identity;
	struct loop_timer *timer; /* the next try */
	struct loop_timer *deadline_timer;
	struct client_call *call;
	struct backoff random;
	struct mono try_began;
	/* The Lease as last seen; texts in `arena`, tree NULL: never, or not to be relied on. */
	struct arena arena;
	struct jtree *object;
	struct lease_record record;
	struct mono observed_at; /* when the record last changed */
	bool seen;
	bool leading;
	struct mono deadline;
	bool releasing;
	void (*released)(void *ctx);
	void *released_ctx;
};

static void on_timer(struct loop_timer *t, void *ctx);
static void on_deadline(struct loop_timer *t, void *ctx);

void lease_free(struct lease *l)
{
	if (!l)
		return;
	client_cancel(l->call);
	loop_timer_free(l->timer);
	loop_timer_free(l->deadline_timer);
	arena_done(&l->arena);
	mem_free(l->namespace);
	mem_free(l->name);
	mem_free(l->identity);
	mem_free(l);
}

static int64_t or_default(int64_t ns, int64_t default_ns)
{
	return ns > 0 ? ns : default_ns;
}

static enum error_kind check_config(const struct lease_config *c, struct error *err)
{
	if (!c->namespace || !c->name || !c->identity || c->namespace[0] == '\0' ||
		c->name[0] == '\0' || c->identity[0] == '\0')
		return error_set(err, ERR_INVALID,
			"leader election needs a namespace, a name and an identity");
	if (c->duration_ns < NS_PER_SEC || c->duration_ns % NS_PER_SEC != 0 ||
		c->duration_ns > INT32_MAX * NS_PER_SEC)
		return error_set(
			err, ERR_INVALID, "the lease duration must be whole seconds, at least 1s");
	if (c->duration_ns <= c->renew_deadline_ns)
		return error_set(err, ERR_INVALID,
			"the lease duration must be greater than the renew deadline");
	/* A holder must have room for one more try, jitter included. */
	if (c->renew_deadline_ns <= c->retry_period_ns / 100 * JITTER_PERCENT)
		return error_set(err, ERR_INVALID,
			"the renew deadline must be greater than the retry period times 1.2");
	return ERR_OK;
}

enum error_kind lease_new(const struct lease_config *config, struct lease **ret, struct error *err)
{
	struct lease_config c = *config;

	c.duration_ns = or_default(c.duration_ns, DURATION_NS);
	c.renew_deadline_ns = or_default(c.renew_deadline_ns, RENEW_DEADLINE_NS);
	c.retry_period_ns = or_default(c.retry_period_ns, RETRY_PERIOD_NS);
	if (check_config(&c, err))
		return err->kind;
	AUTO(lease_free) struct lease *l = mem_zalloc(sizeof(*l));
	if (!l)
		return error_nomem(err);
	l->config = c;
	arena_init(&l->arena, OBJECT_ARENA_BYTES);
	backoff_init(&l->random, backoff_seed());
	l->namespace = mem_strdup(c.namespace);
	l->name = mem_strdup(c.name);
	l->identity = mem_strdup(c.identity);
	l->timer = loop_timer_new(client_loop(c.client), on_timer, l);
	l->deadline_timer = loop_timer_new(client_loop(c.client), on_deadline, l);
	if (!l->namespace || !l->name || !l->identity || !l->timer || !l->deadline_timer)
		return error_nomem(err);
	loop_timer_set(l->timer, 0);
	*ret = TAKE_PTR(l);
	return ERR_OK;
}

bool lease_is_held(const struct lease *l, struct mono now)
{
	return lease_left_ns(l, now) > 0;
}

int64_t lease_left_ns(const struct lease *l, struct mono now)
{
	return l->leading && now.ns < l->deadline.ns ? l->deadline.ns - now.ns : 0;
}

struct sv lease_leader(const struct lease *l)
{
	return l->seen ? l->record.holder : SV_NULL;
}

static void try_later(struct lease *l)
{
	int64_t period = l->config.retry_period_ns;

	/* A holder keeps its beat, candidates must not come in step. They look a little oftener than client-go's (which wait 1 to 2.2 periods): a
	 * lease that was given back is taken up within one period, and so is one whose holder died. */
	if (!l->leading)
		period = backoff_between_ns(&l->random, period / 2, period);
	loop_timer_set(l->timer, period);
}

/* Another one holds the lease: we look again soon, and in any case when it runs out. */
static void try_when_expired(struct lease *l)
{
	int64_t left_ns = l->observed_at.ns + (int64_t)l->record.duration_seconds * NS_PER_SEC -
			  instant_mono_now().ns;
	int64_t period = l->config.retry_period_ns;
	int64_t wait_ns = backoff_between_ns(&l->random, period / 2, period);

	loop_timer_set(l->timer, left_ns < wait_ns ? left_ns : wait_ns);
}

static void stop_leading(struct lease *l, const struct error *why)
{
	if (!l->leading)
		return;
	l->leading = false;
	loop_timer_stop(l->deadline_timer);
	if (l->config.on_stopped)
		l->config.on_stopped(why, l->config.ctx);
}

static void report(struct lease *l, const struct error *failed)
{
	struct error err = *failed;

	error_wrap(&err, "lease %s/%s", l->namespace, l->name);
	if (l->config.on_error)
		l->config.on_error(&err, l->config.ctx);
}

static bool is_ours(const struct lease *l)
{
	return l->seen && sv_is(l->record.holder, l->identity);
}

/* Takes note of a Lease that the server sent. */
static enum error_kind observe(struct lease *l, struct sv json, struct error *err)
{
	struct arena a;
	struct jtree *object;
	struct lease_record record;

	arena_init(&a, OBJECT_ARENA_BYTES);
	struct sv text = arena_sv(&a, json);
	if (!text.ptr ? arena_error(&a, err)
		      : jtree_parse(&a, text, &object, err) ||
				lease_record_decode(object, &record, err)) {
		arena_done(&a);
		return err->kind;
	}
	bool changed = !l->seen || !lease_record_eq(&record, &l->record);
	bool other_leader = !l->seen || !sv_eq(record.holder, l->record.holder);
	if (changed)
		l->observed_at = instant_mono_now();
	arena_done(&l->arena);
	l->arena = a;
	l->object = object;
	l->record = record;
	l->seen = true;
	if (other_leader && record.holder.len > 0 && l->config.on_leader)
		l->config.on_leader(l->record.holder, l->config.ctx);
	return ERR_OK;
}

/* Whether the record's holder may still be at work. */
static bool is_alive(const struct lease *l)
{
	return l->seen && instant_mono_now().ns - l->observed_at.ns <
				  (int64_t)l->record.duration_seconds * NS_PER_SEC;
}

static enum error_kind ask(
	struct lease *l, const char *method, struct sv body, client_done_fn done, struct error *err)
{
	AUTO(buf_done) struct buf target = { 0 };
	bool create = body.len > 0 && !l->object;
	struct api_path path = {
		.group = SV("coordination.k8s.io"),
		.version = SV("v1"),
		.namespace = sv_of(l->namespace),
		.resource = SV("leases"),
		.name = create ? SV_NULL : sv_of(l->name),
	};

	buf_init(&target, LIMIT_OBJECT_BYTES);
	api_path_put(&target, &path);
	if (buf_check(&target, "path of the lease", err))
		return err->kind;
	int64_t timeout_ns = l->config.renew_deadline_ns / 2;
	int64_t left_ns = lease_left_ns(l, instant_mono_now());
	struct client_request q = {
		.traffic = CLIENT_LEASE,
		.method = create ? "POST" : method,
		.target = buf_text(&target),
		.resource = "leases.coordination.k8s.io",
		.name = l->name,
		.body = body,
		.timeout_ns = left_ns > 0 && left_ns < timeout_ns ? left_ns : timeout_ns,
		.once = true,
		.done = done,
		.ctx = l,
	};
	return client_start(l->config.client, &q, &l->call, err);
}

static void failed_try(struct lease *l, const struct error *failed)
{
	/* What we know of the Lease may be outdated: the next try reads it. */
	l->object = NULL;
	try_later(l);
	report(l, failed);
}

static void on_written(const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct lease *l = ctx;
	struct error err;

	l->call = NULL;
	if (failed) {
		failed_try(l, failed);
		return;
	}
	if (observe(l, answer->body, &err)) {
		failed_try(l, &err);
		return;
	}
	/* From before the request on, as others count from when they see it. */
	l->deadline.ns = l->try_began.ns + l->config.renew_deadline_ns;
	bool late = instant_mono_now().ns >= l->deadline.ns;
	if (late) {
		error_set(&err, ERR_UNAVAIL, "the renewal took longer than the renew deadline");
		l->object = NULL;
		try_later(l);
		stop_leading(l, &err);
		return;
	}
	bool started = !l->leading;
	l->leading = true;
	loop_timer_set_at(l->deadline_timer, l->deadline);
	try_later(l);
	if (started && l->config.on_started)
		l->config.on_started(l->config.ctx);
}

/* Writes ourselves into the Lease, in place of whoever is there. */
static void write_lease(struct lease *l)
{
	AUTO(buf_done) struct buf body = { 0 };
	struct wall now = instant_wall_now();
	struct error err;
	bool ours = l->object && is_ours(l);
	struct lease_record r = {
		.holder = sv_of(l->identity),
		.duration_seconds = (int32_t)(l->config.duration_ns / NS_PER_SEC),
		.acquired = ours ? l->record.acquired : now,
		.renewed = now,
		.transitions =
			!l->object ? 0
				   : l->record.transitions +
					     (ours || l->record.transitions == INT32_MAX ? 0 : 1),
	};

	buf_init(&body, LIMIT_OBJECT_BYTES);
	lease_record_encode(&body, l->object, sv_of(l->namespace), sv_of(l->name), &r);
	if (buf_check(&body, "lease", &err) || ask(l, "PUT", buf_sv(&body), on_written, &err))
		failed_try(l, &err);
}

static void on_read(const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct lease *l = ctx;
	struct error err;

	l->call = NULL;
	if (failed && answer->status == 404) {
		l->object = NULL;
		write_lease(l);
		return;
	}
	if (failed) {
		failed_try(l, failed);
		return;
	}
	if (observe(l, answer->body, &err)) {
		failed_try(l, &err);
		return;
	}
	if (!is_ours(l) && l->record.holder.len > 0) {
		if (l->leading) {
			error_set(&err, ERR_CONFLICT, "the lease is held by %.*s",
				SV_ARG(l->record.holder));
			try_later(l);
			stop_leading(l, &err);
			return;
		}
		if (is_alive(l)) {
			try_when_expired(l);
			return;
		}
	}
	write_lease(l);
}

static void on_timer(struct loop_timer *t, void *ctx)
{
	struct lease *l = ctx;
	struct error err;

	(void)t;
	l->try_began = instant_mono_now();
	if (l->leading && l->object && is_ours(l) && is_alive(l))
		write_lease(l);
	else if (ask(l, "GET", SV_NULL, on_read, &err))
		failed_try(l, &err);
}

static void end_release(struct lease *l)
{
	void (*done)(void *ctx) = l->released;

	l->released = NULL;
	client_cancel(TAKE_PTR(l->call));
	loop_timer_stop(l->deadline_timer);
	loop_timer_stop(l->timer);
	if (done)
		done(l->released_ctx);
}

static void on_deadline(struct loop_timer *t, void *ctx)
{
	struct lease *l = ctx;
	struct error err;

	(void)t;
	if (l->releasing) {
		end_release(l);
		return;
	}
	/* The try under way is of no use any more: its answer would come too late. */
	client_cancel(TAKE_PTR(l->call));
	l->object = NULL;
	try_later(l);
	error_set(&err, ERR_UNAVAIL, "the lease %s/%s was not renewed in time", l->namespace,
		l->name);
	stop_leading(l, &err);
}

static void on_release_written(
	const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct lease *l = ctx;

	(void)answer;
	l->call = NULL;
	if (failed)
		report(l, failed);
	end_release(l);
}

static void on_release_read(
	const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct lease *l = ctx;
	AUTO(buf_done) struct buf body = { 0 };
	struct error err;

	l->call = NULL;
	buf_init(&body, LIMIT_OBJECT_BYTES);
	if (failed || observe(l, answer->body, &err)) {
		report(l, failed ? failed : &err);
		end_release(l);
		return;
	}
	if (!is_ours(l)) {
		end_release(l);
		return;
	}
	struct wall now = instant_wall_now();
	struct lease_record r = { .duration_seconds = 1,
		.acquired = now,
		.renewed = now,
		.transitions = l->record.transitions };
	lease_record_encode(&body, l->object, SV_NULL, SV_NULL, &r);
	if (buf_check(&body, "lease", &err) ||
		ask(l, "PUT", buf_sv(&body), on_release_written, &err)) {
		report(l, &err);
		end_release(l);
	}
}

void lease_release(struct lease *l, void (*done)(void *ctx), void *ctx)
{
	bool led = l->leading;
	struct error err;

	l->releasing = true;
	l->released = done;
	l->released_ctx = ctx;
	client_cancel(TAKE_PTR(l->call));
	loop_timer_stop(l->timer);
	stop_leading(l, NULL);
	/* Read first: a renewal that was under way may have changed the version. */
	if (led && ask(l, "GET", SV_NULL, on_release_read, &err)) {
		report(l, &err);
		led = false;
	}
	loop_timer_set(l->deadline_timer, led ? RELEASE_NS : 0);
}
