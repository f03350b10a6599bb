/* One file -> its kind, and its documents to those who know them. */
#include "cli/check_parts.h"
#include "cli/check_place.h"
#include "cli/rules_manifest.h"

/* A tape is JSON, one pass a line, or one document. */
static bool is_tape(struct check *c, struct sv text)
{
	struct sv rest;
	struct error err;
	struct jtree *t;
	bool found;

	if (!sv_has_prefix(text, SV("{")))
		return false;
	if (jtree_parse(c->a, text, &t, &err) != ERR_OK &&
		jtree_parse(c->a, sv_cut(text, '\n', &rest, &found), &t, &err) != ERR_OK)
		return false;
	return jtree_get(t, "tapeVersion") != NULL;
}

/* What prometheus-adapter's configuration begins with; it names no kind. */
static bool is_rules_file(const struct jtree *t)
{
	return !jtree_get(t, "kind") && !jtree_get(t, "apiVersion") &&
	       (jtree_get(t, "rules") || jtree_get(t, "externalRules") ||
		       jtree_get(t, "resourceRules"));
}

static bool is_autoscaler(const struct jtree *t)
{
	struct sv version = jtree_text(jtree_get(t, "apiVersion"));
	struct sv kind = jtree_text(jtree_get(t, "kind"));

	return sv_has_prefix(version, SV("autoscaling/")) ||
	       sv_has_prefix(version, SV("flyball.dev/")) ||
	       sv_is(kind, "HorizontalPodAutoscaler") || sv_is(kind, OWN_KIND_NAME);
}

/* The ConfigMap that the adapter mounts. Others are none of our business, whatever they hold. */
static bool add_rules_map(struct check *c, const char *file, const struct jtree *t)
{
	struct manifest inner = { 0 };
	struct sv rules;
	struct error err;

	enum error_kind kind = rules_manifest_entry(c->a, file, t, &rules, &err);
	if (kind == ERR_OK && rules.ptr)
		kind = manifest_parse(c->a, file, rules, &inner, &err);
	c->failed = c->failed || kind == ERR_NOMEM;
	if (kind != ERR_OK || inner.n == 0 || !is_rules_file(inner.at[0].tree))
		return false;
	check_rules_file_add(c, file, rules);
	return true;
}

void check_add_file(struct check *c, const char *file, struct sv text)
{
	const char *name = strcmp(file, "-") == 0 ? "stdin" : file;
	struct manifest m = { 0 };
	struct error err;

	c->n_files++;
	if (is_tape(c, text)) {
		c->n_tapes++;
		return;
	}
	enum error_kind kind = manifest_parse(c->a, file, text, &m, &err);
	if (kind == ERR_NOMEM) {
		c->failed = true;
		return;
	}
	if (kind != ERR_OK) {
		struct check_finding finding = check_place_of(sv_of(err.text), name);
		finding.rule = CHECK_SYNTAX;
		check_find_at(c, &finding);
	}
	for (size_t i = 0; i < m.n; i++) {
		const struct jtree *t = m.at[i].tree;
		if (is_rules_file(t))
			check_rules_file_add(c, name, text);
		else if (is_autoscaler(t))
			check_object_add_autoscaler(c, name, t);
		else if (!add_rules_map(c, name, t) && !check_object_add_workload(c, name, t))
			c->n_skipped++;
	}
}
