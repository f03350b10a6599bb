/* JSON text -> the newest owner of one field. Entries that do not look as expected are passed over: this is evidence, not input. */
#include "kube/managed_fields.h"

#include "common/jscan.h"

/* A manager name with escapes in it, decoded. */
#define NAME_ARENA_BYTES 65536u

/* Behind the { of an object: goes to the value of `key` and gives its first token; JSCAN_CLOSE when there is none. */
static enum jscan_token find_member(struct jscan *s, struct sv key)
{
	enum jscan_token token;

	while ((token = jscan_next(s)) == JSCAN_KEY) {
		bool found = jscan_is(s, key);
		token = jscan_next(s);
		if (found)
			return token;
		if (!jscan_skip(s, token))
			return JSCAN_ERROR;
	}
	return token;
}

/* Behind the { of fieldsV1 or below: whether the path is there. Reads to the matching }. */
static bool owns(struct jscan *s, const char *const *path)
{
	enum jscan_token token;
	bool found = false;

	while ((token = jscan_next(s)) == JSCAN_KEY) {
		bool on_path = jscan_is(s, sv_of(path[0]));
		token = jscan_next(s);
		if (on_path && !path[1])
			found = true;
		if (on_path && path[1] && token == JSCAN_OBJECT)
			found = owns(s, path + 1) || found;
		else if (!jscan_skip(s, token))
			return false;
	}
	return found;
}

/* The text of the last string; false: longer than the place for it. */
static bool copy(const struct jscan *s, char *ret, size_t size)
{
	AUTO(arena_done) struct arena a = { 0 };

	arena_init(&a, NAME_ARENA_BYTES);
	struct sv text = jscan_string(s, &a);
	if (!text.ptr || text.len >= size)
		return false;
	memcpy(ret, text.ptr, text.len);
	ret[text.len] = '\0';
	return true;
}

static bool read_text(const struct jscan *s, struct sv key, struct managed_fields_writer *ret)
{
	struct error ignored;

	if (sv_is(key, "manager"))
		return copy(s, ret->manager, sizeof(ret->manager));
	if (sv_is(key, "operation"))
		return copy(s, ret->operation, sizeof(ret->operation));
	if (sv_is(key, "subresource"))
		return copy(s, ret->subresource, sizeof(ret->subresource));
	if (sv_is(key, "time"))
		return instant_wall_parse(s->text, &ret->time, &ignored) == ERR_OK;
	return true;
}

/* Behind the { of one entry; reads to its }. False: it does not own the field, or is malformed. */
static bool read_entry(struct jscan *s, const char *const *path, struct managed_fields_writer *ret)
{
	enum jscan_token token;
	bool found = false, good = true;

	*ret = (struct managed_fields_writer){ .time = WALL_ZERO };
	while ((token = jscan_next(s)) == JSCAN_KEY) {
		struct sv key = s->text;
		token = jscan_next(s);
		if (token == JSCAN_STRING)
			good = read_text(s, key, ret) && good;
		else if (token == JSCAN_OBJECT && sv_is(key, "fieldsV1"))
			found = owns(s, path) || found;
		else if (!jscan_skip(s, token))
			return false;
	}
	return found && good;
}

bool managed_fields_newest(
	struct sv json, const struct managed_fields_query *query, struct managed_fields_writer *ret)
{
	struct managed_fields_writer one;
	struct jscan s;
	bool any = false;

	jscan_init(&s, json);
	if (jscan_next(&s) != JSCAN_OBJECT || find_member(&s, SV("metadata")) != JSCAN_OBJECT ||
		find_member(&s, SV("managedFields")) != JSCAN_ARRAY)
		return false;
	while (jscan_next(&s) == JSCAN_OBJECT) {
		if (!read_entry(&s, query->path, &one))
			continue;
		if (query->except && strcmp(one.manager, query->except) == 0)
			continue;
		if (!any || instant_wall_cmp(one.time, ret->time) >= 0)
			*ret = one;
		any = true;
	}
	return any;
}
