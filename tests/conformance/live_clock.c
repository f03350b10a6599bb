/* A switch in front of the process's clocks. The product asks two functions for the time and nobody else; so a recorded instant can be the present one for a
 * whole controller. State of the process, like the clocks that it stands for. */
#include "tests/conformance/live_clock.h"

struct mono __real_instant_mono_now(void);
struct wall __real_instant_wall_now(void);
struct mono __wrap_instant_mono_now(void);
struct wall __wrap_instant_wall_now(void);

static struct {
	bool frozen;
	struct wall wall;
	struct mono mono;
} held;

void live_clock_freeze(struct wall wall, struct mono mono)
{
	held.frozen = true;
	held.wall = wall;
	held.mono = mono;
}

void live_clock_advance(int64_t ns)
{
	held.wall = instant_wall_add_ns(held.wall, ns);
	held.mono.ns += ns;
}

void live_clock_release(void)
{
	held.frozen = false;
}

int64_t live_clock_real_ns(void)
{
	return __real_instant_mono_now().ns;
}

struct mono __wrap_instant_mono_now(void)
{
	return held.frozen ? held.mono : __real_instant_mono_now();
}

struct wall __wrap_instant_wall_now(void)
{
	return held.frozen ? held.wall : __real_instant_wall_now();
}
