#pragma once
/* What both of the controller's servers answer: health, readiness, self-metrics. */
#include "common/http_server.h"
#include "common/selfmetrics.h"
#include "controller/controller.h"

void ops_reply_text(struct http_exchange *x, int status, const char *text);
/* GET and HEAD are served; anything else is answered here. */
bool ops_is_get(struct http_exchange *x);
/* /healthz, /livez, /readyz. False: another path, nothing was answered. */
bool ops_health(struct http_exchange *x, const struct controller *controller);
void ops_metrics(struct http_exchange *x, const struct selfmetrics *metrics);
