/* One small record per pod with its name behind it; what siblings have in common (labels, containers with their requests) once for all of them, each in one
 * piece of memory. Pods are found by name through a table, and by selector through their labels: each set of labels hangs in one chain per label, and the
 * shortest chain of those labels that a selector demands is the list of candidates.
 * Invariants: every record holds one reference of its set of labels, and every set one of its template; a shared part goes with its last reference. */
#include "controller/pod_cache.h"

#include <stddef.h>
#include <stdlib.h>

#include "common/jtree.h"
#include "common/limits.h"
#include "common/map.h"
#include "common/table.h"
#include "controller/chains.h"
#include "controller/pod_parts.h"
#include "kube/watch.h"

/* As the watch that keeps its marks here: it tells of more than that. */
#define MAX_PODS WATCH_MAX_OBJECTS
#define MAX_NAMESPACES 100000
/* Decoding one pod: its tree is a few times its text. */
#define MAX_SCRATCH_BYTES (16u * LIMIT_OBJECT_BYTES)
#define NSEC_BYTES (2 * sizeof(int32_t))

struct template
{
	unsigned n_refs;
	uint32_t hash;
	struct pod_template body;
};

/* The labels and the template of siblings. */
struct label_set {
	unsigned n_refs;
	uint32_t hash;
	struct namespace_pods *ns;
	struct label_set *next, **from; /* in the namespace */
	struct record *pods;
	struct template *template;
	size_t n_labels;
	struct chain_link
		links[]; /* one a label, tag: its number; the packed labels are behind them */
};

struct record {
	struct record *next, **from; /* in the set */
	struct label_set *set;
	int64_t started_sec, ready_sec;
	struct watch_mark mark;
	uint16_t name_len;
	unsigned phase : 3, ready : 2;
	bool deleted : 1, has_started : 1;
	bool has_nsec : 1; /* the nanoseconds of the two times, which servers do not write, are behind the name */
	char name[];
};
_Static_assert(POD_PHASE_FAILED < 8 && POD_READY_OTHER < 4, "they fit into their bits");

struct namespace_pods {
	char *name;
	size_t n;		/* pods */
	struct label_set *sets; /* all of them */
};

struct pod_cache {
	struct map namespaces; /* -> struct namespace_pods */
	struct table pods, sets, templates;
	struct chains labels; /* of the sets' links */
	struct arena scratch;
};

/* What a record or a shared part is found by. */
struct pod_key {
	const struct namespace_pods *ns;
	struct sv name;
};
struct set_key {
	const struct namespace_pods *ns;
	const struct pod_labels *labels;
	const struct template *template;
};

struct pod_cache *pod_cache_new(void)
{
	struct pod_cache *c = mem_zalloc(sizeof(*c));

	if (!c)
		return NULL;
	map_init(&c->namespaces, MAX_NAMESPACES);
	table_init(&c->pods, MAX_PODS);
	table_init(&c->sets, MAX_PODS);
	table_init(&c->templates, MAX_PODS);
	arena_init(&c->scratch, MAX_SCRATCH_BYTES);
	return c;
}

static struct sv name_of(const struct record *r)
{
	return sv_from(r->name, r->name_len);
}

static bool is_pod(const void *item, const void *key)
{
	const struct record *r = item;
	const struct pod_key *k = key;

	return r->set->ns == k->ns && sv_eq(name_of(r), k->name);
}

/* The first of its labels, packed. */
static const char *labels_of(const struct label_set *s)
{
	return (const char *)(s->links + s->n_labels);
}

static bool is_set(const void *item, const void *key)
{
	const struct label_set *s = item;
	const struct set_key *k = key;

	return s->ns == k->ns && s->template == k->template && s->n_labels == k->labels->n &&
	       pod_parts_labels_eq(labels_of(s), k->labels);
}

static bool is_template(const void *item, const void *key)
{
	return pod_parts_template_eq(&((const struct template *)item)->body, key);
}

static bool is_itself(const void *item, const void *key)
{
	return item == key;
}

static uint32_t label_hash(const struct pod_cache *c, const struct label *label)
{
	return table_hash(&c->sets, label->key, label->value);
}

