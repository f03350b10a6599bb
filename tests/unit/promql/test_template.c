/* Query templates: what Go's text/template gave for the same texts, and our own checks and limits. */
#include "tests/unit/promql/template_world.h"

static const struct template_row ROWS[] = {
	{ "text alone", "sum(rate(x[5m]))", "sum(rate(x[5m]))", NULL },
	{ "the query of most rule files", "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)",
		"sum(http_requests_total{namespace=\"prod\",pod=~\"a|b\"}) by (pod,node)", NULL },
	{ "trim markers eat blanks", "a \n<<- .GroupBy ->> \t b", "apod,nodeb", NULL },
	{ "a comment disappears", "a<</* c */>>b<<- /* d */ ->> c", "abc", NULL },
	{ "a range over a list", "<<range $i, $x := .GroupBySlice>><<$i>>=<<$x>>;<<end>>",
		"0=pod;1=node;", NULL },
	{ "a range over a map is sorted",
		"<<range $k, $v := .LabelValuesByName>><<$k>>=<<$v>>;<<else>>none<<end>>",
		"namespace=prod;pod=a|b;", NULL },
	{ "a range over a number", "<<range 3>><<.>><<end>>", "012", NULL },
	{ "break and continue",
		"<<range $x := .GroupBySlice>><<if eq $x "
		"\"pod\">><<continue>><<end>><<$x>><<break>><<end>>",
		"node", NULL },
	{ "if, else if, else", "<<if eq .Series \"a\">>1<<else if .Series>>2<<else>>3<<end>>", "2",
		NULL },
	{ "with and its else",
		"<<with .LabelValuesByName.nope>>1<<else with .GroupBy>><<.>><<else>>3<<end>>",
		"pod,node", NULL },
	{ "a variable is set in an outer block",
		"<<$x := \"a\">><<if true>><<$x = \"b\">><<end>><<$x>>", "b", NULL },
	{ "a template defined and called",
		"<<define \"t\">>[<<.>>]<<end>><<template \"t\" .Series>>", "[http_requests_total]",
		NULL },
	{ "a block", "<<block \"b\" .GroupBy>>(<<.>>)<<end>>", "(pod,node)", NULL },
	{ "index of a map and a list",
		"<<index .LabelValuesByName \"namespace\">> <<index .GroupBySlice 1>>", "prod node",
		NULL },
	{ "slices of texts and lists",
		"<<slice .Series 1 3>> <<slice .GroupBySlice 1>> <<slice .GroupBySlice 0 1 2>>",
		"tt [node] [pod]", NULL },
	{ "comparisons",
		"<<eq 1 2 1>> <<ne \"a\" \"b\">> <<lt 1 2>> <<le 2 2>> <<gt 1.5 2.5>> <<ge \"b\" "
		"\"a\">>",
		"true true true true false true", NULL },
	{ "comparison of kinds", "<<eq 1 1.0>>", NULL,
		"1:2: executing \"metrics-query\" at <eq 1 1.0>: error calling eq: incompatible "
		"types for comparison: int and float64" },
	{ "comparison with nothing", "<<eq .LabelValuesByName.nope \"\">>", "false", NULL },
	{ "logic", "<<and 1 0>> <<or 0 \"x\">> <<not true>>", "0 x false", NULL },
	{ "length", "<<len .Series>> <<len .GroupBySlice>> <<len .LabelValuesByName>>", "19 2 2",
		NULL },
	{ "length of a number", "<<len 3>>", NULL,
		"1:2: executing \"metrics-query\" at <len 3>: error calling len: len of type int" },
	{ "pipelines hand on the last argument",
		"<<.Series | printf \"%s-%s\" \"x\" | printf \"%q\">>", "\"x-http_requests_total\"",
		NULL },
	{ "escapers",
		"<<html \"<a&'\\\"\\x00>\">> <<js \"<'\\\"\\n=&\303\251\\u2028\">> <<urlquery \"a "
		"b&/\303\251\">>",
		"&lt;a&amp;&#39;&#34;\357\277\275&gt; "
		"\\u003C\\'\\\"\\u000A\\u003D\\u0026\303\251\\u2028 a+b%26%2F%C3%A9",
		NULL },
	{ "print and println", "<<print 1 2 \"a\" 3 true>>|<<println \"a\" 1>>", "1 2a3 true|a 1\n",
		NULL },
	{ "number literals",
		"<<0x1F>> <<0b11>> <<0o17>> <<017>> <<1_000>> <<1e3>> <<'a'>> <<-1>> <<+2>> "
		"<<1.5i>> <<1+2i>>",
		"31 3 15 15 1000 1000 97 -1 2 (0+1.5i) (1+2i)", NULL },
	{ "raw and quoted texts", "<<`a\\n`>><<\"a\\tb\\u00e9\\U0001F600\\101\\x41\">>",
		"a\\na\tb\303\251\360\237\230\200AA", NULL },
	{ "an unknown function", "<<foo .Series>>", NULL, "1: function \"foo\" not defined" },
	{ "an unknown field", "<<.Nope>>", NULL,
		"1:2: executing \"metrics-query\" at <.Nope>: can't evaluate field Nope in type "
		"main.queryData" },
	{ "an unknown field of a text", "<<.Series.X>>", NULL,
		"1:9: executing \"metrics-query\" at <.Series.X>: can't evaluate field X in type "
		"string" },
	{ "a missing map key is empty", "[<<.LabelValuesByName.nope>>]", "[<no value>]", NULL },
	{ "an unknown variable", "<<$x>>", NULL, "1: undefined variable \"$x\"" },
	{ "an action that does not end", "<<.Series", NULL, "1: unclosed action" },
	{ "an empty action", "<<>>", NULL, "1: missing value for command" },
	{ "an if that does not end", "<<if .Series>>a", NULL, "1: unexpected EOF" },
	{ "an end too many", "<<end>>", NULL, "1: unexpected {{end}}" },
	{ "an else too many", "<<else>>", NULL, "1: unexpected {{else}}" },
	{ "two elses", "<<if 1>><<else>><<else>><<end>>", NULL, "1: expected end; found {{else}}" },
	{ "a range without a pipeline", "<<range>><<end>>", NULL, "1: missing value for range" },
	{ "break outside of a range", "<<break>>", NULL, "1: {{break}} outside {{range}}" },
	{ "continue outside of a range", "<<continue>>", NULL,
		"1: {{continue}} outside {{range}}" },
	{ "an open parenthesis", "<<(.Series>>", NULL, "1: unclosed left paren" },
	{ "a closing parenthesis too many", "<<.Series)>>", NULL, "1: unexpected right paren" },
	{ "a text that does not end", "<<\"abc>>", NULL, "1: unterminated quoted string" },
	{ "a raw text that does not end", "<<`abc>>", NULL, "1: unterminated raw quoted string" },
	{ "a character that does not end", "<<'a>>", NULL, "1: unterminated character constant" },
	{ "a bad escape", "<<\"\\q\">>", NULL, "1: invalid syntax" },
	{ "a bad number", "<<1x>>", NULL, "1: bad number syntax: \"1x\"" },
	{ "a number too large", "<<9223372036854775808>>", NULL,
		"1:2: executing \"metrics-query\" at <9223372036854775808>: 9223372036854775808 "
		"overflows int" },
	{ "a bad character", "<<#>>", NULL, "1: unexpected \"#\" in command" },
	{ "a character that is not ASCII", "<<\302\254>>", NULL,
		"1: unrecognized character in action: U+00AC '\302\254'" },
	{ "a comment that does not end", "<</* a>>", NULL, "1: unclosed comment" },
	{ "a comment with something behind", "<</* a */ b>>", NULL,
		"1: comment ends before closing delimiter" },
	{ "a call with too few arguments", "<<index>>", NULL,
		"1:2: executing \"metrics-query\" at <index>: wrong number of args for index: want "
		"at least 1 got 0" },
	{ "a call with too many arguments", "<<len 1 2>>", NULL,
		"1:2: executing \"metrics-query\" at <len>: wrong number of args for len: want 1 "
		"got 2" },
	{ "an index beyond the end", "<<index .GroupBySlice 5>>", NULL,
		"1:2: executing \"metrics-query\" at <index .GroupBySlice 5>: error calling index: "
		"index out of range: 5" },
	{ "an index of the wrong kind", "<<index .GroupBySlice \"a\">>", NULL,
		"1:2: executing \"metrics-query\" at <index .GroupBySlice \"a\">: error calling "
		"index: cannot index slice/array with type string" },
	{ "an index of a text", "<<index .LabelValuesByName 1>>", NULL,
		"1:2: executing \"metrics-query\" at <index .LabelValuesByName 1>: error calling "
		"index: value has type int; should be string" },
	{ "an index of a number", "<<index 1 2>>", NULL,
		"1:2: executing \"metrics-query\" at <index 1 2>: error calling index: can't index "
		"item of type int" },
	{ "a slice beyond the end", "<<slice .Series 1 99>>", NULL,
		"1:2: executing \"metrics-query\" at <slice .Series 1 99>: error calling slice: "
		"index out of range: 99" },
	{ "a slice that runs back", "<<slice .Series 3 1>>", NULL,
		"1:2: executing \"metrics-query\" at <slice .Series 3 1>: error calling slice: "
		"invalid slice index: 3 > 1" },
	{ "a slice of a map", "<<slice .LabelValuesByName 1>>", NULL,
		"1:2: executing \"metrics-query\" at <slice .LabelValuesByName 1>: error calling "
		"slice: can't slice item of type map[string]string" },
	{ "a slice of a text with three indices", "<<slice .Series 1 2 3>>", NULL,
		"1:2: executing \"metrics-query\" at <slice .Series 1 2 3>: error calling slice: "
		"cannot 3-index slice a string" },
	{ "a range over a text's byte", "<<range true>><<end>>", NULL,
		"1:8: executing \"metrics-query\" at <true>: range can't iterate over true" },
	{ "a command that is no function", "<<1 2>>", NULL,
		"1:2: executing \"metrics-query\" at <1>: can't give argument to non-function 1" },
	{ "nil is no command", "<<nil>>", NULL,
		"1:2: executing \"metrics-query\" at <nil>: nil is not a command" },
	{ "a field of nil", "<<nil.X>>", NULL, "1: unexpected . after term \"nil\"" },
	{ "a field of a literal", "<<\"a\".X>>", NULL, "1: unexpected . after term \"\\\"a\\\"\"" },
	{ "a template that is not defined", "<<template \"x\">>", NULL,
		"1:11: executing \"metrics-query\" at <{{template \"x\"}}>: template \"x\" not "
		"defined" },
	{ "a template without a name", "<<template .X>>", NULL,
		"1: unexpected \".X\" in template clause" },
	{ "a template defined twice", "<<define \"a\">>1<<end>><<define \"a\">>2<<end>>", NULL,
		"1: template: multiple definition of template \"a\"" },
	{ "a definition inside of an if", "<<if 1>><<define \"a\">><<end>><<end>>", NULL,
		"1: unexpected <define> in command" },
	{ "comparison of a list", "<<eq .GroupBySlice .GroupBySlice>>", NULL,
		"1:2: executing \"metrics-query\" at <eq .GroupBySlice .GroupBySlice>: error "
		"calling eq: non-comparable type [pod node]: []string" },
	{ "less of a truth", "<<lt true false>>", NULL,
		"1:2: executing \"metrics-query\" at <lt true false>: error calling lt: invalid "
		"type for comparison" },
	{ "call of a text", "<<call .Series>>", NULL,
		"1:2: executing \"metrics-query\" at <call .Series>: error calling call: "
		"non-function .Series of type string" },
	{ "call of nil", "<<call nil>>", NULL,
		"1:2: executing \"metrics-query\" at <call nil>: error calling call: call of nil" },
	{ "not of nothing", "<<not .LabelValuesByName.x.y>>", "true", NULL },
	{ "an argument of the wrong kind", "<<printf 1>>", NULL,
		"1:9: executing \"metrics-query\" at <1>: expected string; found 1" },
	{ "assignment of what does not exist", "<<$x = 1>>", NULL,
		"1:7: executing \"metrics-query\" at <1>: undefined variable: $x" },
	{ "declaration of too many", "<<$a, $b := 1>>", NULL,
		"1: too many declarations in command" },
	{ "a range with three variables", "<<range $a, $b, $c := .GroupBySlice>><<end>>", NULL,
		"1: too many declarations in range" },
	{ "a pipe that ends", "<<.Series | >>", "http_requests_total", NULL },
	{ "a literal behind a pipe", "<<.Series | \"a\">>", NULL,
		"1: non executable command in pipeline stage 2" },
	{ "an unexpected operand", "<<if := >>", NULL, "1: unexpected \":=\" in if" },
	{ "an unexpected comma", "<<.Series, 1>>", NULL, "1: unexpected \",\" in operand" },
	{ "a missing :", "<<$x : 1>>", NULL, "1: undefined variable \"$x\"" },
};

