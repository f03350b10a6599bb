/* A binary heap of what waits, by due time; a queue per namespace of what is due, and a ring of the namespaces whose queue is not empty; two lists of what
 * runs, oldest first. Every operation is O(log n) or better. Turns are at fixed distances from the schedule's start, so that a late pass does not
 * push the following ones back, and groups stay together. */
#include "controller/schedule.h"

#include "common/map.h"
#include "common/vec.h"

/* As many as there may be autoscaler objects. */
#define MAX_ITEMS 400000u
#define MAX_NAMESPACES 100000u

struct list {
	struct schedule_item *first, *last;
	size_t n;
};

struct schedule_namespace {
	char *name;
	size_t n_items, n_slow;
	struct list ready;
	struct schedule_namespace *next, *previous; /* in the ring */
};

struct schedule {
	VEC(struct schedule_item *) heap;
	struct map namespaces;		 /* -> struct schedule_namespace */
	struct schedule_namespace *turn; /* whose turn it is; NULL: nothing is ready */
	struct list running, slow;
	size_t n_ready, n_items;
	bool started;
	struct mono base;
};

struct schedule *schedule_new(void)
{
	struct schedule *s = mem_zalloc(sizeof(*s));

	if (s)
		map_init(&s->namespaces, MAX_NAMESPACES);
	return s;
}

static void free_namespace(void *p)
{
	struct schedule_namespace *ns = p;

	mem_free(ns->name);
	mem_free(ns);
}

void schedule_free(struct schedule *s)
{
	if (!s)
		return;
	VEC_DONE(&s->heap);
	map_done(&s->namespaces, free_namespace);
	mem_free(s);
}

/* Lists */

static void append(struct list *l, struct schedule_item *item)
{
	item->previous = l->last;
	item->next = NULL;
	if (l->last)
		l->last->next = item;
	else
		l->first = item;
	l->last = item;
	l->n++;
}

static void unlink_item(struct list *l, struct schedule_item *item)
{
	if (item->previous)
		item->previous->next = item->next;
	else
		l->first = item->next;
	if (item->next)
		item->next->previous = item->previous;
	else
		l->last = item->previous;
	item->next = item->previous = NULL;
	l->n--;
}

/* Heap */

static void place(struct schedule *s, size_t at, struct schedule_item *item)
{
	s->heap.at[at] = item;
	item->heap_at = at;
}

