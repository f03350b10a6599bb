#pragma once
/* An autoscaler from YAML in a made-up cluster: what plan and explain are given. Frees with made_up_done. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cli/source.h"
#include "cli/source_file.h"

#define MADE_UP_PODS(behavior)                                                                     \
	"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n"       \
	"spec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n"            \
	"  minReplicas: 1\n  maxReplicas: 10\n" behavior                                           \
	"  metrics:\n  - type: Pods\n    pods: {metric: {name: rps}, target: {type: "              \
	"AverageValue, averageValue: 2}}\n"

#define MADE_UP_CPU                                                                                \
	"apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n"       \
	"spec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n"            \
	"  maxReplicas: 10\n  targetCPUUtilizationPercentage: 50\n"

struct made_up {
	struct arena a;
	struct source_file_list list;
	struct source_options options;
	struct what_if what_if;
	struct what_if_course course;
	struct sv foreign; /* what another autoscaler keeps it from */
	struct pass pass;
	struct source_view view;
	struct error err;
};

static inline __attribute__((unused)) void made_up_begin(struct made_up *m, const char *yaml)
{
	static const struct history none = { 0 };
	const struct source_file_options options = { .ns = "default", .scale_to_zero = true };
	struct buf problems;

	memset(m, 0, sizeof(*m));
	arena_init(&m->a, 64 << 20);
	source_options_init(&m->options);
	buf_init(&problems, 65536);
	ck_assert_msg(source_file_parse(&m->a, "x.yaml", sv_of(yaml), &options, &m->list, &problems,
			      &m->err) == ERR_OK &&
			      problems.len == 0,
		"%s", buf_text(&problems));
	buf_done(&problems);
	m->view = (struct source_view){ .ns = SV("default"),
		.name = SV("web"),
		.hpa = &m->list.at[0].hpa,
		.pass = &m->pass,
		.before = &none,
		.origin = SV("x.yaml:1 autoscaling/v2"),
		.course = &m->course,
		.settings = &m->options.settings,
		.sync_period_ns = m->options.sync_period_ns };
}

/* One pass, and those that follow. */
static inline __attribute__((unused)) void made_up_run(struct made_up *m)
{
	bool used[8] = { false };
	const struct what_if_input in = { .arena = &m->a,
		.settings = &m->options.settings,
		.hpa = &m->list.at[0].hpa,
		.what_if = &m->what_if,
		.foreign = m->foreign,
		.now = { { 1700000000, 0 }, { 100000 * NS_PER_SEC } },
		.sync_period_ns = m->options.sync_period_ns };

	ck_assert_msg(what_if_parse(&m->a, &m->options.what_if, &m->what_if, &m->err) == ERR_OK,
		"%s", m->err.text);
	ck_assert_msg(
		what_if_check(&m->what_if, in.hpa, used, &m->err) == ERR_OK, "%s", m->err.text);
	ck_assert_msg(what_if_run(&in, &m->pass, &m->course, &m->err) == ERR_OK, "%s", m->err.text);
}

static inline __attribute__((unused)) void made_up_add(struct option_list *list, const char *text)
{
	const char **item = VEC_PUSH(&list->items, 8);
	ck_assert_ptr_nonnull(item);
	*item = text;
}

static inline __attribute__((unused)) void made_up_done(struct made_up *m)
{
	source_options_done(&m->options);
	arena_done(&m->a);
}
