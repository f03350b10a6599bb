/* Identities. Everything here comes from a verified source: the caller checks the proxy's certificate before its headers are read. */
#include "kube/authn_user.h"

#include <stdlib.h>

#include "common/http_server.h"
#include "common/jtree.h"

/* The API server itself refuses long before. */
#define AUTHN_USER_LIST_MAX 1024u
#define AUTHN_USER_KEY_MAX 1024u

/* Room for one more element of a list in the arena. */
static struct sv *grown(struct arena *a, const struct sv *list, size_t n)
{
	struct sv *more = n < AUTHN_USER_LIST_MAX ? ARENA_ARRAY(a, n + 1, struct sv) : NULL;
	for (size_t i = 0; more && i < n; i++)
		more[i] = list[i];
	return more;
}

static enum error_kind too_many(
	const struct arena *a, size_t n, const char *what, struct error *err)
{
	if (n >= AUTHN_USER_LIST_MAX)
		return error_set(
			err, ERR_LIMIT, "a user with more than %u %s", AUTHN_USER_LIST_MAX, what);
	return arena_error(a, err);
}

static struct sv first_line(const struct authn_header *headers, size_t n, struct sv name)
{
	for (size_t i = 0; i < n; i++)
		if (sv_eq_nocase(headers[i].name, name))
			return headers[i].value;
	return SV_NULL;
}

static bool is_one_of(struct sv name, const struct sv *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (sv_eq_nocase(name, list[i]))
			return true;
	return false;
}

/* Lower case, then percent-decoded; a malformed escape stays as it is. */
static struct sv extra_key(struct arena *a, struct sv text)
{
	char *lower = arena_strdup(a, text);
	for (char *p = lower; p && *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + 32);
	if (!lower)
		return SV_NULL;
	struct buf decoded;
	buf_init(&decoded, AUTHN_USER_KEY_MAX);
	bool fine = http_unescape(&decoded, sv_of(lower), false) && !decoded.failed;
	struct sv key = fine ? arena_sv(a, buf_sv(&decoded)) : sv_of(lower);
	buf_done(&decoded);
	return key;
}

static struct authn_extra *extra_of(struct arena *a, struct authn_user *u, struct sv key)
{
	for (size_t i = 0; i < u->n_extra; i++)
		if (sv_eq(u->extra[i].key, key))
			return &u->extra[i];
	if (u->n_extra >= AUTHN_USER_LIST_MAX)
		return NULL;
	struct authn_extra *list = ARENA_ARRAY(a, u->n_extra + 1, struct authn_extra);
	if (!list)
		return NULL;
	for (size_t i = 0; i < u->n_extra; i++)
		list[i] = u->extra[i];
	list[u->n_extra].key = key;
	u->extra = list;
	return &list[u->n_extra++];
}

enum error_kind authn_user_add_extra(
	struct arena *a, struct authn_user *u, struct sv key, struct sv value, struct error *err)
{
	struct authn_extra *e = extra_of(a, u, key);
	struct sv *values = e ? grown(a, e->values, e->n_values) : NULL;
	if (!values)
		return too_many(a, u->n_extra, "extra values", err);
	values[e->n_values++] = value;
	e->values = values;
	return ERR_OK;
}

static int by_key(const void *a, const void *b)
{
	return sv_cmp(((const struct authn_extra *)a)->key, ((const struct authn_extra *)b)->key);
}

enum error_kind authn_user_from_headers(struct arena *a, const struct authn_proxy_headers *proxy,
	const struct authn_header *headers, size_t n_headers, bool *ret_found,
	struct authn_user *ret, struct error *err)
{
	struct authn_user u = { 0 };
	for (size_t i = 0; i < proxy->n_names && u.name.len == 0; i++)
		u.name = first_line(headers, n_headers, proxy->names[i]);
	if (u.name.len == 0) {
		*ret_found = false;
		return ERR_OK;
	}
	for (size_t i = 0; i < n_headers; i++) {
		const struct authn_header *h = &headers[i];
		if (is_one_of(h->name, proxy->groups, proxy->n_groups)) {
			struct sv *groups = grown(a, u.groups, u.n_groups);
			if (!groups)
				return too_many(a, u.n_groups, "groups", err);
			groups[u.n_groups++] = h->value;
			u.groups = groups;
		}
		for (size_t p = 0; p < proxy->n_extra_prefixes; p++) {
			struct sv prefix = proxy->extra_prefixes[p];
			if (h->name.len <= prefix.len ||
				!sv_eq_nocase(sv_take(h->name, prefix.len), prefix))
				continue;
			struct sv key = extra_key(a, sv_skip(h->name, prefix.len));
			if (!key.ptr || authn_user_add_extra(a, &u, key, h->value, err))
				return key.ptr ? err->kind : arena_error(a, err);
		}
	}
	if (u.n_extra > 1)
		qsort(u.extra, u.n_extra, sizeof(*u.extra), by_key);
	*ret = u;
	*ret_found = true;
	return ERR_OK;
}

