/* Lengths and instants of one call -> the instant at which it is over. The caller has the timer. */
#include "common/http_deadline.h"

#include <string.h>

/* An instant that leaves all but so small a part of the total was reckoned from it, a moment earlier. */
#define SAME_PART 100

/* Of two instants of which 0 is none. */
static int64_t earlier(int64_t a_ns, int64_t b_ns)
{
	return a_ns == 0 || (b_ns != 0 && b_ns < a_ns) ? b_ns : a_ns;
}

static int64_t after(int64_t at_ns, int64_t length_ns)
{
	return length_ns > 0 ? at_ns + length_ns : 0;
}

void http_deadline_start(struct http_deadline *d, struct mono now)
{
	d->started_ns = d->heard_ns = now.ns;
	d->until_ns = earlier(after(now.ns, d->total_ns), d->latest.ns);
}

void http_deadline_heard(struct http_deadline *d, struct mono now)
{
	d->heard_ns = now.ns;
}

bool http_deadline_is_past(const struct http_deadline *d, struct mono now)
{
	return d->until_ns != 0 && now.ns >= d->until_ns;
}

struct mono http_deadline_next(const struct http_deadline *d)
{
	return (struct mono){ earlier(d->until_ns, after(d->heard_ns, d->idle_ns)) };
}

void http_deadline_print(struct buf *out, const struct http_deadline *d, struct mono now, bool sent)
{
	bool past = http_deadline_is_past(d, now);
	int64_t given_ns = past ? d->until_ns - d->started_ns : d->idle_ns;

	/* What fails again and again for the same reason shall say the same: who compares would take each for news. */
	if (past && d->total_ns > 0 && d->total_ns - given_ns < d->total_ns / SAME_PART)
		given_ns = d->total_ns;
	buf_put_str(out, !sent	? "too many calls under way: not sent within "
			 : past ? "no complete answer within "
				: "nothing received for ");
	instant_duration_print(out, given_ns > 0 ? given_ns : 0);
}

void http_deadline_drop_elapsed(char *text)
{
	char *at = strstr(text, " after ");

	if (!at)
		return;
	char *end = at + strlen(" after ");
	size_t n_digits = strspn(end, "0123456789");
	end += n_digits;
	if (n_digits > 0 && strncmp(end, " ms", 3) == 0)
		memmove(at, end + 3, strlen(end + 3) + 1);
}
