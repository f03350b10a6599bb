/* Odd templates: what Go's text/template gave for the same texts and data. What a row shows is its template. */
#include "tests/unit/promql/template_world.h"

static const struct {
	const char *text;
	const char *out; /* NULL: refused */
	const char *error;
} ROWS[] = {
	{ "<<(.LabelValuesByName).pod>>", "a|b", NULL },
	{ "<<(index .LabelValuesByName \"pod\").X>>", NULL,
		"1:28: executing \"metrics-query\" at <\"pod\">: can't evaluate field X in type "
		"string" },
	{ "<<(print \"a\").X>>", NULL,
		"1:9: executing \"metrics-query\" at <\"a\">: can't evaluate field X in type "
		"string" },
	{ "<<$x := .>><<$x.Series>>", "http_requests_total", NULL },
	{ "<<$x := .>><<$x.Series.Y>>", NULL,
		"1:15: executing \"metrics-query\" at <$x.Series.Y>: can't evaluate field Y in "
		"type string" },
	{ "<<$x := 1>><<$x 1>>", NULL,
		"1:13: executing \"metrics-query\" at <$x>: can't give argument to non-function "
		"$x" },
	{ "<<with $x := .GroupBySlice>><<len $x>><<end>>", "2", NULL },
	{ "<<(nil).X>>", NULL, "1:3: executing \"metrics-query\" at <nil>: nil is not a command" },
	{ "<<nil.X>>", NULL, "1: unexpected . after term \"nil\"" },
	{ "<<nil>>", NULL, "1:2: executing \"metrics-query\" at <nil>: nil is not a command" },
	{ "<<1 2>>", NULL,
		"1:2: executing \"metrics-query\" at <1>: can't give argument to non-function 1" },
	{ "<<true 1>>", NULL,
		"1:2: executing \"metrics-query\" at <true>: can't give argument to non-function "
		"true" },
	{ "<<.Series 1>>", NULL,
		"1:2: executing \"metrics-query\" at <.Series>: Series has arguments but cannot be "
		"invoked as function" },
	{ "<<.Series | .GroupBy>>", NULL,
		"1:12: executing \"metrics-query\" at <.GroupBy>: GroupBy has arguments but cannot "
		"be invoked as function" },
	{ "<<1 | 2>>", NULL, "1: non executable command in pipeline stage 2" },
	{ "<<\"a\" | nil>>", NULL, "1: non executable command in pipeline stage 2" },
	{ "<<. 1>>", NULL,
		"1:2: executing \"metrics-query\" at <.>: can't give argument to non-function ." },
	{ "<<print (.Series) (len .GroupBySlice)>>", "http_requests_total2", NULL },
	{ "<<print .>>",
		"{http_requests_total namespace=\"prod\",pod=~\"a|b\" map[namespace:prod pod:a|b] "
		"pod,node [pod node]}",
		NULL },
	{ "<<print nil>>", "<nil>", NULL },
	{ "<<index .GroupBySlice nil>>", NULL,
		"1:2: executing \"metrics-query\" at <index .GroupBySlice nil>: error calling "
		"index: cannot index slice/array with nil" },
	{ "<<index .LabelValuesByName nil>>", NULL,
		"1:2: executing \"metrics-query\" at <index .LabelValuesByName nil>: error calling "
		"index: value is nil; should be of type string" },
	{ "<<index nil 1>>", NULL,
		"1:2: executing \"metrics-query\" at <index nil 1>: error calling index: index of "
		"untyped nil" },
	{ "<<index 1 1>>", NULL,
		"1:2: executing \"metrics-query\" at <index 1 1>: error calling index: can't index "
		"item of type int" },
	{ "<<index .GroupBySlice \"a\">>", NULL,
		"1:2: executing \"metrics-query\" at <index .GroupBySlice \"a\">: error calling "
		"index: cannot index slice/array with type string" },
	{ "<<index .GroupBySlice -1>>", NULL,
		"1:2: executing \"metrics-query\" at <index .GroupBySlice -1>: error calling "
		"index: index out of range: -1" },
	{ "<<index .LabelValuesByName 1>>", NULL,
		"1:2: executing \"metrics-query\" at <index .LabelValuesByName 1>: error calling "
		"index: value has type int; should be string" },
	{ "<<index .Series 0>>", "104", NULL },
	{ "<<slice nil>>", NULL,
		"1:2: executing \"metrics-query\" at <slice nil>: error calling slice: slice of "
		"untyped nil" },
	{ "<<slice .GroupBySlice 0 1 2 3>>", NULL,
		"1:2: executing \"metrics-query\" at <slice .GroupBySlice 0 1 2 3>: error calling "
		"slice: too many slice indexes: 4" },
	{ "<<slice .GroupBySlice 2 1>>", NULL,
		"1:2: executing \"metrics-query\" at <slice .GroupBySlice 2 1>: error calling "
		"slice: invalid slice index: 2 > 1" },
	{ "<<slice .GroupBySlice 0 2 1>>", NULL,
		"1:2: executing \"metrics-query\" at <slice .GroupBySlice 0 2 1>: error calling "
		"slice: invalid slice index: 2 > 1" },
	{ "<<slice .GroupBySlice 5>>", NULL,
		"1:2: executing \"metrics-query\" at <slice .GroupBySlice 5>: error calling slice: "
		"index out of range: 5" },
	{ "<<slice .Series 0 1 2>>", NULL,
		"1:2: executing \"metrics-query\" at <slice .Series 0 1 2>: error calling slice: "
		"cannot 3-index slice a string" },
	{ "<<slice .LabelValuesByName 0>>", NULL,
		"1:2: executing \"metrics-query\" at <slice .LabelValuesByName 0>: error calling "
		"slice: can't slice item of type map[string]string" },
	{ "<<slice .GroupBySlice \"a\">>", NULL,
		"1:2: executing \"metrics-query\" at <slice .GroupBySlice \"a\">: error calling "
		"slice: cannot index slice/array with type string" },
	{ "<<len nil>>", NULL,
		"1:2: executing \"metrics-query\" at <len nil>: error calling len: reflect: call "
		"of reflect.Value.Type on zero Value" },
	{ "<<eq true true>>", "true", NULL },
	{ "<<eq true false>>", "false", NULL },
	{ "<<eq 1i 1i 2i>>", "true", NULL },
	{ "<<lt 1i 2i>>", NULL,
		"1:2: executing \"metrics-query\" at <lt 1i 2i>: error calling lt: invalid type "
		"for comparison" },
	{ "<<lt true false>>", NULL,
		"1:2: executing \"metrics-query\" at <lt true false>: error calling lt: invalid "
		"type for comparison" },
	{ "<<eq .GroupBySlice .GroupBySlice>>", NULL,
		"1:2: executing \"metrics-query\" at <eq .GroupBySlice .GroupBySlice>: error "
		"calling eq: non-comparable type [pod node]: []string" },
	{ "<<eq .LabelValuesByName 1>>", NULL,
		"1:2: executing \"metrics-query\" at <eq .LabelValuesByName 1>: error calling eq: "
		"incompatible types for comparison: map[string]string and int" },
	{ "<<eq . .>>", NULL,
		"1:2: executing \"metrics-query\" at <eq . .>: error calling eq: non-comparable "
		"type {http_requests_total namespace=\"prod\",pod=~\"a|b\" map[namespace:prod "
		"pod:a|b] pod,node [pod node]}: main.queryData" },
	{ "<<eq nil nil>>", "true", NULL },
	{ "<<eq 1 nil>>", "false", NULL },
	{ "<<eq \"a\" 1>>", NULL,
		"1:2: executing \"metrics-query\" at <eq \"a\" 1>: error calling eq: incompatible "
		"types for comparison: string and int" },
	{ "<<ne .GroupBySlice nil>>", "true", NULL },
	{ "<<lt \"a\" 1>>", NULL,
		"1:2: executing \"metrics-query\" at <lt \"a\" 1>: error calling lt: incompatible "
		"types for comparison: string and int" },
	{ "<<lt nil 1>>", NULL,
		"1:2: executing \"metrics-query\" at <lt nil 1>: error calling lt: invalid type "
		"for comparison" },
	{ "<<eq>>", NULL,
		"1:2: executing \"metrics-query\" at <eq>: wrong number of args for eq: want at "
		"least 1 got 0" },
	{ "<<eq 1>>", NULL,
		"1:2: executing \"metrics-query\" at <eq 1>: error calling eq: missing argument "
		"for comparison" },
	{ "<<not 1 2>>", NULL,
		"1:2: executing \"metrics-query\" at <not>: wrong number of args for not: want 1 "
		"got 2" },
	{ "<<and>>", NULL,
		"1:2: executing \"metrics-query\" at <and>: wrong number of args for and: want at "
		"least 1 got 0" },
	{ "<<or>>", NULL,
		"1:2: executing \"metrics-query\" at <or>: wrong number of args for or: want at "
		"least 1 got 0" },
	{ "<<and 1 nil>>", "<no value>", NULL },
	{ "<<or nil 0>>", "0", NULL },
	{ "<<and (.Series) \"x\">>", "x", NULL },
	{ "<<printf \"%d\" \"x\">>", "%!d(string=x)", NULL },
	{ "<<printf \"%[1]d %[1]v\" 3>>", "3 3", NULL },
	{ "<<printf \"%[3]d\" 1>>", "%!d(BADINDEX)", NULL },
	{ "<<printf \"%[x]d\" 1>>", "%!d(BADINDEX)", NULL },
	{ "<<printf \"%[1\" 1>>", "%!(NOVERB)", NULL },
	{ "<<printf \"%[]d\" 1>>", "%!d(BADINDEX)", NULL },
	{ "<<printf \"%*d\" 5 42>>", "   42", NULL },
	{ "<<printf \"%-*d|\" 5 42>>", "42   |", NULL },
	{ "<<printf \"%*d|\" -5 42>>", "42   |", NULL },
	{ "<<printf \"%*d\" \"x\" 42>>", "%!(BADWIDTH)42", NULL },
	{ "<<printf \"%.*f\" 2 3.14159>>", "3.14", NULL },
	{ "<<printf \"%.*f\" -2 3.14159>>", "%!(BADPREC)3.141590", NULL },
	{ "<<printf \"%.*f\" \"x\" 3.14>>", "%!(BADPREC)3.140000", NULL },
	{ "<<printf \"%[2]*[1]d\" 42 5>>", "   42", NULL },
	{ "<<printf \"%.[2]*[1]f\" 3.14159 2>>", "3.14", NULL },
	{ "<<printf \"%d\">>", "%!d(MISSING)", NULL },
	{ "<<printf \"%d\" 1 2>>", "1%!(EXTRA int=2)", NULL },
	{ "<<printf \"%!\">>", "%!!(MISSING)", NULL },
	{ "<<printf \"%\">>", "%!(NOVERB)", NULL },
	{ "<<printf \"%z\" 1>>", "%!z(int=1)", NULL },
	{ "<<printf \"%t %v\" true false>>", "true false", NULL },
	{ "<<printf \"%x %X %#x\" \"hi\" \"hi\" \"hi\">>", "6869 6869 0x6869", NULL },
	{ "<<printf \"% x|% X|%# x\" \"hi\" \"hi\" \"hi\">>", "68 69|68 69|0x68 0x69", NULL },
	{ "<<printf \"%q %+q %#q\" \"\xc3\xa9\" \"\xc3\xa9\" \"a\">>",
		"\"\xc3\xa9\" \"\\u00e9\" `a`", NULL },
	{ "<<printf \"%q %+q %#U\" 'x' '\xc3\xa9' '\xc3\xa9'>>", "'x' '\\u00e9' U+00E9 '\xc3\xa9'",
		NULL },
	{ "<<printf \"%c %U\" 233 233>>", "\xc3\xa9 U+00E9", NULL },
	{ "<<printf \"%e %E %f %g %G\" 1234.5 1234.5 1234.5 1234.5 1234.5>>",
		"1.234500e+03 1.234500E+03 1234.500000 1234.5 1234.5", NULL },
	{ "<<printf \"%.2e %.0f %.3g %#g\" 1234.5 2.5 1234.5 1.0>>", "1.23e+03 2 1.23e+03 1.00000",
		NULL },
	{ "<<printf \"%8.2f|%-8.2f|%08.2f|%+.1f\" 3.14159 3.14159 3.14159 3.14159>>",
		"    3.14|3.14    |00003.14|+3.1", NULL },
	{ "<<printf \"%b %o %O %x\" 5 8 8 255>>", "101 10 0o10 ff", NULL },
	{ "<<printf \"%+d % d %05d %-5d|\" 3 3 3 3>>", "+3  3 00003 3    |", NULL },
	{ "<<printf \"%s\" .GroupBySlice>>", "[pod node]", NULL },
	{ "<<printf \"%v %q\" .GroupBySlice .GroupBySlice>>", "[pod node] [\"pod\" \"node\"]",
		NULL },
	{ "<<printf \"%v\" .LabelValuesByName>>", "map[namespace:prod pod:a|b]", NULL },
	{ "<<printf \"%+v\" .LabelValuesByName>>", "map[namespace:prod pod:a|b]", NULL },
	{ "<<printf \"%#v\" .GroupBySlice>>", "[]string{\"pod\", \"node\"}", NULL },
	{ "<<printf \"%T %T %T\" 1 \"a\" .GroupBySlice>>", "int string []string", NULL },
	{ "<<printf \"%5s|%-5s|%.1s\" \"ab\" \"ab\" \"ab\">>", "   ab|ab   |a", NULL },
	{ "<<printf \"%s\" 1>>", "%!s(int=1)", NULL },
	{ "<<printf \"%d\" .GroupBySlice>>", "[%!d(string=pod) %!d(string=node)]", NULL },
	{ "<<printf \"%v\" 1i>>", "(0+1i)", NULL },
	{ "<<printf \"%.1f\" 1.25i>>", "(0.0+1.2i)", NULL },
	{ "<<printf \"%x\" 1.5>>", "0x1.8p+00", NULL },
	{ "<<printf \"%b\" 1.5>>", "6755399441055744p-52", NULL },
	{ "<<printf \"%d\" 1.5>>", "%!d(float64=1.5)", NULL },
	{ "<<printf \"%s\" true>>", "%!s(bool=true)", NULL },
	{ "<<printf \"%6.2f%%\" 99.5>>", " 99.50%", NULL },
	{ "<<printf 1>>", NULL,
		"1:9: executing \"metrics-query\" at <1>: expected string; found 1" },
	{ "<<printf>>", NULL,
		"1:2: executing \"metrics-query\" at <printf>: wrong number of args for printf: "
		"want at least 1 got 0" },
	{ "<<printf \"%v\" nil>>", "<nil>", NULL },
	{ "<<printf \"%s\" nil>>", "%!s(<nil>)", NULL },
	{ "<<printf \"%t\" 1>>", "%!t(int=1)", NULL },
	{ "<<printf \"%c\" \"x\">>", "%!c(string=x)", NULL },
	{ "<<printf \"%U\" 'x'>>", "U+0078", NULL },
	{ "<<printf \"%q\" 1114112>>", "'\xef\xbf\xbd'", NULL },
	{ "<<printf \"%.3q\" \"abcdef\">>", "\"abc\"", NULL },
	{ "<<printf \"%.3d\" 5>>", "005", NULL },
	{ "<<printf \"%10.3d|\" 5>>", "       005|", NULL },
	{ "<<printf \"%#o %#b %#X\" 8 5 255>>", "010 0b101 0XFF", NULL },
	{ "<<printf \"%g %g\" 1e21 1e-7>>", "1e+21 1e-07", NULL },
	{ "<<printf \"%v %v\" 1e20 123456789.0>>", "1e+20 1.23456789e+08", NULL },
	{ "<<println>>", "\n", NULL },
	{ "<<print \"a\" \"b\" 1 2>>", "ab1 2", NULL },
	{ "<<html .Series 1>>", "http_requests_total1", NULL },
	{ "<<js \"'\\\\<>&=\\n\">>", "\\'\\\\\\u003C\\u003E\\u0026\\u003D\\u000A", NULL },
	{ "<<urlquery \"a b\" 1>>", "a+b1", NULL },
	{ "<<html nil>>", "&lt;no value&gt;", NULL },
	{ "<<call nil>>", NULL,
		"1:2: executing \"metrics-query\" at <call nil>: error calling call: call of nil" },
	{ "<<call .Series>>", NULL,
		"1:2: executing \"metrics-query\" at <call .Series>: error calling call: "
		"non-function .Series of type string" },
	{ "<<call>>", NULL,
		"1:2: executing \"metrics-query\" at <call>: wrong number of args for call: want "
		"at least 1 got 0" },
	{ "<<call .LabelValuesByName.pod 1>>", NULL,
		"1:2: executing \"metrics-query\" at <call .LabelValuesByName.pod 1>: error "
		"calling call: non-function .LabelValuesByName.pod of type string" },
	{ "<<range 0>>x<<else>>none<<end>>", "none", NULL },
	{ "<<range -1>>x<<else>>none<<end>>", "none", NULL },
	{ "<<range \"abc\">>x<<end>>", NULL,
		"1:8: executing \"metrics-query\" at <\"abc\">: range can't iterate over abc" },
	{ "<<range .Series>>x<<end>>", NULL,
		"1:8: executing \"metrics-query\" at <.Series>: range can't iterate over "
		"http_requests_total" },
	{ "<<range nil>>x<<end>>", NULL,
		"1:8: executing \"metrics-query\" at <nil>: nil is not a command" },
	{ "<<range true>>x<<end>>", NULL,
		"1:8: executing \"metrics-query\" at <true>: range can't iterate over true" },
	{ "<<range $i := 3>><<$i>><<end>>", "012", NULL },
	{ "<<range $i, $j := 3>><<$i>><<end>>", NULL,
		"1:18: executing \"metrics-query\" at <3>: can't use 3 to iterate over more than "
		"one variable" },
	{ "<<range $i = 3>><<end>>", NULL,
		"1:13: executing \"metrics-query\" at <3>: undefined variable: $i" },
	{ "<<$i := 0>><<range $i = .GroupBySlice>><<$i>><<end>><<$i>>", "podnodenode", NULL },
	{ "<<$i := 0>><<$j := 0>><<range $i, $j = .GroupBySlice>><<end>><<$i>><<$j>>", "1node",
		NULL },
	{ "<<range $a, $b, $c := .GroupBySlice>><<end>>", NULL,
		"1: too many declarations in range" },
	{ "<<if $a, $b := .Series>><<end>>", NULL, "1: too many declarations in if" },
	{ "<<range .GroupBySlice>><<with .>><<continue>><<end>><<end>>a", "a", NULL },
	{ "<<range .GroupBySlice>><<if true>><<break>><<end>>x<<end>>b", "b", NULL },
	{ "<<if nil>>1<<end>>", NULL,
		"1:5: executing \"metrics-query\" at <nil>: nil is not a command" },
	{ "<<if .>>1<<end>>", "1", NULL },
	{ "<<if 1.5>>1<<end>><<if 0.0>>2<<end>><<if 0i>>3<<end>><<if 1i>>4<<end>>", "14", NULL },
	{ "<<if .LabelValuesByName>>1<<end>><<if .GroupBySlice>>2<<end>>", "12", NULL },
	{ "<<with nil>>1<<end>>", NULL,
		"1:7: executing \"metrics-query\" at <nil>: nil is not a command" },
	{ "<<with 0>>1<<else with 2>><<.>><<end>>", "2", NULL },
	{ "<<template \"x\">>", NULL,
		"1:11: executing \"metrics-query\" at <{{template \"x\"}}>: template \"x\" not "
		"defined" },
	{ "<<template \"x\" .>><<define \"x\">><<.Nope>><<end>>", NULL,
		"1:34: executing \"x\" at <.Nope>: can't evaluate field Nope in type "
		"main.queryData" },
	{ "<<template>>", NULL, "1: unexpected \">>\" in template clause" },
	{ "<<template 1>>", NULL, "1: unexpected \"1\" in template clause" },
	{ "<<template \"x\" >", NULL, "1: unexpected \">\" in template clause" },
	{ "<<define \"x\">>", NULL, "1: unexpected EOF" },
	{ "<<define x>><<end>>", NULL, "1: unexpected \"x\" in define clause" },
	{ "<<define \"x\" 1>><<end>>", NULL, "1: unexpected \"1\" in define clause" },
	{ "<<if true>><<define \"x\">><<end>><<end>>", NULL, "1: unexpected <define> in command" },
	{ "<<block \"x\">><<end>>", NULL, "1: missing value for block clause" },
	{ "<<block x .>><<end>>", NULL, "1: unexpected \"x\" in block clause" },
	{ "<<define \"x\">>a<<end>><<define \"x\">>b<<end>><<template \"x\">>", NULL,
		"1: template: multiple definition of template \"x\"" },
	{ "<<else if>>", NULL, "1: unexpected {{else}}" },
	{ "<<if true>><<else x>><<end>>", NULL, "1: unexpected \"x\" in else" },
	{ "<<if true>><<else if>><<end>>", NULL, "1: missing value for if" },
	{ "<<if>><<end>>", NULL, "1: missing value for if" },
	{ "<<with>><<end>>", NULL, "1: missing value for with" },
	{ "<<end 1>>", NULL, "1: unexpected \"1\" in end" },
	{ "<<break 1>>", NULL, "1: unexpected \"1\" in {{break}}" },
	{ "<<range .GroupBySlice>><<break 1>><<end>>", NULL, "1: unexpected \"1\" in {{break}}" },
	{ "<<range .GroupBySlice>><<continue 1>><<end>>", NULL,
		"1: unexpected \"1\" in {{continue}}" },
	{ "<<$x>>", NULL, "1: undefined variable \"$x\"" },
	{ "<<$x = 1>>", NULL, "1:7: executing \"metrics-query\" at <1>: undefined variable: $x" },
	{ "<<$x :=>>", NULL, "1: missing value for command" },
	{ "<<$x := 1 2>>", NULL,
		"1:8: executing \"metrics-query\" at <1>: can't give argument to non-function 1" },
	{ "<<$x, $y := 1>>", NULL, "1: too many declarations in command" },
	{ "<<$>>",
		"{http_requests_total namespace=\"prod\",pod=~\"a|b\" map[namespace:prod pod:a|b] "
		"pod,node [pod node]}",
		NULL },
	{ "<<$.Series>>", "http_requests_total", NULL },
	{ "<<$x:=1>><<$x>>", "1", NULL },
	{ "<<.Series|>>", "http_requests_total", NULL },
	{ "<<|.Series>>", NULL, "1: unexpected \"|\" in command" },
	{ "<<.Series||print>>", NULL, "1: unexpected \"|\" in command" },
	{ "<<(>>", NULL, "1: unclosed left paren" },
	{ "<<()>>", NULL, "1: missing value for parenthesized pipeline" },
	{ "<<(.Series) 1>>", NULL,
		"1:2: executing \"metrics-query\" at <(.Series) 1>: can't give argument to "
		"non-function .Series" },
	{ "<<((.Series))>>", "http_requests_total", NULL },
	{ "<<.Series.>>", NULL, "1: unexpected <.> in operand" },
	{ "<<..>>", NULL, "1: unexpected <.> in operand" },
	{ "<<.Series .>>", NULL,
		"1:2: executing \"metrics-query\" at <.Series>: Series has arguments but cannot be "
		"invoked as function" },
	{ "<<.1>>", "0.1", NULL },
	{ "<<\"a\"b>>", NULL, "1: unexpected \"b\" in operand" },
	{ "<<'a'>>", "97", NULL },
	{ "<<'ab'>>", NULL, "1: malformed character constant: 'ab'" },
	{ "<<''>>", NULL, "1: invalid syntax" },
	{ "<<'\\''>>", "39", NULL },
	{ "<<1a>>", NULL, "1: bad number syntax: \"1a\"" },
	{ "<<0x>>", NULL, "1: illegal number syntax: \"0x\"" },
	{ "<<0b2>>", NULL, "1: bad number syntax: \"0b2\"" },
	{ "<<1_>>", NULL, "1: illegal number syntax: \"1_\"" },
	{ "<<1e>>", NULL, "1: illegal number syntax: \"1e\"" },
	{ "<<1+2>>", NULL, "1: bad number syntax: \"1+2\"" },
	{ "<<1i+2>>", NULL, "1: bad number syntax: \"1i+2\"" },
	{ "<<1+2i>>", "(1+2i)", NULL },
	{ "<<1e400>>", NULL, "1: illegal number syntax: \"1e400\"" },
	{ "<<18446744073709551616>>", NULL, "1: integer overflow: \"18446744073709551616\"" },
	{ "<<9223372036854775807>>", "9223372036854775807", NULL },
	{ "<<-9223372036854775808>>", "-9223372036854775808", NULL },
	{ "<<9223372036854775808.0>>", "9.223372036854776e+18", NULL },
	{ "<<0x1p4>>", "16", NULL },
	{ "<<1e3>>", "1000", NULL },
	{ "<<- 1>>", "1", NULL },
	{ "<<-1>>", "-1", NULL },
	{ "a <<- -1 ->> b", "a-1b", NULL },
	{ "a <<-1>>", "a -1", NULL },
	{ "a <<1->> b", NULL, "1: bad number syntax: \"1-\"" },
	{ "a <<1 -> b", NULL, "1: illegal number syntax: \"-\"" },
	{ "<</* a */>>", "", NULL },
	{ "<<- /* a */ ->>", "", NULL },
	{ "<< /* a */ >>", NULL, "1: unexpected \"/\" in command" },
	{ "<</* a */", NULL, "1: comment ends before closing delimiter" },
	{ "<</* a *>>", NULL, "1: unclosed comment" },
	{ "<<\"a", NULL, "1: unterminated quoted string" },
	{ "<<.Series\n>>", "http_requests_total", NULL },
	{ "<<if true\n>>x<<end>>", "x", NULL },
	{ "line1\nline2 <<.Nope>>", NULL,
		"2:8: executing \"metrics-query\" at <.Nope>: can't evaluate field Nope in type "
		"main.queryData" },
	{ "line1\n<<if .Series>>\n<<nope>>", NULL, "3: function \"nope\" not defined" },
	{ "<<\"a\\\nb\">>", NULL, "1: unterminated quoted string" },
	{ "<<\x01>>", NULL, "1: unrecognized character in action: U+0001" },
	{ "<<\xc3\xa9>>", NULL, "1: function \"\xc3\xa9\" not defined" },
	{ "<<.S\xc3\xa9>>", NULL,
		"1:2: executing \"metrics-query\" at <.S\xc3\xa9>: can't evaluate field S\xc3\xa9 "
		"in type main.queryData" },
	{ "<<`a\nb`>>", "a\nb", NULL },
	{ "<<and .Series .Nope>>", NULL,
		"1:14: executing \"metrics-query\" at <.Nope>: can't evaluate field Nope in type "
		"main.queryData" },
	{ "<<or .Series .Nope>>", "http_requests_total", NULL },
	{ "<<printf \"%s\" .Nope>>", NULL,
		"1:14: executing \"metrics-query\" at <.Nope>: can't evaluate field Nope in type "
		"main.queryData" },
	{ "<<if .Nope>><<end>>", NULL,
		"1:5: executing \"metrics-query\" at <.Nope>: can't evaluate field Nope in type "
		"main.queryData" },
	{ "<<with .LabelValuesByName.nope>>1<<else>>2<<end>>", "2", NULL },
	{ "<<.LabelValuesByName.a.b>>", "<no value>", NULL },
	{ "<<.GroupBySlice.a>>", NULL,
		"1:15: executing \"metrics-query\" at <.GroupBySlice.a>: can't evaluate field a in "
		"type []string" },
	{ "<<.LabelValuesByName.pod.x>>", NULL,
		"1:20: executing \"metrics-query\" at <.LabelValuesByName.pod.x>: can't evaluate "
		"field x in type string" },
	{ "<<range .GroupBySlice>><<.x>><<end>>", NULL,
		"1:25: executing \"metrics-query\" at <.x>: can't evaluate field x in type "
		"string" },
	{ "<<println (printf \"%s\" (print 1 2)) | len>>", "4", NULL },
	{ "<<true>> <<false>>", "true false", NULL },
	{ "<<not nil>>", "true", NULL },
	{ "<<len (slice .Series 2)>>", "17", NULL },
	{ "<<slice .Series -1>>", NULL,
		"1:2: executing \"metrics-query\" at <slice .Series -1>: error calling slice: "
		"index out of range: -1" },
	{ "<<slice .Series 0 100>>", NULL,
		"1:2: executing \"metrics-query\" at <slice .Series 0 100>: error calling slice: "
		"index out of range: 100" },
	{ "<<if eq (len .GroupBySlice) 2>>two<<end>>", "two", NULL },
	{ "<<range $k, $v := .LabelValuesByName>><<if eq $k \"pod\">><<$v>><<end>><<end>>", "a|b",
		NULL },
	{ "<<printf \"%s %s\" .Series>>", "http_requests_total %!s(MISSING)", NULL },
	{ "<<(printf \"%s\" \"a\") | print \"b\">>", "ba", NULL },
	{ "<<(index .GroupBySlice (len \"a\"))>>", "node", NULL },
	{ "<<.Series | (print)>>", NULL,
		"1:2: executing \"metrics-query\" at <.Series>: can't give argument to "
		"non-function print" },
	{ "<<with .Series>><<$>><<end>>",
		"{http_requests_total namespace=\"prod\",pod=~\"a|b\" map[namespace:prod pod:a|b] "
		"pod,node [pod node]}",
		NULL },
	{ "<<len .Series | printf \"%03d\" | print>>", "019", NULL },
};

