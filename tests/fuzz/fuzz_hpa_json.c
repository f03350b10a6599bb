/* Autoscaler documents of any version: decoded (leniently and strictly), defaulted, validated, written in every version; what is written in v2
 * and read back is written the same. */
#include "controller/hpa_decode.h"
#include "controller/hpa_default.h"
#include "controller/hpa_encode.h"
#include "controller/hpa_validate.h"
#include "tests/fuzz/fuzz.h"

#define MAX_BYTES (64u << 20)

static struct sv encode(struct arena *a, const struct hpa *hpa, enum hpa_version version)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct error err;
	struct jw w;

	buf_init(&out, MAX_BYTES);
	jw_init(&w, &out);
	REQUIRE(hpa_encode(&w, a, hpa, version, &err) == ERR_OK);
	struct sv text = arena_sv(a, buf_sv(&out));
	REQUIRE(text.ptr);
	return text;
}

static struct sv encode_spec(struct arena *a, const struct hpa_spec *spec)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct jw w;

	buf_init(&out, MAX_BYTES);
	jw_init(&w, &out);
	hpa_encode_spec(&w, spec);
	REQUIRE(out.failed == ERR_OK);
	struct sv text = arena_sv(a, buf_sv(&out));
	REQUIRE(text.ptr);
	return text;
}

static void check(struct arena *a, struct hpa *hpa)
{
	static const enum hpa_version versions[] = { HPA_V1, HPA_V2BETA1, HPA_V2BETA2 };
	struct field_error_list errors;
	struct hpa again;
	struct error err;

	REQUIRE(hpa_default(a, hpa, &err) == ERR_OK);
	field_error_list_init(&errors, a);
	hpa_validate(hpa, (struct hpa_validate_options){ .configurable_tolerance = true }, &errors);
	struct sv text = encode(a, hpa, HPA_V2);
	REQUIRE(hpa_decode_stored(a, AUTOSCALER_NATIVE, text, &again, &err) == ERR_OK);
	/* The zero time is written as null, which then reads as none: the second writing is the fixed point. */
	text = encode(a, &again, HPA_V2);
	REQUIRE(hpa_decode_stored(a, AUTOSCALER_NATIVE, text, &again, &err) == ERR_OK);
	REQUIRE(sv_eq(text, encode(a, &again, HPA_V2)));
	for (size_t i = 0; i < ARRAY_LEN(versions); i++)
		REQUIRE(hpa_decode_stored(a, AUTOSCALER_NATIVE, encode(a, hpa, versions[i]), &again,
				&err) == ERR_OK);
}

/* Our own kind has one version: written and read again it stays the same. */
static void check_own(struct arena *a, const struct hpa *hpa)
{
	struct sv text[2];
	struct hpa_spec spec = hpa->spec;
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(text); i++) {
		struct jtree *t;
		text[i] = encode_spec(a, &spec);
		REQUIRE(jtree_parse(a, text[i], &t, &err) == ERR_OK);
		REQUIRE(hpa_decode_spec(a, AUTOSCALER_OWN, t, &spec, &err) == ERR_OK);
	}
	REQUIRE(sv_eq(text[0], text[1]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct jtree *t;
	struct hpa hpa;
	struct error err;

	arena_init(&a, MAX_BYTES);
	if (jtree_parse(&a, sv_from((const char *)data, size), &t, &err) == ERR_OK) {
		struct codec strict = { .a = &a, .strict = true };
		enum error_kind kind = hpa_decode(&strict, t, &hpa, &err);
		REQUIRE(kind == ERR_OK || err.text[0] != '\0');
		if (hpa_decode_stored(&a, AUTOSCALER_NATIVE, sv_from((const char *)data, size),
			    &hpa, &err) != ERR_OK)
			REQUIRE(kind != ERR_OK);
		else if (hpa.owner_kind == AUTOSCALER_OWN)
			check_own(&a, &hpa);
		else
			check(&a, &hpa);
	}
	arena_done(&a);
	return 0;
}
