/* The file format of rules: YAML (or JSON) text -> struct rules_config.
 *
 * Acceptance is that of a strict struct decoder over YAML 1.1 (go-yaml v2): keys are exact, unknown and repeated keys are refused, null counts as
 * absent, any scalar may stand where text is wanted (123 is the text "123", yes is "yes"), but only a real boolean where one is wanted.
 * Only the first document counts; what follows it is not even parsed. Whether the texts mean anything is decided in naming.c. */
#include "adapter/rules.h"

#include "common/decoder.h"
#include "common/yx.h"

struct reader {
	struct decoder d;
	bool exact; /* our own keys are unknown */
	struct rules_config config;
};

static void decode_overrides(
	struct decoder *d, const struct jtree *t, const char *where, struct rules_mapping *m)
{
	static const char *const KEYS[] = { "group", "resource", NULL };
	if (!decoder_is_object(d, t, where))
		return;
	struct rules_override *list = decoder_array(d, t->n, sizeof(*list));
	if (!list)
		return;
	size_t n = 0;
	JTREE_FOREACH (child, t) {
		struct rules_override *o = &list[n++];
		o->label = child->raw_key.ptr ? child->raw_key : child->key;
		o->line = child->key_line;
		if (!decoder_is_object(d, child, "resources.overrides"))
			continue;
		decoder_check_keys(d, child, "resources.overrides", KEYS);
		o->group = decoder_text(d, jtree_get(child, "group"), "resources.overrides.group");
		o->resource = decoder_text(
			d, jtree_get(child, "resource"), "resources.overrides.resource");
	}
	m->overrides = list;
	m->n_overrides = n;
}

static void decode_mapping(struct decoder *d, const struct jtree *t, struct rules_mapping *m)
{
	static const char *const KEYS[] = { "template", "overrides", "namespaced", NULL };
	if (!decoder_is_object(d, t, "resources"))
		return;
	decoder_check_keys(d, t, "resources", KEYS);
	m->template = decoder_text(d, jtree_get(t, "template"), "resources.template");
	decode_overrides(d, jtree_get(t, "overrides"), "resources.overrides", m);
	m->namespaced = decoder_bool(d, jtree_get(t, "namespaced"), "resources.namespaced");
}

static void decode_filters(struct decoder *d, const struct jtree *t, struct rules_rule *rule)
{
	static const char *const KEYS[] = { "is", "isNot", NULL };
	if (!decoder_is_list(d, t, "seriesFilters"))
		return;
	struct rules_filter *list = decoder_array(d, t->n, sizeof(*list));
	if (!list)
		return;
	size_t n = 0;
	JTREE_FOREACH (child, t) {
		struct rules_filter *f = &list[n++];
		if (!decoder_is_object(d, child, "seriesFilters"))
			continue;
		decoder_check_keys(d, child, "seriesFilters", KEYS);
		f->is = decoder_text(d, jtree_get(child, "is"), "seriesFilters.is");
		f->is_not = decoder_text(d, jtree_get(child, "isNot"), "seriesFilters.isNot");
	}
	rule->filters = list;
	rule->n_filters = n;
}

/* Empty: the server of the flags, which has a name too. */
static struct sv decode_server(struct reader *r, const struct jtree *t)
{
	struct sv name = decoder_text(&r->d, t, "server");
	if (name.len == 0 || sv_is(name, SERVER_CONFIG_DEFAULT))
		return SV("");
	if (!server_config_find(r->config.servers, r->config.n_servers, name))
		decoder_find(&r->d, t, "server", "must be a name from the list servers");
	return name;
}

static void decode_rule(struct reader *r, const struct jtree *t, struct rules_rule *rule)
{
	static const char *const KEYS[] = { "seriesQuery", "seriesFilters", "resources", "name",
		"metricsQuery", "server", "enforceNamespace", "sampleTimestamp", NULL };
	static const char *const EXACT_KEYS[] = { "seriesQuery", "seriesFilters", "resources",
		"name", "metricsQuery", NULL };
	static const char *const NAME_KEYS[] = { "matches", "as", NULL };
	struct decoder *d = &r->d;
	rule->line = t->line;
	if (!decoder_is_object(d, t, "rule"))
		return;
	decoder_check_keys(d, t, "rule", r->exact ? EXACT_KEYS : KEYS);
	rule->server = decode_server(r, jtree_get(t, "server"));
	rule->enforce_namespace =
		decoder_bool(d, jtree_get(t, "enforceNamespace"), "enforceNamespace").value;
	rule->sample_timestamp =
		decoder_bool(d, jtree_get(t, "sampleTimestamp"), "sampleTimestamp").value;
	rule->series_query = decoder_text(d, jtree_get(t, "seriesQuery"), "seriesQuery");
	decode_filters(d, jtree_get(t, "seriesFilters"), rule);
	decode_mapping(d, jtree_get(t, "resources"), &rule->mapping);
	const struct jtree *name = jtree_get(t, "name");
	if (decoder_is_object(d, name, "name")) {
		decoder_check_keys(d, name, "name", NAME_KEYS);
		rule->name_matches = decoder_text(d, jtree_get(name, "matches"), "name.matches");
		rule->name_as = decoder_text(d, jtree_get(name, "as"), "name.as");
	}
	rule->metrics_query = decoder_text(d, jtree_get(t, "metricsQuery"), "metricsQuery");
}

