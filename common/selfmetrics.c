/* Families in the order of their declaration, series in a map by their label values. A series is found by its label text, so the hot path is one
 * map lookup. */
#include "common/selfmetrics.h"

#include "common/f64.h"
#include "common/map.h"
#include "common/vec.h"

#define MAX_FAMILIES 256
/* Series of one family: one a namespace and name of 10,000 autoscalers. */
#define MAX_SERIES 10000
#define MAX_LABELS 8
#define MAX_BUCKETS 32
#define MAX_LABEL_TEXT 4096

#define DROPPED "flyball_selfmetrics_dropped_total"

struct one_series {
	double value; /* of a histogram: the sum */
	uint64_t count;
	uint64_t buckets[]; /* not cumulative; the last one is +Inf */
};

struct family {
	enum selfmetrics_kind kind;
	const char *name, *help;
	const char *label_names[MAX_LABELS];
	size_t n_labels;
	double buckets[MAX_BUCKETS];
	size_t n_buckets;
	struct map series; /* `{a="b",c="d"}` without braces -> struct one_series */
};

struct selfmetrics {
	VEC(struct family *) families;
	struct map by_name;
	uint64_t n_dropped;
	struct buf key;
};

struct selfmetrics *selfmetrics_new(void)
{
	struct selfmetrics *m = mem_zalloc(sizeof(*m));

	if (!m)
		return NULL;
	map_init(&m->by_name, MAX_FAMILIES);
	buf_init(&m->key, MAX_LABEL_TEXT);
	return m;
}

static void family_free(struct family *f)
{
	map_done(&f->series, mem_free);
	mem_free(f);
}

void selfmetrics_free(struct selfmetrics *m)
{
	if (!m)
		return;
	VEC_FOREACH (f, &m->families)
		family_free(*f);
	VEC_DONE(&m->families);
	map_done(&m->by_name, NULL);
	buf_done(&m->key);
	mem_free(m);
}

enum error_kind selfmetrics_declare(struct selfmetrics *m, enum selfmetrics_kind kind,
	const char *name, const char *help, const char *const *label_names, const double *buckets,
	size_t n_buckets, struct error *err)
{
	size_t n_labels = 0;

	while (label_names && label_names[n_labels])
		n_labels++;
	if (n_labels > MAX_LABELS || n_buckets > MAX_BUCKETS)
		return error_set(err, ERR_BUG, "%s: too many labels or buckets", name);
	struct family *f = mem_zalloc(sizeof(*f));
	struct family **slot = f ? VEC_PUSH(&m->families, MAX_FAMILIES) : NULL;
	if (!slot) {
		mem_free(f);
		return error_nomem(err);
	}
	*slot = f;
	f->kind = kind;
	f->name = name;
	f->help = help;
	f->n_labels = n_labels;
	f->n_buckets = n_buckets;
	for (size_t i = 0; i < n_labels; i++)
		f->label_names[i] = label_names[i];
	for (size_t i = 0; i < n_buckets; i++)
		f->buckets[i] = buckets[i];
	map_init(&f->series, MAX_SERIES);
	return map_set(&m->by_name, sv_of(name), f, NULL, err);
}

/* Backslash, quote and newline are escaped, as the text format wants it. */
static void put_escaped(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\\' || *text == '"')
			buf_put_char(out, '\\');
		if (*text == '\n')
			buf_put_str(out, "\\n");
		else
			buf_put_char(out, *text);
	}
}

static struct sv series_key(
	struct selfmetrics *m, const struct family *f, const char *const *label_values)
{
	buf_clear(&m->key);
	for (size_t i = 0; i < f->n_labels; i++) {
		buf_printf(&m->key, "%s%s=\"", i > 0 ? "," : "", f->label_names[i]);
		put_escaped(&m->key, label_values[i]);
		buf_put_char(&m->key, '"');
	}
	return buf_sv(&m->key);
}

