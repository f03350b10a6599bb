#pragma once
/* A kubeconfig's context -> what an endpoint of the API server needs, for verbs that ask it without the client of kube/. */
#include "common/http_client.h"
#include "kube/kubeconfig.h"

/* Reads the kubeconfig as kubectl would. errors: INVALID, NOTFOUND (none exists). */
MUST_USE enum error_kind api_endpoint_find(struct arena *a, const char *kubeconfig,
	const char *context, struct kubeconfig_client *ret, struct error *err);
/* Address and credentials; `path` goes behind the address and begins with a slash, or is empty. Texts are k's or in the arena. errors: NOMEM. */
MUST_USE enum error_kind api_endpoint_config(struct arena *a, const struct kubeconfig_client *k,
	const char *path, struct http_endpoint_config *ret, struct error *err);
