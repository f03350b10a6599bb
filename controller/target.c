/* The target's pods. Two objects that control the same pods would fight, so the reference lets
 * neither act; which objects those are is listed in byte order here, where the reference's order is
 * random. */
#include "controller/target.h"

#include <stdlib.h>

#include "common/limits.h"
#include "controller/words.h"
#include "kube/group_version.h"

enum error_kind target_group(struct sv api_version, struct sv *ret_group, struct error *err)
{
	struct group_version parsed;
	if (group_version_parse(api_version, &parsed, err))
		return err->kind;
	*ret_group = parsed.group;
	return ERR_OK;
}

enum error_kind target_select(
	struct arena *a, struct sv selector, struct target_pods *ret, struct error *err)
{
	struct target_pods out = { .problem = TARGET_NO_SELECTOR,
		.why = SV("selector is required") };
	struct sv why = SV_NULL;
	if (selector.len == 0) {
		*ret = out;
		return ERR_OK;
	}
	if (selector_parse(a, selector, &out.selector, &why, err)) {
		if (err->kind != ERR_INVALID)
			return err->kind;
		out.problem = TARGET_BAD_SELECTOR;
		out.why = sv_of(arena_printf(a,
			"couldn't convert selector into a corresponding internal selector object: "
			"%.*s",
			SV_ARG(why)));
		if (!out.why.ptr)
			return arena_error(a, err);
		*ret = out;
		return ERR_OK;
	}

	struct buf text;
	buf_init(&text, LIMIT_OBJECT_BYTES);
	selector_print(&text, &out.selector);
	if (words_keep(a, &text, "a selector", &out.selector_text, err))
		return err->kind;
	out.problem = TARGET_OK;
	out.why = SV("");
	*ret = out;
	return ERR_OK;
}

static bool overlaps(const struct target_peer *peer, const struct pod_set *pods)
{
	if (!peer->selector)
		return false;
	for (size_t i = 0; i < pods->n; i++)
		if (selector_matches(
			    peer->selector, pods->at[i]->labels->at, pods->at[i]->labels->n))
			return true;
	return false;
}

static int by_bytes(const void *left, const void *right)
{
	const struct sv *a = left, *b = right;
	return sv_cmp(*a, *b);
}

static enum error_kind explain_overlap(struct arena *a, struct sv ns, struct sv *names, size_t n,
	struct target_pods *target, struct error *err)
{
	struct buf text;
	qsort(names, n, sizeof(names[0]), by_bytes);
	buf_init(&text, LIMIT_OBJECT_BYTES);
	buf_printf(&text, "pods by selector %.*s are controlled by multiple HPAs: [",
		SV_ARG(target->selector_text));
	for (size_t i = 0; i < n; i++)
		buf_printf(&text, "%s%.*s/%.*s", i > 0 ? " " : "", SV_ARG(ns), SV_ARG(names[i]));
	buf_put_char(&text, ']');
	target->problem = TARGET_AMBIGUOUS;
	return words_keep(
		a, &text, "the list of objects with overlapping selectors", &target->why, err);
}

enum error_kind target_check_peers(struct arena *a, const struct hpa_meta *self,
	const struct pod_set *pods, const struct target_peer *peers, size_t n_peers,
	struct target_pods *target, struct error *err)
{
	if (pods->n == 0 || n_peers == 0)
		return ERR_OK;
	struct sv *names = ARENA_ARRAY(a, n_peers + 1, struct sv);
	size_t n = 0;
	if (!names)
		return arena_error(a, err);
	for (size_t i = 0; i < n_peers; i++)
		if (sv_eq(peers[i].ns, self->ns) && !sv_eq(peers[i].name, self->name) &&
			overlaps(&peers[i], pods))
			names[n++] = peers[i].name;
	if (n == 0)
		return ERR_OK;
	names[n++] = self->name;
	return explain_overlap(a, self->ns, names, n, target, err);
}