/* Shared parts */

static void template_unref(struct pod_cache *c, struct template *t)
{
	if (!t || --t->n_refs > 0)
		return;
	(void)table_take(&c->templates, t->hash, is_itself, t);
	mem_free(t);
}

static void set_unref(struct pod_cache *c, struct label_set *s)
{
	if (!s || --s->n_refs > 0)
		return;
	(void)table_take(&c->sets, s->hash, is_itself, s);
	for (size_t i = 0; i < s->n_labels; i++)
		chains_remove(&c->labels, &s->links[i]);
	*s->from = s->next;
	if (s->next)
		s->next->from = s->from;
	template_unref(c, s->template);
	mem_free(s);
}

static struct label_set *build_set(struct pod_parts_block *b, const struct pod_labels *labels)
{
	struct label_set *s = pod_parts_reserve(
		b, offsetof(struct label_set, links) + labels->n * sizeof(struct chain_link));

	pod_parts_pack_labels(b, labels);
	if (s)
		*s = (struct label_set){ .n_refs = 1, .n_labels = labels->n };
	return s;
}

static struct template *build_template(
	struct pod_parts_block *b, const struct pod_template *template)
{
	struct template *t = pod_parts_reserve(b, sizeof(*t));
	struct pod_template copy = pod_parts_copy_template(b, template);

	if (t)
		*t = (struct template){ .n_refs = 1, .body = copy };
	return t;
}

static void chain_set(struct pod_cache *c, struct label_set *s, const struct pod_labels *labels)
{
	s->next = s->ns->sets;
	s->from = &s->ns->sets;
	if (s->next)
		s->next->from = &s->next;
	s->ns->sets = s;
	for (size_t i = 0; i < s->n_labels; i++) {
		s->links[i] = (struct chain_link){ .hash = label_hash(c, &labels->at[i]),
			.tag = (uint32_t)i };
		chains_add(&c->labels, &s->links[i]);
	}
}

static uint32_t hash_set(const struct pod_cache *c, const struct set_key *key)
{
	uint32_t hash = key->template->hash;

	for (size_t i = 0; i < key->labels->n; i++)
		hash = hash * 31 + label_hash(c, &key->labels->at[i]);
	return hash;
}

/* Takes the reference of the template, also when it fails. */
static struct label_set *share_set(struct pod_cache *c, struct namespace_pods *ns,
	const struct pod_labels *labels, struct template *template, struct error *err)
{
	struct set_key key = { ns, labels, template };
	uint32_t hash = hash_set(c, &key);
	struct label_set *s = table_find(&c->sets, hash, is_set, &key);
	struct pod_parts_block block = { NULL, 0 };

	if (s) {
		template_unref(c, template);
		s->n_refs++;
		return s;
	}
	(void)build_set(&block, labels);
	block.base = mem_alloc(block.at);
	if (!block.base || !chains_reserve(&c->labels, labels->n)) {
		mem_free(block.base);
		template_unref(c, template);
		(void)error_nomem(err);
		return NULL;
	}
	block.at = 0;
	s = build_set(&block, labels);
	if (table_add(&c->sets, hash, s, err) != ERR_OK) {
		mem_free(s);
		template_unref(c, template);
		return NULL;
	}
	s->hash = hash;
	s->ns = ns;
	s->template = template;
	chain_set(c, s, labels);
	return s;
}

static uint32_t hash_template(const struct pod_cache *c, const struct pod_template *t)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < t->n_containers; i++) {
		const struct pod_requests *r = &t->containers[i].requests;
		hash = hash * 31 + table_hash(&c->templates, t->containers[i].name, SV(""));
		for (size_t k = 0; k < r->n; k++)
			hash = hash * 31 +
			       table_hash(&c->templates, r->at[k].resource, r->at[k].quantity.text);
	}
	return hash;
}

static struct template *share_template(
	struct pod_cache *c, const struct pod_template *template, struct error *err)
{
	uint32_t hash = hash_template(c, template);
	struct template *t = table_find(&c->templates, hash, is_template, template);
	struct pod_parts_block block = { NULL, 0 };

