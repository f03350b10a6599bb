/* One member after the other, in the order in which people write them. Defaults of KEDA that matter are written out. Missing data is a failure
 * in the result, never zero: that is the one deliberate difference, and it is told. */
#include "cli/convert_keda.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/convert_cron.h"
#include "common/limits.h"

#define API_VERSION "flyball.dev/v1alpha1"
#define KIND "HorizontalAutoscaler"
/* KEDA's defaults. */
#define DEFAULT_MAX_REPLICAS 100
#define DEFAULT_POLLING_SEC 30
/* What our kind allows for a fallback's duration: a day. */
#define MAX_FAILURE_SEC 86400
#define MAX_TEXT_BYTES 65536
/* Servers that one object names; each has to be told to the controller. */
#define MAX_SERVERS 16

struct keda {
	struct arena *a;
	const char *file;
	const struct jtree *spec;
	struct convert_notes *notes;
	struct jw w;
	size_t n_metrics;
	size_t problems_before; /* length of notes->problems: those of other documents */
	bool wakes_from_zero;	/* a metric needs no pods */
	bool paused, told_behavior;
	struct sv servers[MAX_SERVERS]; /* addresses, in the order of their names */
	size_t n_servers;
};

static void tell(struct buf *out, const struct keda *k, const struct jtree *where, const char *fmt,
	...) PRINTF_LIKE(4, 5);

