/* YAML: any bytes give documents that can be written as JSON and read back the same, or one line
 * with a place. */
#include "common/buf.h"
#include "common/limits.h"
#include "common/yx.h"
#include "tests/fuzz/fuzz.h"

#define ARENA_BYTES (64u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct sv text = sv_from((const char *)data, size);
	struct jtree **documents = NULL;
	size_t n = 0;
	struct error err;

	arena_init(&a, ARENA_BYTES);
	enum error_kind kind = yx_parse(&a, text, "f.yaml", &documents, &n, &err);
	if (kind) {
		REQUIRE(kind == ERR_INVALID || kind == ERR_LIMIT);
		REQUIRE(sv_has_prefix(sv_of(err.text), SV("f.yaml:")) || kind == ERR_LIMIT);
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		AUTO(buf_done) struct buf out = { 0 };
		struct jtree *again = NULL;
		buf_init(&out, ARENA_BYTES);
		jtree_print(&out, documents[i]);
		/* Aliases written out can be larger than the arena allows. */
		if (buf_check(&out, "document", &err) || out.len > 65536)
			continue;
		REQUIRE(jtree_parse(&a, buf_sv(&out), &again, &err) == ERR_OK);
		REQUIRE(jtree_eq(documents[i], again));
	}
	return 0;
}
