/* Two digits a byte, four hyphens. */
#include "common/uuid.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_hyphen_at(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

bool uuid_pack(struct sv text, unsigned char ret[static UUID_BYTES])
{
	size_t n = 0;

	if (text.len != UUID_TEXT)
		return false;
	for (size_t i = 0; i < UUID_TEXT; i++) {
		int digit = hex_digit(text.ptr[i]);
		if (is_hyphen_at(i) ? text.ptr[i] != '-' : digit < 0)
			return false;
		if (is_hyphen_at(i))
			continue;
		ret[n / 2] = (unsigned char)(n % 2 ? ret[n / 2] | digit : digit << 4);
		n++;
	}
	return true;
}

void uuid_print(const unsigned char uuid[static UUID_BYTES], char ret[static UUID_TEXT])
{
	size_t n = 0;

	for (size_t i = 0; i < UUID_TEXT; i++) {
		unsigned char byte = uuid[n / 2];
		if (is_hyphen_at(i))
			ret[i] = '-';
		else
			ret[i] = "0123456789abcdef"[n++ % 2 ? byte & 15 : byte >> 4];
	}
}

void uuid_print_random(const unsigned char random[static UUID_BYTES], char ret[static UUID_TEXT])
{
	unsigned char uuid[UUID_BYTES];

	memcpy(uuid, random, sizeof(uuid));
	uuid[6] = (unsigned char)((uuid[6] & 0x0f) | 0x40);
	uuid[8] = (unsigned char)((uuid[8] & 0x3f) | 0x80);
	uuid_print(uuid, ret);
}
