/* Steering over HTTP. Query parameters rather than a body, so that a person can use curl. */
#include "sandbox/control.h"

#include "common/f64.h"
#include "common/jw.h"

#define MAX_ANSWER_BYTES 4096

static void reply_state(struct sandbox *s, struct http_exchange *x)
{
	AUTO(buf_done) struct buf out = { 0 }, number = { 0 };
	struct jw w;

	buf_init(&out, MAX_ANSWER_BYTES);
	buf_init(&number, 64);
	f64_print_json(&number, sandbox_load_now(s));
	jw_init(&w, &out);
	jw_object(&w);
	jw_key(&w, "load");
	jw_raw(&w, buf_sv(&number));
	jw_member_str(&w, "prometheus", prom_api_is_down(sandbox_prometheus(s)) ? "down" : "up");
	jw_member_str(&w, "api", api_is_down(sandbox_api(s)) ? "down" : "up");
	jw_member_str(&w, "problem", sandbox_problem(s));
	jw_object_end(&w);
	buf_put_char(&out, '\n');
	http_exchange_reply(x, 200, "application/json", buf_sv(&out), NULL);
}

/* "down" or "up" -> *ret; false for anything else. */
static bool read_switch(struct sv value, bool *ret_down)
{
	*ret_down = sv_is(value, "down");
	return *ret_down || sv_is(value, "up");
}

static bool change(struct sandbox *s, struct sv name, struct sv value)
{
	double rps;
	bool down;

	if (sv_is(name, "load")) {
		if (f64_parse(value, &rps) != F64_OK || !(rps >= 0))
			return false;
		sandbox_set_load(s, rps);
		return true;
	}
	if (sv_is(name, "prometheus") && read_switch(value, &down)) {
		prom_api_set_down(sandbox_prometheus(s), down);
		return true;
	}
	if (sv_is(name, "api") && read_switch(value, &down)) {
		api_set_down(sandbox_api(s), down);
		return true;
	}
	if (sv_is(name, "deny"))
		return api_deny(sandbox_api(s), value);
	if (sv_is(name, "allow") && sv_is(value, "all")) {
		api_allow_all(sandbox_api(s));
		return true;
	}
	return false;
}

bool control_handle(struct http_exchange *x, void *ctx)
{
	struct sandbox *s = ctx;
	size_t n = 0;

	if (!sv_is(http_exchange_path(x), "/sandbox"))
		return false;
	const struct http_query *query = http_exchange_query(x, &n);
	for (size_t i = 0; sv_is(http_exchange_method(x), "PUT") && i < n; i++) {
		if (!change(s, query[i].name, query[i].value)) {
			http_exchange_reply(x, 400, "text/plain",
				SV("expected load=NUMBER, prometheus=up|down, api=up|down, "
				   "deny=VERB:RESOURCE.GROUP or allow=all\n"),
				NULL);
			return true;
		}
	}
	reply_state(s, x);
	return true;
}
