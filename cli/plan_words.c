/* How numbers and parts of a decision are spelled for people. Values are those that the autoscaler's status would show, in decimal. */
#include "cli/plan_words.h"

#include <math.h>
#include <stdio.h>

#define MILLI 1000
#define KIB 1024.0
#define NUMBER_BYTES 64

bool plan_words_is_percent(const struct hpa_metric *m)
{
	const struct hpa_source *s = hpa_metric_source(m);

	return s && hpa_metric_is_resource(m) && !s->target.average_value.set;
}

bool plan_words_is_total(const struct hpa_metric *m)
{
	const struct hpa_source *s = hpa_metric_source(m);

	if (s && m->kind == HPA_METRIC_OBJECT)
		return sv_is(s->target.type, "Value") && s->target.value.set;
	bool one_number = m->kind == HPA_METRIC_EXTERNAL ||
			  (m->kind == HPA_METRIC_PROMETHEUS && !hpa_metric_is_per_pod(m));
	return s && one_number && !s->target.average_value.set;
}

void plan_words_metric(struct buf *out, const struct hpa_metric *m)
{
	const struct hpa_source *s = hpa_metric_source(m);

	if (!s) {
		buf_printf(out, "unknown type \"%.*s\"", SV_ARG(m->type));
		return;
	}
	switch (m->kind) {
	case HPA_METRIC_OBJECT:
		buf_printf(out, "object/%.*s of %.*s/%.*s", SV_ARG(s->metric),
			SV_ARG(s->described.kind), SV_ARG(s->described.name));
		break;
	case HPA_METRIC_PODS:
		buf_printf(out, "pods/%.*s", SV_ARG(s->metric));
		break;
	case HPA_METRIC_RESOURCE:
		buf_printf(out, "resource/%.*s", SV_ARG(s->resource));
		break;
	case HPA_METRIC_CONTAINER_RESOURCE:
		buf_printf(out, "resource/%.*s of container %.*s", SV_ARG(s->resource),
			SV_ARG(s->container));
		break;
	case HPA_METRIC_EXTERNAL:
		buf_printf(out, "external/%.*s", SV_ARG(s->metric));
		break;
	case HPA_METRIC_PROMETHEUS:
		buf_printf(out, "prometheus/%.*s", SV_ARG(s->metric));
		break;
	case HPA_METRIC_UNKNOWN:
		break;
	}
}

static bool is_memory(const struct hpa_metric *m)
{
	const struct hpa_source *s = hpa_metric_source(m);
	return s && sv_is(s->resource, "memory");
}

static void put_trimmed(struct buf *out, double number, int decimals, int keep)
{
	char text[NUMBER_BYTES];
	int n = snprintf(text, sizeof(text), "%.*f", decimals, number);

	for (int spare = decimals - keep; n > 0 && spare > 0 && text[n - 1] == '0'; spare--)
		n--;
	if (n > 0 && text[n - 1] == '.')
		n--;
	buf_put(out, text, n > 0 && n < (int)sizeof(text) ? (size_t)n : 0);
}

void plan_words_number(struct buf *out, double number)
{
	put_trimmed(out, number, 3, 0);
}

void plan_words_ratio(struct buf *out, double ratio)
{
	if (isfinite(ratio))
		put_trimmed(out, ratio, 3, 2);
	else
		buf_put_char(out, '-');
}

static void put_bytes(struct buf *out, double bytes)
{
	static const char *const UNITS[] = { "", "Ki", "Mi", "Gi", "Ti", "Pi" };
	size_t unit = 0;

	while (bytes >= KIB && unit + 1 < ARRAY_LEN(UNITS)) {
		bytes /= KIB;
		unit++;
	}
	put_trimmed(out, bytes, bytes < 10 ? 2 : 1, 0);
	buf_put_str(out, UNITS[unit]);
}

void plan_words_amount(struct buf *out, const struct hpa_metric *m, int64_t milli)
{
	uint64_t size = milli < 0 ? 0 - (uint64_t)milli : (uint64_t)milli;
	unsigned rest = (unsigned)(size % MILLI);

	if (is_memory(m) && milli >= 0) {
		put_bytes(out, (double)milli / MILLI);
		return;
	}
	if (milli < 0)
		buf_put_char(out, '-');
	buf_put_u64(out, size / MILLI);
	if (rest == 0)
		return;
	if (rest % 100 == 0)
		buf_printf(out, ".%u", rest / 100);
	else if (rest % 10 == 0)
		buf_printf(out, ".%02u", rest / 10);
	else
		buf_printf(out, ".%03u", rest);
}

