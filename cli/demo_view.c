/* A small chart in text: one column a time slot, replicas as blocks, the load as a dotted line on the same axis. */
#include "cli/demo_view.h"

#define CHART_ROWS 10
#define LABEL_COLUMNS 11
#define LEAST_COLUMNS 40

static const char RESET[] = "\033[0m", BOLD[] = "\033[1m", GREEN[] = "\033[32m", RED[] = "\033[31m",
		  YELLOW[] = "\033[33m";

void demo_view_add(struct demo_view *v, const struct demo_sample *sample)
{
	if (v->n == DEMO_MAX_SAMPLES) {
		/* Halves the resolution: every second sample stays. */
		for (size_t i = 0; i < DEMO_MAX_SAMPLES / 2; i++)
			v->samples[i] = v->samples[2 * i];
		v->n = DEMO_MAX_SAMPLES / 2;
	}
	v->samples[v->n++] = *sample;
}

/* What was true in the slot that begins at from_ms and ends at to_ms: the newest sample before its end; NULL when the slot lies ahead. */
static const struct demo_sample *in_slot(const struct demo_view *v, int64_t from_ms, int64_t to_ms)
{
	const struct demo_sample *found = NULL;

	if (v->n == 0 || v->samples[v->n - 1].at_ms < from_ms)
		return NULL;
	for (size_t i = 0; i < v->n; i++) {
		if (v->samples[i].at_ms < to_ms)
			found = &v->samples[i];
	}
	return found;
}

static void put_colour(struct buf *out, bool colours, const char *code)
{
	if (colours)
		buf_put_str(out, code);
}

/* One cell of the chart at a height of `level` replicas (1 is the lowest row). */
static void put_cell(struct buf *out, const struct demo_sample *s, int64_t level, bool colours)
{
	bool load_here = s && (int64_t)(s->load + 0.5) == level;

	if (!s) {
		buf_put_char(out, ' ');
	} else if (s->replicas >= level) {
		put_colour(out, colours, s->outage ? RED : GREEN);
		buf_put_str(out, load_here ? "▓" : s->ready >= level ? "█" : "░");
		put_colour(out, colours, RESET);
	} else if (load_here) {
		put_colour(out, colours, YELLOW);
		buf_put_str(out, "·");
		put_colour(out, colours, RESET);
	} else {
		buf_put_char(out, ' ');
	}
}

static void put_chart(struct buf *out, const struct demo_view *v, unsigned columns, bool colours)
{
	int64_t width = (int64_t)columns - LABEL_COLUMNS - 2;

	for (int64_t level = CHART_ROWS; level >= 1; level--) {
		if (level == CHART_ROWS || level == CHART_ROWS / 2 || level == 1)
			buf_printf(out, "%*lld |", LABEL_COLUMNS - 2, (long long)level);
		else
			buf_printf(out, "%*s |", LABEL_COLUMNS - 2, "");
		for (int64_t x = 0; x < width; x++)
			put_cell(out,
				in_slot(v, x * v->total_ms / width, (x + 1) * v->total_ms / width),
				level, colours);
		buf_put_char(out, '\n');
	}
	buf_printf(out, "%*s +", LABEL_COLUMNS - 2, "");
	for (int64_t x = 0; x < width; x++)
		buf_put_char(out, '-');
	buf_printf(out, "\n%*s  0 s", LABEL_COLUMNS - 2, "");
	buf_printf(out, "%*lld s\n", (int)width - 6, (long long)(v->total_ms / 1000));
}

static void put_cut(struct buf *out, const char *text, unsigned columns)
{
	size_t room = columns > LABEL_COLUMNS + 1 ? columns - LABEL_COLUMNS - 1 : 1;

	buf_put_sv(out, sv_take(sv_of(text), room));
	buf_put_char(out, '\n');
}

void demo_view_draw(struct buf *out, const struct demo_view *v, unsigned columns, bool colours)
{
	const struct demo_sample nothing = { 0 };
	const struct demo_sample *now = v->n > 0 ? &v->samples[v->n - 1] : &nothing;

	if (columns < LEAST_COLUMNS)
		columns = LEAST_COLUMNS;
	put_colour(out, colours, BOLD);
	buf_printf(out, "flyball demo  %lld of %lld s", (long long)(now->at_ms / 1000),
		(long long)(v->total_ms / 1000));
	put_colour(out, colours, RESET);
	if (now->outage) {
		put_colour(out, colours, RED);
		buf_put_str(out, "   Prometheus does not answer: replicas are held");
		put_colour(out, colours, RESET);
	}
	buf_printf(out, "\nload       %.1f requests/s (dots)\n", now->load);
	buf_printf(out, "per pod    %s, target %s\n", v->per_pod[0] ? v->per_pod : "unknown",
		v->target);
	buf_printf(out, "replicas   %lld, %lld ready (blocks)\n", (long long)now->replicas,
		(long long)now->ready);
	buf_put_str(out, "decision   ");
	put_cut(out, v->decision[0] ? v->decision : "none yet", columns);
	buf_put_str(out, "state      ");
	put_cut(out, v->state, columns);
	put_chart(out, v, columns, colours);
}

void demo_view_line(struct buf *out, const struct demo_view *v)
{
	const struct demo_sample *now = &v->samples[v->n - 1];
	/* A decision is news in the line in which the count changed; else the present state is. */
	bool moved = v->n > 1 && v->samples[v->n - 2].replicas != now->replicas;

	buf_printf(out,
		"%5.1fs  load %.1f  per pod %s  target %s  replicas %lld (%lld ready)%s  %s\n",
		(double)now->at_ms / 1000, now->load, v->per_pod[0] ? v->per_pod : "unknown",
		v->target, (long long)now->replicas, (long long)now->ready,
		now->outage ? "  PROMETHEUS DOWN" : "", moved ? v->decision : v->state);
}
