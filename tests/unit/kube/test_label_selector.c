/* LabelSelector objects: JSON, selectors, the form in messages, the way of scale.status.selector. */
#include "kube/label_selector.h"
#include "tests/unit/common/run.h"

static struct arena arena;

static void start(void)
{
	arena_init(&arena, 1 << 22);
}

static void stop(void)
{
	arena_done(&arena);
}

static struct label_selector *decode(const char *json)
{
	struct label_selector *s = NULL;
	struct jtree *t;
	struct error err;

	ck_assert_int_eq(jtree_parse(&arena, sv_of(json), &t, &err), ERR_OK);
	ck_assert_msg(label_selector_decode(&arena, t, &s, &err) == ERR_OK, "%s", err.text);
	return s;
}

static const struct {
	const char *json, *written, *selector, *message;
} GOOD[] = {
	{ "null", "null", "", "nil" },
	{ "{}", "{}", "",
		"&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[]"
		"LabelSelectorRequirement{},}" },
	{ "{\"matchLabels\":{\"b\":\"1\",\"a\":\"2\"},\"unknown\":1}",
		"{\"matchLabels\":{\"a\":\"2\",\"b\":\"1\"}}", "a=2,b=1",
		"&LabelSelector{MatchLabels:map[string]string{a: 2,b: 1,},"
		"MatchExpressions:[]LabelSelectorRequirement{},}" },
	{ "{\"matchLabels\":{\"a\":null},\"matchExpressions\":[{\"key\":\"k\",\"operator\":"
	  "\"NotIn\","
	  "\"values\":[\"z\",null,\"y\"]},{\"key\":\"e\",\"operator\":\"Exists\",\"values\":[]},"
	  "{\"key\":\"d\",\"operator\":\"DoesNotExist\"},{\"key\":\"a\",\"operator\":\"In\","
	  "\"values\":[\"x\",\"x\"]}]}",
		"{\"matchLabels\":{\"a\":\"\"},\"matchExpressions\":[{\"key\":\"k\",\"operator\":"
		"\"NotIn\","
		"\"values\":[\"z\",\"\",\"y\"]},{\"key\":\"e\",\"operator\":\"Exists\"},"
		"{\"key\":\"d\",\"operator\":\"DoesNotExist\"},{\"key\":\"a\",\"operator\":\"In\","
		"\"values\":[\"x\",\"x\"]}]}",
		"a=,a in (x,x),!d,e,k notin (,y,z)",
		"&LabelSelector{MatchLabels:map[string]string{a: "
		",},MatchExpressions:[]LabelSelectorRequirement{"
		"LabelSelectorRequirement{Key:k,Operator:NotIn,Values:[z  y],},"
		"LabelSelectorRequirement{Key:e,Operator:Exists,Values:[],},"
		"LabelSelectorRequirement{Key:d,Operator:DoesNotExist,Values:[],},"
		"LabelSelectorRequirement{Key:a,Operator:In,Values:[x x],},},}" },
};

START_TEST(an_object_becomes_text_selector_and_message)
{
	struct label_selector *object = decode(GOOD[_i].json);
	struct selector s;
	struct error err;
	struct buf out;
	struct jw w;

	buf_init(&out, 4000);
	jw_init(&w, &out);
	label_selector_encode(&w, object);
	ck_assert_str_eq(buf_text(&out), GOOD[_i].written);
	buf_clear(&out);
	label_selector_print(&out, object);
	ck_assert_str_eq(buf_text(&out), GOOD[_i].message);
	buf_clear(&out);
	ck_assert_int_eq(label_selector_compile(&arena, object, &s, NULL, &err), ERR_OK);
	ck_assert_uint_eq(s.nothing, !object);
	selector_print(&out, &s);
	ck_assert_str_eq(buf_text(&out), GOOD[_i].selector);
	buf_done(&out);
}
END_TEST

static const struct {
	const char *json, *error;
} REFUSED[] = {
	{ "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"Like\"}]}",
		"\"Like\" is not a valid label selector operator" },
	{ "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\"}]}",
		"values: Invalid value: null: for 'in', 'notin' operators, values set can't be "
		"empty" },
	{ "{\"matchExpressions\":[{\"key\":\"-\",\"operator\":\"In\",\"values\":[]}]}",
		"[key: Invalid value: \"-\": " },
	{ "{\"matchLabels\":{\"a b\":\"x\"}}", "key: Invalid value: \"a b\": name part" },
	{ "{\"matchLabels\":{\"a\":\"x y\"}}",
		"values[0][a]: Invalid value: \"x y\": a valid label" },
};

