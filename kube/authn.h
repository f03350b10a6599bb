#pragma once
/* Delegated authentication, as Kubernetes' generic API server does it: front proxy, client certificate, bearer token, anonymous. Trust comes from the
 * ConfigMap kube-system/extension-apiserver-authentication, which is watched, or from files. */
#include "common/loop.h"
#include "kube/authn_user.h"
#include "kube/client.h"
#include "kube/review.h"

struct authn;

struct authn_config {
	struct loop *loop;
	struct kube_client *client; /* of the ConfigMap and of TokenReview; NULL: neither */
	bool skip_lookup;	    /* do not read the ConfigMap */
	bool tolerate_lookup_failure;
	/* Instead of the ConfigMap's; copied. */
	struct sv client_ca_pem;
	/* The same; then the lists below apply, which are borrowed for the life of the authn. */
	struct sv proxy_ca_pem;
	const struct sv *proxy_names; /* common names a proxy may have; none: any */
	size_t n_proxy_names;
	struct authn_proxy_headers proxy_headers;
	int64_t token_ttl_ns;
	/* The trust configuration was read for the first time, or changed. May be NULL. */
	void (*on_ready)(void *ctx);
	/* The API server refuses the lookup (and that is not tolerated), or the ConfigMap is unusable from the start. May be NULL. */
	void (*on_refused)(const struct error *why, void *ctx);
	/* A later failure; the last good configuration stays. May be NULL. */
	void (*on_error)(const struct error *why, void *ctx);
	void *ctx;
};

MUST_USE enum error_kind authn_new(
	const struct authn_config *config, struct authn **ret, struct error *err);
/* The files changed: these are used instead from now on (empty: none was given, nothing changes). errors: INVALID (no certificate in it), NOMEM; then
 * all stays as it was */
MUST_USE enum error_kind authn_set_cas(
	struct authn *a, struct sv client_ca_pem, struct sv proxy_ca_pem, struct error *err);
void authn_free(struct authn *a);
DEFINE_AUTO(struct authn *, authn_free)
/* Whether identities can be told: before that nobody but anonymous callers of public paths may be served. */
bool authn_is_ready(const struct authn *a);

struct authn_credentials {
	struct sv
		client_cert; /* DER of the certificate whose key the client proved to hold; empty: none */
	struct sv authorization; /* header; empty: none */
	const struct authn_header *headers;
	size_t n_headers;
};

enum authn_verdict {
	AUTHN_USER,    /* *ret is the user (anonymous included) */
	AUTHN_REFUSED, /* something was presented and nothing of it is good: 401 */
	AUTHN_WAIT,    /* a TokenReview is under way */
	AUTHN_FAILED,  /* our own failure: no memory */
};

/* Zero it, set done and ctx. */
struct authn_call {
	/* Called from the loop after AUTHN_WAIT, once. verdict: USER or REFUSED or FAILED. */
	void (*done)(enum authn_verdict verdict, const struct authn_user *user, void *ctx);
	void *ctx;
	/* private */
	struct arena *arena;
	struct review_waiter waiter;
};

/* ret_extra_space: the Authorization header holds a blank too many and was ignored (worth a Warning header). Texts of the user live in the arena, or as
 * long as the credentials. */
enum authn_verdict authn_check(struct authn *a, struct arena *arena,
	const struct authn_credentials *credentials, struct authn_call *call,
	struct authn_user *ret, bool *ret_extra_space);
void authn_cancel(struct authn_call *call);
struct review_stats authn_stats(const struct authn *a);
