/* How findings are told. */
#include "cli/check_report.h"

#include "common/jw.h"

static const char *severity_name(enum check_severity severity)
{
	return severity == CHECK_ERROR ? "error" : "warning";
}

static void put_finding(struct buf *out, const struct check_finding *f)
{
	const struct check_rule *rule = &check_rules[f->rule];

	buf_put_str(out, f->file);
	if (f->line > 0)
		buf_printf(out, ":%u:%u", f->line, f->column > 0 ? f->column : 1);
	buf_printf(out, ": %s: ", severity_name(rule->severity));
	if (f->path.len > 0)
		buf_printf(out, "%.*s: ", SV_ARG(f->path));
	buf_printf(out, "%.*s [%s]\n    cure: %s\n", SV_ARG(f->text), rule->name, rule->cure);
}

static void put_count(struct buf *out, size_t n, const char *one, const char *many)
{
	buf_printf(out, "%zu %s", n, n == 1 ? one : many);
}

void check_report_text(struct buf *out, const struct check *c)
{
	for (size_t i = 0; i < c->n_findings; i++)
		put_finding(out, &c->findings[i]);
	put_count(out, check_count(c, CHECK_ERROR), "error, ", "errors, ");
	put_count(out, check_count(c, CHECK_WARNING), "warning in ", "warnings in ");
	put_count(out, c->n_files, "file: ", "files: ");
	put_count(out, c->n_autoscalers, "autoscaler, ", "autoscalers, ");
	put_count(out, c->n_workloads, "workload", "workloads");
	if (c->n_rule_files > 0) {
		buf_put_str(out, ", ");
		put_count(out, c->n_rule_files, "rules file", "rules files");
	}
	if (c->n_tapes > 0) {
		buf_put_str(out, ", ");
		put_count(out, c->n_tapes, "tape", "tapes");
	}
	if (c->n_skipped > 0) {
		buf_put_str(out, ", ");
		put_count(out, c->n_skipped, "other document", "other documents");
	}
	buf_put_char(out, '\n');
}

static void encode_finding(struct jw *w, const struct check_finding *f)
{
	const struct check_rule *rule = &check_rules[f->rule];

	jw_object(w);
	jw_member_str(w, "rule", rule->name);
	jw_member_str(w, "severity", severity_name(rule->severity));
	jw_member_str(w, "file", f->file);
	if (f->line > 0) {
		jw_member_i64(w, "line", f->line);
		jw_member_i64(w, "column", f->column > 0 ? f->column : 1);
	}
	if (f->object.len > 0)
		jw_member_sv(w, "object", f->object);
	if (f->path.len > 0)
		jw_member_sv(w, "path", f->path);
	jw_member_sv(w, "text", f->text);
	jw_member_str(w, "cure", rule->cure);
	jw_object_end(w);
}

void check_report_json(struct buf *out, const struct check *c)
{
	struct jw w;

	jw_init(&w, out);
	w.indent = 2;
	w.plain = true;
	jw_object(&w);
	jw_key(&w, "findings");
	jw_array(&w);
	for (size_t i = 0; i < c->n_findings; i++)
		encode_finding(&w, &c->findings[i]);
	jw_array_end(&w);
	jw_member_i64(&w, "errors", (int64_t)check_count(c, CHECK_ERROR));
	jw_member_i64(&w, "warnings", (int64_t)check_count(c, CHECK_WARNING));
	jw_member_i64(&w, "files", (int64_t)c->n_files);
	jw_member_i64(&w, "autoscalers", (int64_t)c->n_autoscalers);
	jw_member_i64(&w, "workloads", (int64_t)c->n_workloads);
	jw_member_i64(&w, "rulesFiles", (int64_t)c->n_rule_files);
	jw_member_i64(&w, "tapes", (int64_t)c->n_tapes);
	jw_member_i64(&w, "otherDocuments", (int64_t)c->n_skipped);
	jw_object_end(&w);
	buf_put_char(out, '\n');
}
