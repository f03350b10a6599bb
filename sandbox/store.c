/* Invariants: every object in `objects` has n_refs >= 1 held by the map; the change log holds references of its own, so a watch
 * can print a state that was overwritten since. */
#include "sandbox/store.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/limits.h"
#include "common/map.h"

/* 150,000 pods are the largest cluster that Kubernetes supports; four kinds of that size. */
#define MAX_OBJECTS 600000
/* Changes kept for watches to resume: a minute of a busy cluster. */
#define LOG_SIZE 4096
#define MAX_LISTENERS 16
/* metadata names are at most 253 bytes, namespaces 63. */
#define MAX_KEY_BYTES 1024

struct listener {
	store_listener_fn fn;
	void *ctx;
};

struct store {
	struct map *objects; /* one map a resource: "ns/name" -> struct store_object */
	uint64_t revision;
	struct store_event log[LOG_SIZE]; /* ring: log[n_logged % LOG_SIZE] is the next slot */
	size_t n_logged;
	struct listener listeners[MAX_LISTENERS];
	size_t n_listeners;
};

static void object_unref(struct store_object *o)
{
	if (!o || --o->n_refs > 0)
		return;
	mem_free(o->ns);
	mem_free(o->name);
	mem_free(o->text);
	mem_free(o);
}

static void object_unref_any(void *o)
{
	object_unref(o);
}

enum error_kind store_new(struct store **ret, struct error *err)
{
	struct store *s = mem_zalloc(sizeof(*s));
	if (!s)
		return error_nomem(err);
	s->objects = mem_calloc(resources_n, sizeof(*s->objects));
	if (!s->objects) {
		mem_free(s);
		return error_nomem(err);
	}
	for (size_t i = 0; i < resources_n; i++)
		map_init(&s->objects[i], MAX_OBJECTS);
	*ret = s;
	return ERR_OK;
}

void store_free(struct store *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < resources_n; i++)
		map_done(&s->objects[i], object_unref_any);
	for (size_t i = 0; i < LOG_SIZE; i++) {
		object_unref(s->log[i].object);
		object_unref(s->log[i].before);
	}
	mem_free(s->objects);
	mem_free(s);
}

static struct map *map_of(const struct store *s, const struct resource *r)
{
	return &s->objects[resources_index(r)];
}

static struct sv key_of(char *room, size_t size, struct sv ns, struct sv name)
{
	int n = snprintf(room, size, "%.*s/%.*s", SV_ARG(ns), SV_ARG(name));
	return sv_from(room, n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1);
}

const struct store_object *store_find(
	const struct store *s, const struct resource *r, struct sv ns, struct sv name)
{
	char room[MAX_KEY_BYTES];
	return map_get(map_of(s, r), key_of(room, sizeof(room), ns, name));
}

json_t *store_get(const struct store *s, const struct resource *r, struct sv ns, struct sv name)
{
	const struct store_object *o = store_find(s, r, ns, name);
	struct error ignored;
	json_t *doc = NULL;

	if (!o || jx_parse(sv_from(o->text, o->text_len), &doc, &ignored) != ERR_OK)
		return NULL;
	return doc;
}

static int by_key(const void *a, const void *b)
{
	const struct store_object *x = *(struct store_object *const *)a;
	const struct store_object *y = *(struct store_object *const *)b;
	int order = strcmp(x->ns, y->ns);
	return order != 0 ? order : strcmp(x->name, y->name);
}

enum error_kind store_list(const struct store *s, const struct resource *r, struct sv ns,
	struct store_list *ret, struct error *err)
{
	const struct map *m = map_of(s, r);
	struct store_object **all = mem_calloc(m->n + 1, sizeof(*all));
	size_t n = 0;

	if (!all)
		return error_nomem(err);
	MAP_FOREACH (e, m) {
		struct store_object *o = e->value;
		if (ns.len > 0 && !sv_is(ns, o->ns))
			continue;
		o->n_refs++;
		all[n++] = o;
	}
	qsort(all, n, sizeof(*all), by_key);
	*ret = (struct store_list){ all, n };
	return ERR_OK;
}

void store_list_done(struct store_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		object_unref(list->at[i]);
	mem_free(list->at);
	*list = (struct store_list){ NULL, 0 };
}

size_t store_count(const struct store *s, const struct resource *r)
{
	return map_of(s, r)->n;
}

uint64_t store_revision(const struct store *s)
{
	return s->revision;
}

