/* The table-driven codec: every type there and back, null and absent, unknown members, paths. */
#include "common/instant.h"
#include "kube/codec.h"
#include "kube/quantity.h"
#include "tests/unit/common/run.h"

struct part {
	struct sv name;
	int32_t number;
};

struct whole {
	struct sv text, nil_text;
	int32_t i32;
	int64_t i64;
	struct opt_i32 opt_i32;
	struct opt_i64 opt_i64;
	struct opt_quantity quantity, zero_quantity;
	struct wall time, last;
	bool has_last;
	struct sv *texts;
	size_t n_texts;
	struct label *map;
	size_t n_map;
	struct part inlined;
	struct part *pointer;
	struct part *list;
	size_t n_list;
	struct part *nil_list;
	size_t n_nil_list;
	bool has_nil_list;
};

/* clang-format off */
static const struct codec_field PART_FIELDS[] = {
	CODEC_FIELD("name", CODEC_TEXT, struct part, name, 0),
	CODEC_FIELD("number", CODEC_I32, struct part, number, CODEC_OMIT),
};
static const struct codec_object PART = CODEC_OBJECT(struct part, PART_FIELDS);
#define ROWS(how) \
	CODEC_FIELD("text", CODEC_TEXT, struct whole, text, (how)), \
	CODEC_FIELD("nilText", CODEC_TEXT, struct whole, nil_text, (how) | CODEC_NIL), \
	CODEC_FIELD("i32", CODEC_I32, struct whole, i32, (how)), \
	CODEC_FIELD("i64", CODEC_I64, struct whole, i64, (how)), \
	CODEC_FIELD("optI32", CODEC_OPT_I32, struct whole, opt_i32, (how)), \
	CODEC_FIELD("optI64", CODEC_OPT_I64, struct whole, opt_i64, (how)), \
	CODEC_FIELD("quantity", CODEC_OPT_QUANTITY, struct whole, quantity, (how)), \
	CODEC_FIELD("zeroQuantity", CODEC_OPT_QUANTITY, struct whole, zero_quantity, (how) | CODEC_ZERO), \
	CODEC_FIELD("time", CODEC_TIME, struct whole, time, (how)), \
	{ .name = "last", .type = CODEC_OPT_TIME, .flags = (how), .offset = offsetof(struct whole, last), \
	  .has = offsetof(struct whole, has_last) }, \
	{ .name = "texts", .type = CODEC_TEXTS, .flags = (how), .offset = offsetof(struct whole, texts), \
	  .count = offsetof(struct whole, n_texts) }, \
	{ .name = "map", .type = CODEC_TEXT_MAP, .flags = (how), .offset = offsetof(struct whole, map), \
	  .count = offsetof(struct whole, n_map) }, \
	CODEC_INLINE_OF("inlined", struct whole, inlined, PART), \
	{ .name = "pointer", .type = CODEC_POINTER, .flags = (how), .offset = offsetof(struct whole, pointer), .object = &PART }, \
	CODEC_LIST_OF("list", struct whole, list, PART, (how)), \
	CODEC_NIL_LIST_OF("nilList", struct whole, nil_list, PART, (how)), \
	CODEC_SKIPPED("skipped")
static const struct codec_field ALWAYS[] = { ROWS(0) };
static const struct codec_field OMITTED[] = { ROWS(CODEC_OMIT) };
/* clang-format on */
static const struct codec_object WRITE_ALWAYS = CODEC_OBJECT(struct whole, ALWAYS);
static const struct codec_object WRITE_FILLED = CODEC_OBJECT(struct whole, OMITTED);

static struct arena arena;

static void start(void)
{
	arena_init(&arena, 1 << 22);
}

static void stop(void)
{
	arena_done(&arena);
}

static struct whole decode(struct codec *c, const char *json)
{
	struct whole w = { 0 };
	struct jtree *t;
	struct error err;

	ck_assert_msg(jtree_parse(&arena, sv_of(json), &t, &err) == ERR_OK, "%s", err.text);
	codec_decode(c, NULL, t, &WRITE_ALWAYS, &w);
	return w;
}

static struct sv encode(const struct codec_object *object, const struct whole *w)
{
	struct buf out;
	struct jw writer;

	buf_init(&out, 4000);
	jw_init(&writer, &out);
	codec_encode(&writer, object, w);
	struct sv text = arena_sv(&arena, buf_sv(&out));
	buf_done(&out);
	return text;
}

