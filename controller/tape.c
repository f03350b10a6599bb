/* Text -> JSON values -> struct tape: the parts that all passes of a tape share. The steps are
 * tape_step.c's. Strict about a tape's own members, wherever they stand, and about the autoscaler,
 * which people edit; other objects of Kubernetes are read as the controller reads them. Replays
 * nothing. */
#include "controller/tape.h"

#include <inttypes.h>

#include "common/f64.h"
#include "common/jscan.h"
#include "controller/hpa_decode.h"
#include "controller/tape_fields.h"

/* No flag of the controller reaches that far: 30 years. */
#define MAX_SECONDS INT64_C(1000000000)
/* A line of a longer tape than this is not looked for: the file is no tape. */
#define MAX_STEPS 1000000u

struct duration {
	struct opt_i64 sec, ns;
};

struct config {
	struct duration sync, downscale, cpu, readiness;
	struct sv custom_version, arithmetic;
};

#define DURATION(json, place)                                                                      \
	CODEC_FIELD(json "Seconds", CODEC_OPT_I64, struct config, place.sec, 0),                   \
		CODEC_FIELD(json "Ns", CODEC_OPT_I64, struct config, place.ns, 0)
static const struct codec_field CONFIG[] = {
	DURATION("syncPeriod", sync),
	DURATION("downscaleStabilization", downscale),
	DURATION("cpuInitializationPeriod", cpu),
	DURATION("initialReadinessDelay", readiness),
	CODEC_FIELD("customMetricsVersion", CODEC_TEXT, struct config, custom_version, 0),
	CODEC_FIELD("arithmetic", CODEC_TEXT, struct config, arithmetic, 0),
	CODEC_SKIPPED("tolerance"),
	CODEC_SKIPPED("featureGates"),
	CODEC_SKIPPED("observedGeneration"),
	CODEC_SKIPPED("normaliseSelector"),
	CODEC_SKIPPED("guards"),
};
static const struct codec_object CONFIG_OBJECT = CODEC_OBJECT(struct config, CONFIG);

static const struct codec_field GATES[] = {
	CODEC_SKIPPED("HPAScaleToZero"),
	CODEC_SKIPPED("HPAConfigurableTolerance"),
	CODEC_SKIPPED("PodLevelResources"),
};
static const struct codec_object GATES_OBJECT = CODEC_OBJECT(char, GATES);

static const struct codec_field TOP[] = {
	CODEC_SKIPPED("tapeVersion"),
	CODEC_FIELD("name", CODEC_TEXT, struct tape, name, 0),
	CODEC_FIELD("takenBy", CODEC_TEXT, struct tape, taken_by, 0),
	CODEC_FIELD("platformDependent", CODEC_TEXT, struct tape, platform_dependent, 0),
	CODEC_SKIPPED("opaqueText"),
	CODEC_SKIPPED("config"),
	CODEC_SKIPPED("discovery"),
	CODEC_SKIPPED("hpa"),
	CODEC_SKIPPED("steps"),
};
static const struct codec_object TOP_OBJECT = CODEC_OBJECT(struct tape, TOP);

static void read_duration(struct codec *c, const struct codec_path *path, const struct jtree *t,
	const struct duration *from, const char *key, int64_t *ret_ns)
{
	if (from->sec.set) {
		struct codec_path at = { .up = path, .member = sv_of(key) };
		if (from->sec.value < 0 || from->sec.value > MAX_SECONDS)
			codec_find(c, &at, t, "expected 0 to %" PRId64 " seconds", MAX_SECONDS);
		else
			*ret_ns = from->sec.value * NS_PER_SEC;
	}
	if (from->ns.set) {
		struct codec_path at = { .up = path, .member = sv_of(key) };
		if (from->ns.value < 0 || from->ns.value > MAX_SECONDS * NS_PER_SEC)
			codec_find(c, &at, t, "expected 0 to %" PRId64 " nanoseconds",
				MAX_SECONDS * NS_PER_SEC);
		else
			*ret_ns = from->ns.value;
	}
}

static void read_tolerance(
	struct codec *c, const struct codec_path *path, const struct jtree *t, double *ret)
{
	struct codec_path at = { .up = path, .member = SV("tolerance") };
	const struct jtree *number = jtree_get(t, "tolerance");

	if (!jtree_is_absent(number) &&
		(number->kind != JTREE_NUMBER || f64_parse(number->text, ret) != F64_OK))
		codec_find(c, &at, number, "expected a number");
}

static void read_arithmetic(struct codec *c, const struct codec_path *path, const struct jtree *t,
	struct sv text, enum arith_mode *ret)
{
	struct codec_path at = { .up = path, .member = SV("arithmetic") };

