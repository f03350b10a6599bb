/* The event loop: order of timers, callbacks that free what is about to be called, signals. */
#include <check.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/loop.h"

#define MANY 5000

struct probe {
	struct loop *loop;
	struct loop_timer *timers[4];
	struct loop_fd *fds[2];
	char order[64];
	size_t n;
	int64_t last_ns;
	bool sorted;
};

static struct loop *make(void)
{
	struct loop *l;
	struct error err;
	ck_assert_int_eq(loop_new(&l, &err), ERR_OK);
	return l;
}

static void round_of(struct loop *l, int timeout_ms)
{
	struct error err;
	ck_assert_int_eq(loop_run_once(l, timeout_ms, &err), ERR_OK);
}

static void note_timer(struct loop_timer *t, void *ctx)
{
	struct probe *p = ctx;
	for (size_t i = 0; i < 4; i++) {
		if (p->timers[i] == t)
			p->order[p->n++] = (char)('a' + i);
	}
}

START_TEST(timers_fire_by_time_then_by_order_of_arming)
{
	struct probe p = { .loop = make() };
	for (size_t i = 0; i < 4; i++)
		p.timers[i] = loop_timer_new(p.loop, note_timer, &p);
	struct mono now = instant_mono_now();
	loop_timer_set_at(p.timers[0], (struct mono){ now.ns - 5 });
	loop_timer_set_at(p.timers[1], (struct mono){ now.ns - 9 });
	loop_timer_set_at(p.timers[2], (struct mono){ now.ns - 9 });
	loop_timer_set_at(p.timers[3], (struct mono){ now.ns - 7 });
	loop_timer_stop(p.timers[3]);
	round_of(p.loop, 1000);
	ck_assert_str_eq(p.order, "bca");
	loop_free(p.loop);
}
END_TEST

static void count_and_rearm(struct loop_timer *t, void *ctx)
{
	struct probe *p = ctx;
	p->n++;
	loop_timer_set(t, 0);
}

START_TEST(a_timer_of_zero_waits_for_the_next_round)
{
	struct probe p = { .loop = make() };
	struct loop_timer *t = loop_timer_new(p.loop, count_and_rearm, &p);
	loop_timer_set(t, 0);
	for (size_t i = 1; i <= 3; i++) {
		round_of(p.loop, 1000);
		ck_assert_uint_eq(p.n, i);
	}
	loop_free(p.loop);
}
END_TEST

static void free_all(struct loop_timer *t, void *ctx)
{
	struct probe *p = ctx;
	(void)t;
	p->n++;
	for (size_t i = 0; i < 4; i++) {
		loop_timer_free(p->timers[i]);
		p->timers[i] = NULL;
	}
}

START_TEST(a_timer_may_free_itself_and_those_due_with_it)
{
	struct probe p = { .loop = make() };
	for (size_t i = 0; i < 4; i++) {
		p.timers[i] = loop_timer_new(p.loop, free_all, &p);
		loop_timer_set(p.timers[i], 0);
	}
	round_of(p.loop, 1000);
	ck_assert_uint_eq(p.n, 1);
	loop_free(p.loop);
}
END_TEST

static void check_sorted(struct loop_timer *t, void *ctx)
{
	struct probe *p = *(struct probe **)ctx;
	int64_t at_ns = ((int64_t *)ctx)[1];
	(void)t;
	p->sorted = p->sorted && at_ns >= p->last_ns;
	p->last_ns = at_ns;
	p->n++;
}

START_TEST(thousands_of_timers_fire_in_order_and_can_be_stopped)
{
	struct probe p = { .loop = make(), .sorted = true };
	static struct {
		struct probe *p;
		int64_t at_ns;
		struct loop_timer *t;
	} all[MANY];
	_Static_assert(sizeof(void *) == sizeof(int64_t),
		"the callback reads the time behind the pointer");
	unsigned random = 7;
	int64_t now = instant_mono_now().ns;
	for (size_t i = 0; i < MANY; i++) {
		random = random * 1103515245u + 12345u;
		all[i].p = &p;
		all[i].at_ns = now - 1 - (int64_t)(random >> 8);
		all[i].t = loop_timer_new(p.loop, check_sorted, &all[i]);
		loop_timer_set_at(all[i].t, (struct mono){ all[i].at_ns });
	}
	for (size_t i = 0; i < MANY; i += 3)
		loop_timer_stop(all[i].t);
	round_of(p.loop, 1000);
	ck_assert(p.sorted);
	ck_assert_uint_eq(p.n, MANY - (MANY + 2) / 3);
	loop_free(p.loop);
}
END_TEST

START_TEST(a_timer_comes_no_earlier_than_asked)
{
	struct probe p = { .loop = make() };
	p.timers[0] = loop_timer_new(p.loop, note_timer, &p);
	int64_t before = instant_mono_now().ns;
	loop_timer_set(p.timers[0], 20 * NS_PER_MS);
	while (p.n == 0)
		round_of(p.loop, 1000);
	ck_assert_int_ge(instant_mono_now().ns - before, 20 * NS_PER_MS);
	loop_free(p.loop);
}
END_TEST

