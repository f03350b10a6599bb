/* Queries of every construct, and every message of the parser: the expected texts are those of Prometheus 3.15 with all switches on. What
 * a row shows is its query. */
#include "promql/parser.h"
#include "promql/printer.h"
#include "tests/unit/common/run.h"

#define MAX_BYTES (64u << 20)

static const struct {
	const char *query;
	const char *printed; /* NULL: refused */
	const char *error;
} ROWS[] = {
	{ "x offset 1m[5m]", NULL, "1:12: parse error: no offset modifiers allowed before range" },
	{ "x @ 1 [5m]", NULL, "1:7: parse error: no @ modifiers allowed before range" },
	{ "x @ 1 @ 2", NULL, "1:1: parse error: @ <timestamp> may not be set multiple times" },
	{ "x @ start() @ end()", NULL,
		"1:1: parse error: @ <timestamp> may not be set multiple times" },
	{ "x offset 1m offset 2m", NULL, "1:1: parse error: offset may not be set multiple times" },
	{ "(x+y)[5m]", NULL, "1:6: parse error: ranges only allowed for vector selectors" },
	{ "rate(x[5m])[5m]", NULL, "1:12: parse error: ranges only allowed for vector selectors" },
	{ "x[5m:1m:1m]", NULL, "1:8: parse error: unexpected colon ':'" },
	{ "x[5m::1m]", NULL, "1:6: parse error: unexpected colon ':'" },
	{ "x[:5m]", NULL,
		"1:4: parse error: unexpected colon before duration in duration expression" },
	{ "x[5m", NULL, "1:5: parse error: unclosed left bracket" },
	{ "x[5m}", NULL, "1:5: parse error: unexpected character: '}'" },
	{ "x[5m:6m", NULL, "1:8: parse error: unclosed left bracket" },
	{ "foo{a=\"b\"", NULL, "1:10: parse error: unexpected end of input inside braces" },
	{ "foo{a~\"b\"}", NULL, "1:6: parse error: unexpected character inside braces: '~'" },
	{ "foo{a!b=\"c\"}", NULL,
		"1:6: parse error: unexpected character after '!' inside braces: 'b'" },
	{ "foo{a=\"b\";}", NULL, "1:10: parse error: unexpected character inside braces: ';'" },
	{ "foo{\"a\"=\"b\" \"c\"}", NULL,
		"1:13: parse error: unexpected string \"\\\"c\\\"\" in label matching, expected "
		"\",\" or \"}\"" },
	{ "x = ~ y", NULL, "1:3: parse error: unexpected \"=\"" },
	{ "x ! y", NULL, "1:3: parse error: unexpected character after '!': ' '" },
	{ "x !y", NULL, "1:3: parse error: unexpected character after '!': 'y'" },
	{ "x{", NULL, "1:3: parse error: unexpected end of input inside braces" },
	{ "x}", NULL, "1:2: parse error: unexpected character: '}'" },
	{ ")", NULL, "1:2: parse error: unexpected right parenthesis ')'" },
	{ "x]", NULL, "1:2: parse error: unexpected right bracket ']'" },
	{ "(x", NULL, "1:3: parse error: unclosed left parenthesis" },
	{ "x[a]", NULL, "1:3: parse error: unexpected character in duration expression: 'a'" },
	{ "x[\"a\"]", NULL, "1:3: parse error: unexpected character in duration expression: '\"'" },
	{ "x[5m a]", NULL, "1:6: parse error: unexpected character: 'a', expected ':'" },
	{ "x[5m [", NULL, "1:6: parse error: unexpected left bracket '['" },
	{ "1 and 2", NULL,
		"1:1: parse error: set operator \"and\" not allowed in binary scalar expression" },
	{ "1 == 2", NULL, "1:3: parse error: comparisons between scalars must use BOOL modifier" },
	{ "x and bool y", NULL,
		"1:3: parse error: bool modifier can only be used on comparison operators" },
	{ "x + bool y", NULL,
		"1:3: parse error: bool modifier can only be used on comparison operators" },
	{ "1 and x", NULL,
		"1:1: parse error: set operator \"and\" not allowed in binary scalar expression" },
	{ "x + on(a) 1", NULL,
		"1:1: parse error: vector matching only allowed between instant vectors" },
	{ "x and on(a) group_left y", NULL,
		"1:1: parse error: no grouping allowed for \"and\" operation" },
	{ "x and group_left y", NULL, "1:7: parse error: unexpected <group_left>" },
	{ "x + on (a) group_left (a) y", NULL,
		"1:3: parse error: label \"a\" must not occur in ON and GROUP clause at once" },
	{ "x + fill(1) 2", NULL,
		"1:1: parse error: filling in missing series only allowed between instant "
		"vectors" },
	{ "x and fill(1) y", NULL,
		"1:1: parse error: filling in missing series not allowed for set operators" },
	{ "x + \"a\"", NULL,
		"1:5: parse error: binary expression must contain only scalar and instant vector "
		"types" },
	{ "-\"a\"", NULL,
		"1:1: parse error: unary expression only allowed on expressions of type scalar or "
		"instant vector, got \"string\"" },
	{ "-x[5m]", NULL,
		"1:1: parse error: unary expression only allowed on expressions of type scalar or "
		"instant vector, got \"range vector\"" },
	{ "x[5m] + 1", NULL,
		"1:1: parse error: binary expression must contain only scalar and instant vector "
		"types" },
	{ "sum(x[5m])", NULL,
		"1:5: parse error: expected type instant vector in aggregation expression, got "
		"range vector" },
	{ "topk(\"a\", x)", NULL,
		"1:6: parse error: expected type scalar in aggregation parameter, got string" },
	{ "topk(x)", NULL,
		"1:1: parse error: wrong number of arguments for aggregate expression provided, "
		"expected 2, got 1" },
	{ "sum(x, y)", NULL,
		"1:1: parse error: wrong number of arguments for aggregate expression provided, "
		"expected 1, got 2" },
	{ "sum()", NULL, "1:1: parse error: no arguments for aggregate expression provided" },
	{ "sum", "sum", NULL },
	{ "count_values(1, x)", NULL,
		"1:14: parse error: expected type string in aggregation parameter, got scalar" },
	{ "rate(x)", NULL,
		"1:6: parse error: expected type range vector in call to function \"rate\", got "
		"instant vector" },
	{ "rate()", NULL, "1:1: parse error: expected 1 argument(s) in call to \"rate\", got 0" },
	{ "rate(x[5m], 1)", NULL,
		"1:1: parse error: expected 1 argument(s) in call to \"rate\", got 2" },
	{ "round()", NULL,
		"1:1: parse error: expected at least 1 argument(s) in call to \"round\", got 0" },
	{ "round(x, 1, 2)", NULL,
		"1:1: parse error: expected at most 2 argument(s) in call to \"round\", got 3" },
	{ "label_join(x, \"a\")", NULL,
		"1:1: parse error: expected at least 3 argument(s) in call to \"label_join\", got "
		"2" },
	{ "abs(x,)", NULL, "1:6: parse error: trailing commas not allowed in function call args" },
	{ "foo(x)", NULL, "1:1: parse error: unknown function with name \"foo\"" },
	{ "info(x, y)", NULL,
		"1:9: parse error: expected label selectors only, got vector selector instead" },
	{ "info(x, 1)", NULL,
		"1:1: parse error: expected type instant vector in call to function \"info\", got "
		"scalar" },
	{ "info(x, {a=\"b\"})", "info(x, {a=\"b\"})", NULL },
	{ "info(x, rate(y[5m]))", NULL, "1:9: parse error: expected label selectors only" },
	{ "x offset", NULL,
		"1:9: parse error: unexpected end of input in offset, expected number, duration, "
		"step(), or range()" },
	{ "x offset -", NULL,
		"1:11: parse error: unexpected end of input in offset, expected number, duration, "
		"step(), or range()" },
	{ "x offset +", NULL,
		"1:11: parse error: unexpected end of input in offset, expected number, duration, "
		"step(), or range()" },
	{ "x offset ()", NULL,
		"1:11: parse error: unexpected \")\" in offset, expected number, duration, step(), "
		"or range()" },
	{ "x @", NULL, "1:4: parse error: unexpected end of input in @, expected timestamp" },
	{ "x @ NaN", NULL, "1:1: parse error: timestamp out of bounds for @ modifier: NaN" },
	{ "x[0]", NULL, "1:3: parse error: duration must be greater than 0" },
	{ "x[-5m]", NULL, "1:3: parse error: duration must be greater than 0" },
	{ "x[5m/0]", NULL, "1:5: parse error: division by zero" },
	{ "x[5m%0]", NULL, "1:5: parse error: modulo by zero" },
	{ "x[1e30]", NULL, "1:3: parse error: duration out of range" },
	{ "x offset 1e30", NULL, "1:10: parse error: duration out of range" },
	{ "x offset -1e30", NULL, "1:10: parse error: duration out of range" },
	{ "x offset (1e30)", NULL, "1:11: parse error: duration out of range" },
	{ "x offset --5m", "x offset 5m", NULL },
	{ "x offset -(-5m)", "x offset -(-5m)", NULL },
	{ "sum by (", NULL, "1:9: parse error: unclosed left parenthesis" },
	{ "sum by a", NULL,
		"1:8: parse error: unexpected identifier \"a\" in grouping opts, expected \"(\"" },
	{ "sum by (1) (x)", NULL,
		"1:9: parse error: unexpected number \"1\" in grouping opts, expected label" },
	{ "sum by (a b) (x)", NULL,
		"1:11: parse error: unexpected identifier \"b\" in grouping opts, expected \",\" "
		"or \")\"" },
	{ "x{a=\"b\",,}", NULL,
		"1:9: parse error: unexpected \",\" in label matching, expected identifier or "
		"\"}\"" },
	{ "x{=\"\"}", NULL,
		"1:3: parse error: unexpected \"=\" in label matching, expected identifier or "
		"\"}\"" },
	{ "x{1}", NULL, "1:3: parse error: unexpected character inside braces: '1'" },
	{ "x{a}", NULL,
		"1:4: parse error: unexpected \"}\" in label matching, expected label matching "
		"operator" },
	{ "x{a=1}", NULL, "1:5: parse error: unexpected character inside braces: '1'" },
	{ "\"\\c\"", NULL, "1:1: parse error: unknown escape sequence U+0063 'c'" },
	{ "\"\\777\"", NULL, "1:1: parse error: escape sequence is an invalid Unicode code point" },
	{ "\"\\xg\"", NULL, "1:1: parse error: illegal character U+0067 'g' in escape sequence" },
	{ "\"\\ud800\"", NULL,
		"1:1: parse error: escape sequence is an invalid Unicode code point" },
	{ "'a\n'", NULL, "1:1: parse error: unterminated quoted string" },
	{ "`a", NULL, "1:1: parse error: unterminated raw string" },
	{ "\"\\", NULL, "1:1: parse error: escape sequence not terminated" },
	{ "\"\\x", NULL, "1:1: parse error: escape sequence not terminated" },
	{ "9999999999999999999999999999y", NULL,
		"1:1: parse error: not a valid duration string: "
		"\"9999999999999999999999999999y\"" },
	{ "5m1h", NULL, "1:1: parse error: not a valid duration string: \"5m1h\"" },
	{ "1h1h", NULL, "1:1: parse error: not a valid duration string: \"1h1h\"" },
	{ "1e9999", NULL,
		"1:1: parse error: error parsing number: strconv.ParseFloat: parsing \"1e9999\": "
		"value out of range" },
	{ "0x", NULL,
		"1:1: parse error: error parsing number: strconv.ParseFloat: parsing \"0x\": "
		"invalid syntax" },
	{ "1.5h", NULL, "1:1: parse error: unknown unit \".\" in duration \"1.5h\"" },
	{ "x anchored smoothed", NULL,
		"1:1: parse error: anchored and smoothed modifiers cannot be used together" },
	{ "x[5m:1m] anchored", NULL,
		"1:1: parse error: anchored modifier is not supported for subqueries" },
	{ "(x) anchored", NULL, "1:1: parse error: anchored modifier not implemented" },
	{ "abs(x) smoothed", NULL, "1:1: parse error: smoothed modifier not implemented" },
	{ "1 anchored", NULL, "1:1: parse error: anchored modifier not implemented" },
	{ "x offset 1m anchored", "x anchored offset 1m", NULL },
	{ "x + on y", NULL,
		"1:8: parse error: unexpected identifier \"y\" in grouping opts, expected \"(\"" },
	{ "x + on(a) group_left", NULL,
		"1:21: parse error: unexpected end of input in grouping opts, expected \"(\"" },
	{ "x group_left y", NULL, "1:3: parse error: unexpected <group_left>" },
	{ "x by y", NULL, "1:3: parse error: unexpected <by>" },
	{ "by (a) x", NULL, "1:4: parse error: unexpected \"(\"" },
	{ "x y", NULL, "1:3: parse error: unexpected identifier \"y\"" },
	{ "1 1", NULL, "1:3: parse error: unexpected number \"1\"" },
	{ "x 5m", NULL, "1:3: parse error: unexpected duration \"5m\"" },
	{ "x \"a\"", NULL, "1:3: parse error: unexpected string \"\\\"a\\\"\"" },
	{ "x sum", NULL, "1:3: parse error: unexpected <aggr:sum>" },
	{ "x <= bool", NULL, "1:10: parse error: unexpected end of input" },
	{ "* x", NULL, "1:1: parse error: unexpected <op:*>" },
	{ "x * ", NULL, "1:5: parse error: unexpected end of input" },
	{ "x[5m]:", NULL, "1:6: parse error: unexpected metric identifier \":\"" },
	{ "sum by (a) by (b) (x)", NULL, "1:12: parse error: unexpected <by> in aggregation" },
	{ "-1^2", "-1 ^ 2", NULL },
	{ "x[5m] offset 5m @ 5", "x[5m] @ 5.000 offset 5m", NULL },
	{ "abs(x)[5m:] offset 1m @ 5", "abs(x)[5m:] @ 5.000 offset 1m", NULL },
	{ "1 @ 5", NULL,
		"1:1: parse error: @ modifier must be preceded by an instant vector selector or "
		"range vector selector or a subquery" },
	{ "1 offset 5m", NULL,
		"1:1: parse error: offset modifier must be preceded by an instant vector selector "
		"or range vector selector or a subquery" },
	{ "abs(x) offset 5m", NULL,
		"1:1: parse error: offset modifier must be preceded by an instant vector selector "
		"or range vector selector or a subquery" },
	{ "(x) @ 5", NULL,
		"1:1: parse error: @ modifier must be preceded by an instant vector selector or "
		"range vector selector or a subquery" },
	{ "x + fill(x) y", NULL, "1:10: parse error: unexpected identifier \"x\"" },
	{ "x + fill(-x) y", NULL, "1:11: parse error: unexpected identifier \"x\"" },
	{ "x + fill 1 y", NULL, "1:10: parse error: unexpected number \"1\"" },
	{ "x + fill() y", NULL, "1:10: parse error: unexpected \")\"" },
	{ "x + fill_left(1) fill_left(2) y", NULL, "1:27: parse error: unexpected \"(\"" },
	{ "x + fill_left(x y", NULL, "1:15: parse error: unexpected identifier \"x\"" },
	{ "x + on(a) x y", NULL, "1:13: parse error: unexpected identifier \"y\"" },
	{ "x + on(a, b) group_right (c) fill_left(1) fill_right(-2) y",
		"x + on (a, b) group_right (c) fill_left (1) fill_right (-2) y", NULL },
	{ "x + fill(5m) y", "x + fill (300) y", NULL },
	{ "x[5m] offset (1h/2)", "x[5m] offset (1h / 2)", NULL },
	{ "x offset min_of(1h, 2h)", "x offset min_of(1h, 2h)", NULL },
	{ "x offset -max_of(1h, step())", "x offset -max_of(1h, step())", NULL },
	{ "x[min_of(5m, 10m):max_of(1m, step())]", "x[min_of(5m, 10m):max_of(1m, step())]", NULL },
	{ "x[(5m)]", "x[(5m)]", NULL },
	{ "x[range() + 1m]", "x[range() + 1m]", NULL },
	{ "x[2^3m]", "x[2 ^ 3m]", NULL },
	{ "x[-(-5m)]", "x[-(-5m)]", NULL },
	{ "x offset +(1m)", "x offset (1m)", NULL },
	{ "x offset (--1m)", "x offset (1m)", NULL },
	{ "x offset - -1e30", NULL, "1:13: parse error: duration out of range" },
	{ "x offset (-1e30)", NULL, "1:12: parse error: duration out of range" },
	{ "x[--1e30]", NULL, "1:5: parse error: duration out of range" },
	{ "x[5m % 2m - 1s]", "x[5m % 2m - 1s]", NULL },
	{ "x{a=\"\\xff\"}", "x{a=\"\\xff\"}", NULL },
	{ "{\"a\\xff\"}", "{__name__=\"a\\xff\"}", NULL },
	{ "{\"a b\"=\"c\", d=\"e\"}", "{\"a b\"=\"c\",d=\"e\"}", NULL },
	{ "sum by (\"a b\", c) (x)", "sum by (\"a b\", c) (x)", NULL },
	{ "{__name__=\"on\"}", "{__name__=\"on\"}", NULL },
	{ "sum without () (x)", "sum without () (x)", NULL },
	{ "sum by () (x)", "sum(x)", NULL },
	{ "x + ignoring() y", "x + y", NULL },
	{ "x + on() y", "x + on () y", NULL },
	{ "x / ignoring(a) group_left() y", "x / ignoring (a) group_left () y", NULL },
	{ "x and on(a) y", "x and on (a) y", NULL },
	{ "start() + end() + step() + range()", "start() + end() + step() + range()", NULL },
	{ "histogram_quantiles(x, \"a\", 0.5)", "histogram_quantiles(x, \"a\", 0.5)", NULL },
	{ "x </ 1", "x </ 1", NULL },
	{ "x >/ 1", "x >/ 1", NULL },
	{ "0x8f + 0755 + 089 + 1_000 + NaN", "143 + 493 + 89 + 1000 + NaN", NULL },
	{ "1w + 90d + 5m30s + 100ms", "1w + 90d + 5m30s + 100ms", NULL },
	{ "min by (a) (x)", "min by (a) (x)", NULL },
	{ "sum(x) by (a)", "sum by (a) (x)", NULL },
	{ "quantile(0.5, x)", "quantile(0.5, x)", NULL },
	{ "x @ -5", "x @ -5.000", NULL },
	{ "x @ +5", "x @ 5.000", NULL },
	{ "x @ 1.5", "x @ 1.500", NULL },
	{ "x @ end() offset -5m", "x @ end() offset -5m", NULL },
	{ "5m5m", NULL, "1:1: parse error: not a valid duration string: \"5m5m\"" },
	{ "x[5m offset 1m]", NULL, "1:6: parse error: unexpected character: 'o', expected ':'" },
	{ "x{a=~\"(?i)b\"}", "x{a=~\"(?i)b\"}", NULL },
	{ "x{a=~\"*\"}", NULL,
		"1:3: parse error: error parsing regexp: missing argument to repetition operator: "
		"`*`" },
	{ "x{a!~\".+\"}", "x{a!~\".+\"}", NULL },
	{ "{}", NULL,
		"1:1: parse error: vector selector must contain at least one non-empty matcher" },
	{ "{a=\"\"}", NULL,
		"1:1: parse error: vector selector must contain at least one non-empty matcher" },
	{ "x{__name__=\"y\"}", NULL,
		"1:1: parse error: metric name must not be set twice: \"x\" or \"y\"" },
	{ "{__name__=\"x\", __name__=\"y\"}", "{__name__=\"x\",__name__=\"y\"}", NULL },
	{ "avg(x) by", NULL,
		"1:10: parse error: unexpected end of input in grouping opts, expected \"(\"" },
	{ "sum(x) by (a) by (b)", NULL, "1:15: parse error: unexpected <by>" },
	{ "sum by (a,) (x)", "sum by (a) (x)", NULL },
	{ "sum by (,) (x)", NULL,
		"1:9: parse error: unexpected \",\" in grouping opts, expected label" },
	{ "on", NULL, "1:1: parse error: unexpected <on>" },
	{ "bool", NULL, "1:1: parse error: unexpected <bool>" },
	{ "atan2", NULL, "1:1: parse error: unexpected <op:atan2>" },
	{ "x atan2 y", "x atan2 y", NULL },
	{ "x unless y or z", "x unless y or z", NULL },
	{ "-x", "-x", NULL },
	{ "+x", "+x", NULL },
	{ "-(x + 1)", "-(x + 1)", NULL },
	{ "- -x", "--x", NULL },
	{ "1 +", NULL, "1:4: parse error: unexpected end of input" },
	{ ")x", NULL, "1:2: parse error: unexpected right parenthesis ')'" },
	{ "x)", NULL, "1:3: parse error: unexpected right parenthesis ')'" },
	{ "[5m]", NULL, "1:1: parse error: unexpected \"[\"" },
	{ "{[", NULL, "1:2: parse error: unexpected character inside braces: '['" },
	{ "{a=\"b\"}[5m]", "{a=\"b\"}[5m]", NULL },
	{ "x{a=\"b\"}{c=\"d\"}", NULL, "1:9: parse error: unexpected \"{\"" },
	{ "x{a=\"b\"} y", NULL, "1:10: parse error: unexpected identifier \"y\"" },
	{ "sum{a=\"b\"}", "sum{a=\"b\"}", NULL },
	{ "offset", "offset", NULL },
	{ "by", "by", NULL },
	{ "start", "start", NULL },
	{ "x @ step()", NULL, "1:5: parse error: unexpected \"step\" in @, expected timestamp" },
	{ "x[5m] @ start", NULL,
		"1:14: parse error: unexpected end of input in @, expected timestamp" },
	{ "x @ start(", NULL, "1:11: parse error: unclosed left parenthesis" },
	{ "x @ \"a\"", NULL,
		"1:5: parse error: unexpected string \"\\\"a\\\"\" in @, expected timestamp" },
	{ "rate(x[5m)", NULL,
		"1:10: parse error: unexpected \")\" in subquery or range, expected \":\" or "
		"\"]\"" },
	{ "rate(x[5m]", NULL, "1:11: parse error: unclosed left parenthesis" },
	{ "max_of(1, 2)", "max_of(1, 2)", NULL },
	{ "max_of", "max_of", NULL },
	{ "x[max_of(5m)]", NULL,
		"1:12: parse error: unexpected \")\" in subquery or range selector, expected "
		"number, duration, step(), or range()" },
	{ "x[max_of(5m,]", NULL,
		"1:13: parse error: unexpected \"]\" in subquery or range selector, expected "
		"number, duration, step(), or range()" },
	{ "x[step]", NULL,
		"1:7: parse error: unexpected \"]\" in subquery or range selector, expected "
		"number, duration, step(), or range()" },
	{ "x[step(]", NULL,
		"1:8: parse error: unexpected \"]\" in subquery or range selector, expected "
		"number, duration, step(), or range()" },
	{ "x[foo()]", NULL, "1:3: parse error: unexpected character in duration expression: 'f'" },
	{ "x[5m+]", NULL,
		"1:6: parse error: unexpected \"]\" in subquery or range selector, expected "
		"number, duration, step(), or range()" },
	{ "x[5m:step()]", "x[5m:step()]", NULL },
	{ "x[5m:0]", NULL, "1:6: parse error: duration must be greater than 0" },
	{ "x[5m:-1m]", NULL, "1:6: parse error: duration must be greater than 0" },
	{ "x[NaN]", NULL, "1:3: parse error: unexpected character in duration expression: 'N'" },
	{ "x[Inf]", NULL, "1:3: parse error: unexpected character in duration expression: 'I'" },
	{ "1.2.3", NULL, "1:1: parse error: bad number or duration syntax: \"1.2.\"" },
	{ ".", NULL, "1:1: parse error: unexpected character: '.'" },
	{ "5e", NULL, "1:1: parse error: bad number or duration syntax: \"5e\"" },
	{ "0b1", NULL, "1:1: parse error: bad number or duration syntax: \"0\"" },
	{ "1__0", NULL, "1:1: parse error: bad number or duration syntax: \"1__\"" },
	{ "1_", NULL, "1:1: parse error: bad number or duration syntax: \"1_\"" },
	{ "\"\\u12\"", NULL, "1:1: parse error: illegal character U+0022 '\"' in escape sequence" },
	{ "\"\\U00110000\"", NULL,
		"1:1: parse error: escape sequence is an invalid Unicode code point" },
	{ "\"\\1\"", NULL, "1:1: parse error: illegal character U+0022 '\"' in escape sequence" },
	{ "\"\\12\"", NULL, "1:1: parse error: illegal character U+0022 '\"' in escape sequence" },
	{ "\"\\08\"", NULL, "1:1: parse error: illegal character U+0038 '8' in escape sequence" },
	{ "\"\\'\"", NULL, "1:1: parse error: unknown escape sequence U+0027 '''" },
	{ "'\\''", "\"'\"", NULL },
	{ "'\\\"'", NULL, "1:1: parse error: unknown escape sequence U+0022 '\"'" },
	{ "\"\\a\\b\\f\\n\\r\\t\\v\\\\\"", "\"\\a\\b\\f\\n\\r\\t\\v\\\\\"", NULL },
	{ "\"\xff\"", NULL, "1:1: parse error: invalid UTF-8 rune" },
	{ "x # c\n+ y", "x + y", NULL },
	{ "x{ # c\n}", "x", NULL },
	{ "x{a='b' # c\n}", "x{a=\"b\"}", NULL },
	{ "x\n  + )", NULL, "2:6: parse error: unexpected right parenthesis ')'" },
	{ "limitk(1, x)", "limitk(1, x)", NULL },
	{ "limit_ratio(0.5, x)", "limit_ratio(0.5, x)", NULL },
	{ "group(x)", "group(x)", NULL },
};

