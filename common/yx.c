/* YAML text -> trees: libyaml's events in, jtree out. Aliases and merge keys are followed here: an
 * alias shares the children of its anchor, and what all values would come to when written out is
 * counted, so that neither memory nor a later walk over the tree can explode. What plain scalars
 * mean is yx_scalar.c's. Own and merged keys of a mapping take effect in the order in which they
 * stand, as in go-yaml v2: a `<<` behind an own key overrides it. */
#include "common/yx.h"

#include <yaml.h>

#include "common/limits.h"
#include "common/map.h"
#include "common/utf8.h"
#include "common/vec.h"
#include "common/yx_scalar.h"

/* Values of a file with all aliases written out. A real file of LIMIT_CONFIG_FILE_BYTES has far
 * fewer. */
#define VALUES_MAX 1000000
#define DOCUMENTS_MAX 10000
#define TAG_PREFIX "tag:yaml.org,2002:"

struct anchor {
	/* NULL while its value is being read: an alias now would contain itself. */
	struct jtree *node;
	size_t n_values; /* written out */
	unsigned height; /* containers inside */
};

struct reader {
	yaml_parser_t parser;
	struct arena *arena;
	struct sv text;
	const char *name;
	struct error *err;
	struct map anchors; /* name -> struct anchor in the arena */
	size_t n_values;    /* so far, written out */
	unsigned deepest;   /* depth reached by the value being read */
};

static enum error_kind fail_at(const struct reader *r, yaml_mark_t mark, const char *problem)
{
	return error_set(r->err, ERR_INVALID, "%s:%zu:%zu: %s", r->name, mark.line + 1,
		mark.column + 1, problem);
}

/* Puts the place before an error that has none. */
static enum error_kind locate_error(const struct reader *r, yaml_mark_t mark)
{
	return error_wrap(r->err, "%s:%zu:%zu", r->name, mark.line + 1, mark.column + 1);
}

static enum error_kind out_of_memory(const struct reader *r)
{
	return arena_error(r->arena, r->err);
}

/* Line and column, both from 0, of a byte. */
static yaml_mark_t mark_of_byte(struct sv text, size_t offset)
{
	yaml_mark_t mark = { 0 };

	for (size_t i = 0; i < offset && i < text.len; i++) {
		mark.column++;
		if (text.ptr[i] == '\n') {
			mark.line++;
			mark.column = 0;
		}
	}
	return mark;
}

static bool is_tab_at(struct sv text, yaml_mark_t mark)
{
	for (; mark.line > 0; mark.line--)
		text = sv_skip(text, sv_find(text, '\n') + 1);
	for (; mark.column > 0 && text.len > 0; mark.column--) {
		size_t len = utf8_char_len(text);
		text = sv_skip(text, len ? len : 1);
	}
	return text.len > 0 && text.ptr[0] == '\t';
}

/* libyaml's complaint as one line. */
static enum error_kind parser_error(const struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem ? p->problem : "unreadable YAML";
	yaml_mark_t mark = p->problem_mark;

	if (p->error == YAML_MEMORY_ERROR)
		return error_nomem(r->err);
	if (p->error == YAML_READER_ERROR)
		return fail_at(r, mark_of_byte(r->text, p->problem_offset), problem);
	if (strcmp(problem, "found character that cannot start any token") == 0 &&
		is_tab_at(r->text, mark))
		return fail_at(r, mark, "a tab in the indentation; use blanks");
	if (!p->context || p->context_mark.line == mark.line)
		return fail_at(r, mark, problem);
	return error_set(r->err, ERR_INVALID, "%s:%zu:%zu: %s (%s that starts in line %zu)",
		r->name, mark.line + 1, mark.column + 1, problem, p->context,
		p->context_mark.line + 1);
}

static enum error_kind next_event(struct reader *r, yaml_event_t *ret)
{
	return yaml_parser_parse(&r->parser, ret) ? ERR_OK : parser_error(r);
}

static void yaml_event_delete_auto(yaml_event_t *event)
{
	yaml_event_delete(event);
}

