#pragma once
/* The whole sandbox in one struct: API server, simulated cluster and Prometheus on one loop. Used by the program flyball-sandbox and, in their
 * own process, by tests. */
#include "common/loop.h"
#include "sandbox/api.h"
#include "sandbox/load.h"
#include "sandbox/prom_api.h"
#include "sandbox/store.h"
#include "sandbox/workload.h"

struct sandbox_config {
	const char *bind_address;
	uint16_t api_port, prometheus_port; /* 0: any */
	int64_t step_ns;		    /* simulation and scrape interval */
	struct load load;
	struct workload_config workload;
};

struct sandbox;

MUST_USE enum error_kind sandbox_new(struct loop *l, struct http_client *client,
	const struct sandbox_config *config, struct sandbox **ret, struct error *err);
void sandbox_free(struct sandbox *s);
DEFINE_AUTO(struct sandbox *, sandbox_free)
struct api *sandbox_api(struct sandbox *s);
struct prom_api *sandbox_prometheus(struct sandbox *s);
struct store *sandbox_store(struct sandbox *s);

/* A kubeconfig for this API server, as text. */
void sandbox_print_kubeconfig(struct buf *out, const struct sandbox *s);
/* Load at this moment, and changing it from now on. */
double sandbox_load_now(const struct sandbox *s);
void sandbox_set_load(struct sandbox *s, double rps);
/* Last error of the simulation, "" when there was none. */
const char *sandbox_problem(const struct sandbox *s);
