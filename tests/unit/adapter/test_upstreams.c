/* upstreams.c and shared_ask.c: what a set holds, what stays the same object, and sets that go away while answers are handed out. */
#include <fcntl.h>
#include <stdio.h>

#include "adapter/upstreams.h"
#include "tests/unit/common/net.h"

struct world {
	struct net net; /* first: the handler's context */
	struct http_client *http;
	struct adapter_options options;
	struct kubeconfig_env env;
	struct upstreams_config config;
	struct arena a;
	struct upstreams *set;
	struct shared_ask_waiter waiters[3];
	unsigned n_answers, n_refused, n_good, n_counted;
	char url[60], named_url[80], password[60];
	struct http_exchange *held;
	bool hold, drop_in_answer;
};

static void handle(struct http_exchange *x, void *ctx)
{
	struct world *w = ctx;
	w->net.n_handled++;
	if (w->hold)
		w->held = x;
	else
		http_exchange_reply(x, 200, "application/json", SV("{}"), NULL);
}

static void on_counted(const char *url, int status, int64_t took_ns, void *ctx)
{
	struct world *w = ctx;
	(void)took_ns;
	ck_assert(sv_has_prefix(sv_of(url), SV("http://127.0.0.1:")));
	w->n_counted += status == 200;
}

static void on_refused(const char *name, const struct error *why, void *ctx)
{
	struct world *w = ctx;
	if (!why) {
		w->n_good += strcmp(name, "named") == 0;
		return;
	}
	ck_assert_str_eq(name, "named");
	ck_assert_ptr_nonnull(strstr(why->text, "server \"named\": passwordFile: open"));
	w->n_refused++;
}

