/* Answers to writes -> until when the less important ones wait. Who is put off knows best for how long: the longest wait counts. */
#include "controller/pressure.h"

/* Where the server does not say how long. */
#define DEFAULT_WAIT_NS NS_PER_SEC
/* Whoever says longer, such as a load balancer's page of an hour, may be back sooner: then one answer in this time finds out. */
#define MAX_WAIT_NS (30 * NS_PER_SEC)

bool pressure_is_put_off(const struct client_answer *answer)
{
	return answer->status == 429 || (answer->status >= 500 && answer->retry_after_ns > 0);
}

void pressure_note(struct pressure *p, int64_t wait_ns, struct mono now)
{
	struct mono until = now;

	if (wait_ns <= 0)
		wait_ns = DEFAULT_WAIT_NS;
	until.ns += wait_ns < MAX_WAIT_NS ? wait_ns : MAX_WAIT_NS;
	if (until.ns > p->until.ns)
		p->until = until;
	if (p->events)
		events_hold(p->events, p->until);
}

bool pressure_lasts(const struct pressure *p, struct mono now)
{
	return now.ns < p->until.ns;
}
