#pragma once
/* The canary (canary.h) in a cluster: creates it, empties its status, reads it once a period, and tells when the verdict changes. */
#include "common/error.h"
#include "controller/canary.h"
#include "kube/client.h"
#include "kube/object_meta.h"

/* In a busy cluster kube-controller-manager comes to a new object after most of a minute. */
#define CANARY_WATCH_PERIOD_NS (60 * NS_PER_SEC)
#define CANARY_WATCH_NAME "flyball-canary"

struct canary_watch;

struct canary_watch_config {
	struct kube_client *client;
	const char *namespace; /* ours; copied */
	int64_t period_ns; /* 0: CANARY_WATCH_PERIOD_NS; stretched a little by chance, so that two instances come out of step */
	/* The verdict is another one; by is who answered, for CANARY_ANSWERED. */
	void (*on_verdict)(enum canary_verdict verdict, const char *by, void *ctx);
	/* A request failed and is tried again; may be NULL. */
	void (*on_error)(const struct error *err, void *ctx);
	void *ctx;
};

/* Starts at once, as a standby. errors: NOMEM, INVALID (no namespace). */
MUST_USE enum error_kind canary_watch_new(
	const struct canary_watch_config *config, struct canary_watch **ret, struct error *err);
void canary_watch_free(struct canary_watch *w);
DEFINE_AUTO(struct canary_watch *, canary_watch_free)
void canary_watch_lead(struct canary_watch *w, bool leads);

/* Every native object that a watch tells of goes through here first. True: it is the canary, and no object to decide about. json empty: it is gone. Other objects are
 * evidence: a status that somebody else wrote a moment ago. */
bool canary_watch_object(struct canary_watch *w, const struct object_id *id, struct sv json);
/* Asked with a fresh clock before every write. */
enum canary_verdict canary_watch_judge(const struct canary_watch *w);

/* Does the object look as a canary is created, in whatever namespace: name, label and a target that there is not? For those who watch none: one of another
 * controller, or left behind, is not decided about. An object that only has the name is an ordinary one. */
bool canary_watch_is_canary(const struct object_id *id, struct sv json);
