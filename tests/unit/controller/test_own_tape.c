/* Tapes of our own kind: what its decisions depend on is recorded, and the recording decides the
 * same. */
#include <check.h>
#include <string.h>

#include "controller/tape_play.h"
#include "controller/tape_write.h"
#include "tests/unit/controller/run.h"

#define NOW(ns) "{\"wall\":\"2026-01-02T03:04:05Z\",\"monoNs\":" ns "}"
#define HPA(more)                                                                                  \
	"\"hpa\":{\"kind\":\"HorizontalAutoscaler\",\"apiVersion\":\"flyball.dev/v1alpha1\","      \
	"\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\"},\"spec\":{\"scaleTargetRef\":{"    \
	"\"kind\":\"Deployment\",\"name\":\"web\",\"apiVersion\":\"apps/v1\"},\"minReplicas\":1,"  \
	"\"maxReplicas\":20," more                                                                 \
	"\"metrics\":[{\"type\":\"External\",\"external\":{\"metric\":{\"name\":\"q\"},"           \
	"\"target\":{\"type\":\"AverageValue\",\"averageValue\":\"10\"}},"                         \
	"\"fallback\":{\"failureDurationSeconds\":60,\"replicas\":6}}]},"                          \
	"\"status\":{\"currentReplicas\":4,\"desiredReplicas\":4}}"
#define POD(name)                                                                                  \
	"{\"metadata\":{\"name\":\"" name "\",\"labels\":{\"app\":\"web\"}},\"status\":{"          \
	"\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}"
#define PATH "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/q"
#define VALUE(v)                                                                                   \
	"{\"path\":\"" PATH "\",\"body\":{\"kind\":\"ExternalMetricValueList\",\"apiVersion\":"    \
	"\"external.metrics.k8s.io/v1beta1\",\"items\":[{\"metricName\":\"q\",\"timestamp\":"      \
	"\"2026-01-02T03:04:00Z\",\"value\":\"" v "\"}]}}"
#define FAILURE "{\"path\":\"" PATH "\",\"reading\":\"failed\",\"why\":\"down\"}"
#define TAPE(config, hpa, history, step, http)                                                     \
	"{\"tapeVersion\":1,\"name\":\"shop/web\",\"config\":{" config "}," hpa                    \
	",\"steps\":[{\"now\":" NOW(                                                               \
		"200000000000") ",\"history\":{\"started\":true" history "}," step                 \
				"\"scaleGets\":[{\"scale\":{\"kind\":\"Scale\",\"apiVersion\":"    \
				"\"autoscaling/"                                                   \
				"v1\",\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\"},"     \
				"\"spec\":{"                                                       \
				"\"replicas\":4},\"status\":{\"replicas\":4,\"selector\":\"app="   \
				"web\"}}}],"                                                       \
				"\"pods\":[" POD("web-1") "," POD("web-2") "],\"http\":[" http     \
									   "]}]}"

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

static enum error_kind read_tape(struct sv text, struct tape *ret)
{
	struct tape_text all = { .file = "t.jsonl", .all = text, .rest = text };
	struct jtree *root;
	uint32_t line;

	if (tape_next(&arena, &all, &root, &line, &err) != ERR_OK)
		return err.kind;
	return tape_decode(&arena, all.file, line, root, ret, &err);
}

/* Plays the tape; *ret is what was recorded of that. */
static struct tape_outcome play(struct sv text, struct sv *ret)
{
	const struct tape_write_options options = { .history_known = true, .taken_by = "a test" };
	AUTO(tape_write_done) struct tape_write writer = { 0 };
	AUTO(tape_play_done) struct tape_play play = { 0 };
	AUTO(buf_done) struct buf out = { 0 };
	struct tape_outcome outcome;
	struct tape *tape = ARENA_NEW(&arena, struct tape);

	ck_assert_msg(read_tape(text, tape) == ERR_OK, "%s", err.text);
	tape_write_init(&writer, &options);
	tape_play_begin(&play, &arena, tape);
	play.record = &writer;
	ck_assert_msg(tape_play_step(&play, 0, &outcome, &err) == ERR_OK, "%s", err.text);
	buf_init(&out, TAPE_MAX_BYTES);
	ck_assert_int_eq(tape_write_end(&writer, outcome.pass, &out, &err), ERR_OK);
	*ret = arena_sv(&arena, buf_sv(&out));
	return outcome;
}

#define KEY_OF_Q "%lld"
#define MEMORY                                                                                     \
	",\"metrics\":[{\"key\":" KEY_OF_Q                                                         \
	",\"hadValue\":false,\"failingSinceNs\":100000000000,\"rows\":3}]"
