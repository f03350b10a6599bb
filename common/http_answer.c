/* Headers of answers. In: lines -> out: the Date and the delay that the server asks for. Pure. */
#include "common/http_answer.h"

#include <string.h>

/* A server that asks for more is broken, and our own backoff is shorter. */
#define RETRY_AFTER_MAX_SEC 3600

void http_answer_note(struct http_answer *a, struct sv line)
{
	struct sv value;
	bool found;
	int64_t seconds;
	struct sv name = sv_cut(line, ':', &value, &found);

	value = sv_trim(value);
	if (sv_eq_nocase(name, SV("Date")) && value.len < sizeof(a->date)) {
		memcpy(a->date, value.ptr, value.len);
		a->date[value.len] = '\0';
	} else if (sv_eq_nocase(name, SV("Retry-After")) && sv_to_i64(value, &seconds)) {
		if (seconds < 0)
			seconds = 0;
		if (seconds > RETRY_AFTER_MAX_SEC)
			seconds = RETRY_AFTER_MAX_SEC;
		a->retry_after = (struct opt_retry_after){ true, seconds };
	}
}
