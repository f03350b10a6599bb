/* kube/watch_store.h: a table of marks against a plain list, over many changes; uids; no memory. The caller's marks are in test_watch.c. */
#include <stdio.h>

#include "common/mem.h"
#include "kube/watch_store.h"
#include "tests/unit/kube/run.h"

#define UID "12345678-9abc-4def-8012-3456789abcde"

static struct object_id id_of(const char *name, const char *uid)
{
	return (struct object_id){ .namespace = SV("n"), .name = sv_of(name), .uid = sv_of(uid) };
}

static void set(struct watch_store *s, const struct object_id *id, uint64_t version, uint32_t list)
{
	struct error err;

	ck_assert_int_eq(watch_store_set(s, id, version, list, &err), ERR_OK);
}

START_TEST(a_mark_tells_who_it_is_of)
{
	static const struct {
		const char *sentence, *uid, *other;
	} ROWS[] = {
		{ "a UUID", UID, "12345678-9abc-4def-8012-3456789abcdf" },
		{ "capitals are no UUID of a server", "12345678-9ABC-4def-8012-3456789abcde", UID },
		{ "some text", "one", "two" },
		{ "no uid, and one", "", "x" },
	};

	for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
		struct watch_store s;
		char room[UUID_TEXT];
		const struct object_id id = id_of("a", ROWS[i].uid),
				       other = id_of("a", ROWS[i].other);
		watch_store_init(&s, NULL, NULL, 10);
		ck_assert_ptr_null(watch_store_find(&s, &id));
		set(&s, &id, 7, 1);
		struct watch_mark *mark = watch_store_find(&s, &other);
		ck_assert_ptr_nonnull(mark);
		ck_assert_msg(watch_store_is_of(mark, &id), "%s", ROWS[i].sentence);
		ck_assert_msg(!watch_store_is_of(mark, &other), "%s", ROWS[i].sentence);
		ck_assert_msg(sv_is(watch_store_uid(&s, mark, room), ROWS[i].uid), "%s",
			ROWS[i].sentence);
		watch_store_forget(&s, &id);
		watch_store_forget(&s, &id);
		ck_assert_uint_eq(watch_store_n(&s), 0);
		watch_store_done(&s);
	}
}
END_TEST

static void count(const struct object_id *id, void *ctx)
{
	(void)id;
	++*(size_t *)ctx;
}

START_TEST(a_sweep_ends_what_the_list_did_not_see)
{
	struct watch_store s;
	struct error err;
	char name[16];
	size_t n_gone = 0;

	watch_store_init(&s, NULL, NULL, 1000);
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "p%d", i);
		const struct object_id id = id_of(name, UID);
		set(&s, &id, 1, i % 3 ? 2 : 1);
	}
	const struct object_id more = id_of("more", UID);
	ck_assert_int_eq(watch_store_set(&s, &more, 1, 2, &err), ERR_LIMIT);
	ck_assert_int_eq(watch_store_sweep(&s, 2, count, &n_gone, &err), ERR_OK);
	ck_assert_uint_eq(n_gone, 334);
	ck_assert_uint_eq(watch_store_n(&s), 666);
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "p%d", i);
		const struct object_id id = id_of(name, UID);
		ck_assert(!watch_store_find(&s, &id) == (i % 3 == 0));
	}
	mem_fail_at(1, true);
	ck_assert_int_eq(watch_store_sweep(&s, 3, count, &n_gone, &err), ERR_NOMEM);
	ck_assert_int_eq(watch_store_set(&s, &more, 1, 2, &err), ERR_NOMEM);
	mem_fail_at(0, false);
	ck_assert_uint_eq(watch_store_n(&s), 666);
	watch_store_done(&s);
}
END_TEST

/* A caller that has no record of anything, and as many as it is told. */
static struct watch_mark *find_none(void *keeper, struct sv ns, struct sv name)
{
	(void)keeper;
	(void)ns;
	(void)name;
	return NULL;
}

static void each_none(void *keeper, watch_mark_fn fn, void *arg)
{
	(void)keeper;
	(void)fn;
	(void)arg;
}

static size_t n_told(void *keeper)
{
	return *(size_t *)keeper;
}

START_TEST(more_than_the_caller_may_have_is_an_error)
{
	static const struct watch_marks MARKS = { find_none, each_none, n_told };
	struct watch_store s;
	const struct object_id id = id_of("a", UID);
	struct error err;
	size_t n = 9;

	watch_store_init(&s, &MARKS, &n, 10);
	ck_assert_int_eq(watch_store_set(&s, &id, 1, 1, &err), ERR_OK);
	n = 10;
	ck_assert_int_eq(watch_store_set(&s, &id, 1, 1, &err), ERR_LIMIT);
	watch_store_done(&s);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, a_mark_tells_who_it_is_of);
	tcase_add_test(tcase, a_sweep_ends_what_the_list_did_not_see);
	tcase_add_test(tcase, more_than_the_caller_may_have_is_an_error);
}

int main(void)
{
	return run_case("watch_store", add);
}
