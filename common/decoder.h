#pragma once
/* Strict reading of a configuration tree (jtree.h): what is wrong is collected with file and line, so that a person sees all of it at once.
 *
 *   struct decoder d;
 *   decoder_init(&d, arena, "config.yaml");
 *   if (decoder_is_object(&d, t, "server")) {
 *           decoder_check_keys(&d, t, "server", KEYS);
 *           name = decoder_text(&d, jtree_get(t, "name"), "server.name");
 *   }
 *   kind = decoder_end(&d, err);
 *
 * null counts as absent everywhere. `where` is the field's path for the message. */
#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/jtree.h"
#include "common/opt.h"

struct decoder {
	struct arena *arena;
	const char *name; /* of the file */
	/* private */
	struct buf findings;
	unsigned n_findings;
	bool no_memory;
};

void decoder_init(struct decoder *d, struct arena *a, const char *file);
/* Ends it in any case. errors: INVALID, every finding as "FILE:LINE: where: what" joined by "; " (at most five); LIMIT, NOMEM of the arena */
MUST_USE enum error_kind decoder_end(struct decoder *d, struct error *err);

/* A mistake at `at`; what: what is wrong and what was expected. */
void decoder_find(struct decoder *d, const struct jtree *at, const char *where, const char *what);
/* True for an object; false without a finding when it is absent. */
bool decoder_is_object(struct decoder *d, const struct jtree *t, const char *where);
bool decoder_is_list(struct decoder *d, const struct jtree *t, const char *where);
/* A finding for each member that is not among `known` (NULL-terminated). */
void decoder_check_keys(
	struct decoder *d, const struct jtree *t, const char *where, const char *const *known);
/* Any scalar as it was written: 0x1F and yes are texts where text is wanted. SV_NULL: absent (or no scalar, which is a finding). */
struct sv decoder_text(struct decoder *d, const struct jtree *t, const char *where);
/* The same as a C string in the arena; NULL: absent. A NUL byte in it is a finding. */
const char *decoder_string(struct decoder *d, const struct jtree *t, const char *where);
struct opt_bool decoder_bool(struct decoder *d, const struct jtree *t, const char *where);
/* A whole number from min to max. */
struct opt_i64 decoder_int(
	struct decoder *d, const struct jtree *t, const char *where, int64_t min, int64_t max);
/* A zeroed array in the arena, never of length 0; NULL is reported by decoder_end. */
void *decoder_array(struct decoder *d, size_t n, size_t size);
