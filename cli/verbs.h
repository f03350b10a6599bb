#pragma once
/* The verbs of the command line: one file cmd_<verb>.c each. Exit codes: 0 done, 1 something that was asked did not answer or did not hold,
 * 2 bad command line or input file; a verb's own help names others. */

/* argv[0] is the verb. */
typedef int (*verb_fn)(int argc, char **argv);

#define VERBS(X)                                                                                   \
	X(adopt, "what to apply so that our kind takes over from a native autoscaler")             \
	X(check, "what is wrong or will surprise in manifests and rules files")                    \
	X(convert, "manifests of autoscalers in another API version, or as our own kind")          \
	X(demo, "the whole loop on this machine, in a simulated cluster, live")                    \
	X(doctor, "what is wrong around the controller in a cluster")                              \
	X(explain, "every stage of a decision, and what would change it")                          \
	X(override, "other bounds for an object of our kind, for a while; writes")                 \
	X(plan, "what each autoscaler would do now, and why; writes nothing")                      \
	X(query, "PromQL: format, check, explain, ask")                                            \
	X(release, "what to apply so that the native autoscaler takes over again")                 \
	X(replay, "recorded passes once more: recorded against now")                               \
	X(rules, "the adapter's rules: check, test, list, generate, compare two adapters")         \
	X(snapshot, "what autoscalers of a live cluster see now, as a tape")

#define VERB_DECLARE(name, help) int cmd_##name(int argc, char **argv);
VERBS(VERB_DECLARE)
#undef VERB_DECLARE
