/* Merge patch is RFC 7386 (jx_merge), JSON patch is RFC 6902. Strategic merge follows the rules of Kubernetes' API conventions with the
 * merge keys of the kinds that the sandbox serves, found by the list's member name. */
#include "sandbox/patch.h"

/* Operations in one JSON patch; Kubernetes allows 10,000. */
#define MAX_OPERATIONS 10000
/* One step of a JSON pointer: member names of Kubernetes objects are at most 253 + 63 bytes. */
#define MAX_TOKEN 384

/* Lists that merge by a key, by member name: the names are unambiguous among the kinds served. HPA lists (metrics, policies) are atomic. */
static const struct merge_list {
	const char *list, *key;
} MERGE_LISTS[] = {
	{ "containers", "name" },
	{ "initContainers", "name" },
	{ "ephemeralContainers", "name" },
	{ "env", "name" },
	{ "volumes", "name" },
	{ "volumeMounts", "mountPath" },
	{ "conditions", "type" },
	{ "ownerReferences", "uid" },
	{ "imagePullSecrets", "name" },
	{ "hostAliases", "ip" },
};

bool patch_kind_of(struct sv content_type, enum patch_kind *ret)
{
	static const struct {
		const char *type;
		enum patch_kind kind;
	} KINDS[] = {
		{ "application/merge-patch+json", PATCH_MERGE },
		{ "application/strategic-merge-patch+json", PATCH_STRATEGIC },
		{ "application/json-patch+json", PATCH_JSON },
	};
	struct sv rest;
	bool found;
	struct sv type = sv_trim(sv_cut(content_type, ';', &rest, &found));

	for (size_t i = 0; i < ARRAY_LEN(KINDS); i++) {
		if (sv_is(type, KINDS[i].type)) {
			*ret = KINDS[i].kind;
			return true;
		}
	}
	return false;
}

/* The key by which this list merges, or NULL. `ports` of containers merge by containerPort, of services by port. */
static const char *merge_key(const char *list, const json_t *elements)
{
	if (strcmp(list, "ports") == 0)
		return json_object_get(json_array_get(elements, 0), "containerPort")
			       ? "containerPort"
			       : "port";
	for (size_t i = 0; i < ARRAY_LEN(MERGE_LISTS); i++) {
		if (strcmp(MERGE_LISTS[i].list, list) == 0)
			return MERGE_LISTS[i].key;
	}
	return NULL;
}

static json_t *strategic(const json_t *target, const json_t *patch);

static ssize_t index_by_key(const json_t *list, const char *key, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (json_equal(json_object_get(json_array_get(list, i), key), value))
			return (ssize_t)i;
	}
	return -1;
}

/* Sorts `list` so that elements named in `order` (objects holding the key) stand in that order, others behind. */
static json_t *in_order(json_t *list, const char *key, const json_t *order)
{
	json_t *sorted = json_array();

	for (size_t i = 0; sorted && i < json_array_size(order); i++) {
		json_t *wanted = json_object_get(json_array_get(order, i), key);
		ssize_t at = wanted ? index_by_key(list, key, wanted) : -1;
		if (at < 0)
			continue;
		(void)json_array_append(sorted, json_array_get(list, (size_t)at));
		(void)json_array_remove(list, (size_t)at);
	}
	if (sorted)
		(void)json_array_extend(sorted, list);
	json_decref(list);
	return sorted;
}

static json_t *merge_list_by_key(const json_t *target, const json_t *patch, const char *key)
{
	json_t *result = json_is_array(target) ? json_deep_copy(target) : json_array();

	for (size_t i = 0; result && i < json_array_size(patch); i++) {
		const json_t *element = json_array_get(patch, i);
		const char *directive = json_string_value(json_object_get(element, "$patch"));
		if (directive && strcmp(directive, "replace") == 0) {
			(void)json_array_clear(result);
			continue;
		}
		ssize_t at = index_by_key(result, key, json_object_get(element, key));
		if (directive && strcmp(directive, "delete") == 0) {
			if (at >= 0)
				(void)json_array_remove(result, (size_t)at);
			continue;
		}
		json_t *merged =
			strategic(at >= 0 ? json_array_get(result, (size_t)at) : NULL, element);
		if (at >= 0)
			(void)json_array_set_new(result, (size_t)at, merged);
		else
			(void)json_array_append_new(result, merged);
	}
	return result;
}

