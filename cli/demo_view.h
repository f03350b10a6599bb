#pragma once
/* The picture of the demo: what was seen so far -> text. Pure: the caller brings samples and prints the result. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

#define DEMO_MAX_SAMPLES 512
#define DEMO_REASON_BYTES 400

struct demo_sample {
	int64_t at_ms; /* since the demo began */
	double load;   /* requests per second over the application */
	int64_t replicas, ready;
	bool outage; /* Prometheus does not answer */
};

struct demo_view {
	struct demo_sample samples[DEMO_MAX_SAMPLES];
	size_t n;
	int64_t total_ms; /* planned length */
	int64_t max_replicas;
	char per_pod[32]; /* current value as the autoscaler's status has it, "" unknown */
	char target[32];
	char decision[DEMO_REASON_BYTES]; /* the last event of the autoscaler */
	char state[DEMO_REASON_BYTES];	  /* the condition that says most now */
};

void demo_view_add(struct demo_view *v, const struct demo_sample *sample);
/* Several lines for a terminal of `columns`; ends with a newline. */
void demo_view_draw(struct buf *out, const struct demo_view *v, unsigned columns, bool colours);
/* One line for a log. */
void demo_view_line(struct buf *out, const struct demo_view *v);
