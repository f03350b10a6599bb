#pragma once
/* The one event loop of a process: descriptors, timers, signals, deferred calls, on epoll. One thread, no locks.
 * Callbacks may add and remove anything, also themselves. loop_new ignores SIGPIPE for the process: every writer checks EPIPE. */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/instant.h"

struct loop;
struct loop_timer;
struct loop_fd;

MUST_USE enum error_kind loop_new(struct loop **ret, struct error *err);
/* Frees the timers, watched descriptors (not closed) and deferred calls that are left. */
void loop_free(struct loop *l);
DEFINE_AUTO(struct loop *, loop_free)

/* Runs until loop_stop. loop_run_once waits at most timeout_ms (-1: without end) and handles what is ready. */
MUST_USE enum error_kind loop_run(struct loop *l, struct error *err);
MUST_USE enum error_kind loop_run_once(struct loop *l, int timeout_ms, struct error *err);
void loop_stop(struct loop *l);
/* The monotonic time at which this round of the loop woke up. */
struct mono loop_now(const struct loop *l);

/* One-shot or repeating (set again in the callback). Owned by the loop's user: loop_timer_free. Waits count from the call. */
typedef void (*loop_timer_fn)(struct loop_timer *t, void *ctx);
MUST_USE struct loop_timer *loop_timer_new(struct loop *l, loop_timer_fn fn, void *ctx);
void loop_timer_set(struct loop_timer *t, int64_t after_ns); /* re-arms; never fails */
void loop_timer_set_at(struct loop_timer *t, struct mono at);
void loop_timer_stop(struct loop_timer *t);
void loop_timer_free(struct loop_timer *t);

/* events: EPOLLIN, EPOLLOUT ... of <sys/epoll.h>. The descriptor stays the caller's; free before closing it. */
typedef void (*loop_fd_fn)(struct loop_fd *f, uint32_t events, void *ctx);
MUST_USE struct loop_fd *loop_fd_new(
	struct loop *l, int fd, uint32_t events, loop_fd_fn fn, void *ctx);
MUST_USE bool loop_fd_set(struct loop_fd *f, uint32_t events);
int loop_fd_number(const struct loop_fd *f);
void loop_fd_free(struct loop_fd *f);

/* Runs fn(ctx) in the next round, once. False: no memory. */
MUST_USE bool loop_defer(struct loop *l, void (*fn)(void *ctx), void *ctx);
/* Forgets the deferred calls of fn with ctx, for whoever frees ctx. */
void loop_undefer(struct loop *l, void (*fn)(void *ctx), const void *ctx);

/* Calls fn when the signal arrives (through a signalfd; the signal is blocked from here on). One handler per signal. */
typedef void (*loop_signal_fn)(int signal, void *ctx);
MUST_USE enum error_kind loop_on_signal(
	struct loop *l, int signal, loop_signal_fn fn, void *ctx, struct error *err);
