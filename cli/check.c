/* Findings as they come: each with its place, in room that grows. */
#include "cli/check.h"

#include <stdarg.h>
#include <stdio.h>

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
