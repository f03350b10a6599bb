/* A staircase of rates. */
#include "sandbox/load.h"

#include "common/f64.h"
#include "common/instant.h"

/* A simulated application does not care, but a typo such as 1e300 should be told. */
#define MAX_RPS 1e9

enum error_kind load_parse(struct sv text, struct load *ret, struct error *err)
{
	struct load l = { .n = 0 };

	while (text.len > 0) {
		struct sv rest, rate;
		bool more, found;
		struct sv step = sv_cut(text, ',', &rest, &more);
		struct sv at = sv_cut(step, ':', &rate, &found);
		struct load_step *s = &l.steps[l.n];
		if (l.n == LOAD_MAX_STEPS)
			return error_set(
				err, ERR_LIMIT, "load: more than %d steps", LOAD_MAX_STEPS);
		if (!found || instant_duration_parse(at, &s->at_ns, err) != ERR_OK ||
			f64_parse(rate, &s->rps) != F64_OK || !(s->rps >= 0 && s->rps < MAX_RPS))
			return error_set(err, ERR_INVALID,
				"load: step \"%.*s\" is not DURATION:RATE such as 20s:9",
				SV_ARG(step));
		if (l.n > 0 && s->at_ns < l.steps[l.n - 1].at_ns)
			return error_set(err, ERR_INVALID,
				"load: step \"%.*s\" is earlier than the one before", SV_ARG(step));
		l.n++;
		text = rest;
	}
	*ret = l;
	return ERR_OK;
}

double load_at(const struct load *l, int64_t since_start_ns)
{
	double rps = 0;

	for (size_t i = 0; i < l->n && l->steps[i].at_ns <= since_start_ns; i++)
		rps = l->steps[i].rps;
	return rps;
}

void load_set(struct load *l, int64_t at_ns, double rps)
{
	while (l->n > 0 && l->steps[l->n - 1].at_ns >= at_ns)
		l->n--;
	if (l->n == LOAD_MAX_STEPS)
		l->n--;
	l->steps[l->n++] = (struct load_step){ at_ns, rps };
}
