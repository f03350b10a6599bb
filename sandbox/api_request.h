#pragma once
/* One request to the sandbox's API server, taken apart; shared by the files api_*.c only. */
#include "common/jx.h"
#include "kube/selector.h"
#include "sandbox/api.h"
#include "sandbox/denials.h"

struct api_watch;

/* Whoever asks. */
#define API_USER "sandbox-user"

struct api {
	struct loop *loop;
	struct http_client *client;
	struct store *store;
	struct http_server *server;
	struct api_watch *watches;
	struct api_backend *backends;
	struct loop_timer *bookmark_timer;
	struct denials denials;
	bool down;
	bool (*first)(struct http_exchange *x, void *ctx);
	void *first_ctx;
};

enum api_form { API_FORM_OBJECT, API_FORM_TABLE, API_FORM_PARTIAL };

struct api_request {
	struct api *api;
	struct http_exchange *x;
	struct arena *arena;
	struct sv method;
	const struct resource *r;
	struct sv ns, name, sub;
	enum api_form form; /* what the Accept header asks for */
};

/* api_reply.c */
/* Answers with a metav1.Status. `details` names the object the failure is about, when there is one. */
void api_fail(struct api_request *q, int code, const char *reason, const char *message);
/* The Status for an error of the store or a patch. */
void api_fail_error(struct api_request *q, const struct error *err);
void api_reply_json(struct api_request *q, int status, struct sv body);

/* api_read.c */
struct jw;
/* Answers with one object in the form that was asked for. */
void api_reply_object(struct api_request *q, int status, struct sv text);
/* One object in the form that was asked for, into a list or a watch event. */
void api_put_object(struct jw *w, const struct api_request *q, struct sv text);
void api_get(struct api_request *q);
void api_list(struct api_request *q);
/* Whether the request's labelSelector and fieldSelector choose the object. INVALID: a selector does not parse. */
struct api_filter {
	struct sv ns;
	struct sv field_selector;
	struct selector labels;
};
MUST_USE enum error_kind api_filter_parse(
	struct api_request *q, struct arena *a, struct api_filter *ret, struct error *err);
bool api_filter_selects(const struct api_filter *f, const struct store_object *o);

/* api_watch.c */
void api_watch_start(struct api_request *q);
void api_watch_event(const struct store_event *event, void *api);
void api_watch_bookmarks(struct api *a);
void api_watch_close_all(struct api *a);

/* api_write.c */
void api_create(struct api_request *q);
void api_update(struct api_request *q);
void api_patch(struct api_request *q);
void api_delete(struct api_request *q);
void api_delete_collection(struct api_request *q);

/* True: the request asks for a dry run and is refused. */
bool api_refuse_dry_run(struct api_request *q);
/* Fills in namespace and a generated name; checks what the URL says against the body. False: answered. */
bool api_settle_identity(struct api_request *q, json_t *doc);
/* False: answered. */
bool api_namespace_exists(struct api_request *q);
/* Notes in doc who changed what against `before` (NULL: nothing was there). errors: NOMEM, LIMIT. */
MUST_USE enum error_kind api_own(
	struct api_request *q, json_t *doc, const json_t *before, struct error *err);
/* Stores the document and answers. */
void api_put(struct api_request *q, json_t *doc, bool create);

/* api_apply.c */
bool api_is_apply(const struct api_request *q);
void api_apply(struct api_request *q);
/* The field manager that the request names, or its user agent up to the slash. NULL: no memory. */
const char *api_manager(struct api_request *q);

/* api_scale.c */
void api_scale_get(struct api_request *q);
void api_scale_write(struct api_request *q);

/* api_discovery.c */
/* A custom kind is served once its definition is stored. */
bool api_serves(const struct api *a, const struct resource *r);
/* True when the path was one of its own and is answered. */
bool api_discovery(struct api_request *q, struct sv path);

/* api_openapi.c: true when the path was its own and is answered. */
bool api_openapi(struct api_request *q, struct sv path);

/* api_proxy.c: true when the path belongs to an APIService with a server behind it; the answer comes later. */
bool api_proxy(struct api_request *q, struct sv path);
void api_proxy_done(struct api *a);
