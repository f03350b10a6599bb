/* The controller has watches of all; one look reads a namespace when the first Active object of our kind in it comes up. */
#include "cli/live_foreign.h"

#include "cli/printable.h"
#include "common/limits.h"
#include "kube/object_meta.h"

/* One that does not decode acts on nothing. */
static enum error_kind unless_invalid(const struct error *err)
{
	return err->kind == ERR_INVALID ? ERR_OK : err->kind;
}

static enum error_kind put_native(struct sv item, void *ctx, struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct live *l = ctx;
	struct object_id id;

	arena_init(&a, LIMIT_OBJECT_BYTES);
	if (object_meta_scan(&a, item, false, &id, err) != ERR_OK ||
		foreign_put_native(l->foreign, &id, item, err) != ERR_OK)
		return unless_invalid(err);
	return ERR_OK;
}

static enum error_kind put_keda(struct sv item, void *ctx, struct error *err)
{
	struct live *l = ctx;

	return foreign_put_keda(l->foreign, item, err) == ERR_OK ? ERR_OK : unless_invalid(err);
}

static enum error_kind read_kinds(struct live *l, struct sv ns, struct error *err)
{
	const struct autoscaler_kind_names *names = autoscaler_kind_names(AUTOSCALER_NATIVE);
	const struct api_path natives = { .group = sv_of(names->group),
		.version = sv_of(names->version),
		.namespace = ns,
		.resource = sv_of(names->plural) };
	const struct api_path keda = { .group = SV("keda.sh"),
		.version = SV("v1alpha1"),
		.namespace = ns,
		.resource = SV("scaledobjects") };

	if (live_each(l, &natives, names->resource, put_native, l, err) != ERR_OK &&
		err->kind != ERR_DENIED)
		return err->kind;
	if (discovery_find_group(l->discovery, SV("keda.sh")) &&
		live_each(l, &keda, "scaledobjects.keda.sh", put_keda, l, err) != ERR_OK &&
		err->kind != ERR_DENIED && err->kind != ERR_NOTFOUND)
		return err->kind;
	return ERR_OK;
}

static enum error_kind enter(struct live *l, struct sv ns, struct error *err)
{
	if (l->foreign && sv_eq(l->foreign_namespace, ns))
		return ERR_OK;
	struct sv copy = arena_sv(&l->arena, ns);
	if (!copy.ptr)
		return arena_error(&l->arena, err);
	foreign_free(l->foreign);
	l->foreign = foreign_new();
	if (!l->foreign)
		return error_nomem(err);
	l->foreign_namespace = copy;
	if (read_kinds(l, ns, err) == ERR_OK)
		return ERR_OK;
	foreign_free(TAKE_PTR(l->foreign));
	return error_wrap(err, "the other autoscalers of namespace %.*s", SV_ARG(ns));
}

enum error_kind live_foreign_tell(
	struct live *l, struct arena *a, const struct hpa *hpa, struct sv *ret, struct error *err)
{
	struct foreign_question ignored;

	if (!foreign_question_of(hpa, &ignored)) {
		*ret = SV("");
		return ERR_OK;
	}
	if (enter(l, hpa->meta.ns, err) != ERR_OK)
		return err->kind;
	struct sv text = foreign_tell(l->foreign, a, hpa);
	if (text.ptr)
		text = printable_text(a, text);
	if (!text.ptr)
		return arena_error(a, err);
	*ret = text;
	return ERR_OK;
}
