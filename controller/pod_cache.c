/* Invariants: every record holds one reference of its labels and one of its template; a shared part is freed with its last reference. A part is found
 * again by a text that spells it out, so equal parts are one. */
#include "controller/pod_cache.h"

#include <stdlib.h>

#include "common/jtree.h"
#include "common/limits.h"
#include "common/map.h"

/* Kubernetes is tested to 150,000 pods; several times that is an error somewhere, not a cluster. */
#define MAX_PODS 1000000
#define MAX_NAMESPACES 100000
/* Labels or containers of one pod: an object is at most LIMIT_OBJECT_BYTES. */
#define MAX_SHARED_BYTES (256u * 1024)
/* Decoding one pod: its tree is a few times its text. */
#define MAX_SCRATCH_BYTES (16u * LIMIT_OBJECT_BYTES)

struct shared {
	unsigned n_refs;
	struct arena arena;
	struct sv key; /* in the arena */
	struct pod_labels labels;
	struct pod_template template;
};

struct record {
	struct pod pod; /* name and ns are its own */
	struct shared *labels, *template;
};

struct namespace_pods {
	struct map by_name; /* -> struct record */
	char *name;
};

struct pod_cache {
	struct map namespaces;	      /* -> struct namespace_pods */
	struct map labels, templates; /* spelled-out part -> struct shared */
	struct arena scratch;
	struct buf key;
	size_t n;
};

struct pod_cache *pod_cache_new(void)
{
	struct pod_cache *c = mem_zalloc(sizeof(*c));

	if (!c)
		return NULL;
	map_init(&c->namespaces, MAX_NAMESPACES);
	map_init(&c->labels, MAX_PODS);
	map_init(&c->templates, MAX_PODS);
	arena_init(&c->scratch, MAX_SCRATCH_BYTES);
	buf_init(&c->key, MAX_SHARED_BYTES);
	return c;
}

static void shared_unref(struct map *index, struct shared *s)
{
	if (!s || --s->n_refs > 0)
		return;
	(void)map_take(index, s->key);
	arena_done(&s->arena);
	mem_free(s);
}

static void record_free(struct pod_cache *c, struct record *r)
{
	if (!r)
		return;
	shared_unref(&c->labels, r->labels);
	shared_unref(&c->templates, r->template);
	mem_free((void *)(uintptr_t)r->pod.name.ptr);
	mem_free(r);
}

static void namespace_free(struct pod_cache *c, struct namespace_pods *ns)
{
	MAP_FOREACH (e, &ns->by_name)
		record_free(c, e->value);
	map_done(&ns->by_name, NULL);
	mem_free(ns->name);
	mem_free(ns);
}

void pod_cache_free(struct pod_cache *c)
{
	if (!c)
		return;
	MAP_FOREACH (e, &c->namespaces)
		namespace_free(c, e->value);
	map_done(&c->namespaces, NULL);
	map_done(&c->labels, NULL);
	map_done(&c->templates, NULL);
	arena_done(&c->scratch);
	buf_done(&c->key);
	mem_free(c);
}

/* Lengths in front keep two different lists from spelling the same text. */
static void spell(struct buf *key, struct sv text)
{
	buf_printf(key, "%zu:", text.len);
	buf_put_sv(key, text);
}

static void spell_requests(struct buf *key, const struct pod_requests *requests)
{
	buf_printf(key, "%zu[", requests->n);
	for (size_t i = 0; i < requests->n; i++) {
		spell(key, requests->at[i].resource);
		quantity_print(key, &requests->at[i].quantity);
		/* The canonical text does not tell every form apart that the arithmetic does. */
		buf_printf(key, "/%u/%d/", (unsigned)requests->at[i].quantity.form,
			(int)requests->at[i].quantity.scale);
		spell(key, requests->at[i].quantity.text);
	}
}

static void spell_labels(struct buf *key, const struct pod_labels *labels)
{
	for (size_t i = 0; i < labels->n; i++) {
		spell(key, labels->at[i].key);
		spell(key, labels->at[i].value);
	}
}

