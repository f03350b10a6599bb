/* Sets of fields are JSON objects as in fieldsV1: {"f:spec":{"f:replicas":{}}}; an empty object is a field that is owned. Memory running out shows as NULL
 * sets, which jansson passes on, and is found at the end, where the list of entries is missing. */
#include "sandbox/ownership.h"

#include <stdio.h>

/* A member name with "f:" before it. */
#define MAX_NAME 512
#define MAX_PATH_BYTES 2048

/* Fields of every object that nobody owns. */
static bool is_servers(const char *path)
{
	static const char *const PATHS[] = { ".apiVersion", ".kind", ".metadata.name",
		".metadata.namespace", ".metadata.uid", ".metadata.resourceVersion",
		".metadata.generation", ".metadata.creationTimestamp", ".metadata.managedFields",
		".metadata.selfLink" };

	for (size_t i = 0; i < ARRAY_LEN(PATHS); i++) {
		if (strcmp(path, PATHS[i]) == 0)
			return true;
	}
	return false;
}

static bool has_members(const json_t *value)
{
	return json_is_object(value) && json_object_size(value) > 0;
}

static const char *field_name(const char *key, char room[MAX_NAME])
{
	(void)snprintf(room, MAX_NAME, "f:%s", key);
	return room;
}

/* Fields of `after` that `before` does not have with the same value; before NULL: all. */
static json_t *changed(const json_t *after, const json_t *before, const char *path)
{
	json_t *set = json_object();
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)after, key, value)
	{
		char at[MAX_PATH_BYTES], name[MAX_NAME];
		const json_t *old = json_object_get(before, key);
		(void)snprintf(at, sizeof(at), "%s.%s", path, key);
		bool bare = strcmp(at, ".metadata") == 0 && !has_members(value);
		if (bare || is_servers(at) || (old && json_equal(value, old)))
			continue;
		if (!has_members(value)) {
			(void)json_object_set_new(set, field_name(key, name), json_object());
			continue;
		}
		json_t *below = changed(value, old, at);
		if (has_members(below))
			(void)json_object_set_new(set, field_name(key, name), below);
		else
			json_decref(below);
	}
	return set;
}

/* set without what is in `other`. */
static void subtract(json_t *set, const json_t *other)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe(set, next, key, value)
	{
		const json_t *gone = json_object_get(other, key);
		if (!gone)
			continue;
		if (has_members(value) && has_members(gone))
			subtract(value, gone);
		if (!has_members(value) || !has_members(gone))
			(void)json_object_del(set, key);
	}
}

/* set without what the document no longer has. */
static void keep_present(json_t *set, const json_t *doc)
{
	const char *key;
	json_t *below;
	void *next;

	json_object_foreach_safe(set, next, key, below)
	{
		json_t *value = json_object_get(doc, key + 2);
		bool owned_whole = !has_members(below);
		if (value && !owned_whole)
			keep_present(below, value);
		if (!value || (!owned_whole && !has_members(below)))
			(void)json_object_del(set, key);
	}
}

static void unite(json_t *set, const json_t *more)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)more, key, value)
	{
		json_t *present = json_object_get(set, key);
		if (has_members(present) && has_members(value))
			unite(present, value);
		else if (!has_members(present))
			(void)json_object_set_new(set, key, json_deep_copy(value));
	}
}

static const char *text_of(const json_t *entry, const char *key)
{
	const char *text = json_string_value(json_object_get(entry, key));
	return text ? text : "";
}

static bool is_entry_of(
	const json_t *entry, const struct ownership_writer *w, const char *operation)
{
	return strcmp(text_of(entry, "manager"), w->manager) == 0 &&
	       strcmp(text_of(entry, "operation"), operation) == 0 &&
	       strcmp(text_of(entry, "subresource"), w->subresource) == 0;
}

/* A copy of the object's list; an empty one where there is none. */
static json_t *entries_of(const json_t *doc)
{
	const json_t *list = json_object_get(json_object_get(doc, "metadata"), "managedFields");
	return json_is_array(list) ? json_deep_copy(list) : json_array();
}

static json_t *find_entry(json_t *entries, const struct ownership_writer *w, const char *operation)
{
	size_t i;
	json_t *entry;

	json_array_foreach(entries, i, entry)
	{
		if (is_entry_of(entry, w, operation))
			return entry;
	}
	return NULL;
}

static json_t *new_entry(const struct ownership_writer *w, const char *operation)
{
	json_t *entry = json_pack("{s:s,s:s,s:s,s:s,s:{}}", "manager", w->manager, "operation",
		operation, "apiVersion", w->api_version, "fieldsType", "FieldsV1", "fieldsV1");

	if (w->subresource[0] != '\0')
		(void)json_object_set_new(entry, "subresource", json_string(w->subresource));
	return entry;
}

static void set_time(json_t *entry, struct wall now)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, 64);
	instant_wall_print(&text, now);
	(void)json_object_set_new(entry, "time", json_string(buf_text(&text)));
}

/* Drops entries that own nothing any more, and puts the list into the document. */
static enum error_kind put_entries(json_t *doc, json_t *entries, struct error *err)
{
	json_t *metadata = json_object_get(doc, "metadata");

