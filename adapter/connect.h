#pragma once
/* Flags -> the servers we talk to: Prometheus, and the API server in its three roles. Reads files; used before the loop runs. */
#include "adapter/adapter_options.h"
#include "common/arena.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "promql/prom_client.h"

struct connect {
	struct arena *arena; /* texts that the clients do not copy */
	struct http_client *http;
	struct loop *loop;
	const struct adapter_options *options;
	const struct kubeconfig_env *env;
};

/* post: parameters in a body instead of the URL. errors: INVALID (files, URL, credentials), LIMIT, NOMEM */
MUST_USE enum error_kind connect_prometheus(
	const struct connect *c, bool post, struct prom_client **ret, struct error *err);
/* file "": the Pod's service account. what: "lister", for messages. errors: as above, NOTFOUND (not in a Pod) */
MUST_USE enum error_kind connect_kube(const struct connect *c, const char *file, const char *what,
	struct kube_client **ret, struct error *err);
/* A whole file in the arena. errors: INVALID ("open FILE: No such file or directory"), LIMIT, NOMEM */
MUST_USE enum error_kind connect_read_file(
	struct arena *a, const char *path, size_t max_bytes, struct sv *ret, struct error *err);
