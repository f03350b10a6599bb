#pragma once
/* Which API server the command line means; kube_endpoint.h makes an endpoint of it. */
#include "kube/kubeconfig.h"

/* Reads the kubeconfig as kubectl would. errors: INVALID, NOTFOUND (none exists). */
MUST_USE enum error_kind api_endpoint_find(struct arena *a, const char *kubeconfig,
	const char *context, struct kubeconfig_client *ret, struct error *err);
