/* The event loop: one epoll set holds the watched descriptors, one timerfd for the earliest timer and one signalfd.
 *
 * The timerfd runs on CLOCK_BOOTTIME, so a machine that was suspended serves its overdue timers at once; the timeout of
 * epoll_wait would not count the sleep.
 *
 * Invariants
 * 1. A round is: deferred calls of the round before, timers that were due when the round woke up, descriptors. What a
 *    callback adds (a timer of 0 ns, a deferred call) waits for the next round, so no callback can starve the rest.
 * 2. Callbacks may free anything. Due timers hang on a list that loop_timer_stop takes them from; freed descriptors stay
 *    in memory, marked dead, until the round ends, because the kernel's answer may still name them.
 * 3. The heap always has room for every timer that exists, so arming never fails.
 *
 * Deliberately not here: threads, and running the loop from inside one of its callbacks. */
#include "common/loop.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/vec.h"

/* Descriptors served per round; more simply wait for the next one, which comes at once. What a round touches should stay in the processor's
 * cache until it is over: with hundreds of busy connections 64 served a tenth more than 256. */
#define EVENTS_PER_ROUND 64
/* Timers and deferred calls are bounded by what a process can hold open many times over; more is a leak. */
#define MAX_TIMERS (4u * 1024 * 1024)
#define MAX_DEFERRED (4u * 1024 * 1024)
#define FIRST_HEAP 16
#define NOT_IN_HEAP SIZE_MAX
#define NO_TIME INT64_MAX

struct loop_timer {
	struct loop *loop;
	loop_timer_fn fn;
	void *ctx;
	int64_t at_ns;
	uint64_t order;				 /* equal times fire in the order of arming */
	size_t heap_at;				 /* position in the heap or NOT_IN_HEAP */
	struct loop_timer **due_link, *due_next; /* set while it waits for its call in this round */
	struct loop_timer **link, *next;	 /* all timers */
};

struct loop_fd {
	struct loop *loop;
	int fd;
	uint32_t events;
	loop_fd_fn fn;
	void *ctx;
	bool dead;
	struct loop_fd **link, *next; /* all that live, or the dead ones */
};

struct deferred {
	void (*fn)(void *ctx);
	void *ctx;
};

struct handler {
	int signal;
	loop_signal_fn fn;
	void *ctx;
};

struct loop {
	int epoll_fd, timer_fd, signal_fd;
	struct mono now;
	bool stopping, running;
	struct loop_timer **heap;
	size_t n_heap, heap_size;
	size_t n_timers;
	struct loop_timer *timers, *due;
	uint64_t n_armed;
	int64_t armed_ns; /* what the timerfd is set to; NO_TIME: off */
	struct loop_fd *fds, *dead;
	VEC(struct deferred) deferred;
	VEC(struct handler) handlers;
	sigset_t signals;
};

enum error_kind loop_new(struct loop **ret, struct error *err)
{
	struct loop *l = mem_zalloc(sizeof(*l));

	if (!l)
		return error_nomem(err);
	l->armed_ns = NO_TIME;
	l->signal_fd = -1;
	l->now = instant_mono_now();
	sigemptyset(&l->signals);
	(void)signal(SIGPIPE, SIG_IGN);
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	l->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = &l->timer_fd };
	if (l->epoll_fd < 0 || l->timer_fd < 0 ||
		epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->timer_fd, &event) < 0) {
		int cause = errno;
		loop_free(l);
		error_set(err, ERR_UNAVAIL, "cannot set up the event loop: %s", strerror(cause));
		err->code = cause;
		return err->kind;
	}
	*ret = l;
	return ERR_OK;
}

