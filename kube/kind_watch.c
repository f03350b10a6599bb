/* Discovery decides at first, later the one document of it that matters: of a missing group that is a 404. A 404 of the list or stream decides when to end: a kind
 * that goes away answers that at once, where discovery would be late. */
#include "kube/kind_watch.h"

#include <stdio.h>

#include "common/jtree.h"
#include "common/limits.h"

#define LOOK_NS (INT64_C(5) * NS_PER_SEC)
#define LOOK_TIMEOUT_NS (INT64_C(5) * NS_PER_SEC)
/* "/apis/" and two names. */
#define PATH_BYTES 512
/* Discovery could not be read: the API server is away, or still starting. */
#define LOOK_AGAIN_NS NS_PER_SEC

struct kind_watch {
	struct kind_watch_config config;
	struct watch *watch; /* NULL: the kind is not known to be there */
	struct loop_timer *timer;
	struct client_call *look; /* at the group's version */
	bool known, installed;
	bool waiting; /* for discovery */
};

static void tell(struct kind_watch *k, bool installed)
{
	bool news = !k->known || k->installed != installed;

	k->known = true;
	k->installed = installed;
	if (news && k->config.on_known)
		k->config.on_known(installed, k->config.watch.ctx);
}

static void look_again(struct kind_watch *k, int64_t after_ns)
{
	loop_timer_set(k->timer, after_ns);
}

static int64_t look_ns(const struct kind_watch *k)
{
	return k->config.look_ns > 0 ? k->config.look_ns : LOOK_NS;
}

static void on_object(const struct object_id *id, struct sv json, void *ctx)
{
	const struct kind_watch *k = ctx;
	k->config.watch.on_object(id, json, k->config.watch.ctx);
}

static void on_deleted(const struct object_id *id, struct sv json, void *ctx)
{
	const struct kind_watch *k = ctx;
	k->config.watch.on_deleted(id, json, k->config.watch.ctx);
}

static void on_synced(void *ctx)
{
	struct kind_watch *k = ctx;

	if (k->config.watch.on_synced)
		k->config.watch.on_synced(k->config.watch.ctx);
}

static void on_error(const struct error *err, void *ctx)
{
	struct kind_watch *k = ctx;

	if (err->code == 404) {
		watch_stop(TAKE_PTR(k->watch));
		look_again(k, look_ns(k));
		tell(k, false);
	} else if (k->config.watch.on_error) {
		k->config.watch.on_error(err, k->config.watch.ctx);
	}
}

static void begin(struct kind_watch *k)
{
	struct watch_config config = k->config.watch;
	struct error err;

	config.on_object = on_object;
	config.on_deleted = on_deleted;
	config.on_synced = on_synced;
	config.on_error = on_error;
	config.ctx = k;
	if (watch_start(&config, &k->watch, &err) != ERR_OK) {
		k->watch = NULL;
		look_again(k, LOOK_AGAIN_NS);
		return;
	}
	tell(k, true);
}

static bool is_served(const struct kind_watch *k, const struct discovery *d)
{
	const struct discovery_group *group = discovery_find_group(d, sv_of(k->config.group));
	const struct discovery_version *version =
		group ? discovery_find_version(group, sv_of(k->config.version)) : NULL;

	return version && discovery_find_resource(version, sv_of(k->config.plural));
}

static void on_discovery(struct discovery *d, const struct error *failed, void *ctx)
{
	struct kind_watch *k = ctx;

	k->waiting = false;
	if (failed || !d) {
		look_again(k, LOOK_AGAIN_NS);
	} else if (is_served(k, d)) {
		begin(k);
	} else {
		look_again(k, look_ns(k));
		tell(k, false);
	}
}

/* Whether an APIResourceList names the kind. */
static bool is_listed(const struct kind_watch *k, struct sv json)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct jtree *list;
	struct error ignored;

	arena_init(&a, LIMIT_OBJECT_BYTES);
	struct sv text = arena_sv(&a, json);
	if (!text.ptr || jtree_parse(&a, text, &list, &ignored) != ERR_OK)
		return false;
	JTREE_FOREACH (resource, jtree_get(list, "resources"))
		if (sv_is(jtree_text(jtree_get(resource, "name")), k->config.plural))
			return true;
	return false;
}

static void on_look(const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct kind_watch *k = ctx;

	k->look = NULL;
	if (!failed && is_listed(k, answer->body))
		begin(k);
	else
		look_again(k, failed && answer->status == 0 ? LOOK_AGAIN_NS : look_ns(k));
}

static enum error_kind look(struct kind_watch *k, struct error *err)
{
	char path[PATH_BYTES];
	const struct client_request request = { .target = path,
		.timeout_ns = LOOK_TIMEOUT_NS,
		.once = true,
		.done = on_look,
		.ctx = k };

	(void)snprintf(path, sizeof(path), "/apis/%s/%s", k->config.group, k->config.version);
	return client_start(k->config.watch.client, &request, &k->look, err);
}

static void on_timer(struct loop_timer *t, void *ctx)
{
	struct kind_watch *k = ctx;
	struct error err;

	(void)t;
	if (k->waiting || k->watch || k->look)
		return;
	if (k->known) {
		if (look(k, &err) != ERR_OK)
			look_again(k, LOOK_AGAIN_NS);
		return;
	}
	k->waiting = true;
	/* The snapshot that others asked for a moment ago will do. */
	if (discovery_cache_refresh(k->config.discovery, look_ns(k), on_discovery, k, &err) !=
		ERR_OK) {
		k->waiting = false;
		look_again(k, LOOK_AGAIN_NS);
	}
}

enum error_kind kind_watch_start(
	const struct kind_watch_config *config, struct kind_watch **ret, struct error *err)
{
	struct kind_watch *k = mem_zalloc(sizeof(*k));

	if (!k)
		return error_nomem(err);
	k->config = *config;
	k->timer = loop_timer_new(client_loop(config->watch.client), on_timer, k);
	if (!k->timer) {
		mem_free(k);
		return error_nomem(err);
	}
	look_again(k, 0);
	*ret = k;
	return ERR_OK;
}

void kind_watch_stop(struct kind_watch *k)
{
	if (!k)
		return;
	if (k->waiting)
		discovery_cache_forget(k->config.discovery, k);
	watch_stop(k->watch);
	client_cancel(k->look);
	loop_timer_free(k->timer);
	mem_free(k);
}

bool kind_watch_is_synced(const struct kind_watch *k)
{
	return k->known && (!k->installed || (k->watch && watch_is_synced(k->watch)));
}

bool kind_watch_is_installed(const struct kind_watch *k)
{
	return k->known && k->installed;
}

bool kind_watch_is_connected(const struct kind_watch *k)
{
	return !k->watch || watch_stats(k->watch).connected;
}
