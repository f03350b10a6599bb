/* One function a row: it looks at the inputs, and at what was done only to find how the row shows. */
#include "tests/conformance/live_default.h"

#include <string.h>

#include "kube/object_meta.h"
#include "kube/selector.h"

#define STATUS_REFRESH_SEC 60
#define EVENT_REPEAT_SEC 300
#define REFUSED_SEC 60
#define MAX_TEXT_BYTES (1024u * 1024)
#define METRICS "currentMetrics"

const char *live_row_text(enum live_row row)
{
	static const char *const TEXTS[LIVE_N_ROWS] = {
		[LIVE_ROW_NUMBERS] = "numbers beyond their type",
		[LIVE_ROW_GUARDS] = "a guard keeps the count",
		[LIVE_ROW_PUT_OFF] = "the API server puts a scale or status write off (429)",
		[LIVE_ROW_CONFLICT] =
			"a scale write meets a conflict, and the count is another one",
		[LIVE_ROW_SHARED] =
			"several want the same metric of their pods, and the answer names others",
		[LIVE_ROW_REFUSED] = "a scale or metrics API refused, less than a minute ago",
		[LIVE_ROW_VALUES] = "a status in which only the metrics' values differ",
		[LIVE_ROW_WARNINGS] = "the same warnings in every pass",
		[LIVE_ROW_AUTHOR] = "somebody else changes the replica count",
	};

	return TEXTS[row];
}

void live_default_restart(struct live_default *d)
{
	d->warnings = SV("");
	d->has_written = d->owes_values = d->was_refused = d->was_retried = false;
}

/* Trees */

static struct jtree *member(struct jtree *t, const char *key)
{
	for (struct jtree *child = t ? t->first : NULL; child; child = child->next)
		if (sv_is(child->key, key))
			return child;
	return NULL;
}

/* Takes out the children that `is_out` says; returns how many. */
static size_t drop(struct jtree *list, bool (*is_out)(const struct jtree *child))
{
	struct jtree **link = list ? &list->first : NULL;
	size_t n = 0;

	while (link && *link) {
		if (!is_out(*link)) {
			link = &(*link)->next;
			continue;
		}
		*link = (*link)->next;
		list->n--;
		n++;
	}
	return n;
}

static void ignore(
	void *ctx, const char *path, const struct jtree *recorded, const struct jtree *now)
{
	(void)ctx;
	(void)path;
	(void)recorded;
	(void)now;
}

static int64_t number_at(const struct jtree *t, const char *key, int64_t absent)
{
	int64_t n = absent;

	(void)jtree_i64(jtree_get(t, key), &n);
	return n;
}

/* Rows behind which a case ends */

static const struct jtree *nth(const struct jtree *list, size_t n)
{
	const struct jtree *child = list ? list->first : NULL;

	while (child && child->next && n-- > 0)
		child = child->next;
	return child;
}

/* The counts that the first GET shows, and the one behind it. False: one of both fails. */
static bool read_counts(const struct jtree *step, int64_t *ret_before, int64_t *ret_after)
{
	const struct jtree *gets = jtree_get(step, "scaleGets");
	const struct jtree *before = jtree_at(nth(gets, 0), "scale", "spec", NULL);
	const struct jtree *after = jtree_at(nth(gets, 1), "scale", "spec", NULL);

	*ret_before = number_at(before, "replicas", 0);
	*ret_after = number_at(after, "replicas", 0);
	return before && after;
}

/* What the pass tried to write. False: nothing. */
static bool wanted_count(const struct jtree *expect, int64_t *ret)
{
	bool found = false;

	JTREE_FOREACH (request, jtree_get(expect, "scaleRequests")) {
		struct sv text = jtree_text(request);
		if (!sv_has_prefix(text, SV("PUT ")))
			continue;
		text = sv_skip(text, 4);
		found = sv_to_i64(sv_skip(text, sv_find(text, ' ') + 1), ret);
	}
	return found;
}

static int64_t failure_of(const struct jtree *answer)
{
	return number_at(jtree_get(answer, "error"), "code", 0);
}

/* What the first write of the count met, if there was one; 0: it was done. */
static int64_t first_failed_put(const struct live_default_step *s)
{
	const struct jtree *puts = jtree_get(s->json, "scalePuts");
	int64_t wanted;

	return wanted_count(s->expect, &wanted) ? failure_of(puts ? puts->first : NULL) : 0;
}

static bool is_overtaken(const struct live_default_step *s)
{
	int64_t before, after;

	return first_failed_put(s) == 409 && read_counts(s->json, &before, &after) &&
	       after != before;
}

static bool is_put_off(const struct live_default_step *s)
{
	return first_failed_put(s) == 429 ||
	       number_at(jtree_get(s->json, "statusUpdateError"), "code", 0) == 429;
}