/* The text in the arena; "" when it does not parse. */
static struct sv print_again(
	struct arena *a, struct sv query, void (*print)(struct buf *out, const struct ast *n))
{
	AUTO(buf_done) struct buf out = { 0 };
	struct ast *root;
	struct error err;

	buf_init(&out, 100000);
	if (parser_parse(a, query, PARSER_ALL, &root, NULL, &err) == ERR_OK)
		print(&out, root);
	return arena_sv(a, buf_sv(&out));
}

START_TEST(queries_are_answered_as_prometheus_answers_them)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct parser_errors errors;
	struct ast *root;
	struct error err = { 0 };

	arena_init(&a, MAX_BYTES);
	struct sv query = sv_of(ROWS[_i].query);
	enum error_kind kind = parser_parse(&a, query, PARSER_ALL, &root, &errors, &err);

	ck_assert_str_eq(err.text, ROWS[_i].error ? ROWS[_i].error : "");
	ck_assert_int_eq(kind, ROWS[_i].error ? ERR_INVALID : ERR_OK);
	ck_assert_int_eq(errors.n > 0, kind != ERR_OK);
	if (kind)
		return;
	struct sv once = print_again(&a, query, printer_print);
	struct sv pretty = print_again(&a, query, printer_pretty);

	ck_assert_msg(sv_eq(once, sv_of(ROWS[_i].printed)), "\"%s\" prints as \"%.*s\"",
		ROWS[_i].query, SV_ARG(once));
	ck_assert(sv_eq(print_again(&a, once, printer_print), once));
	ck_assert(sv_eq(print_again(&a, pretty, printer_print), once));
	ck_assert(sv_eq(print_again(&a, pretty, printer_pretty), pretty));
}
END_TEST

