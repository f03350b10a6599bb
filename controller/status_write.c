/* A status is news when a count, a condition or the set of metrics changed; the rest is coalesced. Nothing is sent here. */
#include "controller/status_write.h"

#include "common/jtree.h"
#include "common/limits.h"
#include "controller/hpa_decode.h"
#include "controller/hpa_status.h"

/* On average. One costs an API server about two milliseconds: an eighth of a core for all of ours. */
#define VALUES_PER_SEC 60

/* As often as was asked for, or as all objects can have their turn. */
static int64_t refresh_ns(const struct drive_context *c)
{
	int64_t all_ns = (int64_t)autoscalers_n(c->autoscalers) * (NS_PER_SEC / VALUES_PER_SEC);

	return c->status_refresh_ns > all_ns ? c->status_refresh_ns : all_ns;
}

void status_write_is_over(const struct drive_context *c, struct autoscaler *one, struct mono now)
{
	one->status_due.ns = now.ns + refresh_ns(c);
	one->has_status_turn = false;
}

void status_write_is_missed(struct autoscaler *one, struct mono now)
{
	if (now.ns >= one->status_due.ns)
		one->has_status_turn = false;
}

static void end_turn(struct autoscaler *one, void *ctx)
{
	(void)ctx;
	one->has_status_turn = false;
}

void status_write_end_turns(const struct drive_context *c)
{
	autoscalers_each(c->autoscalers, end_turn, NULL);
	c->pressure->values = (struct status_turns){ 0 };
}

bool status_write_is_deferred(const struct drive_context *c, struct autoscaler *one,
	const struct hpa *hpa, const struct hpa_status *wanted, struct mono now)
{
	if (c->strict)
		return false;
	if (pressure_lasts(c->pressure, now)) {
		status_write_is_missed(one, now);
		return true;
	}
	if (c->status_refresh_ns == 0 || !hpa_status_eq_but_values(&hpa->status, wanted))
		return false;
	/* Not all at once after a start. */
	if (one->status_due.ns == 0)
		one->status_due.ns =
			now.ns + (int64_t)(one->spread_alone % (uint64_t)refresh_ns(c));
	if (now.ns >= one->status_due.ns && !one->has_status_turn) {
		one->status_due = status_turns_take(&c->pressure->values, now,
			one->period_ns ? one->period_ns : c->sync_period_ns);
		one->has_status_turn = true;
	}
	return now.ns < one->status_due.ns;
}

/* The spec as one text. False: it cannot be read. */
static bool print_spec(struct arena *a, struct sv json, struct buf *out)
{
	struct jtree *tree;
	struct error ignored;

	if (jtree_parse(a, json, &tree, &ignored) != ERR_OK)
		return false;
	const struct jtree *spec = jtree_get(tree, "spec");
	if (spec)
		jtree_print(out, spec);
	return spec && out->failed == ERR_OK;
}

bool status_write_rebase(struct arena *a, const struct autoscaler *one, struct sv before,
	struct sv present, struct hpa *hpa)
{
	AUTO(buf_done) struct buf old = { 0 }, new = { 0 };
	struct sv json = arena_sv(a, present);
	struct error ignored;
	struct hpa fresh;

	buf_init(&old, LIMIT_OBJECT_BYTES);
	buf_init(&new, LIMIT_OBJECT_BYTES);
	if (!json.ptr || !print_spec(a, before, &old) || !print_spec(a, json, &new) ||
		!sv_eq(buf_sv(&old), buf_sv(&new)) ||
		hpa_decode_stored(a, one->kind, json, &fresh, &ignored) != ERR_OK ||
		!sv_eq(fresh.meta.uid, hpa->meta.uid) ||
		!hpa_status_eq(&fresh.status, &hpa->status))
		return false;
	hpa->meta = fresh.meta;
	return true;
}