/* The series, made when it is new; NULL when there is no room for it. */
static struct one_series *series_of(struct selfmetrics *m, const char *name,
	const char *const *label_values, struct family **ret_family)
{
	struct family *f = map_get(&m->by_name, sv_of(name));
	struct error ignored;

	if (!f)
		return NULL;
	*ret_family = f;
	struct sv key = series_key(m, f, label_values);
	struct one_series *s = map_get(&f->series, key);
	if (s || m->key.failed != ERR_OK) {
		m->n_dropped += s == NULL;
		return s;
	}
	s = mem_zalloc(sizeof(*s) + (f->n_buckets + 1) * sizeof(s->buckets[0]));
	if (s && map_set(&f->series, key, s, NULL, &ignored) == ERR_OK)
		return s;
	mem_free(s);
	m->n_dropped++;
	return NULL;
}

void selfmetrics_add(
	struct selfmetrics *m, const char *name, const char *const *label_values, double delta)
{
	struct family *f;
	struct one_series *s = series_of(m, name, label_values, &f);
	if (s)
		s->value += delta;
}

void selfmetrics_set(
	struct selfmetrics *m, const char *name, const char *const *label_values, double value)
{
	struct family *f;
	struct one_series *s = series_of(m, name, label_values, &f);
	if (s)
		s->value = value;
}

void selfmetrics_observe(
	struct selfmetrics *m, const char *name, const char *const *label_values, double value)
{
	struct family *f;
	struct one_series *s = series_of(m, name, label_values, &f);
	size_t i = 0;

	if (!s)
		return;
	while (i < f->n_buckets && value > f->buckets[i])
		i++;
	s->buckets[i]++;
	s->count++;
	s->value += value;
}

void selfmetrics_remove(struct selfmetrics *m, const char *name, const char *const *label_values)
{
	struct family *f = map_get(&m->by_name, sv_of(name));
	if (f)
		mem_free(map_take(&f->series, series_key(m, f, label_values)));
}

static void put_sample(
	struct buf *out, const char *name, const char *suffix, struct sv labels, double value)
{
	buf_printf(out, "%s%s", name, suffix);
	if (labels.len > 0)
		buf_printf(out, "{%.*s}", SV_ARG(labels));
	buf_put_char(out, ' ');
	f64_print_go_g(out, value);
	buf_put_char(out, '\n');
}

static void put_histogram(
	struct buf *out, const struct family *f, struct sv labels, const struct one_series *s)
{
	uint64_t cumulative = 0;

	for (size_t i = 0; i <= f->n_buckets; i++) {
		cumulative += s->buckets[i];
		buf_printf(out, "%s_bucket{%.*s%sle=\"", f->name, SV_ARG(labels),
			labels.len > 0 ? "," : "");
		if (i < f->n_buckets)
			f64_print_go_g(out, f->buckets[i]);
		else
			buf_put_str(out, "+Inf");
		buf_printf(out, "\"} %llu\n", (unsigned long long)cumulative);
	}
	put_sample(out, f->name, "_sum", labels, s->value);
	put_sample(out, f->name, "_count", labels, (double)s->count);
}

static void put_family(struct buf *out, const struct family *f)
{
	static const char *const TYPES[] = { "counter", "gauge", "histogram" };

	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", f->name, f->help, f->name, TYPES[f->kind]);
	MAP_FOREACH (e, &f->series) {
		if (f->kind == SELFMETRICS_HISTOGRAM)
			put_histogram(out, f, map_key(e), e->value);
		else
			put_sample(out, f->name, "", map_key(e),
				((const struct one_series *)e->value)->value);
	}
}

void selfmetrics_print(const struct selfmetrics *m, struct buf *out)
{
	VEC_FOREACH (f, &m->families)
		put_family(out, *f);
	buf_put_str(out,
		"# HELP " DROPPED
		" Observations that found no room for their series.\n# TYPE " DROPPED " counter\n");
	put_sample(out, DROPPED, "", SV_NULL, (double)m->n_dropped);
}
