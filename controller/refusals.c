/* Keeps errors as short as their texts are. */
#include "controller/refusals.h"

/* About 300 bytes each. */
#define MAX_REFUSALS 20000u

struct refusal {
	struct mono until;
	enum error_kind kind;
	int code;
	char text[];
};

void refusals_init(struct refusals *r)
{
	map_init(&r->by_target, MAX_REFUSALS);
}

void refusals_done(struct refusals *r)
{
	map_done(&r->by_target, mem_free);
}

bool refusals_find(const struct refusals *r, struct sv target, struct mono now, struct error *ret)
{
	const struct refusal *found = r->by_target.n > 0 ? map_get(&r->by_target, target) : NULL;

	if (!found || now.ns >= found->until.ns)
		return false;
	(void)error_set(ret, found->kind, "%s", found->text);
	ret->code = found->code;
	return true;
}

/* Makes room: what is over goes. */
static void sweep(struct refusals *r, struct mono now)
{
	struct map left;
	struct error ignored;

	map_init(&left, MAX_REFUSALS);
	MAP_FOREACH (e, &r->by_target) {
		struct refusal *f = e->value;
		if (f->until.ns <= now.ns ||
			map_set(&left, map_key(e), f, NULL, &ignored) != ERR_OK)
			mem_free(f);
	}
	map_done(&r->by_target, NULL);
	r->by_target = left;
}

void refusals_note(
	struct refusals *r, struct sv target, const struct error *failed, struct mono now)
{
	size_t len = strlen(failed->text);
	struct refusal *f = mem_zalloc(sizeof(*f) + len + 1);
	struct error ignored;
	void *old = NULL;

	if (!f)
		return;
	if (r->by_target.n >= MAX_REFUSALS)
		sweep(r, now);
	f->until.ns = now.ns + REFUSALS_RETRY_NS;
	f->kind = failed->kind;
	f->code = failed->code;
	memcpy(f->text, failed->text, len);
	if (map_set(&r->by_target, target, f, &old, &ignored) != ERR_OK)
		old = f;
	mem_free(old);
}

void refusals_forget(struct refusals *r, struct sv target)
{
	if (r->by_target.n > 0)
		mem_free(map_take(&r->by_target, target));
}
