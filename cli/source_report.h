#pragma once
/* What a verb prints about the objects of a source: text as it comes, or one JSON or YAML document with all of them. */
#include "common/buf.h"
#include "common/error.h"
#include "common/jw.h"

enum source_format { SOURCE_TEXT, SOURCE_JSON, SOURCE_YAML };

struct source_report {
	struct buf out;
	struct jw w; /* JSON and YAML: an open array of items */
	enum source_format format;
	bool colours; /* TEXT: a style may put some in */
};

void source_report_begin(struct source_report *r, enum source_format format);
void source_report_done(struct source_report *r);
/* The finished text is in r->out. errors: LIMIT, NOMEM. */
MUST_USE enum error_kind source_report_end(struct source_report *r, struct error *err);
