/* ConfigMaps as the place of a checkpoint's shards. Every write names the version that it replaces: of two controllers that take each other for gone,
 * one gets a conflict. */
#include "controller/checkpoint_map.h"

#include "common/arena.h"
#include "common/jtree.h"
#include "common/jw.h"
#include "common/limits.h"
#include "kube/api_path.h"

#define KEY_TEXT "checkpoint"
#define KEY_SET "set"
#define KEY_SHARDS "shards"
#define KEY_LAST "last"
#define YES "true"

/* A resourceVersion is an opaque text; etcd's have up to 20 digits. */
#define VERSION_BYTES 64
/* One ConfigMap with its tree. */
#define ARENA_BYTES (16u * 1024 * 1024)
/* Of a ConfigMap's body: the API server takes 3 MiB, the text may double in quotes. */
#define BODY_BYTES (2u * 1024 * 1024)

struct checkpoint_map {
	struct kube_client *client;
	char *namespace, *name;
	checkpoint_map_done_fn done;
	void *ctx;
	struct client_call *call;
	char version[VERSION_BYTES]; /* empty: it does not exist, as far as we know */
};

void checkpoint_map_cancel(struct checkpoint_map *m)
{
	client_cancel(TAKE_PTR(m->call));
}

void checkpoint_map_free(struct checkpoint_map *m)
{
	if (!m)
		return;
	checkpoint_map_cancel(m);
	mem_free(m->namespace);
	mem_free(m->name);
	mem_free(m);
}
DEFINE_AUTO(struct checkpoint_map *, checkpoint_map_free)

enum error_kind checkpoint_map_new(struct kube_client *client, const char *namespace,
	const char *name, checkpoint_map_done_fn done, void *ctx, struct checkpoint_map **ret,
	struct error *err)
{
	AUTO(checkpoint_map_free) struct checkpoint_map *m = mem_zalloc(sizeof(*m));

	if (!m)
		return error_nomem(err);
	m->client = client;
	m->done = done;
	m->ctx = ctx;
	m->namespace = mem_strdup(namespace);
	m->name = mem_strdup(name);
	if (!m->namespace || !m->name)
		return error_nomem(err);
	*ret = TAKE_PTR(m);
	return ERR_OK;
}

bool checkpoint_map_is_busy(const struct checkpoint_map *m)
{
	return m->call != NULL;
}

static bool keep_version(struct checkpoint_map *m, const struct jtree *object)
{
	struct sv version = jtree_text(jtree_at(object, "metadata", "resourceVersion", NULL));

	if (version.len == 0 || version.len >= sizeof(m->version))
		return false;
	memcpy(m->version, version.ptr, version.len);
	m->version[version.len] = '\0';
	return true;
}

static struct checkpoint_map_content content_of(const struct jtree *object)
{
	const struct jtree *data = jtree_get(object, "data");
	uint64_t n_shards = 0;

	if (!sv_to_u64(jtree_text(jtree_get(data, KEY_SHARDS)), &n_shards) || n_shards > UINT32_MAX)
		n_shards = 0;
	return (struct checkpoint_map_content){
		.text = jtree_text(jtree_get(data, KEY_TEXT)),
		.set = jtree_text(jtree_get(data, KEY_SET)),
		.n_shards = (uint32_t)n_shards,
		.last = sv_is(jtree_text(jtree_get(data, KEY_LAST)), YES),
	};
}

static void on_answer(const struct client_answer *answer, const struct error *failed, void *ctx)
{
	struct checkpoint_map *m = ctx;
	AUTO(arena_done) struct arena a = { 0 };
	struct jtree *object;
	struct error err;

	m->call = NULL;
	if (failed) {
		if (answer->status == 404 || answer->status == 409)
			m->version[0] = '\0';
		m->done(m, NULL, failed, m->ctx);
		return;
	}
	arena_init(&a, ARENA_BYTES);
	enum error_kind rc = jtree_parse(&a, answer->body, &object, &err);
	if (rc == ERR_OK && !keep_version(m, object))
		rc = error_set(
			&err, ERR_INVALID, "the ConfigMap %s has no resourceVersion", m->name);
	if (rc != ERR_OK) {
		m->done(m, NULL, &err, m->ctx);
		return;
	}
	const struct checkpoint_map_content content = content_of(object);
	m->done(m, &content, NULL, m->ctx);
}

