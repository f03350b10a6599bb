/* A short list, gone through from the start. */
#include "sandbox/denials.h"

static bool keep(char word[DENIALS_MAX_WORD], struct sv text)
{
	if (text.len >= DENIALS_MAX_WORD)
		return false;
	if (text.len > 0)
		memcpy(word, text.ptr, text.len);
	word[text.len] = '\0';
	return true;
}

bool denials_add(struct denials *d, struct sv text)
{
	struct sv what, group;
	bool found, has_group;
	struct sv verb = sv_cut(text, ':', &what, &found);
	struct sv resource = sv_cut(what, '.', &group, &has_group);

	if (d->n == DENIALS_MAX || !found || verb.len == 0 || resource.len == 0)
		return false;
	struct denial *one = &d->at[d->n];
	if (!keep(one->verb, verb) || !keep(one->resource, resource) ||
		!keep(one->group, has_group ? group : SV("")))
		return false;
	d->n++;
	return true;
}

static bool word_matches(const char *word, struct sv text)
{
	return strcmp(word, "*") == 0 || sv_is(text, word);
}

static bool resource_matches(const char *word, const struct denial_request *request)
{
	struct sv sub;
	bool has_sub;
	struct sv resource = sv_cut(sv_of(word), '/', &sub, &has_sub);

	return (sv_is(resource, "*") || sv_eq(resource, request->resource)) &&
	       (sv_is(sub, "*") || sv_eq(sub, request->subresource));
}

bool denials_match(const struct denials *d, const struct denial_request *request)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct denial *one = &d->at[i];
		if (word_matches(one->verb, request->verb) &&
			word_matches(one->group, request->group) &&
			resource_matches(one->resource, request))
			return true;
	}
	return false;
}
