#pragma once
/* Hash chains of links that lie in their owners: about one link per chain, and the same link may be asked for its hash, so that a chain also tells how rare something
 * is. Knows nothing of the owners. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/mem.h"

struct chain_link {
	struct chain_link *next, **from; /* from NULL: in no chain */
	uint32_t hash;
	uint32_t tag; /* the owner's, whatever it likes */
};

struct chains {
	struct chain_link **at;
	size_t n_chains, n; /* a power of two, or 0 */
};

/* The links are gone by then. */
void chains_done(struct chains *c);
/* Room for so many more links. False: no memory; nothing changed. */
MUST_USE bool chains_reserve(struct chains *c, size_t n_more);
/* Adds a link whose hash is set; there is room. */
void chains_add(struct chains *c, struct chain_link *l);
/* Nothing happens when it is in no chain. */
void chains_remove(struct chains *c, struct chain_link *l);

/* The first link of the chain in which those with this hash are, among others. */
static inline struct chain_link *chains_first(const struct chains *c, uint32_t hash)
{
	return c->n_chains > 0 ? c->at[hash & (c->n_chains - 1)] : NULL;
}

/* So many chains are compared: labels that a selector demands, of which more hardly make the shortest one shorter. */
#define CHAINS_MAX_HASHES 8
/* Which of these hashes (one at least) has the chain that ends first. cost: O(its length) */
size_t chains_shortest(const struct chains *c, const uint32_t *hashes, size_t n);
