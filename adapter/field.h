#pragma once
/* Field selectors, as far as the metrics APIs know them: key=value, key==value, key!=value, separated by commas. Pure. */
#include <stdbool.h>

#include "common/sv.h"

struct field_term {
	struct sv key, value;
	bool negated;
};

/* The next term from the front of *rest; terms without a key are passed over. False: there is none. */
bool field_next(struct sv *rest, struct field_term *ret);
