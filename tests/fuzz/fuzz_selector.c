/* Selector texts: the canonical text is a fixed point and selects the same; what the scale client makes of it is one, too. */
#include "kube/label_selector.h"
#include "tests/fuzz/fuzz.h"

#define MAX_BYTES (64u << 20)

static struct sv print(struct arena *a, const struct selector *s)
{
	AUTO(buf_done) struct buf out = { 0 };
	buf_init(&out, MAX_BYTES);
	selector_print(&out, s);
	struct sv text = arena_sv(a, buf_sv(&out));
	REQUIRE(text.ptr);
	return text;
}

static void check(struct arena *a, const struct selector *s)
{
	static const struct label labels[] = { { SV("a"), SV("b") }, { SV("n"), SV("5") },
		{ SV("in"), SV("") } };
	struct selector again;
	struct sv normal, twice;
	struct error err;

	struct sv text = print(a, s);
	REQUIRE(selector_parse(a, text, &again, NULL, &err) == ERR_OK);
	REQUIRE(sv_eq(text, print(a, &again)));
	for (size_t n = 0; n <= ARRAY_LEN(labels); n++)
		REQUIRE(selector_matches(s, labels, n) == selector_matches(&again, labels, n));
	if (label_selector_normalise(a, text, &normal, NULL, &err) != ERR_OK)
		return;
	REQUIRE(label_selector_normalise(a, normal, &twice, NULL, &err) == ERR_OK);
	REQUIRE(sv_eq(normal, twice));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct selector s;
	struct sv why = SV_NULL;
	struct error err;

	arena_init(&a, MAX_BYTES);
	enum error_kind kind =
		selector_parse(&a, sv_from((const char *)data, size), &s, &why, &err);
	if (kind == ERR_OK)
		check(&a, &s);
	else
		REQUIRE(kind != ERR_INVALID || sv_has_prefix(why, sv_of(err.text)));
	arena_done(&a);
	return 0;
}
