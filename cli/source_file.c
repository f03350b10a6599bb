/* Text -> documents -> autoscalers. A line that says what is wrong also says where: decoders know the place of what they refuse; the API server's validation
 * knows paths only, and they are looked up in the document. */
#include "cli/source_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cli/manifest.h"
#include "common/limits.h"
#include "controller/hpa_decode.h"
#include "controller/hpa_validate.h"

/* Autoscalers of one command line. */
#define MAX_OBJECTS 100000
#define READ_BYTES 65536

struct reader {
	struct arena *a;
	const char *file;
	const struct source_file_options *options;
	struct source_file_list *list;
	size_t n_scaled_objects;
	struct buf *problems;
	struct error *err;
};

static enum error_kind read_all(
	int fd, const char *file, size_t max_bytes, struct buf *out, struct error *err)
{
	char chunk[READ_BYTES];
	ssize_t n;

	buf_init(out, max_bytes);
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(
				err, ERR_INVALID, "%s: cannot be read: %s", file, strerror(errno));
		buf_put(out, chunk, (size_t)n);
		if (out->failed == ERR_LIMIT)
			return error_set(
				err, ERR_LIMIT, "%s: longer than %zu bytes", file, max_bytes);
	}
	return buf_check(out, file, err);
}

enum error_kind source_file_read(
	struct arena *a, const char *file, size_t max_bytes, struct sv *ret, struct error *err)
{
	AUTO(buf_done) struct buf text = { 0 };
	bool standard = strcmp(file, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, errno == ENOENT ? ERR_NOTFOUND : ERR_INVALID,
			"%s: cannot be opened: %s", file, strerror(errno));
	enum error_kind kind =
		read_all(fd, standard ? "standard input" : file, max_bytes, &text, err);
	if (!standard)
		(void)close(fd);
	if (kind != ERR_OK)
		return kind;
	*ret = arena_sv(a, buf_sv(&text));
	return ret->ptr ? ERR_OK : arena_error(a, err);
}

static void put_place(struct reader *r, uint32_t line, uint32_t column)
{
	buf_put_str(r->problems, r->file);
	if (line > 0)
		buf_printf(r->problems, ":%u:%u", line, column);
	buf_put_str(r->problems, ": ");
}

static void tell_findings(struct reader *r, const struct codec *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct codec_finding *f = &c->at[i];
		put_place(r, f->line, f->column);
		if (f->path.len > 0)
			buf_printf(r->problems, "%.*s: ", SV_ARG(f->path));
		buf_printf(r->problems, "%.*s\n", SV_ARG(f->text));
	}
}

static void tell_field_errors(
	struct reader *r, const struct jtree *t, const struct field_error_list *errors)
{
	for (size_t i = 0; i < errors->n; i++) {
		const struct field_error *e = &errors->at[i];
		const struct jtree *where = manifest_locate(t, e->field);
		/* The reference says some things twice. */
		if (i > 0 && e[-1].type == e->type && sv_eq(e[-1].field, e->field) &&
			sv_eq(e[-1].detail, e->detail))
			continue;
		put_place(r, where->line, where->column);
		field_error_print(r->problems, e);
		buf_put_char(r->problems, '\n');
	}
}

static enum error_kind keep(struct reader *r, const struct jtree *t, const struct hpa *hpa)
{
	struct source_file_list *l = r->list;

	if (l->n == MAX_OBJECTS)
		return error_set(r->err, ERR_LIMIT, "more than %d autoscalers", MAX_OBJECTS);
	if (l->n == l->size) {
		size_t size = l->size ? 2 * l->size : 8;
		struct source_file_object *grown =
			ARENA_ARRAY(r->a, size, struct source_file_object);
		if (!grown)
			return arena_error(r->a, r->err);
		if (l->n > 0)
			memcpy(grown, l->at, l->n * sizeof(*grown));
		l->at = grown;
		l->size = size;
	}
	l->at[l->n++] =
		(struct source_file_object){ .hpa = *hpa, .file = r->file, .line = t->line };
	return ERR_OK;
}

/* An object that is decided here, besides. */
static enum error_kind note_native(struct reader *r, const struct hpa *hpa)
{
	if (!r->list->foreign || hpa->owner_kind != AUTOSCALER_NATIVE)
		return ERR_OK;
	return foreign_put_hpa(r->list->foreign, hpa, r->err);
}