void plan_words_quantity(struct buf *out, const struct hpa_metric *m, int64_t milli)
{
	struct quantity q =
		quantity_from_milli(milli, is_memory(m) ? QUANTITY_BINARY_SI : QUANTITY_DECIMAL_SI);
	quantity_print(out, &q);
}

void plan_words_value(struct buf *out, const struct hpa_metric *m, const struct calculation *c)
{
	if (plan_words_is_percent(m)) {
		buf_printf(out, "%d%% of requests", (int)c->utilization);
		return;
	}
	plan_words_amount(out, m, c->usage_milli);
	buf_put_str(out, plan_words_is_total(m) ? " in all" : " per pod");
}

static void put_target_quantity(
	struct buf *out, const struct hpa_metric *m, const struct quantity *q)
{
	int64_t milli;

	if (quantity_milli_checked(q, &milli))
		plan_words_amount(out, m, milli);
	else
		quantity_print(out, q);
}

void plan_words_target(struct buf *out, const struct hpa_metric *m)
{
	const struct hpa_source *s = hpa_metric_source(m);

	if (!s)
		return;
	if (plan_words_is_percent(m))
		buf_printf(out, "%d%%", (int)s->target.average_utilization.value);
	else if (plan_words_is_total(m) && s->target.value.set)
		put_target_quantity(out, m, &s->target.value.value);
	else if (s->target.average_value.set)
		put_target_quantity(out, m, &s->target.average_value.value);
}

void plan_words_duration(struct buf *out, int64_t ns)
{
	int64_t sec = ns / NS_PER_SEC, milli = ns % NS_PER_SEC / NS_PER_MS;

	if (sec >= 3600)
		buf_printf(out, "%dh", (int)(sec / 3600));
	if (sec % 3600 >= 60)
		buf_printf(out, "%dm", (int)(sec % 3600 / 60));
	if (milli != 0)
		put_trimmed(out, (double)(sec % 60) + (double)milli / MILLI, 3, 0);
	else if (sec % 60 != 0 || sec == 0)
		buf_printf(out, "%d", (int)(sec % 60));
	if (milli != 0 || sec % 60 != 0 || sec == 0)
		buf_put_char(out, 's');
}

void plan_words_change(struct buf *out, int64_t from, int64_t to)
{
	if (from == 0)
		return;
	double percent = ((double)to - (double)from) / (double)from * 100;
	buf_put_char(out, percent < 0 ? '-' : '+');
	put_trimmed(
		out, percent < 0 ? -percent : percent, percent > -10 && percent < 10 ? 1 : 0, 0);
	buf_put_char(out, '%');
}

double plan_words_last_ratio(const struct calculation *c)
{
	switch (c->path) {
	case CALCULATE_FILLED:
	case CALCULATE_FILLED_WITHIN:
	case CALCULATE_REVERSED:
	case CALCULATE_WRONG_WAY:
		return c->filled_ratio;
	case CALCULATE_SCALED:
	case CALCULATE_WITHIN:
	case CALCULATE_CAPPED:
		break;
	}
	return c->ratio;
}

const char *plan_words_path(enum calculate_path path)
{
	static const char *const PATHS[] = {
		[CALCULATE_SCALED] = "",
		[CALCULATE_WITHIN] = ", within tolerance",
		[CALCULATE_FILLED] = ", counting pods without samples",
		[CALCULATE_FILLED_WITHIN] = ", within tolerance once pods without samples count",
		[CALCULATE_REVERSED] =
			", unchanged: pods without samples turn the direction around",
		[CALCULATE_WRONG_WAY] = ", unchanged: the count would go against the ratio",
		[CALCULATE_CAPPED] = ", the largest count there is",
	};
	return PATHS[path];
}

const char *plan_words_limit(enum limited_by by)
{
	static const char *const NAMES[] = {
		[LIMIT_NONE] = "DesiredWithinRange",
		[LIMIT_TOO_FEW] = "TooFewReplicas",
		[LIMIT_TOO_MANY] = "TooManyReplicas",
		[LIMIT_SCALE_UP] = "ScaleUpLimit",
		[LIMIT_SCALE_DOWN] = "ScaleDownLimit",
	};
	return NAMES[by];
}

bool plan_words_has_limits(const struct proposal *p)
{
	return p->bounds == BOUNDS_COMPUTE && !p->failed;
}
