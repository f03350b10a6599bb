#pragma once
/* The conditions of one object while a pass works on them. Pure. Rules: spec 4.4 and 4.5. */
#include "common/arena.h"
#include "common/error.h"
#include "common/instant.h"
#include "common/opt.h"
#include "controller/hpa.h"

struct conditions {
	struct hpa_condition *at; /* in the arena, with room for the types a pass may add */
	size_t n, size;
	struct opt_i64
		generation; /* set: every condition that is written names it (Kubernetes 1.37) */
};

/* A working copy. errors: NOMEM, LIMIT. */
MUST_USE enum error_kind conditions_copy(struct arena *a, const struct hpa_status *status,
	struct conditions *ret, struct error *err);

struct conditions_entry {
	const char *type;
	bool truth;
	struct sv reason, message; /* must live as long as the conditions */
};

/* Sets the first condition of the type, or appends it. Its time moves when its status does. */
void conditions_set(struct conditions *c, const struct conditions_entry *entry, struct wall now);
/* Removes all conditions of the type, keeping the order of the rest. */
void conditions_remove(struct conditions *c, const char *type);
