#pragma once
/* One object of our kind (or a native one), its pods and its metrics, decided pass by pass. */
#include <check.h>
#include <stdio.h>

#include "controller/conclude.h"
#include "controller/decide.h"
#include "controller/hpa_decode.h"
#include "controller/hpa_default.h"
#include "controller/own_kind.h"

#define OWN_WORLD_PODS 24
#define OWN_WORLD_METRICS 3
#define OWN_WORLD_START_SEC INT64_C(1800000000) /* 2027-01-15T08:00:00Z */

struct own_world {
	struct arena arena;
	struct settings settings;
	struct hpa hpa;
	struct history history;
	struct scale scale;
	struct target_pods target;
	struct pod pods[OWN_WORLD_PODS];
	char names[OWN_WORLD_PODS][16];
	int64_t t; /* seconds since the start */
	/* Per metric: a value (of External, or of each pod), or a failure. */
	int64_t milli[OWN_WORLD_METRICS];
	bool fails[OWN_WORLD_METRICS];
	int32_t rows[OWN_WORLD_METRICS]; /* per-pod metrics: pods with a sample; -1: all */
	bool frozen[OWN_WORLD_METRICS];
	/* The last pass. */
	struct reading readings[OWN_WORLD_METRICS];
	struct proposal p;
	struct conclusion c;
};

/* `spec` is JSON; our kind unless `native`. */
static inline void own_world_make(struct own_world *w, const char *spec, bool native)
{
	struct error err = { 0 };

	*w = (struct own_world){ .settings = SETTINGS_DEFAULT };
	w->settings.guards = true;
	arena_init(&w->arena, 1 << 24);
	const char *json = arena_printf(&w->arena,
		"{\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\"},\"spec\":%s}", spec);
	enum autoscaler_kind kind = native ? AUTOSCALER_NATIVE : AUTOSCALER_OWN;
	ck_assert_msg(hpa_decode_stored(&w->arena, kind, sv_of(json), &w->hpa, &err) == ERR_OK,
		"%s", err.text);
	ck_assert_int_eq(hpa_default(&w->arena, &w->hpa, &err), ERR_OK);
	w->scale = (struct scale){ .replicas = 3, .status_replicas = 3 };
	for (size_t i = 0; i < OWN_WORLD_PODS; i++) {
		(void)snprintf(w->names[i], sizeof(w->names[i]), "web-%02zu", i);
		w->pods[i] = (struct pod){ .name = sv_of(w->names[i]),
			.phase = POD_PHASE_RUNNING,
			.ready = POD_READY_TRUE,
			.has_started = true,
			.started = { OWN_WORLD_START_SEC - 7200, 0 },
			.ready_changed = { OWN_WORLD_START_SEC - 7190, 0 } };
	}
	for (size_t i = 0; i < OWN_WORLD_METRICS; i++)
		w->rows[i] = -1;
}

static inline void own_world_done(struct own_world *w)
{
	history_done(&w->history);
	arena_done(&w->arena);
}

static inline bool own_world_is_per_pod(const struct hpa_metric *m)
{
	return m->kind == HPA_METRIC_PODS ||
	       (m->kind == HPA_METRIC_PROMETHEUS && m->prometheus->pod_label.len > 0);
}

static inline struct reading own_world_read(struct own_world *w, size_t i, int32_t n_pods)
{
	struct reading r = { .kind = READING_VALUE, .values = &w->milli[i], .n_values = 1 };
	int32_t n = w->rows[i] < 0 ? n_pods : w->rows[i];

	if (w->fails[i])
		return (struct reading){ .kind = READING_FAILED, .why = SV("the source is down") };
	if (!own_world_is_per_pod(&w->hpa.spec.metrics[i]))
		return r;
	struct reading_sample *samples =
		ARENA_ARRAY(&w->arena, OWN_WORLD_PODS, struct reading_sample);
	for (int32_t k = 0; k < n; k++)
		samples[k] = (struct reading_sample){ w->pods[k].name, w->milli[i],
			{ OWN_WORLD_START_SEC + w->t - 5, 0 }, 30 * NS_PER_SEC };
	r.values = NULL;
	r.n_values = 0;
	r.samples = samples;
	r.n_samples = (size_t)n;
	if (n == 0)
		r.kind = READING_EMPTY, r.why = SV("no rows");
	return r;
}

/* A pass at `t` seconds; a write succeeds and the pods follow. */
static inline void own_world_pass(struct own_world *w, int64_t t)
{
	/* The proposal points to them. */
	const struct pod **list = ARENA_ARRAY(&w->arena, OWN_WORLD_PODS, const struct pod *);
	struct ask_question questions[OWN_WORLD_METRICS] = { { .state = ASK_REQUEST },
		{ .state = ASK_REQUEST }, { .state = ASK_REQUEST } };
	int32_t n = w->scale.replicas < OWN_WORLD_PODS ? w->scale.replicas : OWN_WORLD_PODS;
	struct pod_set set = { list, (size_t)n };
	struct error err = { 0 };

	ck_assert_ptr_nonnull(list);
	w->t = t;
	for (int32_t i = 0; i < n; i++)
		list[i] = &w->pods[i];
	for (size_t i = 0; i < w->hpa.spec.n_metrics && i < OWN_WORLD_METRICS; i++)
		w->readings[i] = own_world_read(w, i, n);
	const struct decide_input in = {
		.settings = &w->settings,
		.hpa = &w->hpa,
		.scale = &w->scale,
		.target = &w->target,
		.pods = &set,
		.questions = questions,
		.readings = w->readings,
		.history = &w->history,
		.frozen = w->frozen,
		.now = { { OWN_WORLD_START_SEC + t, 0 }, { (1000 + t) * NS_PER_SEC } },
	};
	ck_assert_msg(decide_compute(&w->arena, &in, &w->p, &err) == ERR_OK, "%s", err.text);
	struct conclude_write write = { .ok = true, .now = in.now };
	const struct conclude_write *outcome = w->p.rescale ? &write : NULL;
	ck_assert_int_eq(conclude_remember(&w->history, &w->hpa, &w->p, outcome, &err), ERR_OK);
	ck_assert_int_eq(
		conclude_compute(&w->arena, &w->settings, &w->hpa, &w->p, outcome, &w->c, &err),
		ERR_OK);
	w->hpa.status = w->c.status;
	if (w->p.rescale)
		w->scale.replicas = w->scale.status_replicas = w->p.desired;
}

/* The condition's reason, or NULL. */
static inline const char *own_world_condition(struct own_world *w, const char *type)
{
	for (size_t i = 0; i < w->c.status.n_conditions; i++)
		if (sv_is(w->c.status.conditions[i].type, type))
			return arena_strdup(&w->arena, w->c.status.conditions[i].reason);
	return NULL;
}

static inline size_t own_world_events(const struct own_world *w, const char *reason)
{
	size_t n = 0;

	for (size_t i = 0; i < w->c.events.n; i++)
		n += sv_is(w->c.events.at[i].reason, reason);
	return n;
}
