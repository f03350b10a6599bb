/* The adapter's rules: what its own loader and compiler say, each with its line. No cluster is asked, so that resources named in overrides are
 * taken on trust. */
#include "adapter/naming.h"
#include "cli/check_parts.h"

/* The loader joins its findings with "; ", each with the file's name in front. */
static void tell_loader(struct check *c, const char *file, struct sv message)
{
	AUTO(buf_done) struct buf separator = { 0 };

	buf_init(&separator, 8192);
	buf_printf(&separator, "; %s:", file);
	c->failed = c->failed || separator.failed == ERR_NOMEM;
	while (message.len > 0) {
		size_t end = sv_find_sv(message, buf_sv(&separator));
		struct check_finding finding = check_place_of(sv_take(message, end), file);
		finding.rule = CHECK_RULES_FILE;
		check_find_at(c, &finding);
		message = sv_skip(message, end + 2);
	}
}

static enum error_kind compile(
	struct check *c, const struct mapper *m, const struct rules_rule *rule, struct error *err)
{
	struct naming naming = { 0 };

	enum error_kind kind = naming_compile(c->a, m, rule, &naming, err);
	if (kind == ERR_OK)
		naming_done(&naming);
	return kind;
}

static void check_rules_of(struct check *c, const char *file, const struct mapper *m,
	const struct rules_rule *rules, size_t n)
{
	struct error err;

	for (size_t i = 0; i < n; i++) {
		struct rules_rule rule = rules[i];
		enum error_kind kind = compile(c, m, &rule, &err);
		if (kind == ERR_NOTFOUND) {
			rule.mapping.n_overrides = 0;
			kind = compile(c, m, &rule, &err);
		}
		c->failed = c->failed || kind == ERR_NOMEM;
		if (kind == ERR_OK || kind == ERR_NOTFOUND || kind == ERR_NOMEM)
			continue;
		AUTO(buf_done) struct buf path = { 0 };
		buf_init(&path, 100);
		buf_printf(&path, "%s[%zu]", rule.external ? "externalRules" : "rules", i);
		c->failed = c->failed || path.failed == ERR_NOMEM;
		const struct check_finding finding = { .rule = CHECK_RULES_FILE,
			.file = file,
			.line = rule.line,
			.column = 1,
			.path = buf_sv(&path),
			.text = sv_of(err.text) };
		check_find_at(c, &finding);
	}
}

void check_rules_file_add(struct check *c, const char *file, struct sv text)
{
	AUTO(mapper_unref) struct mapper *m = NULL;
	struct rules_config config;
	struct error err;

	c->n_rule_files++;
	enum error_kind kind = rules_parse(c->a, text, file, &config, &err);
	if (kind == ERR_OK && mapper_new(0, &m, &err) == ERR_OK) {
		check_rules_of(c, file, m, config.rules, config.n_rules);
		check_rules_of(c, file, m, config.external, config.n_external);
	} else if (kind == ERR_OK || kind == ERR_NOMEM) {
		c->failed = true;
	} else {
		tell_loader(c, file, sv_of(err.text));
	}
}
