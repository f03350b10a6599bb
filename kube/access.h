#pragma once
/* Delegated authentication and authorisation of one request to an HTTPS server of ours, in one step: who asks is told by the API server's trust
 * (authn.h), whether that user may is asked of the API server (authz.h), and a request that fails either is answered here. */
#include "common/http_server.h"
#include "kube/authz.h"

/* kube-apiserver takes `Authorization` out of what it forwards to a pod. So whoever comes through its pod proxy shows a token under this name. */
#define ACCESS_TOKEN_HEADER "X-Flyball-Authorization"

struct access;

struct access_config {
	struct loop *loop;
	struct kube_client *client; /* asked for trust, tokens and permissions */
	bool skip_lookup;	    /* do not read kube-system/extension-apiserver-authentication */
	bool tolerate_lookup_failure; /* without it callers are told by tokens only */
	int64_t token_ttl_ns, allowed_ttl_ns, denied_ttl_ns; /* how long verdicts count */
	/* What is wrong with the lookup; the last good configuration stays. May be NULL. `refused`: the API server refuses it and that is not tolerated. */
	void (*on_problem)(const struct error *why, bool refused, void *ctx);
	void *ctx;
};

MUST_USE enum error_kind access_new(
	const struct access_config *config, struct access **ret, struct error *err);
/* After the server whose requests it looks at. */
void access_free(struct access *a);
DEFINE_AUTO(struct access *, access_free)

typedef void (*access_allowed_fn)(struct http_exchange *x, void *ctx);

/* Leads to one call of `allowed`, now or later, which answers the request; or to an answer with a Status: 401, 403, 500, 503. The exchange's own
 * context (http_exchange_set_ctx) is taken. Texts of `what` live as long as the exchange. */
void access_check(struct access *a, struct http_exchange *x, const struct authz_attributes *what,
	access_allowed_fn allowed, void *ctx);
/* A Status as the answer. headers: as http_exchange_reply. */
void access_reply_status(struct http_exchange *x, int code, const char *reason, struct sv message,
	const char *const *headers);
