/* What deciding costs: 10,000 objects with 150,000 pods in one process, from decoded readings to the new status and its comparison
 * with the stored one; and what one quantity costs to parse. Each figure is one line "NAME VALUE"; run.py knows the bounds.
 *
 * A fleet is decided as a controller does it: one arena that is cleared for every object, histories of five minutes, half of the
 * objects with spec.behavior. Of 100 objects, 94 stay as they are, 5 have a status to write, and 1 is scaled. */
#include "controller/decide.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/buf.h"
#include "controller/conclude.h"

#define N_OBJECTS 10000
#define N_PODS 150000
/* Objects have 5, 10, 15, 20 or 25 pods in turn. */
#define POD_STEP 5
#define POD_STEPS 5
#define PERIOD_SEC 15
/* Longer than the window of five minutes, so that histories have reached their length. */
#define WARM_UP_PASSES 25
#define PASSES 21
#define ARENA_BYTES (64u << 20)
#define TARGET_MILLI 1000
#define QUANTITY_ROUNDS 100000
#define QUANTITY_REPEATS 21

struct object {
	struct hpa hpa;
	struct hpa_metric metric;
	struct hpa_source source;
	struct scale scale;
	struct pod_set pods;
	struct reading reading;
	struct history history;
	bool loaded; /* wants more than it has */
};

struct fleet {
	struct arena memory; /* what lives as long as the fleet */
	struct arena pass;
	struct settings settings;
	struct object *objects;
	struct pod *pods;
	const struct pod **list;
	struct reading_sample *samples;
	int64_t now_sec;
	size_t n_scaled, n_status_writes;
};

static struct hpa_policy up_policies[] = { { SV("Percent"), 100, 15 }, { SV("Pods"), 4, 15 } };
static struct hpa_policy down_policies[] = { { SV("Percent"), 100, 15 } };
static struct hpa_rules up_rules = { .stabilization_window_sec = { true, 0 },
	.select_policy = SV("Max"),
	.has_policies = true,
	.policies = up_policies,
	.n_policies = ARRAY_LEN(up_policies) };
static struct hpa_rules down_rules = { .select_policy = SV("Max"),
	.has_policies = true,
	.policies = down_policies,
	.n_policies = ARRAY_LEN(down_policies) };
static struct hpa_behavior behavior = { &up_rules, &down_rules };

static const struct pod_labels NO_LABELS;
static struct pod_request requests[] = {
	{ SV("cpu"), { .small = 1, .form = QUANTITY_SMALL } },
	{ SV("memory"), { .small = 1 << 30, .form = QUANTITY_SMALL } },
};
static struct pod_container containers[] = {
	{ .name = SV("web"), .requests = { requests, ARRAY_LEN(requests) } },
};
static const struct pod_template TEMPLATE = { .containers = containers,
	.n_containers = ARRAY_LEN(containers) };

static void must(enum error_kind kind, const struct error *err)
{
	if (!kind)
		return;
	fprintf(stderr, "bench decide: %s\n", err->text);
	_Exit(EXIT_FAILURE);
}

static void *must_have(void *p)
{
	struct error err;
	if (!p)
		must(error_nomem(&err), &err);
	return p;
}

static void make_object(struct fleet *f, struct object *o, size_t i, enum hpa_metric_kind kind)
{
	bool is_cpu = kind == HPA_METRIC_RESOURCE;

	if (is_cpu)
		o->source = (struct hpa_source){ .resource = SV("cpu"),
			.target = {
				.type = SV("Utilization"), .average_utilization = { true, 100 } } };
	else
		o->source = (struct hpa_source){ .metric = SV("http_requests_per_second"),
			.target = { .type = SV("AverageValue"),
				.average_value = opt_quantity_of(
					quantity_from_milli(TARGET_MILLI, QUANTITY_DECIMAL_SI)) } };
	o->metric =
		(struct hpa_metric){ .type = is_cpu ? SV("Resource") : SV("Pods"), .kind = kind };
	o->metric.member[kind] = &o->source;
	o->hpa.meta = (struct hpa_meta){
		.name = sv_of(must_have(arena_printf(&f->memory, "web-%05zu", i))),
		.ns = sv_of(must_have(arena_printf(&f->memory, "team-%03zu", i % 200))),
	};
	o->hpa.spec =
		(struct hpa_spec){ .target = { SV("Deployment"), o->hpa.meta.name, SV("apps/v1") },
			.min_replicas = opt_i32_of(1),
			.max_replicas = 100,
			.metrics = &o->metric,
			.n_metrics = 1,
			.behavior = i % 2 == 0 ? &behavior : NULL };
}

