#pragma once
/* Text views: anything that is read. Not NUL-terminated, never owned. ptr may be NULL only when len is 0. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct sv {
	const char *ptr;
	size_t len;
};

#define SV(literal) ((struct sv){ "" literal, sizeof(literal) - 1 })
#define SV_NULL ((struct sv){ NULL, 0 })
/* For printf-like functions: "%.*s", SV_ARG(view). Views are far below INT_MAX (limits.h). */
#define SV_ARG(view) (int)(view).len, (view).ptr ? (view).ptr : ""

static inline struct sv sv_of(const char *text)
{
	return (struct sv){ text, text ? strlen(text) : 0 };
}

static inline struct sv sv_from(const char *ptr, size_t len)
{
	return (struct sv){ ptr, len };
}

static inline bool sv_eq(struct sv a, struct sv b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool sv_is(struct sv a, const char *text)
{
	return sv_eq(a, sv_of(text));
}

/* Byte order, as Go compares strings: negative, 0, positive. */
int sv_cmp(struct sv a, struct sv b);
/* ASCII case folded equality. */
bool sv_eq_nocase(struct sv a, struct sv b);
bool sv_has_prefix(struct sv s, struct sv prefix);
bool sv_has_suffix(struct sv s, struct sv suffix);
/* First position of c or needle; s.len when there is none. */
size_t sv_find(struct sv s, char c);
size_t sv_find_sv(struct sv s, struct sv needle);
/* The rest after n bytes, and the first n bytes; n is clamped. */
struct sv sv_skip(struct sv s, size_t n);
struct sv sv_take(struct sv s, size_t n);
/* Cuts s at the first c: returns the part before, leaves the part behind it in *rest (empty and *found false when absent). */
struct sv sv_cut(struct sv s, char c, struct sv *rest, bool *found);
/* Without blanks, tabs, CR and LF at both ends. */
struct sv sv_trim(struct sv s);
/* Whole view as a decimal integer with optional sign (`-`, and `+`): false on anything else or overflow. */
bool sv_to_i64(struct sv s, int64_t *ret_value);
bool sv_to_u64(struct sv s, uint64_t *ret_value);
