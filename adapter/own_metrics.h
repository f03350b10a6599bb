#pragma once
/* The adapter's own metrics: names and labels in one place. */
#include "adapter/catalog.h"
#include "common/selfmetrics.h"

MUST_USE enum error_kind own_metrics_new(struct selfmetrics **ret, struct error *err);
/* counts: one per rule, custom then external. */
void own_metrics_catalog(
	struct selfmetrics *m, const struct catalog *c, const struct catalog_count *counts);
void own_metrics_relist_error(struct selfmetrics *m);
void own_metrics_listed(struct selfmetrics *m, bool external, bool ok, uint64_t n_entries);
/* A server answered (or failed to answer) which series a selector has. */
void own_metrics_series_answered(struct selfmetrics *m, const char *server, int64_t took_ns);
/* As the work note has them. */
void own_metrics_work(struct selfmetrics *m, uint64_t n_crashes, size_t n_quarantined);
/* what: "config", "servers", "server NAME", "certificate" or "client-ca". */
void own_metrics_reload(struct selfmetrics *m, const char *what, bool ok);
/* status 0: no answer came. */
void own_metrics_answered(struct selfmetrics *m, const char *server, int status, int64_t took_ns);
void own_metrics_request(struct selfmetrics *m, const char *group, int status, int64_t took_ns);
