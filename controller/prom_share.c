/* Shared questions to Prometheus servers. An entry is one question: queued, in flight, or answered. It lives while somebody waits for it or
 * its answer is fresh. A waiter waits for one or two entries and hears of them when both are answered. Servers can be exchanged at any time: questions that are
 * under way keep those they were put to. */
#include "controller/prom_share.h"

#include <inttypes.h>

#include "common/fnv.h"
#include "common/limits.h"
#include "common/map.h"
#include "kube/kube_endpoint.h"
#include "promql/server_connect.h"

/* Different questions at a time; each object has a few metrics. */
#define MAX_ENTRIES 100000u
/* Answers that are kept for others; larger ones are forgotten once they are delivered. */
#define MAX_KEPT_BYTES (32u << 20)
#define SERVER_ARENA_BYTES (4u << 20)

struct entry;

/* A waiter's place in an entry's list. */
struct place {
	struct place *next, **prev; /* prev NULL: in no list */
	struct prom_share_waiter *waiter;
	struct entry *entry; /* NULL: none is waited for here */
};

struct prom_share_waiter {
	struct place places[2]; /* query, alive */
	unsigned n_open;	/* not answered yet */
	prom_share_fn fn;
	void *ctx;
};

struct server {
	struct servers *among;
	struct prom_client *client;
	uint64_t serial; /* no two servers ever have the same */
	struct sv name;
	int64_t timeout_ns;
	unsigned concurrency;
	struct entry *queue, **queue_end; /* waiting for a turn */
	struct prom_share_stats stats;
};

/* Those of one configuration. */
struct servers {
	size_t n_refs;	    /* of the share, and of entries */
	struct arena arena; /* names, and the array */
	uint64_t fingerprint;
	struct server *at;
	size_t n;
};

enum entry_state { ENTRY_QUEUED, ENTRY_IN_FLIGHT, ENTRY_ANSWERED };

struct entry {
	struct prom_share *share;
	struct server *server;
	struct sv key; /* server's serial number and query */
	struct sv query;
	enum entry_state state;
	struct prom_client_call *call;
	struct entry *next; /* in the server's queue, or among the answered ones */
	struct place *waiting;
	unsigned n_held; /* waiters that still need it */
	struct mono sent, answered;
	struct readings_answer answer;
	struct buf body; /* or the reason of a failure */
};

struct prom_share {
	struct prom_share_config config;
	struct selfmetrics *metrics; /* NULL: none */
	int64_t fresh_ns;
	uint64_t n_ever; /* servers */
	struct servers *servers;
	struct map entries;
	struct entry *answered, **answered_end; /* oldest first */
	size_t n_kept_bytes;
};

static const double DURATIONS[] = { 0.005, 0.02, 0.1, 0.5, 2, 10 };

#define METRIC "flyball_controller_prometheus_"

static enum error_kind declare(struct selfmetrics *m, struct error *err)
{
	static const char *const by_server[] = { "server", NULL };
	static const char *const by_result[] = { "server", "result", NULL };

	if (!m)
		return ERR_OK;
	if (selfmetrics_declare(m, SELFMETRICS_COUNTER, METRIC "questions_total",
		    "Queries that objects wanted answered.", by_server, NULL, 0, err) ||
		selfmetrics_declare(m, SELFMETRICS_COUNTER, METRIC "requests_total",
			"Requests that were sent for them.", by_result, NULL, 0, err) ||
		selfmetrics_declare(m, SELFMETRICS_COUNTER, METRIC "answer_bytes_total",
			"Bytes of the answers.", by_server, NULL, 0, err))
		return err->kind;
	return selfmetrics_declare(m, SELFMETRICS_HISTOGRAM, METRIC "request_duration_seconds",
		"Until an answer was complete.", by_server, DURATIONS, ARRAY_LEN(DURATIONS), err);
}

static void count(const struct prom_share *m, const struct server *s, const char *name, double n)
{
	const char *const labels[] = { s->name.ptr, NULL };

	if (m->metrics)
		selfmetrics_add(m->metrics, name, labels, n);
}

static void count_request(const struct entry *e, bool failed, size_t n_bytes)
{
	const char *const labels[] = { e->server->name.ptr, failed ? "error" : "success", NULL };
	const char *const server[] = { e->server->name.ptr, NULL };
	int64_t took_ns = instant_mono_now().ns - e->sent.ns;

	if (!e->share->metrics)
		return;
	selfmetrics_add(e->share->metrics, METRIC "requests_total", labels, 1);
	selfmetrics_add(e->share->metrics, METRIC "answer_bytes_total", server, (double)n_bytes);
	selfmetrics_observe(e->share->metrics, METRIC "request_duration_seconds", server,
		(double)took_ns / (double)NS_PER_SEC);
}

