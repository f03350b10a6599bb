/* Manifests as people write them, through the linter and through conversion: whatever the text, every finding has a text, the report is JSON,
 * and what conversion prints as YAML reads the same. */
#include "cli/check_report.h"
#include "cli/convert.h"
#include "common/yx.h"
#include "common/yx_print.h"
#include "tests/fuzz/fuzz.h"

#define MAX_BYTES (64u << 20)

static void lint(struct sv text)
{
	AUTO(buf_done) struct buf out = { 0 };
	AUTO(arena_done) struct arena a = { 0 };
	struct check c = { .a = &a };
	struct jtree *t;
	struct error err;

	arena_init(&a, MAX_BYTES);
	buf_init(&out, MAX_BYTES);
	check_add_file(&c, "f", text);
	if (check_finish(&c, &err) != ERR_OK) {
		REQUIRE(err.kind == ERR_LIMIT);
		return;
	}
	for (size_t i = 0; i < c.n_findings; i++)
		REQUIRE(c.findings[i].text.len > 0);
	check_report_text(&out, &c);
	buf_clear(&out);
	check_report_json(&out, &c);
	REQUIRE(out.failed == ERR_OK && jtree_parse(&a, buf_sv(&out), &t, &err) == ERR_OK);
}

/* What was read from YAML is printed so that it reads the same. */
static void read_back(struct arena *a, const struct jtree *made)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct jtree **again;
	struct error err;
	size_t n;

	buf_init(&out, MAX_BYTES);
	yx_print(&out, made);
	enum error_kind kind = yx_parse(a, buf_sv(&out), "x", &again, &n, &err);
	REQUIRE(kind == ERR_LIMIT || (kind == ERR_OK && n == 1 && jtree_eq(made, again[0])));
}

static void convert(struct sv text, enum convert_to to)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct convert_notes notes = { 0 };
	struct manifest m = { 0 };
	struct error err;

	arena_init(&a, MAX_BYTES);
	buf_init(&notes.lost, MAX_BYTES);
	buf_init(&notes.problems, MAX_BYTES);
	if (manifest_parse(&a, "f", text, &m, &err) != ERR_OK)
		m.n = 0;
	for (size_t i = 0; i < m.n; i++) {
		struct jtree *made = NULL;
		size_t before = notes.problems.len;
		if (convert_document(&a, &m.at[i], to, &notes, &made, &err) != ERR_OK) {
			REQUIRE(err.kind == ERR_LIMIT);
			break;
		}
		REQUIRE(!made == (notes.problems.len > before));
		if (made)
			read_back(&a, made);
	}
	buf_done(&notes.lost);
	buf_done(&notes.problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv text = sv_from((const char *)data, size);

	lint(text);
	for (int to = CONVERT_TO_V2; to <= CONVERT_TO_OWN; to++)
		convert(text, (enum convert_to)to);
	return 0;
}
