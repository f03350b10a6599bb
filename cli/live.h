#pragma once
/* What `flyball plan` looks at: autoscalers of a live cluster, each with what one pass over it saw and decided. Reads only: the machine's wish to write is
 * answered as if it had been done. */
#include "common/http_client.h"
#include "common/loop.h"
#include "common/map.h"
#include "controller/foreign.h"
#include "controller/pass.h"
#include "controller/pod_cache.h"
#include "controller/prom_share.h"
#include "kube/client.h"
#include "kube/discovery.h"
#include "kube/kubeconfig.h"

struct live {
	struct arena arena; /* of the connection: configuration, names */
	struct loop *loop;
	struct http_client *http;
	struct kubeconfig_client cluster; /* in the arena */
	struct kube_client *client;
	struct discovery *discovery;
	struct pod_cache *pods;
	struct sv loaded_namespace; /* whose pods are in the cache */
	/* Of another one, or the same: what its autoscalers select, to see which of them fight for the same pods, and the scales read on the way. */
	struct sv peers_namespace;
	enum autoscaler_kind peers_kind; /* objects of one kind only fight among themselves */
	struct arena peers_arena;
	struct target_peer *peers;
	size_t n_peers;
	struct map scales;		       /* request target -> struct sv: the body */
	struct foreign *foreign;	       /* who else acts on targets; NULL: not looked yet */
	struct sv foreign_namespace;	       /* where */
	const char *ns;			       /* of the context */
	struct ask_prometheus_servers servers; /* of --controller-config; none without it */
	struct prom_share *prom_share;	       /* NULL without it */
	struct settings settings;
	struct history history;	 /* of the pass under way: empty when it begins */
	struct tape_write *tape; /* is told what the passes see; NULL: nobody is */
};

/* Connects as kubectl would. errors: INVALID, NOTFOUND: configuration; UNAVAIL ...: the server. */
MUST_USE enum error_kind live_open(
	struct live *l, const char *kubeconfig, const char *context, struct error *err);
void live_close(struct live *l);
static inline __attribute__((unused)) void live_close_auto(struct live *l)
{
	live_close(l);
}

/* One autoscaler of the cluster, as JSON. */
struct live_object {
	enum autoscaler_kind kind;
	struct sv json;
	struct sv ns, name;
};

struct live_which {
	const char *ns;		   /* "": all namespaces */
	const char *name;	   /* NULL: all */
	enum autoscaler_kind kind; /* of the one with this name */
};
/* The one with a name, or all: native ones without the canaries of flyball-controller, then those of our own kind where that is installed and may be read. Texts
 * are in `a`. errors: NOTFOUND (the name), as the client's. */
MUST_USE enum error_kind live_list(struct live *l, struct arena *a, const struct live_which *which,
	struct live_object **ret, size_t *ret_n, struct error *err);

/* Calls fn with the text of every object of a collection. errors: as the client's, fn's. */
MUST_USE enum error_kind live_each(struct live *l, const struct api_path *path,
	const char *resource, enum error_kind (*fn)(struct sv item, void *ctx, struct error *err),
	void *ctx, struct error *err);

/* One pass over the object with an empty history. `hpa` and `pass` live as long as `a`,
 * until the next call. errors: as the client's (pods or discovery cannot be read), INVALID
 * (the object does not decode), NOMEM, LIMIT. A target or metric that does not answer is no error: it is in the conclusion. */
MUST_USE enum error_kind live_pass(struct live *l, struct arena *a,
	const struct live_object *object, struct hpa *ret_hpa, struct pass *ret_pass,
	struct error *err);
