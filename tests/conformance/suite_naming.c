/* Suite `naming`: rules given as JSON against series names, labels, resources and questions. */
#include <stdlib.h>

#include "adapter/query.h"
#include "tests/conformance/adapter_cluster.h"
#include "tests/conformance/conformance.h"

struct naming_case {
	struct conformance *c;
	const struct jtree *row;
	struct mapper *mapper;
	struct naming naming;
};

static void run_load(struct naming_case *n)
{
	(void)n; /* that it compiled is all there is to check */
}

static void run_name(struct naming_case *n)
{
	struct sv series = conformance_text(n->row, "series");
	struct error err = { 0 };
	bool passes = false;
	if (naming_passes(&n->naming, series, &passes, &err)) {
		conformance_fail(n->c, "passes: %s", err.text);
		return;
	}
	if (!conformance_eq_bool(n->c, "passes", conformance_flag(n->row, "passes"), passes) ||
		!passes)
		return;
	struct sv metric = SV_NULL;
	enum error_kind kind = naming_metric(&n->naming, n->c->a, series, &metric, &err);
	if (adapter_cluster_outcome(n->c, n->row, kind == ERR_OK, sv_of(err.text)))
		conformance_eq_text(n->c, "metric", conformance_text(n->row, "metric"), metric);
}

static int by_name(const void *a, const void *b)
{
	return sv_cmp(*(const struct sv *)a, *(const struct sv *)b);
}

static void run_resources(struct naming_case *n)
{
	const struct jtree *labels = jtree_get(n->row, "labels"),
			   *wanted = jtree_get(n->row, "resources");
	struct sv *found = ARENA_ARRAY(n->c->a, labels->n + 1, struct sv);
	size_t n_found = 0;
	JTREE_FOREACH (label, labels) {
		struct mapper_name name;
		struct error err = { 0 };
		bool is_resource = false;
		if (naming_resource(&n->naming.mapping, n->mapper, jtree_text(label), &is_resource,
			    &name, &err)) {
			conformance_fail(n->c, "resources: %s", err.text);
			return;
		}
		if (is_resource)
			found[n_found++] =
				sv_of(arena_printf(n->c->a, "%.*s%s%.*s", SV_ARG(name.plural),
					name.group.len ? "." : "", SV_ARG(name.group)));
	}
	qsort(found, n_found, sizeof(*found), by_name);
	if (!conformance_eq_i64(n->c, "resources", (int64_t)wanted->n, (int64_t)n_found))
		return;
	size_t i = 0;
	JTREE_FOREACH (want, wanted)
		if (!conformance_eq_text(n->c, "resource", jtree_text(want), found[i++]))
			return;
}

static void run_label(struct naming_case *n)
{
	struct sv label = SV_NULL;
	struct error err = { 0 };
	enum error_kind kind = naming_label(&n->naming.mapping, n->mapper, n->c->a,
		mapper_split(conformance_text(n->row, "resource")), &label, &err);
	if (adapter_cluster_outcome(n->c, n->row, kind == ERR_OK, sv_of(err.text)))
		conformance_eq_text(n->c, "label", conformance_text(n->row, "label"), label);
}

static unsigned hex_digit(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
}

static struct sv from_hex(struct arena *a, struct sv hex)
{
	char *bytes = arena_strdup(a, hex);
	for (size_t i = 0; bytes && i + 1 < hex.len; i += 2)
		bytes[i / 2] = (char)(hex_digit(hex.ptr[i]) * 16 + hex_digit(hex.ptr[i + 1]));
	return sv_from(bytes, hex.len / 2);
}

