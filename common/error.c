/* Error values: fixed storage, wrapped on the way up, outermost context first. */
#include "common/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum error_kind error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
{
	/* A stack copy lets arguments point into err->text. */
	char text[ERROR_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	err->kind = kind;
	err->code = 0;
	memcpy(err->text, text, sizeof(text));
	return kind;
}

enum error_kind error_wrap(struct error *err, const char *fmt, ...)
{
	char text[ERROR_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (n < 0)
		return err->kind;
	size_t len = (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;
	const char *parts[] = { ": ", err->text };
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		size_t room = sizeof(text) - 1 - len;
		size_t part = strnlen(parts[i], room);
		memcpy(text + len, parts[i], part);
		len += part;
	}
	text[len] = '\0';
	memcpy(err->text, text, len + 1);
	return err->kind;
}

enum error_kind error_nomem(struct error *err)
{
	return error_set(err, ERR_NOMEM, "out of memory");
}

const char *error_kind_name(enum error_kind kind)
{
	switch (kind) {
	case ERR_OK:
		return "ok";
	case ERR_INVALID:
		return "invalid";
	case ERR_NOTFOUND:
		return "not found";
	case ERR_CONFLICT:
		return "conflict";
	case ERR_DENIED:
		return "denied";
	case ERR_LIMIT:
		return "limit";
	case ERR_UNAVAIL:
		return "unavailable";
	case ERR_NOMEM:
		return "out of memory";
	case ERR_BUG:
		return "bug";
	}
	return "unknown";
}
