/* Tables of tokens. Keywords are found by their length and first letter, without allocating or hashing. */
#include "promql/token.h"

#include "promql/quote.h"
#include "promql/unicode.h"

const char *token_name(enum token_kind kind)
{
	static const char *const names[] = {
#define X(kind, text) #kind,
		TOKEN_PUNCTUATION(X) TOKEN_OPERATORS(X) TOKEN_AGGREGATORS(X) TOKEN_KEYWORDS(X)
			TOKEN_PREPROCESSORS(X)
#undef X
	};

	return names[kind];
}

const char *token_text(enum token_kind kind)
{
	static const char *const texts[] = {
#define X(kind, text) text,
		TOKEN_PUNCTUATION(X) TOKEN_OPERATORS(X) TOKEN_AGGREGATORS(X) TOKEN_KEYWORDS(X)
			TOKEN_PREPROCESSORS(X)
#undef X
	};

	return texts[kind];
}

/* All keywords by their first letter; no letter has more than seven. */
static const enum token_kind A[] = { TOKEN_AVG, TOKEN_LAND, TOKEN_ATAN2, TOKEN_ANCHORED,
	TOKEN_EOF };
static const enum token_kind B[] = { TOKEN_BY, TOKEN_BOOL, TOKEN_BOTTOMK, TOKEN_EOF };
static const enum token_kind C[] = { TOKEN_COUNT, TOKEN_COUNT_VALUES, TOKEN_EOF };
static const enum token_kind E[] = { TOKEN_END, TOKEN_EOF };
static const enum token_kind F[] = { TOKEN_FILL, TOKEN_FILL_LEFT, TOKEN_FILL_RIGHT, TOKEN_EOF };
static const enum token_kind G[] = { TOKEN_GROUP, TOKEN_GROUP_LEFT, TOKEN_GROUP_RIGHT, TOKEN_EOF };
static const enum token_kind I[] = { TOKEN_IGNORING, TOKEN_EOF };
static const enum token_kind L[] = { TOKEN_LIMITK, TOKEN_LIMIT_RATIO, TOKEN_EOF };
static const enum token_kind M[] = { TOKEN_MAX, TOKEN_MIN, TOKEN_MAX_OF, TOKEN_MIN_OF, TOKEN_EOF };
static const enum token_kind O[] = { TOKEN_LOR, TOKEN_ON, TOKEN_OFFSET, TOKEN_EOF };
static const enum token_kind Q[] = { TOKEN_QUANTILE, TOKEN_EOF };
static const enum token_kind R[] = { TOKEN_RANGE, TOKEN_EOF };
static const enum token_kind S[] = { TOKEN_SUM, TOKEN_STDDEV, TOKEN_STDVAR, TOKEN_SMOOTHED,
	TOKEN_START, TOKEN_STEP, TOKEN_EOF };
static const enum token_kind T[] = { TOKEN_TOPK, TOKEN_EOF };
static const enum token_kind U[] = { TOKEN_LUNLESS, TOKEN_EOF };
static const enum token_kind W[] = { TOKEN_WITHOUT, TOKEN_EOF };
static const enum token_kind NONE[] = { TOKEN_EOF };

static const enum token_kind *const BY_LETTER[26] = { A, B, C, NONE, E, F, G, NONE, I, NONE, NONE,
	L, M, NONE, O, NONE, Q, R, S, T, U, NONE, W, NONE, NONE, NONE };

/* Longest keyword: count_values. */
#define MAX_KEYWORD 12

enum token_kind token_find_keyword(struct sv word)
{
	unsigned letter = ((unsigned char)word.ptr[0] | 32u) - 'a';

	if (word.len < 2 || word.len > MAX_KEYWORD || letter >= 26)
		return TOKEN_IDENTIFIER;
	for (const enum token_kind *k = BY_LETTER[letter]; *k != TOKEN_EOF; k++) {
		const char *text = token_text(*k);
		size_t i = 0;

		/* `_` and digits differ from letters in more than bit 5. */
		while (i < word.len &&
			(word.ptr[i] == text[i] ||
				(text[i] >= 'a' && (unsigned char)(word.ptr[i] | 32) ==
							   (unsigned char)text[i])))
			i++;
		if (i == word.len && !text[i])
			return *k;
	}
	if (word.len == 3 && (sv_eq_nocase(word, SV("inf")) || sv_eq_nocase(word, SV("nan"))))
		return TOKEN_NUMBER;
	return TOKEN_IDENTIFIER;
}

/* Go's %q of a text cut to ten code points when it is longer than ten bytes. */
static void print_short(struct buf *out, struct sv text)
{
	struct sv head = text;
	uint32_t rune;

	if (text.len > 10) {
		head.len = 0;
		for (unsigned n = 0; n < 10 && head.len < text.len; n++)
			head.len += unicode_decode(text.ptr + head.len, text.len - head.len, &rune);
	}
	quote_print(out, head);
	if (text.len > 10)
		buf_put_str(out, "...");
}

void token_describe(struct buf *out, const struct token *t)
{
	const char *group = token_is_keyword(t->kind)	   ? "<"
			    : token_is_operator(t->kind)   ? "<op:"
			    : token_is_aggregator(t->kind) ? "<aggr:"
							   : NULL;
	const char *class = t->kind == TOKEN_STRING	? "string "
			    : t->kind == TOKEN_NUMBER	? "number "
			    : t->kind == TOKEN_DURATION ? "duration "
							: "";

	if (t->kind == TOKEN_EOF) {
		buf_put_str(out, "end of input");
	} else if (t->kind == TOKEN_IDENTIFIER || t->kind == TOKEN_METRIC_IDENTIFIER) {
		buf_put_str(
			out, t->kind == TOKEN_IDENTIFIER ? "identifier " : "metric identifier ");
		quote_print(out, t->text);
	} else if (group) {
		buf_put_str(out, group);
		buf_put_sv(out, t->text);
		buf_put_char(out, '>');
	} else {
		buf_put_str(out, class);
		print_short(out, t->text);
	}
}
