#pragma once
/* Content negotiation as generic API servers do it, for servers that answer JSON. Pure. */
#include <stdbool.h>

#include "common/sv.h"

enum accept_format {
	ACCEPT_JSON,
	ACCEPT_TABLE,	    /* metrics.k8s.io only */
	ACCEPT_PARTIAL,	    /* PartialObjectMetadataList, the same */
	ACCEPT_NONE_ROUTER, /* 406 before anything is asked */
	ACCEPT_NONE_WRITER, /* 406 after the answer is there: the type is fine, its parameters are not */
};

struct accept {
	enum accept_format format;
	bool pretty;		 /* two blanks of indentation, no newline at the end */
	struct sv table_version; /* "v1" or "v1beta1" */
};

/* What else than plain objects the API can answer. */
enum accept_tables {
	ACCEPT_NO_TABLES,
	ACCEPT_ONLY_PARTIAL, /* external.metrics.k8s.io takes the wish, and then fails */
	ACCEPT_ANY_TABLE,
};

/* header: Accept, empty when there is none. pretty_parameter: ?pretty=, has_pretty: it is there. */
struct accept accept_choose(struct sv header, enum accept_tables tables, struct sv pretty_parameter,
	bool has_pretty, struct sv user_agent);
/* The first clause that names aggregated discovery: "v2", "v2beta1", or empty when plain JSON comes first. */
struct sv accept_aggregated(struct sv header);

/* Messages of the refusals; the short one where there is nothing to watch. */
#define ACCEPT_ROUTER_MESSAGE                                                                      \
	"406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, "   \
	"application/vnd.kubernetes.protobuf, application/json;stream=watch, "                     \
	"application/vnd.kubernetes.protobuf;stream=watch"
#define ACCEPT_SHORT_MESSAGE                                                                       \
	"406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, "   \
	"application/vnd.kubernetes.protobuf"
#define ACCEPT_WRITER_MESSAGE                                                                      \
	"only the following media types are accepted: application/json, application/yaml, "        \
	"application/vnd.kubernetes.protobuf"