/* Whether the pods of the step have it, and the target selects it. */
static bool is_selected(const struct jtree *step, const struct jtree *item, struct arena *a,
	const struct selector *selector)
{
	const struct jtree *metadata = jtree_get(item, "metadata");
	struct sv name = jtree_text(metadata ? jtree_get(metadata, "name")
					     : jtree_at(item, "describedObject", "name", NULL));
	struct object_meta meta;
	struct error ignored;

	JTREE_FOREACH (pod, jtree_get(step, "pods"))
		if (sv_eq(jtree_text(jtree_at(pod, "metadata", "name", NULL)), name) &&
			object_meta_decode(a, pod, &meta, &ignored) == ERR_OK &&
			selector_matches(selector, meta.labels, meta.n_labels))
			return true;
	return false;
}

/* Is a pod in the answers that is not the target's? A server that was asked for the target's pods answers so only in a recording. */
static bool names_others(const struct live_default_step *s, struct arena *a)
{
	const struct jtree *scale = jtree_get(nth(jtree_get(s->json, "scaleGets"), 0), "scale");
	struct sv text = jtree_text(jtree_at(scale, "status", "selector", NULL));
	struct selector selector;
	struct error ignored;

	if (selector_parse(a, text, &selector, NULL, &ignored) != ERR_OK)
		return false;
	JTREE_FOREACH (row, jtree_get(s->json, "http")) {
		if (sv_has_prefix(jtree_text(jtree_get(row, "path")),
			    SV("/apis/external.metrics.k8s.io/")))
			continue;
		JTREE_FOREACH (item, jtree_at(row, "body", "items", NULL))
			if (!is_selected(s->json, item, a, &selector))
				return true;
	}
	return false;
}

/* Was anything asked for that was not recorded: for all pods instead of the target's? */
static bool is_shared(const struct live_default_step *s)
{
	JTREE_FOREACH (got, jtree_get(s->got, "requests")) {
		bool known = false;
		JTREE_FOREACH (recorded, jtree_get(s->expect, "requests"))
			known = known || sv_eq(jtree_text(recorded), jtree_text(got));
		if (!known)
			return true;
	}
	return false;
}

static bool is_held_by_guard(const struct live_default_step *s)
{
	JTREE_FOREACH (condition, jtree_at(s->got, "status", "conditions", NULL))
		if (sv_is(jtree_text(jtree_get(condition, "type")), "DecreaseBlocked"))
			return true;
	return false;
}

static bool is_refusal(int64_t code)
{
	return code == 403 || code == 404 || code == 405;
}

static bool refuses(const struct jtree *step)
{
	JTREE_FOREACH (answer, jtree_get(step, "scaleGets"))
		if (is_refusal(failure_of(answer)))
			return true;
	JTREE_FOREACH (row, jtree_get(step, "http"))
		if (number_at(row, "status", 0) == 403)
			return true;
	return false;
}

/* Whether a policy or window reaches back just as far: then the milliseconds of a pause decide. */
static bool is_period(const struct jtree *spec, int64_t age)
{
	JTREE_FOREACH (rules, jtree_get(spec, "behavior")) {
		if (number_at(rules, "stabilizationWindowSeconds", -1) == age)
			return true;
		JTREE_FOREACH (policy, jtree_get(rules, "policies"))
			if (number_at(policy, "periodSeconds", -1) == age)
				return true;
	}
	return false;
}

/* The first that the step meets; LIVE_ROW_GOES_ON: none. */
static enum live_row find_parting(
	const struct live_default *d, const struct live_default_step *s, struct arena *a)
{
	if (s->numbers)
		return LIVE_ROW_NUMBERS;
	if (is_overtaken(s))
		return LIVE_ROW_CONFLICT;
	if (is_put_off(s))
		return LIVE_ROW_PUT_OFF;
	if (is_shared(s) && names_others(s, a))
		return LIVE_ROW_SHARED;
	if (is_held_by_guard(s))
		return LIVE_ROW_GUARDS;
	if (d->was_retried && is_period(s->spec, s->t - d->retried_at))
		return LIVE_ROW_CONFLICT;
	if (d->was_refused && s->t - d->refused_at < REFUSED_SEC)
		return LIVE_ROW_REFUSED;
	return LIVE_ROW_GOES_ON;
}

/* Rows behind which it goes on */

static bool is_warning(const struct jtree *event)
{
	return sv_is(jtree_text(jtree_get(event, "type")), "Warning");
}

static bool is_author(const struct jtree *event)
{
	return sv_is(jtree_text(jtree_get(event, "reason")), "ReplicasChangedByOther");
}

static struct sv print_warnings(struct arena *a, const struct jtree *events)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, MAX_TEXT_BYTES);
	JTREE_FOREACH (event, events)
		if (is_warning(event))
			jtree_print(&text, event);
	return arena_sv(a, buf_sv(&text));
}

/* What was warned of a moment ago is not expected again. */
static void leave_out_warnings(
	struct live_default *d, struct arena *a, const struct live_default_step *s)
{
	struct jtree *events = member(s->expect, "events");
	struct sv warnings = print_warnings(a, events);

