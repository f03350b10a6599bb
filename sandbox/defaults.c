/* Deployments get one replica, autoscalers their minimum and metric. The sandbox does not check what a real API server would refuse beyond that:
 * flyball check does. */
#include "sandbox/defaults.h"

#include <string.h>

#include "kube/quantity.h"

/* Longest quantity text that makes sense; a manifest is not refused here for less. */
#define MAX_QUANTITY_BYTES 1024

static bool set_default(json_t *object, const char *key, json_t *give_value)
{
	if (json_object_get(object, key)) {
		json_decref(give_value);
		return true;
	}
	return json_object_set_new(object, key, give_value) == 0;
}

static enum error_kind required(
	const char *path, const json_t *doc, const struct resource *r, struct error *err)
{
	const char *name = jx_text_at(doc, "metadata.name");

	(void)error_set(err, ERR_INVALID, "%s.%s \"%s\" is invalid: %s: Required value", r->kind,
		r->group, name ? name : "", path);
	err->code = 422;
	return err->kind;
}

/* A quantity as the API server stores it: canonical text, also where a number was written. */
static enum error_kind canonical(json_t *object, const char *key, struct error *err)
{
	const json_t *value = json_object_get(object, key);
	AUTO(buf_done) struct buf written = { 0 }, text = { 0 };
	struct quantity q;

	if (!value || json_is_null(value))
		return ERR_OK;
	buf_init(&written, MAX_QUANTITY_BYTES);
	buf_init(&text, MAX_QUANTITY_BYTES);
	if (json_is_string(value))
		buf_put_str(&written, json_string_value(value));
	else
		jx_print(&written, value);
	if (quantity_parse(sv_trim(buf_sv(&written)), &q, err) != ERR_OK)
		return error_wrap(err, "%s", key);
	quantity_print(&text, &q);
	return json_object_set_new(object, key, json_string(buf_text(&text))) == 0
		       ? ERR_OK
		       : error_nomem(err);
}

static enum error_kind canonical_targets(json_t *metrics, struct error *err)
{
	static const char *const MEMBERS[] = { "object", "pods", "resource", "containerResource",
		"external" };

	for (size_t i = 0; i < json_array_size(metrics); i++) {
		for (size_t k = 0; k < ARRAY_LEN(MEMBERS); k++) {
			json_t *target = json_object_get(
				json_object_get(json_array_get(metrics, i), MEMBERS[k]), "target");
			if (target && (canonical(target, "value", err) != ERR_OK ||
					      canonical(target, "averageValue", err) != ERR_OK))
				return err->kind;
		}
	}
	return ERR_OK;
}

/* What a direction of spec.behavior is when nobody says otherwise. */
static json_t *default_rules(bool up)
{
	return up ? json_pack("{s:i,s:s,s:[{s:s,s:i,s:i},{s:s,s:i,s:i}]}",
			    "stabilizationWindowSeconds", 0, "selectPolicy", "Max", "policies",
			    "type", "Pods", "value", 4, "periodSeconds", 15, "type", "Percent",
			    "value", 100, "periodSeconds", 15)
		  : json_pack("{s:s,s:[{s:s,s:i,s:i}]}", "selectPolicy", "Max", "policies", "type",
			    "Percent", "value", 100, "periodSeconds", 15);
}

static enum error_kind complete_behavior(json_t *behavior, struct error *err)
{
	static const char *const DIRECTIONS[] = { "scaleUp", "scaleDown" };

	for (size_t i = 0; i < ARRAY_LEN(DIRECTIONS); i++) {
		json_t *rules = default_rules(i == 0);
		json_t *own = json_object_get(behavior, DIRECTIONS[i]);
		if (!rules || (own && json_object_update(rules, own) != 0) ||
			json_object_set_new(behavior, DIRECTIONS[i], rules) != 0)
			return error_nomem(err);
		if (canonical(rules, "tolerance", err) != ERR_OK)
			return err->kind;
	}
	return ERR_OK;
}

static enum error_kind autoscaler(const struct resource *r, json_t *doc, struct error *err)
{
	json_t *spec = json_object_get(doc, "spec");

	if (!jx_text_at(doc, "spec.scaleTargetRef.kind"))
		return required("spec.scaleTargetRef.kind", doc, r, err);
	if (!jx_text_at(doc, "spec.scaleTargetRef.name"))
		return required("spec.scaleTargetRef.name", doc, r, err);
	if (json_integer_value(json_object_get(spec, "maxReplicas")) <= 0)
		return required("spec.maxReplicas", doc, r, err);
	if (!set_default(spec, "minReplicas", json_integer(1)))
		return error_nomem(err);
	json_t *behavior = json_object_get(spec, "behavior");
	if (json_is_object(behavior) && complete_behavior(behavior, err) != ERR_OK)
		return err->kind;
	if (json_array_size(json_object_get(spec, "metrics")) > 0)
		return canonical_targets(json_object_get(spec, "metrics"), err);
	json_t *metrics = json_pack("[{s:s,s:{s:s,s:{s:s,s:i}}}]", "type", "Resource", "resource",
		"name", "cpu", "target", "type", "Utilization", "averageUtilization", 80);
	return json_object_set_new(spec, "metrics", metrics) == 0 ? ERR_OK : error_nomem(err);
}

static enum error_kind deployment(json_t *spec, struct error *err)
{
	json_t *strategy = json_pack("{s:s,s:{s:s,s:s}}", "type", "RollingUpdate", "rollingUpdate",
		"maxUnavailable", "25%", "maxSurge", "25%");

	if (!strategy)
		return error_nomem(err);
	return set_default(spec, "strategy", strategy) &&
			       set_default(spec, "revisionHistoryLimit", json_integer(10)) &&
			       set_default(spec, "progressDeadlineSeconds", json_integer(600))
		       ? ERR_OK
		       : error_nomem(err);
}

enum error_kind defaults_apply(const struct resource *r, json_t *doc, struct error *err)
{
	json_t *spec = json_object_get(doc, "spec");

	if (strcmp(r->kind, "HorizontalPodAutoscaler") == 0)
		return autoscaler(r, doc, err);
	if (r->has_scale && json_is_object(spec) && !set_default(spec, "replicas", json_integer(1)))
		return error_nomem(err);
	return strcmp(r->kind, "Deployment") == 0 && json_is_object(spec) ? deployment(spec, err)
									  : ERR_OK;
}
