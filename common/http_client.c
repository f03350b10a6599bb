/* HTTP client: each endpoint is one libcurl multi handle whose sockets and timer sit on the loop. In: requests -> out: one
 * `done` each.
 *
 * Invariants
 * 1. No callback of ours runs inside libcurl: what arrives is put aside, and settle() calls back when libcurl has returned.
 *    So callbacks may start, cancel and free whatever they like.
 * 2. libcurl is entered only from the loop, never from http_call_start: a new call is deferred to the next round.
 * 3. Deadlines are our own timers (libcurl's do not run while a request waits for a connection). A request that ran into
 *    one does not leave its connection in the pool: a silent connection must not cost the next request its deadline too.
 *    TCP_USER_TIMEOUT ends the connections that others still use.
 *
 * Deliberately not here: redirects, cookies, proxies, compression, retries except the one after a 401 with a new token. */
#include "common/http_client.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "common/buf.h"
#include "common/http_answer.h"
#include "common/http_credentials.h"
#include "common/http_deadline.h"
#include "common/http_lines.h"
#include "common/http_url.h"
#include "common/limits.h"

#define DEFAULT_TIMEOUT_NS (30 * NS_PER_SEC)
#define DEFAULT_CONNECT_NS (5 * NS_PER_SEC)
#define DEFAULT_CONNECTIONS 8u
/* So much of a stream goes to its reader in one round of the loop: 2 ms of the slowest one. libcurl itself reads 3 MiB at once. */
#define STREAM_TURN_BYTES (128u * 1024)
/* libcurl's least; of itself it takes 64 KiB for each request that has a body, and ours are of a few KiB. */
#define UPLOAD_BUFFER_BYTES (16L * 1024)
/* All header lines of an answer. */
#define RESPONSE_HEAD_MAX (256u * 1024)
/* A peer that vanished is noticed by TCP: unanswered data after USER_TIMEOUT, silence after IDLE + PROBES. */
#define TCP_IDLE_SEC 15L
#define TCP_PROBE_SEC 5L
#define TCP_USER_TIMEOUT_MS 20000u
/* How long a CA that was read serves new connections (OpenSSL's flavour keeps it; mounted CAs change). */
#define CA_CACHE_SEC 60L
/* libcurl's 60 s would go on trying the old address of a name that moved. Names are looked up for new connections only, and many at once share a lookup. */
#define NAME_CACHE_SEC 2L

struct http_client {
	struct loop *loop;
};

struct http_endpoint {
	struct loop *loop;
	CURLM *multi;
	struct loop_timer *timer;
	TAILQ_HEAD(, http_call) calls; /* all, oldest first */
	TAILQ_HEAD(, http_call) ready; /* those with something to tell their user */
	struct http_call *current;     /* its callback runs now; NULL once it is cancelled */
	bool settling, freed;	       /* freed by a callback: settle() frees the memory */
	bool waking;

	struct http_dial dial;
	struct curl_slist *connect_to;
	struct http_lines lines;
	struct http_credentials credentials;
	char *user_agent;
	bool http1_only;
	unsigned max_calls, n_running;
	int64_t connect_timeout_ns;
};

enum call_state {
	CALL_NEW,      /* waits for on_wake */
	CALL_RUNNING,  /* libcurl has it */
	CALL_FINISHED, /* `done` is due */
};

struct http_call {
	struct http_endpoint *endpoint;
	TAILQ_ENTRY(http_call) in_calls, in_ready;
	bool is_listed, is_ready; /* not listed: `done` runs or has run */
	enum call_state state;
	CURL *easy;
	struct curl_slist *headers;
	struct loop_timer *timer;
	struct http_deadline deadline;
	bool patient; /* it begins when the call leaves the line */
	uint64_t token_generation;
	bool repeated; /* after a 401 */
	http_data_fn on_data;
	http_done_fn done;
	void *ctx;

