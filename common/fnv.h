#pragma once
/* FNV-1a of 64 bits, to tell apart what is in memory: not for keys that strangers choose (map.h has a seed), not cryptographic. Begin with FNV_START, hand
 * on what each call returns. */
#include <stdint.h>

#include "common/sv.h"

#define FNV_START UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static inline uint64_t fnv_number(uint64_t hash, uint64_t number)
{
	return (hash ^ number) * FNV_PRIME;
}

static inline uint64_t fnv_bytes(uint64_t hash, struct sv bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		hash = fnv_number(hash, (unsigned char)bytes.ptr[i]);
	return hash;
}

/* A text of several: a byte that no UTF-8 text has ends it, so that texts cannot flow into one another. */
static inline uint64_t fnv_text(uint64_t hash, struct sv text)
{
	return fnv_number(fnv_bytes(hash, text), 0xff);
}