static void tell(
	struct buf *out, const struct keda *k, const struct jtree *where, const char *fmt, ...)
{
	char text[ERROR_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	buf_printf(out, "%s:%u:%u: %s\n", k->file, where->key_line ? where->key_line : where->line,
		where->key_line ? where->key_column : where->column, text);
}

bool convert_keda_is(const struct jtree *t)
{
	return sv_is(jtree_text(jtree_get(t, "kind")), "ScaledObject") &&
	       sv_has_prefix(jtree_text(jtree_get(t, "apiVersion")), SV("keda.sh/"));
}

/* Trigger metadata are texts, but people leave out the quotes. */
static struct sv scalar(const struct jtree *t)
{
	if (!t || t->kind == JTREE_ARRAY || t->kind == JTREE_OBJECT || t->kind == JTREE_NULL)
		return SV_NULL;
	return t->raw.ptr ? t->raw : t->text;
}

static struct sv text_or(const struct jtree *t, const char *fallback)
{
	struct sv text = scalar(t);
	return text.len > 0 ? text : sv_of(fallback);
}

static void put_tree(struct keda *k, const char *key, const struct jtree *t)
{
	AUTO(buf_done) struct buf json = { 0 };

	buf_init(&json, LIMIT_CONFIG_FILE_BYTES);
	jtree_print(&json, t);
	jw_key(&k->w, key);
	jw_raw(&k->w, buf_sv(&json));
	if (json.failed != ERR_OK)
		k->w.out->failed = json.failed;
}

/* Anything but a plain false pauses, as KEDA reads it. */
static bool is_pause(const struct jtree *annotation)
{
	if (sv_is(annotation->key, "autoscaling.keda.sh/paused-replicas"))
		return true;
	return sv_is(annotation->key, "autoscaling.keda.sh/paused") &&
	       !sv_is(scalar(annotation), "false");
}

static void put_meta(struct keda *k, const struct jtree *t)
{
	const struct jtree *meta = jtree_get(t, "metadata");
	const struct jtree *annotations = jtree_get(meta, "annotations");
	bool open = false;

	jw_key(&k->w, "metadata");
	jw_object(&k->w);
	if (scalar(jtree_get(meta, "name")).len > 0)
		jw_member_sv(&k->w, "name", scalar(jtree_get(meta, "name")));
	if (scalar(jtree_get(meta, "namespace")).len > 0)
		jw_member_sv(&k->w, "namespace", scalar(jtree_get(meta, "namespace")));
	if (jtree_get(meta, "labels"))
		put_tree(k, "labels", jtree_get(meta, "labels"));
	JTREE_FOREACH (annotation, annotations) {
		if (sv_is(annotation->key, "kubectl.kubernetes.io/last-applied-configuration"))
			continue;
		if (sv_find_sv(annotation->key, SV("keda.sh/")) < annotation->key.len) {
			k->paused = k->paused || is_pause(annotation);
			tell(&k->notes->lost, k, annotation, "metadata.annotations[%.*s]: %s",
				SV_ARG(annotation->key),
				is_pause(annotation)
					? "became mode: Recommend, which decides and writes nothing"
					: "lost; an override does the like");
			continue;
		}
		if (!open) {
			jw_key(&k->w, "annotations");
			jw_object(&k->w);
			open = true;
		}
		jw_key_sv(&k->w, annotation->key);
		jw_sv(&k->w, scalar(annotation));
	}
	if (open)
		jw_object_end(&k->w);
	jw_object_end(&k->w);
}

static void put_target_ref(struct keda *k)
{
	const struct jtree *ref = jtree_get(k->spec, "scaleTargetRef");

	if (scalar(jtree_get(ref, "name")).len == 0)
		tell(&k->notes->problems, k, ref ? ref : k->spec,
			"spec.scaleTargetRef.name: expected the name of what is scaled");
	jw_key(&k->w, "scaleTargetRef");
	jw_object(&k->w);
	jw_member_sv(&k->w, "apiVersion", text_or(jtree_get(ref, "apiVersion"), "apps/v1"));
	jw_member_sv(&k->w, "kind", text_or(jtree_get(ref, "kind"), "Deployment"));
	jw_member_sv(&k->w, "name", scalar(jtree_get(ref, "name")));
	jw_object_end(&k->w);
}

/* failureThreshold counts polls. */
static void put_fallback(struct keda *k)
{
	const struct jtree *fallback = jtree_get(k->spec, "fallback");
	const struct jtree *behavior = jtree_get(fallback, "behavior");
	int64_t threshold, replicas, period = DEFAULT_POLLING_SEC;

	if (jtree_is_absent(fallback))
		return;
	if (scalar(behavior).len > 0 && !sv_is(scalar(behavior), "static")) {
		if (!k->told_behavior)
			tell(&k->notes->lost, k, behavior,
				"spec.fallback.behavior: %.*s is lost; without a fallback a failed "
				"metric holds the count, and others may raise it",
				SV_ARG(scalar(behavior)));
		k->told_behavior = true;
		return;
	}
	(void)jtree_i64(jtree_get(k->spec, "pollingInterval"), &period);
	if (!jtree_i64(jtree_get(fallback, "failureThreshold"), &threshold) ||
		!jtree_i64(jtree_get(fallback, "replicas"), &replicas) || threshold < 0 ||
		period < 1 || period > MAX_FAILURE_SEC || threshold > MAX_FAILURE_SEC) {
		tell(&k->notes->problems, k, fallback,
			"spec.fallback: expected failureThreshold and replicas, whole numbers that "
			"are not negative");
		return;
	}
	int64_t duration = threshold * period;
	jw_key(&k->w, "fallback");
	jw_object(&k->w);
	jw_member_i64(&k->w, "failureDurationSeconds",
		duration < 1		     ? 1
		: duration > MAX_FAILURE_SEC ? MAX_FAILURE_SEC
					     : duration);
	jw_member_i64(&k->w, "replicas", replicas);
	jw_object_end(&k->w);
}

static void put_target(struct keda *k, struct sv type, struct sv number)
{
	bool value = sv_is(type, "Value");

	jw_key(&k->w, "target");
	jw_object(&k->w);
	jw_member_str(&k->w, "type", value ? "Value" : "AverageValue");
	jw_member_sv(&k->w, value ? "value" : "averageValue", number);
	jw_object_end(&k->w);
}

static void begin_metric(struct keda *k, const char *type, const char *member)
{
	jw_object(&k->w);
	jw_member_str(&k->w, "type", type);
	jw_key(&k->w, member);
	jw_object(&k->w);
}

static void end_metric(struct keda *k, bool fallback)
{
	jw_object_end(&k->w);
	if (fallback)
		put_fallback(k);
	jw_object_end(&k->w);
	k->n_metrics++;
}

/* A name of its own for each: the trigger's, or one made of its place. */
static void put_name(struct keda *k, const struct jtree *trigger, const char *type, size_t i)
{
	char made[48];

	(void)snprintf(made, sizeof(made), "%s-%zu", type, i);
	jw_member_sv(&k->w, "name", text_or(jtree_get(trigger, "name"), made));
}

/* "main", "server-2" ...: each address of the object has a name. */
static void name_server(struct keda *k, struct sv address, char ret[static 16])
{
	size_t at = 0;

	while (at < k->n_servers && !sv_eq(k->servers[at], address))
		at++;
	if (at == MAX_SERVERS)
		tell(&k->notes->problems, k, k->spec,
			"spec.triggers: more than %d different serverAddress", MAX_SERVERS);
	else if (at == k->n_servers)
		k->servers[k->n_servers++] = address;
	if (at == 0)
		(void)snprintf(ret, 16, "main");
	else
		(void)snprintf(ret, 16, "server-%u", (unsigned)at + 1);
}

/* Where the controller's configuration has to know more than the object says. */
static void tell_server(
	const struct keda *k, const struct jtree *trigger, size_t i, const char *server)
{
	static const char *const OF_SERVER[] = { "customHeaders", "queryParameters", "unsafeSsl",
		"timeout", "authModes", "namespace", "awsRegion", "identityOwner" };
	const struct jtree *meta = jtree_get(trigger, "metadata");
	const struct jtree *address = jtree_get(meta, "serverAddress");
	const struct jtree *credentials = jtree_get(trigger, "authenticationRef");

	tell(&k->notes->lost, k, address ? address : trigger,
		"spec.triggers[%zu].metadata.serverAddress: the controller's configuration must "
		"name a server '%s' with the URL %.*s",
		i, server, SV_ARG(scalar(address)));
	for (size_t j = 0; j < sizeof(OF_SERVER) / sizeof(OF_SERVER[0]); j++) {
		const struct jtree *member = jtree_get(meta, OF_SERVER[j]);
		if (member)
			tell(&k->notes->lost, k, member,
				"spec.triggers[%zu].metadata.%s: belongs to the server in the "
				"controller's configuration",
				i, OF_SERVER[j]);
	}
	if (credentials)
		tell(&k->notes->lost, k, credentials,
			"spec.triggers[%zu].authenticationRef: credentials belong to the server in "
			"the controller's configuration",
			i);
}

static void put_prometheus(struct keda *k, const struct jtree *trigger, size_t i)
{
	const struct jtree *meta = jtree_get(trigger, "metadata");
	const struct jtree *zero = jtree_get(meta, "ignoreNullValues");
	struct sv query = scalar(jtree_get(meta, "query"));
	struct sv threshold = scalar(jtree_get(meta, "threshold"));
	struct sv activation = scalar(jtree_get(meta, "activationThreshold"));
	char server[16];

	if (query.len == 0 || threshold.len == 0) {
		tell(&k->notes->problems, k, meta ? meta : trigger,
			"spec.triggers[%zu].metadata: expected query and threshold", i);
		return;
	}
	name_server(k, scalar(jtree_get(meta, "serverAddress")), server);
	tell_server(k, trigger, i, server);
	if (!sv_eq_nocase(scalar(zero), SV("false")))
		tell(&k->notes->lost, k, zero ? zero : trigger,
			"spec.triggers[%zu].metadata.ignoreNullValues: no data counts as a failure "
			"here and never as 0; write noData: Zero with an aliveQuery to have it as "
			"0",
			i);
	begin_metric(k, "Prometheus", "prometheus");
	put_name(k, trigger, "prometheus", i);
	jw_member_str(&k->w, "server", server);
	jw_member_sv(&k->w, "query", query);
	if (activation.len > 0)
		jw_member_sv(&k->w, "activationValue", activation);
	put_target(k, scalar(jtree_get(trigger, "metricType")), threshold);
	end_metric(k, true);
	k->wakes_from_zero = true;
}

static void put_cron(struct keda *k, const struct jtree *trigger, size_t i)
{
	AUTO(buf_done) struct buf query = { 0 };
	const struct jtree *meta = jtree_get(trigger, "metadata");
	const struct convert_cron cron = {
		.timezone = scalar(jtree_get(meta, "timezone")),
		.start = scalar(jtree_get(meta, "start")),
		.end = scalar(jtree_get(meta, "end")),
		.replicas = scalar(jtree_get(meta, "desiredReplicas")),
	};
	struct error why;

	buf_init(&query, MAX_TEXT_BYTES);
	if (convert_cron_query(&cron, &query, &why) != ERR_OK) {
		tell(&k->notes->lost, k, trigger, "spec.triggers[%zu]: lost: %s", i, why.text);
		return;
	}
	tell(&k->notes->lost, k, trigger,
		"spec.triggers[%zu]: the schedule became a query that the server 'main' of the "
		"controller's configuration answers",
		i);
	begin_metric(k, "Prometheus", "prometheus");
	put_name(k, trigger, "cron", i);
	jw_member_str(&k->w, "server", "main");
	jw_member_sv(&k->w, "query", buf_sv(&query));
	put_target(k, SV("AverageValue"), SV("1"));
	end_metric(k, false);
	k->wakes_from_zero = true;
}

static void put_resource(
	struct keda *k, const struct jtree *trigger, const char *resource, size_t i)
{
	const struct jtree *meta = jtree_get(trigger, "metadata");
	struct sv container = scalar(jtree_get(meta, "containerName"));
	struct sv number = scalar(jtree_get(meta, "value"));
	struct sv type = text_or(jtree_get(trigger, "metricType"), "");
	bool own = container.len > 0;
	int64_t percent = 0;

