/* A selector that demands a label by its value can only match pods that have it. Of several such labels the one with the shortest chain is taken;
 * selectors without any stand in a chain of their own per namespace. Hashes may coincide: what is found is only a candidate. */
#include "controller/selector_index.h"

#include "common/limits.h"
#include "common/table.h"

#define FIRST_CHAINS 64
#define MAX_PARSE_BYTES (256u * 1024)
/* Labels of a selector that are compared; more hardly make the chain shorter. */
#define MAX_DEMANDS 8

void selector_index_init(struct selector_index *x)
{
	struct table seed;

	table_init(&seed, 0);
	*x = (struct selector_index){ .seed = seed.seed };
}

void selector_index_done(struct selector_index *x)
{
	mem_free(x->chains);
	x->chains = NULL;
	x->n_chains = 0;
}

static uint32_t hash_of(
	const struct selector_index *x, struct sv ns, struct sv key, struct sv value)
{
	const struct table seed = { .seed = x->seed };

	return table_hash(&seed, ns, key) * 31 + table_hash(&seed, key, value);
}

/* Under which a selector stands that demands nothing. */
static uint32_t general_hash(const struct selector_index *x, struct sv ns)
{
	return hash_of(x, ns, SV(""), SV(""));
}

static void push(struct selector_index *x, struct selector_entry *e)
{
	struct selector_entry **chain = &x->chains[e->hash & (x->n_chains - 1)];

	e->next = *chain;
	e->from = chain;
	if (e->next)
		e->next->from = &e->next;
	*chain = e;
}

static bool make_room(struct selector_index *x)
{
	if (x->n < x->n_chains)
		return true;
	struct selector_entry **old = x->chains;
	size_t n_old = x->n_chains;
	size_t n_chains = n_old ? n_old * 2 : FIRST_CHAINS;
	struct selector_entry **chains = mem_calloc(n_chains, sizeof(struct selector_entry *));
	if (!chains)
		return false;
	x->chains = chains;
	x->n_chains = n_chains;
	for (size_t i = 0; i < n_old; i++) {
		for (struct selector_entry *e = old[i], *next; e; e = next) {
			next = e->next;
			push(x, e);
		}
	}
	mem_free(old);
	return true;
}

/* The shortest of the chains of the labels that it demands. */
static uint32_t choose(const struct selector_index *x, struct sv ns, const struct selector *s)
{
	const struct selector_entry *at[MAX_DEMANDS];
	uint32_t hashes[MAX_DEMANDS];
	size_t n = 0;

	for (size_t i = 0; i < s->n && n < MAX_DEMANDS; i++) {
		const struct selector_requirement *r = &s->at[i];
		bool one = r->op == SELECTOR_EQUALS || r->op == SELECTOR_DOUBLE_EQUALS ||
			   r->op == SELECTOR_IN;
		if (!one || r->n_values != 1)
			continue;
		hashes[n] = hash_of(x, ns, r->key, r->values[0]);
		at[n] = x->chains[hashes[n] & (x->n_chains - 1)];
		n++;
	}
	if (n == 0)
		return general_hash(x, ns);
	for (;;) {
		for (size_t i = 0; i < n; i++) {
			if (!at[i])
				return hashes[i];
			at[i] = at[i]->next;
		}
	}
}

void selector_index_remove(struct selector_index *x, struct selector_entry *e)
{
	if (!e->text)
		return;
	*e->from = e->next;
	if (e->next)
		e->next->from = e->from;
	x->n--;
	mem_free(TAKE_PTR(e->text));
}

enum error_kind selector_index_set(struct selector_index *x, struct selector_entry *e, struct sv ns,
	struct sv text, struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct selector selector;

	if (e->text && sv_is(text, e->text))
		return ERR_OK;
	selector_index_remove(x, e);
	arena_init(&a, MAX_PARSE_BYTES);
	if (selector_parse(&a, text, &selector, NULL, err) != ERR_OK)
		return err->kind;
	AUTO(mem_free_str) char *copy = mem_memdup(text.ptr, text.len);
	if (!copy || !make_room(x))
		return error_nomem(err);
	e->text = TAKE_PTR(copy);
	e->hash = choose(x, ns, &selector);
	e->seen = 0;
	push(x, e);
	x->n++;
	return ERR_OK;
}

struct search {
	struct selector_index *index;
	bool (*fn)(struct selector_entry *e, void *ctx);
	void *ctx;
};

static bool search_chain(const struct search *s, uint32_t hash)
{
	struct selector_index *x = s->index;

	for (struct selector_entry *e = x->chains[hash & (x->n_chains - 1)]; e; e = e->next) {
		if (e->hash != hash || e->seen == x->search)
			continue;
		e->seen = x->search;
		if (!s->fn(e, s->ctx))
			return false;
	}
	return true;
}

void selector_index_search(struct selector_index *x, struct sv ns, const struct pod_set *pods,
	bool (*fn)(struct selector_entry *e, void *ctx), void *ctx)
{
	const struct search s = { x, fn, ctx };
	const struct pod_labels *last = NULL;

	if (x->n == 0 || pods->n == 0)
		return;
	/* After 2^32 searches an entry could be taken for seen; its stamp is then from a search at least as long ago. */
	if (++x->search == 0)
		x->search = 1;
	if (!search_chain(&s, general_hash(x, ns)))
		return;
	for (size_t i = 0; i < pods->n; i++) {
		const struct pod_labels *labels = pods->at[i]->labels;
		for (size_t k = 0; labels != last && k < labels->n; k++)
			if (!search_chain(
				    &s, hash_of(x, ns, labels->at[k].key, labels->at[k].value)))
				return;
		last = labels;
	}
}
