/* How the linter's rules and findings are told. */
#include "cli/rules_report.h"

#include "cli/printable.h"
#include "common/jw.h"

static const char *const WORDS[] = { "OK", "WARNING", "ERROR" };
static const char *const SEVERITIES[] = { "error", "warning" };

static void put_metric(struct buf *out, const struct rules_file_rule *r)
{
	if (!r->rule) {
		buf_put_str(out, "metrics.k8s.io");
	} else if (r->metric.len > 0) {
		printable_put(out, r->metric);
	} else {
		buf_put_str(out, "series of ");
		printable_put(out, r->rule->series_query);
	}
	if (r->n_resources == 0)
		return;
	buf_put_str(out, " on ");
	rules_file_print_resources(out, r);
}

static void put_finding(struct buf *out, const struct rules_finding *f)
{
	const struct rules_finding_kind *kind = &rules_findings[f->id];

	buf_printf(out, "  %-8s ", SEVERITIES[kind->severity]);
	printable_put(out, sv_of(f->cause));
	buf_printf(out, " [%s]\n  cure     %s\n", kind->name, kind->cure);
}

static void put_rule(struct buf *out, const struct rules_check *c, size_t i)
{
	const struct rules_verdict *v = &c->rules[i];

	buf_printf(out, "%s  %s:%u  %-7s  ", v->rule->title, v->file->name, v->rule->line,
		WORDS[rules_check_worst(c, i)]);
	put_metric(out, v->rule);
	buf_put_char(out, '\n');
	if (v->query) {
		buf_put_str(out, "  query    ");
		printable_put(out, sv_of(v->query));
		buf_put_char(out, '\n');
	}
	if (v->asking) {
		buf_put_str(out, "  asked    ");
		printable_lines(out, sv_of(v->asking), false);
		buf_put_char(out, '\n');
	}
	for (size_t k = 0; k < c->n_findings; k++) {
		if (c->findings[k].of == i)
			put_finding(out, &c->findings[k]);
	}
}

static void put_count(struct buf *out, size_t n, const char *one)
{
	buf_printf(out, "%zu %s%s", n, one, n == 1 ? "" : "s");
}

/* Who would notice if the namespace were enforced. */
static void put_open_rules(struct buf *out, const struct rules_check *c)
{
	bool first = true;

	for (size_t i = 0; i < c->n_rules; i++) {
		const struct rules_verdict *v = &c->rules[i];
		bool open = false;
		for (size_t k = 0; k < c->n_findings && v->rule->part == RULES_FILE_EXTERNAL; k++) {
			const struct rules_finding *f = &c->findings[k];
			open = open || (f->of == i && (f->id == RULES_OTHER_NAMESPACES ||
							      f->id == RULES_IGNORES_NAMESPACE));
		}
		if (!open)
			continue;
		buf_printf(out, "%s%s (%s:%u)",
			first ? "external rules that ignore the namespace: " : ", ", v->rule->title,
			v->file->name, v->rule->line);
		first = false;
	}
	if (!first)
		buf_put_char(out, '\n');
}

void rules_report_text(struct buf *out, const struct rules_check *c)
{
	for (size_t i = 0; i < c->n_findings; i++) {
		const struct rules_finding *f = &c->findings[i];
		if (f->of != SIZE_MAX)
			continue;
		buf_printf(out, "%s:%u  ERROR\n", f->file, f->line);
		put_finding(out, f);
	}
	for (size_t i = 0; i < c->n_rules; i++)
		put_rule(out, c, i);
	put_open_rules(out, c);
	put_count(out, c->n_rules, "rule");
	buf_put_str(out, " in ");
	put_count(out, c->n_files, "file");
	buf_put_str(out, ": ");
	put_count(out, rules_check_count(c, RULES_ERROR), "error");
	buf_put_str(out, ", ");
	put_count(out, rules_check_count(c, RULES_WARNING), "warning");
	buf_put_char(out, '\n');
}

static void encode_finding(struct jw *w, const struct rules_finding *f)
{
	const struct rules_finding_kind *kind = &rules_findings[f->id];

	jw_object(w);
	jw_member_str(w, "finding", kind->name);
	jw_member_str(w, "severity", SEVERITIES[kind->severity]);
	jw_member_str(w, "file", f->file);
	jw_member_i64(w, "line", f->line);
	jw_member_str(w, "rule", f->rule);
	jw_member_str(w, "cause", f->cause);
	jw_member_str(w, "cure", kind->cure);
	jw_object_end(w);
}

static void encode_rule(struct jw *w, const struct rules_verdict *v)
{
	jw_object(w);
	jw_member_str(w, "rule", v->rule->title);
	jw_member_str(w, "file", v->file->name);
	jw_member_i64(w, "line", v->rule->line);
	if (v->rule->metric.len > 0)
		jw_member_sv(w, "metric", v->rule->metric);
	if (v->query)
		jw_member_str(w, "query", v->query);
	if (v->asking) {
		struct sv form;
		bool found;
		struct sv verdict = sv_cut(sv_of(v->asking), '\n', &form, &found);
		jw_member_sv(w, "asked", verdict);
		if (found)
			jw_member_sv(w, "groupedQuery", sv_trim(form));
	}
	jw_object_end(w);
}

void rules_report_json(struct buf *out, const struct rules_check *c)
{
	struct jw w;

	jw_init(&w, out);
	w.indent = 2;
	w.plain = true;
	jw_object(&w);
	jw_key(&w, "rules");
	jw_array(&w);
	for (size_t i = 0; i < c->n_rules; i++)
		encode_rule(&w, &c->rules[i]);
	jw_array_end(&w);
	jw_key(&w, "findings");
	jw_array(&w);
	for (size_t i = 0; i < c->n_findings; i++)
		encode_finding(&w, &c->findings[i]);
	jw_array_end(&w);
	jw_member_i64(&w, "errors", (int64_t)rules_check_count(c, RULES_ERROR));
	jw_member_i64(&w, "warnings", (int64_t)rules_check_count(c, RULES_WARNING));
	jw_object_end(&w);
	buf_put_char(out, '\n');
}