static bool is_scaled_object(const struct jtree *t)
{
	return sv_has_prefix(jtree_text(jtree_get(t, "apiVersion")), SV("keda.sh/")) &&
	       sv_is(jtree_text(jtree_get(t, "kind")), "ScaledObject");
}

static enum error_kind note_scaled_object(struct reader *r, const struct jtree *t)
{
	r->n_scaled_objects++;
	if (!r->list->foreign ||
		foreign_put_keda_tree(r->list->foreign, t, sv_of(r->options->ns), r->err) == ERR_OK)
		return ERR_OK;
	if (r->err->kind != ERR_INVALID)
		return r->err->kind;
	put_place(r, t->line, t->column);
	buf_printf(r->problems, "%s\n", r->err->text);
	return ERR_OK;
}

static enum error_kind add_autoscaler(struct reader *r, const struct jtree *t)
{
	struct hpa_validate_options validation = {
		.scale_to_zero = r->options->scale_to_zero,
		.configurable_tolerance = true,
	};
	struct codec c = { .a = r->a, .strict = true };
	struct field_error_list errors;
	struct hpa hpa;

	if (hpa_decode(&c, t, &hpa, r->err) != ERR_OK) {
		if (r->err->kind != ERR_INVALID)
			return r->err->kind;
		if (c.n > 0) {
			tell_findings(r, &c);
			return ERR_OK;
		}
		bool of_kind = sv_has_prefix(sv_of(r->err->text), SV("kind: "));
		const struct jtree *where =
			manifest_locate(t, of_kind ? SV("kind") : SV("apiVersion"));
		put_place(r, where->line, where->column);
		buf_printf(r->problems, "%s\n", r->err->text);
		return ERR_OK;
	}
	if (hpa_decode_admit(r->a, &hpa, r->err) != ERR_OK)
		return r->err->kind;
	if (hpa.owner_kind == AUTOSCALER_OWN)
		validation.scale_to_zero = true;
	if (hpa.meta.ns.len == 0)
		hpa.meta.ns = sv_of(r->options->ns);
	field_error_list_init(&errors, r->a);
	hpa_validate(&hpa, validation, &errors);
	if (errors.failed)
		return arena_error(r->a, r->err);
	if (errors.n == 0)
		return keep(r, t, &hpa) == ERR_OK ? note_native(r, &hpa) : r->err->kind;
	tell_field_errors(r, t, &errors);
	return ERR_OK;
}

/* Documents of a group that no autoscaler belongs to stand beside it in many files: a Deployment, its Service. */
static bool is_of_other_group(const struct jtree *t)
{
	static const char *const OURS[] = { "autoscaling", "flyball.dev" };
	struct sv api_version = jtree_text(jtree_get(t, "apiVersion"));

	if (jtree_get(t, "kind") == NULL || api_version.len == 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(OURS); i++) {
		if (sv_has_prefix(api_version, sv_of(OURS[i])))
			return false;
	}
	return !sv_has_prefix(jtree_text(jtree_get(t, "kind")), SV("HorizontalPodAutoscale"));
}

enum error_kind source_file_parse(struct arena *a, const char *file, struct sv text,
	const struct source_file_options *options, struct source_file_list *list,
	struct buf *problems, struct error *err)
{
	struct reader r = { .a = a,
		.file = file,
		.options = options,
		.list = list,
		.problems = problems,
		.err = err };
	struct manifest documents = { 0 };
	size_t before = list->n, problems_before = problems->len;

	enum error_kind kind = manifest_parse(a, file, text, &documents, err);
	if (kind == ERR_INVALID) {
		buf_printf(problems, "%s\n", err->text);
		return ERR_OK;
	}
	for (size_t i = 0; i < documents.n && kind == ERR_OK; i++) {
		const struct jtree *t = documents.at[i].tree;
		r.file = documents.at[i].file;
		if (is_scaled_object(t))
			kind = note_scaled_object(&r, t);
		else if (!is_of_other_group(t))
			kind = add_autoscaler(&r, t);
	}
	if (kind == ERR_OK && list->n == before && r.n_scaled_objects == 0 &&
		problems->len == problems_before)
		buf_printf(problems, "%s: holds no autoscaler\n", file);
	return kind;
}
