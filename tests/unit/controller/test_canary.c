/* The canary: scripts of what is seen, second by second, against verdict and next action. */
#include "common/mem.h"
#include "controller/canary.h"
#include "tests/unit/controller/run.h"

#define PERIOD 60

static struct mono at(int sec)
{
	return (struct mono){ sec * NS_PER_SEC };
}

enum step_kind { SEE, READ, FAIL, TESTIFY, LEAD, END };

struct step {
	int sec;
	enum step_kind kind;
	enum canary_sight sight;
	int age_sec; /* TESTIFY */
	bool leads;  /* LEAD */
};

#define MAX_STEPS 16

static const struct script {
	const char *what;
	bool standby;
	struct step steps[MAX_STEPS]; /* until END */
	int then;		      /* the second at which is asked */
	enum canary_verdict verdict;
	enum canary_action action;
	const char *by;
} SCRIPTS[] = {
	/* clang-format off */
	{ "nothing is known: it is read", false, { { 0, END, 0, 0, 0 } }, 0, CANARY_UNKNOWN, CANARY_READ, "" },
	{ "a missing one is created", false, { { 0, READ, CANARY_MISSING, 0, 0 }, { 0, END, 0, 0, 0 } }, 0, CANARY_UNKNOWN, CANARY_CREATE, "" },
	{ "a standby creates nothing", true, { { 0, READ, CANARY_MISSING, 0, 0 }, { 0, END, 0, 0, 0 } }, 0, CANARY_UNKNOWN, CANARY_NOTHING, "" },
	{ "what was filled before we came is emptied at once and proves nothing", false,
		{ { 0, READ, CANARY_FILLED, 0, 0 }, { 0, END, 0, 0, 0 } }, 0, CANARY_UNKNOWN, CANARY_CLEAR, "" },
	{ "before a period is over nothing is done", false,
		{ { 0, READ, CANARY_EMPTY, 0, 0 }, { 0, END, 0, 0, 0 } }, 59, CANARY_UNKNOWN, CANARY_NOTHING, "" },
	{ "then it is read", false, { { 0, READ, CANARY_EMPTY, 0, 0 }, { 0, END, 0, 0, 0 } }, 60, CANARY_UNKNOWN, CANARY_READ, "" },
	{ "one silent period is not enough", false,
		{ { 0, READ, CANARY_EMPTY, 0, 0 }, { 60, READ, CANARY_EMPTY, 0, 0 }, { 0, END, 0, 0, 0 } }, 60, CANARY_UNKNOWN, CANARY_NOTHING, "" },
	{ "two are", false,
		{ { 0, READ, CANARY_EMPTY, 0, 0 }, { 60, READ, CANARY_EMPTY, 0, 0 }, { 120, READ, CANARY_EMPTY, 0, 0 }, { 0, END, 0, 0, 0 } },
		120, CANARY_SILENT, CANARY_NOTHING, "" },
	{ "a watch's word is no reading", false,
		{ { 0, READ, CANARY_EMPTY, 0, 0 }, { 60, SEE, CANARY_EMPTY, 0, 0 }, { 120, SEE, CANARY_EMPTY, 0, 0 }, { 0, END, 0, 0, 0 } },
		120, CANARY_UNKNOWN, CANARY_READ, "" },
	{ "reading more often makes no period", false,
		{ { 0, READ, CANARY_EMPTY, 0, 0 }, { 1, READ, CANARY_EMPTY, 0, 0 }, { 2, READ, CANARY_EMPTY, 0, 0 }, { 0, END, 0, 0, 0 } },
		2, CANARY_UNKNOWN, CANARY_NOTHING, "" },
	{ "a standby counts periods too", true,
		{ { 0, READ, CANARY_EMPTY, 0, 0 }, { 60, READ, CANARY_EMPTY, 0, 0 }, { 120, READ, CANARY_EMPTY, 0, 0 }, { 0, END, 0, 0, 0 } },
		120, CANARY_SILENT, CANARY_NOTHING, "" },
	{ "silence that is not confirmed any more is none", false,
		{ { 0, READ, CANARY_EMPTY, 0, 0 }, { 60, READ, CANARY_EMPTY, 0, 0 }, { 120, READ, CANARY_EMPTY, 0, 0 }, { 0, END, 0, 0, 0 } },
		241, CANARY_UNKNOWN, CANARY_READ, "" },
	{ "and one more reading does not bring it back", false,
		{ { 0, READ, CANARY_EMPTY, 0, 0 }, { 60, READ, CANARY_EMPTY, 0, 0 }, { 120, READ, CANARY_EMPTY, 0, 0 },
		  { 300, READ, CANARY_EMPTY, 0, 0 }, { 0, END, 0, 0, 0 } }, 300, CANARY_UNKNOWN, CANARY_NOTHING, "" },
	{ "an answer counts at once", false,
		{ { 0, READ, CANARY_EMPTY, 0, 0 }, { 60, READ, CANARY_EMPTY, 0, 0 }, { 120, READ, CANARY_EMPTY, 0, 0 },
		  { 121, SEE, CANARY_FILLED, 0, 0 }, { 0, END, 0, 0, 0 } }, 121, CANARY_ANSWERED, CANARY_NOTHING, "kcm" },
	{ "an answered canary is left for a while", false,
		{ { 0, READ, CANARY_EMPTY, 0, 0 }, { 10, SEE, CANARY_FILLED, 0, 0 }, { 0, END, 0, 0, 0 } }, 189, CANARY_ANSWERED, CANARY_NOTHING, "kcm" },
	{ "and then emptied", false,
		{ { 0, READ, CANARY_EMPTY, 0, 0 }, { 10, SEE, CANARY_FILLED, 0, 0 }, { 0, END, 0, 0, 0 } }, 190, CANARY_ANSWERED, CANARY_CLEAR, "kcm" },
	{ "more words in a filled one do not put that off", false,
		{ { 0, READ, CANARY_EMPTY, 0, 0 }, { 10, SEE, CANARY_FILLED, 0, 0 }, { 180, SEE, CANARY_FILLED, 0, 0 }, { 0, END, 0, 0, 0 } },
		190, CANARY_ANSWERED, CANARY_CLEAR, "kcm" },
	{ "an answer stays one until there were enough silent periods", false,
		{ { 0, READ, CANARY_EMPTY, 0, 0 }, { 10, SEE, CANARY_FILLED, 0, 0 }, { 190, READ, CANARY_EMPTY, 0, 0 },
		  { 250, READ, CANARY_EMPTY, 0, 0 }, { 0, END, 0, 0, 0 } }, 250, CANARY_ANSWERED, CANARY_NOTHING, "kcm" },
	{ "two, when we were not writing", false,
		{ { 0, READ, CANARY_EMPTY, 0, 0 }, { 10, SEE, CANARY_FILLED, 0, 0 }, { 190, READ, CANARY_EMPTY, 0, 0 },
		  { 250, READ, CANARY_EMPTY, 0, 0 }, { 310, READ, CANARY_EMPTY, 0, 0 }, { 0, END, 0, 0, 0 } }, 310, CANARY_SILENT, CANARY_NOTHING, "kcm" },
	{ "more, when we were", false,
		{ { 0, READ, CANARY_EMPTY, 0, 0 }, { 60, READ, CANARY_EMPTY, 0, 0 }, { 120, READ, CANARY_EMPTY, 0, 0 },
		  { 121, SEE, CANARY_FILLED, 0, 0 }, { 301, READ, CANARY_EMPTY, 0, 0 }, { 361, READ, CANARY_EMPTY, 0, 0 },
		  { 421, READ, CANARY_EMPTY, 0, 0 }, { 0, END, 0, 0, 0 } }, 421, CANARY_ANSWERED, CANARY_NOTHING, "kcm" },
	{ "four of them", false,
		{ { 0, READ, CANARY_EMPTY, 0, 0 }, { 60, READ, CANARY_EMPTY, 0, 0 }, { 120, READ, CANARY_EMPTY, 0, 0 },
		  { 121, SEE, CANARY_FILLED, 0, 0 }, { 301, READ, CANARY_EMPTY, 0, 0 }, { 361, READ, CANARY_EMPTY, 0, 0 },
		  { 421, READ, CANARY_EMPTY, 0, 0 }, { 481, READ, CANARY_EMPTY, 0, 0 }, { 541, READ, CANARY_EMPTY, 0, 0 }, { 0, END, 0, 0, 0 } },
		541, CANARY_SILENT, CANARY_NOTHING, "kcm" },
	{ "a deleted one ends the silence and is created again, but not in a hot loop", false,
		{ { 0, READ, CANARY_EMPTY, 0, 0 }, { 60, READ, CANARY_EMPTY, 0, 0 }, { 120, READ, CANARY_EMPTY, 0, 0 },
		  { 130, SEE, CANARY_MISSING, 0, 0 }, { 0, END, 0, 0, 0 } }, 144, CANARY_UNKNOWN, CANARY_NOTHING, "" },
	{ "but a little later", false,
		{ { 0, READ, CANARY_EMPTY, 0, 0 }, { 130, SEE, CANARY_MISSING, 0, 0 }, { 0, END, 0, 0, 0 } }, 145, CANARY_UNKNOWN, CANARY_CREATE, "" },
	{ "a failure is tried again later", false,
		{ { 0, FAIL, 0, 0, 0 }, { 0, END, 0, 0, 0 } }, 14, CANARY_UNKNOWN, CANARY_NOTHING, "" },
	{ "after a quarter of a period", false, { { 0, FAIL, 0, 0, 0 }, { 0, END, 0, 0, 0 } }, 15, CANARY_UNKNOWN, CANARY_READ, "" },
	{ "one failed reading does not end a silence", false,
		{ { 0, READ, CANARY_EMPTY, 0, 0 }, { 60, READ, CANARY_EMPTY, 0, 0 }, { 120, READ, CANARY_EMPTY, 0, 0 }, { 180, FAIL, 0, 0, 0 }, { 0, END, 0, 0, 0 } },
		190, CANARY_SILENT, CANARY_NOTHING, "" },
	{ "a young foreign status is an answer", false,
		{ { 0, READ, CANARY_EMPTY, 0, 0 }, { 60, READ, CANARY_EMPTY, 0, 0 }, { 120, READ, CANARY_EMPTY, 0, 0 }, { 125, TESTIFY, 0, 119, 0 }, { 0, END, 0, 0, 0 } },
		125, CANARY_ANSWERED, CANARY_NOTHING, "kcm" },
	{ "an old one is not", false,
		{ { 0, READ, CANARY_EMPTY, 0, 0 }, { 60, READ, CANARY_EMPTY, 0, 0 }, { 120, READ, CANARY_EMPTY, 0, 0 }, { 125, TESTIFY, 0, 120, 0 }, { 0, END, 0, 0, 0 } },
		125, CANARY_SILENT, CANARY_NOTHING, "" },
	{ "one from the future is, clocks differ", false,
		{ { 0, READ, CANARY_EMPTY, 0, 0 }, { 5, TESTIFY, 0, -10, 0 }, { 0, END, 0, 0, 0 } }, 5, CANARY_ANSWERED, CANARY_NOTHING, "kcm" },
	{ "a standby that comes to lead empties what is filled", true,
		{ { 0, READ, CANARY_FILLED, 0, 0 }, { 5, LEAD, 0, 0, true }, { 0, END, 0, 0, 0 } }, 5, CANARY_UNKNOWN, CANARY_CLEAR, "" },
	/* clang-format on */
};

