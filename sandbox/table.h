#pragma once
/* The Table form of objects (meta.k8s.io/v1), which kubectl prints: the same columns and cell texts as kube-apiserver's for the kinds we serve.
 * Pure. */
#include "common/buf.h"
#include "common/instant.h"
#include "common/jw.h"
#include "common/jx.h"
#include "sandbox/resources.h"

/* Opens {"kind":"Table",...,"columnDefinitions":[...],"rows":[ ; columns are left out when with_columns is false (later watch events). */
void table_begin(
	struct jw *w, const struct resource *r, struct sv list_metadata_json, bool with_columns);
/* One row; metadata_json is the object's metadata for PartialObjectMetadata. */
void table_row(struct jw *w, const struct resource *r, const json_t *object, struct wall now);
void table_end(struct jw *w);

/* "5d3h", "10m", "59s": kubectl's age of a duration (duration.HumanDuration). Also the TARGETS text of an autoscaler. */
void table_print_age(struct buf *out, int64_t seconds);
void table_print_hpa_targets(struct buf *out, const json_t *hpa);
