/* Resource names: singular or plural, with or without group -> one entry of API discovery.
 *
 * The preference among several hits is that of client-go's PriorityRESTMapper: the first group in discovery order that has a hit, in it the
 * preferred version, then its other versions in listed order. A resource whose singular equals its plural counts twice there and is therefore
 * ambiguous (endpoints): metrics on such a resource do not exist for the reference's users, and names stay comparable.
 * It does no I/O and keeps no state beside the table. */
#include "adapter/mapper.h"

/* Twice what clusters with hundreds of CRDs have; each needs about 150 bytes. */
#define MAPPER_RESOURCES_MAX 20000u
/* That many entries, twice, with their texts. */
#define MAPPER_ARENA_MAX (64u * 1024 * 1024)
/* Kubernetes names end at 63 characters, groups at 253. */
#define MAPPER_NAME_MAX 253u

static struct sv lower(struct sv text, char *room)
{
	size_t n = text.len < MAPPER_NAME_MAX ? text.len : MAPPER_NAME_MAX;
	for (size_t i = 0; i < n; i++)
		room[i] = text.ptr[i] >= 'A' && text.ptr[i] <= 'Z' ? (char)(text.ptr[i] + 32)
								   : text.ptr[i];
	return sv_from(room, n);
}

enum error_kind mapper_new(size_t n, struct mapper **ret, struct error *err)
{
	if (n > MAPPER_RESOURCES_MAX)
		return error_set(err, ERR_LIMIT, "the cluster has %zu resources, more than %u", n,
			MAPPER_RESOURCES_MAX);
	struct mapper *m = mem_zalloc(sizeof(*m));
	if (!m)
		return error_nomem(err);
	m->n_references = 1;
	arena_init(&m->arena, MAPPER_ARENA_MAX);
	m->size = 2 * n + 1;
	m->at = ARENA_ARRAY(&m->arena, m->size, struct mapper_resource);
	if (!m->at) {
		enum error_kind kind = arena_error(&m->arena, err);
		mapper_unref(m);
		return kind;
	}
	*ret = m;
	return ERR_OK;
}

struct mapper *mapper_ref(struct mapper *m)
{
	m->n_references++;
	return m;
}

void mapper_unref(struct mapper *m)
{
	if (!m || --m->n_references > 0)
		return;
	arena_done(&m->arena);
	mem_free(m);
}

/* The plural that client-go guesses for a kind. */
static struct sv guess_plural(struct arena *a, struct sv singular)
{
	if (sv_has_suffix(singular, SV("s")))
		return sv_of(arena_printf(a, "%.*ses", SV_ARG(singular)));
	if (sv_has_suffix(singular, SV("y")))
		return sv_of(
			arena_printf(a, "%.*sies", SV_ARG(sv_take(singular, singular.len - 1))));
	return sv_of(arena_printf(a, "%.*ss", SV_ARG(singular)));
}

enum error_kind mapper_add(
	struct mapper *m, const struct mapper_resource *resource, struct error *err)
{
	struct arena *a = &m->arena;
	if (sv_find(resource->plural, '/') < resource->plural.len ||
		resource->plural.len > MAPPER_NAME_MAX)
		return ERR_OK;
	if (m->n + 2 > m->size)
		return error_set(err, ERR_BUG, "more resources than announced");
	char room[MAPPER_NAME_MAX];
	struct sv kind = lower(resource->kind, room);
	struct mapper_resource made = *resource;
	made.group = arena_sv(a, resource->group);
	made.version = arena_sv(a, resource->version);
	made.plural = arena_sv(a, resource->plural);
	made.kind = arena_sv(a, resource->kind);
	made.singular = arena_sv(a, resource->singular.len ? resource->singular : kind);
	struct mapper_resource list = made;
	list.invented = true;
	list.singular = sv_of(arena_printf(a, "%.*slist", SV_ARG(kind)));
	list.plural = guess_plural(a, list.singular);
	list.kind = sv_of(arena_printf(a, "%.*sList", SV_ARG(resource->kind)));
	if (!made.group.ptr || !made.version.ptr || !made.plural.ptr || !made.kind.ptr ||
		!made.singular.ptr || !list.singular.ptr || !list.plural.ptr || !list.kind.ptr)
		return arena_error(a, err);
	m->at[m->n++] = made;
	m->at[m->n++] = list;
	return ERR_OK;
}