static void bury(struct loop *l)
{
	while (l->dead) {
		struct loop_fd *f = l->dead;
		l->dead = f->next;
		mem_free(f);
	}
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	while (l->timers)
		loop_timer_free(l->timers);
	while (l->fds)
		loop_fd_free(l->fds);
	bury(l);
	if (l->epoll_fd >= 0)
		close(l->epoll_fd);
	if (l->timer_fd >= 0)
		close(l->timer_fd);
	if (l->signal_fd >= 0)
		close(l->signal_fd);
	mem_free(l->heap);
	VEC_DONE(&l->deferred);
	VEC_DONE(&l->handlers);
	mem_free(l);
}

void loop_stop(struct loop *l)
{
	l->stopping = true;
}

struct mono loop_now(const struct loop *l)
{
	return l->now;
}

/* Timers: a binary heap by (time, order of arming). */

static bool earlier(const struct loop_timer *a, const struct loop_timer *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void heap_put(struct loop *l, size_t at, struct loop_timer *t)
{
	l->heap[at] = t;
	t->heap_at = at;
}

static void heap_up(struct loop *l, size_t at, struct loop_timer *t)
{
	while (at > 0 && earlier(t, l->heap[(at - 1) / 2])) {
		heap_put(l, at, l->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	heap_put(l, at, t);
}

static void heap_down(struct loop *l, size_t at, struct loop_timer *t)
{
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= l->n_heap)
			break;
		if (child + 1 < l->n_heap && earlier(l->heap[child + 1], l->heap[child]))
			child++;
		if (!earlier(l->heap[child], t))
			break;
		heap_put(l, at, l->heap[child]);
		at = child;
	}
	heap_put(l, at, t);
}

static void heap_take(struct loop *l, struct loop_timer *t)
{
	size_t at = t->heap_at;
	struct loop_timer *last = l->heap[--l->n_heap];

	t->heap_at = NOT_IN_HEAP;
	if (last == t)
		return;
	if (at > 0 && earlier(last, l->heap[(at - 1) / 2]))
		heap_up(l, at, last);
	else
		heap_down(l, at, last);
}

/* Invariant 3: the heap can hold every timer there is. */
static bool heap_reserve(struct loop *l)
{
	if (l->n_timers < l->heap_size)
		return true;
	size_t size = l->heap_size ? l->heap_size * 2 : FIRST_HEAP;
	if (size > MAX_TIMERS)
		return false;
	struct loop_timer **heap = mem_realloc(l->heap, size * sizeof(*heap));
	if (!heap)
		return false;
	l->heap = heap;
	l->heap_size = size;
	return true;
}

struct loop_timer *loop_timer_new(struct loop *l, loop_timer_fn fn, void *ctx)
{
	if (!heap_reserve(l))
		return NULL;
	struct loop_timer *t = mem_zalloc(sizeof(*t));
	if (!t)
		return NULL;
	*t = (struct loop_timer){ .loop = l, .fn = fn, .ctx = ctx, .heap_at = NOT_IN_HEAP };
	t->next = l->timers;
	t->link = &l->timers;
	if (t->next)
		t->next->link = &t->next;
	l->timers = t;
	l->n_timers++;
	return t;
}

void loop_timer_stop(struct loop_timer *t)
{
	if (t->heap_at != NOT_IN_HEAP)
		heap_take(t->loop, t);
	if (t->due_link) {
		*t->due_link = t->due_next;
		if (t->due_next)
			t->due_next->due_link = t->due_link;
		t->due_link = NULL;
		t->due_next = NULL;
	}
}

void loop_timer_set_at(struct loop_timer *t, struct mono at)
{
	struct loop *l = t->loop;

	loop_timer_stop(t);
	t->at_ns = at.ns < 0 ? 0 : at.ns;
	t->order = l->n_armed++;
	heap_up(l, l->n_heap++, t);
}

void loop_timer_set(struct loop_timer *t, int64_t after_ns)
{
	int64_t at_ns;

	/* From the clock, not from loop_now: a long callback must not shorten the wait. */
	if (__builtin_add_overflow(instant_mono_now().ns, after_ns > 0 ? after_ns : 0, &at_ns))
		at_ns = INT64_MAX;
	loop_timer_set_at(t, (struct mono){ at_ns });
}

void loop_timer_free(struct loop_timer *t)
{
	if (!t)
		return;
	loop_timer_stop(t);
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
	t->loop->n_timers--;
	mem_free(t);
}

/* Calls the timers that were due when the round began. */
static void run_timers(struct loop *l)
{
	struct loop_timer **tail = &l->due;

	while (l->n_heap > 0 && l->heap[0]->at_ns <= l->now.ns) {
		struct loop_timer *t = l->heap[0];
		heap_take(l, t);
		t->due_link = tail;
		*tail = t;
		tail = &t->due_next;
	}
	while (l->due) {
		struct loop_timer *t = l->due;
		loop_timer_stop(t);
		t->fn(t, t->ctx);
	}
}

/* Sets the timerfd to the earliest timer. A time in the past fires at once; 0 would switch it off. */
static void arm(struct loop *l)
{
	int64_t at_ns = l->n_heap > 0 ? l->heap[0]->at_ns : NO_TIME;

	if (at_ns == l->armed_ns)
		return;
	struct itimerspec spec = { 0 };
	if (at_ns != NO_TIME) {
		int64_t ns = at_ns > 0 ? at_ns : 1;
		spec.it_value.tv_sec = (time_t)(ns / NS_PER_SEC);
		spec.it_value.tv_nsec = (long)(ns % NS_PER_SEC);
	}
	/* Fails only on arguments that cannot occur here. */
	(void)timerfd_settime(l->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
	l->armed_ns = at_ns;
}

/* Descriptors. */

struct loop_fd *loop_fd_new(struct loop *l, int fd, uint32_t events, loop_fd_fn fn, void *ctx)
{
	struct loop_fd *f = mem_zalloc(sizeof(*f));

	if (!f)
		return NULL;
	*f = (struct loop_fd){ .loop = l, .fd = fd, .events = events, .fn = fn, .ctx = ctx };
	struct epoll_event event = { .events = events, .data.ptr = f };
	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		mem_free(f);
		return NULL;
	}
	f->next = l->fds;
	f->link = &l->fds;
	if (f->next)
		f->next->link = &f->next;
	l->fds = f;
	return f;
}

bool loop_fd_set(struct loop_fd *f, uint32_t events)
{
	if (events == f->events)
		return true;
	struct epoll_event event = { .events = events, .data.ptr = f };
	if (epoll_ctl(f->loop->epoll_fd, EPOLL_CTL_MOD, f->fd, &event) < 0)
		return false;
	f->events = events;
	return true;
}

int loop_fd_number(const struct loop_fd *f)
{
	return f->fd;
}

void loop_fd_free(struct loop_fd *f)
{
	if (!f || f->dead)
		return;
	struct loop *l = f->loop;
	/* Fails when the caller closed the descriptor first; then the kernel has forgotten it already. */
	(void)epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, f->fd, NULL);
	*f->link = f->next;
	if (f->next)
		f->next->link = f->link;
	f->dead = true;
	f->next = l->dead;
	l->dead = f;
}