static void free_both(struct loop_fd *f, uint32_t events, void *ctx)
{
	struct probe *p = ctx;
	(void)f;
	ck_assert(events & EPOLLIN);
	p->n++;
	loop_fd_free(p->fds[0]);
	loop_fd_free(p->fds[1]);
}

START_TEST(a_descriptor_may_free_itself_and_others_that_are_ready)
{
	struct probe p = { .loop = make() };
	int ends[2][2];
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(pipe(ends[i]), 0);
		ck_assert_int_eq(write(ends[i][1], "x", 1), 1);
		p.fds[i] = loop_fd_new(p.loop, ends[i][0], EPOLLIN, free_both, &p);
		ck_assert_ptr_nonnull(p.fds[i]);
	}
	round_of(p.loop, 1000);
	ck_assert_uint_eq(p.n, 1);
	round_of(p.loop, 0);
	ck_assert_uint_eq(p.n, 1);
	for (size_t i = 0; i < 4; i++)
		close(ends[i / 2][i % 2]);
	loop_free(p.loop);
}
END_TEST

static void defer_again(void *ctx)
{
	struct probe *p = ctx;
	p->n++;
	if (p->n < 3)
		ck_assert(loop_defer(p->loop, defer_again, p));
	else
		loop_stop(p->loop);
}

START_TEST(deferred_calls_run_once_in_the_next_round)
{
	struct probe p = { .loop = make() };
	struct error err;
	ck_assert(loop_defer(p.loop, defer_again, &p));
	ck_assert_uint_eq(p.n, 0);
	round_of(p.loop, 1000);
	ck_assert_uint_eq(p.n, 1);
	ck_assert_int_eq(loop_run(p.loop, &err), ERR_OK);
	ck_assert_uint_eq(p.n, 3);
	ck_assert(loop_defer(p.loop, defer_again, &p));
	loop_undefer(p.loop, defer_again, &p);
	round_of(p.loop, 0);
	ck_assert_uint_eq(p.n, 3);
	loop_free(p.loop);
}
END_TEST

static void note_signal(int signal, void *ctx)
{
	struct probe *p = ctx;
	p->order[p->n++] = signal == SIGUSR1 ? '1' : '2';
	loop_stop(p->loop);
}

START_TEST(signals_arrive_in_the_loop)
{
	struct probe p = { .loop = make() };
	struct error err;
	ck_assert_int_eq(loop_on_signal(p.loop, SIGUSR1, note_signal, &p, &err), ERR_OK);
	ck_assert_int_eq(loop_on_signal(p.loop, SIGUSR2, note_signal, &p, &err), ERR_OK);
	raise(SIGUSR2);
	ck_assert_int_eq(loop_run(p.loop, &err), ERR_OK);
	ck_assert_str_eq(p.order, "2");
	ck_assert_int_eq(loop_on_signal(p.loop, -1, note_signal, &p, &err), ERR_BUG);
	loop_free(p.loop);
}
END_TEST

static void run_inside(void *ctx)
{
	struct probe *p = ctx;
	struct error err;
	ck_assert_int_eq(loop_run_once(p->loop, 0, &err), ERR_BUG);
	p->n++;
}

START_TEST(running_the_loop_inside_itself_is_refused)
{
	struct probe p = { .loop = make() };
	ck_assert(loop_defer(p.loop, run_inside, &p));
	round_of(p.loop, 0);
	ck_assert_uint_eq(p.n, 1);
	loop_free(p.loop);
}
END_TEST

START_TEST(out_of_memory_is_reported_everywhere)
{
	struct loop *l = make();
	struct loop *second;
	struct error err;
	mem_fail_at(1, true);
	ck_assert_int_eq(loop_new(&second, &err), ERR_NOMEM);
	ck_assert_ptr_null(loop_timer_new(l, note_timer, NULL));
	ck_assert_ptr_null(loop_fd_new(l, 0, EPOLLIN, free_both, NULL));
	ck_assert(!loop_defer(l, run_inside, NULL));
	ck_assert_int_eq(loop_on_signal(l, SIGUSR1, note_signal, NULL, &err), ERR_NOMEM);
	mem_fail_at(0, false);
	struct loop_timer *t = loop_timer_new(l, note_timer, NULL);
	ck_assert_ptr_nonnull(t);
	mem_fail_at(1, true);
	loop_timer_set(t, 0);
	mem_fail_at(0, false);
	loop_free(l);
	loop_free(NULL);
	loop_timer_free(NULL);
	loop_fd_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("loop");
	TCase *tcase = tcase_create("loop");
	tcase_add_test(tcase, timers_fire_by_time_then_by_order_of_arming);
	tcase_add_test(tcase, a_timer_of_zero_waits_for_the_next_round);
	tcase_add_test(tcase, a_timer_may_free_itself_and_those_due_with_it);
	tcase_add_test(tcase, thousands_of_timers_fire_in_order_and_can_be_stopped);
	tcase_add_test(tcase, a_timer_comes_no_earlier_than_asked);
	tcase_add_test(tcase, a_descriptor_may_free_itself_and_others_that_are_ready);
	tcase_add_test(tcase, deferred_calls_run_once_in_the_next_round);
	tcase_add_test(tcase, signals_arrive_in_the_loop);
	tcase_add_test(tcase, running_the_loop_inside_itself_is_refused);
	tcase_add_test(tcase, out_of_memory_is_reported_everywhere);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
