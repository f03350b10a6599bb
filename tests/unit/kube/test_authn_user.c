#include <check.h>

#include "kube/authn_user.h"
#include "tests/unit/common/run.h"

static const struct sv NAMES[] = { { "X-Remote-User", 13 } },
		       GROUPS[] = { { "X-Remote-Group", 14 } },
		       EXTRA[] = { { "X-Remote-Extra-", 15 } };
static const struct authn_proxy_headers PROXY = { NAMES, GROUPS, EXTRA, 1, 1, 1 };

static struct sv spec_of(struct arena *a, const struct authn_user *u)
{
	struct buf out;
	struct jw w;
	buf_init(&out, 4096);
	jw_init(&w, &out);
	jw_object(&w);
	authn_user_write(&w, u);
	jw_object_end(&w);
	struct sv text = arena_sv(a, buf_sv(&out));
	buf_done(&out);
	return text;
}

START_TEST(headers_of_a_proxy_name_the_user)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct authn_user u = { 0 };
	struct error err = { 0 };
	bool found = false;
	arena_init(&a, 1u << 20);
	const struct authn_header lines[] = { { SV("x-remote-user"), SV("jane") },
		{ SV("X-Remote-Group"), SV("g1") }, { SV("X-REMOTE-GROUP"), SV("g2") },
		{ SV("X-Remote-Extra-Scopes%2Fa"), SV("s1") },
		{ SV("X-Remote-Extra-scopes%2fA"), SV("s2") }, { SV("X-Other"), SV("x") } };
	ck_assert_int_eq(
		authn_user_from_headers(&a, &PROXY, lines, ARRAY_LEN(lines), &found, &u, &err),
		ERR_OK);
	ck_assert(found);
	ck_assert_int_eq(authn_user_add_group(&a, &u, SV("system:authenticated"), &err), ERR_OK);
	ck_assert_int_eq(authn_user_add_group(&a, &u, SV("g1"), &err), ERR_OK);
	struct sv spec = spec_of(&a, &u);
	ck_assert_msg(sv_is(spec, "{\"user\":\"jane\",\"groups\":[\"g1\",\"g2\",\"system:"
				  "authenticated\"],\"extra\":{\"scopes/a\":[\"s1\",\"s2\"]}}"),
		"%.*s", SV_ARG(spec));
}
END_TEST

START_TEST(only_the_first_line_of_a_user_header_counts)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct authn_user u = { 0 };
	struct error err = { 0 };
	bool found = true;
	arena_init(&a, 1u << 20);
	const struct authn_header lines[] = { { SV("X-Remote-User"), SV("") },
		{ SV("X-Remote-User"), SV("mallory") } };
	ck_assert_int_eq(
		authn_user_from_headers(&a, &PROXY, lines, ARRAY_LEN(lines), &found, &u, &err),
		ERR_OK);
	ck_assert(!found);
}
END_TEST

static const struct {
	const char *name, *json, *spec; /* NULL: not authenticated */
} REVIEWS[] = {
	{ "authenticated",
		"{\"status\":{\"authenticated\":true,\"user\":{\"username\":\"u\",\"uid\":\"7\","
		"\"groups\":[\"a\"],\"extra\":{\"k\":[\"v\"]}}}}",
		"{\"user\":\"u\",\"groups\":[\"a\"],\"extra\":{\"k\":[\"v\"]},\"uid\":\"7\"}" },
	{ "not authenticated", "{\"status\":{\"user\":{\"username\":\"u\"}}}", NULL },
	{ "a text is no truth",
		"{\"status\":{\"authenticated\":\"true\",\"user\":{\"username\":\"u\"}}}", NULL },
	{ "no status", "{}", NULL },
};

START_TEST(reviews_name_the_user)
{
	for (size_t i = 0; i < ARRAY_LEN(REVIEWS); i++) {
		AUTO(arena_done) struct arena a = { 0 };
		struct authn_user u = { 0 };
		struct error err = { 0 };
		bool found = false;
		arena_init(&a, 1u << 20);
		ck_assert_int_eq(
			authn_user_from_review(&a, sv_of(REVIEWS[i].json), &found, &u, &err),
			ERR_OK);
		ck_assert_msg(found == (REVIEWS[i].spec != NULL), "%s", REVIEWS[i].name);
		if (found)
			ck_assert_msg(
				sv_is(spec_of(&a, &u), REVIEWS[i].spec), "%s", REVIEWS[i].name);
	}
	AUTO(arena_done) struct arena a = { 0 };
	struct authn_user u = { 0 };
	struct error err = { 0 };
	bool found = false;
	arena_init(&a, 1u << 20);
	ck_assert_int_eq(authn_user_from_review(&a, SV("<html>"), &found, &u, &err), ERR_INVALID);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, headers_of_a_proxy_name_the_user);
	tcase_add_test(tcase, only_the_first_line_of_a_user_header_counts);
	tcase_add_test(tcase, reviews_name_the_user);
}

int main(void)
{
	return run_case("authn_user", add);
}
