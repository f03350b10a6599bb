#pragma once
/* The parts of a tape that are written the same wherever they stand. Members in a fixed order: the
 * same input gives the same bytes. Pure. */
#include "common/jw.h"
#include "controller/decide.h"
#include "controller/hpa.h"
#include "controller/pods.h"
#include "controller/scale.h"
#include "controller/settings.h"
#include "kube/discovery.h"

/* {"wall": ..., "monoNs": ...} */
void tape_parts_now(struct jw *w, struct decide_now now);
/* The members of config, braces included. */
void tape_parts_config(struct jw *w, const struct settings *settings, int64_t sync_period_ns);
/* kind, apiVersion, metadata without labels and annotations, spec, status. */
void tape_parts_hpa(struct jw *w, const struct hpa *hpa);
/* The groups, versions and resources that a pass over this object can look up. */
void tape_parts_discovery(struct jw *w, const struct discovery *d, const struct hpa *hpa);
void tape_parts_history(struct jw *w, const struct history *h);
/* A v1 Pod with what the decision reads. */
void tape_parts_pod(struct jw *w, const struct pod *pod);
void tape_parts_scale(struct jw *w, const struct scale *scale);
/* A metav1.Status that explains itself. */
void tape_parts_status(struct jw *w, struct sv message, int64_t code);
/* RFC 3339 with nanoseconds where there are any. */
void tape_parts_wall(struct jw *w, const char *key, struct wall t);
