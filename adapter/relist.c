/* The discovery loops: one for rules, one for externalRules. Each asks all its selectors at once, waits for the last answer, makes a new catalog, and
 * sleeps. A selector that fails keeps what it had; the others go on (unless strict). */
#include "adapter/relist.h"

#include "adapter/crashes.h"
#include "common/instant.h"
#include "common/map.h"
#include "common/vec.h"

/* A failed listing is tried again this soon, if the interval is not even shorter. */
#define RELIST_RETRY_NS (15 * NS_PER_SEC)
/* One listing of every series of a big cluster: Prometheus needs tens of seconds for it. */
#define RELIST_TIMEOUT_NS (120 * NS_PER_SEC)
#define RELIST_SELECTORS_MAX 10000u

struct selector_listing {
	struct relist_loop *loop;
	char *text; /* of the selector; behind it the server's name */
	size_t text_len;
	struct sv server;
	struct series *kept, *incoming;
	struct prom_client_call *call;
	bool failed;
	int ticket, before; /* of the work note; what had the processor before a piece */
};

struct relist_loop {
	struct relist *relist;
	bool external;
	VEC(struct selector_listing *) selectors;
	size_t n_waiting;
	struct loop_timer *timer;
	struct mono started;
	struct upstreams *asked; /* whom this round asks; NULL between rounds */
};

struct relist {
	struct relist_config config;
	struct generation *generation;
	struct upstreams *upstreams;
	struct relist_loop loops[2];
	struct catalog_count *counts;
	int rule_ticket; /* of the work note, while a catalog is made */
};

#define KEY_MAX (64u * 1024)

static void free_listing(struct selector_listing *s)
{
	if (!s)
		return;
	prom_client_cancel(s->call);
	work_note_leave(s->loop->relist->config.work, s->ticket);
	series_free(s->kept);
	series_free(s->incoming);
	mem_free(s->text);
	mem_free(s);
}

static void clear_loop(struct relist_loop *l)
{
	VEC_FOREACH (s, &l->selectors)
		free_listing(*s);
	VEC_DONE(&l->selectors);
	l->n_waiting = 0;
	upstreams_unref(l->asked);
	l->asked = NULL;
}

static void on_timer(struct loop_timer *t, void *ctx);

enum error_kind relist_new(
	const struct relist_config *config, struct relist **ret, struct error *err)
{
	AUTO(relist_free) struct relist *r = mem_zalloc(sizeof(*r));
	if (!r)
		return error_nomem(err);
	r->config = *config;
	r->rule_ticket = WORK_NOTE_NONE;
	for (size_t i = 0; i < ARRAY_LEN(r->loops); i++) {
		struct relist_loop *l = &r->loops[i];
		l->relist = r;
		l->external = i == 1;
		l->timer = loop_timer_new(config->loop, on_timer, l);
		if (!l->timer)
			return error_nomem(err);
	}
	*ret = TAKE_PTR(r);
	return ERR_OK;
}

void relist_free(struct relist *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < ARRAY_LEN(r->loops); i++) {
		clear_loop(&r->loops[i]);
		loop_timer_free(r->loops[i].timer);
	}
	generation_unref(r->generation);
	upstreams_unref(r->upstreams);
	mem_free(r->counts);
	mem_free(r);
}

static struct selector_listing *find(const struct relist_loop *l, const struct rules_rule *rule)
{
	VEC_FOREACH (s, &l->selectors)
		if (sv_eq(sv_from((*s)->text, (*s)->text_len), rule->series_query) &&
			sv_eq((*s)->server, rule->server))
			return *s;
	return NULL;
}

static void report(const struct relist *r, const char *what, const struct error *why)
{
	if (r->config.on_error)
		r->config.on_error(what, why, r->config.ctx);
}

/* The work on one rule of a catalog ends. */
static void leave_rule(struct relist *r)
{
	work_note_leave(r->config.work, r->rule_ticket);
	r->rule_ticket = WORK_NOTE_NONE;
}

/* Begins the work on one rule; a rule in quarantine is passed over. */
static bool enter_rule(struct relist *r, const struct rules_rule *rule)
{
	struct error err = { 0 };
	struct buf key;
	buf_init(&key, KEY_MAX);
	buf_printf(&key, "%s[%zu] ", rule->external ? "externalRules" : "rules", rule->index);
	buf_put_sv(&key, rule->series_query);
	enum error_kind kind = crashes_enter(r->config.work, buf_sv(&key), &r->rule_ticket, &err);
	buf_done(&key);
	if (kind) {
		report(r, "a rule is passed over", &err);
		return false;
	}
	work_note_run(r->config.work, r->rule_ticket);
	return true;
}

