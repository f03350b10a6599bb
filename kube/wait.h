#pragma once
/* The client for programs that may block (the command line): runs the loop until the answer is there. Banned in daemons. */
#include "common/buf.h"
#include "common/error.h"
#include "kube/api_path.h"
#include "kube/client.h"
#include "kube/discovery.h"
#include "kube/discovery_cache.h"

/* One request; its done, ctx and on_data are ignored. The body of a 2xx answer goes to `body` (initialised by the caller, emptied first).
 * errors: as client_done_fn, LIMIT (body). */
MUST_USE enum error_kind wait_request(struct kube_client *client,
	const struct client_request *request, struct buf *body, struct error *err);
/* GET of a target such as "/api/v1/namespaces". resource, name: for messages, may be NULL. */
MUST_USE enum error_kind wait_get(struct kube_client *client, const char *target,
	const char *resource, const char *name, struct buf *body, struct error *err);
/* The same for an object or a list. errors: LIMIT (path) too. */
MUST_USE enum error_kind wait_get_path(struct kube_client *client, const struct api_path *path,
	const char *resource, const char *name, struct buf *body, struct error *err);
/* A snapshot with a reference of its own. */
MUST_USE enum error_kind wait_discovery(
	struct kube_client *client, struct discovery **ret, struct error *err);
