#pragma once
/* The running adapter: everything that outlives a request, made once in main's order and torn down in the reverse one. */
#include "adapter/adapter_options.h"
#include "adapter/catalog.h"
#include "adapter/inventories.h"
#include "adapter/relist.h"
#include "adapter/route.h"
#include "adapter/upstreams.h"
#include "common/http_server.h"
#include "common/loop.h"
#include "common/map.h"
#include "common/selfmetrics.h"
#include "common/work_note.h"
#include "kube/authn.h"
#include "kube/authz.h"
#include "kube/discovery_cache.h"
#include "kube/kubeconfig.h"

struct server {
	const struct adapter_options *options;
	bool strict;
	struct loop *loop;
	struct http_client *http;
	struct http_server *listener;
	struct kubeconfig_env env;
	struct upstreams_config upstreams_config;
	struct kube_client *lister, *authenticator, *authoriser;
	struct discovery_cache *discovery;
	struct loop_timer *discovery_timer, *drain_timer, *reload_timer;
	struct authn *authn;
	struct authz *authz;
	struct relist *relist;
	struct inventories *inventories; /* of `*` requests; NULL in strict mode */
	struct inventory *pods, *nodes;	 /* only with resource rules */
	bool waits_for_lists; /* not ready without them; a reload that brings such rules must not end what is served */
	struct selfmetrics *metrics;
	struct work_note *work; /* what is in work, for the next start after a crash */

	/* Configuration generation and what exists now; both replaced whole. */
	struct sv config_text;
	char *config_copy; /* its memory */
	struct map told;   /* what is wrong with which file, so that it is told once */
	uint64_t cert_fingerprint, ca_fingerprint;
	struct generation *generation;
	struct upstreams *upstreams; /* all that the generation's rules name */
	struct catalog *catalog;
	struct route_groups groups;
	struct buf custom_metrics, external_metrics; /* rendered for the discovery documents */

	struct sv always_allow_paths[64];
	size_t n_always_allow_paths;
	struct sv proxy_lists[4][64];
	uint64_t random; /* state of the generator of audit ids */
	unsigned n_requests;
	bool stopping;
	struct mono drain_by;
	struct error fatal; /* kind set: why the program has to end */
	struct arena arena; /* for the life of the program */
};

/* Reads files, connects nothing yet: what is wrong with flags and files shows here.
 * errors: INVALID and others, one line; the program ends with 255 */
MUST_USE enum error_kind server_new(struct loop *l, const struct adapter_options *o,
	const struct kubeconfig_env *env, struct server **ret, struct error *err);
/* Starts: API discovery, rules, listings, then the port. Failures that make serving impossible stop the loop with s->fatal set. */
MUST_USE enum error_kind server_start(struct server *s, struct error *err);
/* Stops listening, lets requests finish, then stops the loop. */
void server_stop(struct server *s);
void server_free(struct server *s);
DEFINE_AUTO(struct server *, server_free)
