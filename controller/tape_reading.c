/* A reading -> the row of a tape that gives the same reading when the real decoder reads it: an
 * answer in the format of the metrics API that was asked, or the reason why there is no value. */
#include "controller/tape_reading.h"

#include "controller/tape_parts.h"

#define NUMBER_BYTES 32
#define TIME_BYTES 64
/* From 19 digits on a quantity is held as a large one. */
#define LARGE_NEGATIVE (-INT64_C(1000000000000000000))

struct rows {
	struct jw *w;
	const struct hpa *hpa;
	const struct hpa_metric *metric;
	const struct hpa_source *source;
	enum arith_mode mode;
	bool beta1; /* of custom.metrics.k8s.io */
};

/* The reference reads small numbers as they are and cuts large ones down to 64 bits; of large
 * negative ones it makes another number, so a large positive one stands for them. */
static void put_milli(const struct rows *r, struct sv key, int64_t milli)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, NUMBER_BYTES);
	if (r->mode == ARITH_STRICT && milli <= LARGE_NEGATIVE)
		buf_put_u64(&text, (uint64_t)milli);
	else
		buf_put_i64(&text, milli);
	buf_put_char(&text, 'm');
	if (text.failed != ERR_OK)
		r->w->out->failed = text.failed;
	jw_key_sv(r->w, key);
	jw_sv(r->w, buf_sv(&text));
}

static void put_window(struct jw *w, int64_t ns)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, TIME_BYTES);
	instant_duration_print(&text, ns);
	if (text.failed != ERR_OK)
		w->out->failed = text.failed;
	jw_member_sv(w, "window", buf_sv(&text));
}

/* sample NULL: a pod without the resource. */
static void put_pod_metrics(const struct rows *r, const struct reading_sample *sample)
{
	struct jw *w = r->w;

	jw_object(w);
	jw_key(w, "metadata");
	jw_object(w);
	jw_member_sv(w, "name", sample ? sample->pod : SV(""));
	jw_member_sv(w, "namespace", r->hpa->meta.ns);
	jw_object_end(w);
	if (sample && !instant_wall_is_zero(sample->at))
		tape_parts_wall(w, "timestamp", sample->at);
	if (sample)
		put_window(w, sample->window_ns);
	jw_key(w, "containers");
	jw_array(w);
	if (sample) {
		/* All that counted of the pod, as one container. */
		jw_object(w);
		jw_member_sv(w, "name", r->source->container);
		jw_key(w, "usage");
		jw_object(w);
		put_milli(r, r->source->resource, sample->milli);
		jw_object_end(w);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_object_end(w);
}

static void put_described(const struct rows *r, struct sv kind, struct sv name)
{
	jw_key(r->w, "describedObject");
	jw_object(r->w);
	jw_member_sv(r->w, "kind", kind);
	jw_member_sv(r->w, "namespace", r->hpa->meta.ns);
	jw_member_sv(r->w, "name", name);
	jw_object_end(r->w);
}

static void put_pods_value(const struct rows *r, const struct reading_sample *sample)
{
	jw_object(r->w);
	put_described(r, SV("Pod"), sample->pod);
	if (!instant_wall_is_zero(sample->at))
		tape_parts_wall(r->w, "timestamp", sample->at);
	jw_member_i64(r->w, r->beta1 ? "window" : "windowSeconds", sample->window_ns / NS_PER_SEC);
	put_milli(r, SV("value"), sample->milli);
	jw_object_end(r->w);
}

static void put_value(const struct rows *r, int64_t milli)
{
	jw_object(r->w);
	if (r->metric->kind == HPA_METRIC_OBJECT)
		put_described(r, r->source->described.kind, r->source->described.name);
	else
		jw_member_sv(r->w, "metricName", r->source->metric);
	put_milli(r, SV("value"), milli);
	jw_object_end(r->w);
}

/* As which API's answer it is written. A Prometheus metric's reading is that of the API whose rules it follows. */
static enum hpa_metric_kind form_of(const struct hpa_metric *metric)
{
	if (metric->kind != HPA_METRIC_PROMETHEUS)
		return metric->kind;
	return metric->prometheus->pod_label.len ? HPA_METRIC_PODS : HPA_METRIC_EXTERNAL;
}

static void put_list_head(const struct rows *r)
{
	switch (form_of(r->metric)) {
	case HPA_METRIC_RESOURCE:
	case HPA_METRIC_CONTAINER_RESOURCE:
		jw_member_str(r->w, "kind", "PodMetricsList");
		jw_member_str(r->w, "apiVersion", "metrics.k8s.io/v1beta1");
		break;
	case HPA_METRIC_PODS:
	case HPA_METRIC_OBJECT:
		jw_member_str(r->w, "kind", "MetricValueList");
		jw_member_str(r->w, "apiVersion",
			r->beta1 ? "custom.metrics.k8s.io/v1beta1"
				 : "custom.metrics.k8s.io/v1beta2");
		break;
	case HPA_METRIC_EXTERNAL:
	case HPA_METRIC_PROMETHEUS:
	case HPA_METRIC_UNKNOWN:
		jw_member_str(r->w, "kind", "ExternalMetricValueList");
		jw_member_str(r->w, "apiVersion", "external.metrics.k8s.io/v1beta1");
		break;
	}
}

static void put_list(const struct rows *r, const struct reading *reading)
{
	jw_object(r->w);
	put_list_head(r);
	jw_key(r->w, "items");
	jw_array(r->w);
	for (size_t i = 0; i < reading->n_samples; i++) {
		if (form_of(r->metric) == HPA_METRIC_PODS)
			put_pods_value(r, &reading->samples[i]);
		else
			put_pod_metrics(r, &reading->samples[i]);
	}
	/* An answer without a usable pod is not an empty one. */
	if (reading->n_samples == 0 && hpa_metric_is_resource(r->metric))
		put_pod_metrics(r, NULL);
	for (size_t i = 0; i < reading->n_values; i++)
		put_value(r, reading->values[i]);
	jw_array_end(r->w);
	jw_object_end(r->w);
}

void tape_reading_put(struct jw *w, const struct hpa *hpa, const struct hpa_metric *metric,
	struct sv target, const struct reading *reading, enum arith_mode mode)
{
	static const char *const NAMES[] = { [READING_FAILED] = "failed",
		[READING_EMPTY] = "empty",
		[READING_STALE] = "stale",
		[READING_NOT_FINITE] = "notFinite" };
	const struct rows r = {
		.w = w,
		.hpa = hpa,
		.metric = metric,
		.source = metric->member[metric->kind],
		.mode = mode,
		.beta1 = sv_has_prefix(target, SV("/apis/custom.metrics.k8s.io/v1beta1/")),
	};

	jw_object(w);
	jw_member_sv(w, "path", target);
	/* One request serves all resources; a row is narrowed to one. */
	if (hpa_metric_is_resource(metric))
		jw_member_sv(w, "resource", r.source->resource);
	if (metric->kind == HPA_METRIC_CONTAINER_RESOURCE)
		jw_member_sv(w, "container", r.source->container);
	if (reading->kind == READING_VALUE) {
		jw_member_i64(w, "status", 200);
		jw_key(w, "body");
		put_list(&r, reading);
	} else {
		jw_member_str(w, "reading", NAMES[reading->kind]);
		jw_member_sv(w, "why", reading->why);
	}
	jw_object_end(w);
}