START_TEST(templates_behave_as_those_of_go)
{
	check_row(&ROWS[_i]);
}
END_TEST

static const struct {
	const char *what, *text;
	enum template_kind kind;
	const char *error;
} CHECKS[] = {
	{ "fields that exist",
		"<<.Series>><<.LabelMatchers>><<.LabelValuesByName.x>><<.GroupBy>><<.GroupBySlice>>"
		"<<$.Series>>",
		TEMPLATE_QUERY, NULL },
	{ "fields of a resource", "<<.Group>>/<<.Resource>>", TEMPLATE_RESOURCE, NULL },
	{ "a field that does not exist", "a\n <<.Nope>>", TEMPLATE_QUERY,
		"template: metrics-query:2:3: there is no field .Nope, use .Series, "
		".LabelMatchers, .LabelValuesByName, .GroupBy or .GroupBySlice" },
	{ "a query's field in a resource", "<<.Series>>", TEMPLATE_RESOURCE,
		"template: metrics-query:1:2: there is no field .Series, use .Group or .Resource" },
	{ "a field behind $", "<<range .GroupBySlice>><<$.Nope>><<end>>", TEMPLATE_QUERY,
		"template: metrics-query:1:26: there is no field .Nope, use .Series, "
		".LabelMatchers, .LabelValuesByName, .GroupBy or .GroupBySlice" },
	{ "a field in a branch that is never taken", "<<if false>><<else>><<.Nope>><<end>>",
		TEMPLATE_QUERY,
		"template: metrics-query:1:22: there is no field .Nope, use .Series, "
		".LabelMatchers, .LabelValuesByName, .GroupBy or .GroupBySlice" },
	{ "a dot that is something else",
		"<<range .GroupBySlice>><<.Nope>><<end>><<with .Series>><<.Nope>><<end>>",
		TEMPLATE_QUERY, NULL },
	{ "the dot of a called template is unknown",
		"<<define \"t\">><<.Nope>><<$.Nope>><<end>><<template \"t\" .>>", TEMPLATE_QUERY,
		NULL },
	{ "a template that is not defined", "<<if .Series>><<template \"t\">><<end>>",
		TEMPLATE_QUERY, "template: metrics-query:1:25: template t is not defined" },
};

