#pragma once
/* Performs what one pass wants: reads the scale, picks the pods, asks the metrics APIs, writes scale and status. All I/O of a pass is here; what to do is
 * pass.h's. Nothing blocks: `done` comes later, from the loop. */
#include "controller/autoscalers.h"
#include "controller/gate.h"
#include "controller/metric_share.h"
#include "controller/object_quarantine.h"
#include "controller/pass.h"
#include "controller/pod_cache.h"
#include "controller/pressure.h"
#include "controller/prom_share.h"
#include "controller/record.h"
#include "controller/refusals.h"
#include "controller/scale_cache.h"
#include "kube/client.h"
#include "kube/discovery_cache.h"

/* What all passes share. */
struct drive_context {
	struct loop *loop;
	struct kube_client *client;
	struct discovery_cache *discovery;
	const struct settings *settings;
	struct pod_cache *pods;
	struct autoscalers *autoscalers;
	struct scale_cache *scales; /* NULL: every scale is asked for */
	struct metric_share *share; /* NULL: every object asks for itself */
	struct refusals *refusals;  /* of questions to metrics APIs; NULL: every one is asked */
	/* Both NULL: no Prometheus server is configured. */
	const struct ask_prometheus_servers *prometheus;
	struct prom_share *prom_share;
	/* As the reference does it: no economy of requests, a conflict is written over. */
	bool strict;
	int64_t status_refresh_ns; /* a status that differs in values only is written at most this often (status_write.c); 0: with every pass */
	struct pressure *pressure;
	/* Asked just before each write, and its answer is never kept. */
	struct gate_answer (*gate)(const struct autoscaler *one, const struct hpa *hpa,
		enum gate_write write, void *ctx);
	void *gate_ctx;
	/* Why an object must leave its target alone, in the pass's arena; empty: nothing does; ptr NULL: no memory. */
	struct sv (*foreign)(struct arena *a, const struct hpa *hpa, void *ctx);
	void *foreign_ctx;
	int64_t metrics_timeout_ns;
	int64_t sync_period_ns;
	struct object_quarantine
		*quarantine;	       /* is told whose pass has the processor; NULL: nobody is */
	struct record *record;	       /* NULL: passes are not recorded */
	struct decisions *decisions;   /* NULL: none are kept */
	const struct guard_mass *mass; /* NULL: there are no guards */
};

struct drive;

struct drive_result {
	const struct hpa *hpa;
	const struct pass *pass; /* NULL: it did not get that far */
	const struct conclusion
		*conclusion; /* NULL: no conclusion (discovery, memory); `failed` says why */
	const struct error *failed;
	const struct error *not_recorded; /* NULL: recorded, or not to be */
	/* The object as the API server stored our status; empty: not written. */
	struct sv stored;
	enum gate_reason
		scale_refused; /* why the scale write that the pass wanted was not sent; OPEN: it was, or none was wanted */
	int64_t metrics_ns; /* from the questions to the last answer */
	bool may_send_events;
	bool again; /* the count changed while we decided: nothing was concluded, and the next pass is due at once */
};
/* Everything is borrowed for the time of the call; the drive is freed behind it. */
typedef void (*drive_done_fn)(struct autoscaler *one, const struct drive_result *result, void *ctx);

/* Starts a pass over the object as it is now. errors: INVALID (the object does not decode), NOMEM, LIMIT; done is not called then. */
MUST_USE enum error_kind drive_start(const struct drive_context *context, struct autoscaler *one,
	drive_done_fn done, void *ctx, struct drive **ret, struct error *err);
/* Ends it without calling back; what was not sent yet is never sent. */
void drive_cancel(struct drive *d);
