#pragma once
/* MetricValueList (custom.metrics.k8s.io v1beta1 and v1beta2) and ExternalMetricValueList as compact JSON, item by item into a buffer. Pure.
 * The parts that all items share are rendered once, so an item costs a few copies. */
#include "common/arena.h"
#include "common/buf.h"
#include "common/instant.h"
#include "common/jw.h"
#include "kube/selector.h"
#include "promql/answer.h"

/* What all items of a custom list have in common. */
struct metric_list_custom {
	bool v1beta2;
	struct sv kind;		  /* "Pod" */
	struct sv group, version; /* "", "v1" is written "/v1", as the reference does */
	struct sv namespace;	  /* empty: left out (root-scoped objects) */
	struct sv metric;
	const struct selector *selector; /* of the metric; NULL or empty is null */
	struct wall at;
};

struct metric_list {
	struct buf *out;
	struct sv before, between, after; /* before NAME between VALUE after */
	size_t time_at;			  /* where the time stands in `between` */
	size_t n_items;
};

/* errors: NOMEM, LIMIT of the arena. Failures of `out` are sticky there. */
MUST_USE enum error_kind metric_list_begin(struct metric_list *l, struct arena *a, struct buf *out,
	const struct metric_list_custom *head, struct error *err);
void metric_list_add(struct metric_list *l, struct sv name, int64_t milli);
/* An item with a time of its own. */
void metric_list_add_at(struct metric_list *l, struct sv name, int64_t milli, struct wall at);
void metric_list_end(struct metric_list *l);

void metric_list_external_begin(struct metric_list *l, struct buf *out);
/* labels NULL: null (a scalar). */
void metric_list_external_add(struct metric_list *l, struct sv metric,
	const struct answer_label *labels, size_t n_labels, struct wall at, int64_t milli);

/* The LabelSelector object that stands for a parsed selector: of equal keys the last label counts; != is NotIn. errors: INVALID for > and <,
 * which that object cannot express */
MUST_USE enum error_kind metric_list_selector(
	struct jw *w, const struct selector *s, struct error *err);