/* Deferred calls. */

bool loop_defer(struct loop *l, void (*fn)(void *ctx), void *ctx)
{
	struct deferred *d = VEC_PUSH(&l->deferred, MAX_DEFERRED);

	if (!d)
		return false;
	*d = (struct deferred){ fn, ctx };
	return true;
}

void loop_undefer(struct loop *l, void (*fn)(void *ctx), const void *ctx)
{
	for (size_t i = 0; i < l->deferred.n; i++) {
		if (l->deferred.at[i].fn == fn && l->deferred.at[i].ctx == ctx)
			l->deferred.at[i].fn = NULL;
	}
}

static void run_deferred(struct loop *l)
{
	size_t n = l->deferred.n;

	/* The array may grow and move while it is walked; what is added lands behind n. */
	for (size_t i = 0; i < n; i++) {
		struct deferred d = l->deferred.at[i];
		l->deferred.at[i].fn = NULL;
		if (d.fn)
			d.fn(d.ctx);
	}
	if (n > 0 && l->deferred.n > n)
		memmove(l->deferred.at, l->deferred.at + n,
			(l->deferred.n - n) * sizeof(*l->deferred.at));
	l->deferred.n -= n;
}

/* Signals. */

enum error_kind loop_on_signal(
	struct loop *l, int signal, loop_signal_fn fn, void *ctx, struct error *err)
{
	VEC_FOREACH (h, &l->handlers) {
		if (h->signal == signal) {
			h->fn = fn;
			h->ctx = ctx;
			return ERR_OK;
		}
	}
	sigset_t wanted = l->signals;
	if (sigaddset(&wanted, signal) < 0)
		return error_set(err, ERR_BUG, "signal %d does not exist", signal);
	struct handler *h = VEC_PUSH(&l->handlers, (size_t)SIGRTMAX);
	if (!h)
		return error_nomem(err);
	int fd = signalfd(l->signal_fd, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = &l->signal_fd };
	if (fd < 0 || sigprocmask(SIG_BLOCK, &wanted, NULL) < 0 ||
		(l->signal_fd < 0 && epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)) {
		int cause = errno;
		l->handlers.n--;
		if (fd >= 0 && l->signal_fd < 0)
			close(fd);
		return error_set(err, ERR_UNAVAIL, "cannot watch for signal %d: %s", signal,
			strerror(cause));
	}
	l->signal_fd = fd;
	l->signals = wanted;
	*h = (struct handler){ signal, fn, ctx };
	return ERR_OK;
}

