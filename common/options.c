/* Command line tables. One walk over argv; everything that is wrong is told in one line with the flag's name. */
#include "common/options.h"

#include <string.h>

#include "common/f64.h"
#include "common/instant.h"

/* Arguments of one command line. */
#define MAX_ITEMS 4096
/* Flags that are longer are not offered as a correction. */
#define MAX_FLAG_NAME 96
/* A correction differs from what was written in at most this many letters. */
#define MAX_TYPOS 3
#define HELP_COLUMN 44
#define HELP_WIDTH 100

struct walk {
	const struct option *table;
	size_t n;
	int argc, at;
	char **argv;
	struct option_list *rest;
};

static bool takes_value(const struct option *o)
{
	return o->kind != OPTION_BOOL && o->kind != OPTION_IGNORED_BOOL;
}

static const struct option *find_long(const struct walk *w, struct sv name)
{
	for (size_t i = 0; i < w->n; i++) {
		if (sv_is(name, w->table[i].name))
			return &w->table[i];
	}
	return NULL;
}

static const struct option *find_letter(const struct walk *w, char letter)
{
	for (size_t i = 0; i < w->n; i++) {
		if (letter != '\0' && w->table[i].letter == letter)
			return &w->table[i];
	}
	return NULL;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein distance with one row of memory; names are at most MAX_FLAG_NAME long. */
static size_t distance(struct sv a, struct sv b)
{
	size_t row[MAX_FLAG_NAME + 1];

	for (size_t k = 0; k <= b.len; k++)
		row[k] = k;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t k = 1; k <= b.len; k++) {
			size_t above = row[k];
			row[k] = least(least(above, row[k - 1]) + 1,
				diagonal + (a.ptr[i - 1] != b.ptr[k - 1]));
			diagonal = above;
		}
	}
	return row[b.len];
}

/* Short names are all near each other: at most every second letter may be wrong. */
const char *options_nearest(struct sv name, const char *const *names)
{
	size_t best = least(MAX_TYPOS, name.len / 2) + 1;
	const char *nearest = NULL;

	for (; *names && name.len <= MAX_FLAG_NAME; names++) {
		size_t d = distance(name, sv_of(*names));
		if (d < best) {
			best = d;
			nearest = *names;
		}
	}
	return nearest;
}

static enum error_kind unknown_flag(const struct walk *w, struct sv name, struct error *err)
{
	const char *nearest = NULL;
	size_t best = MAX_TYPOS + 1;

	for (size_t i = 0; i < w->n && name.len <= MAX_FLAG_NAME; i++) {
		struct sv known = sv_of(w->table[i].name);
		size_t d = known.len <= MAX_FLAG_NAME ? distance(name, known) : best;
		if (d < best && w->table[i].help) {
			best = d;
			nearest = w->table[i].name;
		}
	}
	if (nearest)
		return error_set(err, ERR_INVALID, "unknown flag --%.*s; did you mean --%s?",
			SV_ARG(name), nearest);
	return error_set(
		err, ERR_INVALID, "unknown flag --%.*s; --help lists the flags", SV_ARG(name));
}

static enum error_kind wrong(
	const struct option *o, struct sv value, const char *expected, struct error *err)
{
	return error_set(
		err, ERR_INVALID, "--%s=%.*s: expected %s", o->name, SV_ARG(value), expected);
}

static enum error_kind set_bool(const struct option *o, struct sv value, struct error *err)
{
	static const char *const TRUE_WORDS[] = { "true", "1", "t", "T", "TRUE", "True" };
	static const char *const FALSE_WORDS[] = { "false", "0", "f", "F", "FALSE", "False" };
	bool *target = o->target;

	for (size_t i = 0; i < ARRAY_LEN(TRUE_WORDS); i++) {
		bool yes = sv_is(value, TRUE_WORDS[i]);
		if (!yes && !sv_is(value, FALSE_WORDS[i]))
			continue;
		if (target)
			*target = yes;
		return ERR_OK;
	}
	return wrong(o, value, "true or false", err);
}

static enum error_kind set_int(const struct option *o, struct sv value, struct error *err)
{
	int64_t number;
	bool bounded = o->min != 0 || o->max != 0;

	if (!sv_to_i64(value, &number))
		return wrong(o, value, "a whole number", err);
	if (bounded && (number < o->min || number > o->max))
		return error_set(err, ERR_INVALID, "--%s=%.*s: expected a number from %lld to %lld",
			o->name, SV_ARG(value), (long long)o->min, (long long)o->max);
	*(int64_t *)o->target = number;
	return ERR_OK;
}

static enum error_kind set_ratio(const struct option *o, struct sv value, struct error *err)
{
	double number;
	bool bounded = o->min != 0 || o->max != 0;

