/* Percent-encoding and decoding (RFC 3986, and the form encoding of HTML), tokens and header lines (RFC 9110). Pure. */
#include "common/http.h"

#include <string.h>

static bool is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

static void put_percent(struct buf *out, char c)
{
	static const char HEX[] = "0123456789ABCDEF";
	unsigned char byte = (unsigned char)c;
	char text[3] = { '%', HEX[byte >> 4], HEX[byte & 15] };

	buf_put(out, text, sizeof(text));
}

void http_escape(struct buf *out, struct sv text, const char *keep)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (is_unreserved(c) || (c != '\0' && strchr(keep, c)))
			buf_put_char(out, c);
		else
			put_percent(out, c);
	}
}

void http_query_escape(struct buf *out, struct sv text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (is_unreserved(c))
			buf_put_char(out, c);
		else if (c == ' ')
			buf_put_char(out, '+');
		else
			put_percent(out, c);
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int http_hex_byte(struct sv text)
{
	int high = text.len >= 2 ? hex_digit(text.ptr[0]) : -1;
	int low = high >= 0 ? hex_digit(text.ptr[1]) : -1;

	return low >= 0 ? high * 16 + low : -1;
}

static bool is_allowed(unsigned char byte, bool form)
{
	if (byte >= 0x20 && byte != 0x7f)
		return true;
	return form && (byte == '\t' || byte == '\n' || byte == '\r');
}

bool http_unescape(struct buf *out, struct sv text, bool form)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == '%') {
			int byte = http_hex_byte(sv_skip(text, i + 1));
			if (byte < 0)
				return false;
			c = (char)byte;
			i += 2;
		} else if (c == '+' && form) {
			c = ' ';
		}
		if (!is_allowed((unsigned char)c, form))
			return false;
		buf_put_char(out, c);
	}
	return true;
}

bool http_is_token(struct sv text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool plain =
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!plain && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
			return false;
	}
	return text.len > 0;
}

enum error_kind http_check_header(struct sv name, struct sv value, struct error *err)
{
	if (!http_is_token(name))
		return error_set(err, ERR_INVALID, "\"%.*s\" is no header name", SV_ARG(name));
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.ptr[i];
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return error_set(err, ERR_INVALID,
				"the value of header %.*s contains a control byte", SV_ARG(name));
	}
	return ERR_OK;
}

const char *http_phrase(int status)
{
	switch (status) {
	case 408:
		return "Request Timeout";
	case 413:
		return "Content Too Large";
	case 417:
		return "Expectation Failed";
	case 431:
		return "Request Header Fields Too Large";
	case 501:
		return "Not Implemented";
	case 503:
		return "Service Unavailable";
	case 505:
		return "HTTP Version Not Supported";
	default:
		return "Bad Request";
	}
}