	size_t max_bytes;
	struct buf body;
	bool streaming; /* a 2xx answer goes to on_data */
	bool paused;	/* its reader gets a turn first */
	bool unwatched; /* memory ran out when a socket had to be watched */
	size_t n_head;
	struct http_answer answer;
	struct error failed;
	char curl_text[CURL_ERROR_SIZE];
};

static void list_ready(struct http_call *call)
{
	if (call->is_ready)
		return;
	call->is_ready = true;
	TAILQ_INSERT_TAIL(&call->endpoint->ready, call, in_ready);
}

static void unlist_ready(struct http_call *call)
{
	if (!call->is_ready)
		return;
	call->is_ready = false;
	TAILQ_REMOVE(&call->endpoint->ready, call, in_ready);
}

static void unlist(struct http_call *call)
{
	unlist_ready(call);
	call->is_listed = false;
	TAILQ_REMOVE(&call->endpoint->calls, call, in_calls);
}

/* Ending a call */

static void on_wake(void *ctx);

/* Enters libcurl in the next round. */
static bool wake(struct http_endpoint *e)
{
	if (!e->waking)
		e->waking = loop_defer(e->loop, on_wake, e);
	return e->waking;
}

/* Takes the call out of libcurl; whoever waits in line may go. */
static void stop(struct http_call *call)
{
	struct http_endpoint *e = call->endpoint;
	if (call->state == CALL_RUNNING) {
		(void)curl_multi_remove_handle(e->multi, call->easy);
		if (e->n_running-- == e->max_calls)
			(void)wake(e);
	}
	call->state = CALL_FINISHED;
}

static void call_free(struct http_call *call)
{
	if (call->easy)
		curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->headers);
	loop_timer_free(call->timer);
	buf_done(&call->body);
	mem_free(call);
}

void http_call_cancel(struct http_call *call)
{
	if (!call || !call->is_listed)
		return;
	if (call->endpoint->current == call)
		call->endpoint->current = NULL;
	stop(call);
	unlist(call);
	call_free(call);
}

static void fail(struct http_call *call, enum error_kind kind, int code, const char *text)
{
	if (call->failed.kind != ERR_OK)
		return;
	error_set(&call->failed, kind, "%s", text);
	call->failed.code = code;
}

/* What libcurl says at the end of a transfer. */
static void judge(struct http_call *call, CURLcode code)
{
	const char *text = call->curl_text[0] ? call->curl_text : curl_easy_strerror(code);
	http_deadline_drop_elapsed(call->curl_text);
	if (code == CURLE_FILESIZE_EXCEEDED && call->failed.kind == ERR_OK)
		error_set(&call->failed, ERR_LIMIT,
			"the answer is larger than the limit of %zu bytes", call->max_bytes);
	else if (code != CURLE_OK)
		fail(call, code == CURLE_OUT_OF_MEMORY ? ERR_NOMEM : ERR_UNAVAIL, (int)code, text);
}

/* Telling users */

static long status_of(struct http_call *call)
{
	long status = 0;
	if (curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK)
		status = 0;
	return status;
}

static bool set_token(struct http_call *call)
{
	const struct http_token *token = &call->endpoint->credentials.token;
	call->token_generation = token->generation;
	if (!token->text)
		return true;
	return curl_easy_setopt(call->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER) == CURLE_OK &&
	       curl_easy_setopt(call->easy, CURLOPT_XOAUTH2_BEARER, token->text) == CURLE_OK;
}

/* After a 401: sends the request again if the token file holds another token by now. */
static bool repeat(struct http_call *call)
{
	struct http_endpoint *e = call->endpoint;
	struct error err;
	if (call->repeated || call->failed.kind != ERR_OK || !e->credentials.token.file ||
		status_of(call) != 401)
		return false;
	/* The old token is kept when this fails; then the generation tells. */
	if (http_credentials_refresh(&e->credentials.token, true, &err) != ERR_OK ||
		e->credentials.token.generation == call->token_generation || !set_token(call))
		return false;
	call->repeated = true;
	if (!wake(e))
		return false;
	call->state = CALL_NEW;
	buf_clear(&call->body);
	call->body.max = call->max_bytes;
	call->n_head = 0;
	return true;
}

