/* Tapes: what is refused and how it is told, what is written down and what never is, and that a
 * recording decides what was recorded. The vectors are recorded and replayed by the suite
 * hpa-tape. */
#include <stdio.h>
#include <string.h>

#include "controller/tape_expect.h"
#include "controller/tape_play.h"
#include "controller/tape_set.h"
#include "controller/tape_write.h"
#include "tests/unit/controller/run.h"

#define HPA                                                                                        \
	"\"hpa\":{\"kind\":\"HorizontalPodAutoscaler\",\"apiVersion\":\"autoscaling/v2\","         \
	"\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\",\"labels\":{\"team\":\"secret-1\"}" \
	","                                                                                        \
	"\"annotations\":{\"note\":\"secret-2\"},\"managedFields\":[{\"manager\":\"secret-3\"}]}," \
	"\"spec\":{\"scaleTargetRef\":{\"kind\":\"Deployment\",\"name\":\"web\",\"apiVersion\":"   \
	"\"apps/v1\"},\"minReplicas\":1,\"maxReplicas\":20,\"metrics\":[{\"type\":\"Resource\","   \
	"\"resource\":{\"name\":\"cpu\",\"target\":{\"type\":\"Utilization\","                     \
	"\"averageUtilization\":50}}},{\"type\":\"Resource\",\"resource\":{\"name\":\"memory\","   \
	"\"target\":{\"type\":\"AverageValue\",\"averageValue\":\"1Gi\"}}}]},"                     \
	"\"status\":{\"currentReplicas\":1,\"desiredReplicas\":1,\"currentMetrics\":null}}"
#define PATH "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods?labelSelector=app%3Dweb"
#define POD(name)                                                                                  \
	"{\"metadata\":{\"name\":\"" name                                                          \
	"\",\"namespace\":\"shop\",\"labels\":{\"app\":\"web\"},"                                  \
	"\"annotations\":{\"note\":\"secret-4\"}},\"spec\":{\"containers\":[{\"name\":\"main\","   \
	"\"image\":\"secret-5\",\"env\":[{\"name\":\"KEY\",\"value\":\"secret-6\"}],"              \
	"\"resources\":{\"requests\":{\"cpu\":\"0.5\"}}}]},\"status\":{\"phase\":\"Running\","     \
	"\"startTime\":\"2025-01-01T00:00:00Z\",\"conditions\":[{\"type\":\"Ready\","              \
	"\"status\":\"True\",\"lastTransitionTime\":\"2025-01-01T00:00:07.25Z\"}]}}"
#define SCALE                                                                                      \
	"{\"kind\":\"Scale\",\"apiVersion\":\"autoscaling/v1\",\"metadata\":{\"name\":\"web\","    \
	"\"namespace\":\"shop\",\"annotations\":{\"note\":\"secret-7\"}},\"spec\":"                \
	"{\"replicas\":1},\"status\":{\"replicas\":1,\"selector\":\"app=web\"}}"
#define BODY                                                                                       \
	"{\"kind\":\"PodMetricsList\",\"apiVersion\":\"metrics.k8s.io/v1beta1\",\"metadata\":{},"  \
	"\"items\":[{\"metadata\":{\"name\":\"web-1\",\"namespace\":\"shop\",\"annotations\":"     \
	"{\"note\":\"secret-8\"}},\"timestamp\":\"2026-01-02T03:04:00Z\",\"window\":\"15s\","      \
	"\"containers\":[{\"name\":\"main\",\"usage\":{\"cpu\":\"1\",\"memory\":\"1Gi\"}}]}]}"
