#pragma once
/* Questions to a Prometheus-compatible server over HTTP: the only traffic of this folder. Parameters are sorted by name and form
 * encoded as Go's url.Values does; times are seconds with up to three decimals. Credentials go to the configured host and nowhere
 * else: a redirect is an answer (and a failure), it is never followed. */
#include <stdint.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/http_client.h"
#include "promql/series.h"

struct prom_client;	 /* one server and credential set */
struct prom_client_call; /* a question in flight */

struct prom_client_param {
	struct sv name, value;
};

struct prom_client_config {
	/* base_url: "http://host:9090/prefix/?x=y". User and password in it become basic authentication. Duplicate slashes of the path
	 * are cleaned; its query is kept for POST and dropped for GET. A configured Authorization header wins over token and password. */
	struct http_endpoint_config endpoint;
	bool post; /* parameters in a form-encoded body */
	const struct prom_client_param
		*params; /* added to every question, e.g. partial_response=false */
	size_t n_params;
	int64_t timeout_ns; /* of each call; 0: 30 s */
	size_t max_bytes;   /* of an answer; 0: LIMIT_PROMETHEUS_ANSWER_BYTES */
};

MUST_USE enum error_kind prom_client_new(struct http_client *http,
	const struct prom_client_config *config, struct prom_client **ret, struct error *err);
void prom_client_free(struct prom_client *c); /* cancels its calls without calling back */
DEFINE_AUTO(struct prom_client *, prom_client_free)
/* The base URL without user and password, for messages and labels. */
const char *prom_client_url(const struct prom_client *c);

/* Called once, from the loop. failed NULL: status and the whole body, any status: hand both to answer_decode.
 * failed set: no answer (UNAVAIL: transport or deadline; LIMIT: larger than allowed; NOMEM). Borrowed for the call. */
typedef void (*prom_client_done_fn)(
	int status, struct sv body, const struct error *failed, void *ctx);

struct prom_client_query {
	struct sv query;
	bool has_time;
	int64_t time_ms;    /* evaluation time, since 1970 */
	int64_t timeout_ns; /* 0: the client's; also sent as timeout=... when send_timeout */
	bool send_timeout;
	bool post; /* in a body, whatever the client's way: for texts that do not fit into a URL */
	size_t max_bytes; /* 0: the client's */
};

/* Asks /api/v1/query. Texts are copied. *ret (may be NULL) is valid until done. */
MUST_USE enum error_kind prom_client_query(struct prom_client *c, const struct prom_client_query *q,
	prom_client_done_fn done, void *ctx, struct prom_client_call **ret, struct error *err);

/* Called once: failed NULL: `into` is complete (series_end was called). */
typedef void (*prom_client_series_fn)(const struct error *failed, void *ctx);

struct prom_client_series {
	struct sv match; /* selector text */
	bool has_start;
	int64_t start_ms;
	int64_t timeout_ns; /* 0: the client's */
};

/* Asks /api/v1/series and feeds `into` (the caller's; must outlive the call). */
MUST_USE enum error_kind prom_client_series(struct prom_client *c,
	const struct prom_client_series *q, struct series *into, prom_client_series_fn done,
	void *ctx, struct prom_client_call **ret, struct error *err);

/* Ends the call without calling done. NULL is fine. */
void prom_client_cancel(struct prom_client_call *call);

/* Seconds with up to three decimals, shortest: 1795237194.14. */
void prom_client_print_time(struct buf *out, int64_t time_ms);
