/* Text -> rules with their compiled form. The names that a cluster would resolve come from a table of Kubernetes' own resources, and from the overrides
 * themselves. */
#include "cli/rules_file.h"

#include "adapter/enforce.h"
#include "adapter/sample_time.h"
#include "cli/printable.h"
#include "promql/parser.h"

#define MAX_RESOURCES 32

/* group, version, plural, singular, kind, namespaced */
/* clang-format off */
static const struct mapper_resource WELL_KNOWN[] = {
	{ SV(""), SV("v1"), SV("pods"), SV("pod"), SV("Pod"), true, true, false },
	{ SV(""), SV("v1"), SV("namespaces"), SV("namespace"), SV("Namespace"), false, true, false },
	{ SV(""), SV("v1"), SV("nodes"), SV("node"), SV("Node"), false, true, false },
	{ SV(""), SV("v1"), SV("services"), SV("service"), SV("Service"), true, true, false },
	{ SV(""), SV("v1"), SV("persistentvolumeclaims"), SV("persistentvolumeclaim"), SV("PersistentVolumeClaim"), true, true, false },
	{ SV(""), SV("v1"), SV("persistentvolumes"), SV("persistentvolume"), SV("PersistentVolume"), false, true, false },
	{ SV(""), SV("v1"), SV("replicationcontrollers"), SV("replicationcontroller"), SV("ReplicationController"), true, true, false },
	{ SV("apps"), SV("v1"), SV("deployments"), SV("deployment"), SV("Deployment"), true, true, false },
	{ SV("apps"), SV("v1"), SV("statefulsets"), SV("statefulset"), SV("StatefulSet"), true, true, false },
	{ SV("apps"), SV("v1"), SV("daemonsets"), SV("daemonset"), SV("DaemonSet"), true, true, false },
	{ SV("apps"), SV("v1"), SV("replicasets"), SV("replicaset"), SV("ReplicaSet"), true, true, false },
	{ SV("batch"), SV("v1"), SV("jobs"), SV("job"), SV("Job"), true, true, false },
	{ SV("batch"), SV("v1"), SV("cronjobs"), SV("cronjob"), SV("CronJob"), true, true, false },
	{ SV("networking.k8s.io"), SV("v1"), SV("ingresses"), SV("ingress"), SV("Ingress"), true, true, false },
};
/* clang-format on */

/* A resource that nobody knows here gets the plural that most have. */
static enum error_kind trust(
	struct arena *a, struct mapper *m, const struct rules_override *o, struct error *err)
{
	char *name = arena_strdup(a, o->resource);

	if (!name)
		return arena_error(a, err);
	for (char *p = name; *p; p++)
		*p = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
	struct sv written = sv_of(name);
	bool plural = sv_has_suffix(written, SV("s"));
	const struct mapper_resource made = { .group = o->group,
		.version = SV("v1"),
		.plural = plural ? written : sv_of(arena_printf(a, "%ss", name)),
		.singular = plural ? sv_take(written, written.len - 1) : written,
		.kind = o->resource,
		.namespaced = true,
		.preferred = true };
	return made.plural.ptr ? mapper_add(m, &made, err) : arena_error(a, err);
}

static enum error_kind trust_all(
	struct arena *a, struct mapper *m, const struct rules_mapping *mapping, struct error *err)
{
	for (size_t i = 0; i < mapping->n_overrides; i++) {
		const struct rules_override *o = &mapping->overrides[i];
		const struct mapper_resource *found;
		struct error ignored;

		if (o->resource.len == 0 ||
			mapper_resolve(m, o->group, o->resource, &found, &ignored) == ERR_OK)
			continue;
		if (trust(a, m, o, err) != ERR_OK)
			return err->kind;
	}
	return ERR_OK;
}

static size_t count_overrides(const struct rules_config *c)
{
	size_t n = c->cpu.mapping.n_overrides + c->memory.mapping.n_overrides;

	for (size_t i = 0; i < c->n_rules; i++)
		n += c->rules[i].mapping.n_overrides;
	for (size_t i = 0; i < c->n_external; i++)
		n += c->external[i].mapping.n_overrides;
	return n;
}

static enum error_kind make_mapper(struct arena *a, struct rules_file *f, struct error *err)
{
	const struct rules_config *c = &f->config;