#define EMPTY                                                                                      \
	"{\"text\":\"\",\"nilText\":null,\"i32\":0,\"i64\":0,\"optI32\":null,\"optI64\":null,"     \
	"\"quantity\":null,"                                                                       \
	"\"zeroQuantity\":\"0\",\"time\":null,\"last\":null,\"texts\":[],\"map\":{},\"inlined\":{" \
	"\"name\":\"\"},"                                                                          \
	"\"pointer\":null,\"list\":null,\"nilList\":null}"

static const struct {
	const char *what, *json, *always, *filled;
} ROUND_TRIPS[] = {
	{ "nothing", "{}", EMPTY, "{\"time\":null,\"inlined\":{\"name\":\"\"}}" },
	{ "nulls",
		"{\"text\":null,\"nilText\":null,\"i32\":null,\"optI64\":null,\"quantity\":null,"
		"\"time\":null,\"last\":null,"
		"\"texts\":null,\"map\":null,\"inlined\":null,\"pointer\":null,\"list\":null,"
		"\"nilList\":null}",
		EMPTY, "{\"time\":null,\"inlined\":{\"name\":\"\"}}" },
	{ "empty and zero values",
		"{\"text\":\"\",\"nilText\":\"\",\"i32\":0,\"optI32\":0,\"optI64\":0,\"quantity\":"
		"\"0\",\"zeroQuantity\":0,"
		"\"last\":\"0001-01-01T00:00:00Z\",\"texts\":[],\"map\":{},\"pointer\":{},\"list\":"
		"[],\"nilList\":[]}",
		"{\"text\":\"\",\"nilText\":\"\",\"i32\":0,\"i64\":0,\"optI32\":0,\"optI64\":0,"
		"\"quantity\":\"0\",\"zeroQuantity\":\"0\","
		"\"time\":null,\"last\":null,\"texts\":[],\"map\":{},\"inlined\":{\"name\":\"\"},"
		"\"pointer\":{\"name\":\"\"},"
		"\"list\":null,\"nilList\":[]}",
		"{\"nilText\":\"\",\"optI32\":0,\"optI64\":0,\"quantity\":\"0\",\"zeroQuantity\":"
		"\"0\",\"time\":null,\"last\":null,"
		"\"inlined\":{\"name\":\"\"},\"pointer\":{\"name\":\"\"}}" },
	{ "everything",
		"{\"text\":\"a\",\"nilText\":\"b\",\"i32\":-2147483648,\"i64\":9223372036854775807,"
		"\"optI32\":1,\"optI64\":-1,"
		"\"quantity\":\"1.50\",\"zeroQuantity\":\"2\",\"time\":\"2026-01-02T03:04:05.6+01:"
		"00\",\"last\":\"2026-01-02T03:04:05Z\","
		"\"texts\":[\"x\",null],\"map\":{\"b\":\"1\",\"a\":null},\"inlined\":{\"name\":"
		"\"i\",\"number\":1},"
		"\"pointer\":{\"name\":\"p\"},\"list\":[{\"name\":\"l\"},null],\"nilList\":[{}],"
		"\"skipped\":{\"any\":1}}",
		"{\"text\":\"a\",\"nilText\":\"b\",\"i32\":-2147483648,\"i64\":9223372036854775807,"
		"\"optI32\":1,\"optI64\":-1,"
		"\"quantity\":\"1500m\",\"zeroQuantity\":\"2\",\"time\":\"2026-01-02T02:04:05Z\","
		"\"last\":\"2026-01-02T03:04:05Z\","
		"\"texts\":[\"x\",\"\"],\"map\":{\"a\":\"\",\"b\":\"1\"},\"inlined\":{\"name\":"
		"\"i\",\"number\":1},"
		"\"pointer\":{\"name\":\"p\"},\"list\":[{\"name\":\"l\"},{\"name\":\"\"}],"
		"\"nilList\":[{\"name\":\"\"}]}",
		NULL },
};