/* Calls `done`; the endpoint may be gone afterwards. */
static void complete(struct http_call *call)
{
	struct http_response response = { 0 };
	loop_timer_stop(call->timer);
	unlist(call);
	if (call->failed.kind == ERR_OK) {
		response.status = (int)status_of(call);
		response.body = buf_sv(&call->body);
		response.content_type = sv_of(call->answer.content_type);
		response.date = sv_of(call->answer.date);
		response.adapter = sv_of(call->answer.adapter);
		response.retry_after = call->answer.retry_after;
	}
	call->done(&response, call->failed.kind == ERR_OK ? NULL : &call->failed, call->ctx);
	call_free(call);
}

/* Hands the piece of a stream to its reader. False: the call (or all of its endpoint) is gone. */
static bool deliver(struct http_call *call)
{
	struct http_endpoint *e = call->endpoint;
	struct buf piece = call->body;
	buf_init(&call->body, piece.max);
	e->current = call;
	bool more = call->on_data(buf_sv(&piece), call->ctx);
	buf_done(&piece);
	if (e->current != call)
		return false;
	e->current = NULL;
	if (!more) {
		stop(call);
		fail(call, ERR_LIMIT, 0, "the reader of the stream ended it");
	}
	return true;
}

static void tell(struct http_call *call)
{
	if (call->unwatched && call->state == CALL_RUNNING) {
		stop(call);
		fail(call, ERR_NOMEM, 0, "out of memory");
	}
	if (call->streaming && call->body.len > 0 && !deliver(call))
		return;
	/* Hands over the one piece that waits; what comes then is for the next round. */
	if (call->paused && call->state == CALL_RUNNING &&
		curl_easy_pause(call->easy, CURLPAUSE_CONT) != CURLE_OK) {
		stop(call);
		fail(call, ERR_NOMEM, 0, "out of memory");
	}
	if (call->state == CALL_FINISHED && !repeat(call))
		complete(call);
}

/* libcurl has returned: notes who is finished, then calls back. The endpoint may be gone afterwards. */
static void settle(struct http_endpoint *e)
{
	int n_left;
	CURLMsg *message;
	while ((message = curl_multi_info_read(e->multi, &n_left))) {
		char *call_pointer = NULL;
		CURLcode code = message->data.result;
		if (message->msg != CURLMSG_DONE ||
			curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call_pointer) !=
				CURLE_OK)
			continue;
		struct http_call *call = (void *)call_pointer;
		judge(call, code);
		stop(call);
		list_ready(call);
	}
	e->settling = true;
	while (!e->freed && !TAILQ_EMPTY(&e->ready)) {
		struct http_call *call = TAILQ_FIRST(&e->ready);
		unlist_ready(call);
		tell(call);
	}
	e->settling = false;
	if (e->freed)
		mem_free(e);
}

/* Callbacks of libcurl: nothing here calls a user. */

/* Each interim answer and the final one begin with this. */
static void note_status(struct http_call *call)
{
	long status = status_of(call);
	call->answer = (struct http_answer){ 0 };
	call->streaming = call->on_data && status >= 200 && status < 300;
	if (call->streaming)
		call->body.max = STREAM_TURN_BYTES + CURL_MAX_WRITE_SIZE;
}

static size_t on_header(char *data, size_t size, size_t n, void *ctx)
{
	struct http_call *call = ctx;
	size_t len = size * n;
	http_deadline_heard(&call->deadline, instant_mono_now());
	call->n_head += len;
	if (call->n_head > RESPONSE_HEAD_MAX) {
		fail(call, ERR_LIMIT, 0, "the head of the answer is too large");
		return 0;
	}
	struct sv line = sv_trim(sv_from(data, len));
	if (sv_has_prefix(line, SV("HTTP/")))
		note_status(call);
	else
		http_answer_note(&call->answer, line);
	return len;
}