START_TEST(odd_templates_give_what_go_gives)
{
	const struct template_row row = { ROWS[_i].text, ROWS[_i].text, ROWS[_i].out,
		ROWS[_i].error };

	check_row(&row);
}
END_TEST

/* Where work ends for a limit is told as Go tells a place, whatever stands there. */
START_TEST(the_place_of_a_limit_is_printed)
{
	static const char *const before[] = { "", "a", "a<<1>>", "<<1>>" };
	static const char *const bodies[] = { "<<if false>><<with $y := .>><<$y = 2>><<else>>b"
					      "<<end>><<else>><<end>>",
		"<<if false>><<range $a, $b := .>><<continue>><<break>><<end>><<end>>",
		"<<with false>><<template \"t\" 1>><<template \"t\">><<(print 1).A>><<end>>",
		"<<range 0>><<(index . 1) | print>><<else>><<end>>" };

	for (size_t i = 0; i < ARRAY_LEN(before) * ARRAY_LEN(bodies); i++) {
		AUTO(buf_done) struct buf out = { 0 };
		AUTO(arena_done) struct arena a = { 0 };
		struct error err;

		arena_init(&a, 64 * MAX_BYTES);
		buf_init(&out, MAX_BYTES);
		const char *text =
			arena_printf(&a, "<<define \"t\">><<end>>%s<<range 10000000>>%s<<end>>",
				before[i % ARRAY_LEN(before)], bodies[i / ARRAY_LEN(before)]);

		ck_assert_int_eq(parse_and_execute(&a, sv_of(text), &out, &err), ERR_LIMIT);
		ck_assert_msg(strstr(err.text, ">: the template takes more than"), "%s", err.text);
	}
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, odd_templates_give_what_go_gives, 0, ARRAY_LEN(ROWS));
	tcase_add_test(tcase, the_place_of_a_limit_is_printed);
}

int main(void)
{
	return run_case("template_odd", add);
}