static void ask(struct naming_case *n, struct query_question *q)
{
	struct selector selector = { 0 };
	struct error err = { 0 };
	struct sv wanted_error = conformance_text(n->row, "selectorError");
	if (selector_parse(n->c->a, conformance_text(n->row, "selector"), &selector, NULL, &err)) {
		if (!wanted_error.len)
			conformance_fail(n->c, "selector: %s", err.text);
		return;
	}
	if (wanted_error.len) {
		conformance_fail(n->c, "expected the selector to be refused");
		return;
	}
	q->series = conformance_text(n->row, "series");
	q->mapping = &n->naming.mapping;
	q->template = n->naming.query;
	q->metric_selector = &selector;
	q->exact_text = true;
	struct sv text = SV_NULL, label = SV_NULL;
	enum error_kind kind = query_build(n->c->a, n->mapper, q, &text, &label, &err);
	if (adapter_cluster_outcome(n->c, n->row, kind == ERR_OK, sv_of(err.text)))
		conformance_eq_text(n->c, "query", conformance_text(n->row, "query"), text);
}

static void run_query(struct naming_case *n)
{
	const struct jtree *names = jtree_get(n->row, "names");
	struct sv *list = ARENA_ARRAY(n->c->a, names->n + 1, struct sv);
	size_t i = 0;
	JTREE_FOREACH (name, names)
		list[i++] = jtree_text(name);
	struct sv hex = conformance_text(n->row, "namesHex");
	if (hex.len)
		list[0] = from_hex(n->c->a, hex);
	struct query_question q = {
		.namespace = conformance_text(n->row, "namespace"),
		.resource = mapper_split(conformance_text(n->row, "resource")),
		.names = list,
		.n_names = names->n,
	};
	ask(n, &q);
}

static void run_external(struct naming_case *n)
{
	struct opt_bool namespaced = n->naming.rule->mapping.namespaced;
	struct query_question q = { 0 };
	if (!namespaced.set || namespaced.value)
		q.namespace = conformance_text(n->row, "namespace");
	ask(n, &q);
}

static const struct {
	const char *kind;
	void (*run)(struct naming_case *n);
} KINDS[] = {
	{ "load", run_load },
	{ "name", run_name },
	{ "resources", run_resources },
	{ "label", run_label },
	{ "query", run_query },
	{ "external", run_external },
};

/* The rule through the decoder of the file format: JSON is YAML. */
static enum error_kind load(struct naming_case *n, struct error *err)
{
	bool external = sv_is(conformance_text(n->row, "kind"), "external");
	struct buf text;
	buf_init(&text, 1u << 20);
	buf_printf(&text, "{\"%s\":[", external ? "externalRules" : "rules");
	jtree_print(&text, jtree_get(n->row, "rule"));
	buf_put_str(&text, "]}");
	struct rules_config config = { 0 };
	struct sv kept = arena_sv(n->c->a, buf_sv(&text));
	buf_done(&text);
	if (rules_parse(n->c->a, kept, "rule", &config, err))
		return err->kind;
	return naming_compile(
		n->c->a, n->mapper, external ? config.external : config.rules, &n->naming, err);
}

static void run(struct conformance *c, const struct jtree *row)
{
	AUTO(mapper_unref) struct mapper *mapper = adapter_cluster_new(c, ADAPTER_CLUSTER_NAMING);
	struct naming_case n = { .c = c, .row = row, .mapper = mapper };
	struct error err = { 0 };
	if (!mapper)
		return;
	enum error_kind kind = load(&n, &err);
	struct sv wanted_error = conformance_text(row, "loadError");
	if (kind && !wanted_error.len)
		conformance_fail(c, "expected to load, got: %s", err.text);
	else if (!kind && wanted_error.len)
		conformance_fail(c, "expected to be refused: %.*s", SV_ARG(wanted_error));
	for (size_t i = 0; !kind && !wanted_error.len && i < ARRAY_LEN(KINDS); i++)
		if (sv_is(conformance_text(row, "kind"), KINDS[i].kind))
			KINDS[i].run(&n);
	naming_done(&n.naming);
}

extern const struct suite suite_naming[];
const struct suite suite_naming[] = { { "naming", run }, { 0 } };