static size_t on_body(char *data, size_t size, size_t n, void *ctx)
{
	struct http_call *call = ctx;
	size_t len = size * n;
	http_deadline_heard(&call->deadline, instant_mono_now());
	call->paused = call->streaming && call->body.len >= STREAM_TURN_BYTES;
	if (call->paused)
		return CURL_WRITEFUNC_PAUSE;
	buf_put(&call->body, data, len);
	if (call->body.failed != ERR_OK) {
		struct error err;
		fail(call, buf_check(&call->body, "the answer", &err), 0, err.text);
		return 0;
	}
	if (call->streaming)
		list_ready(call);
	return len;
}

static int on_new_socket(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
	unsigned timeout_ms = TCP_USER_TIMEOUT_MS;
	(void)ctx;
	(void)purpose;
	/* An improvement only. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
	return CURL_SOCKOPT_OK;
}

static void on_fd(struct loop_fd *f, uint32_t events, void *ctx)
{
	struct http_endpoint *e = ctx;
	int what = 0, n_running;
	/* 0 makes libcurl look for itself, which gives the better message on errors. */
	if (events & EPOLLIN)
		what |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		what |= CURL_CSELECT_OUT;
	(void)curl_multi_socket_action(e->multi, loop_fd_number(f), what, &n_running);
	settle(e);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *watch_pointer)
{
	struct http_endpoint *e = ctx;
	struct loop_fd *watch = watch_pointer;
	if (what == CURL_POLL_REMOVE) {
		loop_fd_free(watch);
		return 0;
	}
	uint32_t events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) |
			  (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
	bool watched = watch && loop_fd_set(watch, events);
	if (!watch) {
		watch = loop_fd_new(e->loop, fd, events, on_fd, e);
		watched = watch && curl_multi_assign(e->multi, fd, watch) == CURLM_OK;
	}
	char *call_pointer = NULL;
	if (!watched && curl_easy_getinfo(easy, CURLINFO_PRIVATE, &call_pointer) == CURLE_OK &&
		call_pointer) {
		struct http_call *call = (void *)call_pointer;
		call->unwatched = true;
		list_ready(call);
	}
	return 0;
}

static int on_timer_wish(CURLM *multi, long timeout_ms, void *ctx)
{
	struct http_endpoint *e = ctx;
	(void)multi;
	if (timeout_ms < 0)
		loop_timer_stop(e->timer);
	else
		loop_timer_set(e->timer, (int64_t)timeout_ms * NS_PER_MS);
	return 0;
}

/* Entering libcurl */

static void on_timer(struct loop_timer *t, void *ctx)
{
	struct http_endpoint *e = ctx;
	int n_running;
	(void)t;
	(void)curl_multi_socket_action(e->multi, CURL_SOCKET_TIMEOUT, 0, &n_running);
	settle(e);
}

static void start_timer(struct http_call *call)
{
	http_deadline_start(&call->deadline, instant_mono_now());
	struct mono next = http_deadline_next(&call->deadline);
	if (next.ns)
		loop_timer_set_at(call->timer, next);
}

/* Hands new calls to libcurl. */
static void on_wake(void *ctx)
{
	struct http_endpoint *e = ctx;
	e->waking = false;
	struct http_call *call;
	TAILQ_FOREACH(call, &e->calls, in_calls)
	{
		/* What is late is ended by its timer, in this round or the next. */
		if (call->state != CALL_NEW ||
			http_deadline_is_past(&call->deadline, instant_mono_now()))
			continue;
		if (e->max_calls && e->n_running >= e->max_calls)
			break;
		if (curl_multi_add_handle(e->multi, call->easy) == CURLM_OK) {
			call->state = CALL_RUNNING;
			e->n_running++;
			if (call->patient)
				start_timer(call);
			continue;
		}
		call->state = CALL_FINISHED;
		fail(call, ERR_NOMEM, 0, "out of memory");
		list_ready(call);
	}
	settle(e);
}

