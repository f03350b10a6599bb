#pragma once
/* Messages of whoever reads files say where: the place and the text of each, apart. */
#include "cli/check.h"

/* "name:LINE:COLUMN: text" or "name:LINE: text" taken apart; without a place, all of it is text. */
struct check_finding check_place_of(struct sv message, const char *name);
/* The first of what the rules' loader has to say, joined with "; ", each with the file's name in front; *message keeps the others. */
struct check_finding check_place_next(struct sv *message, const char *name);
