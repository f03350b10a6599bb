/* Deep copies into a block and their comparison. */
#include "controller/pod_parts.h"

#include <string.h>

#define ALIGN _Alignof(max_align_t)

/* Of a packed label; an object is far shorter than they can say. */
struct lengths {
	uint32_t key, value;
};

void *pod_parts_reserve(struct pod_parts_block *b, size_t size)
{
	size_t at = (b->at + ALIGN - 1) & ~(ALIGN - 1);

	b->at = at + size;
	return b->base ? b->base + at : NULL;
}

static struct sv copy_text(struct pod_parts_block *b, struct sv text)
{
	char *to = b->base ? b->base + b->at : NULL;

	b->at += text.len;
	if (to && text.len > 0)
		memcpy(to, text.ptr, text.len);
	return to ? sv_from(to, text.len) : SV("");
}

void pod_parts_pack_labels(struct pod_parts_block *b, const struct pod_labels *from)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct label *l = &from->at[i];
		const struct lengths lengths = { (uint32_t)l->key.len, (uint32_t)l->value.len };
		(void)copy_text(b, sv_from((const char *)&lengths, sizeof(lengths)));
		(void)copy_text(b, l->key);
		(void)copy_text(b, l->value);
	}
}

struct label pod_parts_next_label(const char **at)
{
	struct lengths lengths;

	memcpy(&lengths, *at, sizeof(lengths));
	const char *texts = *at + sizeof(lengths);
	*at = texts + lengths.key + lengths.value;
	return (struct label){ sv_from(texts, lengths.key),
		sv_from(texts + lengths.key, lengths.value) };
}

static struct pod_requests copy_requests(struct pod_parts_block *b, const struct pod_requests *from)
{
	struct pod_request *at = pod_parts_reserve(b, from->n * sizeof(*at));

	for (size_t i = 0; i < from->n; i++) {
		struct pod_request request = from->at[i];
		request.resource = copy_text(b, request.resource);
		request.quantity.text = copy_text(b, request.quantity.text);
		if (at)
			at[i] = request;
	}
	return (struct pod_requests){ at, from->n };
}

struct pod_template pod_parts_copy_template(
	struct pod_parts_block *b, const struct pod_template *from)
{
	struct pod_container *at = pod_parts_reserve(b, from->n_containers * sizeof(*at));

	for (size_t i = 0; i < from->n_containers; i++) {
		struct pod_container container = {
			.name = copy_text(b, from->containers[i].name),
			.role = from->containers[i].role,
			.requests = copy_requests(b, &from->containers[i].requests),
		};
		if (at)
			at[i] = container;
	}
	return (struct pod_template){
		.containers = at,
		.n_containers = from->n_containers,
		.pod_level = copy_requests(b, &from->pod_level),
		.overhead = copy_requests(b, &from->overhead),
	};
}

bool pod_parts_labels_eq(const char *packed, const struct pod_labels *b)
{
	for (size_t i = 0; i < b->n; i++) {
		struct label l = pod_parts_next_label(&packed);
		if (!sv_eq(l.key, b->at[i].key) || !sv_eq(l.value, b->at[i].value))
			return false;
	}
	return true;
}

static bool quantity_same(const struct quantity *a, const struct quantity *b)
{
	return a->large == b->large && a->small == b->small && a->scale == b->scale &&
	       a->form == b->form && a->format == b->format && a->keeps_text == b->keeps_text &&
	       sv_eq(a->text, b->text);
}

static bool requests_eq(const struct pod_requests *a, const struct pod_requests *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!sv_eq(a->at[i].resource, b->at[i].resource) ||
			!quantity_same(&a->at[i].quantity, &b->at[i].quantity))
			return false;
	return true;
}

bool pod_parts_template_eq(const struct pod_template *a, const struct pod_template *b)
{
	if (a->n_containers != b->n_containers)
		return false;
	for (size_t i = 0; i < a->n_containers; i++) {
		const struct pod_container *x = &a->containers[i], *y = &b->containers[i];
		if (x->role != y->role || !sv_eq(x->name, y->name) ||
			!requests_eq(&x->requests, &y->requests))
			return false;
	}
	return requests_eq(&a->pod_level, &b->pod_level) && requests_eq(&a->overhead, &b->overhead);
}
