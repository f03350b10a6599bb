/* Validation of metadata: the rules every namespaced object obeys. Pure. */
#include "common/limits.h"
#include "controller/hpa_validate_parts.h"

#define MAX_ANNOTATIONS_BYTES (256 * 1024)

static const struct codec_path METADATA = { .member = SV("metadata") };

static void check_name(struct field_error_list *l, const struct hpa_meta *meta)
{
	struct sv generate = meta->generate_name;

	if (generate.len > 0) {
		/* A trailing dash is what the suffix will follow. The reference then also drops the letter before the dash from its check. */
		struct names_problems problems = names_dns1123_subdomain(generate);
		if (generate.len > 1 && sv_has_suffix(generate, SV("-"))) {
			char *masked = arena_printf(
				l->a, "%.*sa", SV_ARG(sv_take(generate, generate.len - 2)));
			if (!masked)
				l->failed = true;
			else
				problems = names_dns1123_subdomain(sv_of(masked));
		}
		hpa_validate_add_problems(l, &METADATA, "generateName", generate, problems);
	}
	if (meta->name.len == 0)
		hpa_validate_add(l, FIELD_ERROR_REQUIRED, &METADATA, "name",
			"name or generateName is required");
	else
		hpa_validate_add_problems(
			l, &METADATA, "name", meta->name, names_dns1123_subdomain(meta->name));
	if (meta->ns.len == 0)
		hpa_validate_add(l, FIELD_ERROR_REQUIRED, &METADATA, "namespace", NULL);
	else
		hpa_validate_add_problems(
			l, &METADATA, "namespace", meta->ns, names_dns1123_label(meta->ns));
}

static void check_labels(struct field_error_list *l, const struct hpa_meta *meta)
{
	for (size_t i = 0; i < meta->n_labels; i++) {
		const struct label *label = &meta->labels[i];
		hpa_validate_add_problems(
			l, &METADATA, "labels", label->key, names_label_key(label->key));
		hpa_validate_add_problems(
			l, &METADATA, "labels", label->value, names_label_value(label->value));
	}
}

/* A key in capitals is as good as its small letters. */
static struct names_problems annotation_key_problems(struct field_error_list *l, struct sv key)
{
	char *small = arena_strdup(l->a, key);

	if (!small) {
		l->failed = true;
		return (struct names_problems){ 0 };
	}
	for (size_t i = 0; i < key.len; i++) {
		if (small[i] >= 'A' && small[i] <= 'Z')
			small[i] = (char)(small[i] - 'A' + 'a');
	}
	return names_label_key(sv_from(small, key.len));
}

static void check_annotations(struct field_error_list *l, const struct hpa_meta *meta)
{
	size_t n_bytes = 0;

	for (size_t i = 0; i < meta->n_annotations; i++) {
		const struct label *annotation = &meta->annotations[i];
		hpa_validate_add_problems(l, &METADATA, "annotations", annotation->key,
			annotation_key_problems(l, annotation->key));
		n_bytes += annotation->key.len + annotation->value.len;
	}
	if (n_bytes > MAX_ANNOTATIONS_BYTES)
		hpa_validate_add(l, FIELD_ERROR_TOO_LONG, &METADATA, "annotations",
			"may not be more than 262144 bytes");
}

static void check_owner(
	struct field_error_list *l, const struct codec_path *path, const struct jtree *owner)
{
	static const struct {
		const char *member, *detail;
	} members[] = {
		{ "apiVersion", "version must not be empty" },
		{ "kind", "must not be empty" },
		{ "name", "must not be empty" },
		{ "uid", "must not be empty" },
	};

	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		struct sv text = jtree_text(jtree_get(owner, members[i].member));
		bool no_version = i == 0 && sv_has_suffix(text, SV("/"));
		if (text.len == 0 || no_version)
			hpa_validate_add_text(l, path, members[i].member, text, members[i].detail);
	}
}

static void check_finalizer(struct field_error_list *l, struct sv name, size_t i)
{
	struct codec_path all = { .up = &METADATA, .member = SV("finalizers") };
	struct codec_path at = { .up = &all, .index = i };
	bool standard = sv_is(name, "kubernetes") || sv_is(name, "orphan") ||
			sv_is(name, "foregroundDeletion");

	hpa_validate_add_problems(l, &all, NULL, name, names_label_key(name));
	if (sv_find(name, '/') == name.len && !standard)
		hpa_validate_add_text(l, &at, NULL, name,
			"name is neither a standard finalizer name nor is it fully qualified");
}

/* Finalizers and owners, which are kept as text only. */
static void check_rest(struct field_error_list *l, struct sv rest)
{
	struct codec_path owners = { .up = &METADATA, .member = SV("ownerReferences") };
	struct jtree *t;
	struct error err;

	if (!rest.ptr)
		return;
	if (jtree_parse(l->a, rest, &t, &err) != ERR_OK) {
		l->failed = true;
		return;
	}
	JTREE_FOREACH (owner, jtree_get(t, "ownerReferences")) {
		check_owner(l, &owners, owner);
	}
	size_t i = 0;
	JTREE_FOREACH (finalizer, jtree_get(t, "finalizers")) {
		check_finalizer(l, jtree_text(finalizer), i++);
	}
}

void hpa_validate_meta(struct field_error_list *l, const struct hpa_meta *meta)
{
	check_name(l, meta);
	if (meta->generation < 0)
		hpa_validate_add_i64(l, &METADATA, "generation", meta->generation,
			"must be greater than or equal to 0");
	check_labels(l, meta);
	check_annotations(l, meta);
	check_rest(l, meta->rest);
}
