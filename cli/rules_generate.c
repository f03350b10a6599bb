/* Six rules over two selectors: cAdvisor's series by the labels namespace and pod, and every other series by whatever labels name resources. The second
 * selector lists nearly all that Prometheus has, at every relist; the text says so where a person will read it. */
#include "cli/rules_generate.h"

#include "promql/duration.h"

/* Prometheus has no limit; nobody's prefix is longer. */
#define MAX_PREFIX_BYTES 64

struct rule {
	const char *comment;
	bool container; /* selector and labels of cAdvisor */
	const char *is_not, *matches;
	bool rate;
};

static const struct rule RULES[] = {
	{ "CPU time and the like of containers, per second", true, NULL,
		"^container_(.*)_seconds_total$", true },
	{ "other counters of containers, per second", true, "^container_.*_seconds_total$",
		"^container_(.*)_total$", true },
	{ "gauges of containers", true, "^container_.*_total$", "^container_(.*)$", false },
	{ "gauges of everything else; this selector, used three times, lists nearly all series of "
	  "the server at every relist: narrow it",
		false, ".*_total$", NULL, false },
	{ "counters, per second", false, ".*_seconds_total", "^(.*)_total$", true },
	{ "counters of seconds, per second", false, NULL, "^(.*)_seconds_total$", true },
};

static enum error_kind check(const struct rules_generate_options *o, struct error *err)
{
	struct sv prefix = sv_of(o->label_prefix);
	int64_t ignored;

	for (size_t i = 0; i < prefix.len; i++) {
		char c = prefix.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		if ((!letter && !(i > 0 && c >= '0' && c <= '9')) || i == MAX_PREFIX_BYTES)
			return error_set(err, ERR_INVALID,
				"--label-prefix: '%s' cannot begin the name of a label; expected "
				"letters, digits and _, such as kube_",
				o->label_prefix);
	}
	if (duration_parse(sv_of(o->rate_interval), &ignored, err) != ERR_OK)
		return error_wrap(err, "--rate-interval");
	return ERR_OK;
}

static void put_rule(struct buf *out, const struct rule *r, const struct rules_generate_options *o)
{
	buf_printf(out, "# %s\n", r->comment);
	if (r->container)
		buf_put_str(out, "- seriesQuery: '{__name__=~\"^container_.*\",container!=\"POD\","
				 "namespace!=\"\",pod!=\"\"}'\n");
	else
		buf_printf(out,
			"- seriesQuery: '{%snamespace!=\"\",__name__!~\"^container_.*\"}'\n",
			o->label_prefix);
	if (r->is_not)
		buf_printf(out, "  seriesFilters:\n  - isNot: '%s'\n", r->is_not);
	if (r->container)
		buf_put_str(out, "  resources:\n    overrides:\n"
				 "      namespace: {resource: namespace}\n"
				 "      pod: {resource: pod}\n");
	else
		buf_printf(out, "  resources:\n    template: '%s<<.Resource>>'\n", o->label_prefix);
	if (r->matches)
		buf_printf(out, "  name:\n    matches: '%s'\n", r->matches);
	buf_printf(out, "  metricsQuery: 'sum(%s<<.Series>>{<<.LabelMatchers>>%s}",
		r->rate ? "rate(" : "", r->container ? ",container!=\"POD\"" : "");
	if (r->rate)
		buf_printf(out, "[%s])", o->rate_interval);
	buf_put_str(out, ") by (<<.GroupBy>>)'\n");
}

enum error_kind rules_generate(
	const struct rules_generate_options *o, struct buf *out, struct error *err)
{
	if (check(o, err) != ERR_OK)
		return err->kind;
	buf_put_str(out, "rules:\n");
	for (size_t i = 0; i < ARRAY_LEN(RULES); i++)
		put_rule(out, &RULES[i], o);
	return buf_check(out, "the rules", err);
}
