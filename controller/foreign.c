/* Objects -> index by target. Two maps over one set of entries: by the object, to replace and remove; by the target, to ask. */
#include "controller/foreign.h"

#include <inttypes.h>

#include "common/fnv.h"
#include "common/jscan.h"
#include "common/limits.h"
#include "common/map.h"
#include "controller/hpa_decode.h"
#include "controller/target.h"

/* Namespace, group, kind and name of a target, or kind, namespace and name of an object. */
#define MAX_KEY_BYTES 2048

struct entry {
	enum foreign_kind kind;
	char *object; /* "namespace/name" */
	size_t ns_len;
	char *target; /* its key */
	bool held;    /* native: both directions disabled; KEDA: paused */
	int32_t min, max;
	uint64_t fingerprint;	     /* native: of the spec's text */
	struct entry *next, *before; /* of the same target */
};

struct foreign {
	struct map objects, targets;
};

struct foreign *foreign_new(void)
{
	struct foreign *f = mem_zalloc(sizeof(*f));

	if (f) {
		map_init(&f->objects, FOREIGN_MAX);
		map_init(&f->targets, FOREIGN_MAX);
	}
	return f;
}

static void entry_free(struct entry *e)
{
	if (!e)
		return;
	mem_free(e->object);
	mem_free(e->target);
	mem_free(e);
}
DEFINE_AUTO(struct entry *, entry_free)

static void free_entry(void *entry)
{
	entry_free(entry);
}

void foreign_free(struct foreign *f)
{
	if (!f)
		return;
	map_done(&f->targets, NULL);
	map_done(&f->objects, free_entry);
	mem_free(f);
}

size_t foreign_n(const struct foreign *f)
{
	return f->objects.n;
}

static void put_object_key(struct buf *out, enum foreign_kind kind, struct sv ns, struct sv name)
{
	buf_printf(out, "%c%.*s/%.*s", kind == FOREIGN_KEDA ? 'k' : 'n', SV_ARG(ns), SV_ARG(name));
}

/* The version of an apiVersion plays no part. False: no target that could be one of ours. */
static bool put_target_key(struct buf *out, struct sv ns, const struct hpa_ref *target)
{
	struct error ignored;
	struct sv group;

	if (target_group(target->api_version, &group, &ignored) != ERR_OK)
		return false;
	buf_printf(out, "%.*s\n%.*s\n%.*s\n%.*s", SV_ARG(ns), SV_ARG(group), SV_ARG(target->kind),
		SV_ARG(target->name));
	return out->failed == ERR_OK;
}

/* Takes the entry out of its target's list, and the list out of the map when it was the last. */
static void unlink_entry(struct foreign *f, struct entry *e)
{
	if (e->next)
		e->next->before = e->before;
	if (e->before) {
		e->before->next = e->next;
		return;
	}
	struct sv key = sv_of(e->target);
	struct error ignored;
	/* The slot exists: setting it again needs no memory. */
	if (!e->next || map_set(&f->targets, key, e->next, NULL, &ignored) != ERR_OK)
		(void)map_take(&f->targets, key);
}

void foreign_remove(struct foreign *f, enum foreign_kind kind, struct sv ns, struct sv name)
{
	AUTO(buf_done) struct buf key = { 0 };

	buf_init(&key, MAX_KEY_BYTES);
	put_object_key(&key, kind, ns, name);
	struct entry *e = map_take(&f->objects, buf_sv(&key));
	if (e)
		unlink_entry(f, e);
	entry_free(e);
}

static struct entry *any_of(const struct foreign *f, enum foreign_kind kind)
{
	MAP_FOREACH (slot, &f->objects) {
		struct entry *e = slot->value;
		if (e->kind == kind)
			return e;
	}
	return NULL;
}

void foreign_remove_kind(struct foreign *f, enum foreign_kind kind)
{
	struct entry *e;

	while ((e = any_of(f, kind)) != NULL)
		foreign_remove(
			f, kind, sv_from(e->object, e->ns_len), sv_of(e->object + e->ns_len + 1));
}

struct put {
	enum foreign_kind kind;
	struct sv ns, name;
	const struct hpa_ref *target;
	bool held;
	int32_t min, max;
	uint64_t fingerprint;
};

static enum error_kind make_entry(
	const struct put *p, const char *target_key, struct entry **ret, struct error *err)
{
	AUTO(entry_free) struct entry *e = mem_zalloc(sizeof(*e));
	AUTO(buf_done) struct buf object = { 0 };

	if (!e)
		return error_nomem(err);
	buf_init(&object, MAX_KEY_BYTES);
	buf_printf(&object, "%.*s/%.*s", SV_ARG(p->ns), SV_ARG(p->name));
	if (buf_check(&object, "an autoscaler's name", err) != ERR_OK)
		return err->kind;
	e->kind = p->kind;
	e->object = mem_strdup(buf_text(&object));
	e->ns_len = p->ns.len;
	e->target = mem_strdup(target_key);
	e->held = p->held;
	e->min = p->min;
	e->max = p->max;
	e->fingerprint = p->fingerprint;
	if (!e->object || !e->target)
		return error_nomem(err);
	*ret = TAKE_PTR(e);
	return ERR_OK;
}