START_TEST(a_wrong_object_is_refused_in_the_references_words)
{
	struct selector s;
	struct sv why = SV_NULL;
	struct error err;
	struct label_selector *object = decode(REFUSED[_i].json);

	ck_assert_int_eq(label_selector_compile(&arena, object, &s, &why, &err), ERR_INVALID);
	ck_assert_msg(sv_has_prefix(why, sv_of(REFUSED[_i].error)), "%s", err.text);
	ck_assert_int_eq(label_selector_compile(&arena, object, &s, NULL, &err), ERR_INVALID);
}
END_TEST

static const struct {
	const char *json, *error;
} UNREADABLE[] = {
	{ "[]", "expected an object, got a list" },
	{ "{\"matchLabels\":[]}", "matchLabels: expected an object, got a list" },
	{ "{\"matchLabels\":{\"a\":1}}", "matchLabels.a: expected a string, got the number 1" },
	{ "{\"matchExpressions\":{}}", "matchExpressions: expected a list, got an object" },
	{ "{\"matchExpressions\":[1]}",
		"matchExpressions[0]: expected an object, got the number 1" },
	{ "{\"matchExpressions\":[{\"key\":true}]}",
		"matchExpressions[0].key: expected a string, got a boolean" },
	{ "{\"matchExpressions\":[{\"values\":\"x\"}]}",
		"matchExpressions[0].values: expected a list, got the string \"x\"" },
	{ "{\"matchExpressions\":[{\"values\":[{}]}]}",
		"matchExpressions[0].values[0]: expected a string, got an object" },
};

START_TEST(wrong_types_are_named_with_their_path)
{
	struct label_selector *s;
	struct jtree *t;
	struct error err;

	ck_assert_int_eq(jtree_parse(&arena, sv_of(UNREADABLE[_i].json), &t, &err), ERR_OK);
	ck_assert_int_eq(label_selector_decode(&arena, t, &s, &err), ERR_INVALID);
	ck_assert_str_eq(err.text, UNREADABLE[_i].error);
}
END_TEST

