/* YAML: what scalars mean, aliases and merge keys, bounds, and messages with places. Expected values are what sigs.k8s.io/yaml makes of
 * the same text, unless a row says otherwise. */
#include <stdio.h>

#include "common/buf.h"
#include "common/limits.h"
#include "common/yx.h"
#include "tests/unit/common/run.h"

static struct arena arena;

static void setup(void)
{
	arena_init(&arena, 256 << 20);
}

static void teardown(void)
{
	arena_done(&arena);
}

static enum error_kind parse(struct sv text, struct jtree ***docs, size_t *n, struct error *err)
{
	return yx_parse(&arena, text, "f.yaml", docs, n, err);
}

/* The documents as JSON, one behind the other. */
static const char *json_of(struct sv text)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct jtree **docs = NULL;
	size_t n = 0;
	struct error err = { 0 };

	buf_init(&out, 1 << 20);
	if (parse(text, &docs, &n, &err))
		return arena_strdup(&arena, sv_of(err.text));
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_put_char(&out, ' ');
		jtree_print(&out, docs[i]);
	}
	return arena_strdup(&arena, buf_sv(&out));
}

struct row {
	const char *what, *text, *json;
};

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *json = json_of(sv_of(rows[i].text));
		ck_assert_msg(strcmp(json, rows[i].json) == 0, "%s: %s", rows[i].what, json);
	}
}

START_TEST(plain_scalars_resolve_as_in_yaml_1_1)
{
	static const struct row rows[] = {
		{ "words of truth", "[y, Yes, TRUE, on, n, No, false, OFF]",
			"[true,true,true,true,false,false,false,false]" },
		{ "words in other capitals are text", "[yES, tRue, oN]",
			"[\"yES\",\"tRue\",\"oN\"]" },
		{ "nulls", "[~, null, Null, NULL, ]", "[null,null,null,null]" },
		{ "an empty value", "a:\nb: x", "{\"a\":null,\"b\":\"x\"}" },
		{ "whole numbers", "[0, -7, +7, 1_000, -0]", "[0,-7,7,1000,0]" },
		{ "other bases", "[0x1F, 0XFF, 0o17, 017, 0b101, -0x10]", "[31,255,15,15,5,-16]" },
		{ "no octal number", "[08, 0o8, 0x, 0b2]", "[8,\"0o8\",\"0x\",\"0b2\"]" },
		{ "64 bits", "[9223372036854775807, 18446744073709551615, -9223372036854775808]",
			"[9223372036854775807,18446744073709551615,-9223372036854775808]" },
		{ "more than 64 bits",
			"[18446744073709551616, +9223372036854775808, -9223372036854775809]",
			"[18446744073709552000,9223372036854776000,-9223372036854776000]" },
		{ "floats", "[1.50, .5, -.5, 5., 1e3, 1E-7, 1.0, -0.0]",
			"[1.5,0.5,-0.5,5,1000,1e-7,1,-0]" },
		{ "a float that is too large is text", "[1e400]", "[\"1e400\"]" },
		{ "base 60 is text", "[1:30, 190:20:30.15]", "[\"1:30\",\"190:20:30.15\"]" },
		{ "times are text", "[2001-12-14, 2001-12-14t21:59:43.10-05:00]",
			"[\"2001-12-14\",\"2001-12-14t21:59:43.10-05:00\"]" },
		{ "nearly numbers", "[1x, --1, 1.2.3, 0x1p3, ., +, 1e, _1, e5, infinity]",
			"[\"1x\",\"--1\",\"1.2.3\",\"0x1p3\",\".\",\"+\",\"1e\",\"_1\",\"e5\","
			"\"infinity\"]" },
		{ "quantities are text", "[500m, 1Gi, 0.5]", "[\"500m\",\"1Gi\",0.5]" },
		{ "quotes and blocks make text", "a: 'yes'\nb: \"1\"\nc: |\n  1\nd: >-\n  x\n  y\n",
			"{\"a\":\"yes\",\"b\":\"1\",\"c\":\"1\\n\",\"d\":\"x y\"}" },
		{ "tags decide",
			"[!!str 1, !!float 3, !!int 0x10, !!bool yes, !!null '', ! 5, !!str ]",
			"[\"1\",3,16,true,null,\"5\",\"\"]" },
		{ "a query template is text", "metricsQuery: <<.Series>>{a=\"b\"}",
			"{\"metricsQuery\":\"\\u003c\\u003c.Series\\u003e\\u003e{a=\\\"b\\\"}\"}" },
	};

	check_rows(rows, ARRAY_LEN(rows));
}
END_TEST