static void make_pods(struct fleet *f, struct object *o, size_t first, size_t n)
{
	for (size_t i = first; i < first + n; i++) {
		f->pods[i] = (struct pod){
			.name = sv_of(must_have(
				arena_printf(&f->memory, "web-%05zu-5d8f7c9b4d-%05zx", first, i))),
			.ns = o->hpa.meta.ns,
			.labels = &NO_LABELS,
			.template = &TEMPLATE,
			.started = { 1000, 0 },
			.ready_changed = { 1010, 0 },
			.phase = POD_PHASE_RUNNING,
			.ready = POD_READY_TRUE,
			.has_started = true,
		};
		f->list[i] = &f->pods[i];
		f->samples[i] = (struct reading_sample){ f->pods[i].name, TARGET_MILLI, { 0, 0 },
			60 * NS_PER_SEC };
	}
	o->pods = (struct pod_set){ &f->list[first], n };
	o->reading = (struct reading){
		.kind = READING_VALUE, .samples = &f->samples[first], .n_samples = n
	};
	o->scale = (struct scale){ .replicas = (int32_t)n, .status_replicas = (int32_t)n };
}

static void make_fleet(struct fleet *f, enum hpa_metric_kind kind)
{
	size_t first = 0;

	*f = (struct fleet){ .settings = SETTINGS_DEFAULT, .now_sec = 100000 };
	arena_init(&f->memory, 1u << 30);
	arena_init(&f->pass, ARENA_BYTES);
	f->objects = must_have(ARENA_ARRAY(&f->memory, N_OBJECTS, struct object));
	f->pods = must_have(ARENA_ARRAY(&f->memory, N_PODS, struct pod));
	f->list = must_have(ARENA_ARRAY(&f->memory, N_PODS, const struct pod *));
	f->samples = must_have(ARENA_ARRAY(&f->memory, N_PODS, struct reading_sample));
	for (size_t i = 0; i < N_OBJECTS; i++) {
		size_t n = POD_STEP * (i % POD_STEPS + 1);
		make_object(f, &f->objects[i], i, kind);
		make_pods(f, &f->objects[i], first, n);
		first += n;
	}
	assert(first == N_PODS);
}

static void free_fleet(struct fleet *f)
{
	for (size_t i = 0; i < N_OBJECTS; i++)
		history_done(&f->objects[i].history);
	arena_done(&f->pass);
	arena_done(&f->memory);
}

/* One object in `a`: decide, the scale write (which succeeds), conclude, compare, remember. */
static struct conclusion decide_one(struct fleet *f, struct arena *a, struct object *o)
{
	static const struct target_pods TARGET = { .problem = TARGET_OK };
	static const struct ask_question QUESTION = { .state = ASK_REQUEST };
	struct decide_input in = {
		.settings = &f->settings,
		.hpa = &o->hpa,
		.scale = &o->scale,
		.target = &TARGET,
		.pods = &o->pods,
		.questions = &QUESTION,
		.readings = &o->reading,
		.history = &o->history,
		.now = { { f->now_sec, 0 }, { f->now_sec * NS_PER_SEC } },
	};
	struct conclude_write write = { .ok = true, .now = in.now };
	struct proposal p;
	struct conclusion c;
	struct error err;

	must(decide_compute(a, &in, &p, &err), &err);
	const struct conclude_write *outcome = p.rescale && !p.failed ? &write : NULL;
	must(conclude_remember(&o->history, &o->hpa, &p, outcome, &err), &err);
	must(conclude_compute(a, &f->settings, &o->hpa, &p, outcome, &c, &err), &err);
	return c;
}

