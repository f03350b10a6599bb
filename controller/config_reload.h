#pragma once
/* The file of --config while the program runs: what it says now, and again when it, or a file that it names, changes. A file that cannot be used changes
 * nothing. */
#include "common/loop.h"
#include "controller/ask_prometheus.h"
#include "controller/prom_share.h"

struct config_reload;

struct config_reload_config {
	struct loop *loop;
	const char *path;		/* borrowed */
	struct prom_share_config share; /* without servers */
	struct selfmetrics *
		metrics; /* gets flyball_controller_config_reloads_total by result; NULL: nobody does */
};

/* Reads the file; from then on it is looked at every ten seconds. errors: INVALID, LIMIT, NOMEM */
MUST_USE enum error_kind config_reload_new(
	const struct config_reload_config *config, struct config_reload **ret, struct error *err);
/* Passes are gone by then. */
void config_reload_free(struct config_reload *r);
DEFINE_AUTO(struct config_reload *, config_reload_free)
/* Their addresses stay, what they say changes. */
const struct ask_prometheus_servers *config_reload_servers(const struct config_reload *r);
struct prom_share *config_reload_share(struct config_reload *r);
/* Looks at the files now. */
void config_reload_now(struct config_reload *r);