/* Counts values and depth against the maxima. */
static enum error_kind count(struct reader *r, yaml_mark_t mark, size_t n_values, unsigned depth)
{
	if (depth > LIMIT_NESTING) {
		(void)error_set(r->err, ERR_LIMIT, "nested deeper than %u levels", LIMIT_NESTING);
		return locate_error(r, mark);
	}
	if (n_values > VALUES_MAX - r->n_values) {
		(void)error_set(
			r->err, ERR_LIMIT, "more than %d values, aliases written out", VALUES_MAX);
		return locate_error(r, mark);
	}
	r->n_values += n_values;
	if (depth > r->deepest)
		r->deepest = depth;
	return ERR_OK;
}

static struct sv tag_of(const yaml_char_t *tag)
{
	return sv_of((const char *)tag);
}

static enum error_kind unknown_tag(const struct reader *r, yaml_mark_t mark, struct sv tag)
{
	(void)error_set(r->err, ERR_INVALID, "unknown tag '%.*s' for this value", SV_ARG(tag));
	return locate_error(r, mark);
}

/* A container `depth` deep begins. It may carry no tag, `!`, or the one that says what it is
 * anyway. */
static enum error_kind open_container(struct reader *r, yaml_mark_t mark, const yaml_char_t *tag,
	const char *own_tag, unsigned depth)
{
	if (tag && !sv_is(tag_of(tag), "!") && !sv_is(tag_of(tag), own_tag))
		return unknown_tag(r, mark, tag_of(tag));
	return count(r, mark, 1, depth);
}

