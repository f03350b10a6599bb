/* The kernel hands each program 16 random bytes at its start. */
#include "common/seed.h"

#include <string.h>
#include <sys/auxv.h>

uint64_t seed_of(const void *at)
{
	uint64_t words[2] = { 0 };
	uint64_t place = (uint64_t)(uintptr_t)at;
	const union {
		unsigned long address;
		const void *bytes;
	} random = { .address = getauxval(AT_RANDOM) };

	if (random.bytes)
		memcpy(words, random.bytes, sizeof(words));
	return seed_mix(words[0] ^ place, words[1] | 1);
}
