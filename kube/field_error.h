#pragma once
/* Errors about fields, worded as the API server does: "spec.maxReplicas: Invalid value: 0: must be ...". Pure. */
#include "common/arena.h"
#include "common/buf.h"
#include "common/error.h"
#include "kube/names.h"

enum field_error_type {
	FIELD_ERROR_REQUIRED,
	FIELD_ERROR_INVALID,
	FIELD_ERROR_NOT_SUPPORTED,
	FIELD_ERROR_FORBIDDEN,
	FIELD_ERROR_TOO_LONG,
};

struct field_error {
	enum field_error_type type;
	struct sv field;
	struct sv
		value; /* as printed: quoted texts, bare numbers, JSON; empty where the type prints none */
	struct sv detail; /* may be empty */
};

/* A growing list in an arena; `failed` once memory ran out (the list is then incomplete). */
struct field_error_list {
	struct arena *a;
	struct field_error *at;
	size_t n, size;
	bool failed;
};

void field_error_list_init(struct field_error_list *l, struct arena *a);
/* Copies every text. */
void field_error_add(struct field_error_list *l, enum field_error_type type, struct sv field,
	struct sv value, struct sv detail);
/* One INVALID error for each problem, its value quoted. */
void field_error_add_problems(struct field_error_list *l, struct sv field, struct sv text,
	struct names_problems problems);
/* One INVALID error for all problems together, joined by "; ". */
void field_error_add_joined(struct field_error_list *l, struct sv field, struct sv text,
	struct names_problems problems);
/* The name of the type in the API: "FieldValueRequired" ... */
const char *field_error_type_name(enum field_error_type type);
/* "FIELD: Invalid value: VALUE: DETAIL" */
void field_error_print(struct buf *out, const struct field_error *e);
/* One error's text, or "[e1, e2]"; equal texts once, as the reference joins them. */
void field_error_list_print(struct buf *out, const struct field_error_list *l);

/* INVALID with PREFIX and the list's text, all of it in *ret_why (in the list's arena) when that is not NULL; LIMIT or NOMEM when the list
 * is incomplete. */
enum error_kind field_error_list_refuse(const struct field_error_list *l, const char *prefix,
	struct sv *ret_why, struct error *err);

/* Text in double quotes as Go's %q prints it. Code points that no Unicode version has assigned are printed as they are. */
void field_error_quote(struct buf *out, struct sv text);
