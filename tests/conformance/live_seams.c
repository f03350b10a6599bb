/* Observers between two files of the product, set by the linker's --wrap. A case has one controller at a time, so there is one set of them. */
#include "tests/conformance/live_seams.h"

void __real_events_record(struct events *e, const struct event *event);
void __wrap_events_record(struct events *e, const struct event *event);
void __real_report_pass(struct report *r, struct report_memory *m, const struct autoscaler *one,
	const struct drive_result *result, double seconds, bool send_events);
void __wrap_report_pass(struct report *r, struct report_memory *m, const struct autoscaler *one,
	const struct drive_result *result, double seconds, bool send_events);
enum error_kind __real_watch_start(
	const struct watch_config *config, struct watch **ret, struct error *err);
enum error_kind __wrap_watch_start(
	const struct watch_config *config, struct watch **ret, struct error *err);
void __real_watch_stop(struct watch *w);
void __wrap_watch_stop(struct watch *w);
enum error_kind __real_canary_watch_new(
	const struct canary_watch_config *config, struct canary_watch **ret, struct error *err);
enum error_kind __wrap_canary_watch_new(
	const struct canary_watch_config *config, struct canary_watch **ret, struct error *err);

static const struct live_seams *observers;

void live_seams_use(const struct live_seams *seams)
{
	observers = seams;
}

void __wrap_events_record(struct events *e, const struct event *event)
{
	if (observers)
		observers->on_event(event, observers->ctx);
	__real_events_record(e, event);
}

void __wrap_report_pass(struct report *r, struct report_memory *m, const struct autoscaler *one,
	const struct drive_result *result, double seconds, bool send_events)
{
	if (observers)
		observers->on_pass(one, result, observers->ctx);
	__real_report_pass(r, m, one, result, seconds, send_events);
}

enum error_kind __wrap_watch_start(
	const struct watch_config *config, struct watch **ret, struct error *err)
{
	enum error_kind kind = __real_watch_start(config, ret, err);

	if (kind == ERR_OK && observers)
		observers->on_watch(config->path, *ret, observers->ctx);
	return kind;
}

void __wrap_watch_stop(struct watch *w)
{
	if (w && observers)
		observers->on_watch_end(w, observers->ctx);
	__real_watch_stop(w);
}

enum error_kind __wrap_canary_watch_new(
	const struct canary_watch_config *config, struct canary_watch **ret, struct error *err)
{
	enum error_kind kind = __real_canary_watch_new(config, ret, err);

	if (kind == ERR_OK && observers)
		observers->on_canary(*ret, observers->ctx);
	return kind;
}
