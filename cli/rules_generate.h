#pragma once
/* The rules that the incumbent's chart installs by default, in its format. Pure. */
#include "common/buf.h"
#include "common/error.h"

struct rules_generate_options {
	const char *label_prefix;  /* in front of the labels that name resources; "" for none */
	const char *rate_interval; /* "5m" */
};

/* errors: INVALID (a prefix that no label has, an interval that is no duration), LIMIT, NOMEM. */
MUST_USE enum error_kind rules_generate(
	const struct rules_generate_options *o, struct buf *out, struct error *err);
