/* flyball adopt: prints how our kind takes over from a native autoscaler. Applies nothing. */
#include "cli/adopt_verb.h"
#include "cli/verbs.h"

static const char INTRO[] =
	"flyball adopt hpa/NAME [-n NAMESPACE]  prints what to apply, for kubectl apply -f -\n"
	"The native autoscaler made idle, whoever runs it: both directions disabled, bounds that "
	"no count of ours leaves, its spec\n"
	"kept in the annotation " ADOPT_ANNOTATION
	". Beside it an object of our kind with that spec. Writes nothing itself.\n"
	"Exit code 0; 1 when the cluster did not answer; 2 for a wrong command line or "
	"kubeconfig, or an object that cannot be adopted.\n\n";

static enum error_kind make(struct arena *a, struct sv hpa, struct sv own, struct adopt_pair *ret,
	struct buf *notes, struct error *err)
{
	if (own.len > 0)
		buf_put_str(notes, "there is an object of our kind of this name already; applying "
				   "this replaces its spec\n");
	return adopt_take(a, hpa, ret, notes, err);
}

int cmd_adopt(int argc, char **argv)
{
	const struct adopt_verb verb = { "adopt", INTRO, make };

	return adopt_verb_main(&verb, argc, argv);
}
