#pragma once
/* Pure: a metric of type Prometheus -> the queries that go out, each selector narrowed to the object's namespace, or the reason why none
 * does. Rewriting is done on the tree of the query, never on its text. */
#include "common/arena.h"
#include "common/error.h"
#include "common/sv.h"
#include "controller/hpa.h"

struct ask_question;
struct server_config;

/* The servers that the controller is configured with. */
struct ask_prometheus_servers {
	const struct server_config *at; /* decoded with SERVER_CONFIG_TENANTS */
	size_t n;
	bool unknown; /* nothing is sent (replays): the question is asked whatever the servers are */
};

/* in : metric->server empty: SERVER_CONFIG_DEFAULT if one is defined by that name, else the only server that there is
 * out: q->state REQUEST and q->target, which names the metric and its query as written; then either q->server, q->query and q->alive_query,
 *      or q->refusal: the server does not exist, does not serve this namespace, or cannot be asked without reading another namespace.
 *      q->state INVALID: the queries themselves are wrong (syntax, types, a missing aliveQuery).
 * errors: NOMEM, LIMIT */
MUST_USE enum error_kind ask_prometheus(struct arena *a,
	const struct ask_prometheus_servers *servers, struct sv ns,
	const struct hpa_prometheus *metric, struct ask_question *q, struct error *err);
