#pragma once
/* Copies of what pods share, each in one piece of memory of exactly its size, and comparing them. Part of the pod cache. Pure. */
#include "controller/pod.h"

/* Fills memory from front to back, or, without memory, finds out how much it takes: the same code does both. */
struct pod_parts_block {
	char *base; /* NULL: only measured; aligned for any type */
	size_t at;
};

void *pod_parts_reserve(struct pod_parts_block *b, size_t size);
/* The copies; when measuring, what is returned is not to be looked into. */
struct pod_labels pod_parts_copy_labels(struct pod_parts_block *b, const struct pod_labels *from);
struct pod_template pod_parts_copy_template(
	struct pod_parts_block *b, const struct pod_template *from);
/* Order included: the same text in another order is another set. */
bool pod_parts_labels_eq(const struct pod_labels *a, const struct pod_labels *b);
/* Quantities must be the same in every form that the arithmetic tells apart. */
bool pod_parts_template_eq(const struct pod_template *a, const struct pod_template *b);
