#pragma once
/* What surrounds one HPA in a recorded case: the kinds that exist, pods, other HPAs, and the
 * answers of the API server. */
#include "controller/decide.h"
#include "controller/pass.h"
#include "kube/discovery.h"
#include "tests/conformance/conformance.h"

/* The server's address where a text shows it. */
#define HPA_WORLD_SERVER "https://10.96.0.1:443"

/* The kinds of conformance/hpa, and custom.metrics.k8s.io in the one version that the case prefers.
 * In c->a; NULL: c has failed. */
struct discovery *hpa_world_discovery(struct conformance *c, struct sv custom_version);

/* Time t (whole seconds after 2000-01-01) and some nanoseconds on both clocks. */
struct decide_now hpa_world_now(int64_t t_sec, int64_t extra_ns);

struct hpa_world {
	struct conformance *c;
	const struct jtree *step;
	size_t n_gets, n_puts; /* answered so far */
	struct pod *pods;
	size_t n_pods;
	struct target_peer *peers;
	size_t n_peers;
};

/* Decodes pods and other HPAs of a step. False: c has failed. */
bool hpa_world_enter(struct conformance *c, const struct jtree *step, struct hpa_world *ret);

/* The next answer to a GET or PUT of the scale, and to the status write. */
struct pass_answer hpa_world_get_scale(struct hpa_world *w);
struct pass_answer hpa_world_put_scale(struct hpa_world *w);
struct pass_answer hpa_world_put_status(struct hpa_world *w);
/* The answer to a question of a metrics API, as our client would hand it on. */
struct readings_answer hpa_world_metric(struct hpa_world *w, const struct ask_question *question);