static enum error_kind ask(struct checkpoint_map *m, const char *method, const struct buf *body,
	int64_t timeout_ns, struct error *err)
{
	AUTO(buf_done) struct buf target = { 0 };
	bool create = method[0] == 'P' && method[1] == 'O';
	const struct api_path path = {
		.version = SV("v1"),
		.namespace = sv_of(m->namespace),
		.resource = SV("configmaps"),
		.name = create ? SV_NULL : sv_of(m->name),
	};

	buf_init(&target, LIMIT_OBJECT_BYTES);
	api_path_put(&target, &path);
	if (buf_check(&target, "path of the checkpoint", err) != ERR_OK ||
		(body && buf_check(body, "the checkpoint", err) != ERR_OK))
		return err->kind;
	const struct client_request q = {
		.method = method,
		.target = buf_text(&target),
		.resource = "configmaps",
		.name = m->name,
		.body = body ? buf_sv(body) : SV_NULL,
		.content_type = method[1] == 'A' ? CLIENT_PATCH_MERGE : NULL,
		.timeout_ns = timeout_ns,
		.once = true,
		.done = on_answer,
		.ctx = m,
	};
	return client_start(m->client, &q, &m->call, err);
}

enum error_kind checkpoint_map_read(struct checkpoint_map *m, int64_t timeout_ns, struct error *err)
{
	return ask(m, "GET", NULL, timeout_ns, err);
}

static void put_metadata(struct jw *w, const struct checkpoint_map *m)
{
	jw_key(w, "metadata");
	jw_object(w);
	jw_member_str(w, "name", m->name);
	jw_member_str(w, "namespace", m->namespace);
	jw_key(w, "labels");
	jw_object(w);
	jw_member_str(w, "app.kubernetes.io/managed-by", "flyball-controller");
	jw_member_str(w, "flyball.dev/checkpoint", "controller");
	jw_object_end(w);
	if (m->version[0] != '\0')
		jw_member_str(w, "resourceVersion", m->version);
	jw_object_end(w);
}

enum error_kind checkpoint_map_write(struct checkpoint_map *m,
	const struct checkpoint_map_content *content, int64_t timeout_ns, struct error *err)
{
	AUTO(buf_done) struct buf body = { 0 };
	AUTO(buf_done) struct buf number = { 0 };
	struct jw w;

	buf_init(&body, BODY_BYTES);
	buf_init(&number, 16);
	buf_put_u64(&number, content->n_shards);
	jw_init(&w, &body);
	w.plain = true;
	jw_object(&w);
	jw_member_str(&w, "kind", "ConfigMap");
	jw_member_str(&w, "apiVersion", "v1");
	put_metadata(&w, m);
	jw_key(&w, "data");
	jw_object(&w);
	jw_member_sv(&w, KEY_SHARDS, buf_sv(&number));
	if (content->set.len > 0)
		jw_member_sv(&w, KEY_SET, content->set);
	if (content->last)
		jw_member_str(&w, KEY_LAST, YES);
	jw_member_sv(&w, KEY_TEXT, content->text);
	jw_object_end(&w);
	jw_object_end(&w);
	if (buf_check(&number, "the checkpoint", err) != ERR_OK)
		return err->kind;
	return ask(m, m->version[0] != '\0' ? "PUT" : "POST", &body, timeout_ns, err);
}

enum error_kind checkpoint_map_take(struct checkpoint_map *m, int64_t timeout_ns, struct error *err)
{
	AUTO(buf_done) struct buf body = { 0 };
	struct jw w;

	buf_init(&body, BODY_BYTES);
	jw_init(&w, &body);
	jw_object(&w);
	jw_key(&w, "metadata");
	jw_object(&w);
	jw_member_str(&w, "resourceVersion", m->version);
	jw_object_end(&w);
	jw_key(&w, "data");
	jw_object(&w);
	jw_key(&w, KEY_LAST);
	jw_null(&w);
	jw_object_end(&w);
	jw_object_end(&w);
	return ask(m, "PATCH", &body, timeout_ns, err);
}
