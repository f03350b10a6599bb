/* Objects in arrays, in the order in which they came; a step has at most some hundred. What changed is found by comparing texts. */
#include "tests/conformance/live_cluster.h"

#include <inttypes.h>

#include "common/limits.h"

#define MAX_OBJECTS 10000u
#define MAX_LIST_BYTES (64u * 1024 * 1024)

static const struct {
	const char *path, *api_version, *kind;
} KINDS[LIVE_N_KINDS] = {
	[LIVE_HPAS] = { "/apis/autoscaling/v2/horizontalpodautoscalers", "autoscaling/v2",
		"HorizontalPodAutoscaler" },
	[LIVE_PODS] = { "/api/v1/pods", "v1", "Pod" },
	[LIVE_DEPLOYMENTS] = { "/apis/apps/v1/deployments", "apps/v1", "Deployment" },
	[LIVE_REPLICA_SETS] = { "/apis/apps/v1/replicasets", "apps/v1", "ReplicaSet" },
	[LIVE_STATEFUL_SETS] = { "/apis/apps/v1/statefulsets", "apps/v1", "StatefulSet" },
	[LIVE_REPLICATION_CONTROLLERS] = { "/api/v1/replicationcontrollers", "v1",
		"ReplicationController" },
};

void live_cluster_init(struct live_cluster *c, struct arena *a)
{
	*c = (struct live_cluster){ .a = a, .version = 100 };
}

void live_cluster_done(struct live_cluster *c)
{
	for (int i = 0; i < LIVE_N_KINDS; i++)
		VEC_DONE(&c->lists[i].objects);
}

enum live_kind live_cluster_find_kind(struct sv path)
{
	enum live_kind kind = LIVE_HPAS;

	while (kind < LIVE_N_KINDS && !sv_is(path, KINDS[kind].path))
		kind++;
	return kind;
}

void live_cluster_print(struct buf *out, enum live_kind kind, const struct live_object *o)
{
	buf_printf(out,
		"{\"apiVersion\":\"%s\",\"kind\":\"%s\",\"metadata\":{%.*s%s\"uid\":\"%.*s\","
		"\"resourceVersion\":\"%" PRIu64 "\"}%s%.*s}",
		KINDS[kind].api_version, KINDS[kind].kind, SV_ARG(o->meta),
		o->meta.len > 0 ? "," : "", SV_ARG(o->uid), o->version, o->rest.len > 0 ? "," : "",
		SV_ARG(o->rest));
}

/* Streams */

static void write_line(struct live_cluster *c, struct live_list *list, const struct buf *line)
{
	if (!list->stream)
		return;
	if (line->failed != ERR_OK || !http_exchange_stream_write(list->stream, buf_sv(line)))
		c->broken = true;
	list->n_sent++;
}

static void tell(
	struct live_cluster *c, enum live_kind kind, const char *type, const struct live_object *o)
{
	AUTO(buf_done) struct buf line = { 0 };

	if (!c->lists[kind].stream)
		return;
	buf_init(&line, MAX_LIST_BYTES);
	buf_printf(&line, "{\"type\":\"%s\",\"object\":", type);
	live_cluster_print(&line, kind, o);
	buf_put_str(&line, "}\n");
	write_line(c, &c->lists[kind], &line);
}

void live_cluster_bookmark(struct live_cluster *c)
{
	for (int i = 0; i < LIVE_N_KINDS; i++) {
		AUTO(buf_done) struct buf line = { 0 };

		buf_init(&line, LIMIT_OBJECT_BYTES);
		buf_printf(&line,
			"{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"%s\",\"apiVersion\":\"%s\","
			"\"metadata\":{\"resourceVersion\":\"%" PRIu64 "\"}}}\n",
			KINDS[i].kind, KINDS[i].api_version, c->version);
		write_line(c, &c->lists[i], &line);
	}
}

static void on_stream_end(struct http_exchange *x, void *ctx)
{
	struct live_list *list = ctx;

	if (list->stream == x)
		list->stream = NULL;
}

static void send_list(struct live_cluster *c, enum live_kind kind, struct http_exchange *x)
{
	AUTO(buf_done) struct buf out = { 0 };
	bool first = true;

	buf_init(&out, MAX_LIST_BYTES);
	buf_printf(&out,
		"{\"kind\":\"%sList\",\"apiVersion\":\"%s\",\"metadata\":{\"resourceVersion\":"
		"\"%" PRIu64 "\"},\"items\":[",
		KINDS[kind].kind, KINDS[kind].api_version, c->version);
	VEC_FOREACH (o, &c->lists[kind].objects) {
		if (!first)
			buf_put_char(&out, ',');
		first = false;
		live_cluster_print(&out, kind, o);
	}
	buf_put_str(&out, "]}");
	http_exchange_reply_buf(x, 200, "application/json", &out, NULL);
}

void live_cluster_serve(struct live_cluster *c, enum live_kind kind, struct http_exchange *x)
{
	struct live_list *list = &c->lists[kind];

	if (!sv_is(http_exchange_query_get(x, "watch"), "true")) {
		send_list(c, kind, x);
		return;
	}
	http_exchange_set_ctx(x, list, on_stream_end);
	http_exchange_stream(x, "application/json", MAX_LIST_BYTES);
	list->stream = x;
}

/* Objects */

static struct live_object *find(struct live_list *list, struct sv ns, struct sv name)
{
	VEC_FOREACH (o, &list->objects)
		if (sv_eq(o->name, name) && sv_eq(o->ns, ns))
			return o;
	return NULL;
}

