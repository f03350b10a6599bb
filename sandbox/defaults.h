#pragma once
/* What kube-apiserver fills in and refuses when an object is written, for the kinds whose defaults matter here. Pure. */
#include "common/error.h"
#include "common/jx.h"
#include "sandbox/resources.h"

/* Changes doc in place. Errors: INVALID with code 422 and the API server's text. */
MUST_USE enum error_kind defaults_apply(const struct resource *r, json_t *doc, struct error *err);
