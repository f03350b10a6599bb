/* Bodies of /api/v1/series: read in pieces of a size that the first byte gives, they say the same as in one piece. */
#include "promql/series.h"
#include "tests/fuzz/fuzz.h"

static enum error_kind read_all(struct sv body, size_t piece, struct series *s, struct error *err)
{
	enum error_kind kind = ERR_OK;

	while (body.len && !kind) {
		kind = series_feed(s, sv_take(body, piece), err);
		body = sv_skip(body, piece < body.len ? piece : body.len);
	}
	return kind ? kind : series_end(s, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(series_free) struct series *whole = NULL, *parts = NULL;
	struct error err = { 0 }, other = { 0 };

	if (size == 0)
		return 0;
	struct sv body = sv_from((const char *)data + 1, size - 1);

	REQUIRE(series_new(&whole, &err) == ERR_OK && series_new(&parts, &err) == ERR_OK);
	enum error_kind kind = read_all(body, body.len, whole, &err);

	REQUIRE(read_all(body, (size_t)data[0] % 64 + 1, parts, &other) == kind);
	REQUIRE(kind == ERR_OK || (kind != ERR_BUG && err.text[0]));
	REQUIRE(strcmp(err.text, other.text) == 0);
	if (kind)
		return 0;
	REQUIRE(series_n(whole) == series_n(parts));
	REQUIRE(series_n_entries(whole) == series_n_entries(parts));
	for (size_t i = 0; i < series_n(whole); i++) {
		const struct series_shape *a = series_at(whole, i), *b = series_at(parts, i);

		REQUIRE(sv_eq(a->name, b->name) && a->n_labels == b->n_labels);
		for (size_t k = 0; k < a->n_labels; k++)
			REQUIRE(sv_eq(a->labels[k], b->labels[k]));
	}
	return 0;
}
