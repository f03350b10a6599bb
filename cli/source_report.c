/* The frame around what a verb prints. */
#include "cli/source_report.h"

#include "cli/printable.h"
#include "cli/source_yaml.h"

#define MAX_OUTPUT_BYTES (256u * 1024 * 1024)

void source_report_begin(struct source_report *r, enum source_format format)
{
	*r = (struct source_report){ .format = format };
	buf_init(&r->out, MAX_OUTPUT_BYTES);
	jw_init(&r->w, &r->out);
	r->w.indent = 2;
	r->w.plain = true;
	if (format == SOURCE_TEXT)
		return;
	jw_object(&r->w);
	jw_key(&r->w, "items");
	jw_array(&r->w);
}

void source_report_done(struct source_report *r)
{
	buf_done(&r->out);
}

enum error_kind source_report_end(struct source_report *r, struct error *err)
{
	AUTO(buf_done) struct buf raw = { 0 };

	if (r->format != SOURCE_TEXT) {
		jw_array_end(&r->w);
		jw_object_end(&r->w);
		buf_put_char(&r->out, '\n');
	}
	enum error_kind kind = buf_check(&r->out, "the output", err);
	if (kind != ERR_OK || r->format == SOURCE_JSON)
		return kind;
	raw = r->out;
	buf_init(&r->out, MAX_OUTPUT_BYTES);
	if (r->format == SOURCE_YAML)
		return source_yaml_print(&r->out, buf_sv(&raw), err);
	printable_lines(&r->out, buf_sv(&raw), r->colours);
	return buf_check(&r->out, "the output", err);
}