START_TEST(loading_refuses_what_no_data_can_make_work)
{
	struct arena a;
	struct template *t;
	struct error err = { 0 };

	arena_init(&a, MAX_BYTES);
	ck_assert_int_eq(template_parse(&a, sv_of(CHECKS[_i].text), &t, &err), ERR_OK);
	enum error_kind kind = template_check(t, CHECKS[_i].kind, &err);

	ck_assert_int_eq(kind, CHECKS[_i].error ? ERR_INVALID : ERR_OK);
	if (CHECKS[_i].error)
		ck_assert_str_eq(err.text, CHECKS[_i].error);
	arena_done(&a);
}
END_TEST

/* `n` times the text, between a head and a tail. */
static struct sv repeat(
	struct arena *a, const char *head, const char *text, size_t n, const char *tail)
{
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, MAX_BYTES);
	buf_put_str(&out, head);
	for (size_t i = 0; i < n; i++)
		buf_put_str(&out, text);
	buf_put_str(&out, tail);
	return arena_sv(a, buf_sv(&out));
}

static const struct {
	const char *what, *head, *text;
	size_t n;
	const char *tail, *error;
} LIMITS[] = {
	{ "a text too long", "", "aaaaaaaaaaaaaaaa", 4097, "",
		"template: metrics-query: longer than 65536 bytes" },
	{ "parentheses too deep", "<<", "(", 101, "1",
		"template: metrics-query:1: parentheses are nested too deeply" },
	{ "actions too deep", "", "<<if 1>>", 101, "",
		"template: metrics-query:1: actions are nested too deeply" },
	{ "an endless recursion", "<<define \"t\">><<template \"t\">><<end>><<template \"t\">>", "",
		0, "",
		"template: metrics-query:1:14: executing \"t\" at <{{template \"t\"}}>: templates "
		"are nested too deeply" },
	{ "too many steps", "<<range 2000000>><<end>>", "", 0, "",
		"template: metrics-query:1:17: executing \"metrics-query\" at <>: the template "
		"takes more than 1000000 steps" },
	{ "too many variables", "", "<<$x := 1>>", 1100, "",
		"template: metrics-query:1: too many variables" },
	{ "too many variables of nested calls", "<<define \"t\">>", "<<$x := 1>>", 20,
		"<<template \"t\">><<end>><<template \"t\">>",
		"template: metrics-query:1:176: executing \"t\" at <1>: more than 1024 variables" },
	{ "too many arguments", "<<print", " 1", 100, ">>",
		"template: metrics-query:1:2: executing \"metrics-query\" at <print>: more than 64 "
		"arguments" },
	{ "too much output", "<<range 100000>>0123456789abcdef<<end>>", "", 0, "",
		"the text of the template is larger than the limit of 1048576 bytes" },
};

