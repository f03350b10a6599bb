#pragma once
/* The kinds that the sandbox serves: the part of Kubernetes that flyball and a person with kubectl touch. Pure table. */
#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/sv.h"

struct resource {
	const char *group; /* "" is the core group */
	const char *version;
	const char *kind;
	const char *plural;
	const char *singular;
	const char *short_names; /* blank-separated, may be "" */
	const char *categories;	 /* blank-separated, may be "" */
	bool namespaced;
	bool has_status;
	bool has_scale;
	bool review; /* only created, never stored: TokenReview, SubjectAccessReview */
	bool custom; /* served only while its CustomResourceDefinition is stored */
};

extern const struct resource resources_table[];
extern const size_t resources_n;

/* Exact group, version and plural; NULL when there is none. */
const struct resource *resources_find(struct sv group, struct sv version, struct sv plural);
/* By kind, for objects that the program itself creates. */
const struct resource *resources_of_kind(const char *kind);
/* Position in the table. */
size_t resources_index(const struct resource *r);
/* "v1" or "apps/v1". */
void resources_print_api_version(struct buf *out, const struct resource *r);
/* "deployments.apps" or "pods", as error texts name a resource. */
void resources_print_qualified(struct buf *out, const struct resource *r);
