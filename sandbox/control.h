#pragma once
/* How demo and tests steer a running sandbox, over HTTP beside the Kubernetes API:
 *   GET /sandbox              {"load":9,"prometheus":"up","problem":""}
 *   PUT /sandbox?load=9       sets the load (requests per second)
 *   PUT /sandbox?prometheus=down|up
 *   PUT /sandbox?api=down|up  (this path itself stays up)
 *   PUT /sandbox?deny=list:pods, deny=update:deployments/scale.apps, allow=all  (what the one user may not do) */
#include "common/http_server.h"
#include "sandbox/sandbox.h"

/* Answers the exchange when its path is /sandbox; false otherwise. ctx is the struct sandbox. */
bool control_handle(struct http_exchange *x, void *ctx);