	if (t) {
		t->n_refs++;
		return t;
	}
	(void)build_template(&block, template);
	block.base = mem_alloc(block.at);
	if (!block.base) {
		(void)error_nomem(err);
		return NULL;
	}
	block.at = 0;
	t = build_template(&block, template);
	t->hash = hash;
	if (table_add(&c->templates, hash, t, err) == ERR_OK)
		return t;
	mem_free(t);
	return NULL;
}

/* Records */

/* Not in the table any more, or not yet. */
static void record_free(struct pod_cache *c, struct record *r)
{
	if (r->from) {
		*r->from = r->next;
		if (r->next)
			r->next->from = r->from;
	}
	set_unref(c, r->set);
	mem_free(r);
}

static struct record *record_new(
	struct pod_cache *c, const struct pod *pod, struct namespace_pods *ns, struct error *err)
{
	const int32_t nsec[2] = { pod->started.nsec, pod->ready_changed.nsec };
	bool has_nsec = nsec[0] != 0 || nsec[1] != 0;
	size_t n_bytes = offsetof(struct record, name) + pod->name.len + NSEC_BYTES * has_nsec;
	struct record *r = pod->name.len <= UINT16_MAX ? mem_alloc(n_bytes) : NULL;
	struct template *template = r ? share_template(c, pod->template, err) : NULL;
	struct label_set *set = template ? share_set(c, ns, pod->labels, template, err) : NULL;

	if (!set) {
		if (!r)
			(void)error_nomem(err);
		mem_free(r);
		return NULL;
	}
	r->next = NULL;
	r->from = NULL;
	r->set = set;
	r->started_sec = pod->started.sec;
	r->ready_sec = pod->ready_changed.sec;
	r->mark = (struct watch_mark){ 0 };
	r->name_len = (uint16_t)pod->name.len;
	r->phase = pod->phase & 7u;
	r->ready = pod->ready & 3u;
	r->deleted = pod->deleted;
	r->has_started = pod->has_started;
	r->has_nsec = has_nsec;
	memcpy(r->name, pod->name.ptr, pod->name.len);
	if (has_nsec)
		memcpy(r->name + r->name_len, nsec, NSEC_BYTES);
	return r;
}

static void join_set(struct record *r)
{
	r->next = r->set->pods;
	r->from = &r->set->pods;
	if (r->next)
		r->next->from = &r->next;
	r->set->pods = r;
}

static void namespace_free(void *p)
{
	struct namespace_pods *ns = p;

	mem_free(ns->name);
	mem_free(ns);
}

static void leave_namespace(struct pod_cache *c, struct namespace_pods *ns)
{
	if (ns->n > 0 || ns->sets)
		return;
	(void)map_take(&c->namespaces, sv_of(ns->name));
	namespace_free(ns);
}

void pod_cache_free(struct pod_cache *c)
{
	if (!c)
		return;
	TABLE_FOREACH(slot, &c->pods)
	record_free(c, *slot);
	table_done(&c->pods, NULL);
	table_done(&c->sets, NULL);
	table_done(&c->templates, NULL);
	map_done(&c->namespaces, namespace_free);
	chains_done(&c->labels);
	arena_done(&c->scratch);
	mem_free(c);
}

static struct namespace_pods *namespace_of(struct pod_cache *c, struct sv name, struct error *err)
{
	struct namespace_pods *ns = map_get(&c->namespaces, name);

	if (ns)
		return ns;
	ns = mem_zalloc(sizeof(*ns));
	if (ns)
		ns->name = mem_memdup(name.ptr, name.len);
	if (ns && ns->name && map_set(&c->namespaces, name, ns, NULL, err) == ERR_OK)
		return ns;
	if (!ns || !ns->name)
		(void)error_nomem(err);
	if (ns)
		namespace_free(ns);
	return NULL;
}

static enum error_kind put(
	struct pod_cache *c, const struct pod *pod, struct namespace_pods *ns, struct error *err)
{
	struct record *r = record_new(c, pod, ns, err);
	uint32_t hash = table_hash(&c->pods, sv_of(ns->name), pod->name);
	struct pod_key key = { ns, pod->name };

