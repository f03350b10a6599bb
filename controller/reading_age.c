/* A sample that is left out is a pod without a sample: it is filled in as Kubernetes does it, on the safe side of either direction. */
#include "controller/reading_age.h"

#include "common/buf.h"
#include "controller/words.h"

#define MAX_TEXT_BYTES 256

static bool is_unfit(struct wall at, struct wall now, int64_t max_age_ns)
{
	/* No timestamp, in Go's spelling or in ours. */
	if (instant_wall_is_zero(at) || (at.sec == 0 && at.nsec == 0))
		return false;
	int64_t age_ns = instant_wall_sub_ns(now, at);
	return age_ns > max_age_ns || age_ns < -READING_AGE_SKEW_NS;
}

static enum error_kind make_stale(struct arena *a, struct reading *reading, struct wall at,
	struct wall now, struct error *err)
{
	struct buf text;
	struct sv why;
	bool future = instant_wall_sub_ns(now, at) < 0;

	buf_init(&text, MAX_TEXT_BYTES);
	buf_put_str(&text, future ? "the metric's timestamp is in the future: "
				  : "the metric is too old: it is from ");
	instant_wall_print(&text, at);
	if (words_keep(a, &text, "a stale reading", &why, err) != ERR_OK)
		return err->kind;
	*reading = (struct reading){ .kind = READING_STALE, .why = why };
	return ERR_OK;
}

enum error_kind reading_age_check(struct arena *a, struct reading *reading, struct wall now,
	int64_t max_age_ns, struct error *err)
{
	size_t n_unfit = 0, n = 0;
	struct wall unfit = WALL_ZERO;

	if (reading->kind != READING_VALUE)
		return ERR_OK;
	if (is_unfit(reading->oldest, now, max_age_ns))
		return make_stale(a, reading, reading->oldest, now, err);
	if (is_unfit(reading->newest, now, max_age_ns))
		return make_stale(a, reading, reading->newest, now, err);
	for (size_t i = 0; i < reading->n_samples; i++) {
		if (!is_unfit(reading->samples[i].at, now, max_age_ns))
			continue;
		unfit = reading->samples[i].at;
		n_unfit++;
	}
	if (n_unfit == 0)
		return ERR_OK;
	if (n_unfit == reading->n_samples)
		return make_stale(a, reading, unfit, now, err);
	struct reading_sample *left =
		ARENA_ARRAY(a, reading->n_samples - n_unfit, struct reading_sample);
	if (!left)
		return arena_error(a, err);
	for (size_t i = 0; i < reading->n_samples; i++)
		if (!is_unfit(reading->samples[i].at, now, max_age_ns))
			left[n++] = reading->samples[i];
	reading->samples = left;
	reading->n_samples = n;
	return ERR_OK;
}
