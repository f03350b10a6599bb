/* Discovery and APIServices -> findings. */
#include <stdio.h>

#include "cli/doctor.h"
#include "common/jtree.h"
#include "controller/autoscaler_kind.h"

/* Kubernetes' own lease times are whole seconds; a Date header is, too. */
#define CLOCK_GOOD_NS (2 * NS_PER_SEC)
#define CLOCK_BAD_NS (30 * NS_PER_SEC)

static bool serves(
	const struct discovery *d, struct sv group, struct sv version, struct sv resource)
{
	const struct discovery_group *g = discovery_find_group(d, group);
	const struct discovery_version *v = g ? discovery_find_version(g, version) : NULL;

	return v && !v->failed && discovery_find_resource(v, resource);
}

static void judge_kinds(struct doctor *d, const struct discovery *discovery)
{
	static const char *const ADVICE[AUTOSCALER_KINDS] = {
		[AUTOSCALER_NATIVE] = "it needs Kubernetes 1.23 or later",
		[AUTOSCALER_OWN] = "install the CRD of manifests/base, unless only native objects "
				   "are wanted",
	};

	for (int kind = 0; kind < AUTOSCALER_KINDS; kind++) {
		const struct autoscaler_kind_names *names =
			autoscaler_kind_names((enum autoscaler_kind)kind);
		bool there = serves(discovery, sv_of(names->group), sv_of(names->version),
			sv_of(names->plural));
		enum doctor_level level = kind == AUTOSCALER_NATIVE ? DOCTOR_PROBLEM : DOCTOR_NOTE;
		if (there)
			doctor_add(d, DOCTOR_OK, NULL, "%s %s is served", names->api_version,
				names->kind);
		else
			doctor_add(d, level, ADVICE[kind], "%s %s is not served",
				names->api_version, names->kind);
	}
}

struct sv doctor_server_of(struct arena *a, const struct jtree *api_service)
{
	const struct jtree *service = jtree_at(api_service, "spec", "service", NULL);

	if (jtree_is_absent(service))
		return SV("");
	const char *text =
		arena_printf(a, "%.*s/%.*s", SV_ARG(jtree_text(jtree_get(service, "namespace"))),
			SV_ARG(jtree_text(jtree_get(service, "name"))));
	return sv_of(text);
}

/* A condition; NULL: nobody has said. */
static const struct jtree *condition(const struct jtree *object, const char *type)
{
	JTREE_FOREACH (c, jtree_at(object, "status", "conditions", NULL))
		if (sv_is(jtree_text(jtree_get(c, "type")), type))
			return c;
	return NULL;
}

static bool is_metrics_group(struct sv group)
{
	return sv_is(group, "metrics.k8s.io") || sv_is(group, "custom.metrics.k8s.io") ||
	       sv_is(group, "external.metrics.k8s.io");
}

static void judge_service(struct doctor *d, const struct jtree *t)
{
	struct sv group = jtree_text(jtree_at(t, "spec", "group", NULL));
	struct sv version = jtree_text(jtree_at(t, "spec", "version", NULL));
	struct sv server = doctor_server_of(d->arena, t);
	const struct jtree *told = condition(t, "Available");
	bool available = sv_is(jtree_text(jtree_get(told, "status")), "True");
	struct sv why = jtree_text(jtree_get(told, "message"));

	if (server.len == 0)
		return;
	if (!told)
		doctor_add(d, DOCTOR_WARNING, "the API server says so within a minute",
			"%.*s/%.*s belongs to %.*s; whether that serves it is not known yet",
			SV_ARG(group), SV_ARG(version), SV_ARG(server));
	else if (available && is_metrics_group(group))
		doctor_add(d, DOCTOR_OK, NULL, "%.*s/%.*s is served by %.*s", SV_ARG(group),
			SV_ARG(version), SV_ARG(server));
	else if (!available)
		doctor_add(d, is_metrics_group(group) ? DOCTOR_PROBLEM : DOCTOR_WARNING,
			"its Service, endpoints, certificate and network policy; kubectl get "
			"apiservice tells more",
			"%.*s/%.*s belongs to %.*s, which does not serve it%s%.*s", SV_ARG(group),
			SV_ARG(version), SV_ARG(server), why.len > 0 ? ": " : "", SV_ARG(why));
}

static void judge_metrics_group(struct doctor *d, const struct discovery *discovery, struct sv name)
{
	const struct discovery_group *g = discovery_find_group(discovery, name);

	if (!g || g->n_versions == 0)
		doctor_add(d, DOCTOR_NOTE,
			"objects that ask it are told so in their conditions; other metrics work",
			"%.*s is served by nobody", SV_ARG(name));
}

void doctor_judge_apis(struct doctor *d, const struct doctor_cluster *c)
{
	static const char *const METRICS[] = { "metrics.k8s.io", "custom.metrics.k8s.io",
		"external.metrics.k8s.io" };

	judge_kinds(d, c->discovery);
	for (size_t i = 0; i < ARRAY_LEN(METRICS); i++)
		judge_metrics_group(d, c->discovery, sv_of(METRICS[i]));
	for (size_t i = 0; i < c->api_services.n; i++) {
		struct error ignored;
		struct jtree *t;
		if (jtree_parse(d->arena, c->api_services.at[i], &t, &ignored) == ERR_OK)
			judge_service(d, t);
	}
}

void doctor_judge_clock(struct doctor *d, const char *whose, int64_t skew_ns)
{
	AUTO(buf_done) struct buf text = { 0 };
	int64_t size = skew_ns < 0 ? -skew_ns : skew_ns;

	buf_init(&text, 64);
	instant_duration_print(&text, size);
	if (size <= CLOCK_GOOD_NS)
		doctor_add(d, DOCTOR_OK, NULL, "the clock of %s agrees with this machine's", whose);
	else
		doctor_add(d, size <= CLOCK_BAD_NS ? DOCTOR_WARNING : DOCTOR_PROBLEM,
			"one of the two does not follow its time server; ages of samples, leases "
			"and windows depend on it",
			"the clock of %s is %s %s this machine's", whose, buf_text(&text),
			skew_ns < 0 ? "behind" : "ahead of");
}
