#pragma once
/* A small API server that answers as a recorded step says: the objects of live_cluster.h, discovery, scales, metrics APIs, status writes, events, and the canary. It
 * tells the record what the controller asked and wrote about the case's object. */
#include "tests/conformance/live_cluster.h"
#include "tests/conformance/live_record.h"

/* Where the controller believes to live. */
#define LIVE_API_NAMESPACE "flyball-system"

/* 2000-01-01T00:00:00Z: what a step's time counts from. */
#define LIVE_API_EPOCH_SEC INT64_C(946684800)
/* Behind the name of another object its target's. */
#define LIVE_API_PEER_TARGET "-target"

struct live_api {
	struct arena *a;
	struct live_cluster cluster;
	struct live_record *record;
	/* The case's object: as given, and what was stored since. */
	const struct jtree *hpa, *spec;
	struct sv ns, name, status;
	const struct jtree *step; /* the inputs */
	bool derives;		  /* the first scale of a step is told by the watch of its target */
	size_t n_gets, n_puts;	  /* answered in this step */
	const char *custom;	  /* preferred version of custom.metrics.k8s.io */
	unsigned n_asked;	  /* requests so far */
};

/* root: the case. The arena lives as long. */
void live_api_init(struct live_api *api, struct arena *a, const struct jtree *root,
	struct live_record *record);
void live_api_done(struct live_api *api);
/* An http_handler_fn; ctx is the struct live_api. */
void live_api_handle(struct http_exchange *x, void *ctx);

/* live_inputs.c: the inputs of this step are what there is, but for the object itself. */
void live_api_take_step(struct live_api *api, const struct jtree *step);
/* The object as it is stored now, its spec replaced by the step's if that has one. */
void live_api_put_object(struct live_api *api);
