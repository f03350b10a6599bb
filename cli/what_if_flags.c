/* Flags -> what-ifs: texts to numbers, and which metric of which object each of them means. */
#include "cli/what_if_flags.h"

#include "cli/plan_words.h"
#include "cli/what_if_world.h"

#define PERCENT '%'
/* Names of metrics in a message; more would hide the mistake. */
#define MAX_NAMES 12

bool what_if_given(const struct what_if_flags *flags)
{
	return flags->replicas >= 0 || flags->not_ready >= 0 || flags->totals.items.n > 0 ||
	       flags->per_pod.items.n > 0 || flags->cpu || flags->memory;
}

static enum error_kind parse_value(struct what_if_value *v, struct error *err)
{
	struct quantity q;
	struct error ignored;
	struct sv number = v->text;

	v->percent = number.len > 0 && number.ptr[number.len - 1] == PERCENT;
	if (v->percent)
		number.len--;
	if (quantity_parse(number, &q, &ignored) != ERR_OK || quantity_sign(&q) < 0 ||
		!quantity_milli_checked(&q, &v->milli))
		return error_set(err, ERR_INVALID,
			"--%s: '%.*s' is no value; expected a quantity from 0 such as 9, 250m or "
			"1Gi, or a percentage of the request such as 85%%",
			v->flag, SV_ARG(v->text));
	if (v->percent && !v->per_pod)
		return error_set(err, ERR_INVALID,
			"--%s: '%.*s' is a percentage, which has no total; use --per-pod=%.*s=%.*s",
			v->flag, SV_ARG(v->text), SV_ARG(v->metric), SV_ARG(v->text));
	return ERR_OK;
}

/* "NAME=VALUE"; a metric's name may hold '=' no more than a label's key may. */
static enum error_kind parse_pair(
	const char *flag, const char *text, struct what_if_value *v, struct error *err)
{
	bool found = false;

	v->flag = flag;
	v->metric = sv_cut(sv_of(text), '=', &v->text, &found);
	if (!found || v->metric.len == 0 || v->text.len == 0)
		return error_set(err, ERR_INVALID,
			"--%s=%s: expected NAME=VALUE, such as --%s=requests_per_second=9", flag,
			text, flag);
	return parse_value(v, err);
}

static enum error_kind parse_values(
	const struct what_if_flags *flags, struct what_if *w, struct error *err)
{
	const struct {
		const char *name, *text;
	} resources[] = { { "cpu", flags->cpu }, { "memory", flags->memory } };

	for (size_t i = 0; i < flags->totals.items.n; i++) {
		if (parse_pair("total", flags->totals.items.at[i], &w->values[w->n_values++],
			    err) != ERR_OK)
			return err->kind;
	}
	for (size_t i = 0; i < flags->per_pod.items.n; i++) {
		struct what_if_value *v = &w->values[w->n_values++];
		v->per_pod = true;
		if (parse_pair("per-pod", flags->per_pod.items.at[i], v, err) != ERR_OK)
			return err->kind;
	}
	for (size_t i = 0; i < ARRAY_LEN(resources); i++) {
		if (!resources[i].text)
			continue;
		struct what_if_value *v = &w->values[w->n_values++];
		*v = (struct what_if_value){ .flag = resources[i].name,
			.metric = sv_of(resources[i].name),
			.text = sv_of(resources[i].text),
			.per_pod = true };
		if (parse_value(v, err) != ERR_OK)
			return err->kind;
	}
	return ERR_OK;
}

static enum error_kind check_twice(const struct what_if *w, struct error *err)
{
	for (size_t i = 0; i < w->n_values; i++) {
		for (size_t k = 0; k < i; k++) {
			if (sv_eq(w->values[i].metric, w->values[k].metric))
				return error_set(err, ERR_INVALID,
					"%.*s is given twice, by --%s and --%s",
					SV_ARG(w->values[i].metric), w->values[k].flag,
					w->values[i].flag);
		}
	}
	return ERR_OK;
}

enum error_kind what_if_parse(
	struct arena *a, const struct what_if_flags *flags, struct what_if *ret, struct error *err)
{
	size_t n = flags->totals.items.n + flags->per_pod.items.n + 2;
	struct what_if w = { .values = ARENA_ARRAY(a, n, struct what_if_value) };

