/* The table of rules. Data only. */
#include "cli/check_rules.h"

#include <stddef.h>

const struct check_rule check_rules[CHECK_N_RULES] = {
#define CHECK_RULE_ROW(id, name, severity, summary, cure, trap)                                    \
	{ name, CHECK_##severity, summary, cure, trap },
	CHECK_RULES(CHECK_RULE_ROW)
#undef CHECK_RULE_ROW
};
