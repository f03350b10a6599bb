/* Query text -> tree and problems. Parses with every option on, so that what is only switched off is told with the switch, not as a syntax error. */
#include "cli/query_check.h"

#include "promql/functions.h"

static const char UNKNOWN_FUNCTION[] = "unknown function with name \"";

/* The name in the parser's message; it is an identifier, without quotes and escapes. */
static struct sv unknown_function(struct sv message)
{
	size_t at = sv_find_sv(message, sv_of(UNKNOWN_FUNCTION));
	struct sv name = sv_skip(message, at + strlen(UNKNOWN_FUNCTION));

	return at < message.len ? sv_take(name, sv_find(name, '"')) : SV_NULL;
}

static enum error_kind suggest(
	struct arena *a, struct sv message, const char **ret, struct error *err)
{
	struct sv name = unknown_function(message);

	*ret = NULL;
	if (name.len == 0)
		return ERR_OK;
	if (sv_is(name, "holt_winters")) {
		*ret = "since Prometheus 3.0 it is called double_exponential_smoothing";
		return ERR_OK;
	}
	const char *known = functions_suggest(name);
	if (!known)
		return ERR_OK;
	*ret = arena_printf(a, "did you mean %s?", known);
	return *ret ? ERR_OK : arena_error(a, err);
}

static enum error_kind tell_errors(struct arena *a, const struct parser_errors *errors,
	struct query_check *ret, struct error *err)
{
	ret->problems = ARENA_ARRAY(a, errors->n, struct query_problem);
	if (!ret->problems)
		return arena_error(a, err);
	for (size_t i = 0; i < errors->n; i++) {
		const struct parser_error *e = &errors->at[i];
		struct query_problem *p = &ret->problems[ret->n_problems++];
		p->start = e->start;
		p->text = arena_strdup(a, e->message);
		if (!p->text)
			return arena_error(a, err);
		if (suggest(a, e->message, &p->hint, err) != ERR_OK)
			return err->kind;
	}
	return ERR_OK;
}

static bool has_feature(const struct query_check_options *o, const char *flag)
{
	for (size_t i = 0; flag && o->features && o->features[i]; i++) {
		if (strcmp(o->features[i], flag) == 0)
			return true;
	}
	return false;
}

static enum error_kind tell_version(struct arena *a, struct sv query,
	const struct query_check_options *o, struct query_check *ret, struct error *err)
{
	struct query_version_finding *found;
	size_t n;

	if (query_version_check(a, query, ret->root, o->version, &found, &n, err) != ERR_OK)
		return err->kind;
	ret->problems = ARENA_ARRAY(a, n, struct query_problem);
	if (!ret->problems)
		return arena_error(a, err);
	for (size_t i = 0; i < n; i++) {
		if (!has_feature(o, found[i].flag))
			ret->problems[ret->n_problems++] =
				(struct query_problem){ found[i].start, found[i].text, NULL };
	}
	return ERR_OK;
}

enum error_kind query_check(struct arena *a, struct sv query,
	const struct query_check_options *options, struct query_check *ret, struct error *err)
{
	struct parser_errors errors = { 0 };

	*ret = (struct query_check){ 0 };
	enum error_kind kind = parser_parse(a, query, PARSER_ALL, &ret->root, &errors, err);
	if (kind == ERR_OK)
		return tell_version(a, query, options, ret, err);
	ret->root = NULL;
	return kind == ERR_INVALID && errors.n > 0 ? tell_errors(a, &errors, ret, err) : kind;
}

void query_check_print(
	struct buf *out, const char *name, struct sv query, const struct query_check *c)
{
	for (size_t i = 0; i < c->n_problems; i++) {
		const struct query_problem *p = &c->problems[i];
		if (name)
			buf_printf(out, "%s: ", name);
		parser_print_position(out, query, p->start);
		buf_printf(out, ": %s%s%s\n", p->text, p->hint ? "; " : "", p->hint ? p->hint : "");
	}
}
