#pragma once
/* For those who build selectors: the reference's checks of one requirement, and its order. */
#include "kube/field_error.h"
#include "kube/selector.h"

/* Adds what is wrong with key, operator and values, in the reference's order. Index and order of values are as given. */
void selector_check_into(struct field_error_list *l, const struct selector_requirement *r);
/* Byte order. */
void selector_sort_texts(struct sv *texts, size_t n);
/* Puts the requirements in key order, as given among equal keys. (The reference's sort keeps that order for up to 12
 * requirements and may not beyond.) errors: LIMIT, NOMEM. */
MUST_USE enum error_kind selector_sort(struct arena *a, struct selector *s, struct error *err);
