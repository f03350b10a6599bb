/* The list of findings, and how it is told. */
#include "cli/doctor.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/printable.h"

#define MAX_TEXT_BYTES 2048

static const char *const LEVELS[] = { [DOCTOR_OK] = "ok",
	[DOCTOR_NOTE] = "note",
	[DOCTOR_WARNING] = "warning",
	[DOCTOR_PROBLEM] = "problem" };

void doctor_add(struct doctor *d, enum doctor_level level, const char *advice, const char *fmt, ...)
{
	char text[MAX_TEXT_BYTES];
	va_list args;

	if (d->n == DOCTOR_MAX_FINDINGS) {
		d->n_left_out++;
		return;
	}
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	const struct doctor_finding finding = { .level = level,
		.text = arena_sv(d->arena, sv_of(text)),
		.advice = advice ? arena_sv(d->arena, sv_of(advice)) : SV("") };
	if (finding.text.ptr && finding.advice.ptr)
		d->at[d->n++] = finding;
	else
		d->lost = true;
}

bool doctor_has(const struct doctor *d, enum doctor_level level)
{
	for (size_t i = 0; i < d->n; i++) {
		if (d->at[i].level == level)
			return true;
	}
	return false;
}

void doctor_print(struct buf *out, const struct doctor *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct doctor_finding *f = &d->at[i];
		buf_printf(out, "%-8s ", LEVELS[f->level]);
		printable_put(out, f->text);
		buf_put_char(out, '\n');
		if (f->advice.len > 0) {
			buf_put_str(out, "         -> ");
			printable_put(out, f->advice);
			buf_put_char(out, '\n');
		}
	}
	if (d->n_left_out > 0)
		buf_printf(out, "and %zu more that are not told\n", d->n_left_out);
}

void doctor_encode(struct jw *w, const struct doctor *d)
{
	jw_object(w);
	jw_key(w, "findings");
	jw_array(w);
	for (size_t i = 0; i < d->n; i++) {
		jw_object(w);
		jw_member_str(w, "level", LEVELS[d->at[i].level]);
		jw_member_sv(w, "text", d->at[i].text);
		if (d->at[i].advice.len > 0)
			jw_member_sv(w, "advice", d->at[i].advice);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_member_i64(w, "leftOut", (int64_t)d->n_left_out);
	jw_object_end(w);
}
