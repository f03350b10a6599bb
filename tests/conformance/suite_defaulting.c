/* defaulting.jsonl: one object as sent, and as the API server reads it back in both served versions. */
#include "controller/hpa_decode.h"
#include "controller/hpa_encode.h"
#include "tests/conformance/conformance.h"

#define MAX_TEXT_BYTES (16 * 1024 * 1024)

static bool check_version(struct conformance *c, const struct jtree *row, const struct hpa *hpa,
	enum hpa_version version, const char *member)
{
	struct buf out;
	struct jw w;
	struct jtree *got;
	struct error err;
	bool ok = false;

	buf_init(&out, MAX_TEXT_BYTES);
	jw_init(&w, &out);
	struct sv text = SV_NULL;
	if (hpa_encode(&w, c->a, hpa, version, &err) == ERR_OK)
		text = arena_sv(c->a, buf_sv(&out));
	if (!text.ptr || jtree_parse(c->a, text, &got, &err) != ERR_OK)
		(void)conformance_fail(c, "%s: cannot be written: %s", member, err.text);
	else
		ok = conformance_eq_tree(c, member, jtree_get(row, member), got);
	buf_done(&out);
	return ok;
}

static void run_defaulting(struct conformance *c, const struct jtree *row)
{
	struct codec codec = { .a = c->a };
	struct hpa hpa;
	struct error err;

	enum error_kind kind = hpa_decode(&codec, jtree_get(row, "in"), &hpa, &err);
	if (kind == ERR_OK)
		kind = hpa_decode_admit(c->a, &hpa, &err);
	if (conformance_outcome(c, row, kind == ERR_OK, sv_of(kind ? err.text : "")) &&
		check_version(c, row, &hpa, HPA_V2, "v2"))
		(void)check_version(c, row, &hpa, HPA_V1, "v1");
}

const struct suite suite_defaulting[] = { { "defaulting", run_defaulting }, { 0 } };
