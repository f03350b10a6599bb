/* Instants and durations: what is accepted is printed so that it reads back as the same. */
#include "common/instant.h"
#include "tests/fuzz/fuzz.h"

static void check_wall(struct sv text)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct wall t, back;
	struct error err;

	buf_init(&out, 100);
	if (instant_wall_parse(text, &t, &err))
		return;
	REQUIRE(t.nsec >= 0 && t.nsec < NS_PER_SEC);
	instant_wall_print(&out, t);
	/* An offset can lead out of the four digit years; what is printed then is nobody's
	 * input. */
	if (out.len != sizeof("2006-01-02T15:04:05Z") - 1)
		return;
	REQUIRE(instant_wall_parse(buf_sv(&out), &back, &err) == ERR_OK);
	REQUIRE(back.sec == t.sec && back.nsec == 0);
	REQUIRE(instant_wall_cmp(instant_wall_add_ns(back, t.nsec), t) == 0);
	buf_clear(&out);
	instant_wall_print_micro(&out, t);
	REQUIRE(instant_wall_parse(buf_sv(&out), &back, &err) == ERR_OK);
	REQUIRE(back.sec == t.sec && back.nsec == t.nsec / 1000 * 1000);
}

static void check_duration(struct sv text)
{
	AUTO(buf_done) struct buf out = { 0 };
	int64_t ns, back;
	struct error err;

	buf_init(&out, 100);
	if (instant_duration_parse(text, &ns, &err))
		return;
	instant_duration_print(&out, ns);
	REQUIRE(instant_duration_parse(buf_sv(&out), &back, &err) == ERR_OK);
	REQUIRE(back == ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv text = sv_from((const char *)data, size);

	check_wall(text);
	check_duration(text);
	return 0;
}
