/* An array of chains, doubled when there are more links than chains. */
#include "controller/chains.h"

#define FIRST_CHAINS 64

void chains_done(struct chains *c)
{
	mem_free(c->at);
	*c = (struct chains){ 0 };
}

static void push(struct chains *c, struct chain_link *l)
{
	struct chain_link **chain = &c->at[l->hash & (c->n_chains - 1)];

	l->next = *chain;
	l->from = chain;
	if (l->next)
		l->next->from = &l->next;
	*chain = l;
}

bool chains_reserve(struct chains *c, size_t n_more)
{
	struct chains old = *c;
	size_t n_chains = old.n_chains ? old.n_chains : FIRST_CHAINS;

	if (c->n + n_more <= c->n_chains)
		return true;
	while (n_chains < c->n + n_more)
		n_chains *= 2;
	struct chain_link **at = mem_calloc(n_chains, sizeof(struct chain_link *));
	if (!at)
		return false;
	c->at = at;
	c->n_chains = n_chains;
	for (size_t i = 0; i < old.n_chains; i++) {
		for (struct chain_link *l = old.at[i], *next; l; l = next) {
			next = l->next;
			push(c, l);
		}
	}
	mem_free(old.at);
	return true;
}

void chains_add(struct chains *c, struct chain_link *l)
{
	push(c, l);
	c->n++;
}

void chains_remove(struct chains *c, struct chain_link *l)
{
	if (!l->from)
		return;
	*l->from = l->next;
	if (l->next)
		l->next->from = l->from;
	l->from = NULL;
	c->n--;
}

size_t chains_shortest(const struct chains *c, const uint32_t *hashes, size_t n)
{
	const struct chain_link *at[CHAINS_MAX_HASHES];

	for (size_t i = 0; i < n; i++)
		at[i] = chains_first(c, hashes[i]);
	for (;;) {
		for (size_t i = 0; i < n; i++) {
			if (!at[i])
				return i;
			at[i] = at[i]->next;
		}
	}
}
