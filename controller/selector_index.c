/* A selector that demands a label by its value can only match pods that have it. Of several such labels the one with the shortest chain is taken;
 * selectors without any stand in a chain of their own per namespace. Hashes may coincide: what is found is only a candidate. */
#include "controller/selector_index.h"

#include "common/limits.h"
#include "common/table.h"

#define MAX_PARSE_BYTES (256u * 1024)

void selector_index_init(struct selector_index *x)
{
	struct table seed;

	table_init(&seed, 0);
	*x = (struct selector_index){ .seed = seed.seed };
}

void selector_index_done(struct selector_index *x)
{
	chains_done(&x->chains);
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

/* The shortest of the chains of the labels that it demands. */
static uint32_t choose(const struct selector_index *x, struct sv ns, const struct selector *s)
{
	uint32_t hashes[CHAINS_MAX_HASHES];
	size_t n = 0;

	for (size_t i = 0; i < s->n && n < CHAINS_MAX_HASHES; i++) {
		const struct selector_requirement *r = &s->at[i];
		bool one = r->op == SELECTOR_EQUALS || r->op == SELECTOR_DOUBLE_EQUALS ||
			   r->op == SELECTOR_IN;
		if (one && r->n_values == 1)
			hashes[n++] = hash_of(x, ns, r->key, r->values[0]);
	}
	return n == 0 ? general_hash(x, ns) : hashes[chains_shortest(&x->chains, hashes, n)];
}

void selector_index_remove(struct selector_index *x, struct selector_entry *e)
{
	if (!e->text)
		return;
	chains_remove(&x->chains, &e->link);
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
	if (!copy || !chains_reserve(&x->chains, 1))
		return error_nomem(err);
	e->text = TAKE_PTR(copy);
	e->link = (struct chain_link){ .hash = choose(x, ns, &selector) };
	chains_add(&x->chains, &e->link);
	return ERR_OK;
}

static struct selector_entry *entry_of(struct chain_link *l)
{
	return (struct selector_entry *)(void *)l;
}

struct search {
	struct selector_index *index;
	bool (*fn)(struct selector_entry *e, void *ctx);
	void *ctx;
};

static bool search_chain(const struct search *s, uint32_t hash)
{
	struct selector_index *x = s->index;

	for (struct chain_link *l = chains_first(&x->chains, hash); l; l = l->next) {
		if (l->hash != hash || l->tag == x->search)
			continue;
		l->tag = x->search;
		if (!s->fn(entry_of(l), s->ctx))
			return false;
	}
	return true;
}

void selector_index_search(struct selector_index *x, struct sv ns, const struct pod_set *pods,
	bool (*fn)(struct selector_entry *e, void *ctx), void *ctx)
{
	const struct search s = { x, fn, ctx };
	const struct pod_labels *last = NULL;

	if (x->chains.n == 0 || pods->n == 0)
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
