/* What was found, each thing once, and the rules that it is about. */
#include "cli/rules_check.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/check_place.h"

#define MAX_CAUSE_BYTES 1500
/* A person reads findings; nobody reads more. */
#define MAX_FINDINGS 10000

const struct rules_finding_kind rules_findings[RULES_N_FINDINGS] = {
#define RULES_FINDING_ROW(id, name, severity, what, cure) { name, RULES_##severity, what, cure },
	RULES_FINDINGS(RULES_FINDING_ROW)
#undef RULES_FINDING_ROW
};

static void *grow(struct rules_check *c, void *at, size_t n, size_t *size, size_t item)
{
	if (n < *size)
		return at;
	size_t larger = *size ? 2 * *size : 16;
	void *grown = arena_calloc(c->a, larger, item);
	if (!grown) {
		c->failed = true;
		return NULL;
	}
	if (n > 0)
		memcpy(grown, at, n * item);
	*size = larger;
	return grown;
}

static bool is_told(const struct rules_check *c, const struct rules_finding *f)
{
	for (size_t i = 0; i < c->n_findings; i++) {
		const struct rules_finding *old = &c->findings[i];
		if (old->id == f->id && old->of == f->of && old->line == f->line &&
			strcmp(old->cause, f->cause) == 0)
			return true;
	}
	return false;
}

static void add(struct rules_check *c, struct rules_finding finding)
{
	finding.cause = arena_strdup(c->a, sv_of(finding.cause));
	c->failed = c->failed || !finding.cause;
	if (c->n_findings == MAX_FINDINGS || !finding.cause || is_told(c, &finding))
		return;
	struct rules_finding *all =
		grow(c, c->findings, c->n_findings, &c->findings_size, sizeof(*all));
	if (!all)
		return;
	c->findings = all;
	all[c->n_findings++] = finding;
}

void rules_check_find(struct rules_check *c, enum rules_finding_id id,
	const struct rules_verdict *of, const char *fmt, ...)
{
	char cause[MAX_CAUSE_BYTES];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(cause, sizeof(cause), fmt, args);
	va_end(args);
	add(c, (struct rules_finding){ .id = id,
		       .file = of->file->name,
		       .line = of->rule->line,
		       .rule = of->rule->title,
		       .cause = cause,
		       .of = (size_t)(of - c->rules) });
}

void rules_check_unloaded(struct rules_check *c, const char *file, struct sv message)
{
	c->n_files++;
	while (message.len > 0) {
		struct check_finding one = check_place_next(&message, file);
		const char *cause = arena_strdup(c->a, one.text);
		c->failed = c->failed || !cause;
		add(c, (struct rules_finding){ .id = RULES_FILE,
			       .file = file,
			       .line = one.line,
			       .rule = "",
			       .cause = cause ? cause : "",
			       .of = SIZE_MAX });
	}
}

struct rules_verdict *rules_check_add(
	struct rules_check *c, const struct rules_file *f, const struct rules_file_rule *r)
{
	struct rules_verdict *all = grow(c, c->rules, c->n_rules, &c->rules_size, sizeof(*all));
	if (!all)
		return NULL;
	c->rules = all;
	struct rules_verdict *v = &all[c->n_rules++];
	*v = (struct rules_verdict){ .file = f, .rule = r };
	return v;
}

size_t rules_check_count(const struct rules_check *c, enum rules_severity severity)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_findings; i++)
		n += rules_findings[c->findings[i].id].severity == severity;
	return n;
}

int rules_check_worst(const struct rules_check *c, size_t rule)
{
	int worst = 0;

	for (size_t i = 0; i < c->n_findings; i++) {
		int one = rules_findings[c->findings[i].id].severity == RULES_ERROR ? 2 : 1;
		if (c->findings[i].of == rule && one > worst)
			worst = one;
	}
	return worst;
}
