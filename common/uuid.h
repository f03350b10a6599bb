#pragma once
/* UUIDs in the one form in which servers write them, 36 characters in lower case, and as their 16 bytes. Pure. */
#include <stdbool.h>

#include "common/sv.h"

#define UUID_BYTES 16
#define UUID_TEXT 36

/* False: the text is something else; *ret is undefined. */
bool uuid_pack(struct sv text, unsigned char ret[static UUID_BYTES]);
/* The text of uuid_pack again; no NUL. */
void uuid_print(const unsigned char uuid[static UUID_BYTES], char ret[static UUID_TEXT]);
/* A UUID of version 4 as text, no NUL: random bytes but for six bits. */
void uuid_print_random(const unsigned char random[static UUID_BYTES], char ret[static UUID_TEXT]);
