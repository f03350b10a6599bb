#pragma once
/* A stable name for the content of a document (ETag, ?hash=). Not cryptographic: it only tells versions of our own documents apart. */
#include "common/sv.h"

/* As many digits as Kubernetes' SHA-512 hashes have, so that whatever expects those is content. */
#define FINGERPRINT_DIGITS 128u

void fingerprint_print(struct sv text, char ret[FINGERPRINT_DIGITS + 1]);