START_TEST(scripts)
{
	const struct script *script = &SCRIPTS[_i];
	struct mono wake;
	struct canary c;

	canary_init(&c, PERIOD * NS_PER_SEC, !script->standby);
	for (const struct step *s = script->steps; s->kind != END; s++) {
		if (s->kind == SEE || s->kind == READ)
			canary_see(&c, s->sight, s->kind == READ, SV("kcm"), at(s->sec));
		else if (s->kind == FAIL)
			canary_fail(&c, at(s->sec));
		else if (s->kind == TESTIFY)
			(void)canary_testify(&c, SV("kcm"), s->age_sec * NS_PER_SEC, at(s->sec));
		else
			canary_lead(&c, s->leads);
	}
	enum canary_verdict verdict = canary_judge(&c, at(script->then));
	enum canary_action action = canary_next(&c, at(script->then), &wake);
	ck_assert_msg(verdict == script->verdict, "%s: verdict %u", script->what, verdict);
	ck_assert_msg(action == script->action, "%s: action %u", script->what, action);
	ck_assert_msg(strcmp(c.by, script->by) == 0, "%s: by %s", script->what, c.by);
	ck_assert_msg(action != CANARY_NOTHING || wake.ns > at(script->then).ns,
		"%s: asks again at once", script->what);
}
END_TEST

