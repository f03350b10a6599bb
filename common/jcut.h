#pragma once
/* Where a JSON object or array ends, found by its brackets and quotes alone: several times as fast as reading it, and good for text that somebody else reads in full,
 * or that nobody reads. Pure. */
#include "common/sv.h"

/* text begins with a bracket. Returns the bytes up to and with the one that closes it; 0: it does not end. What is inside is not checked, not even which
 * kind of bracket closes which. */
size_t jcut_value(struct sv text);
/* The same as every processor can do it; for tests. */
size_t jcut_value_anywhere(struct sv text);
