/* flyball release: prints the way back from our kind to the native autoscaler. Applies nothing. */
#include "cli/adopt_verb.h"
#include "cli/verbs.h"

static const char INTRO[] =
	"flyball release hpa/NAME [-n NAMESPACE]  prints what to apply, for kubectl apply -f -\n"
	"Our object of that name told to recommend only, then the native one with its spec from "
	"before flyball adopt.\n"
	"Writes nothing itself; deleting our object afterwards is up to you.\n"
	"Exit code 0; 1 when the cluster did not answer; 2 for a wrong command line or "
	"kubeconfig, or an object that was not adopted.\n\n";

int cmd_release(int argc, char **argv)
{
	const struct adopt_verb verb = { "release", INTRO, adopt_release };

	return adopt_verb_main(&verb, argc, argv);
}
