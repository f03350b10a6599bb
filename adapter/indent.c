/* Answers are built compact, because programs read them; this turns one into the indented form that the same server gives to people. */
#include "adapter/indent.h"

static void new_line(struct buf *out, unsigned depth)
{
	buf_put_char(out, '\n');
	for (unsigned i = 0; i < depth; i++)
		buf_put_str(out, "  ");
}

/* Copies the string that starts at text.ptr[from]; returns the position behind it. */
static size_t copy_string(struct buf *out, struct sv text, size_t from)
{
	size_t end = from + 1;
	while (end < text.len && text.ptr[end] != '"')
		end += text.ptr[end] == '\\' ? 2 : 1;
	end = end + 1 < text.len ? end + 1 : text.len;
	buf_put(out, text.ptr + from, end - from);
	return end;
}

void indent_json(struct buf *out, struct sv compact)
{
	unsigned depth = 0;
	size_t i = 0;
	while (i < compact.len) {
		char c = compact.ptr[i];
		bool opens = c == '{' || c == '[';
		bool empty = opens && i + 1 < compact.len &&
			     (compact.ptr[i + 1] == '}' || compact.ptr[i + 1] == ']');
		if (c == '"') {
			i = copy_string(out, compact, i);
			continue;
		}
		if (empty) {
			buf_put(out, compact.ptr + i, 2);
			i += 2;
			continue;
		}
		if (c == '}' || c == ']')
			new_line(out, depth > 0 ? --depth : 0);
		buf_put_char(out, c);
		if (opens)
			new_line(out, ++depth);
		else if (c == ',')
			new_line(out, depth);
		else if (c == ':')
			buf_put_char(out, ' ');
		i++;
	}
}
