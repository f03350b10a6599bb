/* Eight FNV-1a hashes of 64 bits, each with another start. */
#include "common/fingerprint.h"

#include "common/fnv.h"

void fingerprint_print(struct sv text, char ret[FINGERPRINT_DIGITS + 1])
{
	static const char DIGITS[] = "0123456789ABCDEF";
	char *at = ret;
	for (uint64_t part = 0; part < FINGERPRINT_DIGITS / 16; part++) {
		uint64_t h = fnv_bytes(FNV_START ^ (part * UINT64_C(0x9E3779B97F4A7C15)), text);
		for (unsigned shift = 64; shift > 0; shift -= 4)
			*at++ = DIGITS[(h >> (shift - 4)) & 15];
	}
	*at = '\0';
}