START_TEST(objects_compare_member_by_member)
{
	static const char *const objects[] = { "null", "{}", "{\"matchLabels\":{\"a\":\"1\"}}",
		"{\"matchLabels\":{\"a\":\"2\"}}", "{\"matchLabels\":{\"b\":\"1\"}}",
		"{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":[\"x\"]}]}",
		"{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":[\"y\"]}]}",
		"{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":[\"x\",\"y\"]"
		"}]}",
		"{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"NotIn\",\"values\":[\"x\"]}]"
		"}",
		"{\"matchExpressions\":[{\"key\":\"b\",\"operator\":\"In\",\"values\":[\"x\"]}]}" };

	for (size_t i = 0; i < ARRAY_LEN(objects); i++) {
		for (size_t j = 0; j < ARRAY_LEN(objects); j++)
			ck_assert_msg(label_selector_eq(decode(objects[i]), decode(objects[j])) ==
					      (i == j),
				"%s and %s", objects[i], objects[j]);
	}
}
END_TEST

static const struct {
	const char *text, *normal, *error; /* error: how it begins */
} NORMAL[] = {
	{ "", "", NULL },
	{ "  ", "", NULL },
	{ "a==b", "a=b", NULL },
	{ "b=1,a=2", "a=2,b=1", NULL },
	{ "a=b,a=c", "a=c", NULL },
	{ "a in (b),a=c", "a=c,a in (b)", NULL },
	{ "a in (y,x),b", "a in (x,y),b", NULL },
	{ "!c,a notin (x)", "a notin (x),!c", NULL },
	{ "a!=b", NULL,
		"failed to parse target selector: \"!=\" is not a valid label selector operator" },
	{ "a>1", NULL,
		"failed to parse target selector: \"gt\" isn't supported in label selectors" },
	{ "a<1", NULL,
		"failed to parse target selector: \"lt\" isn't supported in label selectors" },
	{ "a b", NULL,
		"failed to parse target selector: couldn't parse the selector string \"a b\": "
		"unable to parse "
		"requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt" },
};

START_TEST(the_scale_client_normalises_a_selector)
{
	struct sv got = SV_NULL, why = SV_NULL;
	struct error err;

	enum error_kind kind =
		label_selector_normalise(&arena, sv_of(NORMAL[_i].text), &got, &why, &err);
	if (NORMAL[_i].normal) {
		ck_assert_int_eq(kind, ERR_OK);
		ck_assert_msg(sv_is(got, NORMAL[_i].normal), "%.*s", SV_ARG(got));
		return;
	}
	ck_assert_int_eq(kind, ERR_INVALID);
	ck_assert_msg(sv_is(why, NORMAL[_i].error), "%.*s", SV_ARG(why));
	ck_assert_str_eq(err.text, NORMAL[_i].error);
	ck_assert_int_eq(label_selector_normalise(&arena, sv_of(NORMAL[_i].text), &got, NULL, &err),
		ERR_INVALID);
}
END_TEST

static enum error_kind some_work(struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct label_selector *object;
	struct selector s;
	struct sv got, why;
	struct jtree *t;

	arena_init(&a, 1 << 20);
	enum error_kind kind = jtree_parse(&a, sv_of(GOOD[3].json), &t, err);
	if (kind == ERR_OK)
		kind = label_selector_decode(&a, t, &object, err);
	if (kind == ERR_OK)
		kind = label_selector_compile(&a, object, &s, &why, err);
	if (kind == ERR_OK)
		kind = label_selector_normalise(&a, SV("a in (y,x),b,c=d"), &got, &why, err);
	for (size_t i = 0; i < ARRAY_LEN(REFUSED) && kind == ERR_OK; i++) {
		kind = jtree_parse(&a, sv_of(REFUSED[i].json), &t, err);
		if (kind == ERR_OK)
			kind = label_selector_decode(&a, t, &object, err);
		if (kind == ERR_OK &&
			label_selector_compile(&a, object, &s, &why, err) != ERR_INVALID)
			kind = err->kind;
	}
	return kind;
}

START_TEST(memory_may_run_out_anywhere)
{
	fail_each_allocation(some_work);
}
END_TEST

static void try_in(struct arena *small, const char *json, enum error_kind expected)
{
	struct label_selector *object = NULL;
	struct selector s;
	struct sv why;
	struct error err;
	struct jtree *t;

	enum error_kind kind = jtree_parse(small, sv_of(json), &t, &err);
	if (kind == ERR_OK)
		kind = label_selector_decode(small, t, &object, &err);
	if (kind == ERR_OK)
		kind = label_selector_compile(small, object, &s, &why, &err);
	ck_assert(kind == expected || kind == ERR_LIMIT || kind == ERR_NOMEM);
}

START_TEST(an_arena_too_small_is_a_limit)
{
	for (size_t max = 0; max < 20000; max += 16) {
		struct arena small;
		struct sv got, why;
		struct error err;
		arena_init(&small, max);
		for (size_t i = 0; i < ARRAY_LEN(GOOD); i++)
			try_in(&small, GOOD[i].json, ERR_OK);
		for (size_t i = 0; i < ARRAY_LEN(REFUSED); i++)
			try_in(&small, REFUSED[i].json, ERR_INVALID);
		for (size_t i = 0; i < ARRAY_LEN(NORMAL); i++) {
			enum error_kind kind = label_selector_normalise(
				&small, sv_of(NORMAL[i].text), &got, &why, &err);
			ck_assert(kind == (NORMAL[i].normal ? ERR_OK : ERR_INVALID) ||
				  kind == ERR_LIMIT || kind == ERR_NOMEM);
		}
		arena_done(&small);
	}
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_loop_test(tcase, an_object_becomes_text_selector_and_message, 0, ARRAY_LEN(GOOD));
	tcase_add_loop_test(
		tcase, a_wrong_object_is_refused_in_the_references_words, 0, ARRAY_LEN(REFUSED));
	tcase_add_loop_test(tcase, wrong_types_are_named_with_their_path, 0, ARRAY_LEN(UNREADABLE));
	tcase_add_test(tcase, objects_compare_member_by_member);
	tcase_add_loop_test(tcase, the_scale_client_normalises_a_selector, 0, ARRAY_LEN(NORMAL));
	tcase_add_test(tcase, memory_may_run_out_anywhere);
	tcase_add_test(tcase, an_arena_too_small_is_a_limit);
}

int main(void)
{
	return run_case("label_selector", add);
}
