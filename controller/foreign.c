/* Objects -> index by target. Two tables over one set of entries: by the object, to replace and remove; by the target, to ask. */
#include "controller/foreign.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/fnv.h"
#include "common/jscan.h"
#include "common/limits.h"
#include "common/table.h"
#include "controller/hpa_decode.h"
#include "controller/own_kind.h"
#include "controller/target.h"
#include "kube/object_key.h"

/* Namespace, group, kind and name of a target. */
#define MAX_KEY_BYTES 2048
#define MAX_MESSAGE_BYTES 2048

struct entry {
	enum foreign_kind kind;
	int32_t min, max;
	bool held;		     /* native: both directions disabled; KEDA: paused */
	uint64_t fingerprint;	     /* native: of the spec's text */
	struct entry *next, *before; /* of the same target */
	size_t ns_len, name_len, target_len;
	char text[]; /* namespace, name and the target's key */
};

struct foreign {
	struct table objects, targets; /* a target's item is the first entry of its list */
};

struct foreign_key {
	enum foreign_kind kind;
	struct object_key object;
};

struct foreign *foreign_new(void)
{
	struct foreign *f = mem_zalloc(sizeof(*f));

	if (f) {
		table_init(&f->objects, FOREIGN_MAX);
		table_init(&f->targets, FOREIGN_MAX);
	}
	return f;
}

void foreign_free(struct foreign *f)
{
	if (!f)
		return;
	table_done(&f->targets, NULL);
	table_done(&f->objects, mem_free);
	mem_free(f);
}

size_t foreign_n(const struct foreign *f)
{
	return f->objects.n;
}

static struct foreign_key key_of(const struct entry *e)
{
	return (struct foreign_key){ e->kind,
		{ sv_from(e->text, e->ns_len), sv_from(e->text + e->ns_len, e->name_len) } };
}

static struct sv target_of(const struct entry *e)
{
	return sv_from(e->text + e->ns_len + e->name_len, e->target_len);
}

static bool is_object(const void *item, const void *key)
{
	const struct foreign_key *wanted = key, own = key_of(item);

	return own.kind == wanted->kind && object_key_eq(&own.object, &wanted->object);
}

static bool is_of_target(const void *item, const void *key)
{
	return sv_eq(target_of(item), *(const struct sv *)key);
}

static struct entry *find_object(const struct foreign *f, const struct foreign_key *key)
{
	return table_find(&f->objects, object_key_hash(&f->objects, &key->object), is_object, key);
}

static struct entry *find_target(const struct foreign *f, struct sv key)
{
	return table_find(&f->targets, table_hash(&f->targets, key, SV_NULL), is_of_target, &key);
}

/* The key in `out`; the version of an apiVersion plays no part. ptr NULL: no target that could be one of ours. It takes no memory: that there is none must
 * not look as if there were no other autoscaler. */
static struct sv target_key(char out[MAX_KEY_BYTES], struct sv ns, const struct hpa_ref *target)
{
	struct error ignored;
	struct sv group;

	if (target_group(target->api_version, &group, &ignored) != ERR_OK)
		return SV_NULL;
	int n = snprintf(out, MAX_KEY_BYTES, "%.*s\n%.*s\n%.*s\n%.*s", SV_ARG(ns), SV_ARG(group),
		SV_ARG(target->kind), SV_ARG(target->name));
	return n > 0 && n < MAX_KEY_BYTES ? sv_from(out, (size_t)n) : SV_NULL;
}

/* Takes the entry out of its target's list, and the list out of the table when it was the last. */
static void unlink_entry(struct foreign *f, struct entry *e)
{
	struct sv key = target_of(e);
	uint32_t hash = table_hash(&f->targets, key, SV_NULL);

	if (e->next)
		e->next->before = e->before;
	if (e->before)
		e->before->next = e->next;
	else if (e->next)
		table_replace(&f->targets, hash, e, e->next);
	else
		(void)table_take(&f->targets, hash, is_of_target, &key);
}

void foreign_remove(struct foreign *f, enum foreign_kind kind, struct sv ns, struct sv name)
{
	const struct foreign_key key = { kind, { ns, name } };
	struct entry *e =
		table_take(&f->objects, object_key_hash(&f->objects, &key.object), is_object, &key);

	if (e)
		unlink_entry(f, e);
	mem_free(e);
}

void foreign_remove_kind(struct foreign *f, enum foreign_kind kind)
{
	size_t i = 0;

	while (i < f->objects.size) {
		const struct entry *e = f->objects.items[i];
		if (!e || e->kind != kind) {
			i++;
			continue;
		}
		/* One from behind may take its slot, which is looked at again. */
		const struct object_key key = key_of(e).object;
		foreign_remove(f, kind, key.ns, key.name);
	}
}

struct put {
	struct foreign_key key;
	const struct hpa_ref *target;
	bool held;
	int32_t min, max;
	uint64_t fingerprint;
};

