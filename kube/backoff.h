#pragma once
/* Jittered exponential backoff: 0.1 s doubling to 30 s, each wait drawn evenly from the upper half of its step, so that many
 * clients of a server that restarts do not come back at once. Pure: the caller seeds it. */
#include <stdint.h>

struct backoff {
	uint64_t random; /* state */
	unsigned n;	 /* failures in a row */
};

void backoff_init(struct backoff *b, uint64_t seed);
/* The wait before the next try, in nanoseconds: 50-100 ms, 100-200 ms ... 15-30 s. */
int64_t backoff_next_ns(struct backoff *b);
/* It worked: the next failure starts from the beginning. */
void backoff_reset(struct backoff *b);
/* Evenly from [low, high]; for other timers that must not run in step. */
int64_t backoff_between_ns(struct backoff *b, int64_t low_ns, int64_t high_ns);
/* A seed from the kernel. */
uint64_t backoff_seed(void);
