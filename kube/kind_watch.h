#pragma once
/* A watch of a kind that the cluster may not have: discovery says whether it does, and while it does not its group's version is asked for now and then, so that a CRD
 * installed later is found soon; one removed is let go. While the kind is missing nobody asks for its objects. */
#include "kube/discovery_cache.h"
#include "kube/watch.h"

struct kind_watch;

struct kind_watch_config {
	/* As for watch_start. on_error is told failures of the watch, but not that the kind is missing; ctx is that of all callbacks. */
	struct watch_config watch;
	struct discovery_cache *discovery;
	const char *group, *version, *plural; /* static */
	int64_t look_ns;		      /* between looks for a missing kind; 0: 5 s */
	/* The kind is there or not: told first when it is known, then when it changes. Not there: all its objects are gone, without on_deleted. May be NULL. */
	void (*on_known)(bool installed, void *ctx);
};

/* errors: NOMEM. */
MUST_USE enum error_kind kind_watch_start(
	const struct kind_watch_config *config, struct kind_watch **ret, struct error *err);
void kind_watch_stop(struct kind_watch *k);
DEFINE_AUTO(struct kind_watch *, kind_watch_stop)
/* Its objects are known: the first list was delivered, or there is no such kind. */
bool kind_watch_is_synced(const struct kind_watch *k);
bool kind_watch_is_installed(const struct kind_watch *k);
/* No watch, because there is nothing to watch, or one that works. */
bool kind_watch_is_connected(const struct kind_watch *k);