static void put_password(struct world *w, const char *text)
{
	int fd = open(w->password, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void start(struct world *w)
{
	static char PROGRAM[] = "adapter", *ARGS[] = { PROGRAM };
	const struct http_server_config server = { .bind_address = "127.0.0.1" };
	struct error err;

	*w = (struct world){ 0 };
	net_start(&w->net, &server, handle);
	ck_assert_int_eq(http_client_new(w->net.loop, &w->http, &err), ERR_OK);
	ck_assert_int_eq(adapter_options_parse(1, ARGS, &w->options, &err), ERR_OK);
	(void)snprintf(
		w->url, sizeof(w->url), "http://127.0.0.1:%u", http_server_port(w->net.server));
	(void)snprintf(w->named_url, sizeof(w->named_url), "%s/named", w->url);
	(void)snprintf(
		w->password, sizeof(w->password), "/tmp/flyball-test-upstreams-%d", (int)getpid());
	w->options.prometheus_url = w->url;
	w->config = (struct upstreams_config){ .loop = w->net.loop,
		.http = w->http,
		.options = &w->options,
		.env = &w->env,
		.on_answered = on_counted,
		.on_refused = on_refused,
		.ctx = w };
	arena_init(&w->a, 1u << 20);
	put_password(w, "one");
}

static void stop(struct world *w)
{
	upstreams_unref(w->set);
	adapter_options_done(&w->options);
	http_client_free(w->http);
	net_stop(&w->net);
	arena_done(&w->a);
	unlink(w->password);
}

static struct rules_config rules_of(struct world *w, const char *more)
{
	struct rules_config c = { 0 };
	struct error err;
	char *text = arena_printf(&w->a,
		"servers:\n- {name: named, url: '%s', basicAuth: {username: u, passwordFile: "
		"%s}}\n%s",
		w->named_url, w->password, more);
	ck_assert_ptr_nonnull(text);
	enum error_kind kind = rules_parse(&w->a, sv_of(text), "f", &c, &err);
	ck_assert_msg(kind == ERR_OK, "%s", err.text);
	return c;
}

static struct upstreams *make(
	struct world *w, const struct rules_config *rules, const struct upstreams *old)
{
	struct upstreams *u = NULL;
	struct error err;
	enum error_kind kind = upstreams_new(&w->config, rules, old, &u, &err);
	ck_assert_msg(kind == ERR_OK, "%s", err.text);
	return u;
}

START_TEST(what_did_not_change_stays_the_same_object)
{
	struct world w;
	start(&w);
	struct rules_config one = rules_of(&w, "");
	struct rules_config two = rules_of(&w, "- {name: second, url: 'http://127.0.0.1:1'}\n");
	w.set = make(&w, &one, NULL);
	ck_assert_uint_eq(w.set->n, 2);
	ck_assert_str_eq(upstreams_find(w.set, SV(""))->name, "default");
	ck_assert_ptr_eq(upstreams_find(w.set, SV("")), w.set->at[0]);
	ck_assert_ptr_eq(upstreams_find(w.set, SV("named")), w.set->at[1]);
	ck_assert_ptr_null(upstreams_find(w.set, SV("second")));
	struct upstreams *more = make(&w, &two, w.set);
	ck_assert_ptr_eq(more->at[0], w.set->at[0]);
	ck_assert_ptr_eq(more->at[1], w.set->at[1]);
	ck_assert_ptr_nonnull(upstreams_find(more, SV("second")));
	upstreams_unref(more);
	stop(&w);
}
END_TEST

START_TEST(files_are_read_again_and_bad_ones_keep_what_there_is)
{
	struct world w;
	struct upstreams *fresh = NULL;
	struct error err;
	start(&w);
	struct rules_config rules = rules_of(&w, "");
	w.set = make(&w, &rules, NULL);
	ck_assert_int_eq(upstreams_refresh(&w.config, &rules, w.set, &fresh, &err), ERR_OK);
	ck_assert_ptr_eq(fresh, w.set);
	upstreams_unref(fresh);
	put_password(&w, "two");
	ck_assert_int_eq(upstreams_refresh(&w.config, &rules, w.set, &fresh, &err), ERR_OK);
	ck_assert_ptr_ne(fresh, w.set);
	ck_assert_ptr_eq(fresh->at[0], w.set->at[0]);
	ck_assert_ptr_ne(fresh->at[1], w.set->at[1]);
	upstreams_unref(w.set);
	w.set = fresh;
	unlink(w.password);
	ck_assert_int_eq(upstreams_refresh(&w.config, &rules, w.set, &fresh, &err), ERR_OK);
	ck_assert_ptr_eq(fresh, w.set);
	ck_assert_uint_eq(w.n_refused, 1);
	ck_assert_uint_eq(w.n_good, 2);
	upstreams_unref(fresh);
	/* A new configuration is not taken with such a file. */
	ck_assert_int_eq(upstreams_new(&w.config, &rules, w.set, &fresh, &err), ERR_INVALID);
	stop(&w);
}
END_TEST

static void on_answer(struct shared_ask_waiter *waiter, const struct shared_ask_answer *answer)
{
	struct world *w =
		(struct world *)(void *)((char *)waiter - offsetof(struct world, waiters[0]));
	(void)answer;
	w->n_answers++;
	if (!w->drop_in_answer)
		return;
	upstreams_unref(w->set);
	w->set = NULL;
}

static bool ask(struct world *w, size_t i, struct sv query)
{
	struct shared_ask_answer answer = { 0 };
	struct error err;
	w->waiters[i].done = on_answer;
	enum error_kind kind = shared_ask_query(
		w->set->at[1]->ask, query, 5 * NS_PER_SEC, &w->waiters[i], &answer, &err);
	ck_assert_msg(kind == ERR_OK, "%s", err.text);
	return answer.at_hand;
}

static void turn_until(struct world *w, const unsigned *what, unsigned n)
{
	int64_t until = instant_mono_now().ns + NET_PATIENCE_NS;
	while (*what < n) {
		net_turn(&w->net, 2);
		ck_assert_msg(instant_mono_now().ns < until, "never");
	}
}

START_TEST(equal_questions_are_one_and_answers_are_kept_for_a_while)
{
	struct world w;
	start(&w);
	struct rules_config rules = rules_of(&w, "");
	w.set = make(&w, &rules, NULL);
	ck_assert(!ask(&w, 0, SV("a")));
	w.waiters[1] = (struct shared_ask_waiter){ 0 };
	struct shared_ask_answer answer = { 0 };
	struct error err;
	w.waiters[1].done = on_answer;
	ck_assert_int_eq(shared_ask_query(w.set->at[1]->ask, SV("a"), NS_PER_SEC, &w.waiters[1],
				 &answer, &err),
		ERR_OK);
	/* One waiter leaves: the question goes on for the other. */
	shared_ask_cancel(&w.waiters[1]);
	turn_until(&w, &w.n_answers, 1);
	ck_assert_uint_eq(w.net.n_handled, 1);
	ck_assert_uint_eq(w.n_counted, 1);
	ck_assert(ask(&w, 0, SV("a")));
	/* The same text to the other server is another question. */
	struct shared_ask_stats stats = shared_ask_stats(w.set->at[0]->ask);
	ck_assert_uint_eq(stats.n_asked, 0);
	stats = shared_ask_stats(w.set->at[1]->ask);
	ck_assert_uint_eq(stats.n_asked, 1);
	ck_assert_uint_eq(stats.n_joined, 1);
	ck_assert_uint_eq(stats.n_reused, 1);
	stop(&w);
}
END_TEST

START_TEST(who_joins_a_question_does_not_inherit_the_patience_of_who_asked_first)
{
	struct world w;
	struct shared_ask_answer answer = { 0 };
	struct error err;
	start(&w);
	struct rules_config rules = rules_of(&w, "");
	w.set = make(&w, &rules, NULL);
	w.hold = true;
	w.waiters[1].done = on_answer;
	ck_assert_int_eq(shared_ask_query(w.set->at[1]->ask, SV("a"), 20 * NS_PER_MS, &w.waiters[1],
				 &answer, &err),
		ERR_OK);
	ask(&w, 0, SV("a"));
	turn_until(&w, &w.net.n_handled, 1);
	shared_ask_cancel(&w.waiters[1]);
	for (int64_t until = instant_mono_now().ns + 60 * NS_PER_MS; instant_mono_now().ns < until;)
		net_turn(&w.net, 2);
	ck_assert_uint_eq(w.n_answers, 0);
	http_exchange_reply(w.held, 200, "application/json", SV("{}"), NULL);
	turn_until(&w, &w.n_counted, 1);
	ck_assert_uint_eq(w.n_answers, 1);
	ck_assert_uint_eq(w.net.n_handled, 1);
	stop(&w);
}
END_TEST

/* The last request of an old set ends inside of the answer that it waited for. */
START_TEST(a_set_may_end_inside_of_an_answer)
{
	for (int kept = 0; kept < 2; kept++) {
		struct world w;
		start(&w);
		w.options.answer_max_age_ns = kept ? NS_PER_SEC : 0;
		struct rules_config rules = rules_of(&w, "");
		w.set = make(&w, &rules, NULL);
		w.drop_in_answer = true;
		ask(&w, 0, SV("a"));
		turn_until(&w, &w.n_answers, 1);
		ck_assert_ptr_null(w.set);
		stop(&w);
	}
}
END_TEST

START_TEST(a_set_may_end_while_it_asks)
{
	struct world w;
	start(&w);
	struct rules_config rules = rules_of(&w, "");
	w.set = make(&w, &rules, NULL);
	w.hold = true;
	ask(&w, 0, SV("a"));
	turn_until(&w, &w.net.n_handled, 1);
	shared_ask_cancel(&w.waiters[0]);
	ask(&w, 0, SV("b"));
	upstreams_unref(upstreams_ref(w.set));
	upstreams_unref(w.set);
	w.set = NULL;
	shared_ask_cancel(&w.waiters[0]);
	ck_assert_uint_eq(w.n_answers, 0);
	stop(&w);
}
END_TEST

static struct world *making;
static struct rules_config made_of;

static enum error_kind make_set(struct error *err)
{
	AUTO(upstreams_unref) struct upstreams *u = NULL;
	return upstreams_new(&making->config, &made_of, NULL, &u, err);
}

START_TEST(out_of_memory_makes_no_set)
{
	struct world w;
	start(&w);
	made_of = rules_of(&w, "");
	making = &w;
	fail_each_allocation(make_set);
	stop(&w);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, out_of_memory_makes_no_set);
	tcase_add_test(tcase, what_did_not_change_stays_the_same_object);
	tcase_add_test(tcase, files_are_read_again_and_bad_ones_keep_what_there_is);
	tcase_add_test(tcase, equal_questions_are_one_and_answers_are_kept_for_a_while);
	tcase_add_test(
		tcase, who_joins_a_question_does_not_inherit_the_patience_of_who_asked_first);
	tcase_add_test(tcase, a_set_may_end_inside_of_an_answer);
	tcase_add_test(tcase, a_set_may_end_while_it_asks);
}

int main(void)
{
	return run_case("upstreams", add);
}
