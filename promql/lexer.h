#pragma once
/* PromQL text -> tokens, one at a time, as the reference's lexer does: comments are tokens, an error is the last one.
 * (The test language for series is not PromQL and not read here.) */
#include "common/arena.h"
#include "promql/token.h"

struct lexer {
	struct arena *arena; /* for messages */
	const char *input;
	uint32_t len, pos, start;
	uint32_t last_pos; /* of the token handed out last */
	uint32_t paren_depth;
	bool brace_open, bracket_open, got_colon, got_duration, in_duration, ended;
	bool no_memory; /* a message is missing */
	char quote; /* of the string being read, 0: none; an error inside of it does not end it */
};

/* input is shorter than 4 GiB and outlives the tokens. */
void lexer_init(struct lexer *l, struct arena *a, struct sv input);
/* Behind the end, and behind most errors, EOF again and again. */
struct token lexer_next(struct lexer *l);