static bool find_scalar_tag(struct sv tag, enum yx_scalar_tag *ret)
{
	static const struct {
		const char *name;
		enum yx_scalar_tag tag;
	} table[] = {
		{ "!", YX_SCALAR_STR },
		{ TAG_PREFIX "str", YX_SCALAR_STR },
		{ TAG_PREFIX "int", YX_SCALAR_INT },
		{ TAG_PREFIX "float", YX_SCALAR_FLOAT },
		{ TAG_PREFIX "bool", YX_SCALAR_BOOL },
		{ TAG_PREFIX "null", YX_SCALAR_NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (sv_is(tag, table[i].name)) {
			*ret = table[i].tag;
			return true;
		}
	}
	return false;
}

static enum error_kind read_scalar(
	struct reader *r, const yaml_event_t *event, unsigned depth, struct jtree *node)
{
	enum yx_scalar_tag tag = YX_SCALAR_UNTAGGED;
	enum error_kind kind = count(r, event->start_mark, 1, depth);
	struct sv text = arena_sv(r->arena,
		sv_from((const char *)event->data.scalar.value, event->data.scalar.length));

	if (kind)
		return kind;
	if (!text.ptr)
		return out_of_memory(r);
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	if (event->data.scalar.tag) {
		if (!find_scalar_tag(tag_of(event->data.scalar.tag), &tag))
			return unknown_tag(r, event->start_mark, tag_of(event->data.scalar.tag));
		node->quoted = node->quoted || tag == YX_SCALAR_STR;
	} else if (node->quoted) {
		tag = YX_SCALAR_STR;
	}
	kind = yx_scalar_resolve(r->arena, text, tag, node, r->err);
	return kind ? locate_error(r, event->start_mark) : ERR_OK;
}

static enum error_kind read_alias(
	struct reader *r, const yaml_event_t *event, unsigned depth, struct jtree *node)
{
	struct sv name = sv_of((const char *)event->data.alias.anchor);
	const struct anchor *anchor = map_get(&r->anchors, name);

	if (!anchor || !anchor->node) {
		(void)error_set(r->err, ERR_INVALID,
			anchor ? "anchor '%.*s' contains itself" : "unknown anchor '%.*s'",
			SV_ARG(name));
		return locate_error(r, event->start_mark);
	}
	struct jtree place = *node;
	*node = *anchor->node;
	node->line = place.line;
	node->column = place.column;
	node->next = NULL;
	node->key = node->raw_key = SV_NULL;
	return count(r, event->start_mark, anchor->n_values, depth + anchor->height);
}

static enum error_kind read_value(
	struct reader *r, const yaml_event_t *event, unsigned depth, struct jtree **ret);

/* Siblings in the making. */
struct list {
	struct jtree *first, *last;
	size_t n;
};

static void append(struct list *list, struct jtree *node)
{
	if (list->last)
		list->last->next = node;
	else
		list->first = node;
	list->last = node;
	list->n++;
}

static void join(struct list *list, const struct list *tail)
{
	if (tail->n == 0)
		return;
	append(list, tail->first);
	list->last = tail->last;
	list->n += tail->n - 1;
}

static void adopt(struct jtree *parent, const struct list *children)
{
	parent->first = children->first;
	parent->n = children->n;
}

static enum error_kind read_sequence(
	struct reader *r, const yaml_event_t *start, unsigned depth, struct jtree *node)
{
	struct list items = { 0 };
	enum error_kind kind = open_container(
		r, start->start_mark, start->data.sequence_start.tag, TAG_PREFIX "seq", depth);

	if (kind)
		return kind;
	node->kind = JTREE_ARRAY;
	for (;;) {
		AUTO(yaml_event_delete) yaml_event_t event = { 0 };
		struct jtree *item;
		kind = next_event(r, &event);
		if (kind)
			return kind;
		if (event.type == YAML_SEQUENCE_END_EVENT)
			break;
		kind = read_value(r, &event, depth, &item);
		if (kind)
			return kind;
		append(&items, item);
	}
	adopt(node, &items);
	return ERR_OK;
}

/* A `<<` and how many own members of its mapping stand before it. */
struct merge {
	const struct jtree *value;
	size_t n_before;
	struct merge *next;
};

struct members {
	struct list own;
	struct merge *first_merge, *last_merge;
};

static enum error_kind add_merge(
	struct reader *r, struct members *members, const struct jtree *value)
{
	struct merge *merge = ARENA_NEW(r->arena, struct merge);

	if (!merge)
		return out_of_memory(r);
	*merge = (struct merge){ .value = value, .n_before = members->own.n };
	if (members->last_merge)
		members->last_merge->next = merge;
	else
		members->first_merge = merge;
	members->last_merge = merge;
	return ERR_OK;
}

/* Copies of the members of one merged mapping. */
static enum error_kind copy_members(struct reader *r, const struct jtree *from, struct list *ret)
{
	if (from->kind != JTREE_OBJECT) {
		return error_set(r->err, ERR_INVALID,
			"%s:%u:%u: << takes a mapping or a list of mappings, not %s", r->name,
			from->line, from->column, jtree_kind_name(from->kind));
	}
	JTREE_FOREACH (member, from) {
		struct jtree *copy = ARENA_NEW(r->arena, struct jtree);
		if (!copy)
			return out_of_memory(r);
		*copy = *member;
		copy->next = NULL;
		append(ret, copy);
	}
	return ERR_OK;
}

/* What one `<<` brings. Of a list of mappings the first that has a key counts, so it goes last. */
static enum error_kind copy_merged(struct reader *r, const struct jtree *value, struct list *ret)
{
	if (value->kind != JTREE_ARRAY)
		return copy_members(r, value, ret);
	JTREE_FOREACH (mapping, value) {
		struct list copies = { 0 };
		enum error_kind kind = copy_members(r, mapping, &copies);
		if (kind)
			return kind;
		join(&copies, ret);
		*ret = copies;
	}
	return ERR_OK;
}

/* Puts the merged members where each `<<` stood; of equal keys the last one counts. */
static enum error_kind merge_all(
	struct reader *r, struct jtree *node, const struct members *members)
{
	struct list all = { 0 };
	struct jtree *own = members->own.first;
	size_t n_own = 0;

	for (const struct merge *merge = members->first_merge; own || merge;) {
		if (merge && merge->n_before == n_own) {
			struct list copies = { 0 };
			enum error_kind kind = copy_merged(r, merge->value, &copies);
			if (kind)
				return kind;
			join(&all, &copies);
			merge = merge->next;
		} else {
			struct jtree *next = own->next;
			own->next = NULL;
			append(&all, own);
			own = next;
			n_own++;
		}
	}
	adopt(node, &all);
	return jtree_drop_duplicates(r->arena, node, true) ? ERR_OK : out_of_memory(r);
}

static bool is_merge_key(const yaml_event_t *event)
{
	if (event->type != YAML_SCALAR_EVENT ||
		!sv_eq(sv_from((const char *)event->data.scalar.value, event->data.scalar.length),
			SV("<<")))
		return false;
	const yaml_char_t *tag = event->data.scalar.tag;
	return tag ? sv_is(tag_of(tag), TAG_PREFIX "merge")
		   : event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* One `key: value` behind its first event. */
static enum error_kind read_member(
	struct reader *r, const yaml_event_t *key_event, unsigned depth, struct members *members)
{
	AUTO(yaml_event_delete) yaml_event_t event = { 0 };
	bool is_merge = is_merge_key(key_event);
	struct jtree *key = NULL, *value = NULL;
	struct sv name = SV_NULL;
	enum error_kind kind = ERR_OK;

	if (!is_merge) {
		kind = read_value(r, key_event, depth, &key);
		if (!kind && yx_scalar_key(key, &name, r->err))
			kind = locate_error(r, key_event->start_mark);
	}
	if (kind || (kind = next_event(r, &event)) || (kind = read_value(r, &event, depth, &value)))
		return kind;
	if (is_merge)
		return add_merge(r, members, value);
	value->key = name;
	value->raw_key = key->raw;
	value->key_line = key->line;
	value->key_column = key->column;
	append(&members->own, value);
	return ERR_OK;
}

static enum error_kind read_mapping(
	struct reader *r, const yaml_event_t *start, unsigned depth, struct jtree *node)
{
	struct members members = { 0 };
	const struct jtree *duplicate;
	enum error_kind kind = open_container(
		r, start->start_mark, start->data.mapping_start.tag, TAG_PREFIX "map", depth);

	if (kind)
		return kind;
	node->kind = JTREE_OBJECT;
	for (;;) {
		AUTO(yaml_event_delete) yaml_event_t event = { 0 };
		kind = next_event(r, &event);
		if (kind)
			return kind;
		if (event.type == YAML_MAPPING_END_EVENT)
			break;
		kind = read_member(r, &event, depth, &members);
		if (kind)
			return kind;
	}
	adopt(node, &members.own);
	if (!jtree_find_duplicate(r->arena, node, &duplicate))
		return out_of_memory(r);
	if (duplicate) {
		return error_set(r->err, ERR_INVALID, "%s:%u:%u: key \"%.*s\" is there twice",
			r->name, duplicate->key_line, duplicate->key_column,
			SV_ARG(duplicate->key));
	}
	return members.first_merge ? merge_all(r, node, &members) : ERR_OK;
}

static enum error_kind read_kind(
	struct reader *r, const yaml_event_t *event, unsigned depth, struct jtree *node)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(r, event, depth, node);
	case YAML_SEQUENCE_START_EVENT:
		return read_sequence(r, event, depth + 1, node);
	case YAML_MAPPING_START_EVENT:
		return read_mapping(r, event, depth + 1, node);
	case YAML_ALIAS_EVENT:
		return read_alias(r, event, depth, node);
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		break;
	}
	return error_set(
		r->err, ERR_BUG, "%s: unexpected YAML event %d", r->name, (int)event->type);
}

