/* Accept header -> JSON, Table, or a refusal.
 *
 * Clauses count in the order given (sorted by q); the first that we can serve wins. protobuf, YAML and CBOR are never chosen: every real client that
 * names them allows JSON too, and one that allows nothing else gets JSON with its true Content-Type rather than a 406. */
#include "adapter/accept.h"

#include "common/f64.h"
#include "common/mem.h"

/* kubectl sends five clauses. */
#define ACCEPT_CLAUSES_MAX 32u

struct clause {
	struct sv type;	      /* "application/json" */
	struct sv parameters; /* behind the first ';' */
	double q;
};

static struct sv parameter(struct sv parameters, const char *name)
{
	bool more = parameters.len > 0;
	while (more) {
		struct sv rest, value;
		bool found;
		struct sv one = sv_cut(parameters, ';', &rest, &more);
		struct sv key = sv_cut(one, '=', &value, &found);
		if (found && sv_eq_nocase(sv_trim(key), sv_of(name)))
			return sv_trim(value);
		parameters = rest;
	}
	return SV_NULL;
}

static size_t read_clauses(struct sv header, struct clause *clauses)
{
	size_t n = 0;
	bool more = header.len > 0;
	while (more && n < ACCEPT_CLAUSES_MAX) {
		struct sv rest;
		bool found;
		struct clause c = { .q = 1.0 };
		struct sv one = sv_cut(header, ',', &rest, &more);
		c.type = sv_trim(sv_cut(one, ';', &c.parameters, &found));
		struct sv q = parameter(c.parameters, "q");
		if (q.len && f64_parse(q, &c.q) != F64_OK)
			c.q = 1.0;
		header = rest;
		/* Insertion by descending q keeps the order of equals; q=0 does not exclude, as in the reference. */
		size_t at = n++;
		for (; at > 0 && clauses[at - 1].q < c.q; at--)
			clauses[at] = clauses[at - 1];
		clauses[at] = c;
	}
	return n;
}

static bool is_true(struct sv text)
{
	static const char *const WORDS[] = { "1", "t", "T", "true", "TRUE", "True" };
	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++)
		if (sv_is(text, WORDS[i]))
			return true;
	return false;
}

static bool wants_pretty(struct sv pretty_parameter, bool has_pretty, struct sv user_agent)
{
	if (has_pretty)
		return is_true(pretty_parameter);
	return sv_has_prefix(user_agent, SV("curl")) || sv_has_prefix(user_agent, SV("Wget")) ||
	       sv_has_prefix(user_agent, SV("Mozilla/5.0"));
}

static bool is_served(struct sv type)
{
	return sv_is(type, "application/json") || sv_is(type, "application/yaml") ||
	       sv_is(type, "application/vnd.kubernetes.protobuf");
}

/* The form that a clause's `as` asks for; false: it cannot be served. */
static bool read_form(
	const struct clause *c, struct sv as, enum accept_tables tables, struct accept *a)
{
	struct sv version = parameter(c->parameters, "v");
	bool table = sv_is(as, "Table");
	if (tables == ACCEPT_NO_TABLES || (tables == ACCEPT_ONLY_PARTIAL && table))
		return false;
	if (!sv_is(parameter(c->parameters, "g"), "meta.k8s.io"))
		return false;
	if (!sv_is(version, "v1") && !sv_is(version, "v1beta1"))
		return false;
	if (!table && !sv_is(as, "PartialObjectMetadataList") &&
		!sv_is(as, "PartialObjectMetadata"))
		return false;
	a->format = table ? ACCEPT_TABLE : ACCEPT_PARTIAL;
	a->table_version = version;
	return true;
}

static bool fits(const struct clause *c, enum accept_tables tables, struct accept *a)
{
	struct sv as = parameter(c->parameters, "as");
	bool any = sv_is(c->type, "*/*") || sv_is(c->type, "application/*");
	if (!any && !is_served(c->type))
		return false;
	if (as.len)
		return read_form(c, as, tables, a);
	if (parameter(c->parameters, "v").len)
		return false;
	a->format = ACCEPT_JSON;
	return true;
}

/* What the first clause that fits makes of the answer; NONE_WRITER: nothing fits. */
static struct accept choose(const struct clause *clauses, size_t n, enum accept_tables tables)
{
	struct accept a = { .format = ACCEPT_NONE_WRITER };
	for (size_t i = 0; i < n; i++) {
		if (!fits(&clauses[i], tables, &a))
			continue;
		a.pretty = is_true(parameter(clauses[i].parameters, "pretty"));
		break;
	}
	return a;
}

struct accept accept_choose(struct sv header, enum accept_tables tables, struct sv pretty_parameter,
	bool has_pretty, struct sv user_agent)
{
	struct clause clauses[ACCEPT_CLAUSES_MAX];
	struct accept a = { .format = ACCEPT_JSON };
	bool pretty = wants_pretty(pretty_parameter, has_pretty, user_agent);
	size_t n = read_clauses(header, clauses);
	if (n > 0 && sv_trim(header).len > 0) {
		bool routed = false, known = false;
		for (size_t i = 0; i < n; i++) {
			known = known || sv_is(clauses[i].type, "application/*");
			routed = routed || sv_is(clauses[i].type, "*/*") ||
				 is_served(clauses[i].type);
		}
		a = choose(clauses, n, tables);
		if (!routed)
			a.format = ACCEPT_NONE_ROUTER;
		/* The refusal itself is written by a negotiation that failed, which falls back to indented JSON. */
		if (a.format == ACCEPT_NONE_WRITER || (a.format == ACCEPT_NONE_ROUTER && !known))
			a.pretty = true;
	}
	a.pretty = a.pretty || pretty;
	return a;
}

struct sv accept_aggregated(struct sv header)
{
	struct clause clauses[ACCEPT_CLAUSES_MAX];
	size_t n = read_clauses(header, clauses);
	for (size_t i = 0; i < n; i++) {
		const struct clause *c = &clauses[i];
		bool any = sv_is(c->type, "*/*") || sv_is(c->type, "application/*");
		if (!any && !is_served(c->type))
			continue;
		struct sv as = parameter(c->parameters, "as"), v = parameter(c->parameters, "v");
		if (!as.len)
			return SV_NULL;
		if (sv_is(as, "APIGroupDiscoveryList") &&
			sv_is(parameter(c->parameters, "g"), "apidiscovery.k8s.io") &&
			(sv_is(v, "v2") || sv_is(v, "v2beta1")))
			return v;
	}
	return SV_NULL;
}