static void delete_primitives(json_t *list, const json_t *gone)
{
	for (size_t i = 0; i < json_array_size(gone); i++) {
		for (size_t k = json_array_size(list); k-- > 0;) {
			if (json_equal(json_array_get(list, k), json_array_get(gone, i)))
				(void)json_array_remove(list, k);
		}
	}
}

/* $retainKeys: only the members named stay. */
static void retain_keys(json_t *object, const json_t *keys)
{
	const char *key;
	json_t *value;
	void *tmp;

	if (!json_is_array(keys))
		return;
	json_object_foreach_safe(object, tmp, key, value)
	{
		bool kept = false;
		for (size_t i = 0; i < json_array_size(keys) && !kept; i++) {
			const char *name = json_string_value(json_array_get(keys, i));
			kept = name && strcmp(name, key) == 0;
		}
		if (!kept)
			(void)json_object_del(object, key);
	}
}

#define ORDER_DIRECTIVE "$setElementOrder/"
#define DELETE_DIRECTIVE "$deleteFromPrimitiveList/"

/* The second round of a merge: directives that speak about members which are merged by now. */
static void apply_directives(json_t *result, const json_t *patch)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)patch, key, value)
	{
		if (strncmp(key, DELETE_DIRECTIVE, sizeof(DELETE_DIRECTIVE) - 1) == 0) {
			delete_primitives(
				json_object_get(result, key + sizeof(DELETE_DIRECTIVE) - 1), value);
		} else if (strncmp(key, ORDER_DIRECTIVE, sizeof(ORDER_DIRECTIVE) - 1) == 0) {
			const char *list = key + sizeof(ORDER_DIRECTIVE) - 1;
			json_t *elements = json_object_get(result, list);
			const char *by = elements ? merge_key(list, elements) : NULL;
			if (by)
				(void)json_object_set_new(
					result, list, in_order(json_incref(elements), by, value));
		}
	}
}

static void merge_member(json_t *result, const char *key, json_t *value)
{
	json_t *old = json_object_get(result, key);

	if (json_is_null(value)) {
		(void)json_object_del(result, key);
	} else if (json_is_object(value)) {
		(void)json_object_set_new(
			result, key, strategic(json_is_object(old) ? old : NULL, value));
	} else if (json_is_array(value) && merge_key(key, value) &&
		   json_is_object(json_array_get(value, 0))) {
		(void)json_object_set_new(
			result, key, merge_list_by_key(old, value, merge_key(key, value)));
	} else {
		(void)json_object_set_new(result, key, json_deep_copy(value));
	}
}

/* Depth is bounded by the parser of the patch (LIMIT_NESTING). NULL: no memory. */
static json_t *strategic(const json_t *target, const json_t *patch)
{
	const char *directive = json_string_value(json_object_get(patch, "$patch"));
	bool replace = directive && strcmp(directive, "replace") == 0;
	json_t *result = target && !replace ? json_deep_copy(target) : json_object();
	const char *key;
	json_t *value;

	if (!result || (directive && strcmp(directive, "delete") == 0))
		return result ? (json_object_clear(result), result) : NULL;
	retain_keys(result, json_object_get(patch, "$retainKeys"));
	json_object_foreach((json_t *)(uintptr_t)patch, key, value)
	{
		if (key[0] != '$')
			merge_member(result, key, value);
	}
	apply_directives(result, patch);
	return result;
}

/* RFC 6901: the parent of the place that `pointer` names, and its last token (unescaped, in `token`). */
static json_t *pointer_parent(json_t *doc, const char *pointer, char *token, size_t size)
{
	json_t *at = doc;

	if (pointer[0] != '/')
		return NULL;
	for (;;) {
		size_t n = 0;
		for (pointer++; *pointer != '\0' && *pointer != '/'; pointer++) {
			char c = *pointer;
			if (c == '~' && (pointer[1] == '0' || pointer[1] == '1'))
				c = *++pointer == '0' ? '~' : '/';
			if (n + 1 >= size)
				return NULL;
			token[n++] = c;
		}
		token[n] = '\0';
		if (*pointer == '\0')
			return at;
		int64_t index;
		if (json_is_array(at))
			at = sv_to_i64(sv_of(token), &index) && index >= 0
				     ? json_array_get(at, (size_t)index)
				     : NULL;
		else
			at = json_object_get(at, token);
		if (!at)
			return NULL;
	}
}