	if (!w.values)
		return arena_error(a, err);
	if (flags->replicas >= 0)
		w.replicas = opt_i32_of((int32_t)flags->replicas);
	if (flags->not_ready >= 0)
		w.not_ready = (int32_t)flags->not_ready;
	if (parse_values(flags, &w, err) != ERR_OK || check_twice(&w, err) != ERR_OK)
		return err->kind;
	*ret = w;
	return ERR_OK;
}

static struct sv name_of(const struct hpa_metric *m)
{
	const struct hpa_source *s = hpa_metric_source(m);
	if (!s)
		return SV_NULL;
	return hpa_metric_is_resource(m) ? s->resource : s->metric;
}

const struct what_if_value *what_if_flags_find(const struct what_if *w, const struct hpa_metric *m)
{
	struct sv name = name_of(m);
	for (size_t i = 0; name.len > 0 && i < w->n_values; i++) {
		if (sv_eq(w->values[i].metric, name))
			return &w->values[i];
	}
	return NULL;
}

static enum error_kind check_unit(
	const struct what_if_value *v, const struct hpa_metric *m, struct error *err)
{
	bool wants_percent = plan_words_is_percent(m);

	if (v->percent == wants_percent)
		return ERR_OK;
	if (wants_percent)
		return error_set(err, ERR_INVALID,
			"--%s: %.*s has a Utilization target; expected a percentage of the request "
			"for each pod, such as --per-pod=%.*s=85%%",
			v->flag, SV_ARG(v->metric), SV_ARG(v->metric));
	return error_set(err, ERR_INVALID,
		"--%s: %.*s has a target in units; expected a quantity such as 250m, not %.*s",
		v->flag, SV_ARG(v->metric), SV_ARG(v->text));
}

enum error_kind what_if_check(
	const struct what_if *w, const struct hpa *hpa, bool *used, struct error *err)
{
	int32_t replicas = what_if_replicas(w, hpa);

	if (replicas > WHAT_IF_MAX_PODS)
		return error_set(err, ERR_INVALID,
			"%.*s/%.*s: %d replicas are too many; say --replicas=N with N up to %d",
			SV_ARG(hpa->meta.ns), SV_ARG(hpa->meta.name), (int)replicas,
			WHAT_IF_MAX_PODS);
	if (w->not_ready > replicas)
		return error_set(err, ERR_INVALID,
			"--not-ready=%d: there are only %d replicas; expected 0 to %d",
			(int)w->not_ready, (int)replicas, (int)replicas);
	for (size_t i = 0; i < hpa->spec.n_metrics; i++) {
		const struct what_if_value *v = what_if_flags_find(w, &hpa->spec.metrics[i]);
		if (!v)
			continue;
		used[v - w->values] = true;
		int64_t total;
		if (check_unit(v, &hpa->spec.metrics[i], err) != ERR_OK ||
			what_if_world_total(hpa, &hpa->spec.metrics[i], v, replicas, &total, err) !=
				ERR_OK)
			return err->kind;
	}
	return ERR_OK;
}

enum error_kind what_if_refuse(const struct what_if_value *value, const struct hpa *const *hpas,
	size_t n, struct error *err)
{
	AUTO(buf_done) struct buf names = { 0 };
	size_t n_names = 0;

	buf_init(&names, ERROR_TEXT_MAX / 2);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < hpas[i]->spec.n_metrics && n_names < MAX_NAMES; k++) {
			struct sv name = name_of(&hpas[i]->spec.metrics[k]);
			buf_printf(&names, "%s%.*s", n_names++ > 0 ? ", " : "", SV_ARG(name));
		}
	}
	return error_set(err, ERR_INVALID,
		"--%s: there is no metric '%.*s'; the autoscaler reads %s", value->flag,
		SV_ARG(value->metric), n_names > 0 ? buf_text(&names) : "none");
}

int32_t what_if_replicas(const struct what_if *w, const struct hpa *hpa)
{
	if (w->replicas.set)
		return w->replicas.value;
	if (hpa->status.current_replicas > 0)
		return hpa->status.current_replicas;
	return hpa->spec.min_replicas.set ? hpa->spec.min_replicas.value : 1;
}