static const yaml_char_t *anchor_of(const yaml_event_t *event)
{
	if (event->type == YAML_SCALAR_EVENT)
		return event->data.scalar.anchor;
	if (event->type == YAML_SEQUENCE_START_EVENT)
		return event->data.sequence_start.anchor;
	return event->type == YAML_MAPPING_START_EVENT ? event->data.mapping_start.anchor : NULL;
}

/* The value that starts with the event, `depth` containers deep. Recursion is bounded by
 * LIMIT_NESTING. */
static enum error_kind read_value(
	struct reader *r, const yaml_event_t *event, unsigned depth, struct jtree **ret)
{
	struct jtree *node = ARENA_NEW(r->arena, struct jtree);
	const yaml_char_t *name = anchor_of(event);
	struct anchor *anchor = NULL;
	unsigned deepest_before = r->deepest;
	size_t n_before = r->n_values;
	enum error_kind kind;

	if (!node)
		return out_of_memory(r);
	node->line = (uint32_t)event->start_mark.line + 1;
	node->column = (uint32_t)event->start_mark.column + 1;
	if (name) {
		anchor = ARENA_NEW(r->arena, struct anchor);
		if (!anchor)
			return out_of_memory(r);
		kind = map_set(&r->anchors, tag_of(name), anchor, NULL, r->err);
		if (kind)
			return kind;
		r->deepest = depth;
	}
	kind = read_kind(r, event, depth, node);
	if (kind)
		return kind;
	if (anchor) {
		anchor->node = node;
		anchor->n_values = r->n_values - n_before;
		anchor->height = r->deepest - depth;
		if (r->deepest < deepest_before)
			r->deepest = deepest_before;
	}
	*ret = node;
	return ERR_OK;
}

