/* config_reload.c: a good file counts from the next look on, a bad one changes nothing. */
#include <stdio.h>
#include <unistd.h>

#include "controller/config_reload.h"
#include "tests/unit/common/net.h"

#define MAIN "servers:\n- {name: main, url: \"http://127.0.0.1:1\", namespaces: [shop]}\n"
#define OTHER "servers:\n- {name: other, url: \"http://127.0.0.1:1\", namespaces: [shop]}\n"

struct world {
	struct loop *loop;
	struct http_client *http;
	struct selfmetrics *metrics;
	struct config_reload *reload;
	char file[64], password[64];
};

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static enum error_kind open_config(struct world *w, struct error *err)
{
	const struct config_reload_config config = { .loop = w->loop,
		.path = w->file,
		.metrics = w->metrics,
		.share = { .http = w->http, .timeout_ns = NS_PER_SEC } };

	return config_reload_new(&config, &w->reload, err);
}

static void start(struct world *w, const char *text)
{
	struct error err;

	*w = (struct world){ .metrics = selfmetrics_new() };
	ck_assert_ptr_nonnull(w->metrics);
	(void)snprintf(w->file, sizeof(w->file), "/tmp/test_config_reload.%d.yaml", (int)getpid());
	write_file(w->file, text);
	ck_assert_int_eq(loop_new(&w->loop, &err), ERR_OK);
	ck_assert_int_eq(http_client_new(w->loop, &w->http, &err), ERR_OK);
}

static void stop(struct world *w)
{
	config_reload_free(w->reload);
	http_client_free(w->http);
	loop_free(w->loop);
	selfmetrics_free(w->metrics);
	(void)unlink(w->file);
}

static void check_metric(const struct world *w, const char *line)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, 100000);
	selfmetrics_print(w->metrics, &text);
	ck_assert_msg(strstr(buf_text(&text), line), "no %s in\n%s", line, buf_text(&text));
}

static void check_server(const struct world *w, const char *name, const char *ns)
{
	const struct ask_prometheus_servers *servers = config_reload_servers(w->reload);

	ck_assert_uint_eq(servers->n, 1);
	ck_assert(sv_is(servers->at[0].name, name));
	ck_assert(server_config_allows(&servers->at[0], sv_of(ns)));
	ck_assert_uint_eq(prom_share_n_servers(config_reload_share(w->reload)), 1);
	ck_assert(sv_is(prom_share_stats(config_reload_share(w->reload), 0).server, name));
}

START_TEST(a_changed_file_counts_and_a_bad_one_does_not)
{
	struct world w;
	struct error err;

	start(&w, MAIN);
	ck_assert_msg(open_config(&w, &err) == ERR_OK, "%s", err.text);
	check_server(&w, "main", "shop");
	config_reload_now(w.reload);
	write_file(w.file, OTHER);
	config_reload_now(w.reload);
	check_server(&w, "other", "shop");
	check_metric(&w, "flyball_controller_config_reloads_total{result=\"success\"} 1\n");
	write_file(w.file, "servers: [");
	config_reload_now(w.reload);
	config_reload_now(w.reload);
	check_server(&w, "other", "shop");
	/* Well formed, but of no use. */
	write_file(
		w.file, "servers:\n- {name: main, url: \"https://a\", caFile: /nonexistent/ca}\n");
	config_reload_now(w.reload);
	check_server(&w, "other", "shop");
	ck_assert_int_eq(unlink(w.file), 0);
	config_reload_now(w.reload);
	check_server(&w, "other", "shop");
	check_metric(&w, "flyball_controller_config_reloads_total{result=\"error\"} 3\n");
	/* Only who may use it is another one. */
	write_file(w.file,
		"servers:\n- {name: other, url: \"http://127.0.0.1:1\", namespaces: [bank]}\n");
	config_reload_now(w.reload);
	check_server(&w, "other", "bank");
	check_metric(&w, "flyball_controller_config_reloads_total{result=\"success\"} 2\n");
	stop(&w);
}
END_TEST

START_TEST(files_that_it_names_are_looked_at_too)
{
	struct world w;
	struct error err;
	char text[300];

	start(&w, "");
	(void)snprintf(w.password, sizeof(w.password), "/tmp/test_config_reload.%d.password",
		(int)getpid());
	(void)snprintf(text, sizeof(text),
		"servers:\n- {name: main, url: \"http://127.0.0.1:1\", namespaces: [shop], "
		"basicAuth: "
		"{username: a, passwordFile: %s}}\n",
		w.password);
	write_file(w.file, text);
	ck_assert_int_eq(open_config(&w, &err), ERR_INVALID);
	ck_assert_msg(strstr(err.text, w.password), "%s", err.text);
	write_file(w.password, "one");
	selfmetrics_free(w.metrics);
	w.metrics = selfmetrics_new();
	ck_assert_msg(open_config(&w, &err) == ERR_OK, "%s", err.text);
	config_reload_now(w.reload);
	write_file(w.password, "two");
	config_reload_now(w.reload);
	config_reload_now(w.reload);
	check_metric(&w, "flyball_controller_config_reloads_total{result=\"success\"} 1\n");
	(void)unlink(w.password);
	stop(&w);
}
END_TEST

static void add(TCase *tcase)
{
	tcase_add_test(tcase, a_changed_file_counts_and_a_bad_one_does_not);
	tcase_add_test(tcase, files_that_it_names_are_looked_at_too);
}

int main(void)
{
	return run_case("config_reload", add);
}
