/* labelselector.jsonl: one LabelSelector object, the selector it stands for and its form in messages. */
#include "kube/label_selector.h"
#include "tests/conformance/conformance.h"

#define MAX_TEXT_BYTES (1024 * 1024)

static void run_label_selector(struct conformance *c, const struct jtree *row)
{
	struct label_selector *object;
	struct selector s;
	struct sv why = SV("");
	struct error err;
	struct buf out;

	if (label_selector_decode(c->a, jtree_get(row, "in"), &object, &err) != ERR_OK) {
		(void)conformance_fail(c, "the object cannot be read: %s", err.text);
		return;
	}
	buf_init(&out, MAX_TEXT_BYTES);
	label_selector_print(&out, object);
	bool ok = conformance_eq_text(c, "text", conformance_text(row, "text"), buf_sv(&out));
	enum error_kind kind = label_selector_compile(c->a, object, &s, &why, &err);
	if (ok && conformance_outcome(c, row, kind == ERR_OK,
			  kind == ERR_INVALID ? why : sv_of(kind ? err.text : ""))) {
		buf_clear(&out);
		selector_print(&out, &s);
		(void)conformance_eq_text(
			c, "selector", conformance_text(row, "selector"), buf_sv(&out));
	}
	buf_done(&out);
}

const struct suite suite_labelselector[] = { { "labelselector", run_label_selector }, { 0 } };
