#pragma once
/* The controller's own HTTP server, for probes and for Prometheus: /healthz, /livez, /readyz, /metrics. */
#include "common/http_server.h"
#include "common/selfmetrics.h"
#include "controller/controller.h"

struct probes;

/* controller and metrics outlive it. */
MUST_USE enum error_kind probes_new(struct loop *l, const char *bind_address, uint16_t port,
	const struct controller *controller, const struct selfmetrics *metrics, struct probes **ret,
	struct error *err);
void probes_free(struct probes *p);
DEFINE_AUTO(struct probes *, probes_free)
uint16_t probes_port(const struct probes *p);
