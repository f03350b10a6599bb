/* The applied configuration names the object's uid: an object that was deleted meanwhile must not be created anew with an override for a spec. */
#include "cli/set_override.h"

#include <inttypes.h>

#include "common/jtree.h"
#include "common/jw.h"
#include "controller/own_kind.h"
#include "kube/managed_fields.h"

#define MIN_DURATION_NS (60 * NS_PER_SEC)
/* What is to last for longer belongs into the spec. */
#define MAX_DURATION_NS (31 * INT64_C(86400) * NS_PER_SEC)

static const char *const PATH[] = { "f:spec", "f:override", NULL };

static enum error_kind check_bounds(const struct set_override *o, struct error *err)
{
	if (!o->min.set && !o->max.set)
		return error_set(err, ERR_INVALID, "expected --min, --max or both, or --clear");
	if (o->min.set && o->max.set && o->min.value > o->max.value)
		return error_set(err, ERR_INVALID, "--min=%" PRId32 " is more than --max=%" PRId32,
			o->min.value, o->max.value);
	return ERR_OK;
}

enum error_kind set_override_check(const struct set_override *o, struct error *err)
{
	bool says_more = o->min.set || o->max.set || o->for_ns > 0 || o->reason;
	size_t reason_len = o->reason ? strlen(o->reason) : 0;

	if (o->clear)
		return says_more ? error_set(err, ERR_INVALID,
					   "--clear excludes --min, --max, --for and --reason")
				 : ERR_OK;
	if (check_bounds(o, err) != ERR_OK)
		return err->kind;
	if (o->for_ns < MIN_DURATION_NS || o->for_ns > MAX_DURATION_NS)
		return error_set(err, ERR_INVALID,
			"expected --for=DURATION between 1m and 744h (31 days), such as --for=2h");
	if (reason_len == 0 || reason_len > SET_OVERRIDE_MAX_REASON_BYTES)
		return error_set(err, ERR_INVALID,
			"expected --reason=TEXT of at most %d bytes, such as a ticket; others "
			"will read it",
			SET_OVERRIDE_MAX_REASON_BYTES);
	return ERR_OK;
}

static enum error_kind own_bounds(
	const struct jtree *t, int32_t *ret_min, int32_t *ret_max, struct error *err)
{
	const struct jtree *spec = jtree_get(t, "spec");
	int64_t min = 1, max;

	if (!jtree_i64(jtree_get(spec, "maxReplicas"), &max) || max < 1 || max > INT32_MAX ||
		(!jtree_is_absent(jtree_get(spec, "minReplicas")) &&
			(!jtree_i64(jtree_get(spec, "minReplicas"), &min) || min < 0 || min > max)))
		return error_set(err, ERR_INVALID,
			"the object's minReplicas and maxReplicas are "
			"no bounds; correct them first");
	*ret_min = (int32_t)min;
	*ret_max = (int32_t)max;
	return ERR_OK;
}

static void put_identity(struct jw *w, const struct jtree *t)
{
	static const char *const MEMBERS[] = { "name", "namespace", "uid" };
	const struct jtree *meta = jtree_get(t, "metadata");

	jw_member_str(w, "apiVersion", OWN_KIND_API_VERSION);
	jw_member_str(w, "kind", OWN_KIND_NAME);
	jw_key(w, "metadata");
	jw_object(w);
	for (size_t i = 0; i < ARRAY_LEN(MEMBERS); i++)
		jw_member_sv(w, MEMBERS[i], jtree_text(jtree_get(meta, MEMBERS[i])));
	jw_object_end(w);
}

static void put_owner(struct buf *told, struct sv own)
{
	const struct managed_fields_query query = { .path = PATH };
	struct managed_fields_writer w;

	if (managed_fields_newest(own, &query, &w))
		buf_printf(told, ", set by %s", w.manager[0] ? w.manager : "an unnamed manager");
}

static void tell_present(struct buf *told, const struct jtree *t, struct sv own)
{
	const struct jtree *o = jtree_at(t, "spec", "override", NULL);
	int64_t min = 0, max = 0;

	(void)jtree_i64(jtree_get(o, "minReplicas"), &min);
	(void)jtree_i64(jtree_get(o, "maxReplicas"), &max);
	struct sv until = jtree_text(jtree_get(o, "until"));
	struct sv reason = jtree_text(jtree_get(o, "reason"));
	buf_printf(told, "%" PRId64 " to %" PRId64 " replicas until %.*s: %.*s", min, max,
		SV_ARG(until), SV_ARG(reason));
	put_owner(told, own);
}

static void put_override(
	struct jw *w, const struct set_override *o, int32_t min, int32_t max, struct sv until)
{
	jw_key(w, "spec");
	jw_object(w);
	jw_key(w, "override");
	jw_object(w);
	jw_member_i64(w, "minReplicas", min);
	jw_member_i64(w, "maxReplicas", max);
	jw_member_sv(w, "until", until);
	jw_member_str(w, "reason", o->reason);
	jw_object_end(w);
	jw_object_end(w);
}

enum error_kind set_override_compute(struct arena *a, struct sv own, const struct set_override *o,
	struct wall now, struct buf *body, struct buf *told, struct error *err)
{
	AUTO(buf_done) struct buf until = { 0 };
	int32_t min = 0, max = 0;
	struct jtree *t;
	struct jw w;

	if (jtree_parse(a, own, &t, err) != ERR_OK ||
		(!o->clear && own_bounds(t, &min, &max, err) != ERR_OK))
		return err->kind;
	jw_init(&w, body);
	jw_object(&w);
	put_identity(&w, t);
	if (!o->clear) {
		min = o->min.set ? o->min.value : min < o->max.value ? min : o->max.value;
		max = o->max.set ? o->max.value : max > min ? max : min;
		buf_init(&until, 64);
		instant_wall_print(&until, instant_wall_add_ns(now, o->for_ns));
		put_override(&w, o, min, max, buf_sv(&until));
		buf_printf(told, "%" PRId32 " to %" PRId32 " replicas until %s: %s", min, max,
			buf_text(&until), o->reason);
	} else {
		buf_put_str(told, "no override");
	}
	jw_object_end(&w);
	if (jtree_at(t, "spec", "override", NULL)) {
		buf_put_str(told, "; before: ");
		tell_present(told, t, own);
	}
	return buf_check(body, "the override", err);
}

bool set_override_remains(struct arena *a, struct sv own, struct buf *told)
{
	struct error ignored;
	struct jtree *t;

	if (jtree_parse(a, own, &t, &ignored) != ERR_OK ||
		jtree_is_absent(jtree_at(t, "spec", "override", NULL)))
		return false;
	tell_present(told, t, own);
	return true;
}
