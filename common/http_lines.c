/* Header lines: in: names and values from configuration and callers -> out: lines that cannot become two. */
#include "common/http_lines.h"

#include "common/buf.h"
#include "common/http.h"

/* Servers end at about 64 KiB of head. */
#define LINE_MAX_BYTES (64u * 1024)
#define MAX_LINES 256

void http_lines_done(struct http_lines *lines)
{
	VEC_FOREACH (line, &lines->list) {
		mem_free(*line);
	}
	VEC_DONE(&lines->list);
}

enum error_kind http_lines_add(
	struct http_lines *lines, struct sv name, struct sv value, struct error *err)
{
	AUTO(buf_done) struct buf text = { 0 };

	buf_init(&text, LINE_MAX_BYTES);
	value = sv_trim(value);
	enum error_kind kind = http_check_header(name, value, err);
	if (kind != ERR_OK)
		return kind;
	buf_put_sv(&text, name);
	buf_put_str(&text, value.len > 0 ? ": " : ";");
	buf_put_sv(&text, value);
	kind = buf_check(&text, "a header line", err);
	if (kind != ERR_OK)
		return kind;
	if (lines->list.n >= MAX_LINES)
		return error_set(err, ERR_LIMIT, "more than %d header lines", MAX_LINES);
	char **slot = VEC_PUSH(&lines->list, MAX_LINES);
	if (!slot)
		return error_nomem(err);
	*slot = buf_take(&text, NULL);
	return ERR_OK;
}

enum error_kind http_lines_add_all(
	struct http_lines *lines, const char *const *texts, struct error *err)
{
	enum error_kind kind = ERR_OK;

	for (size_t i = 0; kind == ERR_OK && texts && texts[i]; i++) {
		struct sv value;
		bool found;
		struct sv name = sv_cut(sv_of(texts[i]), ':', &value, &found);
		/* Not quoted: it may hold a secret. */
		if (!found)
			return error_set(err, ERR_INVALID, "header line %zu has no colon", i + 1);
		kind = http_lines_add(lines, name, value, err);
	}
	return kind;
}