#define NOW(ns) "{\"wall\":\"2026-01-02T03:04:05." ns "Z\",\"monoNs\":77" ns "}"
#define TAPE                                                                                       \
	"{\"tapeVersion\":1,\"name\":\"shop/web\"," HPA ",\"steps\":[{\"now\":" NOW(               \
		"100000000") ",\"history\":{\"started\":true,\"recommendations\":[{\"monoNs\":5,"  \
			     "\"replicas\":1}],"                                                   \
			     "\"up\":[{\"monoNs\":6,\"change\":2,\"outdated\":true}],\"down\":[]"  \
			     ",\"lostWrite\":{\"from\":1,\"to\":9},\"asleep\":true},"              \
			     "\"otherHpas\":[{\"namespace\":\"shop\",\"name\":\"api\","            \
			     "\"selector\":\"app=api\"}],"                                         \
			     "\"scaleGets\":[{\"now\":" NOW(                                       \
				     "200000000") ",\"scale\":" SCALE                              \
						  "}],\"pods\":[" POD(                             \
							  "web-1") "],"                            \
								   "\"podsNow\":" NOW(             \
									   "30000000"              \
									   "1") ",\"h"             \
										"ttp"              \
										"\":["             \
										"{\"p"             \
										"ath"              \
										"\":"              \
										"\"" PATH "\","    \
										"\"bo"             \
										"dy\""             \
										":" BODY "}]}]"    \
										"}"

static struct arena arena;
static struct error err;

static void setup(void)
{
	arena_init(&arena, 64u << 20);
}

static void teardown(void)
{
	arena_done(&arena);
}

static enum error_kind read_tape(const char *text, const char *set, struct tape *ret)
{
	struct tape_text all = { .file = "t.jsonl", .all = sv_of(text), .rest = sv_of(text) };
	struct jtree *root;
	uint32_t line;

	if (tape_next(&arena, &all, &root, &line, &err) != ERR_OK)
		return err.kind;
	ck_assert_ptr_nonnull(root);
	if (set && tape_set_apply(&arena, root, set, &err) != ERR_OK)
		return err.kind;
	return tape_decode(&arena, all.file, line, root, ret, &err);
}

/* Plays the first pass and records it; the text is in the arena, NULL: there is none, `err` says why. */
static const char *record_as(const struct tape_write_options *options, const char *text,
	const char *set, struct sv *ret_expect)
{
	AUTO(tape_write_done) struct tape_write writer = { 0 };
	AUTO(tape_play_done) struct tape_play play = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	struct tape_outcome outcome;
	struct tape *tape = ARENA_NEW(&arena, struct tape);

	ck_assert_msg(read_tape(text, set, tape) == ERR_OK, "%s", err.text);
	tape_write_init(&writer, options);
	tape_play_begin(&play, &arena, tape);
	play.record = &writer;
	buf_init(&out, TAPE_MAX_BYTES);
	if (tape_play_step(&play, 0, &outcome, &err) != ERR_OK ||
		tape_write_end(&writer, outcome.pass, &out, &err) != ERR_OK)
		return NULL;
	*ret_expect = outcome.expect;
	return arena_strdup(&arena, buf_sv(&out));
}

static const char *record(const char *text, const char *set, struct sv *ret_expect)
{
	const struct tape_write_options options = { .history_known = true, .taken_by = "a test" };
	const char *tape = record_as(&options, text, set, ret_expect);

	ck_assert_msg(tape != NULL, "%s", err.text);
	return tape;
}

static bool holds(struct sv text, const char *part)
{
	return sv_find_sv(text, sv_of(part)) < text.len;
}

START_TEST(written_at_the_end_it_is_the_same_to_the_byte)
{
	const struct tape_write_options options = {
		.history_known = true, .taken_by = "a test", .late = &arena, .late_max_pods = 100
	};
	struct sv expect, late_expect;
	const char *first = record(TAPE, NULL, &expect);
	const char *late = record_as(&options, TAPE, NULL, &late_expect);

	ck_assert_ptr_nonnull(late);
	ck_assert_str_eq(late, first);
}
END_TEST

START_TEST(too_many_pods_leave_no_late_tape)
{
	const struct tape_write_options options = {
		.history_known = true, .late = &arena, .late_max_pods = 0
	};
	struct sv expect;

	ck_assert_ptr_null(record_as(&options, TAPE, NULL, &expect));
	ck_assert_int_eq(err.kind, ERR_LIMIT);
}
END_TEST

