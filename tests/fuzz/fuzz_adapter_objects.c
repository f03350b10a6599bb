/* Lists of objects from the API server, and reviews of tokens. */
#include "adapter/objects.h"
#include "kube/authn_trust.h"
#include "kube/authn_user.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_done) struct arena a = { 0 };
	struct sv json = sv_from((const char *)data, size);
	const struct sv *names = NULL;
	struct authn_user user = { 0 };
	struct authn_trust_config trust = { 0 };
	struct error err = { 0 };
	size_t n = 0;
	bool found = false;
	arena_init(&a, 64u * 1024 * 1024);
	if (objects_decode(&a, json, &names, &n, &err) == ERR_OK)
		for (size_t i = 0; i < n; i++)
			REQUIRE(names[i].ptr);
	if (authn_user_from_review(&a, json, &found, &user, &err) == ERR_OK && found)
		REQUIRE(user.n_groups == 0 || user.groups);
	if (authn_trust_decode(&a, json, &trust, &err) == ERR_OK)
		REQUIRE(trust.n_proxy_names == 0 || trust.proxy_names);
	return 0;
}
