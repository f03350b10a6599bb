/* A map of small records per watched kind, each one piece of memory, and one of failures. Anything that goes wrong here (memory, an object that does not
 * read) leads to a GET, never to a guess. */
#include "controller/scale_cache.h"

#include "common/limits.h"
#include "common/map.h"
#include "controller/refusals.h"
#include "kube/watch.h"

#define MAX_TARGETS 1000000u
#define MAX_SCRATCH_BYTES (16u * LIMIT_OBJECT_BYTES)

struct target {
	uint64_t version; /* 0: not a number */
	int32_t replicas, status_replicas;
	bool awaited; /* the answer to our own write, which the watch has yet to show */
	uint16_t uid_len, version_len;
	uint32_t selector_len;
	char texts[]; /* uid, version, selector */
};

struct kind {
	struct scale_cache *cache;
	enum scale_kind kind;
	size_t n_users;
	struct watch *watch; /* NULL: nobody uses it, or it could not be started */
	bool told;	     /* its failure, until a list works */
	struct map targets;  /* "namespace/name" -> struct target */
};

struct scale_cache {
	struct scale_cache_config config;
	struct kind kinds[SCALE_KINDS];
	struct refusals refusals; /* of paths */
	struct arena scratch;
	struct buf key;
	uint64_t n_known, n_asked;
};

enum error_kind scale_cache_new(
	const struct scale_cache_config *config, struct scale_cache **ret, struct error *err)
{
	struct scale_cache *c = mem_zalloc(sizeof(*c));

	if (!c)
		return error_nomem(err);
	c->config = *config;
	for (int i = 0; i < SCALE_KINDS; i++) {
		c->kinds[i] = (struct kind){ .cache = c, .kind = (enum scale_kind)i };
		map_init(&c->kinds[i].targets, MAX_TARGETS);
	}
	refusals_init(&c->refusals);
	arena_init(&c->scratch, MAX_SCRATCH_BYTES);
	buf_init(&c->key, LIMIT_OBJECT_BYTES);
	*ret = c;
	return ERR_OK;
}

void scale_cache_free(struct scale_cache *c)
{
	if (!c)
		return;
	for (int i = 0; i < SCALE_KINDS; i++) {
		watch_stop(c->kinds[i].watch);
		map_done(&c->kinds[i].targets, mem_free);
	}
	refusals_done(&c->refusals);
	arena_done(&c->scratch);
	buf_done(&c->key);
	mem_free(c);
}

static struct sv key_of(struct scale_cache *c, struct sv ns, struct sv name)
{
	buf_clear(&c->key);
	buf_put_sv(&c->key, ns);
	buf_put_char(&c->key, '/');
	buf_put_sv(&c->key, name);
	return buf_sv(&c->key);
}

static struct sv path_key(struct scale_cache *c, const struct api_path *path)
{
	buf_clear(&c->key);
	api_path_put(&c->key, path);
	return buf_sv(&c->key);
}

static struct scale_derived read_target(const struct target *t)
{
	const char *version = t->texts + t->uid_len;

	return (struct scale_derived){ .uid = sv_from(t->texts, t->uid_len),
		.version = sv_from(version, t->version_len),
		.selector = sv_from(version + t->version_len, t->selector_len),
		.replicas = t->replicas,
		.status_replicas = t->status_replicas };
}

static char *put_text(char *at, struct sv text)
{
	if (text.len > 0)
		memcpy(at, text.ptr, text.len);
	return at + text.len;
}

static struct target *new_target(const struct scale_derived *d)
{
	struct target *t;

	if (d->uid.len > UINT16_MAX || d->version.len > UINT16_MAX ||
		d->selector.len > LIMIT_OBJECT_BYTES)
		return NULL;
	t = mem_zalloc(sizeof(*t) + d->uid.len + d->version.len + d->selector.len);
	if (!t)
		return NULL;
	(void)!object_meta_version(d->version, &t->version);
	t->replicas = d->replicas;
	t->status_replicas = d->status_replicas;
	t->uid_len = (uint16_t)d->uid.len;
	t->version_len = (uint16_t)d->version.len;
	t->selector_len = (uint32_t)d->selector.len;
	char *at = put_text(t->texts, d->uid);
	at = put_text(at, d->version);
	(void)put_text(at, d->selector);
	return t;
}

/* Without memory the target is not known: it is asked for. */
static void set_target(struct kind *k, struct sv key, const struct scale_derived *d, bool awaited)
{
	struct target *t = new_target(d);
	void *old = NULL;
	struct error ignored;

	if (t)
		t->awaited = awaited;
	if (t && map_set(&k->targets, key, t, &old, &ignored) == ERR_OK) {
		mem_free(old);
		return;
	}
	mem_free(t);
	mem_free(map_take(&k->targets, key));
}

static bool is_newer(const struct target *known, const struct scale_derived *d)
{
	uint64_t version;

	if (!known || !sv_eq(read_target(known).uid, d->uid) || known->version == 0)
		return true;
	return !object_meta_version(d->version, &version) || version > known->version;
}

/* The watch tells nothing twice and leaves out what is older than it told; a list may go back, where a backup was put back. Only our own write is ahead of it. */
static bool is_passed(const struct target *known, const struct scale_derived *d)
{
	return !known || !known->awaited || is_newer(known, d);
}

static void forget_refusal(struct scale_cache *c, enum scale_kind kind, const struct object_id *id)
{
	const struct scale_kind_names *names = scale_derive_names(kind);
	const struct api_path path = {
		.group = sv_of(names->group),
		.version = SV("v1"),
		.namespace = id->namespace,
		.resource = sv_of(names->plural),
		.name = id->name,
		.subresource = SV("scale"),
	};

	refusals_forget(&c->refusals, path_key(c, &path));
}