	if (warnings.len > 0 && sv_eq(warnings, d->warnings) &&
		s->t - d->warned_at < EVENT_REPEAT_SEC) {
		d->met[LIVE_ROW_WARNINGS] = true;
		(void)drop(events, is_warning);
		return;
	}
	d->warnings = warnings;
	d->warned_at = s->t;
}

static bool is_current_metrics(const struct jtree *t)
{
	return sv_is(t->key, METRICS);
}

static bool has_same_types(const struct jtree *a, const struct jtree *b)
{
	const struct jtree *x = a ? a->first : NULL, *y = b ? b->first : NULL;

	while (x && y &&
		sv_eq(jtree_text(jtree_get(x, "type")), jtree_text(jtree_get(y, "type")))) {
		x = x->next;
		y = y->next;
	}
	return !x && !y;
}

static bool is_same(const struct live_default_step *s, const struct jtree *a, const struct jtree *b)
{
	const struct tape_expect_options options = { .opaque_text = s->opaque_text };

	return tape_expect_compare(a, b, &options, ignore, NULL) == 0;
}

static bool is_status_written(const struct jtree *t)
{
	return sv_is(t->key, "statusWritten");
}

static bool is_true(const struct jtree *t)
{
	return t && t->truth;
}

static bool is_failed_update(const struct jtree *event)
{
	return sv_is(jtree_text(jtree_get(event, "reason")), "FailedUpdateStatus");
}

static struct sv print_metrics(struct arena *a, const struct jtree *status)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, MAX_TEXT_BYTES);
	if (jtree_get(status, METRICS))
		jtree_print(&text, jtree_get(status, METRICS));
	return arena_sv(a, buf_sv(&text));
}

/* Whether the values that are not the recorded ones may wait, or have waited until a pass that brought none. */
static bool may_owe(struct live_default *d, const struct live_default_step *s, bool kept)
{
	bool wrote = is_true(jtree_get(s->got, "statusWritten"));

	if (wrote)
		return d->owes_values && kept;
	d->owed_since = d->owes_values ? d->owed_since : s->t;
	return s->t - (d->has_written ? d->written_at : d->owed_since) < STATUS_REFRESH_SEC;
}

/* A status whose values were left to a later pass is taken for the recorded one, as long as they may wait. It may be written in a pass that brings nothing
 * new; and where it is not, that cannot fail. */
static void leave_out_values(
	struct live_default *d, struct arena *a, const struct live_default_step *s)
{
	struct jtree *theirs = member(s->expect, "status"), *ours = member(s->got, "status");
	struct sv metrics = print_metrics(a, theirs);
	bool kept = sv_eq(metrics, d->metrics), owed = d->owes_values;

	d->metrics = metrics;
	d->owes_values = !is_same(s, theirs, ours) &&
			 has_same_types(member(theirs, METRICS), member(ours, METRICS)) &&
			 may_owe(d, s, kept);
	if (!owed && !d->owes_values)
		return;
	d->met[LIVE_ROW_VALUES] = true;
	if (d->owes_values) {
		(void)drop(theirs, is_current_metrics);
		(void)drop(ours, is_current_metrics);
	}
	if (!is_true(jtree_get(s->got, "statusWritten")))
		(void)drop(member(s->expect, "events"), is_failed_update);
	(void)drop(s->expect, is_status_written);
	(void)drop(s->got, is_status_written);
}

/* The whole */

static bool is_left_to_strict(const struct jtree *t)
{
	return !sv_is(t->key, "scaleWrite") && !sv_is(t->key, "statusWritten") &&
	       !sv_is(t->key, "status") && !sv_is(t->key, "events");
}

size_t live_default_compare(struct live_default *d, struct arena *a,
	const struct live_default_step *step, tape_expect_fn fn, void *ctx, bool *ret_over)
{
	const struct tape_expect_options options = { .opaque_text = step->opaque_text };
	enum live_row parting = find_parting(d, step, a);
	bool wrote = is_true(jtree_get(step->got, "statusWritten"));
	bool retried = first_failed_put(step) == 409;

	memset(d->met, 0, sizeof(d->met));
	leave_out_values(d, a, step);
	leave_out_warnings(d, a, step);
	d->met[LIVE_ROW_AUTHOR] = drop(member(step->got, "events"), is_author) > 0;
	(void)drop(step->expect, is_left_to_strict);
	(void)drop(step->got, is_left_to_strict);
	if (wrote) {
		d->has_written = true;
		d->written_at = step->t;
	}
	if (retried) {
		d->was_retried = true;
		d->retried_at = step->t;
	}
	if (refuses(step->json)) {
		d->was_refused = true;
		d->refused_at = step->t;
	}
	bool same = is_same(step, step->expect, step->got);
	/* What was refused, or written without a pause, matters only where it shows. */
	bool shows_later = parting != LIVE_ROW_REFUSED && parting != LIVE_ROW_CONFLICT;
	*ret_over = parting != LIVE_ROW_GOES_ON && (!same || shows_later);
	if (!same && *ret_over) {
		d->met[parting] = true;
		return 0;
	}
	return tape_expect_compare(step->expect, step->got, &options, fn, ctx);
}
