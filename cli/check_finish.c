/* The run over the table of traps, once all files are in; then the findings in the order of files, each once. */
#include <stdlib.h>

#include "cli/check.h"

static int compare_findings(const void *a, const void *b)
{
	const struct check_finding *x = a, *y = b;
	int files = strcmp(x->file, y->file);

	if (files != 0)
		return files;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	if (x->rule != y->rule)
		return (int)x->rule - (int)y->rule;
	int paths = sv_cmp(x->path, y->path);
	return paths != 0 ? paths : sv_cmp(x->text, y->text);
}

/* Two autoscalers can have the same to say about one target. */
static void drop_repeated(struct check *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_findings; i++) {
		if (n == 0 || compare_findings(&c->findings[n - 1], &c->findings[i]) != 0)
			c->findings[n++] = c->findings[i];
	}
	c->n_findings = n;
}

static const struct check_workload *find_target(
	const struct check *c, const struct check_autoscaler *s)
{
	const struct hpa_ref *ref = &s->hpa.spec.target;

	for (size_t i = 0; i < c->n_workloads; i++) {
		const struct check_object *o = &c->workloads[i].object;
		/* The controller takes a kind in lower case too (spec 5.1). */
		if (sv_eq(o->name, ref->name) && sv_eq(o->ns, s->object.ns) &&
			sv_eq_nocase(o->kind, ref->kind))
			return &c->workloads[i];
	}
	return NULL;
}

enum error_kind check_finish(struct check *c, struct error *err)
{
	for (size_t i = 0; i < c->n_autoscalers; i++)
		c->autoscalers[i].target = find_target(c, &c->autoscalers[i]);
	for (size_t i = 0; i < c->n_autoscalers; i++) {
		for (size_t rule = 0; rule < CHECK_N_RULES; rule++) {
			if (check_rules[rule].trap)
				check_rules[rule].trap(c, &c->autoscalers[i]);
		}
	}
	if (c->failed)
		return arena_error(c->a, err);
	if (c->n_findings > 1)
		qsort(c->findings, c->n_findings, sizeof(*c->findings), compare_findings);
	drop_repeated(c);
	return ERR_OK;
}

size_t check_count(const struct check *c, enum check_severity severity)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_findings; i++)
		n += check_rules[c->findings[i].rule].severity == severity;
	return n;
}
