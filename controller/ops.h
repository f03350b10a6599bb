#pragma once
/* The controller's own HTTP server, for probes and for Prometheus: /healthz, /livez, /readyz, /metrics. */
#include "common/http_server.h"
#include "common/selfmetrics.h"
#include "controller/controller.h"

struct ops;

/* controller and metrics outlive it. */
MUST_USE enum error_kind ops_new(struct loop *l, const char *bind_address, uint16_t port,
	const struct controller *controller, const struct selfmetrics *metrics, struct ops **ret,
	struct error *err);
void ops_free(struct ops *o);
DEFINE_AUTO(struct ops *, ops_free)
uint16_t ops_port(const struct ops *o);