START_TEST(containers_documents_and_json)
{
	static const struct row rows[] = {
		{ "nothing", "", "" },
		{ "only a comment", "# hello\n", "" },
		{ "empty documents are left out", "---\n---\na: 1\n---\n# none\n---\nb\n...\n",
			"{\"a\":1} \"b\"" },
		{ "an explicit null is a document", "--- ~\n", "null" },
		{ "JSON is YAML", "{\"a\": [1, {\"b\": null}], \"c\": \"\\u00e9\\/\"}",
			"{\"a\":[1,{\"b\":null}],\"c\":\"\xc3\xa9/\"}" },
		{ "JSON with tabs", "{\n\t\"a\":\t1\n}", "{\"a\":1}" },
		{ "a directive", "%YAML 1.1\n---\na: 1\n", "{\"a\":1}" },
		{ "lists in lists", "- - 1\n  - 2\n-\n  - {}\n- []\n", "[[1,2],[{}],[]]" },
		{ "order is kept", "z: 1\na: 2\n", "{\"z\":1,\"a\":2}" },
		{ "core tags on containers", "!!map {a: !!seq [1], b: ! [2]}",
			"{\"a\":[1],\"b\":[2]}" },
		{ "a complex key that is text", "? a\n: 1\n? b\n", "{\"a\":1,\"b\":null}" },
	};

	check_rows(rows, ARRAY_LEN(rows));
}
END_TEST

START_TEST(keys_become_text)
{
	static const struct row rows[] = {
		{ "numbers", "{1: a, 0x10: b, 1.50: c}",
			"{\"1\":\"a\",\"16\":\"b\",\"1.5\":\"c\"}" },
		{ "truth", "{on: a, no: b}", "{\"true\":\"a\",\"false\":\"b\"}" },
		{ "a quoted merge key is a key", "{'<<': {a: 1}}",
			"{\"\\u003c\\u003c\":{\"a\":1}}" },
		{ "null", "~: a", "f.yaml:1:1: null cannot be a key; quote it" },
		{ "a list", "? [a]\n: b", "f.yaml:1:3: a list cannot be a key" },
		{ "an object", "{{a: 1}: b}", "f.yaml:1:2: an object cannot be a key" },
		{ "the same key twice", "a: 1\nb: 2\na: 3\n",
			"f.yaml:3:1: key \"a\" is there twice" },
		{ "the same key in two spellings", "1: a\n'1': b\n",
			"f.yaml:2:1: key \"1\" is there twice" },
		{ "the same key twice in flow style", "x: {a: 1, a: 2}",
			"f.yaml:1:11: key \"a\" is there twice" },
	};

	check_rows(rows, ARRAY_LEN(rows));
}
END_TEST

START_TEST(anchors_and_merge_keys)
{
	static const struct row rows[] = {
		{ "an alias is a copy", "a: &x {k: [1]}\nb: *x\n",
			"{\"a\":{\"k\":[1]},\"b\":{\"k\":[1]}}" },
		{ "an alias of a scalar", "[&x 0x10, *x, &x b, *x]", "[16,16,\"b\",\"b\"]" },
		{ "an alias as key", "{&x k: 1, b: {*x : 2}}", "{\"k\":1,\"b\":{\"k\":2}}" },
		{ "merged keys come where << stands",
			"a: &x {k: 1, l: 2}\nb: {j: 0, <<: *x, m: 3}\n",
			"{\"a\":{\"k\":1,\"l\":2},\"b\":{\"j\":0,\"k\":1,\"l\":2,\"m\":3}}" },
		{ "own keys behind << win, those before it do not",
			"a: &x {k: 1, l: 2}\nb: {<<: *x, k: 9}\nc: {l: 9, <<: *x}\n",
			"{\"a\":{\"k\":1,\"l\":2},\"b\":{\"k\":9,\"l\":2},\"c\":{\"l\":2,\"k\":1}"
			"}" },
		{ "of several in a list the first wins",
			"a: &a {k: 1}\nb: &b {k: 2, l: 3}\nc: {<<: [*b, *a]}\n",
			"{\"a\":{\"k\":1},\"b\":{\"k\":2,\"l\":3},\"c\":{\"k\":2,\"l\":3}}" },
		{ "of several << the last wins",
			"a: &a {k: 1, l: 1}\nb: &b {k: 2}\nc: {<<: *a, <<: *b, x: 0}\n",
			"{\"a\":{\"k\":1,\"l\":1},\"b\":{\"k\":2},\"c\":{\"k\":2,\"l\":1,\"x\":0}"
			"}" },
		{ "merging nothing", "a: {<<: [], <<: {}, b: 1}\n", "{\"a\":{\"b\":1}}" },
		{ "a mapping in place", "<<: {a: 1}\n", "{\"a\":1}" },
		{ "merging what was merged", "a: &a {x: 1}\nb: &b {<<: *a, z: 2}\nc: {<<: *b}\n",
			"{\"a\":{\"x\":1},\"b\":{\"x\":1,\"z\":2},\"c\":{\"x\":1,\"z\":2}}" },
		{ "merging a scalar", "a:\n  <<: 3\n",
			"f.yaml:2:7: << takes a mapping or a list of mappings, not a number" },
		{ "merging a list with a scalar", "<<: [{a: 1}, b]\n",
			"f.yaml:1:14: << takes a mapping or a list of mappings, not a string" },
		{ "an unknown anchor", "a: *nope", "f.yaml:1:4: unknown anchor 'nope'" },
		{ "an anchor that contains itself", "&a [1, *a]",
			"f.yaml:1:8: anchor 'a' contains itself" },
		{ "anchors end with their document", "a: &x 1\n---\nb: *x\n",
			"f.yaml:3:4: unknown anchor 'x'" },
	};

	check_rows(rows, ARRAY_LEN(rows));
}
END_TEST