START_TEST(every_type_goes_there_and_back)
{
	struct codec c = { .a = &arena, .strict = true };
	struct error err;
	struct whole w = decode(&c, ROUND_TRIPS[_i].json);

	ck_assert_msg(codec_result(&c, &err) == ERR_OK, "%s: %s", ROUND_TRIPS[_i].what, err.text);
	struct sv always = encode(&WRITE_ALWAYS, &w), filled = encode(&WRITE_FILLED, &w);
	ck_assert_msg(
		sv_is(always, ROUND_TRIPS[_i].always), "%s: %s", ROUND_TRIPS[_i].what, always.ptr);
	const char *expected =
		ROUND_TRIPS[_i].filled ? ROUND_TRIPS[_i].filled : ROUND_TRIPS[_i].always;
	ck_assert_msg(sv_is(filled, expected), "%s: %s", ROUND_TRIPS[_i].what, filled.ptr);
}
END_TEST

START_TEST(names_match_in_any_case_when_asked)
{
	struct codec exact = { .a = &arena }, folded = { .a = &arena, .fold_case = true };

	ck_assert_int_eq(decode(&exact, "{\"I32\":5}").i32, 0);
	ck_assert_int_eq(decode(&folded, "{\"I32\":5}").i32, 5);
}
END_TEST

static const struct {
	const char *json, *error;
} WRONG[] = {
	{ "3", "expected an object, got the number 3" },
	{ "{\"i32\":2147483648}",
		"i32: expected a whole number of 32 bits, got the number 2147483648" },
	{ "{\"i32\":-2147483649}",
		"i32: expected a whole number of 32 bits, got the number -2147483649" },
	{ "{\"i32\":true}", "i32: expected a whole number of 32 bits, got a boolean" },
	{ "{\"i64\":1e3}", "i64: expected a whole number, got the number 1e3" },
	{ "{\"optI32\":\"1\"}",
		"optI32: expected a whole number of 32 bits, got the string \"1\"" },
	{ "{\"optI64\":[]}", "optI64: expected a whole number, got a list" },
	{ "{\"text\":1}", "text: expected a string, got the number 1" },
	{ "{\"quantity\":1e}", NULL },
	{ "{\"quantity\":true}", "quantity: expected a quantity such as \"250m\", got a boolean" },
	{ "{\"time\":{}}",
		"time: expected a time such as \"2006-01-02T15:04:05Z\", got an object" },
	{ "{\"list\":[{},{\"number\":\"x\"}]}",
		"list[1].number: expected a whole number of 32 bits, got the string \"x\"" },
	{ "{\"pointer\":{\"name\":[]}}", "pointer.name: expected a string, got a list" },
	{ "{\"texts\":[1]}", "texts[0]: expected a string, got the number 1" },
	{ "{\"texts\":{}}", "texts: expected a list, got an object" },
	{ "{\"map\":[]}", "map: expected an object, got a list" },
};

START_TEST(wrong_types_are_named_with_their_path)
{
	struct codec c = { .a = &arena };
	struct error err;
	struct jtree *t;

	if (!WRONG[_i].error) {
		ck_assert_int_eq(jtree_parse(&arena, sv_of(WRONG[_i].json), &t, &err), ERR_INVALID);
		return;
	}
	(void)decode(&c, WRONG[_i].json);
	ck_assert_int_eq(codec_result(&c, &err), ERR_INVALID);
	ck_assert_str_eq(err.text, WRONG[_i].error);
}
END_TEST

static const struct {
	const char *name, *nearest;
} NEAREST[] = {
	{ "tex", "text" },
	{ "TEXT", "text" },
	{ "tetx", "text" },
	{ "zeroquantities", "zeroQuantity" },
	{ "pointers", "pointer" },
	{ "xyzzy", NULL },
	{ "", NULL },
	{ "a name that is far longer than any member of this object", NULL },
};

START_TEST(a_misspelt_name_finds_its_nearest)
{
	const char *nearest = codec_nearest(&WRITE_ALWAYS, sv_of(NEAREST[_i].name));

	if (NEAREST[_i].nearest)
		ck_assert_pstr_eq(nearest, NEAREST[_i].nearest);
	else
		ck_assert_ptr_null(nearest);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_loop_test(tcase, every_type_goes_there_and_back, 0, ARRAY_LEN(ROUND_TRIPS));
	tcase_add_test(tcase, names_match_in_any_case_when_asked);
	tcase_add_loop_test(tcase, wrong_types_are_named_with_their_path, 0, ARRAY_LEN(WRONG));
	tcase_add_loop_test(tcase, a_misspelt_name_finds_its_nearest, 0, ARRAY_LEN(NEAREST));
}

int main(void)
{
	return run_case("codec", add);
}
