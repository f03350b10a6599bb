/* Stored status + decision -> difference. The status tells the last count that was decided, whether or not the metrics work now: a status whose conditions say
 * that they do not is no decision. */
#include "controller/divergence.h"

#include <inttypes.h>

/* The other controller decides nothing while a condition of these is false. */
static bool tells_a_decision(const struct hpa_status *status)
{
	bool able = false, active = false;

	for (size_t i = 0; i < status->n_conditions; i++) {
		const struct hpa_condition *c = &status->conditions[i];
		bool truth = sv_is(c->status, "True");
		if (sv_is(c->type, "AbleToScale"))
			able = truth;
		else if (sv_is(c->type, "ScalingActive"))
			active = truth;
	}
	return able && active;
}

static void count(uint32_t *n)
{
	if (*n < UINT32_MAX)
		(*n)++;
}

bool divergence_compare(
	struct divergence *d, const struct hpa_status *status, int32_t desired, struct mono now)
{
	bool differed = d->compared && d->ours != d->theirs;

	if (!tells_a_decision(status)) {
		divergence_forget(d);
		return false;
	}
	d->compared = true;
	d->ours = desired;
	d->theirs = status->desired_replicas;
	if (d->ours == d->theirs) {
		count(&d->n_same);
		return true;
	}
	if (!differed)
		d->since = now;
	count(&d->n_other);
	return true;
}

void divergence_forget(struct divergence *d)
{
	d->compared = false;
}

int64_t divergence_of(const struct divergence *d)
{
	return d->compared ? (int64_t)d->ours - d->theirs : 0;
}

void divergence_print(struct buf *out, const struct divergence *d, struct mono now)
{
	if (!d->compared) {
		buf_put_str(out, "the cluster's controller tells of no decision to compare with");
		return;
	}
	if (d->ours == d->theirs) {
		buf_printf(out, "the cluster's controller wants %" PRId32 ", too", d->theirs);
		return;
	}
	buf_printf(out, "the cluster's controller wants %" PRId32 ", this one %" PRId32, d->theirs,
		d->ours);
	int64_t ns = now.ns - d->since.ns;
	if (ns >= NS_PER_SEC) {
		buf_put_str(out, " (for ");
		instant_duration_print(out, ns - ns % NS_PER_SEC);
		buf_put_char(out, ')');
	}
}
