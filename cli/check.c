/* Findings, and the run over the table of traps. */
#include "cli/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/check_parts.h"

/* A person reads findings; nobody reads more. */
#define MAX_FINDINGS 10000
#define MAX_TEXT_BYTES 1500
#define MAX_PATH_BYTES 4096

void *check_grow(struct check *c, void *at, size_t n, size_t *size, size_t item_size)
{
	if (n < *size)
		return at;
	size_t larger = *size ? 2 * *size : 16;
	void *grown = arena_calloc(c->a, larger, item_size);
	if (!grown) {
		c->failed = true;
		return NULL;
	}
	if (n > 0)
		memcpy(grown, at, n * item_size);
	*size = larger;
	return grown;
}

void check_find_at(struct check *c, const struct check_finding *finding)
{
	if (c->n_findings == MAX_FINDINGS)
		return;
	struct check_finding *all =
		check_grow(c, c->findings, c->n_findings, &c->findings_size, sizeof(*c->findings));
	if (!all)
		return;
	c->findings = all;
	struct check_finding *added = &all[c->n_findings++];
	*added = *finding;
	added->path = arena_sv(c->a, finding->path);
	added->text = arena_sv(c->a, finding->text);
	c->failed = c->failed || !added->path.ptr || !added->text.ptr;
}

static void find_there(struct check *c, enum check_rule_id rule, const struct check_object *object,
	const struct jtree *node, struct sv path, const char *text)
{
	bool keyed = node->key_line > 0;
	const struct check_finding finding = { .rule = rule,
		.file = object->file,
		.line = keyed ? node->key_line : node->line,
		.column = keyed ? node->key_column : node->column,
		.object = object->title,
		.path = path,
		.text = sv_of(text) };

	check_find_at(c, &finding);
}

void check_find(struct check *c, enum check_rule_id rule, const struct check_object *object,
	const char *path, const char *fmt, ...)
{
	char text[MAX_TEXT_BYTES];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	find_there(c, rule, object, manifest_locate(object->tree, sv_of(path)), sv_of(path), text);
}

/* Prints the path from the tree's root to the node; false: the node is not below. */
static bool print_way(struct buf *out, const struct codec_path *path, const struct jtree *t,
	const struct jtree *node)
{
	size_t i = 0;

	if (t == node)
		codec_path_print(out, path);
	JTREE_FOREACH (child, t == node ? NULL : t) {
		struct codec_path at = { .up = path, .index = i++ };
		if (t->kind == JTREE_OBJECT)
			at.member = child->key;
		if (print_way(out, &at, child, node))
			return true;
	}
	return t == node;
}

void check_find_node(struct check *c, enum check_rule_id rule, const struct check_object *object,
	const struct jtree *node, const char *fmt, ...)
{
	AUTO(buf_done) struct buf path = { 0 };
	char text[MAX_TEXT_BYTES];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	buf_init(&path, MAX_PATH_BYTES);
	(void)print_way(&path, NULL, object->tree, node);
	c->failed = c->failed || path.failed == ERR_NOMEM;
	find_there(c, rule, object, node, buf_sv(&path), text);
}

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