static enum error_kind put(struct foreign *f, const struct put *p, struct error *err)
{
	AUTO(buf_done) struct buf object_key = { 0 }, target_key = { 0 };
	AUTO(entry_free) struct entry *e = NULL;

	buf_init(&object_key, MAX_KEY_BYTES);
	buf_init(&target_key, MAX_KEY_BYTES);
	put_object_key(&object_key, p->kind, p->ns, p->name);
	if (!put_target_key(&target_key, p->ns, p->target)) {
		/* It cannot act on anything. */
		foreign_remove(f, p->kind, p->ns, p->name);
		return ERR_OK;
	}
	if (buf_check(&object_key, "an autoscaler's name", err) != ERR_OK ||
		make_entry(p, buf_text(&target_key), &e, err) != ERR_OK)
		return err->kind;
	struct entry *head = map_get(&f->targets, buf_sv(&target_key));
	void *old = NULL;
	e->next = head;
	if (map_set(&f->targets, buf_sv(&target_key), e, NULL, err) != ERR_OK)
		return err->kind;
	if (head)
		head->before = e;
	if (map_set(&f->objects, buf_sv(&object_key), e, &old, err) != ERR_OK) {
		unlink_entry(f, e);
		return err->kind;
	}
	(void)TAKE_PTR(e);
	if (old)
		unlink_entry(f, old);
	entry_free(old);
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

enum error_kind foreign_put_native(
	struct foreign *f, const struct object_id *id, struct sv json, struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf key = { 0 };
	uint64_t fingerprint = fingerprint_of(json);
	struct hpa hpa;

	buf_init(&key, MAX_KEY_BYTES);
	put_object_key(&key, FOREIGN_NATIVE, id->namespace, id->name);
	const struct entry *known = map_get(&f->objects, buf_sv(&key));
	if (known && fingerprint != 0 && known->fingerprint == fingerprint)
		return ERR_OK;
	arena_init(&a, LIMIT_PASS_ARENA_BYTES);
	if (hpa_decode_stored(&a, AUTOSCALER_NATIVE, json, &hpa, err) != ERR_OK)
		return err->kind;
	const struct hpa_spec *spec = &hpa.spec;
	const struct put p = { .kind = FOREIGN_NATIVE,
		.ns = id->namespace,
		.name = id->name,
		.target = &spec->target,
		.held = foreign_is_held(&hpa),
		.min = spec->min_replicas.set ? spec->min_replicas.value : 1,
		.max = spec->max_replicas,
		.fingerprint = fingerprint };
	return put(f, &p, err);
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

enum error_kind foreign_put_keda(struct foreign *f, struct sv json, struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct object_meta meta;
	struct jtree *t;

	arena_init(&a, LIMIT_PASS_ARENA_BYTES);
	if (jtree_parse(&a, json, &t, err) != ERR_OK ||
		object_meta_decode(&a, t, &meta, err) != ERR_OK)
		return err->kind;
	const struct jtree *ref = jtree_at(t, "spec", "scaleTargetRef", NULL);
	const struct hpa_ref target = {
		.api_version = text_or(jtree_get(ref, "apiVersion"), SV("apps/v1")),
		.kind = text_or(jtree_get(ref, "kind"), SV("Deployment")),
		.name = jtree_text(jtree_get(ref, "name")),
	};
	const struct put p = { .kind = FOREIGN_KEDA,
		.ns = meta.namespace,
		.name = meta.name,
		.target = &target,
		.held = is_paused(&meta) };
	return put(f, &p, err);
}

static bool could_act(const struct entry *e, const struct foreign_question *q)
{
	int32_t least = q->min > 1 ? q->min : 1;

	return !e->held || (e->kind == FOREIGN_NATIVE && (e->min > least || e->max < q->max));
}

bool foreign_find(
	const struct foreign *f, const struct foreign_question *question, struct foreign_actor *ret)
{
	AUTO(buf_done) struct buf key = { 0 };

	buf_init(&key, MAX_KEY_BYTES);
	if (!put_target_key(&key, question->ns, question->target))
		return false;
	for (const struct entry *e = map_get(&f->targets, buf_sv(&key)); e; e = e->next) {
		if (!could_act(e, question))
			continue;
		*ret = (struct foreign_actor){ .kind = e->kind,
			.ns = sv_from(e->object, e->ns_len),
			.name = sv_of(e->object + e->ns_len + 1),
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