START_TEST(nobody_is_named_when_nobody_is_known)
{
	struct canary c;

	canary_init(&c, PERIOD * NS_PER_SEC, true);
	canary_see(&c, CANARY_EMPTY, true, SV_NULL, at(0));
	canary_see(&c, CANARY_FILLED, false, SV_NULL, at(1));
	ck_assert_str_eq(c.by, "an unknown writer");
}
END_TEST

START_TEST(many_answers_have_a_bound_and_are_forgiven)
{
	struct canary c;
	int sec = 0;

	canary_init(&c, PERIOD * NS_PER_SEC, true);
	canary_see(&c, CANARY_EMPTY, true, SV_NULL, at(sec));
	for (int i = 0; i < 10; i++) {
		while (canary_judge(&c, at(sec)) != CANARY_SILENT) {
			sec += PERIOD;
			canary_see(&c, CANARY_EMPTY, true, SV_NULL, at(sec));
		}
		canary_see(&c, CANARY_FILLED, false, SV_NULL, at(sec));
		canary_see(&c, CANARY_EMPTY, true, SV_NULL, at(sec));
	}
	ck_assert_uint_eq(c.n_needed, 32);
	for (int i = 0; i < 65; i++) {
		sec += PERIOD;
		canary_see(&c, CANARY_EMPTY, true, SV_NULL, at(sec));
	}
	ck_assert_uint_eq(c.n_needed, CANARY_PERIODS);
}
END_TEST

