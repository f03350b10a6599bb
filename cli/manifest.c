/* Text -> documents -> objects. Pure. */
#include "cli/manifest.h"

#include "common/yx.h"

/* Objects of one command line. */
#define MAX_DOCUMENTS 100000

static enum error_kind add(struct arena *a, struct manifest *m,
	const struct manifest_document *document, struct error *err)
{
	if (m->n == MAX_DOCUMENTS)
		return error_set(err, ERR_LIMIT, "more than %d documents", MAX_DOCUMENTS);
	if (m->n == m->size) {
		size_t size = m->size ? 2 * m->size : 16;
		struct manifest_document *grown = ARENA_ARRAY(a, size, struct manifest_document);
		if (!grown)
			return arena_error(a, err);
		if (m->n > 0)
			memcpy(grown, m->at, m->n * sizeof(*grown));
		m->at = grown;
		m->size = size;
	}
	m->at[m->n++] = *document;
	return ERR_OK;
}

/* The first item of a List, or NULL. */
static struct jtree *items_of(struct jtree *t)
{
	if (!sv_has_suffix(jtree_text(jtree_get(t, "kind")), SV("List")))
		return NULL;
	for (struct jtree *member = t->first; member; member = member->next) {
		if (sv_is(member->key, "items") && member->kind == JTREE_ARRAY)
			return member;
	}
	return NULL;
}

enum error_kind manifest_parse(
	struct arena *a, const char *file, struct sv text, struct manifest *m, struct error *err)
{
	const char *name = strcmp(file, "-") == 0 ? "stdin" : file;
	struct jtree **documents;
	size_t n;

	enum error_kind kind = yx_parse(a, text, name, &documents, &n, err);
	for (size_t i = 0; kind == ERR_OK && i < n; i++) {
		struct manifest_document document = { name, documents[i] };
		struct jtree *items = items_of(documents[i]);
		if (!items)
			kind = add(a, m, &document, err);
		for (struct jtree *item = items ? items->first : NULL; item && kind == ERR_OK;
			item = item->next) {
			document.tree = item;
			kind = add(a, m, &document, err);
		}
	}
	return kind;
}

/* One step of a path: "name" or "[index]"; takes it off. */
static const struct jtree *step(const struct jtree *t, struct sv *path)
{
	uint64_t index = 0;
	size_t n = 0;

	if (path->ptr[0] == '[') {
		n = sv_find(*path, ']');
		bool number = sv_to_u64(sv_from(path->ptr + 1, n - 1), &index);
		*path = sv_skip(*path, n + 1);
		JTREE_FOREACH (child, t) {
			if (number && index-- == 0)
				return child;
		}
		return NULL;
	}
	while (n < path->len && path->ptr[n] != '.' && path->ptr[n] != '[')
		n++;
	struct sv name = sv_take(*path, n);
	*path = sv_skip(*path, n);
	JTREE_FOREACH (child, t) {
		if (sv_eq(child->key, name))
			return child;
	}
	return NULL;
}

const struct jtree *manifest_locate(const struct jtree *t, struct sv path)
{
	while (path.len > 0) {
		if (path.ptr[0] == '.') {
			path = sv_skip(path, 1);
			continue;
		}
		const struct jtree *next = step(t, &path);
		if (!next)
			return t;
		t = next;
	}
	return t;
}

void manifest_drop(struct jtree *object, const char *key)
{
	for (struct jtree **at = &object->first; *at; at = &(*at)->next) {
		if (sv_is((*at)->key, key)) {
			*at = (*at)->next;
			object->n--;
			return;
		}
	}
}
