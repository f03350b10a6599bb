/* Text views. Pure. */
#include "common/sv.h"

#include <limits.h>

int sv_cmp(struct sv a, struct sv b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.ptr, b.ptr, n) : 0;
	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool sv_eq_nocase(struct sv a, struct sv b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (lower(a.ptr[i]) != lower(b.ptr[i]))
			return false;
	}
	return true;
}

bool sv_has_prefix(struct sv s, struct sv prefix)
{
	return s.len >= prefix.len && sv_eq(sv_take(s, prefix.len), prefix);
}

bool sv_has_suffix(struct sv s, struct sv suffix)
{
	return s.len >= suffix.len && sv_eq(sv_skip(s, s.len - suffix.len), suffix);
}

size_t sv_find(struct sv s, char c)
{
	const char *hit = s.len ? memchr(s.ptr, c, s.len) : NULL;
	return hit ? (size_t)(hit - s.ptr) : s.len;
}

size_t sv_find_sv(struct sv s, struct sv needle)
{
	if (needle.len == 0)
		return 0;
	const char *hit = s.len ? memmem(s.ptr, s.len, needle.ptr, needle.len) : NULL;
	return hit ? (size_t)(hit - s.ptr) : s.len;
}

struct sv sv_skip(struct sv s, size_t n)
{
	if (n > s.len)
		n = s.len;
	return (struct sv){ n ? s.ptr + n : s.ptr, s.len - n };
}

struct sv sv_take(struct sv s, size_t n)
{
	return (struct sv){ s.ptr, n < s.len ? n : s.len };
}

struct sv sv_cut(struct sv s, char c, struct sv *rest, bool *found)
{
	size_t at = sv_find(s, c);
	*found = at < s.len;
	*rest = sv_skip(s, *found ? at + 1 : s.len);
	return sv_take(s, at);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct sv sv_trim(struct sv s)
{
	while (s.len > 0 && is_blank(s.ptr[0]))
		s = sv_skip(s, 1);
	while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

bool sv_to_u64(struct sv s, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
			__builtin_add_overflow(value, (uint64_t)(s.ptr[i] - '0'), &value))
			return false;
	}
	*ret_value = value;
	return true;
}

bool sv_to_i64(struct sv s, int64_t *ret_value)
{
	bool negative = s.len > 0 && s.ptr[0] == '-';
	uint64_t magnitude;

	if (negative || (s.len > 0 && s.ptr[0] == '+'))
		s = sv_skip(s, 1);
	if (!sv_to_u64(s, &magnitude))
		return false;
	if (negative && magnitude == (uint64_t)INT64_MAX + 1) {
		*ret_value = INT64_MIN;
		return true;
	}
	if (magnitude > (uint64_t)INT64_MAX)
		return false;
	*ret_value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
	return true;
}