static json_t *member(const json_t *parent, const char *token)
{
	int64_t index;
	if (!json_is_array(parent))
		return json_object_get(parent, token);
	return sv_to_i64(sv_of(token), &index) && index >= 0 ? json_array_get(parent, (size_t)index)
							     : NULL;
}

static bool add(json_t *parent, const char *token, const json_t *value)
{
	int64_t index;

	if (!json_is_array(parent))
		return json_object_set_new(parent, token, json_deep_copy(value)) == 0;
	if (strcmp(token, "-") == 0)
		return json_array_append_new(parent, json_deep_copy(value)) == 0;
	return sv_to_i64(sv_of(token), &index) && index >= 0 &&
	       json_array_insert_new(parent, (size_t)index, json_deep_copy(value)) == 0;
}

static bool drop(json_t *parent, const char *token)
{
	int64_t index;
	if (!json_is_array(parent))
		return json_object_del(parent, token) == 0;
	return sv_to_i64(sv_of(token), &index) && index >= 0 &&
	       json_array_remove(parent, (size_t)index) == 0;
}

/* move and copy. */
static bool transfer(json_t *doc, bool move, const char *path, const char *from)
{
	char token[MAX_TOKEN], from_token[MAX_TOKEN];
	json_t *source = from ? pointer_parent(doc, from, from_token, sizeof(from_token)) : NULL;
	AUTO(jx_free) json_t *moved = source ? json_deep_copy(member(source, from_token)) : NULL;

	if (!moved || (move && !drop(source, from_token)))
		return false;
	json_t *parent = pointer_parent(doc, path, token, sizeof(token));
	return parent && add(parent, token, moved);
}

/* One operation on doc, in place. False: its path or test does not hold. */
static bool operate(
	json_t *doc, const char *op, const char *path, const char *from, const json_t *value)
{
	char token[MAX_TOKEN];
	json_t *parent = pointer_parent(doc, path, token, sizeof(token));

	if (!parent)
		return false;
	if (strcmp(op, "remove") == 0)
		return drop(parent, token);
	if (strcmp(op, "move") == 0 || strcmp(op, "copy") == 0)
		return transfer(doc, op[0] == 'm', path, from);
	if (!value)
		return false;
	if (strcmp(op, "add") == 0)
		return add(parent, token, value);
	if (strcmp(op, "replace") == 0)
		return member(parent, token) && drop(parent, token) && add(parent, token, value);
	return strcmp(op, "test") == 0 && json_equal(member(parent, token), value);
}

static enum error_kind json_patch(json_t *doc, const json_t *patch, struct error *err)
{
	if (!json_is_array(patch) || json_array_size(patch) > MAX_OPERATIONS)
		return error_set(err, ERR_INVALID,
			"a JSON patch must be a list of at most %d operations", MAX_OPERATIONS);
	for (size_t i = 0; i < json_array_size(patch); i++) {
		const json_t *operation = json_array_get(patch, i);
		const char *op = json_string_value(json_object_get(operation, "op"));
		const char *path = json_string_value(json_object_get(operation, "path"));
		const char *from = json_string_value(json_object_get(operation, "from"));
		if (!op || !path ||
			!operate(doc, op, path, from, json_object_get(operation, "value")))
			return error_set(err, ERR_INVALID,
				"operation %zu of the JSON patch (%s %s) does not apply", i,
				op ? op : "?", path ? path : "?");
	}
	return ERR_OK;
}

enum error_kind patch_apply(enum patch_kind kind, const json_t *target, const json_t *patch,
	json_t **ret, struct error *err)
{
	AUTO(jx_free) json_t *result = NULL;

	if (kind != PATCH_JSON && !json_is_object(patch))
		return error_set(err, ERR_INVALID, "the patch must be an object");
	if (kind == PATCH_MERGE)
		result = jx_merge(target, patch);
	else if (kind == PATCH_STRATEGIC)
		result = strategic(target, patch);
	else
		result = json_deep_copy(target);
	if (!result)
		return error_nomem(err);
	if (kind == PATCH_JSON && json_patch(result, patch, err) != ERR_OK)
		return err->kind;
	*ret = TAKE_PTR(result);
	return ERR_OK;
}
