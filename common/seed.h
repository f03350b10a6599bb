#pragma once
/* Seeds of hash tables, so that nobody outside can choose names that all fall into one slot. */
#include <stdint.h>

/* Every bit of both counts in every bit of the result, nearly: the step of a hash over 8-byte words. */
static inline uint64_t seed_mix(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* A number that differs from process to process, and between tables of one process by `at`, the table's place. It costs no call of the kernel:
 * tables are made for every request. */
uint64_t seed_of(const void *at);