START_TEST(a_recording_replays_to_the_same_bytes)
{
	struct sv expect, again;
	const char *first = record(TAPE, NULL, &expect);
	const char *second = record(first, NULL, &again);

	ck_assert(holds(expect, "\"scaleWrite\":4"));
	ck_assert(sv_eq(expect, again));
	ck_assert_str_eq(first, second);
	ck_assert_ptr_nonnull(strstr(first, "\"wall\":\"2026-01-02T03:04:05.300000001Z\""));
	ck_assert_ptr_nonnull(strstr(first, "{\"monoNs\":6,\"change\":2,\"outdated\":true}"));
	ck_assert_ptr_nonnull(
		strstr(first, "\"lostWrite\":{\"from\":1,\"to\":9},\"asleep\":true}"));
}
END_TEST

START_TEST(nothing_secret_is_recorded)
{
	struct sv expect;
	const char *text = record(TAPE, NULL, &expect);

	ck_assert_ptr_null(strstr(text, "secret"));
	ck_assert_ptr_null(strstr(text, "annotations"));
	ck_assert_ptr_null(strstr(text, "managedFields"));
}
END_TEST

START_TEST(objects_that_play_no_part_are_left_out)
{
	struct sv expect;
	const char *text = record(TAPE, NULL, &expect);

	ck_assert_ptr_null(strstr(text, "\"api\""));
	ck_assert_ptr_nonnull(strstr(text, "\"deployments\""));
	ck_assert_ptr_null(strstr(text, "\"replicasets\""));
}
END_TEST

START_TEST(one_request_for_two_resources_is_two_rows)
{
	struct sv expect;
	const char *text = record(TAPE, NULL, &expect);

	ck_assert_ptr_nonnull(strstr(text, PATH "\",\"resource\":\"cpu\""));
	ck_assert_ptr_nonnull(strstr(text, PATH "\",\"resource\":\"memory\""));
	ck_assert_ptr_nonnull(strstr(text, "\"usage\":{\"memory\":\"1073741824000m\"}"));
}
END_TEST

START_TEST(a_set_value_decides)
{
	struct sv expect;

	(void)record(TAPE, "spec.maxReplicas=3", &expect);
	ck_assert(holds(expect, "\"scaleWrite\":3"));
	(void)record(TAPE, "spec.metrics[0].resource.target.averageUtilization=200", &expect);
	ck_assert(holds(expect, "\"scaleWrite\":null"));
	(void)record(TAPE, "config.tolerance=3", &expect);
	ck_assert(holds(expect, "\"scaleWrite\":null"));
}
END_TEST

static const struct {
	const char *name, *set, *why;
} SETS[] = {
	{ "a misspelt member is named", "spec.maxReplica=3", "did you mean maxReplicas?" },
	{ "a list is not grown", "spec.metrics[2].type=Pods", "no such element" },
	{ "a path needs a value", "spec.maxReplicas", "expected PATH=VALUE" },
	{ "an empty value is none", "spec.maxReplicas=", "expected PATH=VALUE" },
	{ "only spec and config can be set", "status.currentReplicas=3", "begins with spec." },
	{ "a number has no members", "spec.maxReplicas.x=3", "has no members" },
	{ "a wrong type is refused by the decoder", "spec.maxReplicas=many", "32 bits" },
	{ "an empty part is none", "spec..x=1", "expected PATH=VALUE" },
};

START_TEST(wrong_assignments_are_refused)
{
	struct tape tape;

	ck_assert_msg(read_tape(TAPE, SETS[_i].set, &tape) == ERR_INVALID, "%s", SETS[_i].name);
	ck_assert_msg(strstr(err.text, SETS[_i].why) != NULL, "%s: %s", SETS[_i].name, err.text);
}
END_TEST