static void on_deadline(struct loop_timer *t, void *ctx)
{
	struct http_call *call = ctx;
	struct http_endpoint *e = call->endpoint;
	struct mono now = instant_mono_now(), next = http_deadline_next(&call->deadline);
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, 128);
	if (next.ns > now.ns) {
		loop_timer_set_at(t, next);
		return;
	}
	http_deadline_print(&text, &call->deadline, now, call->state != CALL_NEW);
	(void)curl_easy_setopt(call->easy, CURLOPT_FORBID_REUSE, 1L);
	stop(call);
	fail(call, ERR_UNAVAIL, CURLE_OPERATION_TIMEDOUT, buf_text(&text));
	list_ready(call);
	settle(e);
}

/* Starting a call */

static bool append(struct curl_slist **list, const char *text)
{
	struct curl_slist *longer = curl_slist_append(*list, text);
	if (longer)
		*list = longer;
	return longer;
}

static enum error_kind set_headers(
	struct http_call *call, const struct http_request *request, struct error *err)
{
	const struct http_lines *common = &call->endpoint->lines;
	AUTO(http_lines_done) struct http_lines own = { 0 };
	const char *accept = request->accept ? request->accept : "application/json";
	enum error_kind kind = http_lines_add(&own, SV("Accept"), sv_of(accept), err);

	if (kind == ERR_OK && request->content_type)
		kind = http_lines_add(&own, SV("Content-Type"), sv_of(request->content_type), err);
	if (kind == ERR_OK)
		kind = http_lines_add_all(&own, request->headers, err);
	if (kind != ERR_OK)
		return kind;
	/* Bodies go out at once; waiting for "100 Continue" costs a round trip. */
	bool good = append(&call->headers, "Expect:");
	for (size_t i = 0; good && i < common->list.n; i++)
		good = append(&call->headers, common->list.at[i]);
	for (size_t i = 0; good && i < own.list.n; i++)
		good = append(&call->headers, own.list.at[i]);
	good = good && curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers) == CURLE_OK;
	return good ? ERR_OK : error_nomem(err);
}

/* Collects the results of many setopts: one failure (memory) is enough. */
#define SET(option, value) (good = good && curl_easy_setopt(easy, (option), (value)) == CURLE_OK)

static enum error_kind set_url(struct http_call *call, const char *target, struct error *err)
{
	AUTO(mem_free_str) char *url = NULL;
	enum error_kind kind = http_url_join(call->endpoint->dial.url, target, &url, err);

	if (kind != ERR_OK)
		return kind;
	return curl_easy_setopt(call->easy, CURLOPT_URL, url) == CURLE_OK ? ERR_OK
									  : error_nomem(err);
}

static enum error_kind set_method(
	struct http_call *call, const struct http_request *request, struct error *err)
{
	CURL *easy = call->easy;
	struct sv method = sv_of(request->method);
	bool good = true;

	if (!http_is_token(method))
		return error_set(err, ERR_INVALID, "\"%s\" is no HTTP method", request->method);
	bool wants_body = sv_is(method, "PUT") || sv_is(method, "POST") || sv_is(method, "PATCH");
	if (sv_is(method, "HEAD")) {
		SET(CURLOPT_NOBODY, 1L);
	} else if (request->body.len > 0 || wants_body) {
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
		SET(CURLOPT_COPYPOSTFIELDS, request->body.len > 0 ? request->body.ptr : "");
		SET(CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_BUFFER_BYTES);
		SET(CURLOPT_CUSTOMREQUEST, request->method);
	} else {
		SET(CURLOPT_HTTPGET, 1L);
		SET(CURLOPT_CUSTOMREQUEST, request->method);
	}
	return good ? ERR_OK : error_nomem(err);
}

static bool set_trust(const struct http_endpoint *e, CURL *easy)
{
	const struct http_credentials *c = &e->credentials;
	const char *ca = http_credentials_path(&c->ca);
	bool good = true;

	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (ca) {
		/* Both, or libcurl trusts its built-in directory of public CAs beside the file. */
		SET(CURLOPT_CAINFO, ca);
		SET(CURLOPT_CAPATH, (char *)NULL);
	}
	if (http_credentials_path(&c->cert)) {
		SET(CURLOPT_SSLCERT, http_credentials_path(&c->cert));
		SET(CURLOPT_SSLKEY, http_credentials_path(&c->key));
	}
	if (c->insecure) {
		SET(CURLOPT_SSL_VERIFYPEER, 0L);
		SET(CURLOPT_SSL_VERIFYHOST, 0L);
	}
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Only OpenSSL's flavour has this cache; the other one refuses the option. */
	(void)curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, CA_CACHE_SEC);
