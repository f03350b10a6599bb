#pragma once
/* The way of a request, said once: each step is `enum step_next steps_NAME(struct request *)`. README.md shows the same list. */
#include "adapter/request.h"

#define REQUEST_STEPS(X)                                                                           \
	X(accept, "accept")                                                                        \
	X(authenticate, "authenticate")                                                            \
	X(impersonate, "impersonate")                                                              \
	X(authorise, "authorise")                                                                  \
	X(route, "route")                                                                          \
	X(find_rule, "find rule")                                                                  \
	X(list_objects, "list objects")                                                            \
	X(query_text, "query text")                                                                \
	X(ask, "ask (shared)")                                                                     \
	X(shape, "shape the answer")                                                               \
	X(reply, "reply")

enum step_next {
	STEP_GO,    /* on to the next step */
	STEP_REPLY, /* the reply is made: straight to the last step */
	STEP_WAIT,  /* parked; a callback calls steps_resume */
	STEP_DONE,  /* replied: nothing of the request may be touched any more */
};

enum step_next steps_accept(struct request *r);
enum step_next steps_authenticate(struct request *r);
enum step_next steps_impersonate(struct request *r);
enum step_next steps_authorise(struct request *r);
enum step_next steps_route(struct request *r);
enum step_next steps_find_rule(struct request *r);
enum step_next steps_list_objects(struct request *r);
enum step_next steps_query_text(struct request *r);
enum step_next steps_ask(struct request *r);
enum step_next steps_shape(struct request *r);
enum step_next steps_reply(struct request *r);

/* The http_server's handler; ctx is the struct server. */
void steps_begin(struct http_exchange *x, void *ctx);
/* From a callback of what a step waited for: runs the steps behind it, or replies when the callback made a reply. */
void steps_resume(struct request *r, enum step_next next);
/* Names in order, for the test that compares the list with README.md. */
const char *steps_name(size_t i);
