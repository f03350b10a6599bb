/* The older versions. Pure. v1 knows only CPU utilization; everything else travels in annotations whose texts are JSON of the flat shape.
 * Fields that are no pointers there read as zero when they are absent, and that zero stays. */
#include "controller/hpa_old.h"

#include <stdlib.h>

#include "common/limits.h"
#include "controller/hpa_decode.h"
#include "controller/hpa_default.h"

#define PREFIX "autoscaling.alpha.kubernetes.io/"

static const char *const ANNOTATIONS[] = { PREFIX "metrics", PREFIX "current-metrics",
	PREFIX "conditions", PREFIX "behavior", PREFIX "scale-down-tolerance",
	PREFIX "scale-up-tolerance" };
enum { METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR };

static void set_if_absent(struct opt_quantity *q)
{
	if (!q->set)
		*q = opt_quantity_of((struct quantity){ .form = QUANTITY_SMALL });
}

static void unflatten_object(struct hpa_target *t)
{
	if (!t->average_value.set) {
		t->type = SV("Value");
		set_if_absent(&t->value);
		return;
	}
	t->type = SV("AverageValue");
	/* A zero is how the flat shape spells "not set" here. */
	if (t->value.set && quantity_sign(&t->value.value) == 0)
		t->value.set = false;
}

static void unflatten_metric(struct hpa_metric *m)
{
	struct hpa_source *const *member = m->member;

	if (member[HPA_METRIC_OBJECT])
		unflatten_object(&member[HPA_METRIC_OBJECT]->target);
	if (member[HPA_METRIC_PODS]) {
		member[HPA_METRIC_PODS]->target.type = SV("AverageValue");
		set_if_absent(&member[HPA_METRIC_PODS]->target.average_value);
	}
	for (size_t i = HPA_METRIC_RESOURCE; i <= HPA_METRIC_CONTAINER_RESOURCE; i++) {
		struct hpa_target *t = member[i] ? &member[i]->target : NULL;
		if (t)
			t->type =
				t->average_utilization.set ? SV("Utilization") : SV("AverageValue");
	}
	if (member[HPA_METRIC_EXTERNAL]) {
		struct hpa_target *t = &member[HPA_METRIC_EXTERNAL]->target;
		t->type = t->value.set ? SV("Value") : SV("AverageValue");
	}
}

static void unflatten_status(struct hpa_metric_status *s)
{
	struct hpa_current *const *member = s->member;

	for (size_t i = 0; i < HPA_N_METRIC_KINDS; i++) {
		if (!member[i])
			continue;
		bool valued = i == HPA_METRIC_OBJECT || i == HPA_METRIC_EXTERNAL;
		set_if_absent(valued ? &member[i]->value : &member[i]->average_value);
	}
}

static struct sv annotation(const struct hpa_meta *meta, const char *name)
{
	for (size_t i = 0; i < meta->n_annotations; i++) {
		if (sv_is(meta->annotations[i].key, name))
			return meta->annotations[i].value;
	}
	return SV_NULL;
}

/* One annotation's JSON into the struct `into` by a table of one member named "value"; false when there is none or it is broken. */
static bool decode_annotation(struct codec *c, const struct hpa_meta *meta, int which,
	const struct codec_object *object, void *into)
{
	struct codec inner = { .a = c->a, .fold_case = true };
	struct sv text = annotation(meta, ANNOTATIONS[which]);
	struct jtree *t;
	struct error err;

	if (!text.ptr)
		return false;
	enum error_kind kind = jtree_parse(c->a, text, &t, &err);
	if (kind == ERR_OK) {
		struct jtree wrapped = { .kind = JTREE_OBJECT, .first = t, .n = 1 };
		t->key = SV("value");
		codec_decode(&inner, NULL, &wrapped, object, into);
		kind = codec_result(&inner, &err);
	}
	if (kind == ERR_LIMIT || kind == ERR_NOMEM)
		c->failed = true;
	if (kind == ERR_INVALID && c->strict) {
		struct codec_path up = { .member = SV("metadata") };
		struct codec_path all = { .up = &up, .member = SV("annotations") };
		struct codec_path at = { .up = &all, .member = sv_of(ANNOTATIONS[which]) };
		codec_find(c, &at, NULL, "cannot be read and would be ignored: %s", err.text);
	}
	return kind == ERR_OK;
}

