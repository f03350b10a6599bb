/* Eight FNV-1a hashes of 64 bits, each with another start. */
#include "common/fingerprint.h"

static uint64_t hash(struct sv text, uint64_t seed)
{
	uint64_t h = UINT64_C(14695981039346656037) ^ seed;
	for (size_t i = 0; i < text.len; i++)
		h = (h ^ (unsigned char)text.ptr[i]) * UINT64_C(1099511628211);
	return h;
}

void fingerprint_print(struct sv text, char ret[FINGERPRINT_DIGITS + 1])
{
	static const char DIGITS[] = "0123456789ABCDEF";
	char *at = ret;
	for (uint64_t part = 0; part < FINGERPRINT_DIGITS / 16; part++) {
		uint64_t h = hash(text, part * UINT64_C(0x9E3779B97F4A7C15));
		for (unsigned shift = 64; shift > 0; shift -= 4)
			*at++ = DIGITS[(h >> (shift - 4)) & 15];
	}
	*at = '\0';
}
