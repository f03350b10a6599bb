#pragma once
/* The API server's validation of a new autoscaler (spec 1.4). Pure. */
#include "controller/hpa.h"
#include "kube/field_error.h"

struct hpa_validate_options {
	bool scale_to_zero; /* feature gate HPAScaleToZero: minReplicas may be 0 */
	bool configurable_tolerance; /* feature gate HPAConfigurableTolerance: off, tolerances are dropped and not checked */
};

/* Adds what is wrong with an object that is to be created, after hpa_decode_admit. No error added: it would be accepted. */
void hpa_validate(
	const struct hpa *hpa, struct hpa_validate_options options, struct field_error_list *ret);
