#pragma once
/* What the files of the linter share. Private to them. */
#include "cli/check.h"

/* A rules file of the adapter. */
void check_rules_file_add(struct check *c, const char *file, struct sv text);
/* What an object is called, from its tree. False without memory. */
MUST_USE bool check_object_init(
	struct check *c, const char *file, const struct jtree *tree, struct check_object *ret);
/* An autoscaler of the autoscaling group or of our own kind. */
void check_object_add_autoscaler(struct check *c, const char *file, const struct jtree *t);
/* True: it has a pod template, and is kept. */
bool check_object_add_workload(struct check *c, const char *file, const struct jtree *t);
/* What validation says of the members of our own. */
void check_own_validate(
	struct check *c, const struct check_object *object, const struct hpa_spec *spec);

/* Room for one more item behind `n`; NULL without memory (c->failed is set then). */
MUST_USE void *check_grow(struct check *c, void *at, size_t n, size_t *size, size_t item_size);
