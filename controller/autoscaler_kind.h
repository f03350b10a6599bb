#pragma once
/* The two kinds of autoscaler objects, and what the API server calls each of them. */

enum autoscaler_kind {
	AUTOSCALER_NATIVE, /* autoscaling/v2 HorizontalPodAutoscaler */
	AUTOSCALER_OWN,	   /* flyball.dev/v1alpha1 HorizontalAutoscaler */
};
#define AUTOSCALER_KINDS 2

struct autoscaler_kind_names {
	const char *group, *version;
	const char *api_version; /* group/version */
	const char *kind, *plural;
	const char *watch_path; /* list and watch of all namespaces */
	const char *resource;	/* "plural.group", as messages and permissions name it */
};

const struct autoscaler_kind_names *autoscaler_kind_names(enum autoscaler_kind kind);
