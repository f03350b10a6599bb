/* Waits between tries. The generator is splitmix64: no cryptography is needed to keep clients out of step. Pure but for backoff_seed. */
#include "kube/backoff.h"

#include <sys/random.h>

#include "common/instant.h"

#define FIRST_STEP_NS (INT64_C(100) * NS_PER_MS)
#define LAST_STEP_NS (INT64_C(30) * NS_PER_SEC)
/* 0.1 s doubled nine times is above the last step. */
#define STEPS 9

void backoff_init(struct backoff *b, uint64_t seed)
{
	*b = (struct backoff){ .random = seed };
}

static uint64_t next_random(struct backoff *b)
{
	b->random += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t z = b->random;
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

int64_t backoff_between_ns(struct backoff *b, int64_t low_ns, int64_t high_ns)
{
	if (high_ns <= low_ns)
		return low_ns;
	return low_ns + (int64_t)(next_random(b) % ((uint64_t)(high_ns - low_ns) + 1));
}

int64_t backoff_next_ns(struct backoff *b)
{
	int64_t step = b->n < STEPS ? FIRST_STEP_NS << b->n : LAST_STEP_NS;

	if (b->n < STEPS)
		b->n++;
	return backoff_between_ns(b, step / 2, step);
}

void backoff_reset(struct backoff *b)
{
	b->n = 0;
}

uint64_t backoff_seed(void)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
		seed = (uint64_t)instant_mono_now().ns ^ (uint64_t)(uintptr_t)&seed;
	return seed;
}