	if (!r)
		return err->kind;
	struct record *old = table_find(&c->pods, hash, is_pod, &key);
	if (old) {
		r->mark = old->mark;
		table_replace(&c->pods, hash, old, r);
		record_free(c, old);
	} else if (table_add(&c->pods, hash, r, err) == ERR_OK) {
		ns->n++;
	} else {
		record_free(c, r);
		return err->kind;
	}
	join_set(r);
	return ERR_OK;
}

enum error_kind pod_cache_put(struct pod_cache *c, struct sv json, struct error *err)
{
	struct jtree *tree;
	struct pod pod;

	arena_clear(&c->scratch);
	if (jtree_parse_only(&c->scratch, json, pod_want, &tree, err) != ERR_OK ||
		pod_decode(&c->scratch, tree, &pod, err) != ERR_OK)
		return err->kind;
	struct namespace_pods *ns = namespace_of(c, pod.ns, err);
	if (!ns)
		return err->kind;
	enum error_kind rc = put(c, &pod, ns, err);
	leave_namespace(c, ns);
	return rc;
}

void pod_cache_remove(struct pod_cache *c, struct sv ns_name, struct sv name)
{
	struct namespace_pods *ns = map_get(&c->namespaces, ns_name);
	struct pod_key key = { ns, name };
	struct record *r =
		ns ? table_take(&c->pods, table_hash(&c->pods, ns_name, name), is_pod, &key) : NULL;

	if (!r)
		return;
	ns->n--;
	record_free(c, r);
	leave_namespace(c, ns);
}

size_t pod_cache_n(const struct pod_cache *c)
{
	return c->pods.n;
}

size_t pod_cache_n_in(const struct pod_cache *c, struct sv ns_name)
{
	const struct namespace_pods *ns = map_get(&c->namespaces, ns_name);
	return ns ? ns->n : 0;
}

/* Marks of the watch */

static struct watch_mark *find_mark(void *keeper, struct sv ns_name, struct sv name)
{
	const struct pod_cache *c = keeper;
	struct pod_key key = { map_get(&c->namespaces, ns_name), name };
	struct record *r =
		key.ns ? table_find(&c->pods, table_hash(&c->pods, ns_name, name), is_pod, &key)
		       : NULL;

	return r ? &r->mark : NULL;
}

static void each_mark(void *keeper, watch_mark_fn fn, void *arg)
{
	const struct pod_cache *c = keeper;

	TABLE_FOREACH(slot, &c->pods)
	{
		struct record *r = *slot;
		fn(sv_of(r->set->ns->name), name_of(r), &r->mark, arg);
	}
}

static size_t n_marks(void *keeper)
{
	return pod_cache_n(keeper);
}

const struct watch_marks pod_cache_marks = { find_mark, each_mark, n_marks };

/* Selecting */

struct selection {
	const struct pod_cache *cache;
	const struct namespace_pods *ns;
	const struct selector *selector;
	struct arena *arena;
	const struct pod **at;
	size_t n, size;
	struct label *room; /* for labels that are looked at */
	size_t n_room;
};

static size_t demands_of(const struct selector *s, struct label ret[CHAINS_MAX_HASHES])
{
	size_t n = 0;

	for (size_t i = 0; i < s->n && n < CHAINS_MAX_HASHES; i++) {
		const struct selector_requirement *r = &s->at[i];
		bool one = r->op == SELECTOR_EQUALS || r->op == SELECTOR_DOUBLE_EQUALS ||
			   r->op == SELECTOR_IN;
		if (one && r->n_values == 1)
			ret[n++] = (struct label){ r->key, r->values[0] };
	}
	return n;
}

