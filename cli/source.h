#pragma once
/* One grammar for every verb that looks at autoscalers: live ones (hpa/NAME, -n, -A), or those of files (-f) in a recorded cluster (--snapshot) or in a
 * made-up one (--replicas, --total ...). Each object comes with the pass over it, whatever it was made from. */
#include "cli/what_if.h"
#include "common/buf.h"
#include "common/options.h"
#include "controller/pass.h"

struct live;

#define SOURCE_EXIT_OK 0
#define SOURCE_EXIT_NO_ANSWER 1
#define SOURCE_EXIT_BAD_INPUT 2

struct source_options {
	const char *kubeconfig, *context, *ns;
	const char *controller_config; /* names the Prometheus servers; NULL: none */
	bool all_namespaces;
	struct option_list files;
	const char *snapshot;
	struct what_if_flags what_if;
	struct settings settings;
	int64_t sync_period_ns;
	const char *name;	   /* of one object, or NULL */
	enum autoscaler_kind kind; /* of the object with this name */
	bool kind_named;	   /* "hpa/web": in files and tapes `kind` counts only then */
};

#define SOURCE_N_OPTIONS 18

void source_options_init(struct source_options *o);
void source_options_done(struct source_options *o);
/* Appends the rows to a table. */
void source_options_fill(struct option table[SOURCE_N_OPTIONS], struct source_options *o);
/* What the flags mean together, with the arguments that are no flags. errors: INVALID. */
MUST_USE enum error_kind source_options_check(
	struct source_options *o, const struct option_list *rest, struct error *err);
/* Of files and tapes: whether the object is the one that name, namespace and kind leave. */
bool source_is_asked_for(const struct source_options *o, const struct hpa *hpa);
/* In front of its name in messages: "hpa/", "fha/" or "". */
const char *source_kind_asked_for(const struct source_options *o);
/* Live: the cluster can be looked at again and again. */
bool source_is_live(const struct source_options *o);

/* One autoscaler and what one pass over it saw and decided. Valid during the call that hands it out. */
struct source_view {
	struct sv ns, name;
	const char *problem; /* set: there was no pass, and nothing below is set */
	const struct hpa *hpa;
	const struct pass *pass;      /* over; it may still have decided nothing */
	const struct history *before; /* what was known of earlier passes */
	bool history_known;
	struct sv origin;		     /* "hpa.yaml:2 autoscaling/v2beta2", "cluster" */
	const struct what_if_course *course; /* what-ifs: the passes that follow; else NULL */
	const struct settings *settings;
	int64_t sync_period_ns;
	struct live *live; /* the cluster, to ask it more; NULL: files */
	struct sv author;  /* who set the replicas last, where somebody asked; else empty */
};

typedef void (*source_fn)(void *ctx, const struct source_view *view);

/* Hands out every object in turn; 0 when each had its turn. Otherwise SOURCE_EXIT_..., with one line a problem in `problems`, and for a wrong input
 * not one object was handed out. */
MUST_USE int source_each(
	const struct source_options *o, source_fn fn, void *ctx, struct buf *problems);
