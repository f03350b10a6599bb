#pragma once
/* The file of --config, in YAML: flags under their names (controller_options.h), and what does not fit on a command line: `servers`, the Prometheus
 * servers that metrics of type Prometheus may ask; each definition has the keys of the adapter's and says for whom it is:
 *
 *   servers:
 *   - name: main
 *     url: https://prometheus.monitoring.svc:9090
 *     caFile: /etc/prometheus-ca/ca.crt
 *     tokenFile: /var/run/secrets/prometheus/token
 *     namespaces: [shop, bank]      "*": all; none given: nobody
 *     unrestricted: false           true: selectors are not narrowed to the object's namespace */
#include "common/arena.h"
#include "common/error.h"
#include "common/sv.h"
#include "controller/ask_prometheus.h"

struct config_file {
	struct ask_prometheus_servers prometheus;
};

/* Everything lives in the arena. errors: INVALID (all findings, with their lines), LIMIT, NOMEM */
MUST_USE enum error_kind config_file_parse(struct arena *a, struct sv text, const char *name,
	struct config_file *ret, struct error *err);
/* Reads the file first. errors: those of file_read, too */
MUST_USE enum error_kind config_file_load(
	struct arena *a, const char *path, struct config_file *ret, struct error *err);
