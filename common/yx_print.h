#pragma once
/* A tree, or JSON text, as YAML for people: block style, two blanks a level, lists as deep as their key, as kubectl prints. */
#include "common/buf.h"
#include "common/error.h"
#include "common/jtree.h"

/* One document without a leading `---`; ends with a newline. What YAML 1.1 would read as something else than text is quoted, so that
 * yx_parse gives the same tree again. Numbers as written. The tree is at most LIMIT_NESTING deep, as all that was parsed. */
void yx_print(struct buf *out, const struct jtree *t);
/* The same for JSON text, such as jw.h wrote. errors: INVALID (no JSON), LIMIT, NOMEM; what does not fit into `out` sticks there. */
MUST_USE enum error_kind yx_print_json(struct buf *out, struct sv json, struct error *err);
