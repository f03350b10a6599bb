/* The status is patched by name alone: the object may be what crashes whoever reads it. A native object's other conditions stay (its conditions merge by type);
 * those of our kind are replaced, for a custom resource's lists do not merge. */
#include "controller/notice.h"

#include "common/jw.h"
#include "common/limits.h"
#include "kube/api_path.h"

#define TIMEOUT_NS (10 * NS_PER_SEC)
/* A version as text. */
#define VERSION_BYTES 24

static void on_patched(const struct client_answer *answer, const struct error *failed, void *ctx)
{
	(void)answer;
	(void)failed;
	(void)ctx;
}

static void put_condition(struct buf *out, const char *reason, struct sv message, struct wall now)
{
	AUTO(buf_done) struct buf at = { 0 };
	struct jw w;

	buf_init(&at, 64);
	instant_wall_print(&at, now);
	jw_init(&w, out);
	jw_object(&w);
	jw_key(&w, "status");
	jw_object(&w);
	jw_key(&w, "conditions");
	jw_array(&w);
	jw_object(&w);
	jw_member_str(&w, "type", "AbleToScale");
	jw_member_str(&w, "status", "False");
	jw_member_sv(&w, "lastTransitionTime", buf_sv(&at));
	jw_member_str(&w, "reason", reason);
	jw_member_sv(&w, "message", message);
	jw_object_end(&w);
	jw_array_end(&w);
	jw_object_end(&w);
	jw_object_end(&w);
}

static void patch_status(const struct drive_context *context, const struct autoscaler *one,
	const char *reason, struct sv message, struct mono deadline)
{
	AUTO(buf_done) struct buf target = { 0 }, body = { 0 };
	const struct autoscaler_kind_names *names = autoscaler_kind_names(one->kind);
	const struct api_path path = {
		.group = sv_of(names->group),
		.version = sv_of(names->version),
		.namespace = one->ns,
		.resource = sv_of(names->plural),
		.name = one->name,
		.subresource = SV("status"),
	};
	struct error ignored;

	buf_init(&target, LIMIT_OBJECT_BYTES);
	buf_init(&body, LIMIT_OBJECT_BYTES);
	api_path_put(&target, &path);
	put_condition(&body, reason, message, instant_wall_now());
	const struct client_request request = {
		.method = "PATCH",
		.target = buf_text(&target),
		.resource = names->resource,
		.body = buf_sv(&body),
		.content_type = one->kind == AUTOSCALER_NATIVE ? CLIENT_PATCH_STRATEGIC
							       : CLIENT_PATCH_MERGE,
		.timeout_ns = TIMEOUT_NS,
		.deadline = deadline,
		.once = true,
		.done = on_patched,
	};
	if (target.failed == ERR_OK && body.failed == ERR_OK)
		(void)!client_start(context->client, &request, NULL, &ignored);
}

static void send_event(
	struct events *events, const struct autoscaler *one, const char *reason, struct sv message)
{
	AUTO(buf_done) struct buf version = { 0 };
	const struct autoscaler_kind_names *names = autoscaler_kind_names(one->kind);

	buf_init(&version, VERSION_BYTES);
	buf_put_u64(&version, one->version);
	const struct event event = {
		.api_version = sv_of(names->api_version),
		.kind = sv_of(names->kind),
		.namespace = one->ns,
		.name = one->name,
		.uid = sv_of(one->uid),
		.resource_version = buf_sv(&version),
		.type = SV("Warning"),
		.reason = sv_of(reason),
		.message = message,
	};
	events_record(events, &event);
}

bool notice_send(const struct drive_context *context, struct events *events,
	const struct autoscaler *one, const char *reason, struct sv message)
{
	/* All that the gate wants to know of an object that nobody has read. */
	const struct hpa unread = { .meta = { .ns = one->ns, .name = one->name } };
	struct gate_answer status = context->gate(one, &unread, GATE_STATUS, context->gate_ctx);

	if (pressure_lasts(context->pressure, instant_mono_now()))
		return false;
	if (status.allowed)
		patch_status(context, one, reason, message, status.deadline);
	if (context->gate(one, &unread, GATE_EVENT, context->gate_ctx).allowed)
		send_event(events, one, reason, message);
	return status.allowed;
}
