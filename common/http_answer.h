#pragma once
/* What we keep of an answer's headers. Pure. */
#include "common/http_client.h"

struct http_answer {
	char date[64];
	char content_type[256];
	char adapter[64]; /* X-Flyball-Adapter: our own adapter names its version */
	struct opt_retry_after retry_after;
};

/* Takes one header line in; all that is not wanted or malformed is passed over. */
void http_answer_note(struct http_answer *a, struct sv line);