static char *append(char *to, struct sv text)
{
	if (text.len > 0)
		memcpy(to, text.ptr, text.len);
	return to + text.len;
}

/* NULL: no memory. */
static struct entry *make_entry(const struct put *p, struct sv target)
{
	struct sv ns = p->key.object.ns, name = p->key.object.name;
	struct entry *e = mem_zalloc(sizeof(*e) + ns.len + name.len + target.len);

	if (!e)
		return NULL;
	e->kind = p->key.kind;
	e->held = p->held;
	e->min = p->min;
	e->max = p->max;
	e->fingerprint = p->fingerprint;
	e->ns_len = ns.len;
	e->name_len = name.len;
	e->target_len = target.len;
	(void)append(append(append(e->text, ns), name), target);
	return e;
}

static enum error_kind link_entry(struct foreign *f, struct entry *e, struct error *err)
{
	struct sv key = target_of(e);
	uint32_t hash = table_hash(&f->targets, key, SV_NULL);

	e->next = find_target(f, key);
	if (!e->next)
		return table_add(&f->targets, hash, e, err);
	table_replace(&f->targets, hash, e->next, e);
	e->next->before = e;
	return ERR_OK;
}

static enum error_kind put(struct foreign *f, const struct put *p, struct error *err)
{
	uint32_t hash = object_key_hash(&f->objects, &p->key.object);
	SCRATCH char text[MAX_KEY_BYTES];
	struct sv key = target_key(text, p->key.object.ns, p->target);

	if (!key.ptr) {
		/* It cannot act on anything. */
		foreign_remove(f, p->key.kind, p->key.object.ns, p->key.object.name);
		return ERR_OK;
	}
	AUTO(mem_free) void *made = make_entry(p, key);
	struct entry *e = made, *old = find_object(f, &p->key);
	if (!e)
		return error_nomem(err);
	if (link_entry(f, e, err) != ERR_OK)
		return err->kind;
	if (old) {
		table_replace(&f->objects, hash, old, e);
		unlink_entry(f, old);
		mem_free(old);
	} else if (table_add(&f->objects, hash, e, err) != ERR_OK) {
		unlink_entry(f, e);
		return err->kind;
	}
	(void)TAKE_PTR(made);
	return ERR_OK;
}

static bool is_disabled(const struct hpa_rules *rules)
{
	return rules && sv_is(rules->select_policy, "Disabled");
}

bool foreign_is_held(const struct hpa *hpa)
{
	const struct hpa_behavior *b = hpa->spec.behavior;

	return b && is_disabled(b->scale_up) && is_disabled(b->scale_down);
}

/* 0: there is no spec to be found. */
static uint64_t fingerprint_of(struct sv json)
{
	enum jscan_token token;
	struct jscan s;

	jscan_init(&s, json);
	if (jscan_next(&s) != JSCAN_OBJECT)
		return 0;
	while ((token = jscan_next(&s)) == JSCAN_KEY) {
		bool spec = jscan_is(&s, SV("spec"));
		const char *start = s.at;
		if (!jscan_skip(&s, jscan_next(&s)))
			return 0;
		if (!spec)
			continue;
		return fnv_bytes(FNV_START, sv_from(start, (size_t)(s.at - start)));
	}
	return 0;
}

static enum error_kind put_hpa(struct foreign *f, const struct foreign_key *key,
	const struct hpa_spec *spec, bool held, uint64_t fingerprint, struct error *err)
{
	const struct put p = { .key = *key,
		.target = &spec->target,
		.held = held,
		.min = spec->min_replicas.set ? spec->min_replicas.value : 1,
		.max = spec->max_replicas,
		.fingerprint = fingerprint };

	return put(f, &p, err);
}

enum error_kind foreign_put_hpa(struct foreign *f, const struct hpa *hpa, struct error *err)
{
	const struct foreign_key key = { FOREIGN_NATIVE, { hpa->meta.ns, hpa->meta.name } };

	return put_hpa(f, &key, &hpa->spec, foreign_is_held(hpa), 0, err);
}

enum error_kind foreign_put_native(
	struct foreign *f, const struct object_id *id, struct sv json, struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	const struct foreign_key key = { FOREIGN_NATIVE, { id->namespace, id->name } };
	uint64_t fingerprint = fingerprint_of(json);
	const struct entry *known = find_object(f, &key);
	struct hpa hpa;

	if (known && fingerprint != 0 && known->fingerprint == fingerprint)
		return ERR_OK;
	arena_init(&a, LIMIT_PASS_ARENA_BYTES);
	if (hpa_decode_stored(&a, AUTOSCALER_NATIVE, json, &hpa, err) != ERR_OK)
		return err->kind;
	return put_hpa(f, &key, &hpa.spec, foreign_is_held(&hpa), fingerprint, err);
}