struct metrics {
	struct hpa_metric *value;
	size_t n_value;
};
struct current_metrics {
	struct hpa_metric_status *value;
	size_t n_value;
};
struct conditions {
	struct hpa_condition *value;
	size_t n_value;
};
struct behavior {
	struct hpa_behavior *value;
};

/* clang-format off */
static const struct codec_field METRICS_FIELDS[] = {
	CODEC_LIST_OF("value", struct metrics, value, hpa_fields_metric_flat, 0),
};
static const struct codec_object METRICS_OBJECT = CODEC_OBJECT(struct metrics, METRICS_FIELDS);
static const struct codec_field CURRENT_METRICS_FIELDS[] = {
	CODEC_LIST_OF("value", struct current_metrics, value, hpa_fields_metric_status_flat, 0),
};
static const struct codec_object CURRENT_METRICS_OBJECT = CODEC_OBJECT(struct current_metrics, CURRENT_METRICS_FIELDS);
static const struct codec_field CONDITIONS_FIELDS[] = {
	CODEC_LIST_OF("value", struct conditions, value, hpa_fields_condition, 0),
};
static const struct codec_object CONDITIONS_OBJECT = CODEC_OBJECT(struct conditions, CONDITIONS_FIELDS);
static const struct codec_field BEHAVIOR_FIELDS[] = {
	CODEC_POINTER_OF("value", struct behavior, value, hpa_fields_behavior_internal),
};
static const struct codec_object BEHAVIOR_OBJECT = CODEC_OBJECT(struct behavior, BEHAVIOR_FIELDS);
/* clang-format on */

static void take_behavior(struct codec *c, struct hpa *hpa)
{
	struct behavior read = { 0 };

	if (decode_annotation(c, &hpa->meta, BEHAVIOR, &BEHAVIOR_OBJECT, &read) && read.value &&
		(read.value->scale_up || read.value->scale_down))
		hpa->spec.behavior = read.value;
}

static void take_metrics(struct codec *c, struct hpa *hpa, struct opt_i32 cpu)
{
	struct metrics read = { 0 };
	struct error err;

	if (!decode_annotation(c, &hpa->meta, METRICS, &METRICS_OBJECT, &read))
		read.n_value = 0;
	struct hpa_metric *all = ARENA_ARRAY(c->a, read.n_value + 1, struct hpa_metric);
	if (!all) {
		c->failed = true;
		return;
	}
	for (size_t i = 0; i < read.n_value; i++) {
		all[i] = read.value[i];
		unflatten_metric(&all[i]);
	}
	hpa->spec.metrics = all;
	hpa->spec.n_metrics = read.n_value;
	if (cpu.set) {
		if (hpa_default_cpu_metric(c->a, cpu.value, &all[read.n_value], &err) != ERR_OK)
			c->failed = true;
		hpa->spec.n_metrics++;
	}
	if (hpa_default_metrics(c->a, &hpa->spec, &err) != ERR_OK)
		c->failed = true;
}

/* What v1 itself says of CPU; the annotation knows more and replaces it. */
static void take_cpu_status(struct codec *c, struct hpa_status *status, int32_t utilization)
{
	struct hpa_metric_status *metric = ARENA_NEW(c->a, struct hpa_metric_status);
	struct hpa_current *current = ARENA_NEW(c->a, struct hpa_current);

	if (!metric || !current) {
		c->failed = true;
		return;
	}
	current->resource = SV("cpu");
	current->average_utilization = opt_i32_of(utilization);
	metric->type = SV("Resource");
	metric->member[HPA_METRIC_RESOURCE] = current;
	status->current_metrics = metric;
	status->n_current_metrics = 1;
	status->has_current_metrics = true;
}

