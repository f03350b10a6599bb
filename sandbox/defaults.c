/* Deployments get one replica, autoscalers their minimum and metric. The sandbox does not check what a real API server would refuse beyond that:
 * flyball check does. */
#include "sandbox/defaults.h"

#include <string.h>

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
	if (json_array_size(json_object_get(spec, "metrics")) > 0)
		return ERR_OK;
	json_t *metrics = json_pack("[{s:s,s:{s:s,s:{s:s,s:i}}}]", "type", "Resource", "resource",
		"name", "cpu", "target", "type", "Utilization", "averageUtilization", 80);
	return json_object_set_new(spec, "metrics", metrics) == 0 ? ERR_OK : error_nomem(err);
}

enum error_kind defaults_apply(const struct resource *r, json_t *doc, struct error *err)
{
	json_t *spec = json_object_get(doc, "spec");

	if (strcmp(r->kind, "HorizontalPodAutoscaler") == 0)
		return autoscaler(r, doc, err);
	if (r->has_scale && json_is_object(spec) && !set_default(spec, "replicas", json_integer(1)))
		return error_nomem(err);
	return ERR_OK;
}