	if (sv_is(text, "strict"))
		*ret = ARITH_STRICT;
	else if (sv_is(text, "safe"))
		*ret = ARITH_SAFE;
	else if (text.ptr)
		codec_find(c, &at, jtree_get(t, "arithmetic"), "expected safe or strict");
}

/* What a tape does not say is as this controller starts without flags; vectors were recorded behind
 * the reference's own arithmetic and with selectors as they are. */
static void decode_config(struct codec *c, const struct jtree *root, struct tape *ret)
{
	struct codec_path at = { .member = SV("config") };
	const struct jtree *t = jtree_get(root, "config");
	struct settings *s = &ret->settings;
	struct config config = { 0 };

	*s = SETTINGS_DEFAULT;
	ret->sync_period_ns = 15 * NS_PER_SEC;
	if (ret->version == 0) {
		s->arithmetic = ARITH_STRICT;
		s->normalise_selector = false;
	}
	codec_decode(c, &at, t, &CONFIG_OBJECT, &config);
	read_duration(c, &at, t, &config.sync, "syncPeriod", &ret->sync_period_ns);
	read_duration(c, &at, t, &config.downscale, "downscaleStabilization",
		&s->downscale_stabilization_ns);
	read_duration(c, &at, t, &config.cpu, "cpuInitializationPeriod", &s->cpu_initialization_ns);
	read_duration(
		c, &at, t, &config.readiness, "initialReadinessDelay", &s->readiness_delay_ns);
	read_tolerance(c, &at, t, &s->tolerance);
	read_arithmetic(c, &at, t, config.arithmetic, &s->arithmetic);
	tape_fields_bool(c, &at, t, "observedGeneration", &s->observed_generation);
	tape_fields_bool(c, &at, t, "normaliseSelector", &s->normalise_selector);
	tape_fields_bool(c, &at, t, "guards", &s->guards);

	struct codec_path in_gates = { .up = &at, .member = SV("featureGates") };
	const struct jtree *gates = tape_fields_object(c, &at, t, "featureGates", &GATES_OBJECT);
	tape_fields_bool(c, &in_gates, gates, "HPAScaleToZero", &s->scale_to_zero);
	tape_fields_bool(
		c, &in_gates, gates, "HPAConfigurableTolerance", &s->configurable_tolerance);
	tape_fields_bool(c, &in_gates, gates, "PodLevelResources", &s->pod_level_resources);

	const struct jtree *kinds = tape_fields_list(c, NULL, root, "discovery");
	struct codec_path in_kinds = { .member = SV("discovery") };
	ret->discovery = kinds ? tape_kinds_decode(c, &in_kinds, kinds)
			       : tape_kinds_standard(c, config.custom_version);
}

static void decode_hpa(struct codec *c, const struct jtree *root, struct tape *ret)
{
	struct codec_path at = { .member = SV("hpa") };
	const struct jtree *t = tape_fields_object(c, NULL, root, "hpa", NULL);
	struct codec inner = { .a = c->a, .strict = true };
	struct error err;

	if (!tape_fields_need(c, NULL, root, "hpa") || !t)
		return;
	if (hpa_decode(&inner, t, &ret->hpa, &err) == ERR_OK)
		return;
	struct jtree place = { .line = t->line, .column = t->column };
	if (err.kind != ERR_INVALID)
		c->failed = true;
	if (inner.n > 0)
		place = (struct jtree){ .line = inner.at[0].line, .column = inner.at[0].column };
	codec_find(c, &at, &place, "%s", err.text);
}

static void decode_steps(struct codec *c, const struct jtree *root, struct tape *ret)
{
	struct codec_path up = { .member = SV("steps") };
	const struct jtree *list = tape_fields_list(c, NULL, root, "steps");

	if (!tape_fields_need(c, NULL, root, "steps") || !list)
		return;
	if (list->n == 0 || list->n > MAX_STEPS) {
		codec_find(c, &up, list, "expected 1 to %u passes, got %zu", MAX_STEPS, list->n);
		return;
	}
	ret->steps = tape_fields_array(c, list->n, sizeof(ret->steps[0]));
	if (!ret->steps)
		return;
	JTREE_FOREACH (item, list) {
		struct codec_path at = { .up = &up, .index = ret->n_steps };
		tape_step_decode(c, &at, item, ret->hpa.owner_kind, &ret->steps[ret->n_steps++]);
	}
}