/* Called for one rule after the other, each time just before its series are looked at. */
static const struct series *listing_of(const struct rules_rule *rule, void *ctx)
{
	struct relist *r = ctx;
	const struct selector_listing *s = find(&r->loops[rule->external], rule);
	leave_rule(r);
	return s && s->kept && enter_rule(r, rule) ? s->kept : NULL;
}

static void publish(struct relist *r)
{
	struct catalog *c = NULL;
	struct error err = { 0 };
	int before = work_note_run(r->config.work, WORK_NOTE_OTHER);
	enum error_kind kind = catalog_new(r->generation, listing_of, r, r->counts, &c, &err);
	leave_rule(r);
	work_note_run(r->config.work, before);
	if (kind) {
		report(r, "unable to update list of all metrics", &err);
		return;
	}
	r->config.on_catalog(c, r->config.ctx);
	catalog_unref(c);
}

/* Takes over what came in. Returns whether everything was good. */
static bool take_over(struct relist_loop *l, uint64_t *ret_entries)
{
	bool all_good = true;
	VEC_FOREACH (s, &l->selectors)
		all_good = all_good && !(*s)->failed;
	VEC_FOREACH (s, &l->selectors) {
		struct selector_listing *one = *s;
		bool usable =
			one->incoming && !one->failed && (all_good || !l->relist->config.strict);
		if (usable) {
			*ret_entries += series_n_entries(one->incoming);
			series_free(one->kept);
			one->kept = TAKE_PTR(one->incoming);
		}
		series_free(one->incoming);
		one->incoming = NULL;
	}
	return all_good;
}

static void finish_loop(struct relist_loop *l)
{
	struct relist *r = l->relist;
	uint64_t n_entries = 0;
	bool all_good = take_over(l, &n_entries);
	if (all_good || !r->config.strict)
		publish(r);
	int64_t wait_ns = r->config.interval_ns;
	if (!all_good && !r->config.strict && wait_ns > RELIST_RETRY_NS)
		wait_ns = RELIST_RETRY_NS;
	if (r->config.on_listed)
		r->config.on_listed(l->external, all_good, n_entries, r->config.ctx);
	loop_timer_set(l->timer, wait_ns);
	upstreams_unref(l->asked);
	l->asked = NULL;
}

static void fail(struct selector_listing *s, const struct error *why)
{
	struct error err = *why;
	s->failed = true;
	error_wrap(&err, "unable to fetch metrics for query \"%s\"", s->text);
	report(s->loop->relist, "unable to update list of all metrics", &err);
}

static void on_series(const struct error *failed, void *ctx)
{
	struct selector_listing *s = ctx;
	const struct relist_config *config = &s->loop->relist->config;
	s->call = NULL;
	work_note_leave(config->work, s->ticket);
	s->ticket = WORK_NOTE_NONE;
	if (config->on_answered)
		config->on_answered(
			prom_client_url(upstreams_find(s->loop->asked, s->server)->lister),
			loop_now(config->loop).ns - s->loop->started.ns, config->ctx);
	if (failed)
		fail(s, failed);
	if (--s->loop->n_waiting == 0)
		finish_loop(s->loop);
}

/* A crash while a piece is read is this listing's doing and no other's. */
static void on_busy(bool begins, void *ctx)
{
	struct selector_listing *s = ctx;
	struct work_note *work = s->loop->relist->config.work;
	if (begins)
		s->before = work_note_run(work, s->ticket);
	else
		work_note_run(work, s->before);
}

static enum error_kind enter_listing(struct selector_listing *s, struct error *err)
{
	struct work_note *work = s->loop->relist->config.work;
	struct buf key;
	work_note_leave(work, s->ticket);
	s->ticket = WORK_NOTE_NONE;
	buf_init(&key, KEY_MAX);
	buf_printf(&key, "listing %s", s->text);
	if (s->server.len)
		buf_printf(&key, " of server %.*s", SV_ARG(s->server));
	enum error_kind kind = crashes_enter(work, buf_sv(&key), &s->ticket, err);
	buf_done(&key);
	return kind;
}