static const struct rules_rule *decode_rules(
	struct reader *r, const struct jtree *t, bool external, size_t *ret_n)
{
	struct decoder *d = &r->d;
	if (!decoder_is_list(d, t, external ? "externalRules" : "rules"))
		return NULL;
	struct rules_rule *list = decoder_array(d, t->n, sizeof(*list));
	if (!list)
		return NULL;
	size_t n = 0;
	JTREE_FOREACH (child, t) {
		list[n].index = n;
		list[n].external = external;
		decode_rule(r, child, &list[n]);
		n++;
	}
	*ret_n = n;
	return list;
}

static void decode_resource_rule(
	struct reader *r, const struct jtree *t, const char *where, struct rules_resource *rule)
{
	static const char *const KEYS[] = { "containerQuery", "nodeQuery", "resources",
		"containerLabel", "server", NULL };
	static const char *const EXACT_KEYS[] = { "containerQuery", "nodeQuery", "resources",
		"containerLabel", NULL };
	struct decoder *d = &r->d;
	if (!decoder_is_object(d, t, where))
		return;
	rule->line = t->line;
	decoder_check_keys(d, t, where, r->exact ? EXACT_KEYS : KEYS);
	rule->container_query = decoder_text(d, jtree_get(t, "containerQuery"), "containerQuery");
	rule->node_query = decoder_text(d, jtree_get(t, "nodeQuery"), "nodeQuery");
	rule->container_label = decoder_text(d, jtree_get(t, "containerLabel"), "containerLabel");
	decode_mapping(d, jtree_get(t, "resources"), &rule->mapping);
	rule->server = decode_server(r, jtree_get(t, "server"));
}

static void decode_resource_rules(struct reader *r, const struct jtree *t)
{
	static const char *const KEYS[] = { "cpu", "memory", "window", NULL };
	struct decoder *d = &r->d;
	struct rules_config *config = &r->config;
	if (!decoder_is_object(d, t, "resourceRules"))
		return;
	config->has_resource_rules = true;
	decoder_check_keys(d, t, "resourceRules", KEYS);
	decode_resource_rule(r, jtree_get(t, "cpu"), "resourceRules.cpu", &config->cpu);
	decode_resource_rule(r, jtree_get(t, "memory"), "resourceRules.memory", &config->memory);
	const struct jtree *window = jtree_get(t, "window");
	if (jtree_is_absent(window))
		return;
	struct sv text = decoder_text(d, window, "resourceRules.window");
	struct error bad = { 0 };
	if ((text.ptr || window->kind == JTREE_STRING) &&
		rules_duration(text, &config->window_ns, &bad))
		decoder_find(d, window, "resourceRules.window", bad.text);
}

static void decode_file(struct reader *r, const struct jtree *root)
{
	static const char *const KEYS[] = { "rules", "externalRules", "resourceRules", "servers",
		NULL };
	static const char *const EXACT_KEYS[] = { "rules", "externalRules", "resourceRules", NULL };
	struct rules_config *config = &r->config;
	if (!decoder_is_object(&r->d, root, "file"))
		return;
	decoder_check_keys(&r->d, root, "file", r->exact ? EXACT_KEYS : KEYS);
	config->servers =
		server_config_decode(&r->d, jtree_get(root, "servers"), 0, &config->n_servers);
	config->rules = decode_rules(r, jtree_get(root, "rules"), false, &config->n_rules);
	config->external =
		decode_rules(r, jtree_get(root, "externalRules"), true, &config->n_external);
	decode_resource_rules(r, jtree_get(root, "resourceRules"));
}

/* A document marker stands in column 0 and is followed by a blank or the line's end, also inside block scalars and quotes. */
static bool is_marker(struct sv line, const char *marker)
{
	return sv_has_prefix(line, sv_of(marker)) &&
	       (line.len == 3 || line.ptr[3] == ' ' || line.ptr[3] == '\t' || line.ptr[3] == '\r');
}

/* The text up to the marker that ends the first document. */
static struct sv first_document(struct sv text)
{
	struct sv rest = text;
	bool inside = false;
	while (rest.len > 0) {
		struct sv at = rest;
		bool found;
		struct sv line = sv_cut(rest, '\n', &rest, &found);
		struct sv words = sv_trim(line);
		bool start = is_marker(line, "---");
		if (inside && (start || is_marker(line, "...")))
			return sv_take(text, (size_t)(at.ptr - text.ptr));
		inside = inside || start ||
			 (words.len > 0 && words.ptr[0] != '#' && line.ptr[0] != '%');
	}
	return text;
}

