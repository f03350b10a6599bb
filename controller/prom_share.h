#pragma once
/* Questions of Prometheus metrics, for all objects: identical ones in flight are one request, and an answer serves who asks the same within
 * `fresh_ns`. One client a server, with its credentials; a server is asked so many questions at a time, further ones wait. */
#include <stdint.h>

#include "common/error.h"
#include "common/http_client.h"
#include "common/selfmetrics.h"
#include "controller/readings.h"
#include "promql/server_config.h"

struct kubeconfig_client;

/* Of a server that does not say: Prometheus itself evaluates twenty at a time. */
#define PROM_SHARE_CONCURRENCY 10u

struct prom_share;
struct prom_share_waiter;

struct prom_share_config {
	struct http_client *http; /* this and the next two are borrowed for good */
	const struct kubeconfig_client
		*cluster;	/* for services behind the API server; NULL: there are none */
	const char *user_agent; /* may be NULL */
	const struct server_config *servers; /* read and copied now, their files too */
	size_t n_servers;
	int64_t timeout_ns; /* of a query where the server's definition has none */
	int64_t fresh_ns;
	/* Gets flyball_controller_prometheus_questions_total, _requests_total, _answer_bytes_total and _request_duration_seconds by server;
	 * NULL: nobody does. */
	struct selfmetrics *metrics;
};

/* errors: INVALID (a file of a definition, with the server's name), LIMIT, NOMEM */
MUST_USE enum error_kind prom_share_new(
	const struct prom_share_config *config, struct prom_share **ret, struct error *err);
/* From now on these servers, read as by prom_share_new; what was asked already is answered by those of before. *ret_changed: they, or one of their files,
 * differ from before. errors: as above; then nothing has changed */
MUST_USE enum error_kind prom_share_use(struct prom_share *m, const struct server_config *servers,
	size_t n, bool *ret_changed, struct error *err);
/* Waiters are gone by then. */
void prom_share_free(struct prom_share *m);
DEFINE_AUTO(struct prom_share *, prom_share_free)

/* What readings_prometheus takes; borrowed for the time of the call. */
struct prom_share_answer {
	const struct readings_answer *answer, *alive; /* alive NULL: there is no second query */
};
typedef void (*prom_share_fn)(const struct prom_share_answer *answer, void *ctx);

/* ask_question's server, query and alive_query; texts are copied. *ret_waiter NULL: both are answered already, *ret_answer is it, borrowed until
 * the next call of a function of this file; else fn is called once, from the loop.
 * errors: NOTFOUND (no such server), LIMIT, NOMEM */
MUST_USE enum error_kind prom_share_ask(struct prom_share *m, struct sv server, struct sv query,
	struct sv alive_query, prom_share_fn fn, void *ctx, struct prom_share_answer *ret_answer,
	struct prom_share_waiter **ret_waiter, struct error *err);
/* fn is not called any more; a request that nobody waits for is given up. NULL is allowed. */
void prom_share_cancel(struct prom_share_waiter *waiter);

/* The load that a server has of us. */
struct prom_share_stats {
	struct sv server;
	uint64_t n_questions; /* of objects */
	uint64_t n_requests;  /* that were sent for them */
	uint64_t n_failed;    /* requests without an answer, or with another status than 2xx */
	uint64_t n_bytes;     /* of answers */
	size_t n_in_flight, n_waiting;
};
size_t prom_share_n_servers(const struct prom_share *m);
struct prom_share_stats prom_share_stats(const struct prom_share *m, size_t i);
