/* One question after the other, each with its own turn of the loop; the same clients, limits and decoding as the controller's. */
#include "cli/live_prometheus.h"

#include "controller/config_file.h"
#include "controller/readings_prometheus.h"

/* Where the server's definition says nothing; as the controller's. */
#define TIMEOUT_NS (10 * NS_PER_SEC)
#define FRESH_NS NS_PER_SEC

enum error_kind live_prometheus_open(struct live *l, const char *path, struct error *err)
{
	struct config_file file;

	if (config_file_load(&l->arena, path, &file, err) != ERR_OK)
		return err->kind;
	const struct prom_share_config config = { .http = l->http,
		.cluster = &l->cluster,
		.user_agent = "flyball/" FLYBALL_VERSION,
		.servers = file.prometheus.at,
		.n_servers = file.prometheus.n,
		.timeout_ns = TIMEOUT_NS,
		.fresh_ns = FRESH_NS };
	if (prom_share_new(&config, &l->prom_share, err) != ERR_OK)
		return error_wrap(err, "%s", path);
	l->servers = file.prometheus;
	return ERR_OK;
}

struct asking {
	struct live *live;
	struct arena *a;
	struct pass *pass;
	size_t index;
	bool done;
	enum error_kind kind;
	struct error *err;
};

static void take(struct asking *q, const struct prom_share_answer *answer)
{
	struct live *l = q->live;
	const struct hpa *hpa = q->pass->in.hpa;
	struct pod_set pods;
	struct reading reading;

	q->done = true;
	q->kind = pod_cache_select(
		l->pods, q->a, hpa->meta.ns, &q->pass->target.selector, &pods, q->err);
	if (q->kind == ERR_OK)
		q->kind = readings_prometheus(q->a, hpa->spec.metrics[q->index].prometheus, &pods,
			answer->answer, answer->alive, &reading, q->err);
	if (q->kind == ERR_OK)
		pass_give_reading(q->pass, q->index, &reading);
}

static void on_answer(const struct prom_share_answer *answer, void *ctx)
{
	take(ctx, answer);
}

enum error_kind live_prometheus_ask(struct live *l, struct arena *a, struct pass *pass, size_t i,
	const struct ask_question *question, struct error *err)
{
	struct asking q = { .live = l, .a = a, .pass = pass, .index = i, .err = err };
	struct prom_share_answer answer;
	struct prom_share_waiter *waiter;

	if (prom_share_ask(l->prom_share, question->server, question->query, question->alive_query,
		    on_answer, &q, &answer, &waiter, err) != ERR_OK)
		return err->kind;
	if (!waiter)
		take(&q, &answer);
	while (!q.done) {
		if (loop_run_once(l->loop, -1, err) != ERR_OK) {
			prom_share_cancel(waiter);
			return err->kind;
		}
	}
	return q.kind;
}