static const struct {
	const char *what, *query, *pretty;
} LONG[] = {
	{ "an aggregation",
		"sum by (namespace) "
		"(rate(http_requests_total{namespace=\"shop\",code=~\"5..\",method=\"GET\",path=\"/"
		"checkout\"}[5m] offset 1h))",
		"sum by (namespace) (\n"
		"  "
		"rate(http_requests_total{code=~\"5..\",method=\"GET\",namespace=\"shop\",path=\"/"
		"checkout\"}[5m] offset 1h)\n"
		")" },
	{ "an aggregation with a parameter",
		"topk(5, "
		"sum(rate(http_requests_total{namespace=\"shop\",code=~\"5..\",method=\"GET\",path="
		"\"/checkout\"}[5m])) by (code))",
		"topk(\n"
		"  5,\n"
		"  sum by (code) (\n"
		"    "
		"rate(http_requests_total{code=~\"5..\",method=\"GET\",namespace=\"shop\",path=\"/"
		"checkout\"}[5m])\n"
		"  )\n"
		")" },
	{ "an operator with its matching",
		"a_metric_with_a_long_name{job=\"one\"} / on (instance, job) group_left (version) "
		"another_metric_with_a_long_name",
		"  a_metric_with_a_long_name{job=\"one\"}\n"
		"/ on (instance, job) group_left (version)\n"
		"  another_metric_with_a_long_name" },
	{ "a sign in front of parentheses",
		"-(a_metric_with_a_long_name{job=\"one\"} + "
		"another_metric_with_a_long_name{job=\"two\"} + a_third_one_here)",
		"-(\n"
		"  a_metric_with_a_long_name{job=\"one\"} + "
		"another_metric_with_a_long_name{job=\"two\"} + a_third_one_here\n"
		")" },
	{ "a subquery of a call",
		"max_over_time(deriv(rate(distance_covered_meters_total_of_a_long_name[1m])[5m:1m])"
		"[10m:] @ end() offset 1m)",
		"max_over_time(\n"
		"deriv(rate(distance_covered_meters_total_of_a_long_name[1m])[5m:1m])[10m:] @ "
		"end() offset 1m\n"
		")" },
	{ "a call of many arguments",
		"label_replace(a_metric_with_a_long_name{job=\"one\"}, \"destination\", \"$1\", "
		"\"source_label\", \"(.*)-suffix-of-it\")",
		"label_replace(\n"
		"  a_metric_with_a_long_name{job=\"one\"},\n"
		"  \"destination\",\n"
		"  \"$1\",\n"
		"  \"source_label\",\n"
		"  \"(.*)-suffix-of-it\"\n"
		")" },
	{ "a selector, which is never split",
		"- "
		"a_metric_with_a_long_name{job=\"one\",namespace=\"shop\",code=~\"5..\",method="
		"\"GET\",path=\"/checkout\",other=\"value\"}",
		"-a_metric_with_a_long_name{code=~\"5..\",job=\"one\",method=\"GET\",namespace="
		"\"shop\",other=\"value\",path=\"/checkout\"}" },
	{ "a comparison of parentheses",
		"(a_metric_with_a_long_name{job=\"one\"} and ignoring(a) "
		"another_metric_with_a_long_name{job=\"two\"}) > bool 1000000",
		"  (a_metric_with_a_long_name{job=\"one\"} and ignoring (a) "
		"another_metric_with_a_long_name{job=\"two\"})\n"
		"> bool\n"
		"  1000000" },
};