	if (mapper_new(ARRAY_LEN(WELL_KNOWN) + count_overrides(c), &f->mapper, err) != ERR_OK)
		return err->kind;
	for (size_t i = 0; i < ARRAY_LEN(WELL_KNOWN); i++) {
		if (mapper_add(f->mapper, &WELL_KNOWN[i], err) != ERR_OK)
			return err->kind;
	}
	for (size_t i = 0; i < c->n_rules; i++) {
		if (trust_all(a, f->mapper, &c->rules[i].mapping, err) != ERR_OK)
			return err->kind;
	}
	for (size_t i = 0; i < c->n_external; i++) {
		if (trust_all(a, f->mapper, &c->external[i].mapping, err) != ERR_OK)
			return err->kind;
	}
	if (trust_all(a, f->mapper, &c->cpu.mapping, err) != ERR_OK)
		return err->kind;
	return trust_all(a, f->mapper, &c->memory.mapping, err);
}

bool rules_file_is_namespaces(struct mapper_name resource)
{
	return resource.group.len == 0 && sv_is(resource.plural, "namespaces");
}

/* The overrides' resources, and what a template gives a pod; namespaces last. */
static enum error_kind list_resources(struct arena *a, struct rules_file_rule *r, struct error *err)
{
	struct mapper_name *list = ARENA_ARRAY(a, MAX_RESOURCES, struct mapper_name);
	const struct naming_mapping *m = &r->naming.mapping;
	bool namespaces = m->template != NULL;

	if (!list)
		return arena_error(a, err);
	r->resources = list;
	for (size_t i = 0; i < m->n_overrides && r->n_resources + 2 < MAX_RESOURCES; i++) {
		struct mapper_name one = m->overrides[i].resource;
		bool known = rules_file_is_namespaces(one);
		namespaces = namespaces || known;
		for (size_t k = 0; k < r->n_resources && !known; k++)
			known = sv_eq(list[k].plural, one.plural) &&
				sv_eq(list[k].group, one.group);
		if (!known)
			list[r->n_resources++] = one;
	}
	if (m->template && r->n_resources == 0)
		list[r->n_resources++] = (struct mapper_name){ SV(""), SV("pods") };
	if (namespaces)
		list[r->n_resources++] = (struct mapper_name){ SV(""), SV("namespaces") };
	return ERR_OK;
}

/* The only name that the selector allows. */
static struct sv only_name(struct arena *a, struct sv selector)
{
	struct ast *root;
	struct error ignored;

	if (parser_parse(a, selector, PARSER_ALL, &root, NULL, &ignored) != ERR_OK ||
		root->kind != AST_VECTOR)
		return SV("");
	for (size_t i = 0; i < root->vector.n_matchers; i++) {
		const struct matcher *m = &root->vector.matchers[i];
		if (sv_is(m->label, "__name__") && m->op == MATCHER_EQ)
			return m->value;
	}
	return SV("");
}

static enum error_kind name_metric(struct arena *a, struct rules_file_rule *r, struct error *err)
{
	bool passes;

	r->series = only_name(a, r->rule->series_query);
	if (r->series.len == 0)
		return ERR_OK;
	if (naming_passes(&r->naming, r->series, &passes, err) != ERR_OK)
		return err->kind;
	r->rejected = !passes;
	return passes ? naming_metric(&r->naming, a, r->series, &r->metric, err) : ERR_OK;
}

/* A rule that does not compile is kept with the reason. */
static enum error_kind add_rule(
	struct arena *a, struct rules_file *f, const struct rules_rule *rule, struct error *err)
{
	struct rules_file_rule *r = &f->rules[f->n++];