#endif
	return good;
}

/* What is the same for all calls of the endpoint. */
static bool set_common(struct http_call *call)
{
	const struct http_endpoint *e = call->endpoint;
	CURL *easy = call->easy;
	bool good = true;

	SET(CURLOPT_PRIVATE, call);
	SET(CURLOPT_ERRORBUFFER, call->curl_text);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, call);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, call);
	SET(CURLOPT_SOCKOPTFUNCTION, on_new_socket);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_PATH_AS_IS, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
	SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_MAXFILESIZE_LARGE, call->on_data ? 0 : (curl_off_t)call->max_bytes);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)((e->connect_timeout_ns + NS_PER_MS - 1) / NS_PER_MS));
	SET(CURLOPT_DNS_CACHE_TIMEOUT, NAME_CACHE_SEC);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_TCP_KEEPIDLE, TCP_IDLE_SEC);
	SET(CURLOPT_TCP_KEEPINTVL, TCP_PROBE_SEC);
	SET(CURLOPT_HTTP_VERSION,
		(long)(e->http1_only ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS));
	/* Waits for the first connection to tell whether it can carry many requests. */
	SET(CURLOPT_PIPEWAIT, e->dial.is_https && !e->http1_only ? 1L : 0L);
	if (e->connect_to)
		SET(CURLOPT_CONNECT_TO, e->connect_to);
	if (e->user_agent)
		SET(CURLOPT_USERAGENT, e->user_agent);
	if (e->credentials.username) {
		SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		SET(CURLOPT_USERNAME, e->credentials.username);
		SET(CURLOPT_PASSWORD, e->credentials.password ? e->credentials.password : "");
	}
	return good && set_trust(e, easy);
}

static enum error_kind prepare(
	struct http_call *call, const struct http_request *request, struct error *err)
{
	struct http_endpoint *e = call->endpoint;
	enum error_kind kind = http_credentials_refresh(&e->credentials.token, false, err);

	if (kind != ERR_OK)
		return kind;
	call->easy = curl_easy_init();
	call->timer = loop_timer_new(e->loop, on_deadline, call);
	if (!call->easy || !call->timer || !set_common(call) || !set_token(call))
		return error_nomem(err);
	kind = set_url(call, request->target, err);
	if (kind == ERR_OK)
		kind = set_method(call, request, err);
	if (kind == ERR_OK)
		kind = set_headers(call, request, err);
	return kind;
}

enum error_kind http_call_start(struct http_endpoint *e, const struct http_request *request,
	struct http_call **ret_call, struct error *err)
{
	struct http_call *call = mem_zalloc(sizeof(*call));

	if (!call)
		return error_nomem(err);
	call->endpoint = e;
	call->on_data = request->on_data;
	call->done = request->done;
	call->ctx = request->ctx;
	call->max_bytes = request->max_bytes ? request->max_bytes : LIMIT_OBJECT_BYTES;
	call->deadline.total_ns =
		request->timeout_ns || request->on_data ? request->timeout_ns : DEFAULT_TIMEOUT_NS;
	call->deadline.idle_ns = request->idle_timeout_ns;
	call->deadline.latest = request->deadline;
	call->patient = request->patient;
	buf_init(&call->body, call->max_bytes);
	enum error_kind kind = prepare(call, request, err);
	if (kind == ERR_OK && !wake(e))
		kind = error_nomem(err);
	if (kind != ERR_OK) {
		call_free(call);
		return kind;
	}
	call->is_listed = true;
	TAILQ_INSERT_TAIL(&e->calls, call, in_calls);
	if (!call->patient)
		start_timer(call);
	if (ret_call)
		*ret_call = call;
	return ERR_OK;
}