START_TEST(long_queries_are_split_into_lines)
{
	AUTO(arena_done) struct arena a = { 0 };

	arena_init(&a, MAX_BYTES);
	struct sv pretty = print_again(&a, sv_of(LONG[_i].query), printer_pretty);

	ck_assert_msg(
		sv_eq(pretty, sv_of(LONG[_i].pretty)), "%s:\n%.*s", LONG[_i].what, SV_ARG(pretty));
	ck_assert(sv_eq(print_again(&a, pretty, printer_pretty), pretty));
}
END_TEST

/* Longer than the usual buffers. */
START_TEST(messages_quote_names_of_any_length)
{
	AUTO(arena_done) struct arena a = { 0 };
	AUTO(buf_done) struct buf query = { 0 };
	struct parser_errors errors;
	struct ast *root;
	struct error err;

	arena_init(&a, MAX_BYTES);
	buf_init(&query, 100000);
	for (int i = 0; i < 3000; i++)
		buf_put_char(&query, 'f');
	buf_put_str(&query, "(x)");
	ck_assert_int_eq(
		parser_parse(&a, buf_sv(&query), PARSER_ALL, &root, &errors, &err), ERR_INVALID);
	ck_assert_uint_eq(errors.n, 1);
	ck_assert(sv_has_prefix(errors.at[0].message, SV("unknown function with name \"fff")));
	ck_assert_uint_eq(
		errors.at[0].message.len, strlen("unknown function with name \"\"") + 3000);
}
END_TEST

