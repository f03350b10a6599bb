/* Names of the autoscaler kinds. Data only: what differs in behaviour is own_kind.h's. */
#include "controller/autoscaler_kind.h"

static const struct autoscaler_kind_names NAMES[AUTOSCALER_KINDS] = {
	[AUTOSCALER_NATIVE] = {
		.group = "autoscaling",
		.version = "v2",
		.api_version = "autoscaling/v2",
		.kind = "HorizontalPodAutoscaler",
		.plural = "horizontalpodautoscalers",
		.watch_path = "/apis/autoscaling/v2/horizontalpodautoscalers",
		.resource = "horizontalpodautoscalers.autoscaling",
	},
	[AUTOSCALER_OWN] = {
		.group = "flyball.dev",
		.version = "v1alpha1",
		.api_version = "flyball.dev/v1alpha1",
		.kind = "HorizontalAutoscaler",
		.plural = "horizontalautoscalers",
		.watch_path = "/apis/flyball.dev/v1alpha1/horizontalautoscalers",
		.resource = "horizontalautoscalers.flyball.dev",
	},
};

const struct autoscaler_kind_names *autoscaler_kind_names(enum autoscaler_kind kind)
{
	return &NAMES[kind];
}
