/* Rules as a table; with a server, the names that the adapter would serve now, found as its relist finds them. */
#include "cli/rules_list.h"

#include "cli/printable.h"
#include "cli/rules_series.h"

/* Names of all metrics of one rule: the default rules over a big cluster make some ten thousand. */
#define MAX_ARENA_BYTES (256u * 1024 * 1024)

static void put_head(struct buf *out, const struct rules_file *f, const struct rules_file_rule *r)
{
	buf_printf(out, "%s  %s:%u  ", r->title, f->name, r->line);
}

static void put_tail(struct buf *out, const struct rules_file_rule *r)
{
	if (r->n_resources > 0) {
		buf_put_str(out, " on ");
		rules_file_print_resources(out, r);
	}
	buf_put_char(out, '\n');
}

void rules_list_print(struct buf *out, const struct rules_file *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct rules_file_rule *r = &f->rules[i];
		put_head(out, f, r);
		if (r->problem)
			buf_put_str(out, "does not compile; flyball rules check tells why");
		else if (!r->rule)
			buf_put_str(out, "metrics.k8s.io");
		else if (r->metric.len > 0)
			printable_put(out, r->metric);
		else
			buf_put_str(out, "a metric for each series of ");
		if (r->rule && !r->problem && r->metric.len == 0)
			printable_put(out, r->rule->series_query);
		put_tail(out, r);
	}
}

static void put_metric(struct buf *out, const struct rules_series_metric *m)
{
	buf_put_str(out, "  ");
	printable_put(out, m->name);
	if (m->n_resources > 0)
		buf_put_str(out, " on ");
	for (size_t i = 0; i < m->n_resources; i++) {
		buf_put_str(out, i > 0 ? ", " : "");
		rules_file_print_resource(out, m->resources[i]);
	}
	buf_put_str(out, "  from ");
	printable_put(out, m->series);
	buf_put_char(out, '\n');
}

static enum error_kind list_rule(struct prom_source *s, const struct rules_file *f,
	const struct rules_file_rule *r, struct buf *out, size_t *silent, struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct rules_series found;

	arena_init(&a, MAX_ARENA_BYTES);
	if (r->problem || !r->rule)
		return ERR_OK;
	put_head(out, f, r);
	if (rules_series_find(s, &a, f, r, &found, err) != ERR_OK) {
		buf_printf(out, "%s\n", err->text);
		return err->kind;
	}
	buf_printf(out, "%zu metric%s of %llu series\n", found.n_metrics,
		found.n_metrics == 1 ? "" : "s", (unsigned long long)found.n_series);
	for (size_t i = 0; i < found.n_metrics; i++)
		put_metric(out, &found.metrics[i]);
	*silent += found.n_metrics == 0;
	return ERR_OK;
}

enum error_kind rules_list_now(struct prom_source *s, const struct rules_file *f, struct buf *out,
	size_t *ret_silent, struct error *err)
{
	enum error_kind first = ERR_OK;
	struct error one;

	*ret_silent = 0;
	for (size_t i = 0; i < f->n; i++) {
		enum error_kind kind = list_rule(s, f, &f->rules[i], out, ret_silent, &one);
		if (kind != ERR_OK && first == ERR_OK) {
			*err = one;
			first = kind;
		}
	}
	return first != ERR_OK ? first : buf_check(out, "the list", err);
}