static void sift_up(struct schedule *s, size_t at)
{
	struct schedule_item *item = s->heap.at[at];

	while (at > 0 && s->heap.at[(at - 1) / 2]->due.ns > item->due.ns) {
		place(s, at, s->heap.at[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	place(s, at, item);
}

static void sift_down(struct schedule *s, size_t at)
{
	struct schedule_item *item = s->heap.at[at];

	for (;;) {
		size_t child = 2 * at + 1;
		if (child + 1 < s->heap.n &&
			s->heap.at[child + 1]->due.ns < s->heap.at[child]->due.ns)
			child++;
		if (child >= s->heap.n || s->heap.at[child]->due.ns >= item->due.ns)
			break;
		place(s, at, s->heap.at[child]);
		at = child;
	}
	place(s, at, item);
}

/* Never fails: schedule_add made room for every item. */
static void wait_for_turn(struct schedule *s, struct schedule_item *item)
{
	if (item->due.ns < item->not_before.ns)
		item->due = item->not_before;
	item->state = SCHEDULE_WAITING;
	place(s, s->heap.n++, item);
	sift_up(s, item->heap_at);
}

static void leave_heap(struct schedule *s, struct schedule_item *item)
{
	size_t at = item->heap_at;
	struct schedule_item *last = s->heap.at[--s->heap.n];

	if (last == item)
		return;
	place(s, at, last);
	sift_up(s, at);
	sift_down(s, last->heap_at);
}

/* Namespaces */

static void join_ring(struct schedule *s, struct schedule_namespace *ns)
{
	if (!s->turn) {
		s->turn = ns->next = ns->previous = ns;
		return;
	}
	ns->next = s->turn;
	ns->previous = s->turn->previous;
	ns->previous->next = ns;
	ns->next->previous = ns;
}

static void leave_ring(struct schedule *s, struct schedule_namespace *ns)
{
	if (s->turn == ns)
		s->turn = ns->next == ns ? NULL : ns->next;
	ns->previous->next = ns->next;
	ns->next->previous = ns->previous;
	ns->next = ns->previous = NULL;
}

static void make_ready(struct schedule *s, struct schedule_item *item)
{
	if (item->ns->ready.n == 0)
		join_ring(s, item->ns);
	append(&item->ns->ready, item);
	item->state = SCHEDULE_READY;
	s->n_ready++;
}

static void leave_ready(struct schedule *s, struct schedule_item *item)
{
	unlink_item(&item->ns->ready, item);
	s->n_ready--;
	if (item->ns->ready.n == 0)
		leave_ring(s, item->ns);
}

/* Whatever state it is in, it is in no list and no heap afterwards. */
static void detach(struct schedule *s, struct schedule_item *item)
{
	switch (item->state) {
	case SCHEDULE_WAITING:
		leave_heap(s, item);
		break;
	case SCHEDULE_READY:
		leave_ready(s, item);
		break;
	case SCHEDULE_RUNNING:
		unlink_item(&s->running, item);
		break;
	case SCHEDULE_SLOW:
		item->ns->n_slow--;
		unlink_item(&s->slow, item);
		break;
	case SCHEDULE_OUT:
		break;
	}
	item->state = SCHEDULE_OUT;
}

/* Turns */

static struct mono first_turn(const struct schedule *s, const struct schedule_item *item)
{
	int64_t room_ns = item->period_ns / 5 * 3;

	return (struct mono){ s->base.ns +
			      (room_ns > 0 ? (int64_t)(item->spread % (uint64_t)room_ns) : 0) };
}

/* The first turn behind `now` that leaves at least half a period behind the last pass: one out of turn does not count twice. */
static struct mono next_turn(
	const struct schedule *s, const struct schedule_item *item, struct mono now)
{
	int64_t first_ns = first_turn(s, item).ns;
	int64_t after_ns = item->due.ns + item->period_ns / 2;

	if (after_ns <= now.ns)
		after_ns = now.ns + 1;
	if (after_ns <= first_ns)
		return (struct mono){ first_ns };
	int64_t n = (after_ns - first_ns + item->period_ns - 1) / item->period_ns;
	return (struct mono){ first_ns + n * item->period_ns };
}

static void restart_all(struct schedule *s, struct list *l)
{
	while (l->first) {
		struct schedule_item *item = l->first;
		detach(s, item);
		wait_for_turn(s, item);
	}
}

/* When the i-th of all items gets its first turn at the latest. */
static struct mono first_rank(struct mono now, size_t i)
{
	return (struct mono){ i < SCHEDULE_START_ITEMS ? now.ns + (int64_t)i * SCHEDULE_START_NS
						       : INT64_MAX };
}

void schedule_start(struct schedule *s, struct mono now)
{
	s->started = true;
	s->base = now;
	for (size_t i = 0; i < s->heap.n; i++) {
		struct schedule_item *item = s->heap.at[i];
		item->due = first_turn(s, item);
		if (item->due.ns > first_rank(now, i).ns)
			item->due = first_rank(now, i);
		if (item->due.ns < item->not_before.ns)
			item->due = item->not_before;
	}
	for (size_t i = s->heap.n / 2; i-- > 0;)
		sift_down(s, i);
}

void schedule_stop(struct schedule *s)
{
	s->started = false;
	restart_all(s, &s->running);
	restart_all(s, &s->slow);
	while (s->turn)
		restart_all(s, &s->turn->ready);
}

bool schedule_is_started(const struct schedule *s)
{
	return s->started;
}

static struct schedule_namespace *namespace_of(
	struct schedule *s, struct sv name, struct error *err)
{
	struct schedule_namespace *ns = map_get(&s->namespaces, name);

	if (ns)
		return ns;
	ns = mem_zalloc(sizeof(*ns));
	if (ns)
		ns->name = mem_memdup(name.ptr, name.len);
	if (ns && ns->name && map_set(&s->namespaces, name, ns, NULL, err) == ERR_OK)
		return ns;
	if (!ns || !ns->name)
		(void)error_nomem(err);
	if (ns)
		free_namespace(ns);
	return NULL;
}

static void leave_namespace(struct schedule *s, struct schedule_namespace *ns)
{
	if (ns->n_items > 0)
		return;
	(void)map_take(&s->namespaces, sv_of(ns->name));
	free_namespace(ns);
}

/* Room in the heap for every item, whether it waits just now or not. */
static bool reserve(struct schedule *s)
{
	size_t waiting = s->heap.n;

	s->heap.n = s->n_items;
	struct schedule_item **slot = VEC_PUSH(&s->heap, MAX_ITEMS);
	s->heap.n = waiting;
	return slot != NULL;
}

enum error_kind schedule_add(struct schedule *s, struct schedule_item *item, struct sv ns_name,
	int64_t period_ns, uint64_t spread, struct mono now, struct error *err)
{
	struct schedule_namespace *ns = namespace_of(s, ns_name, err);

	if (!ns)
		return err->kind;
	if (!reserve(s)) {
		leave_namespace(s, ns);
		return error_nomem(err);
	}
	*item = (struct schedule_item){
		.due = now, .period_ns = period_ns, .spread = spread, .ns = ns
	};
	ns->n_items++;
	s->n_items++;
	wait_for_turn(s, item);
	return ERR_OK;
}

void schedule_remove(struct schedule *s, struct schedule_item *item)
{
	struct schedule_namespace *ns = item->ns;

	if (!ns)
		return;
	detach(s, item);
	item->ns = NULL;
	ns->n_items--;
	s->n_items--;
	leave_namespace(s, ns);
}

void schedule_set_period(struct schedule_item *item, int64_t period_ns)
{
	item->period_ns = period_ns;
}

void schedule_set_spread(struct schedule_item *item, uint64_t spread)
{
	item->spread = spread;
}

void schedule_hurry(struct schedule *s, struct schedule_item *item, struct mono now)
{
	if (item->state == SCHEDULE_RUNNING || item->state == SCHEDULE_SLOW)
		item->again = true;
	if (item->state != SCHEDULE_WAITING || item->due.ns <= now.ns)
		return;
	leave_heap(s, item);
	item->due = now;
	wait_for_turn(s, item);
}

void schedule_put_off(struct schedule *s, struct schedule_item *item, struct mono until)
{
	item->not_before = until;
	if (item->state != SCHEDULE_WAITING && item->state != SCHEDULE_READY)
		return;
	detach(s, item);
	wait_for_turn(s, item);
}

static void find_slow(struct schedule *s, struct mono now)
{
	while (s->running.first && s->running.first->started.ns + SCHEDULE_SLOW_NS <= now.ns) {
		struct schedule_item *item = s->running.first;
		unlink_item(&s->running, item);
		append(&s->slow, item);
		item->state = SCHEDULE_SLOW;
		item->ns->n_slow++;
	}
}

static bool is_full(const struct schedule *s)
{
	return s->running.n >= SCHEDULE_MAX_PASSES || s->running.n + s->slow.n >= SCHEDULE_MAX_SLOW;
}

/* The next namespace in turn that may start a pass; NULL: none. */
static struct schedule_namespace *whose_turn(struct schedule *s)
{
	struct schedule_namespace *ns = s->turn;

	while (ns && ns->n_slow >= SCHEDULE_MAX_SLOW / 2) {
		ns = ns->next;
		if (ns == s->turn)
			return NULL;
	}
	return ns;
}

struct schedule_item *schedule_next(struct schedule *s, struct mono now)
{
	if (!s->started)
		return NULL;
	find_slow(s, now);
	while (s->heap.n > 0 && s->heap.at[0]->due.ns <= now.ns) {
		struct schedule_item *item = s->heap.at[0];
		leave_heap(s, item);
		make_ready(s, item);
	}
	struct schedule_namespace *ns = is_full(s) ? NULL : whose_turn(s);
	if (!ns)
		return NULL;
	struct schedule_item *item = ns->ready.first;
	s->turn = ns->next;
	leave_ready(s, item);
	append(&s->running, item);
	item->state = SCHEDULE_RUNNING;
	item->started = now;
	item->again = false;
	return item;
}

void schedule_done(struct schedule *s, struct schedule_item *item, struct mono now)
{
	if (item->state == SCHEDULE_OUT)
		return;
	detach(s, item);
	item->due = item->again ? now : next_turn(s, item, now);
	item->again = false;
	wait_for_turn(s, item);
}

bool schedule_wake(const struct schedule *s, struct mono *ret)
{
	bool any = false;

	if (!s->started)
		return false;
	if (s->heap.n > 0) {
		*ret = s->heap.at[0]->due;
		any = true;
	}
	/* What is ready waits for a pass to end, or to be found slow. */
	if (s->n_ready > 0 && s->running.first) {
		int64_t slow_ns = s->running.first->started.ns + SCHEDULE_SLOW_NS;
		if (!any || slow_ns < ret->ns)
			ret->ns = slow_ns;
		any = true;
	}
	return any;
}

struct schedule_depth schedule_depth(const struct schedule *s)
{
	return (struct schedule_depth){ .n_items = s->n_items,
		.n_ready = s->n_ready,
		.n_running = s->running.n,
		.n_slow = s->slow.n };
}
