#pragma once
/* Names of the Kubernetes objects that a `*` request means. */
#include "adapter/mapper.h"
#include "common/arena.h"
#include "common/error.h"
#include "kube/client.h"
#include "kube/selector.h"

struct objects_query {
	const struct mapper_resource *resource;
	struct sv namespace;	       /* empty: all, or cluster-scoped */
	const struct selector *labels; /* may be NULL */
	int64_t timeout_ns;
};

/* Zero it, set done and ctx. */
struct objects_call {
	/* Called from the loop, once. names live in the arena, in the server's order. */
	void (*done)(const struct sv *names, size_t n, const struct error *failed, void *ctx);
	void *ctx;
	/* private */
	struct arena *arena;
	struct client_call *call;
};

/* Asks the API server for metadata only. errors: NOMEM, INVALID */
MUST_USE enum error_kind objects_list(struct kube_client *client, struct arena *a,
	const struct objects_query *q, struct objects_call *call, struct error *err);
void objects_cancel(struct objects_call *call);
/* Names in a list document, in the arena. errors: INVALID, LIMIT, NOMEM */
MUST_USE enum error_kind objects_decode(
	struct arena *a, struct sv json, const struct sv **ret, size_t *ret_n, struct error *err);