static void spell_template(struct buf *key, const struct pod_template *t)
{
	for (size_t i = 0; i < t->n_containers; i++) {
		spell(key, t->containers[i].name);
		buf_printf(key, "%d", (int)t->containers[i].role);
		spell_requests(key, &t->containers[i].requests);
	}
	spell_requests(key, &t->pod_level);
	spell_requests(key, &t->overhead);
}

static bool copy_requests(struct arena *a, const struct pod_requests *from, struct pod_requests *to)
{
	to->at = ARENA_ARRAY(a, from->n, struct pod_request);
	if (!to->at)
		return false;
	to->n = from->n;
	for (size_t i = 0; i < from->n; i++) {
		to->at[i] = from->at[i];
		to->at[i].resource = arena_sv(a, from->at[i].resource);
		to->at[i].quantity.text = arena_sv(a, from->at[i].quantity.text);
		if (!to->at[i].resource.ptr || !to->at[i].quantity.text.ptr)
			return false;
	}
	return true;
}

static bool copy_template(struct arena *a, const struct pod_template *from, struct pod_template *to)
{
	to->containers = ARENA_ARRAY(a, from->n_containers, struct pod_container);
	if (!to->containers)
		return false;
	to->n_containers = from->n_containers;
	for (size_t i = 0; i < from->n_containers; i++) {
		to->containers[i].role = from->containers[i].role;
		to->containers[i].name = arena_sv(a, from->containers[i].name);
		if (!to->containers[i].name.ptr || !copy_requests(a, &from->containers[i].requests,
							   &to->containers[i].requests))
			return false;
	}
	return copy_requests(a, &from->pod_level, &to->pod_level) &&
	       copy_requests(a, &from->overhead, &to->overhead);
}

static bool copy_labels(struct arena *a, const struct pod_labels *from, struct pod_labels *to)
{
	to->at = ARENA_ARRAY(a, from->n, struct label);
	if (!to->at)
		return false;
	to->n = from->n;
	for (size_t i = 0; i < from->n; i++) {
		to->at[i] = (struct label){ arena_sv(a, from->at[i].key),
			arena_sv(a, from->at[i].value) };
		if (!to->at[i].key.ptr || !to->at[i].value.ptr)
			return false;
	}
	return true;
}

/* The shared part that c->key spells; made from labels or template (the other is NULL) when it is new. */
static struct shared *share(struct pod_cache *c, struct map *index, const struct pod_labels *labels,
	const struct pod_template *template, struct error *err)
{
	struct shared *s = buf_check(&c->key, "a pod's labels or containers", err) == ERR_OK
				   ? map_get(index, buf_sv(&c->key))
				   : NULL;

	if (c->key.failed != ERR_OK)
		return NULL;
	if (s) {
		s->n_refs++;
		return s;
	}
	s = mem_zalloc(sizeof(*s));
	if (!s) {
		(void)error_nomem(err);
		return NULL;
	}
	s->n_refs = 1;
	arena_init(&s->arena, LIMIT_OBJECT_BYTES);
	s->key = arena_sv(&s->arena, buf_sv(&c->key));
	bool copied = labels ? copy_labels(&s->arena, labels, &s->labels)
			     : copy_template(&s->arena, template, &s->template);
	if (!s->key.ptr || !copied)
		(void)arena_error(&s->arena, err);
	else if (map_set(index, s->key, s, NULL, err) == ERR_OK)
		return s;
	arena_done(&s->arena);
	mem_free(s);
	return NULL;
}

static struct namespace_pods *namespace_of(struct pod_cache *c, struct sv name, struct error *err)
{
	struct namespace_pods *ns = map_get(&c->namespaces, name);

	if (ns)
		return ns;
	ns = mem_zalloc(sizeof(*ns));
	if (!ns) {
		(void)error_nomem(err);
		return NULL;
	}
	map_init(&ns->by_name, MAX_PODS);
	ns->name = mem_memdup(name.ptr, name.len);
	if (ns->name && map_set(&c->namespaces, name, ns, NULL, err) == ERR_OK)
		return ns;
	if (!ns->name)
		(void)error_nomem(err);
	namespace_free(c, ns);
	return NULL;
}

