#pragma once
/* Flags -> the servers we talk to: Prometheus, and the API server in its three roles. Reads files. */
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

#define CONNECT_USER_AGENT "flyball-adapter/" FLYBALL_VERSION

/* The flags' Prometheus: certificates are read now, texts live in the arena. errors: INVALID (files, URL, credentials), LIMIT, NOMEM */
MUST_USE enum error_kind connect_prometheus(
	const struct connect *c, struct prom_client_config *ret, struct error *err);
/* file "": the Pod's service account. what: "lister", for messages. errors: as above, NOTFOUND (not in a Pod) */
MUST_USE enum error_kind connect_kube(const struct connect *c, const char *file, const char *what,
	struct kube_client **ret, struct error *err);
