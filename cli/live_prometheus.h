#pragma once
/* The Prometheus servers of a controller's configuration, for passes over a live cluster. */
#include "cli/live.h"

/* Reads the file that the controller is started with (--config); services behind the API server are asked with the kubeconfig's credentials.
 * errors: as config_file_load and prom_share_new */
MUST_USE enum error_kind live_prometheus_open(struct live *l, const char *path, struct error *err);
/* Asks, and gives the pass the reading. errors: NOMEM, LIMIT, UNAVAIL (the loop failed); a server that does not answer is none. */
MUST_USE enum error_kind live_prometheus_ask(struct live *l, struct arena *a, struct pass *pass,
	size_t i, const struct ask_question *question, struct error *err);
