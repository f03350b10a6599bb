#pragma once
/* The names of the controllers' bench, which controller.py writes into the real cluster in the same way: object N is app-N in namespace ns-(N mod namespaces), its pods
 * are app-N-6d4b75cb6d-PPPPP with numbers of their own throughout. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/sv.h"

#define CONTROLLER_NAMES_MAX 64

struct controller_names {
	unsigned n_objects, n_pods, n_namespaces;
};

static inline bool controller_names_number(struct sv text, unsigned *ret)
{
	unsigned n = 0;
	if (text.len == 0 || text.len > 9)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		n = n * 10 + (unsigned)(text.ptr[i] - '0');
	}
	*ret = n;
	return true;
}

/* Three arguments: objects, pods (a multiple of them), namespaces. */
static inline __attribute__((unused)) bool controller_names_parse(
	char *const *argv, struct controller_names *ret)
{
	return controller_names_number(sv_of(argv[0]), &ret->n_objects) &&
	       controller_names_number(sv_of(argv[1]), &ret->n_pods) &&
	       controller_names_number(sv_of(argv[2]), &ret->n_namespaces) && ret->n_namespaces > 0;
}

static inline __attribute__((unused)) void controller_names_pod(
	const struct controller_names *n, unsigned pod, char ret[CONTROLLER_NAMES_MAX])
{
	(void)snprintf(ret, CONTROLLER_NAMES_MAX, "app-%u-6d4b75cb6d-%05u",
		pod / (n->n_pods / n->n_objects), pod);
}

/* What stands behind the last hyphen. */
static inline __attribute__((unused)) bool controller_names_pod_number(
	struct sv name, unsigned *ret)
{
	size_t at = name.len;
	while (at > 0 && name.ptr[at - 1] != '-')
		at--;
	return controller_names_number(sv_skip(name, at), ret);
}

static inline __attribute__((unused)) bool controller_names_ns_number(struct sv ns, unsigned *ret)
{
	return sv_has_prefix(ns, SV("ns-")) && controller_names_number(sv_skip(ns, 3), ret);
}