START_TEST(work_is_bounded)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct arena a;
	struct error err = { 0 };

	arena_init(&a, 64 * MAX_BYTES);
	buf_init(&out, MAX_BYTES);
	struct sv text =
		repeat(&a, LIMITS[_i].head, LIMITS[_i].text, LIMITS[_i].n, LIMITS[_i].tail);

	ck_assert_int_eq(parse_and_execute(&a, text, &out, &err), ERR_LIMIT);
	ck_assert_str_eq(err.text, LIMITS[_i].error);
	ck_assert_uint_eq(out.len, 0);
	arena_done(&a);
}
END_TEST

START_TEST(a_resource_template_has_its_own_fields)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct arena a;
	struct template *t;
	struct error err;
	struct template_data data = {
		.kind = TEMPLATE_RESOURCE, .group = SV("apps"), .resource = SV("deployments")
	};

	arena_init(&a, MAX_BYTES);
	buf_init(&out, MAX_BYTES);
	ck_assert_int_eq(
		template_parse(&a, SV("kube_<<.Group>>_<<.Resource>> <<.>> <<printf \"%T\" .>>"),
			&t, &err),
		ERR_OK);
	ck_assert_int_eq(template_execute(t, &data, &out, &err), ERR_OK);
	ck_assert_str_eq(
		buf_text(&out), "kube_apps_deployments {apps deployments} main.resourceData");
	arena_done(&a);
}
END_TEST

static enum error_kind parse_and_run(struct error *err)
{
	AUTO(buf_done) struct buf out = { 0 };
	AUTO(arena_done) struct arena a = { 0 };

	arena_init(&a, MAX_BYTES);
	buf_init(&out, MAX_BYTES);
	return parse_and_execute(&a,
		SV("<<define \"t\">><<.>><<end>><<range $i, $x := .GroupBySlice>><<template \"t\" "
		   "(printf \"%05d %q\" $i $x)>><<end>><<html .Series | len>>"),
		&out, err);
}

START_TEST(running_out_of_memory_is_reported)
{
	fail_each_allocation(parse_and_run);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, templates_behave_as_those_of_go, 0, ARRAY_LEN(ROWS));
	tcase_add_loop_test(
		tcase, loading_refuses_what_no_data_can_make_work, 0, ARRAY_LEN(CHECKS));
	tcase_add_loop_test(tcase, work_is_bounded, 0, ARRAY_LEN(LIMITS));
	tcase_add_test(tcase, a_resource_template_has_its_own_fields);
	tcase_add_test(tcase, running_out_of_memory_is_reported);
}

int main(void)
{
	return run_case("template", add);
}
