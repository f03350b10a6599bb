#pragma once
/* A scale as the object that it is the scale of. */
#include "tests/conformance/live_api.h"

/* The default mode watches its targets: the first scale of the step as the watched object. False: there is none that an API server could hold
 * (an error, a selector that no object has, a kind that is not watched); then the object is not there, and the scale is asked for. */
bool live_target_put(struct live_api *api);