/* Only YAML 1.1 is read, and libyaml would take 1.2 too. */
static bool is_other_version(struct sv text)
{
	struct sv rest = text;
	bool more = text.len > 0;
	while (more) {
		struct sv line = sv_cut(rest, '\n', &rest, &more);
		struct sv words = sv_trim(line);
		if (sv_has_prefix(line, SV("%YAML")))
			return !sv_has_suffix(words, SV(" 1.1"));
		if (words.len > 0 && words.ptr[0] != '#' && line.ptr[0] != '%')
			return false;
	}
	return false;
}

static enum error_kind parse(struct arena *a, struct sv text, const char *name, struct reader *r,
	struct rules_config *ret, struct error *err)
{
	struct jtree **documents = NULL;
	size_t n = 0;
	if (is_other_version(text))
		return error_set(err, ERR_INVALID,
			"%s:1: found incompatible YAML document: only YAML 1.1 is read", name);
	if (yx_parse(a, first_document(text), name, &documents, &n, err))
		return err->kind;
	decoder_init(&r->d, a, name);
	if (n > 0)
		decode_file(r, documents[0]);
	if (decoder_end(&r->d, err))
		return err->kind;
	*ret = r->config;
	return ERR_OK;
}

enum error_kind rules_parse(struct arena *a, struct sv text, const char *name,
	struct rules_config *ret, struct error *err)
{
	struct reader r = { .exact = false };
	return parse(a, text, name, &r, ret, err);
}

enum error_kind rules_parse_exact(struct arena *a, struct sv text, const char *name,
	struct rules_config *ret, struct error *err)
{
	struct reader r = { .exact = true };
	return parse(a, text, name, &r, ret, err);
}

struct unit {
	const char *name;
	uint64_t ms;
};

/* In the order in which they may appear. */
static const struct unit UNITS[] = {
	{ "y", UINT64_C(365) * 24 * 3600 * 1000 },
	{ "w", UINT64_C(7) * 24 * 3600 * 1000 },
	{ "d", UINT64_C(24) * 3600 * 1000 },
	{ "h", UINT64_C(3600) * 1000 },
	{ "m", UINT64_C(60) * 1000 },
	{ "s", UINT64_C(1000) },
	{ "ms", UINT64_C(1) },
};

static enum error_kind bad_duration(struct sv text, struct error *err)
{
	return error_set(err, ERR_INVALID, "not a valid duration string: \"%.*s\"", SV_ARG(text));
}

static size_t n_leading(struct sv text, bool digits)
{
	size_t n = 0;
	while (n < text.len && text.ptr[n] != '.' &&
		(text.ptr[n] >= '0' && text.ptr[n] <= '9') == digits)
		n++;
	return n;
}

static size_t find_unit(struct sv name)
{
	size_t u = 0;
	while (u < ARRAY_LEN(UNITS) && !sv_is(name, UNITS[u].name))
		u++;
	return u;
}

/* One number and its unit from the front of *rest; *next_unit: the first unit that may still come. */
static enum error_kind take_part(
	struct sv text, struct sv *rest, size_t *next_unit, uint64_t *ret_ns, struct error *err)
{
	uint64_t value;
	struct sv number = sv_take(*rest, n_leading(*rest, true));
	*rest = sv_skip(*rest, number.len);
	struct sv name = sv_take(*rest, n_leading(*rest, false));
	*rest = sv_skip(*rest, name.len);
	if (number.len == 0 || name.len == 0 || !sv_to_u64(number, &value))
		return bad_duration(text, err);
	size_t u = find_unit(name);
	if (u == ARRAY_LEN(UNITS))
		return error_set(err, ERR_INVALID, "unknown unit \"%.*s\" in duration \"%.*s\"",
			SV_ARG(name), SV_ARG(text));
	if (u < *next_unit)
		return bad_duration(text, err);
	*next_unit = u + 1;
	if (__builtin_mul_overflow(value, UNITS[u].ms * UINT64_C(1000000), ret_ns))
		return error_set(err, ERR_INVALID, "duration out of range");
	return ERR_OK;
}

enum error_kind rules_duration(struct sv text, int64_t *ret_ns, struct error *err)
{
	uint64_t total_ns = 0, part_ns = 0;
	size_t next_unit = 0;
	struct sv rest = text;
	if (text.len == 0)
		return error_set(err, ERR_INVALID, "empty duration string");
	if (sv_is(text, "0"))
		rest = SV("");
	while (rest.len > 0) {
		if (take_part(text, &rest, &next_unit, &part_ns, err))
			return err->kind;
		if (__builtin_add_overflow(total_ns, part_ns, &total_ns) || total_ns > INT64_MAX)
			return error_set(err, ERR_INVALID, "duration out of range");
	}
	*ret_ns = (int64_t)total_ns;
	return ERR_OK;
}
