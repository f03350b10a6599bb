/* One small record per pod with its name behind it; what siblings have in common (labels, containers with their requests) once for all of them, each in one
 * piece of memory. Pods are found by name through a table, and by selector through their labels: each set of labels hangs in one chain per label, and the
 * shortest chain of those labels that a selector demands is the list of candidates.
 * Invariants: every record holds one reference of its labels and one of its template; a shared part goes with its last reference. */
#include "controller/pod_cache.h"

#include <stdlib.h>

#include "common/jtree.h"
#include "common/limits.h"
#include "common/map.h"
#include "common/table.h"
#include "controller/pod_parts.h"

/* Kubernetes is tested to 150,000 pods; several times that is an error somewhere, not a cluster. */
#define MAX_PODS 1000000
#define MAX_NAMESPACES 100000
/* Decoding one pod: its tree is a few times its text. */
#define MAX_SCRATCH_BYTES (16u * LIMIT_OBJECT_BYTES)
#define FIRST_CHAINS 64
/* Demanded labels of one selector that are looked at; more do not make the list of candidates much shorter. */
#define MAX_DEMANDS 8

/* A label of a set, in the chain of all sets with a label of that hash. */
struct link {
	struct link *next, **from;
	struct label_set *set;
	uint32_t hash;
};

struct label_set {
	unsigned n_refs;
	uint32_t hash;
	struct namespace_pods *ns;
	struct label_set *next, **from; /* in the namespace */
	struct record *pods;
	struct link *links; /* one a label */
	struct pod_labels labels;
};

struct template
{
	unsigned n_refs;
	uint32_t hash;
	struct pod_template body;
};

struct record {
	struct record *next, **from; /* in the set */
	struct label_set *set;
	struct template *template;
	int64_t started_sec, ready_sec;
	int32_t started_nsec, ready_nsec;
	uint16_t name_len;
	uint8_t phase, ready;
	bool deleted, has_started;
	char name[];
};

struct namespace_pods {
	char *name;
	size_t n;		/* pods */
	struct label_set *sets; /* all of them */
};

struct pod_cache {
	struct map namespaces; /* -> struct namespace_pods */
	struct table pods, sets, templates;
	struct link **chains;
	size_t n_chains, n_links; /* a power of two, or 0 */
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

static bool is_set(const void *item, const void *key)
{
	const struct label_set *s = item;
	const struct set_key *k = key;

	return s->ns == k->ns && pod_parts_labels_eq(&s->labels, k->labels);
}

static bool is_template(const void *item, const void *key)
{
	return pod_parts_template_eq(&((const struct template *)item)->body, key);
}

static bool is_itself(const void *item, const void *key)
{
	return item == key;
}

/* Chains */

static uint32_t label_hash(const struct pod_cache *c, const struct label *label)
{
	return table_hash(&c->sets, label->key, label->value);
}

static void push_link(struct pod_cache *c, struct link *l)
{
	struct link **chain = &c->chains[l->hash & (c->n_chains - 1)];

	l->next = *chain;
	l->from = chain;
	if (l->next)
		l->next->from = &l->next;
	*chain = l;
}

/* Keeps about one link per chain. */
static bool make_room(struct pod_cache *c, size_t n_more)
{
	if (c->n_links + n_more <= c->n_chains)
		return true;
	struct link **old = c->chains;
	size_t n_old = c->n_chains, n_chains = n_old ? n_old : FIRST_CHAINS;
	while (n_chains < c->n_links + n_more)
		n_chains *= 2;
	struct link **chains = mem_calloc(n_chains, sizeof(struct link *));
	if (!chains)
		return false;
	c->chains = chains;
	c->n_chains = n_chains;
	for (size_t i = 0; i < n_old; i++) {
		for (struct link *l = old[i], *next; l; l = next) {
			next = l->next;
			push_link(c, l);
		}
	}
	mem_free(old);
	return true;
}

/* Shared parts */

static void set_unref(struct pod_cache *c, struct label_set *s)
{
	if (!s || --s->n_refs > 0)
		return;
	(void)table_take(&c->sets, s->hash, is_itself, s);
	for (size_t i = 0; i < s->labels.n; i++) {
		struct link *l = &s->links[i];
		*l->from = l->next;
		if (l->next)
			l->next->from = l->from;
	}
	c->n_links -= s->labels.n;
	*s->from = s->next;
	if (s->next)
		s->next->from = s->from;
	mem_free(s);
}

static void template_unref(struct pod_cache *c, struct template *t)
{
	if (!t || --t->n_refs > 0)
		return;
	(void)table_take(&c->templates, t->hash, is_itself, t);
	mem_free(t);
}

static struct label_set *build_set(struct pod_parts_block *b, const struct pod_labels *labels)
{
	struct label_set *s = pod_parts_reserve(b, sizeof(*s));
	struct link *links = pod_parts_reserve(b, labels->n * sizeof(*links));
	struct pod_labels copy = pod_parts_copy_labels(b, labels);

	if (s)
		*s = (struct label_set){ .n_refs = 1, .links = links, .labels = copy };
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

static void chain_set(struct pod_cache *c, struct namespace_pods *ns, struct label_set *s)
{
	s->ns = ns;
	s->next = ns->sets;
	s->from = &ns->sets;
	if (s->next)
		s->next->from = &s->next;
	ns->sets = s;
	for (size_t i = 0; i < s->labels.n; i++) {
		s->links[i].set = s;
		s->links[i].hash = label_hash(c, &s->labels.at[i]);
		push_link(c, &s->links[i]);
	}
	c->n_links += s->labels.n;
}

static uint32_t hash_labels(const struct pod_cache *c, const struct pod_labels *labels)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < labels->n; i++)
		hash = hash * 31 + label_hash(c, &labels->at[i]);
	return hash;
}