/* Endpoints */

static enum error_kind set_address(
	struct http_endpoint *e, const struct http_endpoint_config *config, struct error *err)
{
	enum error_kind kind = http_dial_init(
		&e->dial, sv_of(config->base_url), sv_of(config->tls_server_name), err);

	if (kind != ERR_OK || !e->dial.connect_to)
		return kind;
	e->connect_to = curl_slist_append(NULL, e->dial.connect_to);
	if (!e->connect_to)
		return error_nomem(err);
	return http_lines_add(&e->lines, SV("Host"), sv_of(e->dial.host), err);
}

#undef SET
#define SET(option, value)                                                                         \
	(good = good && curl_multi_setopt(e->multi, (option), (value)) == CURLM_OK)

static enum error_kind set_multi(struct http_endpoint *e, long max_connections, struct error *err)
{
	e->multi = curl_multi_init();
	e->timer = loop_timer_new(e->loop, on_timer, e);
	bool good = e->multi && e->timer;
	SET(CURLMOPT_SOCKETFUNCTION, on_socket);
	SET(CURLMOPT_SOCKETDATA, e);
	SET(CURLMOPT_TIMERFUNCTION, on_timer_wish);
	SET(CURLMOPT_TIMERDATA, e);
	SET(CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
	SET(CURLMOPT_MAX_TOTAL_CONNECTIONS, max_connections);
	SET(CURLMOPT_MAXCONNECTS, max_connections);
	return good ? ERR_OK : error_nomem(err);
}

enum error_kind http_endpoint_new(struct http_client *c, const struct http_endpoint_config *config,
	struct http_endpoint **ret, struct error *err)
{
	AUTO(http_endpoint_free) struct http_endpoint *e = mem_zalloc(sizeof(*e));

	if (!e)
		return error_nomem(err);
	e->loop = c->loop;
	TAILQ_INIT(&e->calls);
	TAILQ_INIT(&e->ready);
	e->http1_only = config->http1_only;
	e->max_calls = config->max_calls;
	e->connect_timeout_ns =
		config->connect_timeout_ns ? config->connect_timeout_ns : DEFAULT_CONNECT_NS;
	unsigned n_connections =
		config->max_connections ? config->max_connections : DEFAULT_CONNECTIONS;
	if (set_multi(e, (long)n_connections, err) || set_address(e, config, err) ||
		http_credentials_init(&e->credentials, config, err) ||
		http_lines_add_all(&e->lines, config->headers, err))
		return err->kind;
	if (config->user_agent && !(e->user_agent = mem_strdup(config->user_agent)))
		return error_nomem(err);
	*ret = TAKE_PTR(e);
	return ERR_OK;
}

void http_endpoint_free(struct http_endpoint *e)
{
	if (!e)
		return;
	while (!TAILQ_EMPTY(&e->calls))
		http_call_cancel(TAILQ_FIRST(&e->calls));
	loop_undefer(e->loop, on_wake, e);
	if (e->multi)
		(void)curl_multi_cleanup(e->multi);
	loop_timer_free(e->timer);
	curl_slist_free_all(e->connect_to);
	http_lines_done(&e->lines);
	http_credentials_done(&e->credentials);
	mem_free(e->user_agent);
	http_dial_done(&e->dial);
	e->freed = true;
	if (!e->settling)
		mem_free(e);
}

const char *http_endpoint_url(const struct http_endpoint *e)
{
	return e->dial.base_url;
}

enum error_kind http_client_new(struct loop *l, struct http_client **ret, struct error *err)
{
	struct http_client *c = mem_zalloc(sizeof(*c));

	if (!c)
		return error_nomem(err);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		mem_free(c);
		return error_set(err, ERR_UNAVAIL, "cannot set up libcurl");
	}
	c->loop = l;
	*ret = c;
	return ERR_OK;
}

void http_client_free(struct http_client *c)
{
	if (!c)
		return;
	curl_global_cleanup();
	mem_free(c);
}
