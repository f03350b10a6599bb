#pragma once
/* Words and numbers of decisions, for people. Pure. */
#include "common/buf.h"
#include "controller/decide.h"

/* A target in percent of the requests; a value over all pods together; else a value per pod. */
bool plan_words_is_percent(const struct hpa_metric *m);
bool plan_words_is_total(const struct hpa_metric *m);

/* "pods/queue_length", "resource/cpu of container web", "object/rps of Ingress/main". */
void plan_words_metric(struct buf *out, const struct hpa_metric *m);
/* Thousandths as a decimal number: "2.25"; memory in binary units: "1.5Gi". */
void plan_words_amount(struct buf *out, const struct hpa_metric *m, int64_t milli);
/* The same as a canonical quantity, for programs. */
void plan_words_quantity(struct buf *out, const struct hpa_metric *m, int64_t milli);
/* "9 per pod", "85% of requests", "12 in all". */
void plan_words_value(struct buf *out, const struct hpa_metric *m, const struct calculation *c);
/* "2", "80%". */
void plan_words_target(struct buf *out, const struct hpa_metric *m);
/* Two to three decimals: "4.50", "1.125"; "-" where there is none, as at zero replicas. */
void plan_words_ratio(struct buf *out, double ratio);
/* Up to three decimals: "1.1". */
void plan_words_number(struct buf *out, double number);
/* "15s", "5m", "1h0m30s" without parts that are zero at the end. */
void plan_words_duration(struct buf *out, int64_t ns);
/* "+22%" from `from` to `to`; nothing where `from` is 0. */
void plan_words_change(struct buf *out, int64_t from, int64_t to);

/* The ratio that decided: after filling in where that was done. */
double plan_words_last_ratio(const struct calculation *c);
/* Why the count is what it is: "", ", within tolerance" ... */
const char *plan_words_path(enum calculate_path path);
/* "ScaleUpLimit" ...; the condition's reason. */
const char *plan_words_limit(enum limited_by by);
/* Windows and limits have been worked out. */
bool plan_words_has_limits(const struct proposal *p);