/* KEDA takes any text but a boolean's false for true. */
static bool is_paused(const struct object_meta *meta)
{
	static const char *const FALSE[] = { "false", "False", "FALSE", "f", "F", "0" };
	struct sv value = object_meta_find(
		meta->annotations, meta->n_annotations, SV("autoscaling.keda.sh/paused"));

	for (size_t i = 0; i < ARRAY_LEN(FALSE); i++) {
		if (sv_is(value, FALSE[i]))
			return false;
	}
	return value.ptr != NULL;
}

static struct sv text_or(const struct jtree *t, struct sv otherwise)
{
	struct sv text = jtree_text(t);

	return text.len > 0 ? text : otherwise;
}

enum error_kind foreign_put_keda_tree(
	struct foreign *f, const struct jtree *t, struct sv ns, struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct object_meta meta;

	arena_init(&a, LIMIT_PASS_ARENA_BYTES);
	if (object_meta_decode(&a, t, &meta, err) != ERR_OK)
		return err->kind;
	if (meta.namespace.len == 0)
		meta.namespace = ns;
	const struct jtree *ref = jtree_at(t, "spec", "scaleTargetRef", NULL);
	const struct hpa_ref target = {
		.api_version = text_or(jtree_get(ref, "apiVersion"), SV("apps/v1")),
		.kind = text_or(jtree_get(ref, "kind"), SV("Deployment")),
		.name = jtree_text(jtree_get(ref, "name")),
	};
	const struct put p = { .key = { FOREIGN_KEDA, { meta.namespace, meta.name } },
		.target = &target,
		.held = is_paused(&meta) };
	return put(f, &p, err);
}

enum error_kind foreign_put_keda(struct foreign *f, struct sv json, struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct jtree *t;

	arena_init(&a, LIMIT_PASS_ARENA_BYTES);
	if (jtree_parse(&a, json, &t, err) != ERR_OK)
		return err->kind;
	return foreign_put_keda_tree(f, t, SV(""), err);
}

bool foreign_question_of(const struct hpa *hpa, struct foreign_question *ret)
{
	const struct hpa_spec *spec = &hpa->spec;
	const struct own_override *override = spec->own ? spec->own->override : NULL;

	if (!spec->own || spec->own->mode != OWN_MODE_ACTIVE)
		return false;
	*ret = (struct foreign_question){ .ns = hpa->meta.ns,
		.target = &spec->target,
		.min = spec->min_replicas.set ? spec->min_replicas.value : 1,
		.max = spec->max_replicas };
	if (override && override->min_replicas.set && override->min_replicas.value < ret->min)
		ret->min = override->min_replicas.value;
	if (override && override->max_replicas.set && override->max_replicas.value > ret->max)
		ret->max = override->max_replicas.value;
	return true;
}

static bool could_act(const struct entry *e, const struct foreign_question *q)
{
	int32_t least = q->min > 1 ? q->min : 1;

	return !e->held || (e->kind == FOREIGN_NATIVE && (e->min > least || e->max < q->max));
}

bool foreign_find(
	const struct foreign *f, const struct foreign_question *question, struct foreign_actor *ret)
{
	SCRATCH char text[MAX_KEY_BYTES];
	struct sv key = target_key(text, question->ns, question->target);

	if (!key.ptr)
		return false;
	for (const struct entry *e = find_target(f, key); e; e = e->next) {
		if (!could_act(e, question))
			continue;
		const struct object_key object = key_of(e).object;
		*ret = (struct foreign_actor){ .kind = e->kind,
			.ns = object.ns,
			.name = object.name,
			.held = e->held,
			.min = e->min,
			.max = e->max };
		return true;
	}
	return false;
}

void foreign_print(
	struct buf *out, const struct foreign_actor *actor, const struct foreign_question *question)
{
	if (actor->kind == FOREIGN_KEDA)
		buf_printf(out,
			"nothing is written because KEDA's ScaledObject %.*s scales the same "
			"target; pause it with the annotation autoscaling.keda.sh/paused: \"true\"",
			SV_ARG(actor->name));
	else if (actor->held)
		buf_printf(out,
			"nothing is written because the bounds of HorizontalPodAutoscaler %.*s, "
			"%" PRId32 " to %" PRId32 ", do not contain ours, %" PRId32 " to %" PRId32,
			SV_ARG(actor->name), actor->min, actor->max, question->min, question->max);
	else
		buf_printf(out,
			"nothing is written because HorizontalPodAutoscaler %.*s scales the same "
			"target; flyball adopt hpa/%.*s prints how to make it idle",
			SV_ARG(actor->name), SV_ARG(actor->name));
}

struct sv foreign_tell(const struct foreign *f, struct arena *a, const struct hpa *hpa)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct foreign_question question;
	struct foreign_actor actor;

	if (!foreign_question_of(hpa, &question) || !foreign_find(f, &question, &actor))
		return SV("");
	buf_init(&text, MAX_MESSAGE_BYTES);
	foreign_print(&text, &actor, &question);
	return text.failed == ERR_OK ? arena_sv(a, buf_sv(&text)) : SV_NULL;
}