#define OVERRIDE                                                                                   \
	"\"override\":{\"minReplicas\":7,\"maxReplicas\":9,\"until\":\"2026-01-02T04:00:00Z\","    \
	"\"reason\":\"INC-1\"},"

static const struct row {
	const char *what, *text;
	int32_t desired; /* from 4 */
	const char *keeps;
} ROWS[] = {
	{ "as Kubernetes decides", TAPE("", HPA(""), "", "", VALUE("60")), 6,
		"\"kind\":\"HorizontalAutoscaler\",\"apiVersion\":\"flyball.dev/v1alpha1\"" },
	{ "an override", TAPE("", HPA(OVERRIDE), "", "", VALUE("60")), 7,
		"\"override\":{\"minReplicas\":7" },
	{ "Recommend", TAPE("", HPA("\"mode\":\"Recommend\","), "", "", VALUE("60")), 6,
		"\"mode\":\"Recommend\"" },
	{ "a fallback, since the metric has failed for long",
		TAPE("", HPA(""), MEMORY, "", FAILURE), 6, "\"failingSinceNs\":100000000000" },
	{ "a fallback that has not begun", TAPE("", HPA(""), "", "", FAILURE), 0,
		"\"fallback\":{\"failureDurationSeconds\":60,\"replicas\":6}" },
	{ "a frozen source",
		TAPE("\"guards\":true",
			HPA("\"behavior\":{\"scaleDown\":{\"stabilizationWindowSeconds\":0,"
			    "\"selectPolicy\":\"Max\",\"policies\":[{\"type\":\"Percent\","
			    "\"value\":100,\"periodSeconds\":15}]}},"),
			"", "\"frozenMetrics\":[0],", VALUE("10")),
		4, "\"frozenMetrics\":[0]" },
	{ "the same without the guards",
		TAPE("",
			HPA("\"behavior\":{\"scaleDown\":{\"stabilizationWindowSeconds\":0,"
			    "\"selectPolicy\":\"Max\",\"policies\":[{\"type\":\"Percent\","
			    "\"value\":100,\"periodSeconds\":15}]}},"),
			"", "\"frozenMetrics\":[0],", VALUE("10")),
		1, "\"frozenMetrics\":[0]" },
};

/* The key of the tapes' metric is a hash: it is put in here. */
static struct sv text_of(const struct row *row)
{
	const char *at = strstr(row->text, KEY_OF_Q);
	struct tape tape;

	if (!at)
		return sv_of(row->text);
	ck_assert_int_eq(read_tape(sv_of(ROWS[0].text), &tape), ERR_OK);
	return sv_of(arena_printf(&arena, "%.*s%lld%s", (int)(at - row->text), row->text,
		(long long)metric_memory_key(&tape.hpa.spec, 0), at + strlen(KEY_OF_Q)));
}

START_TEST(a_recording_decides_what_was_recorded)
{
	const struct row *row = &ROWS[_i];
	struct sv recorded, again;
	struct tape_outcome first = play(text_of(row), &recorded);

	ck_assert_msg(first.pass->proposal.desired == row->desired, "%s: %d", row->what,
		(int)first.pass->proposal.desired);
	ck_assert_msg(sv_find_sv(recorded, sv_of(row->keeps)) < recorded.len, "%s: %.*s", row->what,
		SV_ARG(recorded));
	struct tape_outcome second = play(recorded, &again);
	ck_assert_msg(sv_eq(first.expect, second.expect), "%s", row->what);
	ck_assert_msg(sv_eq(recorded, again), "%s", row->what);
}
END_TEST

static const struct bad_row {
	const char *what, *text, *want;
} BAD[] = {
	{ "an index that is none", TAPE("", HPA(""), "", "\"frozenMetrics\":[-1],", VALUE("1")),
		"frozenMetrics: expected 0 to 999" },
	{ "a member of memory that is none",
		TAPE("", HPA(""), ",\"metrics\":[{\"keys\":1}]", "", VALUE("1")), "key" },
	{ "a member of our kind that is misspelt",
		TAPE("", HPA("\"modes\":\"x\","), "", "", VALUE("1")), "mode" },
};

START_TEST(mistakes_are_named)
{
	struct tape tape;

	ck_assert_int_eq(read_tape(sv_of(BAD[_i].text), &tape), ERR_INVALID);
	ck_assert_msg(strstr(err.text, BAD[_i].want) != NULL, "%s: %s", BAD[_i].what, err.text);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_recording_decides_what_was_recorded, 0, ARRAY_LEN(ROWS));
	tcase_add_loop_test(t, mistakes_are_named, 0, ARRAY_LEN(BAD));
}

int main(void)
{
	return run_case("own_tape", add);
}
