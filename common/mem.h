#pragma once
/* The only use of malloc in the program. Allocation can fail (limits, fault tests), so every result is checked.
 *
 * AUTO(fn) x   calls fn(&x) when x leaves its scope; DEFINE_AUTO(type, fn) makes `fn_auto` for pointers.
 * TAKE_PTR(p)  moves ownership out of p: p becomes NULL. */
#include <stdbool.h>
#include <stddef.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* For a large local array that is written before it is read: hardening flags would clear all of it at every call. */
#define SCRATCH __attribute__((uninitialized))

#define AUTO(fn) __attribute__((cleanup(fn##_auto)))
#define DEFINE_AUTO(type, fn)                                                                      \
	static inline __attribute__((unused)) void fn##_auto(type *p)                              \
	{                                                                                          \
		fn(*p);                                                                            \
	}
#define TAKE_PTR(p)                                                                                \
	({                                                                                         \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* All return NULL when memory ran out or the size overflows. The caller owns the result: mem_free. */
MUST_USE void *mem_alloc(size_t size);
MUST_USE void *mem_zalloc(size_t size);
MUST_USE void *mem_calloc(size_t n, size_t size);
MUST_USE void *mem_realloc(void *p, size_t size);
MUST_USE char *mem_strdup(const char *text);
MUST_USE char *mem_memdup(const void *bytes, size_t len); /* adds a NUL */
void mem_free(void *p);
DEFINE_AUTO(void *, mem_free)
static inline __attribute__((unused)) void mem_free_str_auto(char **p)
{
	mem_free(*p);
}

/* For programs that run long: large pieces are mapped one by one and go back to the system when they are freed, instead of leaving holes. */
void mem_setup(void);
/* Gives free memory back to the system, after a phase that needed much of it. */
void mem_trim(void);

/* Fault seam for tests: the n-th allocation from now fails (and all later ones if `forever`). 0 switches it off. */
void mem_fail_at(unsigned long n, bool forever);
/* Allocations made so far; tests count a good run with it. Failed ones count too. */
unsigned long mem_n_allocations(void);
/* Allocations that failed so far: how a wrapper tells a library's "bad input" from "out of memory". */
unsigned long mem_n_failures(void);
