/* Rules files through the linter: whatever it finds has a cause, and its report is text that a terminal shows as it is. */
#include "cli/rules_report.h"
#include "tests/fuzz/fuzz.h"

static void require_printable(struct sv text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		REQUIRE((c >= ' ' && c != 0x7f) || c == '\n');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	AUTO(rules_file_done) struct rules_file f = { 0 };
	struct rules_check c = { .a = &a, .version = { 2, 42 } };
	struct error err = { 0 };

	arena_init(&a, 256u << 20);
	buf_init(&out, 64u << 20);
	enum error_kind kind =
		rules_file_load(&a, "f.yaml", sv_from((const char *)data, size), &f, &err);
	if (kind == ERR_OK)
		kind = rules_check_file(&c, &f, &err);
	else if (kind == ERR_INVALID)
		rules_check_unloaded(&c, "f.yaml", sv_of(err.text));
	REQUIRE(kind != ERR_BUG);
	for (size_t i = 0; i < c.n_findings; i++)
		REQUIRE(c.findings[i].cause[0] && c.findings[i].id < RULES_N_FINDINGS);
	rules_report_text(&out, &c);
	require_printable(buf_sv(&out));
	buf_clear(&out);
	rules_report_json(&out, &c);
	return 0;
}
