#pragma once
/* Delegated authorisation: system:masters, paths that everybody may read, SubjectAccessReview. */
#include "kube/authn_user.h"
#include "kube/client.h"
#include "kube/review.h"

/* As Kubernetes' request info resolver reads a request; all texts decoded. */
struct authz_attributes {
	bool is_resource;
	struct sv
		verb; /* "get", "list", "watch", "create" ... or the lower-case method of a non-resource request */
	struct sv group, version, resource, subresource, name, namespace;
	struct sv path;
};

struct authz;

struct authz_config {
	struct kube_client *client;
	int64_t allowed_ttl_ns, denied_ttl_ns; /* 0: verdicts are not reused */
	const struct sv *
		always_allow_paths; /* '*' at the end: every path with that prefix. Borrowed for the life of the authz */
	size_t n_always_allow_paths;
};

MUST_USE enum error_kind authz_new(
	const struct authz_config *config, struct authz **ret, struct error *err);
void authz_free(struct authz *a);
DEFINE_AUTO(struct authz *, authz_free)

enum authz_verdict {
	AUTHZ_ALLOWED,
	AUTHZ_DENIED, /* *ret_reason: the review's, may be empty */
	AUTHZ_WAIT,
	AUTHZ_FAILED, /* no verdict: *ret_reason says why. Nothing may be served */
};

struct authz_call {
	/* Called from the loop after AUTHZ_WAIT, once; reason lives in the arena. */
	void (*done)(enum authz_verdict verdict, struct sv reason, void *ctx);
	void *ctx;
	/* private */
	struct arena *arena;
	struct review_waiter waiter;
};

enum authz_verdict authz_check(struct authz *a, struct arena *arena, const struct authn_user *user,
	const struct authz_attributes *what, struct authz_call *call, struct sv *ret_reason);
void authz_cancel(struct authz_call *call);
struct review_stats authz_stats(const struct authz *a);
