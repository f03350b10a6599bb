/* Compiles rules and answers the questions of discovery and queries about them: series name -> passes? -> metric name; label <-> resource.
 *
 * A template of labels works both ways: executed with a resource it gives the label; executed with two named groups it gives a pattern over labels
 * (so its own text is pattern text there). Overrides win over the template. Where two overrides name one resource the first of the file is used in
 * queries; the reference's choice depends on the order of a hash map. Nothing here reads the cluster or Prometheus. */
#include "adapter/naming.h"

/* Label names and metric names stay far below; Prometheus' own default for a label's value is 2 KiB. */
#define NAMING_TEXT_MAX 4096u
/* A pattern of a configuration file has a handful of groups; Go's limit is higher than anybody's use. */
#define NAMING_GROUPS_MAX 64u

static enum error_kind execute(const struct template *t, struct sv group, struct sv resource,
	struct arena *a, struct sv *ret, struct error *err)
{
	struct buf out;
	buf_init(&out, NAMING_TEXT_MAX);
	struct template_data data = {
		.kind = TEMPLATE_RESOURCE, .group = group, .resource = resource
	};
	enum error_kind kind = template_execute(t, &data, &out, err);
	if (kind == ERR_OK)
		kind = buf_check(&out, "label", err);
	if (kind == ERR_OK) {
		*ret = arena_sv(a, buf_sv(&out));
		if (!ret->ptr)
			kind = arena_error(a, err);
	}
	buf_done(&out);
	return kind;
}

static enum error_kind compile_template(
	struct arena *a, struct sv text, struct naming_mapping *n, struct error *err)
{
	if (text.len == 0)
		return ERR_OK;
	if (template_parse(a, text, &n->template, err))
		return error_wrap(err, "unable to parse label template \"%.*s\"", SV_ARG(text));
	struct sv pattern = SV_NULL;
	if (execute(n->template, SV("(?P<group>.+?)"), SV("(?P<resource>.+?)"), a, &pattern, err))
		return error_wrap(err, "unable to generate label format from template \"%.*s\"",
			SV_ARG(text));
	if (pattern.len == 0)
		return error_set(err, ERR_INVALID,
			"unable to generate label format from template \"%.*s\": empty template",
			SV_ARG(text));
	char *whole = arena_printf(a, "^%.*s$", SV_ARG(pattern));
	if (!whole)
		return arena_error(a, err);
	if (rex_new(sv_of(whole), &n->label, err))
		return error_wrap(err, "unable to generate label format from template \"%.*s\"",
			SV_ARG(text));
	if (rex_group(n->label, SV("resource")) == 0)
		return error_set(err, ERR_INVALID,
			"unable to generate label format from template \"%.*s\": must include at "
			"least `<<.Resource>>` in the label template",
			SV_ARG(text));
	return ERR_OK;
}

enum error_kind naming_mapping_compile(struct arena *a, const struct mapper *m,
	const struct rules_mapping *mapping, struct naming_mapping *ret, struct error *err)
{
	struct naming_mapping made = { 0 };
	enum error_kind kind = compile_template(a, mapping->template, &made, err);
	if (kind == ERR_OK && mapping->n_overrides > 0) {
		made.overrides = ARENA_ARRAY(a, mapping->n_overrides, struct naming_override);
		if (!made.overrides)
			kind = arena_error(a, err);
	}
	for (size_t i = 0; kind == ERR_OK && i < mapping->n_overrides; i++) {
		const struct rules_override *o = &mapping->overrides[i];
		const struct mapper_resource *found = NULL;
		kind = mapper_resolve(m, o->group, o->resource, &found, err);
		if (kind) {
			error_wrap(err, "unable to normalize group-resource {%.*s %.*s}",
				SV_ARG(o->group), SV_ARG(o->resource));
			break;
		}
		struct mapper_name name = { arena_sv(a, found->group), arena_sv(a, found->plural) };
		if (!name.group.ptr || !name.plural.ptr)
			kind = arena_error(a, err);
		made.overrides[made.n_overrides++] = (struct naming_override){ o->label, name };
	}
	if (kind) {
		naming_mapping_done(&made);
		return kind;
	}
	*ret = made;
	return ERR_OK;
}

void naming_mapping_done(struct naming_mapping *n)
{
	if (!n)
		return;
	rex_free(n->label);
	n->label = NULL;
}

