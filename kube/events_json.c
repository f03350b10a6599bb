/* The JSON of core/v1 Events, member by member in the order of Go's structs, so that what we send is what client-go would have sent. Pure. */
#include "common/jw.h"
#include "kube/events.h"

static void member_unless_empty(struct jw *w, const char *key, struct sv text)
{
	if (text.len > 0)
		jw_member_sv(w, key, text);
}

/* A text that could not be made must fail the document: half of one would be taken for the truth. */
static void member_buf(struct jw *w, const char *key, const struct buf *text)
{
	if (text->failed && !w->out->failed)
		w->out->failed = text->failed;
	jw_member_sv(w, key, buf_sv(text));
}

static void member_time(struct jw *w, const char *key, struct wall t)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, 64);
	instant_wall_print(&text, t);
	member_buf(w, key, &text);
}

static void member_message(struct jw *w, const struct event *event, const struct event_plan *plan)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, event->message.len + sizeof(EVENT_COMBINED_PREFIX));
	if (plan->combined)
		buf_put_str(&text, EVENT_COMBINED_PREFIX);
	buf_put_sv(&text, event->message);
	member_buf(w, "message", &text);
}

static struct sv namespace_of(const struct event *event)
{
	return event->namespace.len > 0 ? event->namespace : SV("default");
}

void events_encode(struct buf *out, const char *component, const struct event *event,
	const struct event_plan *plan)
{
	struct jw w;

	jw_init(&w, out);
	jw_object(&w);
	jw_member_str(&w, "kind", "Event");
	jw_member_str(&w, "apiVersion", "v1");
	jw_key(&w, "metadata");
	jw_object(&w);
	jw_member_sv(&w, "name", plan->name);
	jw_member_sv(&w, "namespace", namespace_of(event));
	jw_object_end(&w);
	jw_key(&w, "involvedObject");
	jw_object(&w);
	member_unless_empty(&w, "kind", event->kind);
	member_unless_empty(&w, "namespace", event->namespace);
	member_unless_empty(&w, "name", event->name);
	member_unless_empty(&w, "uid", event->uid);
	member_unless_empty(&w, "apiVersion", event->api_version);
	member_unless_empty(&w, "resourceVersion", event->resource_version);
	jw_object_end(&w);
	member_unless_empty(&w, "reason", event->reason);
	member_message(&w, event, plan);
	jw_key(&w, "source");
	jw_object(&w);
	jw_member_str(&w, "component", component);
	jw_object_end(&w);
	member_time(&w, "firstTimestamp", plan->first);
	member_time(&w, "lastTimestamp", plan->last);
	jw_member_i64(&w, "count", plan->count);
	member_unless_empty(&w, "type", event->type);
	jw_key(&w, "eventTime");
	jw_null(&w);
	jw_member_str(&w, "reportingComponent", plan->combined ? "" : component);
	jw_member_str(&w, "reportingInstance", "");
	jw_object_end(&w);
}

void events_encode_patch(struct buf *out, const struct event *event, const struct event_plan *plan)
{
	struct jw w;

	jw_init(&w, out);
	jw_object(&w);
	jw_member_i64(&w, "count", plan->count);
	member_time(&w, "lastTimestamp", plan->last);
	member_message(&w, event, plan);
	jw_object_end(&w);
}