static void run_signals(struct loop *l)
{
	struct signalfd_siginfo info;

	while (read(l->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		for (size_t i = 0; i < l->handlers.n; i++) {
			struct handler h = l->handlers.at[i];
			if (h.signal == (int)info.ssi_signo)
				h.fn(h.signal, h.ctx);
		}
	}
}

/* Rounds. */

static void dispatch(struct loop *l, const struct epoll_event *events, int n)
{
	bool signals = false;

	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr == &l->timer_fd) {
			/* Nothing to read: arm() sets it anew, which clears it. */
			l->armed_ns = 0;
		} else if (events[i].data.ptr == &l->signal_fd) {
			signals = true;
		}
	}
	run_timers(l);
	if (signals)
		run_signals(l);
	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr == &l->timer_fd || events[i].data.ptr == &l->signal_fd)
			continue;
		struct loop_fd *f = events[i].data.ptr;
		if (!f->dead)
			f->fn(f, events[i].events, f->ctx);
	}
}

enum error_kind loop_run_once(struct loop *l, int timeout_ms, struct error *err)
{
	SCRATCH struct epoll_event events[EVENTS_PER_ROUND];

	if (l->running)
		return error_set(
			err, ERR_BUG, "the event loop was run from inside one of its callbacks");
	l->running = true;
	arm(l);
	int n = epoll_wait(
		l->epoll_fd, events, EVENTS_PER_ROUND, l->deferred.n > 0 ? 0 : timeout_ms);
	int cause = n < 0 ? errno : 0;
	l->now = instant_mono_now();
	run_deferred(l);
	if (n >= 0)
		dispatch(l, events, n);
	bury(l);
	l->running = false;
	if (cause != 0 && cause != EINTR) {
		error_set(err, ERR_UNAVAIL, "cannot wait for events: %s", strerror(cause));
		err->code = cause;
		return err->kind;
	}
	return ERR_OK;
}

enum error_kind loop_run(struct loop *l, struct error *err)
{
	enum error_kind kind = ERR_OK;

	while (!l->stopping && kind == ERR_OK)
		kind = loop_run_once(l, -1, err);
	l->stopping = false;
	return kind;
}