static enum error_kind add_filter(
	struct naming *n, struct sv pattern, bool must_match, struct error *err)
{
	struct naming_filter *f = &n->filters[n->n_filters];
	if (rex_new(pattern, &f->pattern, err))
		return error_wrap(err, "unable to compile series filter \"%.*s\"", SV_ARG(pattern));
	f->must_match = must_match;
	n->n_filters++;
	return ERR_OK;
}

static enum error_kind compile_filters(
	struct arena *a, const struct rules_rule *rule, struct naming *n, struct error *err)
{
	n->filters = ARENA_ARRAY(a, rule->n_filters + 1, struct naming_filter);
	if (!n->filters)
		return arena_error(a, err);
	enum error_kind kind = ERR_OK;
	for (size_t i = 0; kind == ERR_OK && i < rule->n_filters; i++) {
		const struct rules_filter *f = &rule->filters[i];
		if (f->is.len && f->is_not.len)
			kind = error_set(err, ERR_INVALID,
				"cannot have both an `is` (\"%.*s\") and `isNot` (\"%.*s\") "
				"expression in a single filter",
				SV_ARG(f->is), SV_ARG(f->is_not));
		else if (!f->is.len && !f->is_not.len)
			kind = error_set(err, ERR_INVALID,
				"must have either an `is` or `isNot` expression in a filter");
		else
			kind = add_filter(n, f->is.len ? f->is : f->is_not, f->is.len > 0, err);
	}
	if (kind)
		return error_wrap(err,
			"unable to generate series name filter associated with series query "
			"\"%.*s\"",
			SV_ARG(rule->series_query));
	if (rule->name_matches.len && add_filter(n, rule->name_matches, true, err))
		return error_wrap(err,
			"unable to generate series name filter from name rules associated with "
			"series query \"%.*s\"",
			SV_ARG(rule->series_query));
	return ERR_OK;
}

static enum error_kind compile_name(
	const struct rules_rule *rule, struct naming *n, struct error *err)
{
	struct sv pattern = rule->name_matches.len ? rule->name_matches : SV(".*");
	if (rex_new(pattern, &n->name, err))
		return error_wrap(err,
			"unable to compile series name match expression \"%.*s\" associated with "
			"series query \"%.*s\"",
			SV_ARG(pattern), SV_ARG(rule->series_query));
	n->as = rule->name_as;
	if (n->as.len)
		return ERR_OK;
	unsigned groups = rex_n_groups(n->name);
	if (groups > 1)
		return error_set(err, ERR_INVALID,
			"must specify an 'as' value for name matcher \"%.*s\" associated with "
			"series query \"%.*s\"",
			SV_ARG(pattern), SV_ARG(rule->series_query));
	n->as = groups == 1 ? SV("$1") : SV("$0");
	return ERR_OK;
}

enum error_kind naming_compile(struct arena *a, const struct mapper *m,
	const struct rules_rule *rule, struct naming *ret, struct error *err)
{
	struct naming made = { .rule = rule };
	enum error_kind kind = naming_mapping_compile(a, m, &rule->mapping, &made.mapping, err);
	if (kind == ERR_OK) {
		kind = template_parse(a, rule->metrics_query, &made.query, err);
		if (kind)
			error_wrap(err,
				"unable to construct metrics query associated with series query "
				"\"%.*s\": unable to parse metrics query template \"%.*s\"",
				SV_ARG(rule->series_query), SV_ARG(rule->metrics_query));
	}
	if (kind == ERR_OK)
		kind = compile_filters(a, rule, &made, err);
	if (kind == ERR_OK)
		kind = compile_name(rule, &made, err);
	if (kind) {
		naming_done(&made);
		return kind;
	}
	*ret = made;
	return ERR_OK;
}

void naming_done(struct naming *n)
{
	if (!n)
		return;
	naming_mapping_done(&n->mapping);
	for (size_t i = 0; i < n->n_filters; i++)
		rex_free(n->filters[i].pattern);
	n->n_filters = 0;
	rex_free(n->name);
	n->name = NULL;
}