/* A record of its own for a decoded pod whose texts will go away. */
static struct record *record_new(
	struct pod_cache *c, const struct pod *pod, struct namespace_pods *ns, struct error *err)
{
	struct record *r = mem_zalloc(sizeof(*r));
	char *name = mem_memdup(pod->name.ptr, pod->name.len);

	if (!r || !name) {
		mem_free(r);
		mem_free(name);
		(void)error_nomem(err);
		return NULL;
	}
	r->pod = *pod;
	r->pod.name = sv_from(name, pod->name.len);
	r->pod.ns = sv_of(ns->name);
	buf_clear(&c->key);
	spell_labels(&c->key, pod->labels);
	r->labels = share(c, &c->labels, pod->labels, NULL, err);
	if (r->labels) {
		buf_clear(&c->key);
		spell_template(&c->key, pod->template);
		r->template = share(c, &c->templates, NULL, pod->template, err);
	}
	if (!r->labels || !r->template) {
		record_free(c, r);
		return NULL;
	}
	r->pod.labels = &r->labels->labels;
	r->pod.template = &r->template->template;
	return r;
}

enum error_kind pod_cache_put(struct pod_cache *c, struct sv json, struct error *err)
{
	struct jtree *tree;
	struct pod pod;
	void *old = NULL;

	arena_clear(&c->scratch);
	if (jtree_parse(&c->scratch, json, &tree, err) != ERR_OK ||
		pod_decode(&c->scratch, tree, &pod, err) != ERR_OK)
		return err->kind;
	struct namespace_pods *ns = namespace_of(c, pod.ns, err);
	struct record *r = ns ? record_new(c, &pod, ns, err) : NULL;
	if (!r)
		return err->kind;
	if (map_set(&ns->by_name, r->pod.name, r, &old, err) != ERR_OK) {
		record_free(c, r);
		return err->kind;
	}
	c->n += old == NULL;
	record_free(c, old);
	return ERR_OK;
}

void pod_cache_remove(struct pod_cache *c, struct sv ns_name, struct sv name)
{
	struct namespace_pods *ns = map_get(&c->namespaces, ns_name);
	struct record *r = ns ? map_take(&ns->by_name, name) : NULL;

	if (!r)
		return;
	c->n--;
	record_free(c, r);
	if (ns->by_name.n == 0) {
		(void)map_take(&c->namespaces, ns_name);
		namespace_free(c, ns);
	}
}

size_t pod_cache_n(const struct pod_cache *c)
{
	return c->n;
}

size_t pod_cache_n_in(const struct pod_cache *c, struct sv ns_name)
{
	const struct namespace_pods *ns = map_get(&c->namespaces, ns_name);
	return ns ? ns->by_name.n : 0;
}

static int by_name(const void *a, const void *b)
{
	return sv_cmp((*(const struct pod *const *)a)->name, (*(const struct pod *const *)b)->name);
}

enum error_kind pod_cache_select(const struct pod_cache *c, struct arena *a, struct sv ns_name,
	const struct selector *selector, struct pod_set *ret, struct error *err)
{
	const struct namespace_pods *ns = map_get(&c->namespaces, ns_name);
	const struct pod **chosen = ARENA_ARRAY(a, ns ? ns->by_name.n : 0, const struct pod *);
	size_t n = 0;

	if (!chosen)
		return arena_error(a, err);
	if (ns) {
		MAP_FOREACH (e, &ns->by_name) {
			const struct record *r = e->value;
			if (selector_matches(selector, r->pod.labels->at, r->pod.labels->n))
				chosen[n++] = &r->pod;
		}
	}
	qsort(chosen, n, sizeof(*chosen), by_name);
	*ret = (struct pod_set){ chosen, n };
	return ERR_OK;
}