START_TEST(mistakes_are_named_with_their_place)
{
	static const struct row rows[] = {
		{ "a tab in the indentation", "a:\n\tb: 1\n",
			"f.yaml:2:1: a tab in the indentation; use blanks" },
		{ "a tab behind wide characters", "\xc3\xa9: {\n\xc3\xa9\xc3\xa9: @}",
			"f.yaml:2:5: found character that cannot start any token" },
		{ "a key too far left", "a: |\n  x\n y\n",
			"f.yaml:3:2: did not find expected key (while parsing a block mapping that "
			"starts in line 1)" },
		{ "two colons", "a: b: c\n",
			"f.yaml:1:5: mapping values are not allowed in this context" },
		{ "an open quote", "a: 'x", "f.yaml:1:6: found unexpected end of stream" },
		{ "an open list", "a: [1\n",
			"f.yaml:2:1: did not find expected ',' or ']' (while parsing a flow "
			"sequence that starts in line 1)" },
		{ "an unknown tag", "a: !foo 1", "f.yaml:1:4: unknown tag '!foo' for this value" },
		{ "binary data", "a: !!binary aGk=",
			"f.yaml:1:4: unknown tag 'tag:yaml.org,2002:binary' for this value" },
		{ "a tag of another kind", "a: !!seq {}",
			"f.yaml:1:4: unknown tag 'tag:yaml.org,2002:seq' for this value" },
		{ "a tag that does not fit", "a: !!int x",
			"f.yaml:1:4: cannot read !!str `x` as !!int" },
		{ "a float tagged as int", "a: !!int 1.5",
			"f.yaml:1:4: cannot read !!float `1.5` as !!int" },
		{ "infinity", "a: -.Inf",
			"f.yaml:1:4: -.Inf is no number that JSON can hold; quote it for text" },
		{ "no number", "a: .nan",
			"f.yaml:1:4: .nan is no number that JSON can hold; quote it for text" },
		{ "a control character", "a: 1\nb: \x01\n",
			"f.yaml:2:4: control characters are not allowed" },
		{ "bytes that are not UTF-8", "a: 1\nb: x\xff\n",
			"f.yaml:2:5: invalid leading UTF-8 octet" },
	};

	check_rows(rows, ARRAY_LEN(rows));
}
END_TEST

START_TEST(values_and_keys_know_their_places_and_their_spelling)
{
	struct jtree **docs;
	size_t n;
	struct error err;

	ck_assert_int_eq(parse(SV("# rules\nrules:\n- on: yes\n  size: 0x10\n  text: \"a\\tb\"\n  "
				  "tagged: !!str 7\n"),
				 &docs, &n, &err),
		ERR_OK);
	const struct jtree *rules = jtree_get(docs[0], "rules");
	ck_assert(rules->key_line == 2 && rules->key_column == 1 && rules->line == 3 &&
		  rules->column == 1);
	const struct jtree *truth = rules->first->first;
	ck_assert(sv_is(truth->key, "true") && sv_is(truth->raw_key, "on") &&
		  sv_is(truth->raw, "yes"));
	ck_assert(truth->kind == JTREE_BOOL && truth->truth && !truth->quoted);
	ck_assert(truth->line == 3 && truth->column == 7 && truth->key_column == 3);
	const struct jtree *size = truth->next;
	ck_assert(sv_is(size->text, "16") && sv_is(size->raw, "0x10") && size->key_line == 4);
	ck_assert(size->next->quoted && sv_is(size->next->raw, "a\tb"));
	ck_assert(size->next->next->quoted && sv_is(size->next->next->text, "7"));
}
END_TEST