static enum error_kind texts_of(struct arena *a, const struct jtree *list, struct sv **ret,
	size_t *ret_n, struct error *err)
{
	size_t n = list && list->kind == JTREE_ARRAY ? list->n : 0;
	if (n > AUTHN_USER_LIST_MAX)
		return too_many(a, n, "groups or extra values", err);
	struct sv *texts = ARENA_ARRAY(a, n + 1, struct sv);
	if (!texts)
		return arena_error(a, err);
	size_t i = 0;
	if (n > 0)
		JTREE_FOREACH (item, list)
			texts[i++] = jtree_text(item);
	*ret = texts;
	*ret_n = n;
	return ERR_OK;
}

enum error_kind authn_user_from_review(
	struct arena *a, struct sv json, bool *ret_found, struct authn_user *ret, struct error *err)
{
	struct jtree *root = NULL;
	struct authn_user u = { 0 };
	struct sv kept = arena_sv(a, json);
	if (!kept.ptr)
		return arena_error(a, err);
	if (jtree_parse(a, kept, &root, err))
		return err->kind;
	const struct jtree *authenticated = jtree_at(root, "status", "authenticated", NULL);
	if (!authenticated || authenticated->kind != JTREE_BOOL || !authenticated->truth) {
		*ret_found = false;
		return ERR_OK;
	}
	const struct jtree *user = jtree_at(root, "status", "user", NULL);
	const struct jtree *extra = jtree_get(user, "extra");
	u.name = jtree_text(jtree_get(user, "username"));
	u.uid = jtree_text(jtree_get(user, "uid"));
	if (texts_of(a, jtree_get(user, "groups"), &u.groups, &u.n_groups, err))
		return err->kind;
	if (extra && extra->kind == JTREE_OBJECT && extra->n > 0) {
		u.extra = ARENA_ARRAY(a, extra->n, struct authn_extra);
		if (!u.extra)
			return arena_error(a, err);
		JTREE_FOREACH (item, extra) {
			struct authn_extra *e = &u.extra[u.n_extra++];
			e->key = item->key;
			if (texts_of(a, item, &e->values, &e->n_values, err))
				return err->kind;
		}
		qsort(u.extra, u.n_extra, sizeof(*u.extra), by_key);
	}
	*ret = u;
	*ret_found = true;
	return ERR_OK;
}

static void write_texts(struct jw *w, const struct sv *texts, size_t n)
{
	jw_array(w);
	for (size_t i = 0; i < n; i++)
		jw_sv(w, texts[i]);
	jw_array_end(w);
}

void authn_user_write(struct jw *w, const struct authn_user *u)
{
	if (u->name.len)
		jw_member_sv(w, "user", u->name);
	if (u->n_groups) {
		jw_key(w, "groups");
		write_texts(w, u->groups, u->n_groups);
	}
	if (u->n_extra) {
		jw_key(w, "extra");
		jw_object(w);
		for (size_t i = 0; i < u->n_extra; i++) {
			jw_key_sv(w, u->extra[i].key);
			write_texts(w, u->extra[i].values, u->extra[i].n_values);
		}
		jw_object_end(w);
	}
	if (u->uid.len)
		jw_member_sv(w, "uid", u->uid);
}

bool authn_user_is_in(const struct authn_user *u, struct sv group)
{
	for (size_t i = 0; i < u->n_groups; i++)
		if (sv_eq(u->groups[i], group))
			return true;
	return false;
}

enum error_kind authn_user_add_group(
	struct arena *a, struct authn_user *u, struct sv group, struct error *err)
{
	if (authn_user_is_in(u, group))
		return ERR_OK;
	struct sv *groups = grown(a, u->groups, u->n_groups);
	if (!groups)
		return too_many(a, u->n_groups, "groups", err);
	groups[u->n_groups++] = group;
	u->groups = groups;
	return ERR_OK;
}