static const struct {
	const char *name, *text, *why;
} BAD[] = {
	{ "a newer tape says so before anything else", "\n{\"tapeVersion\":2,\"what\":1}",
		"t.jsonl:2:16: tapeVersion: this tape is of version 2" },
	{ "version 0 is none", "{\"tapeVersion\":0}", "expected a whole number from 1" },
	{ "no tape but a list", "[]", "expected a tape, a JSON object; got a list" },
	{ "no JSON", "hello", "t.jsonl:1:1: expected a tape, a JSON object" },
	{ "a string that the file's end cuts off", "{\"tapeVersion\":1,\"name\":\"sho", "cut off" },
	{ "an object that the file's end cuts off", "{\"tapeVersion\":1,\"hpa\":{}", "cut off" },
	{ "a word that the file's end cuts off", "{\"opaqueText\":tr", "cut off" },
	{ "a mistake in the middle is no cut", "{\"name\":,\n\"hpa\":{}}", "line 1, column" },
	{ "an unknown member is named", "{\"tapeVersion\":1,\"step\":[]," HPA "}",
		"step: unknown field; did you mean steps?" },
	{ "a tape without passes", "{\"tapeVersion\":1," HPA ",\"steps\":[]}", "expected 1 to" },
	{ "a tape without an autoscaler", "{\"steps\":[{\"t\":1}]}", "hpa: is missing" },
	{ "a pass without a time", "{" HPA ",\"steps\":[{}]}", "steps[0]: expected a time" },
	{ "a time beyond reach", "{" HPA ",\"steps\":[{\"t\":9000000000}]}",
		"steps[0].t: expected" },
	{ "a clock beyond reach",
		"{" HPA ",\"steps\":[{\"now\":{\"wall\":\"2026-01-02T03:04:05Z\",\"monoNs\":"
		"9000000000000000000}}]}",
		"steps[0].now.monoNs: expected" },
	{ "a negative duration", "{\"config\":{\"syncPeriodSeconds\":-1}," HPA ",\"steps\":[]}",
		"config.syncPeriod: expected 0 to" },
	{ "another arithmetic", "{\"config\":{\"arithmetic\":\"x\"}," HPA "}", "safe or strict" },
	{ "a gate that is no truth",
		"{\"config\":{\"featureGates\":{\"HPAScaleToZero\":1}}," HPA "}",
		"config.featureGates.HPAScaleToZero: expected" },
	{ "a pod that is none", "{" HPA ",\"steps\":[{\"t\":1,\"pods\":[3]}]}",
		"steps[0].pods[0]: " },
	{ "a selector that is none",
		"{" HPA ",\"steps\":[{\"t\":1,\"otherHpas\":[{\"selector\":\"a in\"}]}]}",
		"steps[0].otherHpas[0]: " },
	{ "a row without a path", "{" HPA ",\"steps\":[{\"t\":1,\"http\":[{\"status\":200}]}]}",
		"steps[0].http[0].path: is missing" },
	{ "an unknown reading",
		"{" HPA ",\"steps\":[{\"t\":1,\"http\":[{\"path\":\"/\",\"reading\":\"x\"}]}]}",
		"steps[0].http[0].reading: expected failed" },
};

START_TEST(bad_tapes_are_one_clear_line)
{
	struct tape tape;

	ck_assert_msg(read_tape(BAD[_i].text, NULL, &tape) == ERR_INVALID, "%s", BAD[_i].name);
	ck_assert_msg(strstr(err.text, BAD[_i].why) != NULL, "%s: %s", BAD[_i].name, err.text);
	ck_assert_msg(strchr(err.text, '\n') == NULL, "%s: %s", BAD[_i].name, err.text);
}
END_TEST

START_TEST(files_hold_tapes_one_after_the_other)
{
	struct sv text = SV("{\"a\":1}\n\n  {\"b\":\n2} {\"c\":3}\n");
	struct tape_text all = { .file = "t.jsonl", .all = text, .rest = text };
	const uint32_t lines[] = { 1, 3, 4 };
	struct jtree *root;
	uint32_t line;

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		ck_assert_int_eq(tape_next(&arena, &all, &root, &line, &err), ERR_OK);
		ck_assert_ptr_nonnull(root);
		ck_assert_uint_eq(line, lines[i]);
	}
	ck_assert_int_eq(tape_next(&arena, &all, &root, &line, &err), ERR_OK);
	ck_assert_ptr_null(root);
}
END_TEST

