/* printf in templates: texts that Go's fmt gave. */
#include "tests/unit/promql/template_world.h"

static const struct template_row ROWS[] = {
	{ "printf of integers",
		"<<printf \"%d|%5d|%-5d|%05d|%+d|% "
		"d|%x|%X|%#x|%o|%#o|%O|%b|%#b|%c|%q|%U|%#U|%08.3d\" 42 42 42 42 42 42 42 42 42 42 "
		"42 42 5 5 233 233 233 233 42>>",
		"42|   42|42   |00042|+42| "
		"42|2a|2A|0x2a|52|052|0o52|101|0b101|\303\251|'\303\251'|U+00E9|U+00E9 '\303\251'| "
		"    042",
		NULL },
	{ "printf of negative integers",
		"<<printf \"%d|%05d|%x|%+d|%.0d|%c|%U\" -42 -42 -42 -42 0 -1 -1>>",
		"-42|-0042|-2a|-42||\357\277\275|U+FFFFFFFFFFFFFFFF", NULL },
	{ "printf of floats",
		"<<printf \"%v|%g|%e|%f|%.2f|%8.2f|%-8.2f|%08.2f|%+.1f|% f|%E|%G|%F\" 1.5 1e21 1.5 "
		"1.5 1.555 1.5 1.5 -1.5 1.5 1.5 1.5 1e-7 1.5>>",
		"1.5|1e+21|1.500000e+00|1.500000|1.55|    1.50|1.50    |-0001.50|+1.5| "
		"1.500000|1.500000E+00|1E-07|1.500000",
		NULL },
	{ "printf of floats in other bases",
		"<<printf \"%x|%X|%b|%.2x|%x|%x|%#x\" 1.5 1.5 1.5 1.999 0.0 5e-324 1.5>>",
		"0x1.8p+00|0X1.8P+00|6755399441055744p-52|0x1.00p+01|0x0p+00|0x1p-1074|0x1.8000p+"
		"00",
		NULL },
	{ "printf of floats with a point in any case",
		"<<printf \"%#g|%#v|%#.3e|%#.0f|%#G\" 1.5 1.5 1.0 2.0 1e20>>",
		"1.50000|1.5|1.000e+00|2.|1.00000E+20", NULL },
	{ "printf of infinite parts", "<<printf \"%v|%+v|%06v\" 1e308i 1i 1i>>",
		"(0+1e+308i)|(0+1i)|(000000+00001i)", NULL },
	{ "printf of texts",
		"<<printf \"%s|%5s|%-5s|%.1s|%q|%+q|%#q|%x|%X|% x|%#x|%# X|%v|%#v|%05s\" "
		"\"\303\251\" \"\303\251\" \"\303\251\" \"\303\251a\" \"\303\251\" \"\303\251\" "
		"\"\303\251\" \"\303\251\" \"\303\251\" \"\303\251a\" \"\303\251a\" \"\303\251a\" "
		"\"\303\251\" \"\303\251\" \"\303\251\">>",
		"\303\251|    \303\251|\303\251    "
		"|\303\251|\"\303\251\"|\"\\u00e9\"|`\303\251`|c3a9|C3A9|c3 a9 61|0xc3a961|0XC3 "
		"0XA9 0X61|\303\251|\"\303\251\"|0000\303\251",
		NULL },
	{ "printf of truths", "<<printf \"%t|%v|%5t|%d\" true false true true>>",
		"true|false| true|%!d(bool=true)", NULL },
	{ "printf of lists",
		"<<printf \"%v|%q|%s|%#v|%d|%x\" .GroupBySlice .GroupBySlice .GroupBySlice "
		".GroupBySlice .GroupBySlice .GroupBySlice>>",
		"[pod node]|[\"pod\" \"node\"]|[pod node]|[]string{\"pod\", "
		"\"node\"}|[%!d(string=pod) %!d(string=node)]|[706f64 6e6f6465]",
		NULL },
	{ "printf of maps",
		"<<printf \"%v|%#v|%q\" .LabelValuesByName .LabelValuesByName .LabelValuesByName>>",
		"map[namespace:prod pod:a|b]|map[string]string{\"namespace\":\"prod\", "
		"\"pod\":\"a|b\"}|map[\"namespace\":\"prod\" \"pod\":\"a|b\"]",
		NULL },
	{ "printf of the data", "<<printf \"%v\" .>>",
		"{http_requests_total namespace=\"prod\",pod=~\"a|b\" map[namespace:prod pod:a|b] "
		"pod,node [pod node]}",
		NULL },
	{ "printf of the data with names", "<<printf \"%+v\" .>>",
		"{Series:http_requests_total LabelMatchers:namespace=\"prod\",pod=~\"a|b\" "
		"LabelValuesByName:map[namespace:prod pod:a|b] GroupBy:pod,node GroupBySlice:[pod "
		"node]}",
		NULL },
	{ "printf of the data as Go", "<<printf \"%#v\" .>>",
		"main.queryData{Series:\"http_requests_total\", "
		"LabelMatchers:\"namespace=\\\"prod\\\",pod=~\\\"a|b\\\"\", "
		"LabelValuesByName:map[string]string{\"namespace\":\"prod\", \"pod\":\"a|b\"}, "
		"GroupBy:\"pod,node\", GroupBySlice:[]string{\"pod\", \"node\"}}",
		NULL },
	{ "printf of nothing", "<<printf \"%v|%d|%T\" nil nil nil>>", "<nil>|%!d(<nil>)|<nil>",
		NULL },
	{ "printf of types",
		"<<printf \"%T %T %T %T %T %T %T\" 1 1.5 \"a\" true .GroupBySlice "
		".LabelValuesByName .>>",
		"int float64 string bool []string map[string]string main.queryData", NULL },
	{ "printf of a byte",
		"<<printf \"%v %#v %d\" (index \"abc\" 1) (index \"abc\" 1) (index \"abc\" 1)>>",
		"98 0x62 98", NULL },
	{ "printf with a star", "<<printf \"%*d|%-*d|%.*f|%[2]*[1]d\" 5 42 5 42 1 1.55>>",
		"   42|42   |1.6|                                         5", NULL },
	{ "printf with indices", "<<printf \"%[2]d %[1]d %d\" 1 2>>", "2 1 2", NULL },
	{ "printf with too few arguments", "<<printf \"%d %d\" 1>>", "1 %!d(MISSING)", NULL },
	{ "printf with too many arguments", "<<printf \"%d\" 1 \"x\" nil>>",
		"1%!(EXTRA string=x, <nil>)", NULL },
	{ "printf with bad indices", "<<printf \"%[5]d %[x]d %[0]d\" 1>>",
		"%!d(BADINDEX) %!d(BADINDEX) %!d(BADINDEX)", NULL },
	{ "printf with a bad width", "<<printf \"%*d %.*d\" \"a\" 1 \"b\" 2>>",
		"%!(BADWIDTH)1 %!(BADPREC)2", NULL },
	{ "printf with unknown verbs", "<<printf \"%z %!\" 1 %>>", NULL,
		"1: unexpected \"%\" in operand" },
	{ "printf that ends early", "<<printf \"a%\" 1>>", "a%!(NOVERB)%!(EXTRA int=1)", NULL },
	{ "printf with a percent sign", "<<printf \"100%%\">>", "100%", NULL },
	{ "an unknown verb", "<<printf \"%z|%w|%y\" 1 \"a\" true>>",
		"%!z(int=1)|%!w(string=a)|%!y(bool=true)", NULL },
	{ "bytes that are no text", "<<printf \"%x %q\" \"\\xff\" \"\\xff\">>", "ff \"\\xff\"",
		NULL },
};

START_TEST(verbs_print_as_go_prints_them)
{
	check_row(&ROWS[_i]);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_loop_test(tcase, verbs_print_as_go_prints_them, 0, ARRAY_LEN(ROWS));
}

int main(void)
{
	return run_case("template_printf", add);
}