const struct live_object *live_cluster_find(
	const struct live_cluster *c, enum live_kind kind, struct sv ns, struct sv name)
{
	VEC_FOREACH (o, &c->lists[kind].objects)
		if (sv_eq(o->name, name) && sv_eq(o->ns, ns))
			return o;
	return NULL;
}

static struct live_object *add(struct live_cluster *c, struct live_list *list)
{
	struct live_object *o = VEC_PUSH(&list->objects, MAX_OBJECTS);
	const char *uid = arena_printf(c->a, "uid-%" PRIu64, ++c->n_uids);

	if (!o || !uid) {
		c->broken = true;
		return NULL;
	}
	o->uid = sv_of(uid);
	return o;
}

void live_cluster_put(struct live_cluster *c, enum live_kind kind, const struct live_object *wanted)
{
	struct live_object *o = find(&c->lists[kind], wanted->ns, wanted->name);
	bool added = !o;

	if (o && sv_eq(o->meta, wanted->meta) && sv_eq(o->rest, wanted->rest)) {
		o->kept = true;
		return;
	}
	if (!o && !(o = add(c, &c->lists[kind])))
		return;
	o->ns = arena_sv(c->a, wanted->ns);
	o->name = arena_sv(c->a, wanted->name);
	o->meta = arena_sv(c->a, wanted->meta);
	o->rest = arena_sv(c->a, wanted->rest);
	o->version = ++c->version;
	o->kept = true;
	if (!o->ns.ptr || !o->name.ptr || !o->meta.ptr || !o->rest.ptr)
		c->broken = true;
	tell(c, kind, added ? "ADDED" : "MODIFIED", o);
}

static bool is_one_of(struct sv key, const char *const *names)
{
	while (*names && !sv_is(key, *names))
		names++;
	return *names != NULL;
}

void live_cluster_put_members(
	struct buf *out, const struct jtree *object, const char *const *left_out)
{
	bool first = true;

	JTREE_FOREACH (member, object) {
		struct jw w;

		if (is_one_of(member->key, left_out))
			continue;
		if (!first)
			buf_put_char(out, ',');
		jw_init(&w, out);
		jw_sv(&w, member->key);
		buf_put_char(out, ':');
		jtree_print(out, member);
		first = false;
	}
}

void live_cluster_put_tree(struct live_cluster *c, enum live_kind kind, const struct jtree *t)
{
	const struct jtree *metadata = jtree_get(t, "metadata");
	AUTO(buf_done) struct buf meta = { 0 }, rest = { 0 };

	buf_init(&meta, LIMIT_OBJECT_BYTES);
	buf_init(&rest, LIMIT_OBJECT_BYTES);
	live_cluster_put_members(&meta, metadata, (const char *const[]){ NULL });
	live_cluster_put_members(
		&rest, t, (const char *const[]){ "metadata", "kind", "apiVersion", NULL });
	if (meta.failed != ERR_OK || rest.failed != ERR_OK)
		c->broken = true;
	const struct live_object o = { .ns = jtree_text(jtree_get(metadata, "namespace")),
		.name = jtree_text(jtree_get(metadata, "name")),
		.meta = buf_sv(&meta),
		.rest = buf_sv(&rest) };
	live_cluster_put(c, kind, &o);
}

static void remove_at(struct live_cluster *c, enum live_kind kind, size_t i)
{
	struct live_list *list = &c->lists[kind];
	struct live_object gone = list->objects.at[i];

	list->objects.n--;
	memmove(&list->objects.at[i], &list->objects.at[i + 1],
		(list->objects.n - i) * sizeof(gone));
	gone.version = ++c->version;
	tell(c, kind, "DELETED", &gone);
}

void live_cluster_remove(struct live_cluster *c, enum live_kind kind, struct sv ns, struct sv name)
{
	const struct live_object *o = find(&c->lists[kind], ns, name);

	if (o)
		remove_at(c, kind, (size_t)(o - c->lists[kind].objects.at));
}

void live_cluster_begin(struct live_cluster *c, enum live_kind kind)
{
	VEC_FOREACH (o, &c->lists[kind].objects)
		o->kept = false;
}

void live_cluster_end(struct live_cluster *c, enum live_kind kind)
{
	for (size_t i = c->lists[kind].objects.n; i > 0; i--)
		if (!c->lists[kind].objects.at[i - 1].kept)
			remove_at(c, kind, i - 1);
}

/* Watches */

void live_cluster_watch(struct live_cluster *c, const char *path, const struct watch *watch)
{
	enum live_kind kind = live_cluster_find_kind(sv_of(path));

	if (kind == LIVE_N_KINDS)
		return;
	c->lists[kind].watch = watch;
	c->lists[kind].n_sent = 0;
}

void live_cluster_watch_end(struct live_cluster *c, const struct watch *watch)
{
	for (int i = 0; i < LIVE_N_KINDS; i++)
		if (c->lists[i].watch == watch)
			c->lists[i].watch = NULL;
}

bool live_cluster_is_settled(const struct live_cluster *c)
{
	for (int i = 0; i < LIVE_N_KINDS; i++) {
		const struct live_list *list = &c->lists[i];
		if (list->watch &&
			(!list->stream || watch_stats(list->watch).n_events != list->n_sent))
			return false;
	}
	return true;
}

void live_cluster_hang_up(struct live_cluster *c)
{
	for (int i = 0; i < LIVE_N_KINDS; i++) {
		struct http_exchange *x = c->lists[i].stream;
		c->lists[i].stream = NULL;
		c->lists[i].watch = NULL;
		if (x)
			http_exchange_stream_end(x);
	}
}
