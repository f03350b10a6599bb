/* Which inventories run. A resource that may be listed but not watched is left to live lists, and tried again much later. */
#include "adapter/inventories.h"

#include "common/map.h"
#include "kube/api_path.h"

/* Kinds that metrics are asked for with `*`; more of them are asked live. */
#define INVENTORIES_MAX 32u
#define INVENTORIES_IDLE_NS (900 * NS_PER_SEC)
#define INVENTORIES_LOOK_NS (60 * NS_PER_SEC)

struct shelf {
	struct inventories *owner;
	struct inventory *inventory; /* NULL: refused, until the shelf is old */
	struct mono used;
	bool refused;
};

struct inventories {
	struct inventories_config config;
	struct map shelves; /* path -> struct shelf */
	struct loop_timer *timer;
};

static void free_shelf(void *value)
{
	struct shelf *s = value;
	if (!s)
		return;
	inventory_free(s->inventory);
	mem_free(s);
}

/* Stops what nobody used, and what the API server refused. */
static void on_timer(struct loop_timer *t, void *ctx)
{
	struct inventories *s = ctx;
	int64_t now_ns = loop_now(s->config.loop).ns;
	const struct map_entry *old = NULL;
	do {
		old = NULL;
		MAP_FOREACH (e, &s->shelves) {
			struct shelf *shelf = e->value;
			if (shelf->refused) {
				inventory_free(shelf->inventory);
				shelf->inventory = NULL;
			}
			if (now_ns - shelf->used.ns > INVENTORIES_IDLE_NS)
				old = e;
		}
		if (old)
			free_shelf(map_take(&s->shelves, map_key(old)));
	} while (old);
	loop_timer_set(t, INVENTORIES_LOOK_NS);
}

enum error_kind inventories_new(
	const struct inventories_config *config, struct inventories **ret, struct error *err)
{
	AUTO(inventories_free) struct inventories *s = mem_zalloc(sizeof(*s));
	if (!s)
		return error_nomem(err);
	s->config = *config;
	map_init(&s->shelves, INVENTORIES_MAX);
	s->timer = loop_timer_new(config->loop, on_timer, s);
	if (!s->timer)
		return error_nomem(err);
	loop_timer_set(s->timer, INVENTORIES_LOOK_NS);
	*ret = TAKE_PTR(s);
	return ERR_OK;
}

void inventories_free(struct inventories *s)
{
	if (!s)
		return;
	map_done(&s->shelves, free_shelf);
	loop_timer_free(s->timer);
	mem_free(s);
}

static void on_error(const struct error *why, void *ctx)
{
	struct shelf *shelf = ctx;
	/* The inventory is in the middle of telling us; the timer ends it. */
	shelf->refused = shelf->refused || why->kind == ERR_DENIED || why->kind == ERR_NOTFOUND;
	shelf->owner->config.on_error(why, shelf->owner->config.ctx);
}

static void start(struct inventories *s, struct sv path, const struct mapper_resource *resource)
{
	struct shelf *shelf = mem_zalloc(sizeof(*shelf));
	struct error err = { 0 };
	if (!shelf)
		return;
	shelf->owner = s;
	shelf->used = loop_now(s->config.loop);
	char *name = mem_memdup(resource->plural.ptr, resource->plural.len);
	char *target = mem_memdup(path.ptr, path.len);
	struct inventory_config config = {
		.client = s->config.client,
		.path = target,
		.resource = name,
		.on_error = on_error,
		.ctx = shelf,
	};
	bool started = name && target && inventory_new(&config, &shelf->inventory, &err) == ERR_OK;
	if (!started || map_set(&s->shelves, path, shelf, NULL, &err))
		free_shelf(shelf);
	mem_free(name);
	mem_free(target);
}

const struct inventory *inventories_find(
	struct inventories *s, const struct mapper_resource *resource)
{
	const struct inventory *found = NULL;
	struct api_path at = {
		.group = resource->group, .version = resource->version, .resource = resource->plural
	};
	struct buf path;
	buf_init(&path, 4096);
	api_path_put(&path, &at);
	struct shelf *shelf = path.failed ? NULL : map_get(&s->shelves, buf_sv(&path));
	if (shelf) {
		shelf->used = loop_now(s->config.loop);
		if (shelf->inventory && !shelf->refused &&
			inventory_is_fresh(shelf->inventory, shelf->used))
			found = shelf->inventory;
	} else if (!path.failed && s->shelves.n < INVENTORIES_MAX) {
		start(s, buf_sv(&path), resource);
	}
	buf_done(&path);
	return found;
}
