/* Command line -> one object of a cluster, as text. */
#include "cli/cluster_object.h"

#include <string.h>

#include "cli/verb_args.h"
#include "common/limits.h"
#include "kube/api_path.h"
#include "kube/wait.h"

static const char *const PREFIXES[AUTOSCALER_KINDS][3] = {
	[AUTOSCALER_NATIVE] = { "hpa/", "horizontalpodautoscaler/", "horizontalpodautoscalers/" },
	[AUTOSCALER_OWN] = { "fha/", "horizontalautoscaler/", "horizontalautoscalers/" },
};

void cluster_object_fill(struct option table[CLUSTER_OBJECT_N_OPTIONS], struct cluster_object *o)
{
	const struct option options[CLUSTER_OBJECT_N_OPTIONS] = {
		{ .name = "namespace",
			.letter = 'n',
			.kind = OPTION_TEXT,
			.target = &o->ns,
			.value_name = "NAME",
			.help = "of the object; without it the context's namespace" },
		{ .name = "kubeconfig",
			.kind = OPTION_TEXT,
			.target = &o->kubeconfig,
			.value_name = "FILE",
			.help = "which cluster; without it $KUBECONFIG, then ~/.kube/config, then "
				"the pod's service account" },
		{ .name = "context",
			.kind = OPTION_TEXT,
			.target = &o->context,
			.value_name = "NAME",
			.help = "of the kubeconfig" },
	};
	memcpy(table, options, sizeof(options));
}

enum error_kind cluster_object_check(struct cluster_object *o, struct error *err)
{
	const char *short_prefix = PREFIXES[o->kind][0];

	if (o->rest.items.n != 1)
		return error_set(
			err, ERR_INVALID, "expected the name of one object, %sNAME", short_prefix);
	struct sv name = sv_of(o->rest.items.at[0]);
	for (size_t i = 0; i < ARRAY_LEN(PREFIXES[0]); i++) {
		struct sv prefix = sv_of(PREFIXES[o->kind][i]);
		if (sv_has_prefix(name, prefix)) {
			name = sv_skip(name, prefix.len);
			break;
		}
	}
	if (name.len == 0 || sv_find(name, '/') < name.len)
		return error_set(err, ERR_INVALID,
			"'%s' is not the name of such an object; expected %sNAME",
			o->rest.items.at[0], short_prefix);
	o->name = name.ptr;
	return ERR_OK;
}

void cluster_object_done(struct cluster_object *o)
{
	options_list_done(&o->rest);
}

enum error_kind cluster_object_open(struct cluster_object *o, struct live *l, struct error *err)
{
	enum error_kind kind = live_open(l, o->kubeconfig, o->context, err);

	if (kind == ERR_OK && !o->ns)
		o->ns = l->ns;
	return kind;
}

int cluster_object_exit_code(const struct live *l, const struct error *err)
{
	bool configuration = !l->client && (err->kind == ERR_INVALID || err->kind == ERR_NOTFOUND);

	return configuration ? VERB_ARGS_BAD_INPUT : VERB_ARGS_NO;
}

enum error_kind cluster_object_get(struct live *l, struct arena *a, enum autoscaler_kind kind,
	const char *ns, const char *name, struct sv *ret, struct error *err)
{
	const struct autoscaler_kind_names *names = autoscaler_kind_names(kind);
	const struct api_path path = { .group = sv_of(names->group),
		.version = sv_of(names->version),
		.namespace = sv_of(ns),
		.resource = sv_of(names->plural),
		.name = sv_of(name) };
	AUTO(buf_done) struct buf body = { 0 };

	buf_init(&body, LIMIT_OBJECT_BYTES);
	if (wait_get_path(l->client, &path, names->resource, name, &body, err) != ERR_OK)
		return err->kind;
	*ret = arena_sv(a, buf_sv(&body));
	return ret->ptr ? ERR_OK : arena_error(a, err);
}