static void servers_drop(struct servers *s)
{
	if (!s || --s->n_refs > 0)
		return;
	for (size_t i = 0; i < s->n; i++)
		prom_client_free(s->at[i].client);
	arena_done(&s->arena);
	mem_free(s);
}
DEFINE_AUTO(struct servers *, servers_drop)

static void entry_free(void *value)
{
	struct entry *e = value;

	prom_client_cancel(e->call);
	servers_drop(e->server->among);
	buf_done(&e->body);
	mem_free(e);
}

/* Behind the API server's proxy. */
static enum error_kind connect_service(const struct prom_share *m, struct arena *a,
	const char *service, struct http_endpoint_config *e, struct error *err)
{
	const char *path;

	if (!m->config.cluster)
		return error_set(err, ERR_INVALID, "%s: there is no API server", service);
	if (kube_endpoint_service_path(a, service, &path, err))
		return err->kind;
	return kube_endpoint_at(a, m->config.cluster, path, e, err);
}

static enum error_kind add_server(const struct prom_share *m, struct servers *to,
	const struct server_config *from, struct error *err)
{
	struct server *s = &to->at[to->n];
	AUTO(arena_done) struct arena files = { 0 };
	struct prom_client_config client;

	arena_init(&files, SERVER_ARENA_BYTES);
	*s = (struct server){ .among = to,
		.queue_end = &s->queue,
		.serial = m->n_ever + to->n,
		.timeout_ns = from->timeout_ns ? from->timeout_ns : m->config.timeout_ns,
		.concurrency =
			from->max_concurrency ? from->max_concurrency : PROM_SHARE_CONCURRENCY };
	s->name = s->stats.server = arena_sv(&to->arena, from->name);
	if (!s->name.ptr)
		return arena_error(&to->arena, err);
	if (server_connect_load(&files, from, m->config.user_agent, &client, err))
		return err->kind;
	if (from->service && connect_service(m, &files, from->service, &client.endpoint, err))
		return err->kind;
	if (prom_client_new(m->config.http, &client, &s->client, err))
		return err->kind;
	to->fingerprint = fnv_number(to->fingerprint, server_connect_fingerprint(&client));
	for (size_t i = 0; i < from->name.len; i++)
		to->fingerprint = fnv_number(to->fingerprint, (unsigned char)from->name.ptr[i]);
	to->fingerprint = fnv_number(to->fingerprint, s->concurrency);
	to->n++;
	return ERR_OK;
}

enum error_kind prom_share_use(struct prom_share *m, const struct server_config *servers, size_t n,
	bool *ret_changed, struct error *err)
{
	AUTO(servers_drop) struct servers *fresh = mem_zalloc(sizeof(*fresh));

	if (!fresh)
		return error_nomem(err);
	fresh->n_refs = 1;
	arena_init(&fresh->arena, SERVER_ARENA_BYTES);
	fresh->at = ARENA_ARRAY(&fresh->arena, n + 1, struct server);
	if (!fresh->at)
		return arena_error(&fresh->arena, err);
	for (size_t i = 0; i < n; i++)
		if (add_server(m, fresh, &servers[i], err))
			return error_wrap(err, "Prometheus server %.*s", SV_ARG(servers[i].name));
	*ret_changed = !m->servers || fresh->n != m->servers->n ||
		       fresh->fingerprint != m->servers->fingerprint;
	if (!*ret_changed)
		return ERR_OK;
	m->n_ever += n;
	servers_drop(m->servers);
	m->servers = TAKE_PTR(fresh);
	return ERR_OK;
}

enum error_kind prom_share_new(
	const struct prom_share_config *config, struct prom_share **ret, struct error *err)
{
	AUTO(prom_share_free) struct prom_share *m = mem_zalloc(sizeof(*m));
	bool changed;

	if (!m)
		return error_nomem(err);
	map_init(&m->entries, MAX_ENTRIES);
	m->config = *config;
	m->fresh_ns = config->fresh_ns;
	m->metrics = config->metrics;
	m->answered_end = &m->answered;
	if (declare(m->metrics, err) ||
		prom_share_use(m, config->servers, config->n_servers, &changed, err))
		return err->kind;
	*ret = TAKE_PTR(m);
	return ERR_OK;
}

void prom_share_free(struct prom_share *m)
{
	if (!m)
		return;
	map_done(&m->entries, entry_free);
	servers_drop(m->servers);
	mem_free(m);
}

static void unlist(struct place *p)
{
	if (!p->prev)
		return;
	*p->prev = p->next;
	if (p->next)
		p->next->prev = p->prev;
	p->prev = NULL;
}

