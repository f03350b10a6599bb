/* Whether a flyball-controller decides: its Lease -> a finding. */
#include <inttypes.h>

#include "cli/doctor.h"
#include "common/limits.h"
#include "controller/election.h"
#include "kube/lease_record.h"

#define NO_LEASE_ADVICE                                                                            \
	"see whether its pods run; one without --leader-elect has no Lease, and one of another "   \
	"namespace is found with --service-account"

/* Whom it matters to that nobody leads. */
static void judge_nobody(
	struct doctor *d, const struct doctor_cluster *c, const char *ns, const char *why)
{
	if (c->owns.n > 0)
		doctor_add(d, DOCTOR_WARNING, NO_LEASE_ADVICE,
			"no flyball-controller leads, so nobody decides about the %zu object%s of "
			"our kind: the Lease %s/%s %s",
			c->owns.n, c->owns.n == 1 ? "" : "s", ns, ELECTION_LEASE_NAME, why);
	else
		doctor_add(d, DOCTOR_NOTE, NO_LEASE_ADVICE,
			"no flyball-controller leads: the Lease %s/%s %s", ns, ELECTION_LEASE_NAME,
			why);
}

static void judge_record(struct doctor *d, const struct doctor_cluster *c, const char *ns,
	const struct lease_record *record)
{
	AUTO(buf_done) struct buf age = { 0 }, why = { 0 };
	int64_t age_ns = instant_wall_sub_ns(c->now, record->renewed);

	if (record->holder.len == 0) {
		judge_nobody(d, c, ns, "has no holder");
		return;
	}
	if (age_ns <= record->duration_seconds * NS_PER_SEC) {
		doctor_add(d, DOCTOR_OK, NULL, "%.*s leads", SV_ARG(record->holder));
		return;
	}
	buf_init(&age, 64);
	instant_duration_print(&age, age_ns - age_ns % NS_PER_SEC);
	buf_init(&why, LIMIT_OBJECT_BYTES);
	buf_printf(&why, "was renewed %s ago by %.*s, and holds for %" PRId32 "s", buf_text(&age),
		SV_ARG(record->holder), record->duration_seconds);
	judge_nobody(d, c, ns, buf_text(&why));
}

void doctor_judge_leader(struct doctor *d, const struct doctor_cluster *c, const char *ns)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct lease_record record;
	struct jtree *t;
	struct error err;

	if (!c->lease.known)
		return;
	if (c->lease.json.len == 0) {
		judge_nobody(d, c, ns, "does not exist");
		return;
	}
	arena_init(&a, LIMIT_OBJECT_BYTES);
	if (jtree_parse(&a, c->lease.json, &t, &err) == ERR_OK &&
		lease_record_decode(t, &record, &err) == ERR_OK)
		judge_record(d, c, ns, &record);
	else
		doctor_add(d, DOCTOR_WARNING, NULL, "the Lease %s/%s: %s", ns, ELECTION_LEASE_NAME,
			err.text);
}
