/* Log lines on standard error. In: level, message, keys and values -> out: one line, written whole or not at all.
 *
 * A line is at most PIPE_BUF bytes, so a pipe takes it whole without blocking once poll() says it is writable; sockets are
 * written without waiting. The descriptor's O_NONBLOCK is left alone, because it is shared with whoever started us.
 * Text is meant for people and grep (key=value, quoted where needed), JSON for collectors. Values longer than VALUE_MAX are
 * cut, pairs that do not fit the line are left out and truncated=true says so. */
#include "common/log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/instant.h"
#include "common/jw.h"
#include "common/utf8.h"

/* struct error's text is the longest value there is. */
#define VALUE_MAX ERROR_TEXT_MAX
/* Messages are fixed texts; this many bytes fit a line even when each one needs escaping. */
#define MESSAGE_MAX 512
/* What one write(2) hands to a pipe without being split. */
#define LINE_MAX_BYTES PIPE_BUF
/* Room kept for the mark of a line that was cut, and its end. */
#define TAIL_BYTES 32
/* Escaping makes at most six bytes of one. */
#define SCRATCH_BYTES (LINE_MAX_BYTES + 6 * VALUE_MAX + 256)

/* The line buffer is kept between events, so that logging works when memory has run out. */
static struct {
	enum log_level least;
	enum log_format format;
	unsigned long n_dropped;
	struct buf line;
} state = { .least = LOG_INFO, .line = { .max = SCRATCH_BYTES } };

void log_init(enum log_level least, enum log_format format)
{
	state.least = least;
	state.format = format;
}

bool log_enabled(enum log_level level)
{
	return level >= state.least;
}

unsigned long log_n_dropped(void)
{
	return state.n_dropped;
}

static const char *level_name(enum log_level level)
{
	switch (level) {
	case LOG_DEBUG:
		return "debug";
	case LOG_INFO:
		return "info";
	case LOG_WARN:
		return "warn";
	case LOG_ERROR:
		return "error";
	}
	return "unknown";
}

/* Cuts at max, not inside a character. */
static struct sv clamp(const char *text, size_t max)
{
	struct sv value = sv_from(text, strnlen(text, max + 1));

	if (value.len <= max)
		return value;
	value.len = max;
	while (value.len > 0 && ((unsigned char)text[value.len] & 0xc0) == 0x80)
		value.len--;
	return value;
}

/* True for characters that would break the line or drive a terminal: C0, DEL and C1. */
static bool is_control(struct sv character)
{
	unsigned char first = (unsigned char)character.ptr[0];

	if (character.len == 1)
		return first < 0x20 || first == 0x7f;
	return character.len == 2 && first == 0xc2 && (unsigned char)character.ptr[1] < 0xa0;
}

static void put_escaped(struct buf *out, struct sv text)
{
	static const char HEX[] = "0123456789abcdef";

	while (text.len > 0) {
		size_t n = utf8_char_len(text);
		struct sv character = sv_take(text, n ? n : 1);
		text = sv_skip(text, character.len);
		if (character.ptr[0] == '\n') {
			buf_put_str(out, "\\n");
		} else if (character.ptr[0] == '\t') {
			buf_put_str(out, "\\t");
		} else if (character.ptr[0] == '"' || character.ptr[0] == '\\') {
			buf_put_char(out, '\\');
			buf_put_sv(out, character);
		} else if (n == 0 || is_control(character)) {
			for (size_t i = 0; i < character.len; i++) {
				unsigned char byte = (unsigned char)character.ptr[i];
				buf_put_str(out, "\\x");
				buf_put_char(out, HEX[byte >> 4]);
				buf_put_char(out, HEX[byte & 15]);
			}
		} else {
			buf_put_sv(out, character);
		}
	}
}

static void put_text_value(struct buf *out, struct sv value)
{
	bool plain = value.len > 0;

	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.ptr[i];
		if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=')
			plain = false;
	}
	if (plain) {
		buf_put_sv(out, value);
		return;
	}
	buf_put_char(out, '"');
	put_escaped(out, value);
	buf_put_char(out, '"');
}

static void put_pair(struct jw *w, const char *key, struct sv value)
{
	if (state.format == LOG_JSON) {
		jw_member_sv(w, key, value);
		return;
	}
	if (w->out->len > 0)
		buf_put_char(w->out, ' ');
	buf_put_str(w->out, key);
	buf_put_char(w->out, '=');
	put_text_value(w->out, value);
}

/* Takes back what a pair wrote when it does not fit the line. */
static bool fits(struct buf *out, size_t before)
{
	if (out->failed == ERR_OK && out->len <= LINE_MAX_BYTES - TAIL_BYTES)
		return true;
	out->failed = ERR_OK;
	out->len = before;
	return false;
}

/* Hands the line to the kernel if that cannot block. */
static bool emit(struct sv line)
{
	struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT))
		return false;
	ssize_t n = send(STDERR_FILENO, line.ptr, line.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && errno == ENOTSOCK)
		n = write(STDERR_FILENO, line.ptr, line.len);
	return n == (ssize_t)line.len;
}

static void put_head(struct jw *w, enum log_level level, const char *message)
{
	struct buf stamp;

	buf_init(&stamp, VALUE_MAX);
	instant_wall_print_micro(&stamp, instant_wall_now());
	put_pair(w, "ts", buf_sv(&stamp));
	buf_done(&stamp);
	put_pair(w, "level", sv_of(level_name(level)));
	put_pair(w, "msg", clamp(message, MESSAGE_MAX));
}

void log_event(enum log_level level, const char *message, ...)
{
	struct buf *out = &state.line;
	struct jw w;
	va_list args;
	bool whole = true;

	if (!log_enabled(level))
		return;
	int saved = errno;
	buf_clear(out);
	jw_init(&w, out);
	if (state.format == LOG_JSON)
		jw_object(&w);
	put_head(&w, level, message);
	va_start(args, message);
	for (const char *key; (key = va_arg(args, const char *));) {
		const char *value = va_arg(args, const char *);
		size_t before = out->len;
		put_pair(&w, key, value ? clamp(value, VALUE_MAX) : SV("<null>"));
		if (!fits(out, before))
			whole = false;
	}
	va_end(args);
	if (!whole)
		put_pair(&w, "truncated", SV("true"));
	if (state.format == LOG_JSON)
		jw_object_end(&w);
	buf_put_char(out, '\n');
	if (out->failed != ERR_OK || !emit(buf_sv(out)))
		state.n_dropped++;
	errno = saved;
}