static void enlist(struct place *p, struct entry *e)
{
	p->next = e->waiting;
	p->prev = &e->waiting;
	if (p->next)
		p->next->prev = &p->next;
	e->waiting = p;
}

/* Out of the map, and gone. */
static void forget(struct entry *e)
{
	e->share->n_kept_bytes -= e->state == ENTRY_ANSWERED ? e->body.len : 0;
	(void)map_take(&e->share->entries, e->key);
	entry_free(e);
}

/* Answers that nobody needs and that are stale, or too much to keep. */
static void drop_old(struct prom_share *m)
{
	struct mono now = instant_mono_now();

	for (struct entry **at = &m->answered, *e; (e = *at);) {
		bool fresh =
			now.ns - e->answered.ns < m->fresh_ns && m->n_kept_bytes <= MAX_KEPT_BYTES;

		if (e->n_held > 0 || fresh) {
			at = &e->next;
			continue;
		}
		*at = e->next;
		if (m->answered_end == &e->next)
			m->answered_end = at;
		forget(e);
	}
}

static void take_from_queue(struct entry *e)
{
	struct server *s = e->server;

	for (struct entry **at = &s->queue; *at; at = &(*at)->next) {
		if (*at != e)
			continue;
		*at = e->next;
		if (s->queue_end == &e->next)
			s->queue_end = at;
		s->stats.n_waiting--;
		return;
	}
}

static void start_next(struct server *s);

/* A waiter needs the entry no more. */
static void release(struct entry *e)
{
	struct server *s = e->server;

	if (--e->n_held > 0 || e->state == ENTRY_ANSWERED)
		return;
	if (e->state == ENTRY_QUEUED)
		take_from_queue(e);
	else
		s->stats.n_in_flight--;
	s->among->n_refs++;
	forget(e);
	start_next(s);
	servers_drop(s->among);
}

void prom_share_cancel(struct prom_share_waiter *waiter)
{
	if (!waiter)
		return;
	for (size_t i = 0; i < ARRAY_LEN(waiter->places); i++) {
		unlist(&waiter->places[i]);
		if (waiter->places[i].entry)
			release(waiter->places[i].entry);
	}
	mem_free(waiter);
}

static struct prom_share_answer answer_of(const struct entry *query, const struct entry *alive)
{
	return (struct prom_share_answer){ &query->answer, alive ? &alive->answer : NULL };
}

/* All its entries are answered. They stay while fn reads them; the waiter is the caller's no more. */
static void deliver(struct prom_share_waiter *w)
{
	struct entry *query = w->places[0].entry, *alive = w->places[1].entry;
	struct prom_share_answer answer = answer_of(query, alive);

	w->fn(&answer, w->ctx);
	release(query);
	if (alive)
		release(alive);
	mem_free(w);
}

static void settle(struct entry *e)
{
	struct prom_share *m = e->share;
	struct place *p;

	e->state = ENTRY_ANSWERED;
	e->answered = instant_mono_now();
	e->next = NULL;
	*m->answered_end = e;
	m->answered_end = &e->next;
	m->n_kept_bytes += e->body.len;
	/* Whoever asks meanwhile gets the answer at once. */
	e->n_held++;
	while ((p = e->waiting)) {
		unlist(p);
		if (--p->waiter->n_open == 0)
			deliver(p->waiter);
	}
	e->n_held--;
}

static void fail(struct entry *e, const char *why)
{
	e->server->stats.n_failed++;
	buf_clear(&e->body);
	buf_put_str(&e->body, why);
	e->answer = (struct readings_answer){ .failed = true,
		.error = e->body.failed ? SV("out of memory") : buf_sv(&e->body) };
}

static void on_answer(int status, struct sv body, const struct error *failed, void *ctx)
{
	struct entry *e = ctx;
	struct server *s = e->server;
	struct prom_share *m = e->share;

	e->call = NULL;
	s->stats.n_in_flight--;
	if (failed) {
		fail(e, failed->text);
	} else {
		s->stats.n_bytes += body.len;
		buf_put_sv(&e->body, body);
		if (e->body.failed)
			fail(e, "out of memory");
		else
			e->answer = (struct readings_answer){ .http_status = status,
				.body = buf_sv(&e->body) };
		s->stats.n_failed += !failed && (status < 200 || status > 299);
	}
	count_request(e, failed || status < 200 || status > 299, failed ? 0 : body.len);
	settle(e);
	start_next(s);
	drop_old(m);
}

static enum error_kind start(struct entry *e, struct error *err)
{
	const struct prom_client_query query = {
		.query = e->query, .timeout_ns = e->server->timeout_ns, .send_timeout = true
	};