static bool same_version(const struct mapper_resource *a, const struct mapper_resource *b)
{
	return sv_eq(a->group, b->group) && sv_eq(a->version, b->version);
}

/* How often an entry answers to the name: twice when singular and plural are the same word. */
static unsigned n_hits(const struct mapper_resource *r, struct sv resource)
{
	return (unsigned)sv_eq(r->plural, resource) + (unsigned)sv_eq(r->singular, resource);
}

enum match { MATCH_EXACT, MATCH_PREFIX, MATCH_ANY };

static bool group_matches(const struct mapper_resource *r, struct sv group, enum match match)
{
	if (match == MATCH_ANY)
		return true;
	return match == MATCH_EXACT ? sv_eq(r->group, group) : sv_has_prefix(r->group, group);
}

struct best {
	const struct mapper_resource *first; /* in discovery order */
	const struct mapper_resource *picked;
	unsigned hits_of_picked;
};

/* Looks at one group-version, entries [from, to). */
static void look(const struct mapper *m, size_t from, size_t to, struct sv group,
	struct sv resource, struct best *best)
{
	const struct mapper_resource *hit = NULL;
	unsigned hits = 0;
	for (enum match match = group.len ? MATCH_EXACT : MATCH_ANY; !hit; match = MATCH_PREFIX) {
		for (size_t i = from; i < to; i++) {
			unsigned n = group_matches(&m->at[i], group, match)
					     ? n_hits(&m->at[i], resource)
					     : 0;
			if (n && !hit)
				hit = &m->at[i];
			hits += n;
		}
		if (match != MATCH_EXACT)
			break;
	}
	if (!hit)
		return;
	if (!best->first)
		best->first = hit;
	bool other_group = best->picked && !sv_eq(best->picked->group, hit->group);
	if (!best->picked || (!other_group && hit->preferred && !best->picked->preferred)) {
		best->picked = hit;
		best->hits_of_picked = hits;
	}
}

static struct best find(const struct mapper *m, struct sv group, struct sv resource)
{
	struct best best = { 0 };
	char room[MAPPER_NAME_MAX];
	struct sv name = lower(resource, room);
	for (size_t from = 0, to; from < m->n; from = to) {
		for (to = from + 1; to < m->n && same_version(&m->at[from], &m->at[to]);)
			to++;
		look(m, from, to, group, name, &best);
	}
	return best;
}

enum error_kind mapper_resolve(const struct mapper *m, struct sv group, struct sv resource,
	const struct mapper_resource **ret, struct error *err)
{
	if (resource.len == 0)
		return error_set(err, ERR_INVALID,
			"a resource must be present, got: %.*s/, Resource=", SV_ARG(group));
	struct best best = find(m, group, resource);
	if (!best.picked)
		return error_set(err, ERR_NOTFOUND, "no matches for %.*s/, Resource=%.*s",
			SV_ARG(group), SV_ARG(resource));
	if (best.hits_of_picked > 1)
		return error_set(err, ERR_INVALID,
			"%.*s/, Resource=%.*s matches more than one resource", SV_ARG(group),
			SV_ARG(resource));
	*ret = best.picked;
	return ERR_OK;
}

const struct mapper_resource *mapper_first(
	const struct mapper *m, struct sv group, struct sv resource)
{
	return find(m, group, resource).first;
}

struct sv mapper_singular(const struct mapper *m, struct sv plural)
{
	struct best best = find(m, SV_NULL, plural);
	return best.first ? best.first->singular : plural;
}

void mapper_print(struct buf *out, struct sv group, struct sv plural)
{
	buf_put_sv(out, plural);
	if (group.len) {
		buf_put_char(out, '.');
		buf_put_sv(out, group);
	}
}

struct mapper_name mapper_split(struct sv text)
{
	struct mapper_name name;
	bool found;
	name.plural = sv_cut(text, '.', &name.group, &found);
	return name;
}
