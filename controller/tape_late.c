/* Copies of what may change or go while the pass goes on: answers, and the texts of pods. What lives as long as the pass (object, discovery, readings) is not
 * copied at all. Failures stick. */
#include "controller/tape_late.h"

struct tape_late *tape_late_new(struct arena *a, size_t max_pods, const struct history *history)
{
	struct tape_late *late = ARENA_NEW(a, struct tape_late);
	struct error ignored;

	if (!late)
		return NULL;
	late->arena = a;
	late->max_pods = max_pods;
	if (history && history_copy(&late->history, history, &ignored) != ERR_OK)
		late->failed = ERR_NOMEM;
	return late;
}

void tape_late_done(struct tape_late *late)
{
	if (late)
		history_done(&late->history);
}

static void fail(struct tape_late *late, enum error_kind why)
{
	if (late->failed == ERR_OK)
		late->failed = why;
}

static struct sv copy(struct tape_late *late, struct sv text)
{
	struct sv kept = arena_sv(late->arena, text);

	if (!kept.ptr)
		fail(late, ERR_NOMEM);
	return kept;
}

/* NULL: no memory. */
static struct tape_late_event *add(struct tape_late *late, enum tape_late_kind kind)
{
	struct tape_late_event *e = ARENA_NEW(late->arena, struct tape_late_event);

	if (!e) {
		fail(late, ERR_NOMEM);
		return NULL;
	}
	e->kind = kind;
	if (late->last)
		late->last->next = e;
	else
		late->first = e;
	late->last = e;
	return e;
}

static struct pass_answer copy_answer(struct tape_late *late, const struct pass_answer *answer)
{
	struct pass_answer kept = *answer;

	kept.body = copy(late, answer->body);
	kept.error = copy(late, answer->error);
	return kept;
}

void tape_late_scale(
	struct tape_late *late, const struct pass_want *want, const struct pass_answer *answer)
{
	struct tape_late_event *e = add(late, TAPE_LATE_SCALE);

	if (!e)
		return;
	e->want = *want;
	e->answer = copy_answer(late, answer);
	/* The answer to a write says nothing that a tape holds. */
	if (want->kind == PASS_WANT_PUT_SCALE)
		e->answer.body = SV("");
}

void tape_late_status(struct tape_late *late, const struct pass_answer *answer)
{
	struct tape_late_event *e = add(late, TAPE_LATE_STATUS);

	if (!e)
		return;
	e->answer = *answer;
	e->answer.body = SV("");
	e->answer.error = copy(late, answer->error);
}

static const struct pod_labels *copy_labels(struct tape_late *late, const struct pod_labels *from)
{
	struct pod_labels *to = ARENA_NEW(late->arena, struct pod_labels);
	struct label *at = ARENA_ARRAY(late->arena, from->n, struct label);

	if (!to || !at) {
		fail(late, ERR_NOMEM);
		return NULL;
	}
	for (size_t i = 0; i < from->n; i++)
		at[i] = (struct label){ copy(late, from->at[i].key),
			copy(late, from->at[i].value) };
	*to = (struct pod_labels){ at, from->n };
	return to;
}

static struct pod_requests copy_requests(struct tape_late *late, const struct pod_requests *from)
{
	struct pod_request *at = ARENA_ARRAY(late->arena, from->n, struct pod_request);

	if (!at) {
		fail(late, ERR_NOMEM);
		return (struct pod_requests){ 0 };
	}
	for (size_t i = 0; i < from->n; i++) {
		at[i] = from->at[i];
		at[i].resource = copy(late, from->at[i].resource);
		at[i].quantity.text = copy(late, from->at[i].quantity.text);
	}
	return (struct pod_requests){ at, from->n };
}

static const struct pod_template *copy_template(
	struct tape_late *late, const struct pod_template *from)
{
	struct pod_template *to = ARENA_NEW(late->arena, struct pod_template);
	struct pod_container *containers =
		ARENA_ARRAY(late->arena, from->n_containers, struct pod_container);

	if (!to || !containers) {
		fail(late, ERR_NOMEM);
		return NULL;
	}
	for (size_t i = 0; i < from->n_containers; i++)
		containers[i] = (struct pod_container){ copy(late, from->containers[i].name),
			from->containers[i].role,
			copy_requests(late, &from->containers[i].requests) };
	*to = (struct pod_template){ containers, from->n_containers,
		copy_requests(late, &from->pod_level), copy_requests(late, &from->overhead) };
	return to;
}

static void copy_pod(struct tape_late *late, const struct pod *from, struct pod *to)
{
	if (from->labels != late->labels) {
		late->labels_copy = copy_labels(late, from->labels);
		late->labels = from->labels;
	}
	if (from->template != late->template) {
		late->template_copy = copy_template(late, from->template);
		late->template = from->template;
	}
	*to = *from;
	to->name = copy(late, from->name);
	to->ns = copy(late, from->ns);
	to->labels = late->labels_copy;
	to->template = late->template_copy;
}

void tape_late_pods(struct tape_late *late, const struct pod_set *pods, struct decide_now now)
{
	struct tape_late_event *e = add(late, TAPE_LATE_PODS);

	late->n_pod_sets++;
	/* Between two sets a pointer may have become another one's. */
	late->labels = NULL;
	late->template = NULL;
	if (pods->n > late->max_pods)
		fail(late, ERR_LIMIT);
	if (!e || late->failed != ERR_OK)
		return;
	const struct pod **at = ARENA_ARRAY(late->arena, pods->n, const struct pod *);
	struct pod *copies = ARENA_ARRAY(late->arena, pods->n, struct pod);
	if (!at || !copies) {
		fail(late, ERR_NOMEM);
		return;
	}
	for (size_t i = 0; i < pods->n; i++) {
		copy_pod(late, pods->at[i], &copies[i]);
		at[i] = &copies[i];
	}
	e->pods = (struct pod_set){ at, pods->n };
	e->now = now;
}
