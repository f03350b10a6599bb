/* time.jsonl, duration.jsonl, groupversion.jsonl: one text each. The first two hold JSON text of a metav1.Time or Duration. */
#include <inttypes.h>
#include <stdio.h>

#include "common/instant.h"
#include "kube/group_version.h"
#include "tests/conformance/conformance.h"

/* The inner JSON text as a string; null leaves it empty and sets *ret_null. */
static enum error_kind inner_string(
	struct conformance *c, struct sv json, struct sv *ret, bool *ret_null, struct error *err)
{
	struct jtree *t;

	if (jtree_parse(c->a, json, &t, err) != ERR_OK)
		return err->kind;
	*ret_null = t->kind == JTREE_NULL;
	*ret = jtree_text(t);
	if (t->kind == JTREE_STRING || t->kind == JTREE_NULL)
		return ERR_OK;
	static const char *const names[] = { "null", "bool", "number", "string", "array",
		"object" };
	return error_set(err, ERR_INVALID, "json: cannot unmarshal %s into Go value of type string",
		names[t->kind]);
}

static void run_time(struct conformance *c, const struct jtree *row)
{
	struct wall t = WALL_ZERO;
	struct sv text;
	struct error err;
	bool is_null;

	bool ok = inner_string(c, conformance_text(row, "in"), &text, &is_null, &err) == ERR_OK &&
		  (is_null || instant_wall_parse(text, &t, &err) == ERR_OK);
	if (!conformance_outcome(c, row, ok, sv_of(ok ? "" : err.text)))
		return;
	bool zero = instant_wall_is_zero(t);
	if (!conformance_eq_bool(c, "zero", conformance_flag(row, "zero"), zero) || zero)
		return;
	int64_t unix_sec = 0, nanos = 0;
	(void)jtree_i64(jtree_get(row, "unix"), &unix_sec);
	(void)jtree_i64(jtree_get(row, "nanos"), &nanos);
	struct buf out;
	buf_init(&out, 128);
	instant_wall_print(&out, t);
	(void)(conformance_eq_i64(c, "unix", unix_sec, t.sec) &&
		conformance_eq_i64(c, "nanos", nanos, t.nsec) &&
		conformance_eq_text(
			c, "canonical", conformance_text(row, "canonical"), buf_sv(&out)));
	buf_done(&out);
}

static void run_duration(struct conformance *c, const struct jtree *row)
{
	int64_t ns = 0;
	struct sv text;
	struct error err;
	bool is_null;

	bool ok = inner_string(c, conformance_text(row, "in"), &text, &is_null, &err) == ERR_OK &&
		  instant_duration_parse(text, &ns, &err) == ERR_OK;
	if (!conformance_outcome(c, row, ok, sv_of(ok ? "" : err.text)))
		return;
	char nanos[32];
	int n = snprintf(nanos, sizeof(nanos), "%" PRId64, ns);
	struct buf out;
	buf_init(&out, 128);
	instant_duration_print(&out, ns);
	(void)(conformance_eq_text(
		       c, "nanos", conformance_text(row, "nanos"), sv_from(nanos, (size_t)n)) &&
		conformance_eq_text(
			c, "canonical", conformance_text(row, "canonical"), buf_sv(&out)));
	buf_done(&out);
}

static void run_group_version(struct conformance *c, const struct jtree *row)
{
	struct group_version gv;
	struct error err;

	bool ok = group_version_parse(conformance_text(row, "in"), &gv, &err) == ERR_OK;
	if (conformance_outcome(c, row, ok, sv_of(ok ? "" : err.text)))
		(void)(conformance_eq_text(c, "group", conformance_text(row, "group"), gv.group) &&
			conformance_eq_text(
				c, "version", conformance_text(row, "version"), gv.version));
}

const struct suite suite_text[] = {
	{ "time", run_time },
	{ "duration", run_duration },
	{ "groupversion", run_group_version },
	{ 0 },
};
