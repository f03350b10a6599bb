#pragma once
/* Files that change while the adapter runs: each is looked at again, used when it is good, and left alone when it is not. */
#include "adapter/server.h"

/* The configuration as it is at the start: its text and groups in s. errors: INVALID, LIMIT, NOMEM */
MUST_USE enum error_kind reload_read(struct server *s, struct error *err);
/* Compiles a configuration against these resources and lists anew; after an error other than NOMEM nothing has changed.
 * errors: as generation_new */
MUST_USE enum error_kind reload_use(
	struct server *s, struct sv text, struct mapper *m, struct error *err);
/* The files of a server cannot be used: says so, once. ctx is the struct server; for upstreams_config. */
void reload_refused(const char *name, const struct error *why, void *ctx);
/* NULL: no memory. */
MUST_USE struct loop_timer *reload_timer_new(struct server *s);
/* Looks at the files from now on. */
void reload_begin(struct server *s);
/* Looks at them now instead of within ten seconds; before the port is open: nothing. */
void reload_now(struct server *s);
