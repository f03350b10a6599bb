/* Comparison rules of conformance/hpa/README.md: null, absent and [] are equal, so are absent and 0
 * or "" for a scalar; all else exactly, order included. */
#include "tests/conformance/hpa_expect.h"

#include <inttypes.h>
#include <stdio.h>

#define OPAQUE_MARK "metrics API: "
#define PATH_BYTES 256

struct checking {
	struct conformance *c;
	bool opaque;
	int64_t t;
};

/* Nothing, or what counts as nothing. */
static bool is_empty(const struct jtree *t)
{
	if (jtree_is_absent(t))
		return true;
	switch (t->kind) {
	case JTREE_ARRAY:
	case JTREE_OBJECT:
		return t->n == 0;
	case JTREE_STRING:
		return t->text.len == 0;
	case JTREE_NUMBER:
		return sv_is(t->text, "0");
	case JTREE_BOOL:
		return !t->truth;
	case JTREE_NULL:
		break;
	}
	return true;
}

/* An opaque text counts up to the end of its first mark. */
static struct sv visible(const struct checking *k, struct sv text)
{
	size_t at = sv_find_sv(text, SV(OPAQUE_MARK));
	if (!k->opaque || at == text.len)
		return text;
	return sv_take(text, at + sizeof(OPAQUE_MARK) - 1);
}

static bool differ(const struct checking *k, const char *path, const struct jtree *expected,
	const struct jtree *got)
{
	struct buf left, right;
	buf_init(&left, 1500);
	buf_init(&right, 1500);
	if (expected)
		jtree_print(&left, expected);
	if (got)
		jtree_print(&right, got);
	(void)conformance_fail(k->c, "t=%" PRId64 " %s: expected %s, got %s", k->t, path,
		expected ? buf_text(&left) : "nothing", got ? buf_text(&right) : "nothing");
	buf_done(&left);
	buf_done(&right);
	return false;
}

static bool same(const struct checking *k, const char *path, const struct jtree *expected,
	const struct jtree *got);

static bool same_object(const struct checking *k, const char *path, const struct jtree *expected,
	const struct jtree *got)
{
	char inner[PATH_BYTES], key[128];
	JTREE_FOREACH (member, expected) {
		(void)snprintf(key, sizeof(key), "%.*s", SV_ARG(member->key));
		(void)snprintf(inner, sizeof(inner), "%.120s.%s", path, key);
		if (!same(k, inner, member, jtree_get(got, key)))
			return false;
	}
	JTREE_FOREACH (member, got) {
		(void)snprintf(key, sizeof(key), "%.*s", SV_ARG(member->key));
		(void)snprintf(inner, sizeof(inner), "%.120s.%s", path, key);
		if (!jtree_get(expected, key) && !same(k, inner, NULL, member))
			return false;
	}
	return true;
}

static bool same_array(const struct checking *k, const char *path, const struct jtree *expected,
	const struct jtree *got)
{
	char inner[PATH_BYTES];
	const struct jtree *other = got->first;
	size_t i = 0;
	if (expected->n != got->n)
		return differ(k, path, expected, got);
	JTREE_FOREACH (item, expected) {
		(void)snprintf(inner, sizeof(inner), "%.120s[%zu]", path, i++);
		if (!same(k, inner, item, other))
			return false;
		other = other->next;
	}
	return true;
}

static bool same(const struct checking *k, const char *path, const struct jtree *expected,
	const struct jtree *got)
{
	if (is_empty(expected) && is_empty(got))
		return true;
	if (!expected || !got || expected->kind != got->kind)
		return differ(k, path, expected, got);
	switch (expected->kind) {
	case JTREE_OBJECT:
		return same_object(k, path, expected, got);
	case JTREE_ARRAY:
		return same_array(k, path, expected, got);
	case JTREE_STRING:
		return sv_eq(visible(k, expected->text), visible(k, got->text)) ||
		       differ(k, path, expected, got);
	case JTREE_NUMBER:
		return sv_eq(expected->text, got->text) || differ(k, path, expected, got);
	case JTREE_BOOL:
		return expected->truth == got->truth || differ(k, path, expected, got);
	case JTREE_NULL:
		break;
	}
	return true;
}

static bool same_text(
	const struct checking *k, const char *path, const struct jtree *expected, struct sv got)
{
	struct jtree text = { .kind = JTREE_STRING, .text = got };
	return same(k, path, expected, got.ptr ? &text : NULL);
}