	if (f64_parse(value, &number) != F64_OK || !(number - number >= 0))
		return wrong(o, value, "a number", err);
	if (bounded && (number < (double)o->min || number > (double)o->max))
		return error_set(err, ERR_INVALID, "--%s=%.*s: expected a number from %lld to %lld",
			o->name, SV_ARG(value), (long long)o->min, (long long)o->max);
	*(double *)o->target = number;
	return ERR_OK;
}

static enum error_kind set_duration(const struct option *o, struct sv value, struct error *err)
{
	AUTO(buf_done) struct buf least_text = { 0 }, most_text = { 0 };
	struct error why;
	int64_t ns;

	buf_init(&least_text, 64);
	buf_init(&most_text, 64);
	if (instant_duration_parse(value, &ns, &why) != ERR_OK)
		return wrong(o, value, "a duration such as 15s or 5m", err);
	if ((o->min != 0 || o->max != 0) && (ns < o->min || ns > o->max)) {
		instant_duration_print(&least_text, o->min);
		instant_duration_print(&most_text, o->max);
		return error_set(err, ERR_INVALID, "--%s=%.*s: expected a duration from %s to %s",
			o->name, SV_ARG(value), buf_text(&least_text), buf_text(&most_text));
	}
	*(int64_t *)o->target = ns;
	return ERR_OK;
}

static enum error_kind set_choice(const struct option *o, struct sv value, struct error *err)
{
	AUTO(buf_done) struct buf words = { 0 };

	buf_init(&words, 512);
	for (int i = 0; o->choices[i]; i++) {
		if (sv_is(value, o->choices[i])) {
			*(int *)o->target = i;
			return ERR_OK;
		}
		buf_printf(&words, "%s%s",
			i == 0		    ? ""
			: o->choices[i + 1] ? ", "
					    : " or ",
			o->choices[i]);
	}
	return wrong(o, value, buf_text(&words), err);
}

static enum error_kind add_item(struct option_list *list, const char *item, struct error *err)
{
	const char **slot = VEC_PUSH(&list->items, MAX_ITEMS);

	if (!slot)
		return error_set(err, ERR_LIMIT, "more than %d arguments", MAX_ITEMS);
	*slot = item;
	return ERR_OK;
}

/* argv may be written to: a list is cut at its commas in place. */
static enum error_kind set_list(const struct option *o, char *value, struct error *err)
{
	enum error_kind rc = ERR_OK;

	if (o->kind == OPTION_REPEAT)
		return add_item(o->target, value, err);
	for (char *comma; value && rc == ERR_OK; value = comma) {
		comma = strchr(value, ',');
		if (comma)
			*comma++ = '\0';
		if (*value != '\0')
			rc = add_item(o->target, value, err);
	}
	return rc;
}

static enum error_kind set(const struct option *o, char *value, struct error *err)
{
	switch (o->kind) {
	case OPTION_TEXT:
		*(const char **)o->target = value;
		return ERR_OK;
	case OPTION_BOOL:
	case OPTION_IGNORED_BOOL:
		return set_bool(o, sv_of(value), err);
	case OPTION_INT:
		return set_int(o, sv_of(value), err);
	case OPTION_RATIO:
		return set_ratio(o, sv_of(value), err);
	case OPTION_DURATION:
		return set_duration(o, sv_of(value), err);
	case OPTION_CHOICE:
		return set_choice(o, sv_of(value), err);
	case OPTION_LIST:
	case OPTION_REPEAT:
		return set_list(o, value, err);
	case OPTION_IGNORED:
		return ERR_OK;
	}
	return error_set(err, ERR_BUG, "--%s: unknown kind of option", o->name);
}

/* The flag's value: behind '=' (given), the next argument, or "true" for a switch. */
static enum error_kind apply(struct walk *w, const struct option *o, char *given, struct error *err)
{
	char yes[] = "true";

	if (given)
		return set(o, given, err);
	if (!takes_value(o))
		return set(o, yes, err);
	if (w->at + 1 >= w->argc)
		return error_set(err, ERR_INVALID, "--%s needs a value", o->name);
	return set(o, w->argv[++w->at], err);
}

static enum error_kind parse_long(struct walk *w, char *flag, struct error *err)
{
	char *equals = strchr(flag, '=');
	struct sv name = sv_from(flag, equals ? (size_t)(equals - flag) : strlen(flag));
	const struct option *o = find_long(w, name);

	return o ? apply(w, o, equals ? equals + 1 : NULL, err) : unknown_flag(w, name, err);
}

/* "-n", "-n=ns", "-nns" or "-A". */
static enum error_kind parse_short(struct walk *w, char *flag, struct error *err)
{
	const struct option *o = find_letter(w, flag[0]);

	if (!o)
		return error_set(
			err, ERR_INVALID, "unknown flag -%c; --help lists the flags", flag[0]);
	if (flag[1] == '\0')
		return apply(w, o, NULL, err);
	if (!takes_value(o) && flag[1] != '=')
		return error_set(err, ERR_INVALID, "-%s: write flags one by one", flag);
	return apply(w, o, flag[1] == '=' ? flag + 2 : flag + 1, err);
}

