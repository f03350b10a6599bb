#pragma once
/* Flags -> the servers we talk to: Prometheus, and the API server in its three roles. Reads files; used before the loop runs. */
#include "adapter/adapter_options.h"
#include "common/arena.h"
#include "kube/client.h"
#include "kube/kubeconfig.h"
#include "promql/prom_client.h"

/* errors: INVALID (files, URL, credentials), LIMIT, NOMEM */
MUST_USE enum error_kind connect_prometheus(struct arena *a, struct http_client *http,
	const struct adapter_options *o, const struct kubeconfig_env *env, struct prom_client **ret,
	struct error *err);
/* file "": the Pod's service account. what: "lister", for messages. errors: as above, NOTFOUND (not in a Pod) */
MUST_USE enum error_kind connect_kube(struct arena *a, struct http_client *http, struct loop *loop,
	const char *file, const struct kubeconfig_env *env, const char *what,
	struct kube_client **ret, struct error *err);
/* A whole file in the arena. errors: INVALID ("open FILE: No such file or directory"), LIMIT, NOMEM */
MUST_USE enum error_kind connect_read_file(
	struct arena *a, const char *path, size_t max_bytes, struct sv *ret, struct error *err);
