#pragma once
/* Texts of others on a terminal: what could move the cursor, hide a line or forge one is shown as an escape. */
#include "common/arena.h"
#include "common/buf.h"
#include "common/sv.h"
#include "controller/hpa.h"

/* Appends text; control characters (C0, DEL, C1), the marks that turn the direction of writing, line separators and what is no UTF-8 as \xHH or \uHHHH. */
void printable_put(struct buf *out, struct sv text);
/* A whole report: line feeds stay, and the colours that a style puts in (ESC [ digits m) where there are any. */
void printable_lines(struct buf *out, struct sv text, bool colours);
/* The same as printable_put, as a view: the text itself where nothing is to be escaped, else a copy in the arena; ptr NULL without memory. */
MUST_USE struct sv printable_text(struct arena *a, struct sv text);
/* Every name and text of the autoscaler that a report shows, in place; *ret_changed says whether one was escaped. False without memory. */
MUST_USE bool printable_hpa(struct arena *a, struct hpa *hpa, bool *ret_changed);
