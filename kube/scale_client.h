#pragma once
/* I/O of the scale subresource: GET by kind or by resource, PUT. Bodies are raw JSON: decoding and the decision what to write are the caller's. */
#include "common/error.h"
#include "kube/client.h"
#include "kube/discovery.h"

/* A target of which the resource is known. Texts are copied by the calls. */
struct scale_client_target {
	struct sv group, version, resource; /* "apps", "v1", "deployments" */
	struct sv namespace, name;
};

struct scale_client_call;

/* failed == NULL: body is the Scale as the server sent it, target where it was found; both borrowed. Else failed as the client's (GET of several mappings:
 * that of the first), target the first one, or NULL. */
typedef void (*scale_client_fn)(const struct scale_client_target *target, struct sv body,
	const struct error *failed, void *ctx);

/* GET .../{resource}/{name}/scale of every mapping in turn until one answers 2xx (spec/hpa.md 5.2); n > 0. Errors of this call itself: NOMEM,
 * and INVALID for n == 0 with the reference's "unrecognized resource". `*ret` (may be NULL) is valid until fn. */
MUST_USE enum error_kind scale_client_get(struct kube_client *client,
	const struct discovery_mapping *mappings, size_t n, struct sv namespace, struct sv name,
	scale_client_fn fn, void *ctx, struct scale_client_call **ret, struct error *err);
/* The same for a known resource: one GET. */
MUST_USE enum error_kind scale_client_get_target(struct kube_client *client,
	const struct scale_client_target *target, scale_client_fn fn, void *ctx,
	struct scale_client_call **ret, struct error *err);
/* PUT of a whole Scale on the urgent connections; the answer is the Scale as stored. CONFLICT: read again. One attempt (Retry-After aside). */
MUST_USE enum error_kind scale_client_put(struct kube_client *client,
	const struct scale_client_target *target, struct sv body, scale_client_fn fn, void *ctx,
	struct scale_client_call **ret, struct error *err);
/* Ends the call without calling fn. NULL is allowed. */
void scale_client_cancel(struct scale_client_call *call);