static void take_status(struct codec *c, struct hpa *hpa, struct opt_i32 cpu)
{
	struct current_metrics metrics = { 0 };
	struct conditions conditions = { 0 };

	if (cpu.set)
		take_cpu_status(c, &hpa->status, cpu.value);
	if (decode_annotation(c, &hpa->meta, CURRENT_METRICS, &CURRENT_METRICS_OBJECT, &metrics)) {
		for (size_t i = 0; i < metrics.n_value; i++)
			unflatten_status(&metrics.value[i]);
		hpa->status.current_metrics = metrics.value;
		hpa->status.n_current_metrics = metrics.n_value;
		hpa->status.has_current_metrics = true;
	}
	if (decode_annotation(c, &hpa->meta, CONDITIONS, &CONDITIONS_OBJECT, &conditions)) {
		hpa->status.conditions = conditions.value;
		hpa->status.n_conditions = conditions.n_value;
	}
}

void hpa_old_decode_v1(struct codec *c, const struct jtree *t, struct hpa *hpa)
{
	struct codec_path spec_path = { .member = SV("spec") };
	struct codec_path status_path = { .member = SV("status") };
	struct hpa_v1_spec spec = { 0 };
	struct hpa_v1_status status = { 0 };

	codec_decode(c, &spec_path, jtree_get(t, "spec"), &hpa_fields_spec_v1, &spec);
	codec_decode(c, &status_path, jtree_get(t, "status"), &hpa_fields_status_v1, &status);
	hpa->spec = spec.spec;
	hpa->status = status.status;
	hpa_default_min_replicas(&hpa->spec);
	take_metrics(c, hpa, spec.cpu_utilization);
	take_behavior(c, hpa);
	take_status(c, hpa, status.cpu_utilization);
}

void hpa_old_unflatten(struct codec *c, struct hpa *hpa)
{
	for (size_t i = 0; i < hpa->spec.n_metrics; i++)
		unflatten_metric(&hpa->spec.metrics[i]);
	for (size_t i = 0; i < hpa->status.n_current_metrics; i++)
		unflatten_status(&hpa->status.current_metrics[i]);
	take_behavior(c, hpa);
}

static bool is_conversion_annotation(struct sv key)
{
	for (size_t i = 0; i < ARRAY_LEN(ANNOTATIONS); i++) {
		if (sv_is(key, ANNOTATIONS[i]))
			return true;
	}
	return false;
}

void hpa_old_drop_annotations(struct hpa_meta *meta)
{
	size_t n = 0;

	for (size_t i = 0; i < meta->n_annotations; i++) {
		if (!is_conversion_annotation(meta->annotations[i].key))
			meta->annotations[n++] = meta->annotations[i];
	}
	meta->n_annotations = n;
}

static const struct hpa_target *cpu_utilization(const struct hpa_metric *m)
{
	const struct hpa_source *s = m->member[HPA_METRIC_RESOURCE];

	if (m->kind != HPA_METRIC_RESOURCE || !s || !sv_is(s->resource, "cpu") ||
		!s->target.average_utilization.set)
		return NULL;
	return &s->target;
}

struct hpa_v1_spec hpa_old_spec_v1(const struct hpa_spec *spec)
{
	struct hpa_v1_spec v1 = { .spec = *spec };

	for (size_t i = 0; i < spec->n_metrics && !v1.cpu_utilization.set; i++) {
		const struct hpa_target *cpu = cpu_utilization(&spec->metrics[i]);
		if (cpu)
			v1.cpu_utilization = cpu->average_utilization;
	}
	return v1;
}

struct hpa_v1_status hpa_old_status_v1(const struct hpa_status *status)
{
	struct hpa_v1_status v1 = { .status = *status };