static enum error_kind ask(struct selector_listing *s, int64_t start_ms, struct error *err)
{
	s->failed = false;
	series_free(s->incoming);
	s->incoming = NULL;
	if (enter_listing(s, err) || series_new(&s->incoming, err))
		return err->kind;
	series_set_busy(s->incoming, on_busy, s);
	struct prom_client_series q = {
		.match = sv_from(s->text, s->text_len),
		.has_start = true,
		.start_ms = start_ms,
		.timeout_ns = RELIST_TIMEOUT_NS,
	};
	return prom_client_series(upstreams_find(s->loop->asked, s->server)->lister, &q,
		s->incoming, on_series, s, &s->call, err);
}

static void on_timer(struct loop_timer *t, void *ctx)
{
	(void)t;
	struct relist_loop *l = ctx;
	const struct relist_config *config = &l->relist->config;
	struct wall now = instant_wall_now();
	int64_t start_ms =
		now.sec * 1000 + now.nsec / (int32_t)NS_PER_MS - config->max_age_ns / NS_PER_MS;
	l->started = loop_now(config->loop);
	l->asked = upstreams_ref(l->relist->upstreams);
	l->n_waiting = l->selectors.n;
	size_t n_failed = 0;
	VEC_FOREACH (s, &l->selectors) {
		struct error err = { 0 };
		if (ask(*s, start_ms, &err)) {
			fail(*s, &err);
			n_failed++;
		}
	}
	l->n_waiting -= n_failed;
	if (l->n_waiting == 0)
		finish_loop(l);
}

static struct selector_listing *new_listing(struct relist_loop *l, const struct rules_rule *rule)
{
	struct sv text = rule->series_query;
	struct selector_listing *s = mem_zalloc(sizeof(*s));
	struct selector_listing **slot = s ? VEC_PUSH(&l->selectors, RELIST_SELECTORS_MAX) : NULL;
	if (!slot) {
		mem_free(s);
		return NULL;
	}
	*slot = s;
	s->loop = l;
	s->ticket = WORK_NOTE_NONE;
	s->text = mem_zalloc(text.len + 1 + rule->server.len + 1);
	if (!s->text)
		return NULL;
	if (text.len)
		memcpy(s->text, text.ptr, text.len);
	s->text_len = text.len;
	if (rule->server.len)
		memcpy(s->text + text.len + 1, rule->server.ptr, rule->server.len);
	s->server = sv_from(s->text + text.len + 1, rule->server.len);
	return s;
}

/* Listings for the rules' distinct selectors; what the old ones kept moves along. */
static enum error_kind set_selectors(
	struct relist_loop *l, const struct naming *rules, size_t n, struct error *err)
{
	struct relist_loop old = *l;
	memset(&l->selectors, 0, sizeof(l->selectors));
	l->n_waiting = 0;
	l->asked = NULL;
	loop_timer_stop(l->timer);
	enum error_kind kind = ERR_OK;
	for (size_t i = 0; kind == ERR_OK && i < n; i++) {
		const struct rules_rule *rule = rules[i].rule;
		if (find(l, rule))
			continue;
		struct selector_listing *made = new_listing(l, rule);
		struct selector_listing *before = find(&old, rule);
		if (!made)
			kind = error_nomem(err);
		else if (before)
			made->kept = TAKE_PTR(before->kept);
	}
	clear_loop(&old);
	if (n > 0)
		loop_timer_set(l->timer, 0);
	return kind;
}

void relist_set_upstreams(struct relist *r, struct upstreams *u)
{
	upstreams_ref(u);
	upstreams_unref(r->upstreams);
	r->upstreams = u;
}

enum error_kind relist_set_generation(
	struct relist *r, struct generation *g, struct upstreams *u, struct error *err)
{
	struct catalog_count *counts = mem_calloc(g->n_custom + g->n_external + 1, sizeof(*counts));
	if (!counts)
		return error_nomem(err);
	mem_free(r->counts);
	r->counts = counts;
	generation_unref(r->generation);
	r->generation = generation_ref(g);
	relist_set_upstreams(r, u);
	if (set_selectors(&r->loops[0], g->custom, g->n_custom, err) ||
		set_selectors(&r->loops[1], g->external, g->n_external, err))
		return err->kind;
	publish(r);
	return ERR_OK;
}

const struct generation *relist_generation(const struct relist *r)
{
	return r->generation;
}

const struct catalog_count *relist_counts(const struct relist *r)
{
	return r->counts;
}
