/* Edge: watches in, answers out, one log line for each change of mind. */
#include "controller/beside.h"

#include "common/log.h"
#include "kube/kind_watch.h"

#define MAX_MESSAGE_BYTES 2048

struct beside {
	void (*on_progress)(void *ctx);
	void *ctx;
	struct canary_watch *canary; /* NULL: native objects are not written anyway */
	struct foreign *foreign;
	struct kind_watch *keda;
	bool indexes_natives;
	bool keda_failed; /* said once */
	bool canary_failed;
};

static void on_verdict(enum canary_verdict verdict, const char *by, void *ctx)
{
	struct beside *b = ctx;

	b->canary_failed = false;
	switch (verdict) {
	case CANARY_SILENT:
		log_event(LOG_INFO,
			"no other HPA controller lives; native objects are written from now on",
			NULL, NULL);
		return;
	case CANARY_ANSWERED:
		log_event(LOG_WARN,
			"another HPA controller lives; native objects are not written while it "
			"does",
			"controller", by, NULL);
		return;
	case CANARY_UNKNOWN:
		log_event(LOG_WARN,
			"the canary was not confirmed lately; native objects are not written", NULL,
			NULL);
		return;
	}
}

static void on_canary_error(const struct error *err, void *ctx)
{
	struct beside *b = ctx;

	if (!b->canary_failed)
		log_event(LOG_WARN,
			"the canary cannot be watched; native objects are not written without it",
			"error", err->text, NULL);
	b->canary_failed = true;
}

static void tell_lost(const struct object_id *id, const struct error *err)
{
	AUTO(buf_done) struct buf name = { 0 };

	buf_init(&name, MAX_MESSAGE_BYTES);
	buf_printf(&name, "%.*s/%.*s", SV_ARG(id->namespace), SV_ARG(id->name));
	log_event(LOG_ERROR, "cannot take in another autoscaler", "object", buf_text(&name),
		"error", err->text, NULL);
}

static void on_keda(const struct object_id *id, struct sv json, void *ctx)
{
	struct beside *b = ctx;
	struct error err;

	if (foreign_put_keda(b->foreign, json, &err) != ERR_OK)
		tell_lost(id, &err);
}

static void on_keda_gone(const struct object_id *id, struct sv json, void *ctx)
{
	struct beside *b = ctx;

	(void)json;
	foreign_remove(b->foreign, FOREIGN_KEDA, id->namespace, id->name);
}

static void on_keda_error(const struct error *err, void *ctx)
{
	struct beside *b = ctx;

	if (!b->keda_failed)
		log_event(LOG_WARN,
			"ScaledObjects cannot be watched; one on a target of ours goes unnoticed",
			"error", err->text, NULL);
	b->keda_failed = true;
	b->on_progress(b->ctx);
}

static void on_keda_synced(void *ctx)
{
	struct beside *b = ctx;

	b->on_progress(b->ctx);
}

static void on_keda_known(bool installed, void *ctx)
{
	struct beside *b = ctx;

	if (!installed)
		foreign_remove_kind(b->foreign, FOREIGN_KEDA);
	b->on_progress(b->ctx);
}

enum error_kind beside_new(
	const struct beside_config *config, struct beside **ret, struct error *err)
{
	AUTO(beside_free) struct beside *b = mem_zalloc(sizeof(*b));

	if (!b)
		return error_nomem(err);
	b->on_progress = config->on_progress;
	b->ctx = config->ctx;
	b->foreign = foreign_new();
	if (!b->foreign)
		return error_nomem(err);
	const struct canary_watch_config canary = { .client = config->client,
		.namespace = config->namespace,
		.period_ns = config->canary_period_ns,
		.on_verdict = on_verdict,
		.on_error = on_canary_error,
		.ctx = b };
	if (config->owns_native && canary_watch_new(&canary, &b->canary, err) != ERR_OK)
		return err->kind;
	const struct kind_watch_config keda = {
		.watch = { .client = config->client,
			.path = "/apis/keda.sh/v1alpha1/scaledobjects",
			.resource = "scaledobjects.keda.sh",
			.on_object = on_keda,
			.on_deleted = on_keda_gone,
			.on_synced = on_keda_synced,
			.on_error = on_keda_error,
			.ctx = b },
		.discovery = config->discovery,
		.group = "keda.sh",
		.version = "v1alpha1",
		.plural = "scaledobjects",
		.on_known = on_keda_known,
	};
	if (kind_watch_start(&keda, &b->keda, err) != ERR_OK)
		return err->kind;
	*ret = TAKE_PTR(b);
	return ERR_OK;
}

void beside_free(struct beside *b)
{
	if (!b)
		return;
	kind_watch_stop(b->keda);
	canary_watch_free(b->canary);
	foreign_free(b->foreign);
	mem_free(b);
}

bool beside_is_synced(const struct beside *b)
{
	return b->keda_failed || kind_watch_is_synced(b->keda);
}

void beside_lead(struct beside *b, bool leads)
{
	if (b->canary)
		canary_watch_lead(b->canary, leads);
}

bool beside_index_natives(struct beside *b)
{
	bool news = !b->indexes_natives;

	b->indexes_natives = true;
	return news;
}

bool beside_see_native(struct beside *b, const struct object_id *id, struct sv json)
{
	struct error err;

	/* Who owns natives answers the canary of another one, as any HPA controller does: so they find each other. */
	bool is_canary = b->canary ? canary_watch_object(b->canary, id, json)
				   : canary_watch_is_canary(id, json);
	/* A canary acts on nothing, unless somebody made it a target; nobody else keeps it until natives are indexed. */
	if (!b->indexes_natives && !is_canary)
		return false;
	/* One that does not decode counts as before its last edit; its own pass tells of it. */
	enum error_kind kind = foreign_put_native(b->foreign, id, json, &err);
	if (kind != ERR_OK && kind != ERR_INVALID)
		tell_lost(id, &err);
	return is_canary;
}

bool beside_lose_native(struct beside *b, const struct object_id *id)
{
	foreign_remove(b->foreign, FOREIGN_NATIVE, id->namespace, id->name);
	return b->canary && canary_watch_object(b->canary, id, SV_NULL);
}

bool beside_may_write_native(const struct beside *b)
{
	return b->canary && canary_watch_judge(b->canary) == CANARY_SILENT;
}

bool beside_has_foreign(const struct beside *b, const struct hpa *hpa)
{
	struct foreign_question question;
	struct foreign_actor actor;

	return foreign_question_of(hpa, &question) && foreign_find(b->foreign, &question, &actor);
}

struct sv beside_find_foreign(const struct beside *b, struct arena *a, const struct hpa *hpa)
{
	return foreign_tell(b->foreign, a, hpa);
}