	/* Where the type stood before KEDA 2.7. */
	if (type.len == 0)
		type = text_or(jtree_get(meta, "type"), "Utilization");
	bool utilization = sv_is(type, "Utilization");
	if (number.len == 0 || (utilization && (!sv_to_i64(number, &percent) || percent < 1))) {
		tell(&k->notes->problems, k, meta ? meta : trigger,
			"spec.triggers[%zu].metadata.value: expected %s", i,
			utilization ? "a whole number of percent" : "a quantity");
		return;
	}
	begin_metric(
		k, own ? "ContainerResource" : "Resource", own ? "containerResource" : "resource");
	jw_member_str(&k->w, "name", resource);
	if (own)
		jw_member_sv(&k->w, "container", container);
	jw_key(&k->w, "target");
	jw_object(&k->w);
	jw_member_str(&k->w, "type", utilization ? "Utilization" : "AverageValue");
	if (utilization)
		jw_member_i64(&k->w, "averageUtilization", percent);
	else
		jw_member_sv(&k->w, "averageValue", number);
	jw_object_end(&k->w);
	end_metric(k, false);
}

static void put_metrics(struct keda *k)
{
	const struct jtree *triggers = jtree_get(k->spec, "triggers");
	size_t i = 0;

	jw_key(&k->w, "metrics");
	jw_array(&k->w);
	JTREE_FOREACH (trigger, triggers) {
		struct sv type = scalar(jtree_get(trigger, "type"));
		if (sv_is(type, "prometheus"))
			put_prometheus(k, trigger, i);
		else if (sv_is(type, "cpu") || sv_is(type, "memory"))
			put_resource(k, trigger, sv_is(type, "cpu") ? "cpu" : "memory", i);
		else if (sv_is(type, "cron"))
			put_cron(k, trigger, i);
		else
			tell(&k->notes->lost, k, trigger,
				"spec.triggers[%zu]: lost; a trigger of type '%.*s' has no "
				"counterpart, serve its number as an External metric",
				i, SV_ARG(type));
		i++;
	}
	jw_array_end(&k->w);
	if (k->n_metrics == 0 && k->notes->problems.len == k->problems_before)
		tell(&k->notes->problems, k, triggers ? triggers : k->spec,
			"spec.triggers: none of them can be expressed; nothing would be left to "
			"decide by");
}

static void tell_rest(const struct keda *k)
{
	static const struct {
		const char *name, *text;
	} LOST[] = {
		{ "pollingInterval", "every metric is asked once a period; syncPeriodSeconds "
				     "changes that" },
		{ "cooldownPeriod", "behavior.scaleDown decides how soon it goes down, also to 0" },
		{ "initialCooldownPeriod",
			"behavior.scaleDown decides how soon it goes down, also to 0" },
		{ "idleReplicaCount", "there is no count below minReplicas" },
	};
	const struct jtree *advanced = jtree_get(k->spec, "advanced");
	const struct jtree *formula = jtree_get(jtree_get(advanced, "scalingModifiers"), "formula");
	const struct jtree *restore = jtree_get(advanced, "restoreToOriginalReplicaCount");

	for (size_t i = 0; i < sizeof(LOST) / sizeof(LOST[0]); i++) {
		const struct jtree *member = jtree_get(k->spec, LOST[i].name);
		if (member)
			tell(&k->notes->lost, k, member, "spec.%s: lost; %s", LOST[i].name,
				LOST[i].text);
	}
	if (restore && restore->truth)
		tell(&k->notes->lost, k, restore,
			"spec.advanced.restoreToOriginalReplicaCount: lost; the count stays when "
			"the object is deleted");
	if (formula)
		tell(&k->notes->problems, k, formula,
			"spec.advanced.scalingModifiers.formula: a formula over triggers cannot be "
			"expressed; write it as one PromQL query");
}

/* minReplicaCount is 0 unless it says otherwise; 0 needs a metric that is there without pods. */
static void put_bounds(struct keda *k)
{
	const struct jtree *least = jtree_get(k->spec, "minReplicaCount");
	const struct jtree *most = jtree_get(k->spec, "maxReplicaCount");
	int64_t min = 0, max = DEFAULT_MAX_REPLICAS;

	if ((!jtree_is_absent(least) && (!jtree_i64(least, &min) || min < 0)) ||
		(!jtree_is_absent(most) && (!jtree_i64(most, &max) || max < 1)) || min > max)
		tell(&k->notes->problems, k,
			least  ? least
			: most ? most
			       : k->spec,
			"spec.minReplicaCount, spec.maxReplicaCount: expected whole numbers with 0 "
			"<= min <= max and max at least 1");
	if (min == 0 && !k->wakes_from_zero) {
		tell(&k->notes->lost, k, least ? least : k->spec,
			"spec.minReplicaCount: 0 became 1; metrics of pods cannot wake what has no "
			"pods");
		min = 1;
	}
	jw_member_i64(&k->w, "minReplicas", min);
	jw_member_i64(&k->w, "maxReplicas", max);
}

static void put_object(struct keda *k, const struct jtree *t)
{
	const struct jtree *behavior =
		jtree_at(k->spec, "advanced", "horizontalPodAutoscalerConfig", "behavior", NULL);

	jw_object(&k->w);
	jw_member_str(&k->w, "apiVersion", API_VERSION);
	jw_member_str(&k->w, "kind", KIND);
	put_meta(k, t);
	jw_key(&k->w, "spec");
	jw_object(&k->w);
	put_target_ref(k);
	if (k->paused)
		jw_member_str(&k->w, "mode", "Recommend");
	put_metrics(k);
	put_bounds(k);
	if (!jtree_is_absent(behavior))
		put_tree(k, "behavior", behavior);
	tell_rest(k);
	jw_object_end(&k->w);
	jw_object_end(&k->w);
}

enum error_kind convert_keda(struct arena *a, const struct manifest_document *document,
	struct convert_notes *notes, struct jtree **ret, struct error *err)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct keda k = { .a = a,
		.file = document->file,
		.spec = jtree_get(document->tree, "spec"),
		.notes = notes,
		.problems_before = notes->problems.len };

	if (jtree_is_absent(k.spec)) {
		tell(&notes->problems, &k, document->tree, "spec: expected an object");
		*ret = NULL;
		return ERR_OK;
	}
	buf_init(&out, 2 * LIMIT_CONFIG_FILE_BYTES);
	jw_init(&k.w, &out);
	put_object(&k, document->tree);
	if (buf_check(&out, "the converted object", err) != ERR_OK)
		return err->kind;
	*ret = NULL;
	if (notes->problems.len != k.problems_before)
		return ERR_OK;
	struct sv json = arena_sv(a, buf_sv(&out));
	return json.ptr ? jtree_parse(a, json, ret, err) : arena_error(a, err);
}
