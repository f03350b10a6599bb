/* Base64 text -> bytes in an arena. Decoding only: nothing here writes base64. Pure. */
#include "kube/base64.h"

static int digit_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

enum error_kind base64_decode(struct arena *a, struct sv text, struct sv *ret, struct error *err)
{
	char *out = arena_alloc(a, text.len / 4 * 3 + 4);
	size_t len = 0;
	unsigned n = 0,
		 padding =
			 0; /* characters of the group that is open, and how many of them are '=' */
	uint32_t group = 0;

	if (!out)
		return arena_error(a, err);
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == '\n' || c == '\r')
			continue;
		int digit = digit_of(c);
		bool pads = c == '=' && n >= 2;
		/* Nothing follows a padded group, and no digit a padding. */
		if ((digit < 0 && !pads) || (padding > 0 && (!pads || n == 0)))
			return error_set(
				err, ERR_INVALID, "illegal base64 data at input byte %zu", i);
		padding += pads;
		group = group << 6 | (pads ? 0 : (uint32_t)digit);
		if (++n < 4)
			continue;
		for (unsigned k = 0; k < 3 - padding; k++)
			out[len++] = (char)(unsigned char)(group >> (16 - 8 * k));
		n = 0;
		group = 0;
	}
	if (n != 0)
		return error_set(
			err, ERR_INVALID, "illegal base64 data at input byte %zu", text.len);
	out[len] = '\0';
	*ret = sv_from(out, len);
	return ERR_OK;
}