static const struct {
	const char *what, *json;
	enum canary_sight sight;
} LOOKS[] = {
	{ "no status", "{\"metadata\":{}}", CANARY_EMPTY },
	{ "an empty one", "{\"status\":{}}", CANARY_EMPTY },
	{ "null", "{\"status\":null}", CANARY_EMPTY },
	{ "what the API server writes for nothing",
		"{\"status\":{\"desiredReplicas\":0,\"currentMetrics\":null,\"conditions\":[]}}",
		CANARY_EMPTY },
	{ "a condition", "{\"status\":{\"conditions\":[{\"type\":\"AbleToScale\"}]}}",
		CANARY_FILLED },
	{ "a count", "{\"status\":{\"desiredReplicas\":1}}", CANARY_FILLED },
	{ "a generation", "{\"status\":{\"observedGeneration\":1}}", CANARY_FILLED },
	{ "a member that we do not know", "{\"status\":{\"x\":{\"y\":0}}}", CANARY_FILLED },
	{ "text that ends early", "{\"status\":{", CANARY_FILLED },
	{ "no object", "[]", CANARY_FILLED },
};

START_TEST(looks)
{
	ck_assert_msg(canary_look(sv_of(LOOKS[_i].json)) == LOOKS[_i].sight, "%s", LOOKS[_i].what);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_loop_test(t, scripts, 0, (int)ARRAY_LEN(SCRIPTS));
	tcase_add_test(t, nobody_is_named_when_nobody_is_known);
	tcase_add_test(t, many_answers_have_a_bound_and_are_forgiven);
	tcase_add_loop_test(t, looks, 0, (int)ARRAY_LEN(LOOKS));
}

int main(void)
{
	return run_case("canary", add);
}
