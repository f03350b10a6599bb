/* A recording holds every pass. Of the last decisions only those are kept that differ, or that somebody asks for: so a pass's inputs are written down at its
 * end, if at all. */
#include "controller/drive_tape.h"

#include "common/fnv.h"
#include "controller/decisions.h"
#include "controller/tape.h"

/* Writing down more takes longer than a pass, and eight such tapes would push out those of all other objects: only for somebody who asks. */
#define MAX_PODS_UNASKED 500
/* A tape of more is longer than all may be together by default. */
#define MAX_PODS_ASKED 20000

static struct decisions_key key_of(const struct autoscaler *one)
{
	return (struct decisions_key){ one->kind, one->ns, one->name };
}

bool drive_tape_is_wanted(const struct drive_context *c)
{
	return c->record || c->decisions;
}

void drive_tape_init(struct tape_write *tape, const struct drive_context *c,
	const struct autoscaler *one, struct arena *a)
{
	const struct decisions_key key = key_of(one);
	bool asked = c->decisions && decisions_is_asked(c->decisions, &key, instant_mono_now());

	tape_write_init(tape, &(struct tape_write_options){
				      .history_known = true,
				      .taken_by = "flyball-controller/" FLYBALL_VERSION,
				      .sync_period_ns = c->sync_period_ns,
				      .late = c->record ? NULL : a,
				      .late_max_pods = asked ? MAX_PODS_ASKED : MAX_PODS_UNASKED,
			      });
}

uint64_t drive_tape_outcome(const struct conclusion *conclusion)
{
	const struct hpa_status *status = &conclusion->status;
	uint64_t hash = FNV_START;

	hash = fnv_number(hash, (uint64_t)(uint32_t)status->desired_replicas);
	hash = fnv_number(hash, conclusion->rescaled);
	hash = fnv_number(hash, conclusion->labels.error);
	for (size_t i = 0; i < status->n_conditions; i++) {
		hash = fnv_text(hash, status->conditions[i].type);
		hash = fnv_text(hash, status->conditions[i].status);
		hash = fnv_text(hash, status->conditions[i].reason);
	}
	return hash != 0 ? hash : 1;
}

/* A first decision that changes nothing and has no error is news to nobody, and after a start there is one of every object at once. */
static bool is_worth_keeping(const struct drive_context *c, struct autoscaler *one,
	const struct conclusion *conclusion, uint64_t outcome)
{
	const struct decisions_key key = key_of(one);

	if (!c->decisions)
		return false;
	if (one->decisions.outcome == 0 && !conclusion->rescaled &&
		conclusion->labels.error == CONCLUDE_NO_ERROR)
		one->decisions.outcome = outcome;
	return decisions_wants(c->decisions, &key, &one->decisions, outcome, instant_mono_now());
}

enum error_kind drive_tape_end(struct tape_write *tape, const struct drive_context *c,
	struct autoscaler *one, const struct pass *pass, struct error *err)
{
	const struct conclusion *conclusion = pass_result(pass);
	const struct decisions_key key = key_of(one);
	AUTO(buf_done) struct buf text = { 0 };
	struct error ignored;

	if (!conclusion)
		return ERR_OK;
	uint64_t outcome = drive_tape_outcome(conclusion);
	bool keep = is_worth_keeping(c, one, conclusion, outcome);
	if (!keep && !c->record)
		return ERR_OK;
	buf_init(&text, TAPE_MAX_BYTES);
	if (tape_write_end(tape, pass, &text, err) != ERR_OK)
		return c->record ? err->kind : ERR_OK;
	if (keep)
		(void)!decisions_keep(
			c->decisions, &key, &one->decisions, outcome, buf_sv(&text), &ignored);
	return c->record ? record_append(c->record, buf_sv(&text), err) : ERR_OK;
}
