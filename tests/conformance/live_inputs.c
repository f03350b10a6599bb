/* A recorded step -> what there is in the cluster. */
#include "tests/conformance/live_api.h"
#include "tests/conformance/live_target.h"

#define MAX_TEXT_BYTES (16u * 1024 * 1024)

void live_api_put_object(struct live_api *api)
{
	AUTO(buf_done) struct buf meta = { 0 }, rest = { 0 };

	buf_init(&meta, MAX_TEXT_BYTES);
	buf_init(&rest, MAX_TEXT_BYTES);
	live_cluster_put_members(
		&meta, jtree_get(api->hpa, "metadata"), (const char *const[]){ NULL });
	buf_put_str(&rest, "\"spec\":");
	jtree_print(&rest, api->spec);
	buf_printf(&rest, ",\"status\":%.*s", SV_ARG(api->status));
	const struct live_object o = {
		.ns = api->ns, .name = api->name, .meta = buf_sv(&meta), .rest = buf_sv(&rest)
	};
	live_cluster_put(&api->cluster, LIVE_HPAS, &o);
}

/* Another autoscaler of the cluster, whose target selects that. With another selector it is another object, so that it is looked at anew. */
static void put_peer(struct live_api *api, const struct jtree *peer)
{
	struct sv ns = jtree_text(jtree_get(peer, "namespace")),
		  name = jtree_text(jtree_get(peer, "name"));
	AUTO(buf_done) struct buf meta = { 0 }, rest = { 0 };
	const struct live_object *before = live_cluster_find(&api->cluster, LIVE_HPAS, ns, name);

	buf_init(&meta, MAX_TEXT_BYTES);
	buf_init(&rest, MAX_TEXT_BYTES);
	buf_printf(&meta, "\"name\":\"%.*s\",\"namespace\":\"%.*s\",\"annotations\":{\"selects\":",
		SV_ARG(name), SV_ARG(ns));
	if (jtree_is_absent(jtree_get(peer, "selector")))
		buf_put_str(&meta, "\"nothing yet\"");
	else
		jtree_print(&meta, jtree_get(peer, "selector"));
	buf_put_char(&meta, '}');
	buf_printf(&rest,
		"\"spec\":{\"scaleTargetRef\":{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\","
		"\"name\":\"%.*s" LIVE_API_PEER_TARGET "\"},\"minReplicas\":1,\"maxReplicas\":1}",
		SV_ARG(name));
	if (before && !sv_eq(before->meta, buf_sv(&meta)))
		live_cluster_remove(&api->cluster, LIVE_HPAS, ns, name);
	const struct live_object o = {
		.ns = ns, .name = name, .meta = buf_sv(&meta), .rest = buf_sv(&rest)
	};
	live_cluster_put(&api->cluster, LIVE_HPAS, &o);
}

/* All autoscalers but the case's own and the canary are the step's. */
static void put_peers(struct live_api *api)
{
	live_cluster_begin(&api->cluster, LIVE_HPAS);
	VEC_FOREACH (o, &api->cluster.lists[LIVE_HPAS].objects)
		o->kept = (sv_eq(o->ns, api->ns) && sv_eq(o->name, api->name)) ||
			  sv_is(o->ns, LIVE_API_NAMESPACE);
	JTREE_FOREACH (peer, jtree_get(api->step, "otherHpas"))
		put_peer(api, peer);
	live_cluster_end(&api->cluster, LIVE_HPAS);
}

void live_api_take_step(struct live_api *api, const struct jtree *step)
{
	const struct jtree *spec = jtree_get(step, "spec");

	api->step = step;
	api->n_gets = api->n_puts = 0;
	if (spec)
		api->spec = spec;
	put_peers(api);
	live_cluster_begin(&api->cluster, LIVE_PODS);
	JTREE_FOREACH (pod, jtree_get(step, "pods"))
		live_cluster_put_tree(&api->cluster, LIVE_PODS, pod);
	live_cluster_end(&api->cluster, LIVE_PODS);
	if (api->derives && live_target_put(api))
		api->n_gets = 1;
}
