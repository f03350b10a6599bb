/* selector.jsonl: one selector text against the label sets of the first line. */
#include "kube/selector.h"
#include "tests/conformance/conformance.h"

#define MAX_TEXT_BYTES (1024 * 1024)

/* The first line's label sets live as long as the file. */
static void keep_label_sets(struct conformance *c)
{
	struct jtree *header = NULL;
	struct error err;
	struct sv copy = arena_sv(c->file, c->text);

	conformance_skip(c);
	if (!copy.ptr || jtree_parse(c->file, copy, &header, &err) != ERR_OK)
		(void)conformance_fail(c, "the label sets cannot be kept");
	c->state = header;
}

static void check_matches(struct conformance *c, const struct jtree *row, const struct selector *s)
{
	struct jtree *header = c->state;
	const struct jtree *expected = jtree_get(row, "matches");
	const struct jtree *sets = jtree_get(header, "labelSets");

	if (!sets || !expected || sets->n != expected->n) {
		(void)conformance_fail(
			c, "matches: no label set for each of them (is the first line missing?)");
		return;
	}
	const struct jtree *set = sets->first;
	JTREE_FOREACH (match, expected) {
		struct label *labels = ARENA_ARRAY(c->a, set->n, struct label);
		size_t n = 0;
		JTREE_FOREACH (member, set) {
			if (labels)
				labels[n++] = (struct label){ member->key, jtree_text(member) };
		}
		if (!conformance_eq_bool(
			    c, "matches", match->truth, selector_matches(s, labels, n)))
			return;
		set = set->next;
	}
}

static void run_selector(struct conformance *c, const struct jtree *row)
{
	struct selector s;
	struct sv why = SV("");
	struct error err;

	if (jtree_get(row, "labelSets")) {
		keep_label_sets(c);
		return;
	}
	enum error_kind kind = selector_parse(c->a, conformance_text(row, "in"), &s, &why, &err);
	if (!conformance_outcome(c, row, kind == ERR_OK,
		    kind == ERR_INVALID ? why : sv_of(kind ? err.text : "")))
		return;
	struct buf out;
	buf_init(&out, MAX_TEXT_BYTES);
	selector_print(&out, &s);
	if (conformance_eq_text(c, "canonical", conformance_text(row, "canonical"), buf_sv(&out)))
		check_matches(c, row, &s);
	buf_done(&out);
}

const struct suite suite_selector[] = { { "selector", run_selector }, { 0 } };
