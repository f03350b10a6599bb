#pragma once
/* JSON -> YAML in block style, for people. Pure. */
#include "common/buf.h"
#include "common/error.h"

/* Members and elements in order; a text that YAML would read as something else is quoted. errors: INVALID (no JSON), LIMIT, NOMEM. */
MUST_USE enum error_kind source_yaml_print(struct buf *out, struct sv json, struct error *err);
