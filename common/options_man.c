/* Nothing in it that the table and the page do not say; no date, so that the same program prints the same page. */
#include "common/options_man.h"

/* Usage and default of one flag. */
#define MAX_TEXT_BYTES 4096

/* Text as roff shows it unchanged: backslashes, minus signs, and dots or quotes that would begin a request. */
static void put_text(struct buf *out, struct sv text)
{
	bool begins = out->len == 0 || out->data[out->len - 1] == '\n';

	if (begins && text.len > 0 && (text.ptr[0] == '.' || text.ptr[0] == '\''))
		buf_put_str(out, "\\&");
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\\')
			buf_put_str(out, "\\e");
		else if (text.ptr[i] == '-')
			buf_put_str(out, "\\-");
		else
			buf_put_char(out, text.ptr[i]);
	}
}

static void put_line(struct buf *out, const char *text)
{
	put_text(out, sv_of(text));
	buf_put_char(out, '\n');
}

static void put_option(struct buf *out, const struct option *o)
{
	AUTO(buf_done) struct buf usage = { 0 }, value = { 0 };

	buf_init(&usage, MAX_TEXT_BYTES);
	buf_init(&value, MAX_TEXT_BYTES);
	options_put_usage(&usage, o);
	options_put_value(&value, o);
	buf_put_str(out, ".TP\n.B ");
	put_line(out, buf_text(&usage));
	put_text(out, sv_of(o->help));
	if (value.len > 0) {
		buf_put_str(out, " (default ");
		put_text(out, buf_sv(&value));
		buf_put_char(out, ')');
	}
	buf_put_char(out, '\n');
}

void options_man_print(
	struct buf *out, const struct options_page *page, const struct option *table, size_t n)
{
	buf_printf(out, ".TH %s %s \"\" \"%s %s\"\n.SH NAME\n", page->name, page->section,
		page->name, page->version);
	put_text(out, sv_of(page->name));
	buf_put_str(out, " \\- ");
	put_line(out, page->summary);
	buf_put_str(out, ".SH SYNOPSIS\n.B ");
	put_line(out, page->name);
	put_line(out, page->synopsis);
	buf_put_str(out, ".SH DESCRIPTION\n");
	for (size_t i = 0; page->paragraphs[i]; i++) {
		buf_put_str(out, i > 0 ? ".PP\n" : "");
		put_line(out, page->paragraphs[i]);
	}
	buf_put_str(out, ".SH OPTIONS\n");
	for (size_t i = 0; i < n; i++)
		if (table[i].help)
			put_option(out, &table[i]);
}
