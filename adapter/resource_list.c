/* Usage -> the documents of metrics.k8s.io, in the reference's order of members. creationTimestamp is the time of the answer, as there. */
#include "adapter/resource_list.h"

#include "adapter/quantity_out.h"
#include "common/jw.h"

/* A key whose value is then written to the buffer directly. */
static void put_key(struct jw *w, const char *key)
{
	jw_key(w, key);
	jw_raw(w, SV(""));
}

static void put_time(struct jw *w, const char *key, struct wall at)
{
	put_key(w, key);
	buf_put_char(w->out, '"');
	instant_wall_print(w->out, at);
	buf_put_char(w->out, '"');
}

static void put_quantity(struct jw *w, int64_t milli, bool memory)
{
	buf_put_char(w->out, '"');
	quantity_out_print(w->out, milli, memory ? QUANTITY_OUT_BINARY : QUANTITY_OUT_DECIMAL);
	buf_put_char(w->out, '"');
}

static void put_window(struct jw *w, int64_t window_ns)
{
	buf_put_char(w->out, '"');
	instant_duration_print(w->out, window_ns);
	buf_put_char(w->out, '"');
}

static void put_metadata(
	struct jw *w, const struct resource_list *l, const struct inventory_object *o)
{
	jw_key(w, "metadata");
	jw_object(w);
	jw_member_sv(w, "name", o->name);
	if (o->namespace.len)
		jw_member_sv(w, "namespace", o->namespace);
	put_time(w, "creationTimestamp", l->now);
	if (o->n_labels) {
		jw_key(w, "labels");
		jw_object(w);
		for (size_t i = 0; i < o->n_labels; i++) {
			jw_key_sv(w, o->labels[i].key);
			jw_sv(w, o->labels[i].value);
		}
		jw_object_end(w);
	}
	jw_object_end(w);
}

static void put_usage(struct jw *w, const struct resource_list_usage *u)
{
	jw_key(w, "usage");
	jw_object(w);
	put_key(w, "cpu");
	put_quantity(w, u->cpu_milli, false);
	put_key(w, "memory");
	put_quantity(w, u->memory_milli, true);
	jw_object_end(w);
}

static void put_item(struct jw *w, const struct resource_list *l,
	const struct resource_list_item *item, bool with_kind)
{
	jw_object(w);
	if (with_kind) {
		jw_member_str(w, "kind", l->nodes ? "NodeMetrics" : "PodMetrics");
		jw_member_str(w, "apiVersion", "metrics.k8s.io/v1beta1");
	}
	put_metadata(w, l, item->object);
	put_time(w, "timestamp", item->at);
	put_key(w, "window");
	put_window(w, l->window_ns);
	if (l->nodes) {
		put_usage(w, item->usage);
	} else {
		jw_key(w, "containers");
		jw_array(w);
		for (size_t i = 0; i < item->n_usage; i++) {
			jw_object(w);
			jw_member_sv(w, "name", item->usage[i].name);
			put_usage(w, &item->usage[i]);
			jw_object_end(w);
		}
		jw_array_end(w);
	}
	jw_object_end(w);
}

static void put_list_head(struct jw *w, const char *kind, const char *group, struct sv version)
{
	jw_object(w);
	jw_member_str(w, "kind", kind);
	put_key(w, "apiVersion");
	buf_printf(w->out, "\"%s/%.*s\"", group, SV_ARG(version));
	jw_key(w, "metadata");
	jw_object(w);
	jw_object_end(w);
}

void resource_list_print(struct buf *out, const struct resource_list *l)
{
	struct jw w;
	jw_init(&w, out);
	if (l->single) {
		put_item(&w, l, l->items, true);
		return;
	}
	put_list_head(&w, l->nodes ? "NodeMetricsList" : "PodMetricsList", "metrics.k8s.io",
		SV("v1beta1"));
	jw_key(&w, "items");
	jw_array(&w);
	for (size_t i = 0; i < l->n_items; i++)
		put_item(&w, l, &l->items[i], false);
	jw_array_end(&w);
	jw_object_end(&w);
}

static void put_partial(struct jw *w, const struct resource_list *l,
	const struct resource_list_item *item, struct sv version)
{
	jw_object(w);
	jw_member_str(w, "kind", "PartialObjectMetadata");
	put_key(w, "apiVersion");
	buf_printf(w->out, "\"meta.k8s.io/%.*s\"", SV_ARG(version));
	put_metadata(w, l, item->object);
	jw_object_end(w);
}

static void put_row(struct jw *w, const struct resource_list *l,
	const struct resource_list_item *item, struct sv version,
	enum resource_list_objects objects)
{
	int64_t cpu = 0, memory = 0;
	for (size_t i = 0; i < item->n_usage; i++) {
		if (__builtin_add_overflow(cpu, item->usage[i].cpu_milli, &cpu))
			cpu = INT64_MAX;
		if (__builtin_add_overflow(memory, item->usage[i].memory_milli, &memory))
			memory = INT64_MAX;
	}
	jw_object(w);
	jw_key(w, "cells");
	jw_array(w);
	jw_sv(w, item->object->name);
	buf_put_char(w->out, ',');
	put_quantity(w, cpu, false);
	buf_put_char(w->out, ',');
	put_quantity(w, memory, true);
	buf_put_char(w->out, ',');
	put_window(w, l->window_ns);
	jw_array_end(w);
	jw_key(w, "object");
	if (objects == RESOURCE_LIST_NONE)
		jw_null(w);
	else if (objects == RESOURCE_LIST_OBJECT)
		put_item(w, l, item, true);
	else
		put_partial(w, l, item, version);
	jw_object_end(w);
}

void resource_list_table(struct buf *out, const struct resource_list *l, struct sv version,
	enum resource_list_objects objects)
{
	static const char COLUMNS[] = "[{\"name\":\"Name\",\"type\":\"string\",\"format\":\"name\","
				      "\"description\":\"Name of the resource\",\"priority\":0},"
				      "{\"name\":\"cpu\",\"type\":\"string\",\"format\":"
				      "\"quantity\",\"description\":\"\",\"priority\":0},"
				      "{\"name\":\"memory\",\"type\":\"string\",\"format\":"
				      "\"quantity\",\"description\":\"\",\"priority\":0},"
				      "{\"name\":\"Window\",\"type\":\"string\",\"format\":"
				      "\"duration\",\"description\":\"\",\"priority\":0}]";
	struct jw w;
	jw_init(&w, out);
	put_list_head(&w, "Table", "meta.k8s.io", version);
	jw_key(&w, "columnDefinitions");
	if (l->n_items == 0) {
		jw_null(&w);
		jw_key(&w, "rows");
		jw_null(&w);
	} else {
		jw_raw(&w, sv_of(COLUMNS));
		jw_key(&w, "rows");
		jw_array(&w);
		for (size_t i = 0; i < l->n_items; i++)
			put_row(&w, l, &l->items[i], version, objects);
		jw_array_end(&w);
	}
	jw_object_end(&w);
}

void resource_list_partial(struct buf *out, const struct resource_list *l, struct sv version)
{
	struct jw w;
	jw_init(&w, out);
	if (l->single) {
		put_partial(&w, l, l->items, version);
		return;
	}
	put_list_head(&w, "PartialObjectMetadataList", "meta.k8s.io", version);
	jw_key(&w, "items");
	jw_array(&w);
	for (size_t i = 0; i < l->n_items; i++)
		put_partial(&w, l, &l->items[i], version);
	jw_array_end(&w);
	jw_object_end(&w);
}
