#pragma once
/* What `adopt` and `release` do alike: read both objects of a name, make a pair of manifests, print it. */
#include "cli/adopt.h"

struct adopt_verb {
	const char *name, *intro;
	/* As adopt_take and adopt_release; own is empty where there is no object of our kind. */
	enum error_kind (*make)(struct arena *a, struct sv hpa, struct sv own,
		struct adopt_pair *ret, struct buf *notes, struct error *err);
};

/* The exit code. */
MUST_USE int adopt_verb_main(const struct adopt_verb *verb, int argc, char **argv);