static void on_target(const struct object_id *id, struct sv json, void *ctx)
{
	struct kind *k = ctx;
	struct scale_cache *c = k->cache;
	struct scale_derived d;
	struct error ignored;

	forget_refusal(c, k->kind, id);
	arena_clear(&c->scratch);
	struct sv key = key_of(c, id->namespace, id->name);
	if (scale_derive_read(&c->scratch, k->kind, json, &d, &ignored) != ERR_OK)
		mem_free(map_take(&k->targets, key));
	else if (is_passed(map_get(&k->targets, key), &d))
		set_target(k, key, &d, false);
	if (c->config.on_target)
		c->config.on_target(k->kind, id, json, c->config.ctx);
}

static void on_target_gone(const struct object_id *id, struct sv json, void *ctx)
{
	struct kind *k = ctx;

	(void)json;
	mem_free(map_take(&k->targets, key_of(k->cache, id->namespace, id->name)));
}

static void on_watch_error(const struct error *err, void *ctx)
{
	struct kind *k = ctx;

	if (k->cache->config.on_error && !k->told)
		k->cache->config.on_error(
			scale_derive_names(k->kind)->resource, err, k->cache->config.ctx);
	k->told = true;
}

static void on_synced(void *ctx)
{
	struct kind *k = ctx;
	k->told = false;
}

void scale_cache_use(struct scale_cache *c, enum scale_kind kind)
{
	if (kind == SCALE_OTHER)
		return;
	struct kind *k = &c->kinds[kind];
	const struct scale_kind_names *names = scale_derive_names(kind);
	const struct watch_config config = {
		.client = c->config.client,
		.path = names->watch_path,
		.resource = names->resource,
		.on_object = on_target,
		.on_deleted = on_target_gone,
		.on_synced = on_synced,
		.on_error = on_watch_error,
		.ctx = k,
	};
	struct error ignored;

	k->n_users++;
	/* Without memory it is tried again with the next user. */
	if (!k->watch && watch_start(&config, &k->watch, &ignored) != ERR_OK)
		k->watch = NULL;
}

void scale_cache_drop(struct scale_cache *c, enum scale_kind kind)
{
	if (kind == SCALE_OTHER || --c->kinds[kind].n_users > 0)
		return;
	struct kind *k = &c->kinds[kind];
	watch_stop(TAKE_PTR(k->watch));
	map_done(&k->targets, mem_free);
	map_init(&k->targets, MAX_TARGETS);
}

/* A watch that is interrupted does not know what happens meanwhile; a GET does. */
static bool is_current(const struct kind *k)
{
	return k->watch && watch_is_synced(k->watch) && watch_stats(k->watch).connected;
}

enum scale_cache_result scale_cache_get(struct scale_cache *c, const struct api_path *path,
	struct mono now, struct buf *out, struct error *failed)
{
	enum scale_kind kind = scale_derive_resource(path->group, path->resource);

	if (refusals_find(&c->refusals, path_key(c, path), now, failed))
		return SCALE_CACHE_FAILS;
	if (kind == SCALE_OTHER || !is_current(&c->kinds[kind]))
		return SCALE_CACHE_ASK;
	const struct target *t =
		map_get(&c->kinds[kind].targets, key_of(c, path->namespace, path->name));
	if (!t)
		return SCALE_CACHE_ASK;
	const struct scale_derived d = read_target(t);
	scale_derive_print(out, path->namespace, path->name, &d);
	if (out->failed != ERR_OK)
		return SCALE_CACHE_ASK;
	c->n_known++;
	return SCALE_CACHE_KNOWN;
}

static bool heals_by_itself(const struct error *failed)
{
	return failed->code != 403 && failed->code != 404 && failed->code != 405;
}

void scale_cache_asked(struct scale_cache *c, const struct api_path *path,
	const struct error *failed, struct mono now)
{
	c->n_asked++;
	if (failed && !heals_by_itself(failed))
		refusals_note(&c->refusals, path_key(c, path), failed, now);
	else
		refusals_forget(&c->refusals, path_key(c, path));
}

void scale_cache_wrote(struct scale_cache *c, const struct api_path *path, struct sv body)
{
	enum scale_kind kind = scale_derive_resource(path->group, path->resource);
	struct scale_derived written;
	struct error ignored;

	if (kind == SCALE_OTHER)
		return;
	struct kind *k = &c->kinds[kind];
	struct sv key = key_of(c, path->namespace, path->name);
	const struct target *t = map_get(&k->targets, key);
	if (!t)
		return;
	arena_clear(&c->scratch);
	struct scale_derived d = read_target(t);
	/* Its selector is text already, and has not changed. */
	if (scale_derive_read(&c->scratch, SCALE_OTHER, body, &written, &ignored) != ERR_OK) {
		mem_free(map_take(&k->targets, key));
		return;
	}
	if (!sv_eq(written.uid, d.uid) || !is_newer(t, &written))
		return;
	d.version = written.version;
	d.replicas = written.replicas;
	d.status_replicas = written.status_replicas;
	/* The record that d's texts are views of goes only after it was copied. */
	set_target(k, key, &d, true);
}

struct scale_cache_stats scale_cache_stats(const struct scale_cache *c)
{
	struct scale_cache_stats s = { .n_known = c->n_known, .n_asked = c->n_asked };

	for (int i = 0; i < SCALE_KINDS; i++) {
		s.n_watched += c->kinds[i].watch != NULL;
		s.n_targets += c->kinds[i].targets.n;
	}
	return s;
}
