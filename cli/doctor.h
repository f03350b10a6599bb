#pragma once
/* What is wrong around the controller: facts that were read from a cluster -> findings. Pure; reading is cmd_doctor.c's. */
#include "common/arena.h"
#include "common/buf.h"
#include "common/instant.h"
#include "common/jw.h"
#include "common/sv.h"
#include "controller/hpa.h"
#include "kube/discovery.h"

/* Findings of one run; what is beyond them is counted. */
#define DOCTOR_MAX_FINDINGS 512

enum doctor_level { DOCTOR_OK, DOCTOR_NOTE, DOCTOR_WARNING, DOCTOR_PROBLEM };

struct doctor_finding {
	enum doctor_level level;
	struct sv text;
	struct sv advice; /* what to do; may be empty */
};

struct doctor {
	struct arena *arena;
	struct doctor_finding at[DOCTOR_MAX_FINDINGS];
	size_t n, n_left_out;
	bool lost; /* memory ran out for a finding */
};

/* advice: NULL for none. */
void doctor_add(struct doctor *d, enum doctor_level level, const char *advice, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
bool doctor_has(const struct doctor *d, enum doctor_level level);
void doctor_print(struct buf *out, const struct doctor *d);
void doctor_encode(struct jw *w, const struct doctor *d);

/* Objects of one kind as JSON texts. */
struct doctor_list {
	struct sv *at;
	size_t n;
	bool known; /* they could be read */
};

/* What was read. */
struct doctor_cluster {
	const struct discovery *discovery;
	struct doctor_list natives, owns, scaled_objects, api_services;
	/* The Lease of flyball-controller; json empty: there is none. */
	struct {
		struct sv json;
		bool known;
	} lease;
	struct wall now; /* the API server's */
};

/* doctor_apis.c: groups and versions that we need, and who serves the metrics APIs. */
void doctor_judge_apis(struct doctor *d, const struct doctor_cluster *c);
/* skew: how far the other clock is from ours at least. */
void doctor_judge_clock(struct doctor *d, const char *whose, int64_t skew_ns);
/* Who serves the group version of an APIService: `namespace/name`, or empty for the API server itself. */
struct sv doctor_server_of(struct arena *a, const struct jtree *api_service);

/* doctor_writers.c: who else writes what we would write. */
void doctor_judge_writers(struct doctor *d, const struct doctor_cluster *c);

/* doctor_leader.c: whether one leads. ns: where the Lease is. */
void doctor_judge_leader(struct doctor *d, const struct doctor_cluster *c, const char *ns);

/* doctor_leftovers.c: what an uninstallation would leave without anybody to care for it. ours: our namespace. */
void doctor_judge_leftovers(struct doctor *d, const struct doctor_cluster *c, const char *ours);