static enum error_kind parse_all(struct error *err)
{
	/* A few of each kind: each row is parsed once for every allocation of all rows. */
	for (size_t i = 0; i < ARRAY_LEN(ROWS); i += 17) {
		AUTO(arena_done) struct arena a = { 0 };
		AUTO(buf_done) struct buf out = { 0 };
		struct ast *root;

		arena_init(&a, MAX_BYTES);
		buf_init(&out, 100000);
		enum error_kind kind =
			parser_parse(&a, sv_of(ROWS[i].query), PARSER_ALL, &root, NULL, err);

		if (kind == ERR_OK)
			printer_pretty(&out, root);
		if ((kind && kind != ERR_INVALID) || buf_check(&out, "query", err))
			return err->kind;
	}
	return ERR_OK;
}

START_TEST(running_out_of_memory_is_reported)
{
	fail_each_allocation(parse_all);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(
		tcase, queries_are_answered_as_prometheus_answers_them, 0, ARRAY_LEN(ROWS));
	tcase_add_loop_test(tcase, long_queries_are_split_into_lines, 0, ARRAY_LEN(LONG));
	tcase_add_test(tcase, messages_quote_names_of_any_length);
	tcase_add_test(tcase, running_out_of_memory_is_reported);
}

int main(void)
{
	return run_case("language", add);
}