/* The version comes first: of a newer tape nothing else can be judged. */
static bool decode_version(struct codec *c, const struct jtree *root, int64_t *ret)
{
	struct codec_path at = { .member = SV("tapeVersion") };
	const struct jtree *version = jtree_get(root, "tapeVersion");

	if (jtree_is_absent(version))
		return true;
	if (!jtree_i64(version, ret) || *ret < 1)
		codec_find(c, &at, version, "expected a whole number from 1");
	else if (*ret > TAPE_VERSION)
		codec_find(c, &at, version,
			"this tape is of version %" PRId64
			", this program reads up to %d; use a newer flyball",
			*ret, TAPE_VERSION);
	return c->n == 0;
}

static enum error_kind tell(
	const char *file, uint32_t line, const struct codec *c, struct error *err)
{
	const struct codec_finding *f = &c->at[0];

	if (c->n == 0)
		return ERR_OK;
	return error_set(err, ERR_INVALID, "%s:%" PRIu32 ":%" PRIu32 ": %.*s%s%.*s", file,
		f->line > 0 ? line + f->line - 1 : line, f->column > 0 ? f->column : 1,
		SV_ARG(f->path), f->path.len > 0 ? ": " : "", SV_ARG(f->text));
}

enum error_kind tape_decode(struct arena *a, const char *file, uint32_t line,
	const struct jtree *root, struct tape *ret, struct error *err)
{
	struct codec c = { .a = a, .strict = true };
	struct tape tape = { 0 };

	if (root->kind != JTREE_OBJECT)
		return error_set(err, ERR_INVALID,
			"%s:%" PRIu32 ":%" PRIu32 ": expected a tape, a JSON object; got %s", file,
			line, root->column, jtree_kind_name(root->kind));
	if (decode_version(&c, root, &tape.version)) {
		codec_decode(&c, NULL, root, &TOP_OBJECT, &tape);
		tape_fields_bool(&c, NULL, root, "opaqueText", &tape.opaque_text);
		decode_config(&c, root, &tape);
		decode_hpa(&c, root, &tape);
		decode_steps(&c, root, &tape);
	}
	if (c.failed)
		return arena_error(a, err);
	if (tell(file, line, &c, err) != ERR_OK)
		return err->kind;
	*ret = tape;
	return ERR_OK;
}

/* Was it the end of the file that broke the syntax? Then the error is in its last line, and that is
 * no end of an object; strings and words break off before the very end is reached. */
static bool is_cut_off(const struct jscan *s)
{
	struct sv rest = sv_trim(sv_from(s->at, (size_t)(s->end - s->at)));

	return rest.len == 0 || (sv_find(rest, '\n') == rest.len && rest.ptr[rest.len - 1] != '}');
}

static enum error_kind broken(
	const struct tape_text *text, const struct jscan *s, struct error *err)
{
	uint32_t line, column;

	if (jscan_error(s, err) != ERR_INVALID)
		return error_wrap(err, "%s", text->file);
	jscan_where(s, text->rest.ptr, &line, &column);
	if (text->rest.ptr[0] != '{')
		return error_set(err, ERR_INVALID,
			"%s:%" PRIu32 ":%" PRIu32 ": expected a tape, a JSON object", text->file,
			line, column);
	if (!is_cut_off(s))
		return error_wrap(err, "%s", text->file);
	return error_set(err, ERR_INVALID,
		"%s:%" PRIu32 ":%" PRIu32
		": the tape that begins here is cut off: the file ends in the middle of it",
		text->file, line, column);
}

/* The line of a place behind the last one asked for. */
static uint32_t line_of(struct tape_text *text, const char *place)
{
	if (!text->counted) {
		text->counted = text->all.ptr;
		text->line = 1;
	}
	while (text->counted < place) {
		const char *newline = memchr(text->counted, '\n', (size_t)(place - text->counted));
		if (!newline)
			break;
		text->line++;
		text->counted = newline + 1;
	}
	text->counted = place;
	return text->line;
}

enum error_kind tape_next(struct arena *a, struct tape_text *text, struct jtree **ret_root,
	uint32_t *ret_line, struct error *err)
{
	struct jscan s;

	*ret_root = NULL;
	text->rest = sv_trim(text->rest);
	if (text->rest.len == 0)
		return ERR_OK;
	jscan_init(&s, text->all);
	s.at = text->rest.ptr;
	enum jscan_token token = jscan_next(&s);
	if (token == JSCAN_ERROR || !jscan_skip(&s, token))
		return broken(text, &s, err);
	struct sv one = sv_take(text->rest, (size_t)(s.at - text->rest.ptr));
	*ret_line = line_of(text, one.ptr);
	if (jtree_parse(a, one, ret_root, err) != ERR_OK)
		return error_wrap(err, "%s, in the tape of line %" PRIu32, text->file, *ret_line);
	text->rest = sv_skip(text->rest, one.len);
	return ERR_OK;
}
