/* Pods and samples, joined by name: both lists are sorted, so the join is one walk and needs no
 * map. The order of the rules is the reference's: deletion before phase, phase before the missing
 * sample, and the start-up rules for cpu only, because the first seconds of a process burn cpu that
 * says nothing about load. */
#include "controller/pods.h"

#include <stdlib.h>

static int by_name(const void *left, const void *right)
{
	const struct pod *const *a = left;
	const struct pod *const *b = right;
	int order = sv_cmp((*a)->name, (*b)->name);
	if (order != 0)
		return order;
	return *a < *b ? -1 : 1;
}

enum error_kind pods_select(struct arena *a, const struct pod *pods, size_t n, struct sv ns,
	const struct selector *selector, struct pod_set *ret, struct error *err)
{
	const struct pod **matched = ARENA_ARRAY(a, n, const struct pod *);
	size_t n_matched = 0;
	bool sorted = true;
	if (!matched)
		return arena_error(a, err);

	for (size_t i = 0; i < n; i++) {
		const struct pod *pod = &pods[i];
		if (!sv_eq(pod->ns, ns) ||
			!selector_matches(selector, pod->labels->at, pod->labels->n))
			continue;
		if (n_matched > 0 && sv_cmp(matched[n_matched - 1]->name, pod->name) > 0)
			sorted = false;
		matched[n_matched++] = pod;
	}
	if (!sorted)
		qsort(matched, n_matched, sizeof(matched[0]), by_name);
	*ret = (struct pod_set){ matched, n_matched };
	return ERR_OK;
}

enum pods_class pods_class_of(enum pods_reason reason)
{
	static const enum pods_class CLASSES[PODS_N_REASONS] = {
		[PODS_DELETED] = PODS_IGNORED,
		[PODS_FAILED] = PODS_IGNORED,
		[PODS_PENDING] = PODS_UNREADY,
		[PODS_NO_SAMPLE] = PODS_MISSING,
		[PODS_NO_READINESS] = PODS_UNREADY,
		[PODS_STARTING] = PODS_UNREADY,
		[PODS_OLD_SAMPLE] = PODS_UNREADY,
		[PODS_NEVER_READY] = PODS_UNREADY,
		[PODS_COUNTED] = PODS_READY,
	};
	return CLASSES[reason];
}

const char *pods_reason_text(enum pods_reason reason)
{
	static const char *const TEXTS[PODS_N_REASONS] = {
		[PODS_DELETED] = "being deleted",
		[PODS_FAILED] = "failed",
		[PODS_PENDING] = "pending",
		[PODS_NO_SAMPLE] = "no sample",
		[PODS_NO_READINESS] = "no readiness or start time yet",
		[PODS_STARTING] = "starting and not ready",
		[PODS_OLD_SAMPLE] = "starting, sample from before it was ready",
		[PODS_NEVER_READY] = "not ready since its start",
		[PODS_COUNTED] = "counted",
	};
	return TEXTS[reason];
}

static enum pods_reason cpu_reason(
	const struct pod *pod, const struct reading_sample *sample, const struct pods_query *query)
{
	bool unready = pod->ready == POD_READY_FALSE;
	if (pod->ready == POD_READY_ABSENT || !pod->has_started)
		return PODS_NO_READINESS;
	if (instant_wall_cmp(instant_wall_add_ns(pod->started, query->cpu_initialization_ns),
		    query->now) > 0) {
		if (unready)
			return PODS_STARTING;
		struct wall whole_window =
			instant_wall_add_ns(pod->ready_changed, sample->window_ns);
		return instant_wall_cmp(sample->at, whole_window) < 0 ? PODS_OLD_SAMPLE
								      : PODS_COUNTED;
	}
	if (!unready)
		return PODS_COUNTED;
	struct wall delayed = instant_wall_add_ns(pod->started, query->readiness_delay_ns);
	return instant_wall_cmp(delayed, pod->ready_changed) > 0 ? PODS_NEVER_READY : PODS_COUNTED;
}

