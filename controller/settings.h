#pragma once
/* What the controller's flags and gates fix for every decision. */
#include <stdbool.h>
#include <stdint.h>

#include "common/instant.h"
#include "controller/arith.h"

struct settings {
	double tolerance;
	int64_t downscale_stabilization_ns;
	int64_t cpu_initialization_ns;
	int64_t readiness_delay_ns;
	bool scale_to_zero;	     /* gate HPAScaleToZero */
	bool configurable_tolerance; /* gate HPAConfigurableTolerance */
	bool pod_level_resources;    /* gate PodLevelResources */
	bool observed_generation; /* Kubernetes 1.37: status and conditions name the generation they
				     are about */
	/* Readings that lost many rows or come from a failing source do not lower a count
	 * (guard.h). Kubernetes has no such thing. */
	int64_t max_reading_age_ns; /* older readings are none; 0: however old, as in the reference */
	bool guards;
	/* Strict: the reference's arithmetic bit for bit, as recorded on amd64
	 * (--compatibility=strict). */
	enum arith_mode arithmetic;
	/* The scale client's conversion of scale.status.selector (spec 3.5). The conformance
	 * vectors were recorded behind it. */
	bool normalise_selector;
};

/* As kube-controller-manager 1.36 starts without flags. */
#define SETTINGS_DEFAULT                                                                           \
	((struct settings){                                                                        \
		.tolerance = 0.1,                                                                  \
		.downscale_stabilization_ns = 300 * NS_PER_SEC,                                    \
		.cpu_initialization_ns = 300 * NS_PER_SEC,                                         \
		.readiness_delay_ns = 30 * NS_PER_SEC,                                             \
		.configurable_tolerance = true,                                                    \
		.pod_level_resources = true,                                                       \
		.arithmetic = ARITH_SAFE,                                                          \
		.normalise_selector = true,                                                        \
	})