enum error_kind naming_passes(
	const struct naming *n, struct sv series, bool *ret, struct error *err)
{
	for (size_t i = 0; i < n->n_filters; i++) {
		bool matched = false;
		if (rex_match(n->filters[i].pattern, series, &matched, NULL, 0, err))
			return err->kind;
		if (matched != n->filters[i].must_match) {
			*ret = false;
			return ERR_OK;
		}
	}
	*ret = true;
	return ERR_OK;
}

enum error_kind naming_metric(const struct naming *n, struct arena *a, struct sv series,
	struct sv *ret, struct error *err)
{
	struct sv groups[NAMING_GROUPS_MAX];
	size_t n_groups = (size_t)rex_n_groups(n->name) + 1;
	if (n_groups > NAMING_GROUPS_MAX)
		n_groups = NAMING_GROUPS_MAX;
	bool matched = false;
	if (rex_match(n->name, series, &matched, groups, n_groups, err))
		return err->kind;
	if (!matched)
		return error_set(err, ERR_INVALID,
			"series name \"%.*s\" does not match the name pattern", SV_ARG(series));
	if (!rex_expand(n->name, a, n->as, groups, n_groups, ret))
		return arena_error(a, err);
	return ERR_OK;
}

enum error_kind naming_resource(const struct naming_mapping *n, const struct mapper *m,
	struct sv label, bool *ret_found, struct mapper_name *ret, struct error *err)
{
	*ret_found = false;
	for (size_t i = 0; i < n->n_overrides; i++) {
		if (!sv_eq(n->overrides[i].label, label))
			continue;
		*ret = n->overrides[i].resource;
		*ret_found = true;
		return ERR_OK;
	}
	if (!n->label)
		return ERR_OK;
	struct sv groups[NAMING_GROUPS_MAX];
	size_t n_groups = (size_t)rex_n_groups(n->label) + 1;
	if (n_groups > NAMING_GROUPS_MAX)
		n_groups = NAMING_GROUPS_MAX;
	bool matched = false;
	if (rex_match(n->label, label, &matched, groups, n_groups, err))
		return err->kind;
	unsigned resource = rex_group(n->label, SV("resource"));
	unsigned group = rex_group(n->label, SV("group"));
	if (!matched || resource >= n_groups || group >= n_groups)
		return ERR_OK;
	/* A label that names no resource is the ordinary case, not an error. */
	struct error no_resource = { 0 };
	const struct mapper_resource *found = NULL;
	if (mapper_resolve(
		    m, group ? groups[group] : SV_NULL, groups[resource], &found, &no_resource))
		return ERR_OK;
	*ret = (struct mapper_name){ found->group, found->plural };
	*ret_found = true;
	return ERR_OK;
}

/* Prometheus' label names have no dots and dashes. */
static struct sv sanitise_group(struct arena *a, struct sv group)
{
	char *copy = arena_strdup(a, group);
	for (char *p = copy; p && *p; p++)
		if (*p == '.' || *p == '-')
			*p = '_';
	return copy ? sv_of(copy) : SV_NULL;
}

enum error_kind naming_label(const struct naming_mapping *n, const struct mapper *m,
	struct arena *a, struct mapper_name resource, struct sv *ret, struct error *err)
{
	for (size_t i = 0; i < n->n_overrides; i++) {
		const struct naming_override *o = &n->overrides[i];
		if (sv_eq(o->resource.group, resource.group) &&
			sv_eq(o->resource.plural, resource.plural)) {
			*ret = o->label;
			return ERR_OK;
		}
	}
	const char *dot = resource.group.len ? "." : "";
	if (!n->template)
		return error_set(err, ERR_INVALID,
			"unable to convert resource %.*s%s%.*s into label: no generic resource "
			"label form specified for this metric",
			SV_ARG(resource.plural), dot, SV_ARG(resource.group));
	struct sv group = sanitise_group(a, resource.group);
	if (!group.ptr)
		return arena_error(a, err);
	struct sv label = SV_NULL;
	if (execute(n->template, group, mapper_singular(m, resource.plural), a, &label, err))
		return error_wrap(err, "unable to convert resource %.*s%s%.*s into label",
			SV_ARG(resource.plural), dot, SV_ARG(resource.group));
	if (label.len == 0)
		return error_set(err, ERR_INVALID,
			"unable to convert resource %.*s%s%.*s into label: empty label",
			SV_ARG(resource.plural), dot, SV_ARG(resource.group));
	*ret = label;
	return ERR_OK;
}
