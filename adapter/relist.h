#pragma once
/* Keeps the catalog current: asks Prometheus which series exist, per distinct selector, every relist interval. Never holds the series themselves. */
#include "adapter/catalog.h"
#include "adapter/upstreams.h"
#include "common/loop.h"
#include "common/work_note.h"

struct relist;

struct relist_config {
	struct loop *loop;
	int64_t interval_ns, max_age_ns;
	struct work_note *work; /* may be NULL; must outlive the relist */
	bool strict; /* one failed selector drops the whole new listing of its loop, and the next try comes after the interval only */
	/* A new catalog; the callee takes a reference if it keeps it. */
	void (*on_catalog)(struct catalog *c, void *ctx);
	/* Something failed; what was listed before stays in use. */
	void (*on_error)(const char *what, const struct error *why, void *ctx);
	/* A server answered the question for one selector, for metrics. */
	void (*on_answered)(const char *url, int64_t took_ns, void *ctx);
	/* A listing ended, for metrics: external or custom, whether all of it was good, how many entries Prometheus sent. */
	void (*on_listed)(bool external, bool ok, uint64_t n_entries, void *ctx);
	void *ctx;
};

MUST_USE enum error_kind relist_new(
	const struct relist_config *config, struct relist **ret, struct error *err);
void relist_free(struct relist *r);
DEFINE_AUTO(struct relist *, relist_free)
/* Starts over with this generation and these servers (which have all that its rules name): listings of selectors that it still has are kept, so that
 * a reload serves on. errors: NOMEM, LIMIT */
MUST_USE enum error_kind relist_set_generation(
	struct relist *r, struct generation *g, struct upstreams *u, struct error *err);
/* The same servers with other credentials, from the next listing on. */
void relist_set_upstreams(struct relist *r, struct upstreams *u);
/* What it works with; NULL before the first. */
const struct generation *relist_generation(const struct relist *r);
/* Counts of the newest catalog, custom rules then external ones; as many as the generation has. */
const struct catalog_count *relist_counts(const struct relist *r);
