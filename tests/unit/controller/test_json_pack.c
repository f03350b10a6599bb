/* What is packed comes back byte for byte, and is much smaller. */
#include <string.h>

#include "common/limits.h"
#include "controller/json_pack.h"
#include "tests/unit/controller/run.h"

static struct buf packed, text;
static struct error err;

static void setup(void)
{
	buf_init(&packed, LIMIT_OBJECT_BYTES);
	buf_init(&text, LIMIT_OBJECT_BYTES);
}

static void teardown(void)
{
	buf_done(&packed);
	buf_done(&text);
}

static const char *const TEXTS[] = {
	"",
	"{",
	"\"",
	"{}",
	"{\"metadata\":{\"name\":\"",
	"{\"metadata\":{\"name\":\"web\",\"namespace\":\"n\",\"uid\":\"u\",\"resourceVersion\":"
	"\"5\"},"
	"\"spec\":{\"scaleTargetRef\":{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"name\":"
	"\"web\"},\"minReplicas\":1,\"maxReplicas\":20,\"metrics\":[{\"type\":\"Resource\","
	"\"resource\":{\"name\":\"cpu\",\"target\":{\"type\":\"Utilization\","
	"\"averageUtilization\":80}}}]},\"status\":{\"currentReplicas\":3,\"desiredReplicas\":3,"
	"\"currentMetrics\":[{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\",\"current\":{"
	"\"averageUtilization\":77,\"averageValue\":\"77m\"}}}],\"conditions\":[{\"type\":"
	"\"AbleToScale\",\"status\":\"True\",\"lastTransitionTime\":\"2026-11-21T12:00:00Z\","
	"\"reason\":\"ReadyForNewScale\",\"message\":\"recommended size matches current size\"},{"
	"\"type\":\"ScalingActive\",\"status\":\"True\",\"lastTransitionTime\":"
	"\"2026-11-21T12:00:00Z\",\"reason\":\"ValidMetricFound\",\"message\":\"the HPA was able "
	"to "
	"successfully calculate a replica count from cpu resource utilization (percentage of "
	"request)\"},{\"type\":\"ScalingLimited\",\"status\":\"False\",\"lastTransitionTime\":"
	"\"2026-11-21T12:00:00Z\",\"reason\":\"DesiredWithinRange\",\"message\":\"the desired "
	"count "
	"is within the acceptable range\"}]}}",
	/* Times and UUIDs, and what only looks like them. */
	"{\"a\":\"2026-01-01T00:00:00Z2026-02-30T00:00:00Z1969-12-31T23:59:59Z2106-02-07T06:28:15Z"
	"2106-02-07T06:28:16Z2026-01-01T24:00:00Z2026-01-01t00:00:00Z2026-01-01T00:00:00+\",\"b\":"
	"\""
	"00000000-0000-4000-8000-00000000000102020202-0202-4202-8202-02020202020ag"
	"ffffffff-ffff-ffff-ffff-ffffffffffffFFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF12345678-\"}",
	"{\"a\":\"\\u0001\\n\xc3\xa4\xff\x7f\",\"b\":[true,false,null,-1.5e7]}",
};

START_TEST(what_was_packed_comes_back)
{
	struct sv json = sv_of(TEXTS[_i]);

	/* Every beginning of it, too: words that are cut are no words. */
	for (size_t len = 0; len <= json.len; len++) {
		buf_clear(&packed);
		buf_clear(&text);
		ck_assert_int_eq(json_pack_put(&packed, sv_take(json, len), &err), ERR_OK);
		ck_assert_int_eq(json_pack_take(&text, buf_sv(&packed), &err), ERR_OK);
		ck_assert(sv_eq(buf_sv(&text), sv_take(json, len)));
		ck_assert_uint_le(packed.len, len);
	}
}
END_TEST

START_TEST(an_ordinary_object_takes_a_quarter)
{
	ck_assert_int_eq(json_pack_put(&packed, sv_of(TEXTS[5]), &err), ERR_OK);
	ck_assert_msg(
		packed.len * 4 < strlen(TEXTS[5]), "%zu of %zu", packed.len, strlen(TEXTS[5]));
}
END_TEST

START_TEST(other_bytes_are_refused)
{
	ck_assert_int_eq(json_pack_put(&packed, SV("{\n}"), &err), ERR_INVALID);
	ck_assert_int_eq(json_pack_take(&text, SV("\x01\xff"), &err), ERR_INVALID);
	ck_assert_int_eq(json_pack_take(&text, SV("\x01"), &err), ERR_INVALID);
	ck_assert_int_eq(json_pack_take(&text, sv_from("\0", 1), &err), ERR_INVALID);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, what_was_packed_comes_back, 0, (int)ARRAY_LEN(TEXTS));
	tcase_add_test(tcase, an_ordinary_object_takes_a_quarter);
	tcase_add_test(tcase, other_bytes_are_refused);
}

int main(void)
{
	return run_case("json_pack", add);
}