	*r = (struct rules_file_rule){ .part = rule->external ? RULES_FILE_EXTERNAL
							      : RULES_FILE_CUSTOM,
		.title = arena_printf(
			a, "%srule %zu", rule->external ? "external " : "", rule->index + 1),
		.line = rule->line,
		.rule = rule };
	if (!r->title)
		return arena_error(a, err);
	enum error_kind kind = naming_compile(a, f->mapper, rule, &r->naming, err);
	if (kind == ERR_OK && rule->enforce_namespace)
		kind = enforce_check(a, f->mapper, &r->naming, err);
	if (kind == ERR_OK && rule->sample_timestamp)
		kind = sample_time_check(a, f->mapper, &r->naming, err);
	if (kind == ERR_OK)
		kind = name_metric(a, r, err);
	if (kind == ERR_OK)
		return rule->external ? ERR_OK : list_resources(a, r, err);
	if (kind == ERR_NOMEM)
		return kind;
	r->problem = arena_strdup(a, sv_of(err->text));
	return r->problem ? ERR_OK : arena_error(a, err);
}

static enum error_kind add_resource(struct arena *a, struct rules_file *f,
	const struct rules_resource *resource, const char *what, bool containers, struct error *err)
{
	struct sv text = containers ? resource->container_query : resource->node_query;
	struct rules_file_rule *r = &f->rules[f->n];
	static const struct mapper_name POD = { SV(""), SV("pods") },
					NODE = { SV(""), SV("nodes") };

	if (text.len == 0)
		return ERR_OK;
	f->n++;
	*r = (struct rules_file_rule){ .part = containers ? RULES_FILE_CONTAINER : RULES_FILE_NODE,
		.title = arena_printf(a, "%s of %s", what, containers ? "containers" : "nodes"),
		.line = resource->line,
		.container_label = resource->container_label,
		.resources = containers ? &POD : &NODE,
		.n_resources = 1 };
	if (!r->title)
		return arena_error(a, err);
	enum error_kind kind =
		naming_mapping_compile(a, f->mapper, &resource->mapping, &r->naming.mapping, err);
	if (kind == ERR_OK)
		kind = template_parse(a, text, &r->naming.query, err);
	if (kind == ERR_OK || kind == ERR_NOMEM)
		return kind;
	r->problem = arena_strdup(a, sv_of(err->text));
	return r->problem ? ERR_OK : arena_error(a, err);
}

static enum error_kind add_all(struct arena *a, struct rules_file *f, struct error *err)
{
	const struct rules_config *c = &f->config;

	f->rules = ARENA_ARRAY(a, c->n_rules + c->n_external + 4, struct rules_file_rule);
	if (!f->rules)
		return arena_error(a, err);
	for (size_t i = 0; i < c->n_rules; i++) {
		if (add_rule(a, f, &c->rules[i], err) != ERR_OK)
			return err->kind;
	}
	for (size_t i = 0; i < c->n_external; i++) {
		if (add_rule(a, f, &c->external[i], err) != ERR_OK)
			return err->kind;
	}
	if (!c->has_resource_rules)
		return ERR_OK;
	if (add_resource(a, f, &c->cpu, "cpu", true, err) != ERR_OK ||
		add_resource(a, f, &c->cpu, "cpu", false, err) != ERR_OK ||
		add_resource(a, f, &c->memory, "memory", true, err) != ERR_OK)
		return err->kind;
	return add_resource(a, f, &c->memory, "memory", false, err);
}

enum error_kind rules_file_load(struct arena *a, const char *name, struct sv text,
	struct rules_file *ret, struct error *err)
{
	struct rules_file f = { .name = name };

	enum error_kind kind = rules_parse(a, text, name, &f.config, err);
	if (kind == ERR_OK)
		kind = make_mapper(a, &f, err);
	if (kind == ERR_OK)
		kind = add_all(a, &f, err);
	if (kind != ERR_OK)
		rules_file_done(&f);
	else
		*ret = f;
	return kind;
}

void rules_file_done(struct rules_file *f)
{
	for (size_t i = 0; i < f->n; i++)
		naming_done(&f->rules[i].naming);
	mapper_unref(f->mapper);
	*f = (struct rules_file){ 0 };
}

void rules_file_print_resource(struct buf *out, struct mapper_name resource)
{
	printable_put(out, resource.plural);
	if (resource.group.len > 0) {
		buf_put_char(out, '.');
		printable_put(out, resource.group);
	}
}

void rules_file_print_resources(struct buf *out, const struct rules_file_rule *r)
{
	for (size_t i = 0; i < r->n_resources; i++) {
		buf_put_str(out, i > 0 ? ", " : "");
		rules_file_print_resource(out, r->resources[i]);
	}
}
