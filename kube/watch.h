#pragma once
/* One kind of object, kept current: LIST in pages, then WATCH from there, for ever. Heals by itself: lost and silent connections are resumed
 * from the last resourceVersion with a jittered backoff (0.1 s to 30 s), an expired version is listed again and the difference is reported, so
 * that no object stays behind as a ghost. Objects are handed over as JSON text; keeping them is the caller's. */
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "kube/client.h"
#include "kube/object_meta.h"
#include "kube/watch_store.h"

struct watch;

/* Callbacks come from the loop. Views are borrowed for the time of the call. A callback must not stop its own watch except on_error. */
struct watch_config {
	struct kube_client *client;
	const char *path;     /* "/apis/autoscaling/v2/horizontalpodautoscalers"; copied */
	const char *resource; /* "horizontalpodautoscalers.autoscaling", for messages; copied */
	const char *label_selector, *field_selector; /* NULL: all; copied */
	/* Only apiVersion, kind and metadata of the objects are wanted: asks for PartialObjectMetadata. A server that does not know it sends whole objects. */
	bool metadata_only;
	int64_t silence_ns; /* longest time without a word from the server before the stream counts as dead; 0: 60 s */
	size_t max_objects; /* 0: WATCH_MAX_OBJECTS; a caller with marks of its own has room for as many */
	/* For kinds of which there are many: the caller's records hold the watch's marks. NULL: the watch keeps names and marks itself. */
	const struct watch_marks *marks;
	void *keeper;
	/* Added or changed: new to us, or with another resourceVersion than the last one. Called for every object after the first list.
	 * Objects of a list carry no kind and apiVersion. The metadata was read; whether json is well-formed behind it is for the caller to check
	 * (pass over and count what is not). Older versions than the last one of the same object (same uid) are left out. */
	void (*on_object)(const struct object_id *id, struct sv json, void *ctx);
	/* Gone. json is the last state, or empty where only a list told that it is gone; then there is no uid either if the marks are the caller's. */
	void (*on_deleted)(const struct object_id *id, struct sv json, void *ctx);
	/* After every complete list: the caller's picture is whole. May be NULL. */
	void (*on_synced)(void *ctx);
	/* Something failed and will be tried again (once per failure; for a log line and a counter). May be NULL. */
	void (*on_error)(const struct error *err, void *ctx);
	void *ctx;
};

/* Kubernetes is tested to 150,000 pods; several times that is an error somewhere, not a cluster. */
#define WATCH_MAX_OBJECTS 1000000u

struct watch_stats {
	uint64_t n_lists;   /* complete ones */
	uint64_t n_watches; /* started streams that gave a 200 */
	uint64_t n_events;
	uint64_t n_malformed; /* objects or events that were passed over */
	uint64_t n_errors;
	size_t n_objects; /* known now */
	bool synced;	  /* a list was completed */
	bool connected; /* a watch stream is open, or a list is under way without a failure behind it */
	struct mono last_contact; /* last time that the server told us anything; ns 0: never */
};

/* Starts at once. errors: NOMEM, INVALID. */
MUST_USE enum error_kind watch_start(
	const struct watch_config *config, struct watch **ret, struct error *err);
/* Ends it without callbacks and frees it. */
void watch_stop(struct watch *w);
DEFINE_AUTO(struct watch *, watch_stop)
bool watch_is_synced(const struct watch *w);
struct watch_stats watch_stats(const struct watch *w);
