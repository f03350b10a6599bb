#pragma once
/* The sandbox's Prometheus: /api/v1/query, series, labels and label values over the simulated series, for the subset of PromQL that
 * promql_eval.h names. What is outside it is a 422 that says so, never a made-up answer. */
#include "common/http_server.h"
#include "sandbox/time_series.h"

struct prom_api;

MUST_USE enum error_kind prom_api_new(struct loop *l, const char *bind_address, uint16_t port,
	const struct time_series_store *series, struct prom_api **ret, struct error *err);
void prom_api_free(struct prom_api *p);
DEFINE_AUTO(struct prom_api *, prom_api_free)
uint16_t prom_api_port(const struct prom_api *p);
/* While true every request is answered 503, as by a server that is being restarted. */
void prom_api_set_down(struct prom_api *p, bool down);
bool prom_api_is_down(const struct prom_api *p);
