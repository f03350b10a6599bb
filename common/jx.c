/* jansson behind our error, memory and number rules. Text in, mutable document out, and back.
 * jansson is asked only after our own scanner has accepted the text, so grammar, nesting and
 * positions are the same as everywhere else; and it cannot tell "out of memory" from "bad input",
 * so the allocator is asked instead. */
#include "common/jx.h"

#include "common/f64.h"
#include "common/jscan.h"
#include "common/jw.h"

void jx_init(void)
{
	json_set_alloc_funcs(mem_alloc, mem_free);
	json_object_seed(0); /* a random one */
}

enum error_kind jx_parse(struct sv text, json_t **ret, struct error *err)
{
	struct jscan scan;
	json_error_t problem = { 0 };

	jscan_init(&scan, text);
	if (!jscan_skip(&scan, jscan_next(&scan)) || jscan_next(&scan) != JSCAN_END)
		return jscan_error(&scan, err);

	unsigned long n_failures = mem_n_failures();
	json_t *document =
		json_loadb(text.ptr, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &problem);
	if (document) {
		*ret = document;
		return ERR_OK;
	}
	if (mem_n_failures() != n_failures)
		return error_nomem(err);
	return error_set(err, ERR_INVALID, "line %d, column %d: %s", problem.line, problem.column,
		problem.text);
}

/* Recursion is as deep as the document, which came through a parser that enforces LIMIT_NESTING. */
static void print_value(struct jw *w, const json_t *j)
{
	/* jansson's iterators want a mutable document, though they do not change it. */
	json_t *object = (json_t *)(uintptr_t)j;

	switch (json_typeof(j)) {
	case JSON_OBJECT:
		jw_object(w);
		for (void *at = json_object_iter(object); at;
			at = json_object_iter_next(object, at)) {
			jw_key(w, json_object_iter_key(at));
			print_value(w, json_object_iter_value(at));
		}
		jw_object_end(w);
		break;
	case JSON_ARRAY:
		jw_array(w);
		for (size_t i = 0; i < json_array_size(j); i++)
			print_value(w, json_array_get(j, i));
		jw_array_end(w);
		break;
	case JSON_STRING:
		jw_sv(w, sv_from(json_string_value(j), json_string_length(j)));
		break;
	case JSON_INTEGER:
		jw_i64(w, json_integer_value(j));
		break;
	case JSON_REAL:
		jw_f64(w, json_real_value(j));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		jw_bool(w, json_is_true(j));
		break;
	case JSON_NULL:
		jw_null(w);
		break;
	}
}

void jx_print(struct buf *out, const json_t *j)
{
	struct jw w;

	jw_init(&w, out);
	if (j)
		print_value(&w, j);
	else
		jw_null(&w);
}

/* NULL from a constructor means no memory. */
static enum error_kind made(json_t *j, json_t **ret, struct error *err)
{
	if (!j)
		return error_nomem(err);
	*ret = j;
	return ERR_OK;
}

static enum error_kind number_of(const struct jtree *t, json_t **ret, struct error *err)
{
	int64_t whole;
	double value;

	if (jtree_i64(t, &whole))
		return made(json_integer(whole), ret, err);
	if (f64_parse(t->text, &value) != F64_OK)
		return error_set(err, ERR_INVALID, "line %u, column %u: number %.*s is too large",
			t->line, t->column, SV_ARG(t->text));
	return made(json_real(value), ret, err);
}

static enum error_kind add_member(json_t *object, const struct jtree *t, struct error *err)
{
	json_t *value;

	if (sv_find(t->key, '\0') < t->key.len)
		return error_set(err, ERR_INVALID, "line %u, column %u: NUL in a member name",
			t->key_line, t->key_column);
	enum error_kind kind = jx_from_tree(t, &value, err);
	if (kind)
		return kind;
	AUTO(mem_free_str) char *key = mem_memdup(t->key.ptr, t->key.len);
	if (!key) {
		json_decref(value);
		return error_nomem(err);
	}
	return json_object_set_new(object, key, value) ? error_nomem(err) : ERR_OK;
}

static enum error_kind container_of(const struct jtree *t, json_t **ret, struct error *err)
{
	bool is_object = t->kind == JTREE_OBJECT;
	AUTO(jx_free) json_t *container = is_object ? json_object() : json_array();

	if (!container)
		return error_nomem(err);
	JTREE_FOREACH (child, t) {
		json_t *item;
		enum error_kind kind = is_object ? add_member(container, child, err)
						 : jx_from_tree(child, &item, err);
		if (!kind && !is_object && json_array_append_new(container, item))
			kind = error_nomem(err);
		if (kind)
			return kind;
	}
	*ret = TAKE_PTR(container);
	return ERR_OK;
}

enum error_kind jx_from_tree(const struct jtree *t, json_t **ret, struct error *err)
{
	switch (t ? t->kind : JTREE_NULL) {
	case JTREE_NULL:
		return made(json_null(), ret, err);
	case JTREE_BOOL:
		return made(json_boolean(t->truth), ret, err);
	case JTREE_NUMBER:
		return number_of(t, ret, err);
	case JTREE_STRING:
		return made(json_stringn(t->text.ptr, t->text.len), ret, err);
	case JTREE_ARRAY:
	case JTREE_OBJECT:
		return container_of(t, ret, err);
	}
	return error_set(err, ERR_BUG, "a tree node of unknown kind");
}

json_t *jx_at(const json_t *j, const char *path)
{
	json_t *at = (json_t *)(uintptr_t)j;

	/* Names are compared piece by piece because jansson 2.13 cannot look up a key that does not
	 * end in NUL. */
	for (struct sv rest = sv_of(path); at && rest.len > 0;) {
		bool more;
		struct sv name = sv_cut(rest, '.', &rest, &more);
		void *member = json_object_iter(at);
		while (member && !sv_is(name, json_object_iter_key(member)))
			member = json_object_iter_next(at, member);
		at = member ? json_object_iter_value(member) : NULL;
	}
	return at;
}

const char *jx_text_at(const json_t *j, const char *path)
{
	return json_string_value(jx_at(j, path));
}

static bool set_merged(json_t *result, const char *key, const json_t *target, const json_t *patch)
{
	json_t *value = jx_merge(target, patch);

	return value && json_object_set_new(result, key, value) == 0;
}

json_t *jx_merge(const json_t *target, const json_t *patch)
{
	json_t *old = (json_t *)(uintptr_t)target;
	json_t *changes = (json_t *)(uintptr_t)patch;
	const char *key;
	json_t *value;

	if (!json_is_object(patch))
		return json_deep_copy(patch);
	if (!json_is_object(target))
		old = NULL;
	AUTO(jx_free) json_t *result = json_object();
	if (!result)
		return NULL;
	json_object_foreach(old, key, value)
	{
		const json_t *change = json_object_get(changes, key);
		if (json_is_null(change))
			continue;
		if (change ? !set_merged(result, key, value, change)
			   : json_object_set_new(result, key, json_deep_copy(value)) != 0)
			return NULL;
	}
	json_object_foreach(changes, key, value)
	{
		if (json_is_null(value) || json_object_get(old, key))
			continue;
		if (!set_merged(result, key, NULL, value))
			return NULL;
	}
	return TAKE_PTR(result);
}
