/* A collection of the cluster -> its objects, one by one. */
#include "cli/live.h"
#include "common/jscan.h"
#include "common/limits.h"
#include "kube/wait.h"

/* A list of autoscalers or of one namespace's pods: 3,000 pods, Kubernetes' own bound, of 30 KiB. */
#define MAX_LIST_BYTES (256u * 1024 * 1024)

/* Calls fn with the text of every element of a list's items. */
static enum error_kind each_item(struct sv json,
	enum error_kind (*fn)(struct sv item, void *ctx, struct error *err), void *ctx,
	struct error *err)
{
	struct jscan s;
	enum jscan_token token;

	jscan_init(&s, json);
	if (jscan_next(&s) != JSCAN_OBJECT)
		return error_set(err, ERR_UNAVAIL, "the server's list is not a JSON object");
	while ((token = jscan_next(&s)) == JSCAN_KEY) {
		bool items = jscan_is(&s, SV("items"));
		token = jscan_next(&s);
		if (!items || token != JSCAN_ARRAY) {
			if (!jscan_skip(&s, token))
				return jscan_error(&s, err);
			continue;
		}
		while ((token = jscan_next(&s)) == JSCAN_OBJECT) {
			const char *start = s.at - 1;
			if (!jscan_skip(&s, token))
				return jscan_error(&s, err);
			if (fn(sv_from(start, (size_t)(s.at - start)), ctx, err) != ERR_OK)
				return err->kind;
		}
	}
	return token == JSCAN_CLOSE ? ERR_OK : jscan_error(&s, err);
}

enum error_kind live_each(struct live *l, const struct api_path *path, const char *resource,
	enum error_kind (*fn)(struct sv item, void *ctx, struct error *err), void *ctx,
	struct error *err)
{
	AUTO(buf_done) struct buf body = { 0 };

	buf_init(&body, MAX_LIST_BYTES);
	if (wait_get_path(l->client, path, resource, NULL, &body, err) != ERR_OK)
		return err->kind;
	return each_item(buf_sv(&body), fn, ctx, err);
}