enum error_kind options_parse(const struct option *table, size_t n, int argc, char **argv,
	struct option_list *ret_rest, struct error *err)
{
	struct walk w = {
		.table = table, .n = n, .argc = argc, .argv = argv, .at = 1, .rest = ret_rest
	};
	bool only_rest = false;
	enum error_kind rc = ERR_OK;

	for (; w.at < argc && rc == ERR_OK; w.at++) {
		char *argument = argv[w.at];
		if (only_rest || argument[0] != '-' || argument[1] == '\0')
			rc = add_item(ret_rest, argument, err);
		else if (strcmp(argument, "--") == 0)
			only_rest = true;
		else if (argument[1] == '-')
			rc = parse_long(&w, argument + 2, err);
		else
			rc = parse_short(&w, argument + 1, err);
	}
	return rc;
}

enum error_kind options_set(
	const struct option *table, size_t n, struct sv name, char *value, struct error *err)
{
	const struct walk w = { .table = table, .n = n };
	const struct option *o = find_long(&w, name);

	return o ? set(o, value, err) : unknown_flag(&w, name, err);
}

char *options_find(int argc, char **argv, const char *name)
{
	struct sv wanted = sv_of(name);
	char *found = NULL;

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		struct sv argument = sv_of(argv[i]);
		if (!sv_has_prefix(argument, SV("--")) ||
			!sv_has_prefix(sv_skip(argument, 2), wanted))
			continue;
		char *behind = argv[i] + 2 + wanted.len;
		if (*behind == '=')
			found = behind + 1;
		else if (*behind == '\0' && i + 1 < argc)
			found = argv[++i];
	}
	return found;
}

void options_list_done(struct option_list *list)
{
	VEC_DONE(&list->items);
}

static void put_int(struct buf *out, const struct option *o)
{
	bool unbounded = o->min == 0 && o->max == 0;
	int64_t value = *(const int64_t *)o->target;

	/* Outside of its own range: how a program spells "not given". */
	if (unbounded || value >= o->min)
		buf_put_i64(out, value);
}

/* Switches are off unless their help says otherwise; lists begin empty. */
void options_put_value(struct buf *out, const struct option *o)
{
	if (!o->target)
		return;
	switch (o->kind) {
	case OPTION_TEXT:
		if (*(const char **)o->target)
			buf_put_str(out, *(const char **)o->target);
		break;
	case OPTION_INT:
		put_int(out, o);
		break;
	case OPTION_RATIO:
		f64_print_go_g(out, *(double *)o->target);
		break;
	case OPTION_DURATION:
		instant_duration_print(out, *(int64_t *)o->target);
		break;
	case OPTION_CHOICE:
		buf_put_str(out, o->choices[*(int *)o->target]);
		break;
	case OPTION_BOOL:
	case OPTION_LIST:
	case OPTION_REPEAT:
	case OPTION_IGNORED:
	case OPTION_IGNORED_BOOL:
		break;
	}
}

static void put_default(struct buf *out, const struct option *o)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, 256);
	options_put_value(&text, o);
	if (text.len > 0)
		buf_printf(out, " (default %s)", buf_text(&text));
}

/* Words of `text` from the help column on, broken before HELP_WIDTH. */
static void put_wrapped(struct buf *out, struct sv text)
{
	size_t column = HELP_COLUMN;

	while (text.len > 0) {
		struct sv rest;
		bool found;
		struct sv word = sv_cut(text, ' ', &rest, &found);
		if (column > HELP_COLUMN && column + 1 + word.len > HELP_WIDTH) {
			buf_printf(out, "\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		} else if (column > HELP_COLUMN) {
			buf_put_char(out, ' ');
			column++;
		}
		buf_put_sv(out, word);
		column += word.len;
		text = rest;
	}
	buf_put_char(out, '\n');
}

void options_put_usage(struct buf *out, const struct option *o)
{
	if (o->letter)
		buf_printf(out, "-%c, ", o->letter);
	buf_printf(out, "--%s", o->name);
	if (takes_value(o))
		buf_printf(out, "=%s", o->value_name ? o->value_name : "VALUE");
}

void options_help(struct buf *out, const struct option *table, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct option *o = &table[i];
		AUTO(buf_done) struct buf help = { 0 };
		if (!o->help)
			continue;
		size_t start = out->len;
		buf_put_str(out, "  ");
		options_put_usage(out, o);
		if (out->len - start >= HELP_COLUMN)
			buf_printf(out, "\n%*s", HELP_COLUMN, "");
		else
			buf_printf(out, "%*s", (int)(HELP_COLUMN - (out->len - start)), "");
		buf_init(&help, 4096);
		buf_put_str(&help, o->help);
		put_default(&help, o);
		put_wrapped(out, buf_sv(&help));
	}
}