static bool take_pod(struct selection *s, const struct record *r, const struct pod_labels *labels)
{
	int32_t nsec[2] = { 0, 0 };
	struct pod *pod = ARENA_NEW(s->arena, struct pod);

	if (s->n == s->size) {
		size_t size = s->size ? s->size * 2 : 8;
		const struct pod **grown = ARENA_ARRAY(s->arena, size, const struct pod *);
		if (!grown)
			return false;
		if (s->n > 0)
			memcpy(grown, s->at, s->n * sizeof(*grown));
		s->at = grown;
		s->size = size;
	}
	if (!pod)
		return false;
	if (r->has_nsec)
		memcpy(nsec, r->name + r->name_len, NSEC_BYTES);
	*pod = (struct pod){
		.name = name_of(r),
		.ns = sv_of(r->set->ns->name),
		.labels = labels,
		.template = &r->set->template->body,
		.started = { r->started_sec, nsec[0] },
		.ready_changed = { r->ready_sec, nsec[1] },
		.phase = r->phase,
		.ready = r->ready,
		.deleted = r->deleted,
		.has_started = r->has_started,
	};
	s->at[s->n++] = pod;
	return true;
}

/* The labels of a set, in the room that the selection has for them; NULL: no memory. */
static struct label *unpack(struct selection *s, const struct label_set *set)
{
	const char *at = labels_of(set);

	if (!s->room || s->n_room < set->n_labels) {
		s->room = ARENA_ARRAY(s->arena, set->n_labels, struct label);
		s->n_room = s->room ? set->n_labels : 0;
	}
	for (size_t i = 0; s->room && i < set->n_labels; i++)
		s->room[i] = pod_parts_next_label(&at);
	return s->room;
}

static bool take_set(struct selection *s, const struct label_set *set)
{
	struct label *at = unpack(s, set);

	if (!at)
		return false;
	if (!selector_matches(s->selector, at, set->n_labels))
		return true;
	struct pod_labels *labels = ARENA_NEW(s->arena, struct pod_labels);
	if (!labels)
		return false;
	*labels = (struct pod_labels){ at, set->n_labels };
	/* From here on they are the pods'. */
	s->room = NULL;
	for (const struct record *r = set->pods; r; r = r->next)
		if (!take_pod(s, r, labels))
			return false;
	return true;
}

static const struct label_set *set_of(const struct chain_link *l)
{
	return (const void *)((const char *)(l - l->tag) - offsetof(struct label_set, links));
}

/* Whether the set of the link is one of the namespace, and has this very label, and not only one of its hash. */
static bool is_demanded(
	const struct selection *s, const struct chain_link *l, const struct label *wanted)
{
	const struct label_set *set = set_of(l);
	const char *at = labels_of(set);
	struct label label = { SV(""), SV("") };

	if (set->ns != s->ns)
		return false;
	for (uint32_t i = 0; i <= l->tag; i++)
		label = pod_parts_next_label(&at);
	return sv_eq(label.key, wanted->key) && sv_eq(label.value, wanted->value);
}

static bool take_all(struct selection *s)
{
	const struct chains *chains = &s->cache->labels;
	struct label demands[CHAINS_MAX_HASHES];
	uint32_t hashes[CHAINS_MAX_HASHES];
	size_t n = demands_of(s->selector, demands);

	if (n == 0) {
		for (const struct label_set *set = s->ns->sets; set; set = set->next)
			if (!take_set(s, set))
				return false;
		return true;
	}
	for (size_t i = 0; i < n; i++)
		hashes[i] = label_hash(s->cache, &demands[i]);
	size_t best = chains_shortest(chains, hashes, n);
	for (const struct chain_link *l = chains_first(chains, hashes[best]); l; l = l->next)
		if (l->hash == hashes[best] && is_demanded(s, l, &demands[best]) &&
			!take_set(s, set_of(l)))
			return false;
	return true;
}

static int by_name(const void *a, const void *b)
{
	return sv_cmp((*(const struct pod *const *)a)->name, (*(const struct pod *const *)b)->name);
}

enum error_kind pod_cache_select(const struct pod_cache *c, struct arena *a, struct sv ns_name,
	const struct selector *selector, struct pod_set *ret, struct error *err)
{
	struct selection s = {
		.cache = c, .ns = map_get(&c->namespaces, ns_name), .selector = selector, .arena = a
	};

	if (s.ns && !selector->nothing && !take_all(&s))
		return arena_error(a, err);
	if (s.n > 1)
		qsort(s.at, s.n, sizeof(s.at[0]), by_name);
	*ret = (struct pod_set){ s.at, s.n };
	return ERR_OK;
}