static const char *nested(const char *open, unsigned n, const char *rest)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, 1 << 20);
	for (unsigned i = 0; i < n; i++)
		buf_put_str(&text, open);
	buf_put_str(&text, rest);
	for (unsigned i = 0; i < n; i++)
		buf_put_str(&text, "]");
	return arena_strdup(&arena, buf_sv(&text));
}

START_TEST(nesting_is_limited_through_aliases_too)
{
	struct jtree **docs;
	size_t n;
	struct error err;

	ck_assert_int_eq(parse(sv_of(nested("[", LIMIT_NESTING, "1")), &docs, &n, &err), ERR_OK);
	ck_assert_int_eq(
		parse(sv_of(nested("[", LIMIT_NESTING + 1, "1")), &docs, &n, &err), ERR_LIMIT);
	ck_assert_str_eq(err.text, "f.yaml:1:513: nested deeper than 512 levels");
	/* Half of the levels, and an alias to them as deep as the other half, or one deeper. */
	const char *half = nested("[", LIMIT_NESTING / 2, "1");
	AUTO(buf_done) struct buf text = { 0 };
	buf_init(&text, 1 << 20);
	buf_printf(&text, "- &x %s\n- %s\n", half, nested("[", LIMIT_NESTING / 2 - 1, "*x"));
	ck_assert_msg(parse(buf_sv(&text), &docs, &n, &err) == ERR_OK, "%s", err.text);
	buf_clear(&text);
	buf_printf(&text, "- &x %s\n- %s\n", half, nested("[", LIMIT_NESTING / 2, "*x"));
	ck_assert_int_eq(parse(buf_sv(&text), &docs, &n, &err), ERR_LIMIT);
}
END_TEST

START_TEST(a_billion_laughs_are_refused)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct jtree **docs;
	size_t n;
	struct error err;

	buf_init(&text, 1 << 20);
	buf_put_str(&text, "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
	for (int i = 1; i < 10; i++) {
		buf_printf(&text, "a%d: &a%d [", i, i);
		for (int k = 0; k < 10; k++)
			buf_printf(&text, "%s*a%d", k ? ", " : "", i - 1);
		buf_put_str(&text, "]\n");
	}
	ck_assert_int_eq(parse(buf_sv(&text), &docs, &n, &err), ERR_LIMIT);
	ck_assert_str_eq(err.text, "f.yaml:6:45: more than 1000000 values, aliases written out");
	/* The same through merge keys. */
	buf_clear(&text);
	buf_put_str(&text, "a0: &a0 {k: [1, 2, 3, 4, 5, 6, 7, 8, 9]}\n");
	for (int i = 1; i < 10; i++)
		buf_printf(&text, "a%d: &a%d {<<: *a%d, k%d: [*a%d, *a%d, *a%d, *a%d, *a%d]}\n", i,
			i, i - 1, i, i - 1, i - 1, i - 1, i - 1, i - 1);
	ck_assert_int_eq(parse(buf_sv(&text), &docs, &n, &err), ERR_LIMIT);
}
END_TEST

START_TEST(the_arena_limits_the_whole)
{
	AUTO(arena_done) struct arena small = { 0 };
	struct jtree **docs;
	size_t n;
	struct error err;

	arena_init(&small, 5000);
	ck_assert_int_eq(
		yx_parse(&small, sv_of(nested("[", 100, "1")), "f", &docs, &n, &err), ERR_LIMIT);
}
END_TEST

static enum error_kind parse_much(struct error *err)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct jtree **docs;
	size_t n;

	arena_init(&a, 1 << 20);
	return yx_parse(&a,
		SV("a: &x {b: [1, 2.5, yes, 'q'], c: 0x10}\nd: {<<: *x, e: *x}\nf: {1: a, 2: b, 3: "
		   "c, 4: d, 5: e, 6: f, 7: g,\n"
		   " 8: h, 9: i, 10: j, 11: k, 12: l, 13: m, 14: n, 15: o, 16: p, 17: q}\n---\nb: "
		   "1\n"),
		"f", &docs, &n, err);
}

START_TEST(out_of_memory_is_told)
{
	fail_each_allocation(parse_much);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, plain_scalars_resolve_as_in_yaml_1_1);
	tcase_add_test(tcase, containers_documents_and_json);
	tcase_add_test(tcase, keys_become_text);
	tcase_add_test(tcase, anchors_and_merge_keys);
	tcase_add_test(tcase, mistakes_are_named_with_their_place);
	tcase_add_test(tcase, values_and_keys_know_their_places_and_their_spelling);
	tcase_add_test(tcase, nesting_is_limited_through_aliases_too);
	tcase_add_test(tcase, a_billion_laughs_are_refused);
	tcase_add_test(tcase, the_arena_limits_the_whole);
	tcase_add_test(tcase, out_of_memory_is_told);
}

int main(void)
{
	return run_case("yx", add);
}
