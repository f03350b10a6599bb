/* Headers of answers. In: lines -> out: date, content type, the delay that the server asks for, and whether it is our adapter. Pure. */
#include "common/http_answer.h"

#include <string.h>

/* A server that asks for more is broken, and our own backoff is shorter. */
#define RETRY_AFTER_MAX_SEC 3600

/* What does not fit is left out: half of a value would be another value. */
static void keep(char *to, size_t size, struct sv value)
{
	if (value.len >= size)
		return;
	if (value.len > 0)
		memcpy(to, value.ptr, value.len);
	to[value.len] = '\0';
}

void http_answer_note(struct http_answer *a, struct sv line)
{
	struct sv value;
	bool found;
	int64_t seconds;
	struct sv name = sv_cut(line, ':', &value, &found);

	value = sv_trim(value);
	if (sv_eq_nocase(name, SV("Date"))) {
		keep(a->date, sizeof(a->date), value);
	} else if (sv_eq_nocase(name, SV("Content-Type"))) {
		keep(a->content_type, sizeof(a->content_type), value);
	} else if (sv_eq_nocase(name, SV("X-Flyball-Adapter"))) {
		keep(a->adapter, sizeof(a->adapter), value);
	} else if (sv_eq_nocase(name, SV("Retry-After")) && sv_to_i64(value, &seconds)) {
		if (seconds < 0)
			seconds = 0;
		if (seconds > RETRY_AFTER_MAX_SEC)
			seconds = RETRY_AFTER_MAX_SEC;
		a->retry_after = (struct opt_retry_after){ true, seconds };
	}
}