/* The object that the map will hold, from the finished document; NULL: no memory. */
static struct store_object *object_new(
	const struct resource *r, const json_t *doc, uint64_t revision)
{
	struct store_object *o = mem_zalloc(sizeof(*o));
	AUTO(buf_done) struct buf text = { 0 };
	const char *ns = jx_text_at(doc, "metadata.namespace");

	if (!o)
		return NULL;
	buf_init(&text, LIMIT_OBJECT_BYTES);
	jx_print(&text, doc);
	o->resource = r;
	o->revision = revision;
	o->n_refs = 1;
	o->ns = mem_strdup(ns ? ns : "");
	o->name = mem_strdup(jx_text_at(doc, "metadata.name"));
	o->text = buf_take(&text, &o->text_len);
	if (o->ns && o->name && o->text)
		return o;
	object_unref(o);
	return NULL;
}

static void announce(struct store *s, enum store_change change, struct store_object *o,
	struct store_object *before)
{
	struct store_event *slot = &s->log[s->n_logged++ % LOG_SIZE];

	object_unref(slot->object);
	object_unref(slot->before);
	o->n_refs++;
	if (before)
		before->n_refs++;
	*slot = (struct store_event){ change, o->revision, o, before };
	struct store_event event = *slot;
	for (size_t i = 0; i < s->n_listeners; i++)
		s->listeners[i].fn(&event, s->listeners[i].ctx);
}

/* Sets a member that must not fail for lack of memory later. */
static bool set_text(json_t *object, const char *key, const char *text)
{
	return json_object_set_new(object, key, json_string(text)) == 0;
}

static bool set_revision(json_t *doc, uint64_t revision)
{
	char text[24];
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)revision);
	return set_text(json_object_get(doc, "metadata"), "resourceVersion", text);
}

static bool set_type(json_t *doc, const struct resource *r)
{
	AUTO(buf_done) struct buf version = { 0 };
	buf_init(&version, 256);
	resources_print_api_version(&version, r);
	return set_text(doc, "kind", r->kind) && set_text(doc, "apiVersion", buf_text(&version));
}

/* Puts the finished document into the map under a new revision and tells the listeners. */
static enum error_kind put(struct store *s, const struct resource *r, json_t *doc,
	enum store_change change, struct error *err)
{
	uint64_t revision = s->revision + 1;
	char room[MAX_KEY_BYTES];
	void *old = NULL;

	if (!set_revision(doc, revision))
		return error_nomem(err);
	struct store_object *o = object_new(r, doc, revision);
	if (!o)
		return error_nomem(err);
	struct sv key = key_of(room, sizeof(room), sv_of(o->ns), sv_of(o->name));
	enum error_kind rc = map_set(map_of(s, r), key, o, &old, err);
	if (rc != ERR_OK) {
		object_unref(o);
		return rc;
	}
	s->revision = revision;
	announce(s, change, o, old);
	object_unref(old);
	return ERR_OK;
}

static enum error_kind exists_already(const struct resource *r, const char *name, struct error *err)
{
	AUTO(buf_done) struct buf qualified = { 0 };
	buf_init(&qualified, 256);
	resources_print_qualified(&qualified, r);
	return error_set(err, ERR_CONFLICT, "%s \"%s\" already exists", buf_text(&qualified), name);
}

static enum error_kind not_found(const struct resource *r, struct sv name, struct error *err)
{
	AUTO(buf_done) struct buf qualified = { 0 };
	buf_init(&qualified, 256);
	resources_print_qualified(&qualified, r);
	return error_set(
		err, ERR_NOTFOUND, "%s \"%.*s\" not found", buf_text(&qualified), SV_ARG(name));
}

static bool set_metadata(
	struct store *s, const struct resource *r, json_t *metadata, struct wall now)
{
	char uid[40];
	AUTO(buf_done) struct buf created = { 0 };

	/* Unique in this process, in the shape of a random UUID. */
	(void)snprintf(uid, sizeof(uid), "f1b0a110-0000-4000-8000-%012llx",
		(unsigned long long)(s->revision + 1));
	buf_init(&created, 64);
	instant_wall_print(&created, now);
	return set_text(metadata, "uid", uid) &&
	       set_text(metadata, "creationTimestamp", buf_text(&created)) &&
	       ((!r->has_scale && !r->custom) ||
		       json_object_set_new(metadata, "generation", json_integer(1)) == 0);
}

enum error_kind store_create(
	struct store *s, const struct resource *r, json_t *doc, struct wall now, struct error *err)
{
	json_t *metadata = json_object_get(doc, "metadata");
	const char *name = jx_text_at(doc, "metadata.name");
	const char *ns = jx_text_at(doc, "metadata.namespace");

	if (!json_is_object(metadata) || !name || name[0] == '\0')
		return error_set(err, ERR_INVALID, "name or generateName is required");
	if (store_find(s, r, sv_of(ns), sv_of(name)))
		return exists_already(r, name, err);
	if (!set_metadata(s, r, metadata, now) || !set_type(doc, r))
		return error_nomem(err);
	return put(s, r, doc, STORE_ADDED, err);
}

