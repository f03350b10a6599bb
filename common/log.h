#pragma once
/* Structured log on standard error: one line per event, key=value text or JSON. Never blocks: what a full pipe cannot take is dropped
 * and counted. Only mains and edges log. Control characters are escaped; never hand it a token. */
#include <stdbool.h>

#include "common/mem.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_TEXT, LOG_JSON };

/* Without it: LOG_INFO and LOG_TEXT. */
void log_init(enum log_level least, enum log_format format);
bool log_enabled(enum log_level level);
void log_event(enum log_level level, const char *message, ...) __attribute__((sentinel));
/* The variadic part is key, value, key, value ..., NULL; every value is a NUL-terminated text:
 *   log_event(LOG_INFO, "scaled", "hpa", key, "to", "4", NULL); */
unsigned long log_n_dropped(void);
