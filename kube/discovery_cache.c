/* Fetches discovery documents and keeps the newest snapshot. One fetch at a time: /api, then /apis, then, where the server does not aggregate, one
 * document per version, eight at a time. A version that cannot be read (its APIService is down) is marked and the rest is used; when the
 * server itself does not answer, the fetch fails and the old snapshot stays. What the snapshot means is discovery.c's. */
#include "kube/discovery_cache.h"

#include "common/vec.h"
#include "kube/api_path.h"

/* Misses come in bursts (every object that names a kind which does not exist); the server is asked once a second at most. */
#define FETCH_INTERVAL_NS NS_PER_SEC
#define PARALLEL 8
/* One per object that is being looked at. */
#define MAX_WAITERS 100000u
/* See SNAPSHOT_MAX_BYTES of discovery.c. */
#define DOCUMENT_MAX_BYTES (64u * 1024 * 1024)
#define VERSION_TIMEOUT_NS (INT64_C(10) * NS_PER_SEC)

#define AGGREGATED(version)                                                                        \
	"application/json;g=apidiscovery.k8s.io;v=" version ";as=APIGroupDiscoveryList"
static const char ACCEPT[] = AGGREGATED("v2") "," AGGREGATED("v2beta1") ",application/json";

struct waiter {
	struct mono not_before; /* serves a snapshot whose fetch began at or after this */
	discovery_cache_fn fn;
	void *ctx;
};

struct lane {
	struct discovery_cache *cache;
	struct client_call *call; /* NULL: idle */
	struct sv group, version;
};

struct discovery_cache {
	struct kube_client *client;
	struct loop_timer *timer;
	VEC(struct waiter) waiters;
	struct discovery *snapshot; /* NULL before the first */
	struct mono snapshot_at;    /* when its fetch began */
	/* The fetch under way; builder NULL: none. */
	struct discovery_builder *builder;
	struct mono fetch_at;	  /* when the newest fetch began; ns 0: never */
	struct client_call *root; /* /api or /apis */
	bool root_is_apis;
	struct lane lanes[PARALLEL];
	size_t next_version; /* cursor of discovery_builder_next */
};

static void on_timer(struct loop_timer *t, void *ctx);
static void on_root(const struct client_answer *answer, const struct error *failed, void *ctx);

enum error_kind discovery_cache_new(
	struct kube_client *client, struct discovery_cache **ret, struct error *err)
{
	struct discovery_cache *c = mem_zalloc(sizeof(*c));

	if (!c)
		return error_nomem(err);
	c->client = client;
	for (size_t i = 0; i < PARALLEL; i++)
		c->lanes[i].cache = c;
	c->timer = loop_timer_new(client_loop(client), on_timer, c);
	if (!c->timer) {
		mem_free(c);
		return error_nomem(err);
	}
	*ret = c;
	return ERR_OK;
}

static void end_fetch(struct discovery_cache *c)
{
	client_cancel(TAKE_PTR(c->root));
	for (size_t i = 0; i < PARALLEL; i++)
		client_cancel(TAKE_PTR(c->lanes[i].call));
	discovery_builder_free(TAKE_PTR(c->builder));
}

void discovery_cache_free(struct discovery_cache *c)
{
	if (!c)
		return;
	end_fetch(c);
	loop_timer_free(c->timer);
	discovery_unref(c->snapshot);
	VEC_DONE(&c->waiters);
	mem_free(c);
}

struct discovery *discovery_cache_get(const struct discovery_cache *c)
{
	return c->snapshot;
}

static struct waiter take_waiter(struct discovery_cache *c, size_t at)
{
	struct waiter w = c->waiters.at[at];

	c->waiters.n--;
	memmove(&c->waiters.at[at], &c->waiters.at[at + 1], (c->waiters.n - at) * sizeof(w));
	return w;
}

/* Calls those whom a fetch begun at `began` serves; they may add and forget waiters. */
static void serve(struct discovery_cache *c, struct mono began, const struct error *failed)
{
	size_t n = c->waiters.n; /* those who come while we call are served by the timer */

	for (size_t i = 0, seen = 0; i < c->waiters.n && seen < n; seen++) {
		if (c->waiters.at[i].not_before.ns > began.ns) {
			i++;
			continue;
		}
		struct waiter w = take_waiter(c, i);
		w.fn(c->snapshot, failed, w.ctx);
	}
}

static void fail_fetch(struct discovery_cache *c, const struct error *failed)
{
	struct error err = *failed;

	end_fetch(c);
	serve(c, c->fetch_at, &err);
	loop_timer_set(c->timer, 0);
}

static void finish_fetch(struct discovery_cache *c)
{
	struct discovery *d = discovery_builder_finish(c->builder);
	struct error err;

	if (!d) {
		error_nomem(&err);
		fail_fetch(c, &err);
		return;
	}
	end_fetch(c);
	discovery_unref(c->snapshot);
	c->snapshot = d;
	c->snapshot_at = c->fetch_at;
	loop_timer_set(c->timer, 0);
}

static void ask_versions(struct discovery_cache *c);

/* The server itself is in trouble, not one of the APIs behind it. */
static bool is_server_gone(const struct client_answer *answer, const struct error *failed)
{
	return failed->kind == ERR_NOMEM || (answer->status == 0 && failed->kind == ERR_UNAVAIL);
}

