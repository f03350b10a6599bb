/* Groups -> inventories. What a watch cannot do now it tries again; the reason is told here. */
#include "adapter/watches.h"

#include "common/log.h"

static void on_error(const struct error *why, void *ctx)
{
	(void)ctx;
	log_event(LOG_WARN, "watching objects", "why", why->text, NULL);
}

enum error_kind watches_begin_usage(struct server *s, struct error *err)
{
	struct inventory_config pods = {
		.client = s->lister,
		.path = "/api/v1/pods",
		.resource = "pods",
		.field_selector = "status.phase=Running",
		.on_error = on_error,
		.ctx = s,
	};
	struct inventory_config nodes = pods;
	nodes.path = "/api/v1/nodes";
	nodes.resource = "nodes";
	nodes.field_selector = NULL;
	if ((!s->pods && inventory_new(&pods, &s->pods, err)) ||
		(!s->nodes && inventory_new(&nodes, &s->nodes, err)))
		return err->kind;
	return ERR_OK;
}

enum error_kind watches_begin(struct server *s, struct error *err)
{
	const struct inventories_config objects = {
		.loop = s->loop,
		.client = s->lister,
		.on_error = on_error,
		.ctx = s,
	};
	if (s->lister && !s->strict && inventories_new(&objects, &s->inventories, err))
		return err->kind;
	return s->groups.resource ? watches_begin_usage(s, err) : ERR_OK;
}
