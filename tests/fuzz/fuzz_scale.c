/* Scale documents: what is read can be written, and reads back as the same. */
#include "controller/scale.h"
#include "tests/fuzz/fuzz.h"

#define ARENA_BYTES (64u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct error err;
	struct scale scale, back;
	struct sv why = SV_NULL;

	arena_init(&a, ARENA_BYTES);
	enum error_kind kind =
		scale_decode(&a, sv_from((const char *)data, size), true, &scale, &why, &err);
	REQUIRE(kind != ERR_INVALID || why.len > 0);
	if (kind == ERR_OK) {
		AUTO(buf_done) struct buf out = { 0 };
		buf_init(&out, ARENA_BYTES);
		scale_encode(&out, &scale, scale.replicas);
		REQUIRE(scale_decode(&a, buf_sv(&out), true, &back, &why, &err) == ERR_OK);
		REQUIRE(back.replicas == scale.replicas &&
			back.status_replicas == scale.status_replicas);
		REQUIRE(sv_eq(back.selector, scale.selector) &&
			sv_eq(back.resource_version, scale.resource_version));
	}
	arena_done(&a);
	return 0;
}
