#pragma once
/* The Prometheus servers that can be asked: the one of the flags, and those that the configuration names. A set is immutable and counted by references:
 * a request keeps the set it started with while a reload swaps in the next one. What did not change is the same object in both sets, with its
 * connections and remembered answers. */
#include "adapter/adapter_options.h"
#include "adapter/rules.h"
#include "adapter/shared_ask.h"
#include "common/http_client.h"
#include "kube/kubeconfig.h"

struct upstream {
	const char *name;	/* "default": the one of the flags */
	struct shared_ask *ask; /* for queries */
	struct prom_client *
		lister; /* for listings of series, which take long and must not stand in the queries' way */
	/* private */
	struct prom_client *client; /* of ask */
	uint64_t fingerprint;
	unsigned n_references;
	const struct upstreams_config *config;
};

struct upstreams {
	struct upstream **at; /* the one of the flags first */
	size_t n;
	unsigned n_references;
};

struct upstreams_config { /* must outlive every set */
	struct loop *loop;
	struct http_client *http;
	const struct adapter_options *options;
	const struct kubeconfig_env *env;
	/* A question was answered (status 0: it was not). */
	void (*on_answered)(const char *url, int status, int64_t took_ns, void *ctx);
	/* upstreams_refresh: this server's files cannot be used, so it stays as it was. why NULL: they can. */
	void (*on_refused)(const char *name, const struct error *why, void *ctx);
	void *ctx;
};

/* Reads the files that flags and definitions name. old: the set in use, or NULL.
 * errors: INVALID (a file, a URL, a credential), LIMIT, NOMEM; nothing has changed then */
MUST_USE enum error_kind upstreams_new(const struct upstreams_config *config,
	const struct rules_config *rules, const struct upstreams *old, struct upstreams **ret,
	struct error *err);
/* The same servers with their files read again; one that cannot be used keeps what it has. *ret is `old` itself, with one more reference, when
 * nothing changed. errors: LIMIT, NOMEM */
MUST_USE enum error_kind upstreams_refresh(const struct upstreams_config *config,
	const struct rules_config *rules, struct upstreams *old, struct upstreams **ret,
	struct error *err);
struct upstreams *upstreams_ref(struct upstreams *u);
void upstreams_unref(struct upstreams *u); /* also from inside an answer */
DEFINE_AUTO(struct upstreams *, upstreams_unref)
/* The server of that name, "" the one of the flags. NULL: there is none. */
struct upstream *upstreams_find(const struct upstreams *u, struct sv name);