static struct label_set *share_labels(struct pod_cache *c, struct namespace_pods *ns,
	const struct pod_labels *labels, struct error *err)
{
	uint32_t hash = hash_labels(c, labels);
	struct set_key key = { ns, labels };
	struct label_set *s = table_find(&c->sets, hash, is_set, &key);
	struct pod_parts_block block = { NULL, 0 };

	if (s) {
		s->n_refs++;
		return s;
	}
	(void)build_set(&block, labels);
	block.base = mem_alloc(block.at);
	if (!block.base || !make_room(c, labels->n)) {
		mem_free(block.base);
		(void)error_nomem(err);
		return NULL;
	}
	block.at = 0;
	s = build_set(&block, labels);
	s->hash = hash;
	if (table_add(&c->sets, hash, s, err) != ERR_OK) {
		mem_free(s);
		return NULL;
	}
	chain_set(c, ns, s);
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
	template_unref(c, r->template);
	mem_free(r);
}

static struct record *record_new(
	struct pod_cache *c, const struct pod *pod, struct namespace_pods *ns, struct error *err)
{
	struct record *r =
		pod->name.len <= UINT16_MAX ? mem_alloc(sizeof(*r) + pod->name.len) : NULL;

	if (!r) {
		(void)error_nomem(err);
		return NULL;
	}
	*r = (struct record){
		.started_sec = pod->started.sec,
		.started_nsec = pod->started.nsec,
		.ready_sec = pod->ready_changed.sec,
		.ready_nsec = pod->ready_changed.nsec,
		.name_len = (uint16_t)pod->name.len,
		.phase = pod->phase,
		.ready = pod->ready,
		.deleted = pod->deleted,
		.has_started = pod->has_started,
	};
	memcpy(r->name, pod->name.ptr, pod->name.len);
	r->set = share_labels(c, ns, pod->labels, err);
	r->template = r->set ? share_template(c, pod->template, err) : NULL;
	if (!r->template) {
		record_free(c, r);
		return NULL;
	}
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
	mem_free(c->chains);
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

/* Selecting */

/* A label that the selector demands. */
struct demand {
	struct label label;
	uint32_t hash;
};

struct selection {
	const struct pod_cache *cache;
	const struct namespace_pods *ns;
	const struct selector *selector;
	struct arena *arena;
	const struct pod **at;
	size_t n, size;
};

static size_t demands_of(
	const struct pod_cache *c, const struct selector *s, struct demand ret[MAX_DEMANDS])
{
	size_t n = 0;

	for (size_t i = 0; i < s->n && n < MAX_DEMANDS; i++) {
		const struct selector_requirement *r = &s->at[i];
		bool one = r->op == SELECTOR_EQUALS || r->op == SELECTOR_DOUBLE_EQUALS ||
			   r->op == SELECTOR_IN;
		if (!one || r->n_values != 1)
			continue;
		ret[n].label = (struct label){ r->key, r->values[0] };
		ret[n].hash = label_hash(c, &ret[n].label);
		n++;
	}
	return n;
}

/* The demand whose chain ends first, found by walking all chains at once. */
static const struct demand *choose(
	const struct pod_cache *c, const struct demand *demands, size_t n)
{
	const struct link *at[MAX_DEMANDS];

	for (size_t i = 0; i < n; i++)
		at[i] = c->chains[demands[i].hash & (c->n_chains - 1)];
	for (;;) {
		for (size_t i = 0; i < n; i++) {
			if (!at[i])
				return &demands[i];
			at[i] = at[i]->next;
		}
	}
}

static bool take_pod(struct selection *s, const struct record *r)
{
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
	*pod = (struct pod){
		.name = name_of(r),
		.ns = sv_of(r->set->ns->name),
		.labels = &r->set->labels,
		.template = &r->template->body,
		.started = { r->started_sec, r->started_nsec },
		.ready_changed = { r->ready_sec, r->ready_nsec },
		.phase = r->phase,
		.ready = r->ready,
		.deleted = r->deleted,
		.has_started = r->has_started,
	};
	s->at[s->n++] = pod;
	return true;
}

static bool take_set(struct selection *s, const struct label_set *set)
{
	if (!selector_matches(s->selector, set->labels.at, set->labels.n))
		return true;
	for (const struct record *r = set->pods; r; r = r->next)
		if (!take_pod(s, r))
			return false;
	return true;
}

/* The link of a set that has this very label, and not only one of its hash. */
static bool is_demanded(const struct link *l, const struct demand *d, const struct selection *s)
{
	if (l->hash != d->hash || l->set->ns != s->ns)
		return false;
	const struct label *label = &l->set->labels.at[l - l->set->links];
	return sv_eq(label->key, d->label.key) && sv_eq(label->value, d->label.value);
}

static bool take_all(struct selection *s)
{
	struct demand demands[MAX_DEMANDS];
	size_t n = s->cache->n_chains > 0 ? demands_of(s->cache, s->selector, demands) : 0;

	if (n == 0) {
		for (const struct label_set *set = s->ns->sets; set; set = set->next)
			if (!take_set(s, set))
				return false;
		return true;
	}
	const struct demand *d = choose(s->cache, demands, n);
	for (const struct link *l = s->cache->chains[d->hash & (s->cache->n_chains - 1)]; l;
		l = l->next)
		if (is_demanded(l, d, s) && !take_set(s, l->set))
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
