#pragma once
/* metav1.LabelSelector, the object form of a selector. Pure. */
#include "kube/codec.h"
#include "kube/selector.h"

struct label_expression {
	struct sv key, op;
	struct sv *values; /* as given */
	size_t n_values;
};

struct label_selector {
	struct label *match_labels; /* sorted by key, keys unique */
	size_t n_match_labels;
	struct label_expression *expressions;
	size_t n_expressions;
};

/* Its fields, for objects that hold one behind a pointer. */
extern const struct codec_object label_selector_codec;

/* JSON object -> LabelSelector in the arena; absent or null -> NULL. Unknown members are ignored.
 * errors: INVALID naming the path below the selector; NOMEM, LIMIT. */
MUST_USE enum error_kind label_selector_decode(
	struct arena *a, const struct jtree *t, struct label_selector **ret, struct error *err);
/* As JSON, empty members left out; NULL is null. */
void label_selector_encode(struct jw *w, const struct label_selector *s);
/* NULL -> nothing; empty -> everything; else the sorted requirements. With several wrong matchLabels the first by key
 * is told (the reference takes any). errors: INVALID with the reference's text, all of it in *ret_why (in the arena)
 * when that is not NULL; NOMEM, LIMIT. */
MUST_USE enum error_kind label_selector_compile(struct arena *a, const struct label_selector *s,
	struct selector *ret, struct sv *ret_why, struct error *err);
/* The form in which the controller's messages print the object: "nil" or "&LabelSelector{MatchLabels:...". */
void label_selector_print(struct buf *out, const struct label_selector *s);
bool label_selector_eq(const struct label_selector *a, const struct label_selector *b);

/* A parsed selector as an object, the way the scale client converts scale.status.selector: `!=`, `>` and `<` have no
 * object form. errors: INVALID with the reference's text. */
MUST_USE enum error_kind label_selector_from_selector(
	struct arena *a, const struct selector *s, struct label_selector **ret, struct error *err);
/* scale.status.selector -> text -> object -> text, as the scale client hands it on (spec 3.5). errors: as it words them
 * ("failed to parse target selector: ..."), all of it in *ret_why when that is not NULL. */
MUST_USE enum error_kind label_selector_normalise(
	struct arena *a, struct sv text, struct sv *ret, struct sv *ret_why, struct error *err);