/* Whether two documents differ in what counts for generation: everything but metadata and status. */
static bool desired_state_differs(const json_t *a, const json_t *b)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)a, key, value)
	{
		if (strcmp(key, "metadata") != 0 && strcmp(key, "status") != 0 &&
			!json_equal(value, json_object_get(b, key)))
			return true;
	}
	json_object_foreach((json_t *)(uintptr_t)b, key, value)
	{
		if (!json_object_get(a, key))
			return true;
	}
	return false;
}

/* Carries over what a client cannot change. */
static bool keep_server_fields(json_t *doc, const json_t *old)
{
	static const char *const FIELDS[] = { "uid", "creationTimestamp", "generation" };
	json_t *metadata = json_object_get(doc, "metadata");

	for (size_t i = 0; i < ARRAY_LEN(FIELDS); i++) {
		json_t *value = json_object_get(json_object_get(old, "metadata"), FIELDS[i]);
		if (value && json_object_set(metadata, FIELDS[i], value) != 0)
			return false;
	}
	return true;
}

static enum error_kind modified_meanwhile(
	const struct resource *r, const char *name, struct error *err)
{
	AUTO(buf_done) struct buf qualified = { 0 };
	buf_init(&qualified, 256);
	resources_print_qualified(&qualified, r);
	return error_set(err, ERR_CONFLICT,
		"Operation cannot be fulfilled on %s \"%s\": the object has been modified; please "
		"apply your changes to the latest version and try again",
		buf_text(&qualified), name);
}

enum error_kind store_update(
	struct store *s, const struct resource *r, json_t *doc, struct error *err)
{
	const char *name = jx_text_at(doc, "metadata.name");
	const char *ns = jx_text_at(doc, "metadata.namespace");

	if (!name)
		return error_set(err, ERR_INVALID, "metadata.name: Required value");
	AUTO(jx_free) json_t *old = store_get(s, r, sv_of(ns), sv_of(name));
	if (!old)
		return not_found(r, sv_of(name), err);
	const char *wanted = jx_text_at(doc, "metadata.resourceVersion");
	const char *current = jx_text_at(old, "metadata.resourceVersion");
	if (wanted && wanted[0] != '\0' && strcmp(wanted, current) != 0)
		return modified_meanwhile(r, name, err);
	json_t *metadata = json_object_get(doc, "metadata");
	if (!keep_server_fields(doc, old) || !set_type(doc, r) ||
		!set_text(metadata, "resourceVersion", current))
		return error_nomem(err);
	if (json_equal(doc, old))
		return ERR_OK;
	if ((r->has_scale || r->custom) && desired_state_differs(doc, old)) {
		json_int_t generation = json_integer_value(json_object_get(metadata, "generation"));
		if (json_object_set_new(metadata, "generation", json_integer(generation + 1)) != 0)
			return error_nomem(err);
	}
	return put(s, r, doc, STORE_MODIFIED, err);
}

enum error_kind store_delete(
	struct store *s, const struct resource *r, struct sv ns, struct sv name, struct error *err)
{
	AUTO(jx_free) json_t *doc = store_get(s, r, ns, name);
	char room[MAX_KEY_BYTES];

	if (!doc)
		return not_found(r, name, err);
	if (!set_revision(doc, s->revision + 1))
		return error_nomem(err);
	struct store_object *last = object_new(r, doc, s->revision + 1);
	if (!last)
		return error_nomem(err);
	s->revision++;
	struct store_object *old = map_take(map_of(s, r), key_of(room, sizeof(room), ns, name));
	announce(s, STORE_DELETED, last, old);
	object_unref(last);
	object_unref(old);
	return ERR_OK;
}

enum error_kind store_listen(struct store *s, store_listener_fn fn, void *ctx, struct error *err)
{
	if (s->n_listeners == MAX_LISTENERS)
		return error_set(
			err, ERR_LIMIT, "more than %d listeners of the store", MAX_LISTENERS);
	s->listeners[s->n_listeners++] = (struct listener){ fn, ctx };
	return ERR_OK;
}

bool store_replay(const struct store *s, const struct resource *r, uint64_t revision,
	store_listener_fn fn, void *ctx)
{
	size_t n = s->n_logged < LOG_SIZE ? s->n_logged : LOG_SIZE;

	if (s->n_logged > LOG_SIZE && s->log[s->n_logged % LOG_SIZE].revision > revision + 1)
		return false;
	for (size_t i = s->n_logged - n; i < s->n_logged; i++) {
		const struct store_event *event = &s->log[i % LOG_SIZE];
		if (event->revision > revision && event->object->resource == r)
			fn(event, ctx);
	}
	return true;
}
