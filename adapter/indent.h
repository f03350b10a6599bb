#pragma once
/* Indented JSON for people who look with curl. Pure. */
#include "common/buf.h"
#include "common/sv.h"

/* Compact, valid JSON -> the same with two blanks a level and a line per member, as Go's json.Indent; no newline at the end. */
void indent_json(struct buf *out, struct sv compact);
