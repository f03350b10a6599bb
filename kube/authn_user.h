#pragma once
/* Who asks: the identity that authentication gives and authorisation judges. And its two pure sources: front-proxy headers and reviews of tokens. */
#include "common/arena.h"
#include "common/error.h"
#include "common/jw.h"
#include "common/sv.h"

struct authn_extra {
	struct sv key;
	struct sv *values;
	size_t n_values;
};

struct authn_user {
	struct sv name, uid;
	struct sv *groups;
	size_t n_groups;
	struct authn_extra *extra; /* keys unique, sorted */
	size_t n_extra;
};

struct authn_header {
	struct sv name, value;
};

/* Which headers a trusted front proxy sets; names are matched without case. */
struct authn_proxy_headers {
	const struct sv *names, *groups, *extra_prefixes;
	size_t n_names, n_groups, n_extra_prefixes;
};

/* The user that the headers name; *ret_found false: no user name in them. Texts are borrowed or in the arena. errors: LIMIT, NOMEM */
MUST_USE enum error_kind authn_user_from_headers(struct arena *a,
	const struct authn_proxy_headers *proxy, const struct authn_header *headers,
	size_t n_headers, bool *ret_found, struct authn_user *ret, struct error *err);
/* The user of an answered TokenReview; *ret_found false: not authenticated. errors: INVALID (no review), LIMIT, NOMEM */
MUST_USE enum error_kind authn_user_from_review(struct arena *a, struct sv json, bool *ret_found,
	struct authn_user *ret, struct error *err);
/* The members user, groups, extra, uid of a SubjectAccessReview's spec. */
void authn_user_write(struct jw *w, const struct authn_user *u);
bool authn_user_is_in(const struct authn_user *u, struct sv group);
/* With a value added to the extra `key`. errors: LIMIT, NOMEM */
MUST_USE enum error_kind authn_user_add_extra(
	struct arena *a, struct authn_user *u, struct sv key, struct sv value, struct error *err);
/* With `group` added behind the others unless it is there. errors: LIMIT, NOMEM */
MUST_USE enum error_kind authn_user_add_group(
	struct arena *a, struct authn_user *u, struct sv group, struct error *err);