	for (size_t i = json_array_size(entries); i-- > 0;) {
		json_t *fields = json_object_get(json_array_get(entries, i), "fieldsV1");
		keep_present(fields, doc);
		if (!has_members(fields))
			(void)json_array_remove(entries, i);
	}
	if (json_array_size(entries) == 0) {
		(void)json_object_del(metadata, "managedFields");
		return ERR_OK;
	}
	return json_object_set(metadata, "managedFields", entries) == 0 ? ERR_OK : error_nomem(err);
}

static void take_from_others(json_t *entries, const json_t *mine, const json_t *set)
{
	size_t i;
	json_t *entry;

	json_array_foreach(entries, i, entry)
	{
		if (entry != mine)
			subtract(json_object_get(entry, "fieldsV1"), set);
	}
}

enum error_kind ownership_update(
	json_t *doc, const json_t *before, const struct ownership_writer *writer, struct error *err)
{
	AUTO(jx_free) json_t *entries = entries_of(before);
	AUTO(jx_free) json_t *set = changed(doc, before, "");

	if (!entries || !set)
		return error_nomem(err);
	if (has_members(set)) {
		json_t *mine = find_entry(entries, writer, "Update");
		if (!mine) {
			mine = new_entry(writer, "Update");
			if (json_array_append_new(entries, mine) != 0)
				return error_nomem(err);
		}
		take_from_others(entries, mine, set);
		unite(json_object_get(mine, "fieldsV1"), set);
		set_time(mine, writer->now);
	}
	return put_entries(doc, entries, err);
}

/* Removes from the document the fields of the set. */
static void remove_fields(json_t *doc, const json_t *set)
{
	const char *key;
	json_t *below;

	json_object_foreach((json_t *)(uintptr_t)set, key, below)
	{
		json_t *value = json_object_get(doc, key + 2);
		if (has_members(below) && json_is_object(value))
			remove_fields(value, below);
		if (!has_members(below) || (value && json_is_object(value) && !has_members(value)))
			(void)json_object_del(doc, key + 2);
	}
}

/* The first field of both sets, as ".spec.replicas"; false: there is none. */
static bool first_common(const json_t *a, const json_t *b, char *path, size_t size)
{
	size_t len = strlen(path);
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)a, key, value)
	{
		const json_t *other = json_object_get(b, key);
		if (!other)
			continue;
		(void)snprintf(path + len, size - len, ".%s", key + 2);
		if (!has_members(value) || !has_members(other) ||
			first_common(value, other, path, size))
			return true;
		path[len] = '\0';
	}
	return false;
}

static enum error_kind find_conflict(
	const json_t *entries, const json_t *mine, const json_t *wanted, struct error *err)
{
	char path[MAX_PATH_BYTES] = "";
	size_t i;
	json_t *entry;

	json_array_foreach((json_t *)(uintptr_t)entries, i, entry)
	{
		if (entry != mine && first_common(wanted, json_object_get(entry, "fieldsV1"), path,
					     sizeof(path)))
			return error_set(err, ERR_CONFLICT,
				"Apply failed with 1 conflict: conflict with \"%s\" using %s: %s",
				text_of(entry, "manager"), text_of(entry, "apiVersion"), path);
	}
	return ERR_OK;
}

/* What the manager applied before, names no longer, and nobody else owns. */
static json_t *given_up(const json_t *entries, const json_t *mine, const json_t *set)
{
	json_t *fields = json_deep_copy(json_object_get(mine, "fieldsV1"));
	size_t i;
	json_t *entry;

	subtract(fields, set);
	json_array_foreach((json_t *)(uintptr_t)entries, i, entry)
	{
		if (entry != mine)
			subtract(fields, json_object_get(entry, "fieldsV1"));
	}
	return fields;
}

enum error_kind ownership_apply(const json_t *stored, const json_t *applied,
	const struct ownership_writer *writer, bool force, json_t **ret, struct error *err)
{
	AUTO(jx_free) json_t *entries = entries_of(stored);
	AUTO(jx_free) json_t *set = changed(applied, NULL, "");
	AUTO(jx_free) json_t *differs = changed(applied, stored, "");
	AUTO(jx_free) json_t *doc = jx_merge(stored, applied);

	if (!entries || !set || !differs || !doc)
		return error_nomem(err);
	json_t *mine = find_entry(entries, writer, "Apply");
	if (!force && find_conflict(entries, mine, differs, err) != ERR_OK)
		return err->kind;
	bool is_new = !mine;
	if (is_new && json_array_append_new(entries, mine = new_entry(writer, "Apply")) != 0)
		return error_nomem(err);
	AUTO(jx_free) json_t *gone = given_up(entries, mine, set);
	remove_fields(doc, gone);
	take_from_others(entries, mine, differs);
	bool moved = is_new || has_members(differs) ||
		     !json_equal(json_object_get(mine, "fieldsV1"), set);
	if (json_object_set(mine, "fieldsV1", set) != 0)
		return error_nomem(err);
	if (moved)
		set_time(mine, writer->now);
	if (put_entries(doc, entries, err) != ERR_OK)
		return err->kind;
	*ret = TAKE_PTR(doc);
	return ERR_OK;
}