static void pass(struct fleet *f)
{
	f->now_sec += PERIOD_SEC;
	f->n_scaled = f->n_status_writes = 0;
	for (size_t i = 0; i < N_OBJECTS; i++) {
		arena_clear(&f->pass);
		struct conclusion c = decide_one(f, &f->pass, &f->objects[i]);
		f->n_scaled += c.rescaled;
		f->n_status_writes += c.status_differs;
	}
}

/* Stores the statuses of a first pass, then gives some objects other loads, and plays until the histories have their length. */
static void warm_up(struct fleet *f)
{
	for (size_t i = 0; i < N_OBJECTS; i++)
		f->objects[i].hpa.status = decide_one(f, &f->memory, &f->objects[i]).status;
	for (size_t i = 0; i < N_OBJECTS; i++) {
		struct object *o = &f->objects[i];
		size_t first = (size_t)(o->pods.at - f->list);
		int64_t milli = TARGET_MILLI;
		if (i % 100 < 5)
			milli += TARGET_MILLI / 20;
		if (i % 100 == 5)
			milli += TARGET_MILLI;
		for (size_t k = first; k < first + o->pods.n; k++)
			f->samples[k].milli = milli;
	}
	for (int i = 0; i < WARM_UP_PASSES; i++)
		pass(f);
}

static int64_t cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * NS_PER_SEC + t.tv_nsec;
}

static int by_size(const void *left, const void *right)
{
	const int64_t *a = left, *b = right;
	return (*a > *b) - (*a < *b);
}

static int64_t median(int64_t *values, size_t n)
{
	qsort(values, n, sizeof(values[0]), by_size);
	return values[n / 2];
}

static void measure_passes(const char *name, enum hpa_metric_kind kind)
{
	struct fleet f;
	int64_t took[PASSES];

	make_fleet(&f, kind);
	warm_up(&f);
	unsigned long before = mem_n_allocations();
	for (size_t i = 0; i < PASSES; i++) {
		int64_t start = cpu_ns();
		pass(&f);
		took[i] = cpu_ns() - start;
	}
	unsigned long allocations = mem_n_allocations() - before;
	/* Otherwise something else was measured. */
	if (f.n_scaled != N_OBJECTS / 100 || f.n_status_writes != N_OBJECTS / 100 * 6) {
		fprintf(stderr, "bench decide: %zu scaled, %zu statuses to write\n", f.n_scaled,
			f.n_status_writes);
		_Exit(EXIT_FAILURE);
	}
	printf("pass_%s_ms %.2f\n", name, (double)median(took, PASSES) / 1e6);
	printf("allocations_%s %lu\n", name, allocations);
	free_fleet(&f);
}

static void measure_quantities(void)
{
	static const struct sv TEXTS[] = { SV("250m"), SV("100m"), SV("1500m"), SV("75m"),
		SV("999m"), SV("12m"), SV("3250m"), SV("500m") };
	int64_t took[QUANTITY_REPEATS], sum = 0;
	struct quantity q;
	struct error err;

	for (size_t i = 0; i < QUANTITY_REPEATS; i++) {
		int64_t start = cpu_ns();
		for (size_t k = 0; k < QUANTITY_ROUNDS; k++) {
			must(quantity_parse(TEXTS[k % ARRAY_LEN(TEXTS)], &q, &err), &err);
			sum += q.small;
		}
		took[i] = cpu_ns() - start;
	}
	/* The sum is used, or the loop could go. */
	printf("quantity_parse_ns %.1f\n",
		(double)median(took, QUANTITY_REPEATS) / QUANTITY_ROUNDS + (sum == 0 ? 1e9 : 0.0));
}

int main(void)
{
	measure_passes("cpu", HPA_METRIC_RESOURCE);
	measure_passes("pods", HPA_METRIC_PODS);
	measure_quantities();
	return EXIT_SUCCESS;
}