	for (size_t i = 0; i < status->n_current_metrics; i++) {
		const struct hpa_metric_status *m = &status->current_metrics[i];
		const struct hpa_current *current = m->member[HPA_METRIC_RESOURCE];
		if (m->kind == HPA_METRIC_RESOURCE && current && sv_is(current->resource, "cpu") &&
			current->average_utilization.set)
			v1.cpu_utilization = current->average_utilization;
	}
	return v1;
}

/* The annotations under construction. */
struct adding {
	struct arena *a;
	struct label *at;
	size_t n;
	bool failed;
};

static void add_annotation(struct adding *adding, int which, const struct buf *json)
{
	struct sv value = arena_sv(adding->a, buf_sv(json));

	adding->failed = adding->failed || json->failed != ERR_OK || !value.ptr;
	adding->at[adding->n++] = (struct label){ sv_of(ANNOTATIONS[which]), value };
}

/* A list of structs as one JSON text; `skip` leaves out what v1 has a field for. */
static void add_list(struct adding *adding, int which, const struct codec_object *object,
	const char *items, size_t n)
{
	struct buf json;
	struct jw w;

	buf_init(&json, LIMIT_OBJECT_BYTES);
	jw_init(&w, &json);
	jw_array(&w);
	for (size_t i = 0; i < n; i++)
		codec_encode(&w, object, items + i * object->size);
	jw_array_end(&w);
	if (n > 0)
		add_annotation(adding, which, &json);
	buf_done(&json);
}

static void add_metrics(struct adding *adding, const struct hpa_spec *spec)
{
	struct hpa_metric *others = ARENA_ARRAY(adding->a, spec->n_metrics, struct hpa_metric);
	size_t n = 0;

	if (!others) {
		adding->failed = true;
		return;
	}
	for (size_t i = 0; i < spec->n_metrics; i++) {
		if (!cpu_utilization(&spec->metrics[i]))
			others[n++] = spec->metrics[i];
	}
	add_list(adding, METRICS, &hpa_fields_metric_flat, (const char *)others, n);
}

static void add_behavior(struct adding *adding, const struct hpa_behavior *behavior)
{
	struct buf json;
	struct jw w;

	buf_init(&json, LIMIT_OBJECT_BYTES);
	jw_init(&w, &json);
	codec_encode(&w, &hpa_fields_behavior_internal, behavior);
	add_annotation(adding, BEHAVIOR, &json);
	buf_done(&json);
}

static int compare_labels(const void *a, const void *b)
{
	const struct label *x = a, *y = b;
	return sv_cmp(x->key, y->key);
}

enum error_kind hpa_old_annotations(struct arena *a, const struct hpa *hpa, bool metrics,
	struct label **ret, size_t *ret_n, struct error *err)
{
	struct adding adding = { .a = a };
	const struct hpa_status *status = &hpa->status;

	adding.at = ARENA_ARRAY(a, hpa->meta.n_annotations + ARRAY_LEN(ANNOTATIONS), struct label);
	if (!adding.at)
		return arena_error(a, err);
	for (size_t i = 0; i < hpa->meta.n_annotations; i++)
		adding.at[adding.n++] = hpa->meta.annotations[i];
	if (metrics) {
		add_metrics(&adding, &hpa->spec);
		add_list(&adding, CURRENT_METRICS, &hpa_fields_metric_status_flat,
			(const char *)status->current_metrics, status->n_current_metrics);
		add_list(&adding, CONDITIONS, &hpa_fields_condition,
			(const char *)status->conditions, status->n_conditions);
	}
	if (hpa->spec.behavior)
		add_behavior(&adding, hpa->spec.behavior);
	if (adding.failed)
		return arena_error(a, err);
	if (adding.n > 1)
		qsort(adding.at, adding.n, sizeof(*adding.at), compare_labels);
	*ret = adding.at;
	*ret_n = adding.n;
	return ERR_OK;
}
