/* The way back of scale_derive.c: what it makes of the object must be the recorded scale, or the object is left out. */
#include "tests/conformance/live_target.h"

#include "common/limits.h"
#include "controller/scale_derive.h"

#define MAX_TEXT_BYTES (16u * 1024 * 1024)

static const enum live_kind KINDS[SCALE_KINDS] = {
	[SCALE_DEPLOYMENT] = LIVE_DEPLOYMENTS,
	[SCALE_REPLICA_SET] = LIVE_REPLICA_SETS,
	[SCALE_STATEFUL_SET] = LIVE_STATEFUL_SETS,
	[SCALE_REPLICATION_CONTROLLER] = LIVE_REPLICATION_CONTROLLERS,
};

/* What LabelSelectorOperator calls it; NULL: it has no such thing. */
static const char *operator_of(enum selector_op op)
{
	switch (op) {
	case SELECTOR_EQUALS:
	case SELECTOR_DOUBLE_EQUALS:
	case SELECTOR_IN:
		return "In";
	case SELECTOR_NOT_EQUALS:
	case SELECTOR_NOT_IN:
		return "NotIn";
	case SELECTOR_EXISTS:
		return "Exists";
	case SELECTOR_NOT_EXISTS:
		return "DoesNotExist";
	case SELECTOR_GREATER:
	case SELECTOR_LESS:
		break;
	}
	return NULL;
}

static bool put_expression(struct jw *w, const struct selector_requirement *r)
{
	const char *name = operator_of(r->op);

	if (!name)
		return false;
	jw_object(w);
	jw_member_sv(w, "key", r->key);
	jw_member_str(w, "operator", name);
	jw_key(w, "values");
	jw_array(w);
	for (size_t i = 0; i < r->n_values; i++)
		jw_sv(w, r->values[i]);
	jw_array_end(w);
	jw_object_end(w);
	return true;
}

/* `app=web` as matchLabels, all else as matchExpressions. False: there is no such object. */
static bool put_selector(struct jw *w, enum scale_kind kind, const struct selector *s)
{
	bool is_map = kind == SCALE_REPLICATION_CONTROLLER, good = true;

	jw_key(w, "selector");
	jw_object(w);
	if (!is_map)
		jw_key(w, "matchLabels");
	if (!is_map)
		jw_object(w);
	for (size_t i = 0; i < s->n; i++)
		if (s->at[i].op == SELECTOR_EQUALS) {
			jw_key_sv(w, s->at[i].key);
			jw_sv(w, s->at[i].values[0]);
		}
	if (!is_map) {
		jw_object_end(w);
		jw_key(w, "matchExpressions");
		jw_array(w);
	}
	for (size_t i = 0; i < s->n && good; i++)
		if (s->at[i].op != SELECTOR_EQUALS)
			good = !is_map && put_expression(w, &s->at[i]);
	if (!is_map)
		jw_array_end(w);
	jw_object_end(w);
	return good;
}

static bool is_same(struct live_api *api, enum scale_kind kind, struct sv object,
	const struct jtree *scale, struct sv selector)
{
	struct scale_derived d;
	struct error ignored;
	int64_t replicas = 0, status_replicas = 0;

	(void)jtree_i64(jtree_at(scale, "spec", "replicas", NULL), &replicas);
	(void)jtree_i64(jtree_at(scale, "status", "replicas", NULL), &status_replicas);
	return scale_derive_read(api->a, kind, object, &d, &ignored) == ERR_OK &&
	       d.replicas == replicas && d.status_replicas == status_replicas &&
	       sv_eq(d.selector, selector);
}

/* The members beside metadata. False: the scale is none of such an object. */
static bool print_rest(
	struct live_api *api, enum scale_kind kind, const struct jtree *scale, struct buf *out)
{
	struct sv text = jtree_text(jtree_at(scale, "status", "selector", NULL));
	AUTO(buf_done) struct buf canonical = { 0 }, object = { 0 };
	const struct jtree *counts[] = { jtree_at(scale, "spec", "replicas", NULL),
		jtree_at(scale, "status", "replicas", NULL) };
	struct selector selector = { .n = 0 };
	struct error ignored;
	struct jw w;

	if (text.len > 0 && selector_parse(api->a, text, &selector, NULL, &ignored) != ERR_OK)
		return false;
	buf_init(&canonical, MAX_TEXT_BYTES);
	selector_print(&canonical, &selector);
	buf_init(&object, MAX_TEXT_BYTES);
	jw_init(&w, &object);
	jw_object(&w);
	jw_key(&w, "spec");
	jw_object(&w);
	jw_key(&w, "replicas");
	if (counts[0])
		jw_raw(&w, counts[0]->text);
	else
		jw_i64(&w, 0);
	if (text.len > 0 && !put_selector(&w, kind, &selector))
		return false;
	jw_object_end(&w);
	jw_key(&w, "status");
	jw_object(&w);
	jw_key(&w, "replicas");
	if (counts[1])
		jw_raw(&w, counts[1]->text);
	else
		jw_i64(&w, 0);
	jw_object_end(&w);
	jw_object_end(&w);
	/* " " selects everything, which no object can. */
	if (object.failed != ERR_OK || (text.len > 0 && canonical.len == 0) ||
		!is_same(api, kind, buf_sv(&object), scale, buf_sv(&canonical)))
		return false;
	buf_put(out, object.data + 1, object.len - 2);
	return true;
}

/* With who wrote it last: whatever is not the controller's own count is this person's. */
static void put_meta(const struct live_api *api, struct sv name, struct buf *meta)
{
	int64_t t = 0;

	(void)jtree_i64(jtree_get(api->step, "t"), &t);
	buf_printf(meta,
		"\"name\":\"%.*s\",\"namespace\":\"%.*s\",\"managedFields\":[{\"manager\":"
		"\"kubectl-edit\",\"operation\":\"Update\",\"apiVersion\":\"apps/v1\",\"time\":\"",
		SV_ARG(name), SV_ARG(api->ns));
	instant_wall_print(meta, (struct wall){ LIVE_API_EPOCH_SEC + t, 0 });
	buf_put_str(meta, "\",\"fieldsType\":\"FieldsV1\",\"fieldsV1\":{\"f:spec\":{"
			  "\"f:replicas\":{}}}}]");
}

bool live_target_put(struct live_api *api)
{
	const struct jtree *target = jtree_get(api->spec, "scaleTargetRef"),
			   *gets = jtree_get(api->step, "scaleGets"),
			   *scale = jtree_get(gets ? gets->first : NULL, "scale");
	enum scale_kind kind = scale_derive_kind(
		jtree_text(jtree_get(target, "apiVersion")), jtree_text(jtree_get(target, "kind")));
	AUTO(buf_done) struct buf rest = { 0 }, meta = { 0 };
	struct sv name = jtree_text(jtree_get(target, "name"));

	if (kind == SCALE_OTHER)
		return false;
	buf_init(&rest, MAX_TEXT_BYTES);
	buf_init(&meta, MAX_TEXT_BYTES);
	if (!scale || !print_rest(api, kind, scale, &rest)) {
		live_cluster_remove(&api->cluster, KINDS[kind], api->ns, name);
		return false;
	}
	put_meta(api, name, &meta);
	const struct live_object o = {
		.ns = api->ns, .name = name, .meta = buf_sv(&meta), .rest = buf_sv(&rest)
	};
	live_cluster_put(&api->cluster, KINDS[kind], &o);
	return true;
}
