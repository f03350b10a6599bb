#pragma once
/* The two clocks of this process while a recorded case runs on the live controller: they stand still, and move only when the runner says so. The linker
 * puts them in front of instant_mono_now and instant_wall_now (CMakeLists.txt); released, they are the real ones. */
#include "common/instant.h"

/* Both stand at these times from now on. */
void live_clock_freeze(struct wall wall, struct mono mono);
/* Frozen: both move on. */
void live_clock_advance(int64_t ns);
/* The real ones again. */
void live_clock_release(void);
/* Real nanoseconds, for guards against a case that hangs. */
int64_t live_clock_real_ns(void);
