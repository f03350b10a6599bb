#pragma once
/* The watches that requests look into, so that the API server is not asked for each. */
#include "adapter/server.h"

/* Those that the groups need: of whatever `*` requests ask about, but for strict mode, and of pods and nodes. errors: NOMEM */
MUST_USE enum error_kind watches_begin(struct server *s, struct error *err);
/* Pods and nodes, for resource rules; those that are watched already go on. errors: NOMEM */
MUST_USE enum error_kind watches_begin_usage(struct server *s, struct error *err);
