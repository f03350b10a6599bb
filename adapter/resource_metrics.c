/* metrics.k8s.io is not answered yet. */
#include "adapter/resource_metrics.h"

enum step_next resource_metrics_begin(struct request *r)
{
	request_fail_text(r, 503, "ServiceUnavailable", FAILURE_NO_DETAILS, SV("metrics.k8s.io is not served by this version"));
	return STEP_REPLY;
}
