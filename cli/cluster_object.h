#pragma once
/* What the verbs about one object of a cluster share: the flags that say which, the connection, and reading it. */
#include "cli/live.h"
#include "common/options.h"
#include "controller/autoscaler_kind.h"

#define CLUSTER_OBJECT_N_OPTIONS 3

struct cluster_object {
	const char *kubeconfig, *context, *ns;
	struct option_list rest;
	enum autoscaler_kind kind; /* of a bare name */
	const char *name;	   /* set by cluster_object_check */
};

/* -n, --kubeconfig and --context. */
void cluster_object_fill(struct option table[CLUSTER_OBJECT_N_OPTIONS], struct cluster_object *o);
/* `rest` is exactly one name: "NAME", or with the short or long name of o->kind before it, "hpa/NAME". errors: INVALID. */
MUST_USE enum error_kind cluster_object_check(struct cluster_object *o, struct error *err);
void cluster_object_done(struct cluster_object *o);
/* Connects; o->ns is the context's namespace if it was not given. errors: as live_open. */
MUST_USE enum error_kind cluster_object_open(
	struct cluster_object *o, struct live *l, struct error *err);
/* The exit code for a failure: a kubeconfig that cannot be used is wrong input, anything behind it an answer that is missing. */
int cluster_object_exit_code(const struct live *l, const struct error *err);
/* GET of an object; its text lives in the arena. errors: NOTFOUND, as the client's. */
MUST_USE enum error_kind cluster_object_get(struct live *l, struct arena *a,
	enum autoscaler_kind kind, const char *ns, const char *name, struct sv *ret,
	struct error *err);
