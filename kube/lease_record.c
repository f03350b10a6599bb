/* Lease objects to and from the few fields that elect a leader, in client-go's spelling and order. Pure. */
#include "kube/lease_record.h"

#include "common/jw.h"

static enum error_kind wrong_type(
	const struct jtree *t, const char *key, const char *expected, struct error *err)
{
	return error_set(err, ERR_INVALID, "spec.%s: expected %s, got %s", key, expected,
		jtree_kind_name(t->kind));
}

static enum error_kind read_number(
	const struct jtree *spec, const char *key, int32_t *ret, struct error *err)
{
	const struct jtree *t = jtree_get(spec, key);
	int64_t value = 0;

	if (!jtree_is_absent(t) &&
		(!jtree_i64(t, &value) || value < INT32_MIN || value > INT32_MAX))
		return wrong_type(t, key, "a whole number of 32 bits", err);
	*ret = (int32_t)value;
	return ERR_OK;
}

static enum error_kind read_time(
	const struct jtree *spec, const char *key, struct wall *ret, struct error *err)
{
	const struct jtree *t = jtree_get(spec, key);

	*ret = WALL_ZERO;
	if (jtree_is_absent(t))
		return ERR_OK;
	if (t->kind != JTREE_STRING)
		return wrong_type(t, key, "a time", err);
	return instant_wall_parse(t->text, ret, err) ? error_wrap(err, "spec.%s", key) : ERR_OK;
}

enum error_kind lease_record_decode(
	const struct jtree *object, struct lease_record *ret, struct error *err)
{
	const struct jtree *spec = jtree_get(object, "spec");
	const struct jtree *holder = jtree_get(spec, "holderIdentity");
	struct lease_record r = { .holder = jtree_text(holder) };

	if (!object || object->kind != JTREE_OBJECT)
		return error_set(err, ERR_INVALID, "expected a Lease object");
	if (!jtree_is_absent(holder) && holder->kind != JTREE_STRING)
		return wrong_type(holder, "holderIdentity", "a string", err);
	if (read_number(spec, "leaseDurationSeconds", &r.duration_seconds, err) ||
		read_number(spec, "leaseTransitions", &r.transitions, err) ||
		read_time(spec, "acquireTime", &r.acquired, err) ||
		read_time(spec, "renewTime", &r.renewed, err))
		return err->kind;
	*ret = r;
	return ERR_OK;
}

/* A text that could not be made must fail the document: half of one would be taken for the truth. */
static void inherit_failure(struct jw *w, const struct buf *text)
{
	if (text->failed && !w->out->failed)
		w->out->failed = text->failed;
}

static void put_time(struct jw *w, const char *key, struct wall t)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, 64);
	instant_wall_print_micro(&text, t);
	inherit_failure(w, &text);
	jw_member_sv(w, key, buf_sv(&text));
}

static void put_spec(struct jw *w, const struct lease_record *r)
{
	jw_key(w, "spec");
	jw_object(w);
	jw_member_sv(w, "holderIdentity", r->holder);
	jw_member_i64(w, "leaseDurationSeconds", r->duration_seconds);
	put_time(w, "acquireTime", r->acquired);
	put_time(w, "renewTime", r->renewed);
	jw_member_i64(w, "leaseTransitions", r->transitions);
	jw_object_end(w);
}

static void put_value(struct jw *w, const struct jtree *t)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, w->out->max);
	jtree_print(&text, t);
	inherit_failure(w, &text);
	jw_raw(w, buf_sv(&text));
}

void lease_record_encode(struct buf *out, const struct jtree *object, struct sv namespace,
	struct sv name, const struct lease_record *record)
{
	struct jw w;

	jw_init(&w, out);
	jw_object(&w);
	if (object) {
		JTREE_FOREACH (member, object) {
			if (sv_is(member->key, "spec"))
				continue;
			jw_key_sv(&w, member->key);
			put_value(&w, member);
		}
	} else {
		jw_member_str(&w, "kind", "Lease");
		jw_member_str(&w, "apiVersion", "coordination.k8s.io/v1");
		jw_key(&w, "metadata");
		jw_object(&w);
		jw_member_sv(&w, "name", name);
		jw_member_sv(&w, "namespace", namespace);
		jw_object_end(&w);
	}
	put_spec(&w, record);
	jw_object_end(&w);
}

bool lease_record_eq(const struct lease_record *a, const struct lease_record *b)
{
	return sv_eq(a->holder, b->holder) && a->duration_seconds == b->duration_seconds &&
	       a->transitions == b->transitions &&
	       instant_wall_cmp(a->acquired, b->acquired) == 0 &&
	       instant_wall_cmp(a->renewed, b->renewed) == 0;
}