static enum pods_reason reason_of(
	const struct pod *pod, const struct reading_sample *sample, const struct pods_query *query)
{
	if (pod->deleted)
		return PODS_DELETED;
	if (pod->phase == POD_PHASE_FAILED)
		return PODS_FAILED;
	if (pod->phase == POD_PHASE_PENDING)
		return PODS_PENDING;
	if (!sample)
		return PODS_NO_SAMPLE;
	return query->is_cpu ? cpu_reason(pod, sample, query) : PODS_COUNTED;
}

static void count(struct pods_groups *groups, enum pods_class class)
{
	switch (class) {
	case PODS_IGNORED:
		groups->n_ignored++;
		break;
	case PODS_UNREADY:
		groups->n_unready++;
		break;
	case PODS_MISSING:
		groups->n_missing++;
		break;
	case PODS_READY:
		groups->n_ready++;
		break;
	}
}

/* Pods first..last have one name: decides what that name adds. */
static void settle(struct pods_groups *groups, size_t first, size_t last)
{
	bool blocked = false;
	unsigned role = 0;
	for (size_t i = first; i <= last; i++) {
		enum pods_class class = pods_class_of(groups->reasons[i]);
		blocked |= class == PODS_IGNORED || class == PODS_UNREADY;
		if (class == PODS_UNREADY)
			role |= PODS_ROLE_UNREADY;
		if (class == PODS_MISSING)
			role |= PODS_ROLE_MISSING;
		count(groups, class);
	}
	if (groups->samples[last] && !blocked) {
		role |= PODS_ROLE_VALUE;
		groups->n_values++;
	}
	groups->roles[last] = (uint8_t)role;
}

static enum error_kind make_groups(struct arena *a, const struct pod_set *pods, size_t n_samples,
	struct pods_groups *groups, struct error *err)
{
	groups->pods = *pods;
	groups->reasons = ARENA_ARRAY(a, pods->n, uint8_t);
	groups->roles = ARENA_ARRAY(a, pods->n, uint8_t);
	groups->samples = ARENA_ARRAY(a, pods->n, const struct reading_sample *);
	groups->strays = ARENA_ARRAY(a, n_samples, const struct reading_sample *);
	if (!groups->reasons || !groups->roles || !groups->samples || !groups->strays)
		return arena_error(a, err);
	return ERR_OK;
}

enum error_kind pods_classify(struct arena *a, const struct pod_set *pods,
	const struct reading *reading, const struct pods_query *query, struct pods_groups *ret,
	struct error *err)
{
	struct pods_groups groups = { 0 };
	const struct reading_sample *sample = reading->samples;
	const struct reading_sample *end = sample + reading->n_samples;

	if (make_groups(a, pods, reading->n_samples, &groups, err))
		return err->kind;
	for (size_t first = 0, next; first < pods->n; first = next) {
		struct sv name = pods->at[first]->name;
		const struct reading_sample *own = NULL;
		int order = 1;
		while (sample < end && (order = sv_cmp(sample->pod, name)) < 0)
			groups.strays[groups.n_strays++] = sample++;
		if (sample < end && order == 0)
			own = sample++;
		for (next = first;
			next < pods->n && (next == first || sv_eq(pods->at[next]->name, name));
			next++) {
			groups.samples[next] = own;
			groups.reasons[next] = (uint8_t)reason_of(pods->at[next], own, query);
		}
		settle(&groups, first, next - 1);
	}
	while (sample < end)
		groups.strays[groups.n_strays++] = sample++;
	*ret = groups;
	return ERR_OK;
}

size_t pods_count_running_ready(const struct pod_set *pods)
{
	size_t n = 0;
	for (size_t i = 0; i < pods->n; i++)
		if (pods->at[i]->phase == POD_PHASE_RUNNING && pods->at[i]->ready == POD_READY_TRUE)
			n++;
	return n;
}
