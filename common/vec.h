#pragma once
/* A growing array as three members of any struct: `VEC(struct x) items;`. Owned memory; elements are moved by realloc.
 *   VEC_PUSH(&v, max) -> pointer to a new zeroed element, or NULL (memory, or `max` elements are there already)
 *   VEC_DONE(&v)         frees the array (not what elements own) */
#include <stddef.h>
#include <string.h>

#include "common/mem.h"

#define VEC(type)                                                                                  \
	struct {                                                                                   \
		type *at;                                                                          \
		size_t n, size;                                                                    \
	}

#define VEC_PUSH(v, max)                                                                           \
	((__typeof__((v)->at))vec_push_raw(                                                        \
		(void **)&(v)->at, &(v)->n, &(v)->size, sizeof(*(v)->at), (max)))
#define VEC_DONE(v) (mem_free((v)->at), (v)->at = NULL, (v)->n = (v)->size = 0)
/* An empty vector has no array: NULL + 0 is undefined in C. */
#define VEC_FOREACH(item, v)                                                                       \
	for (__typeof__(*(v)->at) *item = (v)->at,                                                 \
				  *end_##item = (v)->n ? (v)->at + (v)->n : (v)->at;               \
		item < end_##item; item++)

static inline void *vec_push_raw(void **at, size_t *n, size_t *size, size_t item, size_t max)
{
	if (*n >= max)
		return NULL;
	if (*n == *size) {
		size_t grown = *size ? *size * 2 : 8;
		size_t bytes;
		if (__builtin_mul_overflow(grown, item, &bytes))
			return NULL;
		void *moved = mem_realloc(*at, bytes);
		if (!moved)
			return NULL;
		*at = moved;
		*size = grown;
	}
	void *slot = (char *)*at + (*n)++ * item;
	memset(slot, 0, item);
	return slot;
}
