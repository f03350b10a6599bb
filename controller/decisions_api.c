/* Path -> object -> its tapes. Everything that is no tape is a Status, so that clients of Kubernetes can tell it. */
#include "controller/decisions_api.h"

#include "common/limits.h"
#include "controller/autoscalers.h"
#include "controller/tape.h"
#include "kube/access.h"

#define CONTENT_TYPE "application/x-ndjson"

static const struct {
	const char *word;
	enum autoscaler_kind kind;
} KINDS[] = {
	{ "hpa", AUTOSCALER_NATIVE },
	{ "horizontalpodautoscaler", AUTOSCALER_NATIVE },
	{ "fha", AUTOSCALER_OWN },
	{ "horizontalautoscaler", AUTOSCALER_OWN },
};

static bool read_kind(struct sv word, enum autoscaler_kind *ret)
{
	if (word.len == 0)
		word = SV("hpa");
	for (size_t i = 0; i < ARRAY_LEN(KINDS); i++) {
		if (!sv_eq_nocase(word, sv_of(KINDS[i].word)))
			continue;
		*ret = KINDS[i].kind;
		return true;
	}
	return false;
}

static bool read_segment(struct arena *a, struct sv raw, struct sv *ret)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, LIMIT_OBJECT_BYTES);
	if (!http_unescape(&text, raw, false) || text.failed != ERR_OK || text.len == 0)
		return false;
	*ret = arena_sv(a, buf_sv(&text));
	return ret->ptr != NULL;
}

bool decisions_api_read(struct http_exchange *x, struct decisions_key *ret)
{
	struct arena *a = http_exchange_arena(x);
	struct sv path = sv_skip(http_exchange_path(x), sizeof(DECISIONS_API_PREFIX) - 1), name;
	struct decisions_key key;
	bool found;
	struct sv ns = sv_cut(path, '/', &name, &found);

	if (!found || sv_find(name, '/') < name.len || !read_segment(a, ns, &key.ns) ||
		!read_segment(a, name, &key.name)) {
		access_reply_status(x, 404, "NotFound",
			SV("expected /decisions/NAMESPACE/NAME, with ?kind=fha for our own kind"),
			NULL);
		return false;
	}
	if (!read_kind(http_exchange_query_get(x, "kind"), &key.kind)) {
		access_reply_status(x, 400, "BadRequest", SV("kind: expected hpa or fha"), NULL);
		return false;
	}
	*ret = key;
	return true;
}

struct authz_attributes decisions_api_permission(const struct decisions_key *key)
{
	const struct autoscaler_kind_names *names = autoscaler_kind_names(key->kind);

	return (struct authz_attributes){
		.is_resource = true,
		.verb = SV("get"),
		.group = sv_of(names->group),
		.version = sv_of(names->version),
		.resource = sv_of(names->plural),
		.namespace = key->ns,
		.name = key->name,
	};
}

static void reply_standby(struct http_exchange *x, struct sv leader)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, LIMIT_OBJECT_BYTES);
	if (leader.len > 0)
		buf_printf(&text, "this replica stands by; %.*s leads", SV_ARG(leader));
	else
		buf_put_str(&text, "this replica stands by; nobody leads");
	access_reply_status(x, 503, "ServiceUnavailable", buf_sv(&text), NULL);
}

/* Asked for from now on: the next decision is kept. */
static void reply_not_yet(
	struct http_exchange *x, const struct decisions_key *key, int64_t period_ns)
{
	AUTO(buf_done) struct buf text = { 0 }, header = { 0 };
	int64_t seconds = (period_ns + NS_PER_SEC - 1) / NS_PER_SEC;
	const char *headers[] = { NULL, NULL };

	buf_init(&text, LIMIT_OBJECT_BYTES);
	buf_init(&header, 64);
	buf_printf(&text,
		"no decision about %.*s/%.*s is kept now; the next one, within %lld s, will be",
		SV_ARG(key->ns), SV_ARG(key->name), (long long)seconds);
	buf_printf(&header, "Retry-After: %lld", (long long)seconds);
	headers[0] = buf_text(&header);
	access_reply_status(x, 404, "NotFound", buf_sv(&text), headers);
}

static void reply_unknown(struct http_exchange *x, const struct decisions_key *key)
{
	const struct autoscaler_kind_names *names = autoscaler_kind_names(key->kind);
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, LIMIT_OBJECT_BYTES);
	buf_printf(&text, "%s.%s \"%.*s\" in namespace \"%.*s\" is not looked after here",
		names->plural, names->group, SV_ARG(key->name), SV_ARG(key->ns));
	access_reply_status(x, 404, "NotFound", buf_sv(&text), NULL);
}

void decisions_api_reply(struct http_exchange *x, const struct decisions_key *key,
	const struct decisions_api_config *config)
{
	struct decisions *store = controller_decisions(config->controller);
	struct sv tapes[DECISIONS_PER_OBJECT];
	AUTO(buf_done) struct buf text = { 0 };

	if (!controller_is_leading(config->controller)) {
		reply_standby(x, config->leader);
		return;
	}
	if (!store) {
		access_reply_status(x, 404, "NotFound",
			SV("no decisions are kept: --decisions-max-bytes is 0"), NULL);
		return;
	}
	const struct autoscaler *one = autoscalers_find(
		controller_autoscalers(config->controller), key->kind, key->ns, key->name);
	if (!one) {
		reply_unknown(x, key);
		return;
	}
	size_t n = decisions_ask(store, key, instant_mono_now(), tapes);
	if (n == 0) {
		reply_not_yet(x, key, one->period_ns > 0 ? one->period_ns : config->sync_period_ns);
		return;
	}
	buf_init(&text, DECISIONS_PER_OBJECT * ((size_t)TAPE_MAX_BYTES + 1));
	for (size_t i = 0; i < n; i++) {
		buf_put_sv(&text, tapes[i]);
		buf_put_char(&text, '\n');
	}
	http_exchange_reply_buf(x, 200, CONTENT_TYPE, &text, NULL);
}
