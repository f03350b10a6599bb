#pragma once
/* Which autoscalers of a cluster use which metric of the adapter. Read once; pure after that. */
#include "cli/live.h"
#include "common/buf.h"
#include "kube/selector.h"

struct rules_use {
	enum hpa_metric_kind kind; /* Pods, Object or External */
	struct sv ns, hpa;
	struct sv metric;
	struct sv described_kind, described_name; /* Object */
	const struct label_selector *selector;	  /* of the metric; may be NULL */
	struct sv target;			  /* "2", "50%" */
};

struct rules_uses {
	struct rules_use *at;
	size_t n;
};

/* All autoscalers of all namespaces, or of one. errors: as live_list. */
MUST_USE enum error_kind rules_uses_read(
	struct live *l, struct arena *a, const char *ns, struct rules_uses *ret, struct error *err);
/* Of a list of decoded objects. errors: LIMIT, NOMEM. */
MUST_USE enum error_kind rules_uses_add(struct arena *a, const struct hpa *hpa,
	struct rules_uses *into, size_t *size, struct error *err);
/* "used by hpa/myhpa, target 2", or nothing. ns empty: any; kind: of the resource ("Pod"), empty for external metrics. */
void rules_uses_print(struct buf *out, const struct rules_uses *uses, struct sv ns,
	struct sv metric, struct sv kind, struct sv name);