	if (prom_client_query(e->server->client, &query, on_answer, e, &e->call, err))
		return err->kind;
	e->state = ENTRY_IN_FLIGHT;
	e->sent = instant_mono_now();
	e->server->stats.n_requests++;
	e->server->stats.n_in_flight++;
	return ERR_OK;
}

static void start_next(struct server *s)
{
	struct error err;
	struct entry *e;

	while ((e = s->queue) && s->stats.n_in_flight < s->concurrency) {
		take_from_queue(e);
		if (start(e, &err)) {
			fail(e, err.text);
			settle(e);
		}
	}
}

static struct server *find_server(struct prom_share *m, struct sv name)
{
	for (size_t i = 0; i < m->servers->n; i++)
		if (sv_eq(m->servers->at[i].name, name))
			return &m->servers->at[i];
	return NULL;
}

/* Sends it, or lets it wait for its turn. */
static enum error_kind begin(struct entry *e, struct error *err)
{
	struct server *s = e->server;

	if (s->stats.n_in_flight < s->concurrency)
		return start(e, err);
	e->next = NULL;
	*s->queue_end = e;
	s->queue_end = &e->next;
	s->stats.n_waiting++;
	return ERR_OK;
}

/* The entry of a question, a new one if there is none. It is held. */
static enum error_kind obtain(struct prom_share *m, struct server *s, struct sv query,
	struct entry **ret, struct error *err)
{
	AUTO(buf_done) struct buf key = { 0 };
	struct entry *e;

	buf_init(&key, query.len + 100);
	buf_printf(&key, "%" PRIu64 " ", s->serial);
	size_t prefix = key.len;

	buf_put_sv(&key, query);
	if (buf_check(&key, "a query", err))
		return err->kind;
	e = map_get(&m->entries, buf_sv(&key));
	s->stats.n_questions++;
	count(m, s, METRIC "questions_total", 1);
	if (e) {
		e->n_held++;
		*ret = e;
		return ERR_OK;
	}
	e = mem_zalloc(sizeof(*e) + key.len);
	if (!e)
		return error_nomem(err);
	memcpy(e + 1, key.data, key.len);
	e->share = m;
	e->server = s;
	s->among->n_refs++;
	e->n_held = 1;
	e->key = sv_from((const char *)(e + 1), key.len);
	e->query = sv_skip(e->key, prefix);
	buf_init(&e->body, LIMIT_PROMETHEUS_ANSWER_BYTES);
	if (map_set(&m->entries, e->key, e, NULL, err)) {
		entry_free(e);
		return err->kind;
	}
	if (begin(e, err)) {
		forget(e);
		return err->kind;
	}
	*ret = e;
	return ERR_OK;
}

static struct prom_share_waiter *wait_for(
	struct entry *query, struct entry *alive, prom_share_fn fn, void *ctx)
{
	struct prom_share_waiter *w = mem_zalloc(sizeof(*w));
	struct entry *entries[] = { query, alive };

	for (size_t i = 0; w && i < ARRAY_LEN(entries); i++) {
		w->places[i].waiter = w;
		w->places[i].entry = entries[i];
		if (!entries[i] || entries[i]->state == ENTRY_ANSWERED)
			continue;
		enlist(&w->places[i], entries[i]);
		w->n_open++;
	}
	if (w) {
		w->fn = fn;
		w->ctx = ctx;
	}
	return w;
}

enum error_kind prom_share_ask(struct prom_share *m, struct sv server, struct sv query,
	struct sv alive_query, prom_share_fn fn, void *ctx, struct prom_share_answer *ret_answer,
	struct prom_share_waiter **ret_waiter, struct error *err)
{
	struct server *s = find_server(m, server);
	struct entry *first, *second = NULL;

	if (!s)
		return error_set(err, ERR_NOTFOUND, "no Prometheus server \"%.*s\" is configured",
			SV_ARG(server));
	drop_old(m);
	if (obtain(m, s, query, &first, err))
		return err->kind;
	if (alive_query.len && obtain(m, s, alive_query, &second, err)) {
		release(first);
		return err->kind;
	}
	*ret_waiter = NULL;
	*ret_answer = answer_of(first, second);
	if (first->state == ENTRY_ANSWERED && (!second || second->state == ENTRY_ANSWERED)) {
		release(first);
		if (second)
			release(second);
		return ERR_OK;
	}
	*ret_waiter = wait_for(first, second, fn, ctx);
	if (*ret_waiter)
		return ERR_OK;
	release(first);
	if (second)
		release(second);
	return error_nomem(err);
}

size_t prom_share_n_servers(const struct prom_share *m)
{
	return m->servers->n;
}

struct prom_share_stats prom_share_stats(const struct prom_share *m, size_t i)
{
	return m->servers->at[i].stats;
}
