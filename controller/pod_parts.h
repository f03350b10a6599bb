#pragma once
/* Copies of what pods share, each in one piece of memory of exactly its size, and comparing them. Part of the pod cache. Pure. */
#include "controller/pod.h"

/* Fills memory from front to back, or, without memory, finds out how much it takes: the same code does both. */
struct pod_parts_block {
	char *base; /* NULL: only measured; aligned for any type */
	size_t at;
};

void *pod_parts_reserve(struct pod_parts_block *b, size_t size);
/* Labels without pointers: for each one the lengths of key and value, then the two texts. */
void pod_parts_pack_labels(struct pod_parts_block *b, const struct pod_labels *from);
/* The labels, n of them, one after the other; *at is behind the last one, and begins as the packed text. The label's texts are borrowed from it. */
struct label pod_parts_next_label(const char **at);
/* The copy; when measuring, what is returned is not to be looked into. */
struct pod_template pod_parts_copy_template(
	struct pod_parts_block *b, const struct pod_template *from);
/* Order included: the same text in another order is another set. `packed` holds as many as there are in b. */
bool pod_parts_labels_eq(const char *packed, const struct pod_labels *b);
/* Quantities must be the same in every form that the arithmetic tells apart. */
bool pod_parts_template_eq(const struct pod_template *a, const struct pod_template *b);
