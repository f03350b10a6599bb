/* A reading -> the row of a tape that gives the same reading when the real decoder reads it: an
 * answer in the format of the metrics API that was asked, or the reason why there is no value. */
#include "controller/tape_reading.h"

#include <inttypes.h>

#include "controller/tape_parts.h"

#define NUMBER_BYTES 32
#define TIME_BYTES 64

static void put_milli(struct jw *w, struct sv key, int64_t milli)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, NUMBER_BYTES);
	buf_printf(&text, "%" PRId64 "m", milli);
	if (text.failed != ERR_OK)
		w->out->failed = text.failed;
	jw_key_sv(w, key);
	jw_sv(w, buf_sv(&text));
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

static void put_pod_metrics(struct jw *w, const struct hpa *hpa, const struct hpa_metric *metric,
	const struct reading_sample *sample)
{
	const struct hpa_source *source = metric->member[metric->kind];

	jw_object(w);
	jw_key(w, "metadata");
	jw_object(w);
	jw_member_sv(w, "name", sample->pod);
	jw_member_sv(w, "namespace", hpa->meta.ns);
	jw_object_end(w);
	if (!instant_wall_is_zero(sample->at))
		tape_parts_wall(w, "timestamp", sample->at);
	put_window(w, sample->window_ns);
	jw_key(w, "containers");
	jw_array(w);
	jw_object(w);
	/* All that counted of the pod, as one container. */
	jw_member_sv(w, "name", source->container);
	jw_key(w, "usage");
	jw_object(w);
	put_milli(w, source->resource, sample->milli);
	jw_object_end(w);
	jw_object_end(w);
	jw_array_end(w);
	jw_object_end(w);
}

static void put_described(struct jw *w, struct sv kind, struct sv ns, struct sv name)
{
	jw_key(w, "describedObject");
	jw_object(w);
	jw_member_sv(w, "kind", kind);
	jw_member_sv(w, "namespace", ns);
	jw_member_sv(w, "name", name);
	jw_object_end(w);
}

static void put_pods_value(
	struct jw *w, const struct hpa *hpa, bool beta1, const struct reading_sample *sample)
{
	jw_object(w);
	put_described(w, SV("Pod"), hpa->meta.ns, sample->pod);
	if (!instant_wall_is_zero(sample->at))
		tape_parts_wall(w, "timestamp", sample->at);
	jw_member_i64(w, beta1 ? "window" : "windowSeconds", sample->window_ns / NS_PER_SEC);
	put_milli(w, SV("value"), sample->milli);
	jw_object_end(w);
}

static void put_value(
	struct jw *w, const struct hpa *hpa, const struct hpa_metric *metric, int64_t milli)
{
	const struct hpa_source *source = metric->member[metric->kind];

	jw_object(w);
	if (metric->kind == HPA_METRIC_OBJECT)
		put_described(w, source->described.kind, hpa->meta.ns, source->described.name);
	else
		jw_member_sv(w, "metricName", source->metric);
	put_milli(w, SV("value"), milli);
	jw_object_end(w);
}

static void put_list_head(struct jw *w, const struct hpa_metric *metric, bool beta1)
{
	switch (metric->kind) {
	case HPA_METRIC_RESOURCE:
	case HPA_METRIC_CONTAINER_RESOURCE:
		jw_member_str(w, "kind", "PodMetricsList");
		jw_member_str(w, "apiVersion", "metrics.k8s.io/v1beta1");
		break;
	case HPA_METRIC_PODS:
	case HPA_METRIC_OBJECT:
		jw_member_str(w, "kind", "MetricValueList");
		jw_member_str(w, "apiVersion",
			beta1 ? "custom.metrics.k8s.io/v1beta1" : "custom.metrics.k8s.io/v1beta2");
		break;
	case HPA_METRIC_EXTERNAL:
	case HPA_METRIC_UNKNOWN:
		jw_member_str(w, "kind", "ExternalMetricValueList");
		jw_member_str(w, "apiVersion", "external.metrics.k8s.io/v1beta1");
		break;
	}
}

static void put_list(struct jw *w, const struct hpa *hpa, const struct hpa_metric *metric,
	struct sv target, const struct reading *reading)
{
	bool beta1 = sv_has_prefix(target, SV("/apis/custom.metrics.k8s.io/v1beta1/"));

	jw_object(w);
	put_list_head(w, metric, beta1);
	jw_key(w, "items");
	jw_array(w);
	for (size_t i = 0; i < reading->n_samples; i++) {
		if (metric->kind == HPA_METRIC_PODS)
			put_pods_value(w, hpa, beta1, &reading->samples[i]);
		else
			put_pod_metrics(w, hpa, metric, &reading->samples[i]);
	}
	for (size_t i = 0; i < reading->n_values; i++)
		put_value(w, hpa, metric, reading->values[i]);
	jw_array_end(w);
	jw_object_end(w);
}

void tape_reading_put(struct jw *w, const struct hpa *hpa, const struct hpa_metric *metric,
	struct sv target, const struct reading *reading)
{
	static const char *const NAMES[] = { [READING_FAILED] = "failed",
		[READING_EMPTY] = "empty",
		[READING_STALE] = "stale",
		[READING_NOT_FINITE] = "notFinite" };

	jw_object(w);
	jw_member_sv(w, "path", target);
	if (reading->kind == READING_VALUE) {
		jw_member_i64(w, "status", 200);
		jw_key(w, "body");
		put_list(w, hpa, metric, target, reading);
	} else {
		jw_member_str(w, "reading", NAMES[reading->kind]);
		jw_member_sv(w, "why", reading->why);
	}
	jw_object_end(w);
}
