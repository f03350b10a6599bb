/* The adapter's rules: what its own loader and compiler say, each with its line. No cluster is asked, so that resources named in overrides are
 * taken on trust. `flyball rules check` looks at the queries too. */
#include "cli/check_parts.h"
#include "cli/check_place.h"
#include "cli/rules_file.h"

static void tell_loader(struct check *c, const char *file, struct sv message)
{
	while (message.len > 0) {
		struct check_finding finding = check_place_next(&message, file);
		finding.rule = CHECK_RULES_FILE;
		check_find_at(c, &finding);
	}
}

static void tell_rule(struct check *c, const char *file, const struct rules_file_rule *r)
{
	AUTO(buf_done) struct buf path = { 0 };

	buf_init(&path, 100);
	if (r->rule)
		buf_printf(&path, "%s[%zu]", r->rule->external ? "externalRules" : "rules",
			r->rule->index);
	else
		buf_put_str(&path, "resourceRules");
	c->failed = c->failed || path.failed == ERR_NOMEM;
	const struct check_finding finding = { .rule = CHECK_RULES_FILE,
		.file = file,
		.line = r->line,
		.column = 1,
		.path = buf_sv(&path),
		.text = sv_of(r->problem) };
	check_find_at(c, &finding);
}

void check_rules_file_add(struct check *c, const char *file, struct sv text)
{
	AUTO(rules_file_done) struct rules_file f = { 0 };
	struct error err;

	c->n_rule_files++;
	enum error_kind kind = rules_file_load(c->a, file, text, &f, &err);
	if (kind == ERR_NOMEM)
		c->failed = true;
	else if (kind != ERR_OK)
		tell_loader(c, file, sv_of(err.text));
	for (size_t i = 0; i < f.n; i++) {
		if (f.rules[i].problem)
			tell_rule(c, file, &f.rules[i]);
	}
}