struct seen {
	size_t n;
	char path[64];
};

static void on_difference(
	void *ctx, const char *path, const struct jtree *recorded, const struct jtree *now)
{
	struct seen *s = ctx;

	(void)recorded;
	(void)now;
	if (s->n++ == 0)
		(void)snprintf(s->path, sizeof(s->path), "%s", path);
}

static const struct {
	const char *name, *recorded, *now;
	bool opaque;
	size_t n;
	const char *path;
} COMPARISONS[] = {
	{ "null, absent, empty and zero are nothing", "{\"a\":null,\"b\":[],\"c\":0,\"d\":\"\"}",
		"{\"e\":false}", false, 0, "" },
	{ "a number is compared as written", "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":2}}", false, 1,
		"a.b" },
	{ "order counts", "[\"x\",\"y\"]", "[\"y\",\"x\"]", false, 2, "[0]" },
	{ "a longer list differs in what is more", "{\"a\":[1]}", "{\"a\":[1,2]}", false, 1,
		"a[1]" },
	{ "kinds differ", "{\"a\":\"1\"}", "{\"a\":1}", false, 1, "a" },
	{ "what is new differs", "{}", "{\"a\":{\"b\":3}}", false, 1, "a" },
	{ "texts behind the mark count", "\"metrics API: x\"", "\"metrics API: y\"", false, 1, "" },
	{ "opaque texts end at the mark", "\"metrics API: x\"", "\"metrics API: y\"", true, 0, "" },
};

START_TEST(decisions_are_compared_as_vectors_are)
{
	const struct tape_expect_options options = { .opaque_text = COMPARISONS[_i].opaque };
	struct jtree *recorded, *now;
	struct seen seen = { 0 };

	ck_assert_int_eq(
		jtree_parse(&arena, sv_of(COMPARISONS[_i].recorded), &recorded, &err), ERR_OK);
	ck_assert_int_eq(jtree_parse(&arena, sv_of(COMPARISONS[_i].now), &now, &err), ERR_OK);
	size_t n = tape_expect_compare(recorded, now, &options, on_difference, &seen);
	ck_assert_msg(n == COMPARISONS[_i].n && seen.n == n, "%s: %zu", COMPARISONS[_i].name, n);
	ck_assert_str_eq(seen.path, COMPARISONS[_i].path);
}
END_TEST

START_TEST(memory_that_runs_out_is_an_error)
{
	bool refused = false;

	for (size_t limit = 4096; limit < (1u << 20); limit += 4096) {
		struct tape tape;
		arena_done(&arena);
		arena_init(&arena, limit);
		enum error_kind kind = read_tape(TAPE, NULL, &tape);
		ck_assert(kind == ERR_OK || kind == ERR_LIMIT);
		refused = refused || kind == ERR_LIMIT;
	}
	ck_assert(refused);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_recording_replays_to_the_same_bytes);
	tcase_add_test(tcase, written_at_the_end_it_is_the_same_to_the_byte);
	tcase_add_test(tcase, too_many_pods_leave_no_late_tape);
	tcase_add_test(tcase, nothing_secret_is_recorded);
	tcase_add_test(tcase, objects_that_play_no_part_are_left_out);
	tcase_add_test(tcase, one_request_for_two_resources_is_two_rows);
	tcase_add_test(tcase, a_set_value_decides);
	tcase_add_loop_test(tcase, wrong_assignments_are_refused, 0, ARRAY_LEN(SETS));
	tcase_add_loop_test(tcase, bad_tapes_are_one_clear_line, 0, ARRAY_LEN(BAD));
	tcase_add_test(tcase, files_hold_tapes_one_after_the_other);
	tcase_add_loop_test(
		tcase, decisions_are_compared_as_vectors_are, 0, ARRAY_LEN(COMPARISONS));
	tcase_add_test(tcase, memory_that_runs_out_is_an_error);
}

int main(void)
{
	return run_case("tape", add);
}