static bool same_json(const struct checking *k, const char *path, const struct jtree *expected,
	const struct buf *got)
{
	struct error err;
	struct jtree *tree;
	if (jtree_parse(k->c->a, buf_sv(got), &tree, &err))
		return conformance_fail(k->c, "t=%" PRId64 " %s: %s", k->t, path, err.text);
	return same(k, path, expected, tree);
}

static bool same_bool(
	const struct checking *k, const char *path, const struct jtree *expected, bool got)
{
	struct jtree value = { .kind = JTREE_BOOL, .truth = got };
	return same(k, path, expected, &value);
}

static bool same_scale_write(
	const struct checking *k, const struct jtree *expected, const struct hpa_outcome *outcome)
{
	int64_t count = 0;
	bool written = jtree_i64(expected, &count);
	if (written != outcome->scale_written)
		return conformance_fail(k->c, "t=%" PRId64 " scaleWrite: expected %s, got %s", k->t,
			written ? "one" : "none", outcome->scale_written ? "one" : "none");
	return !written || conformance_eq_i64(k->c, "scaleWrite", count, outcome->written);
}

static bool same_events(
	const struct checking *k, const struct jtree *expected, const struct conclusion *got)
{
	char path[PATH_BYTES];
	size_t n = expected ? expected->n : 0, i = 0;
	if (n != got->events.n)
		return conformance_fail(k->c,
			"t=%" PRId64 " events: expected %zu, got %zu, the first %.*s", k->t, n,
			got->events.n,
			SV_ARG(got->events.n > 0 ? got->events.at[0].reason : SV("-")));
	JTREE_FOREACH (event, expected) {
		const struct decide_event *e = &got->events.at[i];
		(void)snprintf(path, sizeof(path), "events[%zu]", i++);
		if (!same_text(k, path, jtree_get(event, "type"),
			    e->warning ? SV("Warning") : SV("Normal")) ||
			!same_text(k, path, jtree_get(event, "reason"), e->reason) ||
			!same_text(k, path, jtree_get(event, "message"), e->message))
			return false;
	}
	return true;
}

static bool same_labels(const struct checking *k, const char *path, const struct jtree *expected,
	const struct conclude_labels *got)
{
	return same_text(k, path, jtree_get(expected, "action"),
		       sv_of(conclude_action_name(got->action))) &&
	       same_text(k, path, jtree_get(expected, "error"),
		       sv_of(conclude_error_name(got->error)));
}

static bool same_metric_labels(
	const struct checking *k, const struct jtree *expected, const struct conclusion *got)
{
	char path[PATH_BYTES];
	size_t n = expected ? expected->n : 0, i = 0;
	if (n != got->n_metric_labels)
		return conformance_fail(k->c, "t=%" PRId64 " labels.metrics: expected %zu, got %zu",
			k->t, n, got->n_metric_labels);
	JTREE_FOREACH (labels, expected) {
		(void)snprintf(path, sizeof(path), "labels.metrics[%zu]", i);
		if (!same_labels(k, path, labels, &got->metric_labels[i++]))
			return false;
	}
	return true;
}

bool hpa_expect_check(struct conformance *c, const struct jtree *expect,
	const struct hpa_outcome *outcome, bool opaque, int64_t t)
{
	struct checking k = { c, opaque, t };
	const struct conclusion *got = outcome->conclusion;
	const struct jtree *labels = jtree_get(expect, "labels");

	return same_json(&k, "requests", jtree_get(expect, "requests"), &outcome->requests) &&
	       same_text(&k, "error", jtree_get(expect, "error"), got->error) &&
	       same_json(&k, "scaleRequests", jtree_get(expect, "scaleRequests"),
		       &outcome->scale_requests) &&
	       same_scale_write(&k, jtree_get(expect, "scaleWrite"), outcome) &&
	       same_events(&k, jtree_get(expect, "events"), got) &&
	       same(&k, "status", jtree_get(expect, "status"), outcome->status) &&
	       same_bool(&k, "statusWritten", jtree_get(expect, "statusWritten"),
		       outcome->status_written) &&
	       same_labels(&k, "labels", labels, &got->labels) &&
	       same_metric_labels(&k, jtree_get(labels, "metrics"), got);
}