static void on_version(const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct lane *lane = ctx;
	struct discovery_cache *c = lane->cache;
	struct error err;

	lane->call = NULL;
	if (failed && is_server_gone(answer, failed)) {
		fail_fetch(c, failed);
		return;
	}
	if (failed || discovery_builder_add_resources(
			      c->builder, lane->group, lane->version, answer->body, &err)) {
		if (!failed && err.kind == ERR_NOMEM) {
			fail_fetch(c, &err);
			return;
		}
		discovery_builder_set_failed(c->builder, lane->group, lane->version);
	}
	ask_versions(c);
}

static enum error_kind ask_version(struct lane *lane, struct error *err)
{
	AUTO(buf_done) struct buf target = { 0 };
	struct api_path path = { .group = lane->group, .version = lane->version };

	buf_init(&target, 4096);
	api_path_put(&target, &path);
	if (buf_check(&target, "path of an API version", err))
		return err->kind;
	struct client_request q = {
		.target = buf_text(&target),
		.timeout_ns = VERSION_TIMEOUT_NS,
		.max_bytes = DOCUMENT_MAX_BYTES,
		.once = true, /* an APIService that is down does not get better within our patience */
		.done = on_version,
		.ctx = lane,
	};
	return client_start(lane->cache->client, &q, &lane->call, err);
}

static void ask_versions(struct discovery_cache *c)
{
	bool busy = false;
	struct error err;

	for (size_t i = 0; i < PARALLEL; i++) {
		struct lane *lane = &c->lanes[i];
		if (!lane->call &&
			discovery_builder_next(
				c->builder, &c->next_version, &lane->group, &lane->version) &&
			ask_version(lane, &err)) {
			fail_fetch(c, &err);
			return;
		}
		busy = busy || lane->call;
	}
	if (!busy)
		finish_fetch(c);
}

static enum error_kind ask_root(struct discovery_cache *c, bool is_apis, struct error *err)
{
	struct client_request q = {
		.target = is_apis ? "/apis" : "/api",
		.accept = ACCEPT,
		.max_bytes = DOCUMENT_MAX_BYTES,
		.done = on_root,
		.ctx = c,
	};

	c->root_is_apis = is_apis;
	return client_start(c->client, &q, &c->root, err);
}

static void on_root(const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct discovery_cache *c = ctx;
	struct error err;

	c->root = NULL;
	/* A server without a core group, or one that hides it from us, may still have the others. */
	bool absent =
		failed && !c->root_is_apis && (answer->status == 404 || answer->status == 403);
	if (failed && !absent) {
		fail_fetch(c, failed);
		return;
	}
	if ((!absent && discovery_builder_add_groups(c->builder, answer->body, &err)) ||
		(!c->root_is_apis && ask_root(c, true, &err))) {
		fail_fetch(c, &err);
		return;
	}
	if (!c->root) {
		c->next_version = 0;
		ask_versions(c);
	}
}

static void begin_fetch(struct discovery_cache *c, struct mono now)
{
	struct error err;

	c->fetch_at = now;
	if (discovery_builder_new(&c->builder, &err) || ask_root(c, false, &err))
		fail_fetch(c, &err);
}

/* Some who came while others were served need no fetch either. */
static bool can_serve_more(const struct discovery_cache *c)
{
	for (size_t i = 0; c->snapshot && i < c->waiters.n; i++)
		if (c->waiters.at[i].not_before.ns <= c->snapshot_at.ns)
			return true;
	return false;
}

/* Serves whom it can, begins a fetch for the others. */
static void on_timer(struct loop_timer *t, void *ctx)
{
	struct discovery_cache *c = ctx;
	struct mono now = instant_mono_now();

	if (c->snapshot)
		serve(c, c->snapshot_at, NULL);
	if (c->builder || c->waiters.n == 0)
		return;
	if (can_serve_more(c)) {
		loop_timer_set(t, 0);
		return;
	}
	int64_t wait = c->fetch_at.ns == 0 ? 0 : c->fetch_at.ns + FETCH_INTERVAL_NS - now.ns;
	if (wait > 0)
		loop_timer_set(t, wait);
	else
		begin_fetch(c, now);
}

enum error_kind discovery_cache_refresh(struct discovery_cache *c, int64_t max_age_ns,
	discovery_cache_fn fn, void *ctx, struct error *err)
{
	struct waiter *w = VEC_PUSH(&c->waiters, MAX_WAITERS);

	if (!w)
		return c->waiters.n >= MAX_WAITERS
			       ? error_set(err, ERR_LIMIT, "more than %u waiters for discovery",
					 MAX_WAITERS)
			       : error_nomem(err);
	*w = (struct waiter){ { instant_mono_now().ns - max_age_ns }, fn, ctx };
	if (!c->builder)
		loop_timer_set(c->timer, 0);
	return ERR_OK;
}

void discovery_cache_forget(struct discovery_cache *c, void *ctx)
{
	for (size_t i = c->waiters.n; i > 0; i--)
		if (c->waiters.at[i - 1].ctx == ctx)
			(void)take_waiter(c, i - 1);
}