struct documents {
	VEC(struct jtree *) roots;
};

static bool is_empty_document(const yaml_event_t *event)
{
	return event->type == YAML_SCALAR_EVENT && event->data.scalar.length == 0 &&
	       !event->data.scalar.tag && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* Behind DOCUMENT-START. */
static enum error_kind read_document(struct reader *r, struct documents *documents)
{
	AUTO(yaml_event_delete) yaml_event_t event = { 0 };
	struct jtree *root;
	enum error_kind kind = next_event(r, &event);

	if (kind || is_empty_document(&event))
		return kind;
	r->deepest = 0;
	map_done(&r->anchors, NULL);
	kind = read_value(r, &event, 0, &root);
	if (kind)
		return kind;
	if (documents->roots.n == DOCUMENTS_MAX)
		return error_set(
			r->err, ERR_LIMIT, "%s: more than %d documents", r->name, DOCUMENTS_MAX);
	struct jtree **slot = VEC_PUSH(&documents->roots, DOCUMENTS_MAX);
	if (!slot)
		return error_nomem(r->err);
	*slot = root;
	return ERR_OK;
}

static enum error_kind read_stream(struct reader *r, struct documents *documents)
{
	for (;;) {
		AUTO(yaml_event_delete) yaml_event_t event = { 0 };
		enum error_kind kind = next_event(r, &event);
		if (kind || event.type == YAML_STREAM_END_EVENT)
			return kind;
		if (event.type == YAML_DOCUMENT_START_EVENT)
			kind = read_document(r, documents);
		if (kind)
			return kind;
	}
}

static enum error_kind hand_over(
	struct reader *r, const struct documents *documents, struct jtree ***ret, size_t *ret_n)
{
	struct jtree **roots = ARENA_ARRAY(r->arena, documents->roots.n, struct jtree *);

	if (!roots)
		return out_of_memory(r);
	if (documents->roots.n > 0)
		memcpy(roots, documents->roots.at, documents->roots.n * sizeof(*roots));
	*ret = roots;
	*ret_n = documents->roots.n;
	return ERR_OK;
}

enum error_kind yx_parse(struct arena *a, struct sv text, const char *name, struct jtree ***ret,
	size_t *ret_n, struct error *err)
{
	struct reader r = { .arena = a, .text = text, .name = name, .err = err };
	struct documents documents = { 0 };

	if (!yaml_parser_initialize(&r.parser))
		return error_nomem(err);
	yaml_parser_set_input_string(
		&r.parser, (const unsigned char *)(text.ptr ? text.ptr : ""), text.len);
	map_init(&r.anchors, VALUES_MAX);
	enum error_kind kind = read_stream(&r, &documents);
	if (!kind)
		kind = hand_over(&r, &documents, ret, ret_n);
	VEC_DONE(&documents.roots);
	map_done(&r.anchors, NULL);
	yaml_parser_delete(&r.parser);
	return kind;
}
