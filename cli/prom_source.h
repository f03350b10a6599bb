#pragma once
/* A Prometheus to ask from the command line: by URL, or svc/NAMESPACE/NAME:PORT through the API server's proxy. Blocks until the answer is there. */
#include "common/arena.h"
#include "common/options.h"
#include "promql/answer.h"
#include "promql/prom_client.h"
#include "promql/server_config.h"

struct prom_source_options {
	const char *server; /* NULL: none was named */
	const char *ca_file, *token_file;
	struct option_list headers; /* "NAME=VALUE" */
	bool insecure;
	const char *kubeconfig, *context; /* of svc/... */
	int64_t timeout_ns;
};

#define PROM_SOURCE_N_OPTIONS 8

void prom_source_options_init(struct prom_source_options *o);
void prom_source_options_done(struct prom_source_options *o);
void prom_source_options_fill(
	struct option table[PROM_SOURCE_N_OPTIONS], struct prom_source_options *o);

struct prom_source {
	struct arena arena; /* of the connection */
	struct loop *loop;
	struct http_client *http;
	struct prom_client *client;
};

/* Nobody is asked yet. errors: INVALID, NOTFOUND (kubeconfig), NOMEM. */
MUST_USE enum error_kind prom_source_open(
	struct prom_source *s, const struct prom_source_options *o, struct error *err);
/* A server that a configuration file defines, with the file's own credentials. errors: as server_connect_load. */
MUST_USE enum error_kind prom_source_open_defined(struct prom_source *s,
	const struct server_config *server, int64_t timeout_ns, struct error *err);
void prom_source_close(struct prom_source *s);
static inline __attribute__((unused)) void prom_source_close_auto(struct prom_source *s)
{
	prom_source_close(s);
}
/* A row of an answer, copied. */
struct prom_source_row {
	const struct answer_label *labels; /* sorted by name */
	size_t n_labels;
	struct answer_sample sample;
};

struct prom_source_answer {
	struct answer answer;
	struct prom_source_row *rows; /* of a matrix: the newest sample of each */
	size_t n_rows;
	int64_t took_ns;
};

/* Evaluates now. errors: as answer_decode, UNAVAIL (no answer), LIMIT (more rows than a person reads). */
MUST_USE enum error_kind prom_source_query(struct prom_source *s, struct arena *a, struct sv query,
	struct prom_source_answer *ret, struct error *err);
/* Series seen since start_ms. errors: as series_feed, UNAVAIL. */
MUST_USE enum error_kind prom_source_series(struct prom_source *s, struct sv match,
	int64_t start_ms, struct series *into, struct error *err);

/* The value of a label; empty when the row has none. */
struct sv prom_source_label(const struct prom_source_row *row, struct sv name);
/* 9, NaN, +Inf, "histogram", "no value". */
void prom_source_print_value(struct buf *out, const struct answer_sample *sample);
