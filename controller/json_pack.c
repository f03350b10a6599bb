/* A fixed dictionary. JSON text holds no byte below 0x20 outside of blanks between tokens, and compact JSON none at all, so these bytes are free: 0x02 ... 0x1d
 * stand for the first words, 0x01 and another byte for the rest; two of these say that a time or a UUID follows in binary. What an object holds beside these words stays as it is; a word that is missing here costs
 * room and nothing else. The packed form lives in memory only: the dictionary may change with every version. */
#include "controller/json_pack.h"

#include <string.h>

#include "common/instant.h"
#include "common/uuid.h"

#define ESCAPE 0x01
#define FIRST_CODE 0x02
#define N_SHORT 28
#define SECOND_CODE 0x20
/* Behind 0x01: four bytes of seconds since 1970, for a time such as 2026-01-01T00:00:00Z; the sixteen of a UUID. */
#define TIME_CODE 0xfe
#define UUID_CODE 0xff
#define TIME_TEXT 20

static const char *const WORDS[] = {
	"\",\"reason\":\"",
	"\",\"message\":\"",
	"\"name\":\"",
	"\"type\":\"",
	"\"},\"",
	"\"},{\"",
	"\":{\"",
	"\":[\"",
	"\",\"lastTransitionTime\":\"",
	"\"currentReplicas\":",
	"{\"metadata\":{\"name\":\"",
	"\",\"namespace\":\"",
	"\",\"uid\":\"",
	"\",\"resourceVersion\":\"",
	",\"creationTimestamp\":\"",
	"\"},\"minReplicas\":",
	",\"maxReplicas\":",
	",\"status\":{",
	"\"status\":\"True\"",
	"\"averageUtilization\":",
	",\"desiredReplicas\":",
	",\"currentReplicas\":",
	"\"observedGeneration\":",
	",\"averageValue\":\"",
	"\",\"generation\":",
	"\"}}",
	"}}}",
	"\"summary\":{\"",
	",\"labels\":{\"",
	",\"annotations\":{\"",
	"\"},\"spec\":{\"scaleTargetRef\":{\"apiVersion\":\"apps/"
	"v1\",\"kind\":\"Deployment\",\"name\":\"",
	"},\"spec\":{\"scaleTargetRef\":{\"",
	"\"kind\":\"Deployment\",\"name\":\"",
	"\"kind\":\"StatefulSet\",\"name\":\"",
	"\"apiVersion\":\"apps/v1\"",
	"\"apiVersion\":\"",
	",\"metrics\":[{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\",\"target\":{\"type\":"
	"\"Utilization\",\"averageUtilization\":",
	",\"metrics\":[{\"type\":\"",
	"\"type\":\"Resource\",\"resource\":{\"name\":\"",
	"\"type\":\"ContainerResource\",\"containerResource\":{\"",
	"\"type\":\"Pods\",\"pods\":{\"metric\":{\"name\":\"",
	"\"type\":\"Object\",\"object\":{\"",
	"\"type\":\"External\",\"external\":{\"metric\":{\"name\":\"",
	"\"},\"target\":{\"type\":\"",
	"\"target\":{\"type\":\"AverageValue\",\"averageValue\":\"",
	"\"target\":{\"type\":\"Utilization\",\"averageUtilization\":",
	"\"target\":{\"type\":\"Value\",\"value\":\"",
	"\"describedObject\":{\"",
	"\"selector\":{\"matchLabels\":{\"",
	"\"type\":\"AverageValue\",\"averageValue\":\"",
	"\"behavior\":{\"scaleUp\":{\"",
	"\"scaleDown\":{\"",
	"\"stabilizationWindowSeconds\":",
	"\"selectPolicy\":\"Max\"",
	"\"policies\":[{\"type\":\"",
	"{\"type\":\"Percent\",\"value\":",
	"{\"type\":\"Pods\",\"value\":",
	"\"periodSeconds\":",
	"\"tolerance\":\"",
	"\"mode\":\"Active\"",
	"\"mode\":\"Recommend\"",
	"\"syncPeriodSeconds\":",
	"\"fallback\":{\"failureDurationSeconds\":",
	",\"status\":{\"observedGeneration\":",
	",\"lastScaleTime\":\"",
	"\"desiredReplicas\":",
	",\"currentMetrics\":[{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\",\"current\":{"
	"\"averageUtilization\":",
	",\"currentMetrics\":[{\"type\":\"",
	"\"current\":{\"averageUtilization\":",
	"\"current\":{\"averageValue\":\"",
	"\"current\":{\"value\":\"",
	",\"conditions\":[{\"type\":\"AbleToScale\",\"status\":\"True\",\"lastTransitionTime\":\"",
	",\"conditions\":[{\"type\":\"",
	"\"type\":\"AbleToScale\",\"status\":\"",
	"\"type\":\"ScalingActive\",\"status\":\"",
	"\"type\":\"ScalingLimited\",\"status\":\"",
	"{\"type\":\"ScalingActive\",\"status\":\"True\",\"lastTransitionTime\":\"",
	"{\"type\":\"ScalingLimited\",\"status\":\"False\",\"lastTransitionTime\":\"",
	"{\"type\":\"ScalingLimited\",\"status\":\"True\",\"lastTransitionTime\":\"",
	"\"status\":\"False\"",
	"\",\"reason\":\"ReadyForNewScale\",\"message\":\"recommended size matches current size\"}",
	"\",\"reason\":\"ScaleDownStabilized\",\"message\":\"recent recommendations were higher "
	"than current one, applying the highest recent recommendation\"}",
	"\",\"reason\":\"SucceededRescale\",\"message\":\"the HPA controller was able to update "
	"the target scale to ",
	"\",\"reason\":\"SucceededGetScale\",\"message\":\"the HPA controller was able to get the "
	"target's current scale\"}",
	"\",\"reason\":\"FailedGetScale\",\"message\":\"the HPA controller was unable to get the "
	"target's current scale: ",
	"\",\"reason\":\"ValidMetricFound\",\"message\":\"the HPA was able to successfully "
	"calculate a replica count from",
	"\",\"reason\":\"ScalingDisabled\",\"message\":\"",
	"\",\"reason\":\"InvalidSelector\",\"message\":\"",
	"\",\"reason\":\"FailedGetResourceMetric\",\"message\":\"the HPA was unable to compute the "
	"replica count: ",
	"\",\"reason\":\"FailedGet",
	"\",\"message\":\"the HPA was unable to compute the replica count: ",
	"\",\"reason\":\"DesiredWithinRange\",\"message\":\"the desired count is within the "
	"acceptable range\"}",
	"\",\"reason\":\"TooFewReplicas\",\"message\":\"the desired replica count is less than the "
	"minimum replica count\"}",
	"\",\"reason\":\"TooManyReplicas\",\"message\":\"the desired replica count is more than "
	"the maximum replica count\"}",
	"\",\"reason\":\"ScaleUpLimit\",\"message\":\"",
	"\",\"reason\":\"ScaleDownLimit\",\"message\":\"",
	" cpu resource utilization (percentage of request)",
	" memory resource utilization (percentage of request)",
	" resource utilization (percentage of request)",
	" cpu resource",
	" pods metric ",
	" external metric ",
	"\",\"observedGeneration\":",
	"\"lastDecision\":{\"",
	"\"rawDesiredReplicas\":",
	"\"finalDesiredReplicas\":",
	"\"selectedMetric\":\"",
	"\"constraintsApplied\":[",
	"\"nextChange",
	"\"reference\":\"Deployment/",
	"\"reference\":\"",
	"\"targets\":\"",
	"\"wants\":",
	"\"limitedBy\":\"",
	"\"mode\":\"",
	"\"app.kubernetes.io/managed-by\":\"Helm",
	"\"app.kubernetes.io/name\":\"",
	"\"app.kubernetes.io/instance\":\"",
	"\"app.kubernetes.io/version\":\"",
	"\"app.kubernetes.io/",
	"\"helm.sh/chart\":\"",
	"\"meta.helm.sh/release-name\":\"",
	"\"meta.helm.sh/release-namespace\":\"",
	"\"kubectl.kubernetes.io/last-applied-configuration\":\"",
	"\"ownerReferences\":[{\"",
	"\"finalizers\":[\"",
	"\"kind\":\"HorizontalPodAutoscaler\"",
	"\"kind\":\"HorizontalAutoscaler\"",
	"\"apiVersion\":\"autoscaling/v2\"",
	"\"apiVersion\":\"flyball.dev/v1alpha1\"",
	"\"name\":\"memory\"",
	"\"name\":\"cpu\"",
	"\"value\":\"",
	"\"}},{\"",
	"\"}}}]",
	"}}}],\"",
	":true",
	":false",
	",\"lastTransitionTime\":\"",
	"\"},{\"type\":\"ScalingActive\",\"status\":\"True\",\"lastTransitionTime\":\"",
	"},{\"type\":\"ScalingActive\",\"status\":\"True\",\"lastTransitionTime\":\"",
	"},{\"type\":\"ScalingLimited\",\"status\":\"False\",\"lastTransitionTime\":\"",
	"},{\"type\":\"ScalingLimited\",\"status\":\"True\",\"lastTransitionTime\":\"",
	"\"},{\"type\":\"ScalingLimited\",\"status\":\"False\",\"lastTransitionTime\":\"",
	"\"},{\"type\":\"ScalingLimited\",\"status\":\"True\",\"lastTransitionTime\":\"",
	"\"},\"spec\":{\"scaleTargetRef\":{\"kind\":\"Deployment\",\"name\":\"",
	"},\"spec\":{\"scaleTargetRef\":{\"kind\":\"Deployment\",\"name\":\"",
	"\",\"apiVersion\":\"apps/v1\"},\"minReplicas\":",
	"\"}}},\"spec\":{\"scaleTargetRef\":{\"",
	"\"apiVersion\":\"apps/v1\",",
};
#define N_WORDS (sizeof(WORDS) / sizeof(WORDS[0]))
_Static_assert(N_WORDS <= N_SHORT + TIME_CODE - SECOND_CODE, "every word has a code");

/* Every word begins with one of these, so that names are passed over quickly. */
static bool may_begin_word(char c)
{
	return c == '"' || c == ',' || c == '{' || c == '}' || c == ':' || c == ' ';
}

/* The longest word that the text goes on with; N_WORDS: none. */
static size_t find_word(struct sv text, size_t *ret_len)
{
	size_t found = N_WORDS;

	*ret_len = 1;
	if (text.len < 2 || !may_begin_word(text.ptr[0]))
		return found;
	for (size_t i = 0; i < N_WORDS; i++) {
		if (WORDS[i][0] != text.ptr[0] || WORDS[i][1] != text.ptr[1])
			continue;
		size_t len = strlen(WORDS[i]);
		if (len > *ret_len && sv_has_prefix(text, sv_from(WORDS[i], len))) {
			found = i;
			*ret_len = len;
		}
	}
	return found;
}

static void put_code(struct buf *out, size_t word)
{
	if (word < N_SHORT) {
		buf_put_char(out, (char)(FIRST_CODE + word));
	} else {
		buf_put_char(out, ESCAPE);
		buf_put_char(out, (char)(unsigned char)(SECOND_CODE + word - N_SHORT));
	}
}

/* Whether the text goes on with a time that comes back as it is. */
static bool is_time(struct sv text, uint32_t *ret)
{
	AUTO(buf_done) struct buf back = { 0 };
	struct wall time;
	struct error ignored;

	if (text.len < TIME_TEXT || text.ptr[4] != '-' || text.ptr[10] != 'T' ||
		text.ptr[TIME_TEXT - 1] != 'Z' ||
		instant_wall_parse(sv_take(text, TIME_TEXT), &time, &ignored) != ERR_OK ||
		time.sec < 0 || time.sec > UINT32_MAX)
		return false;
	buf_init(&back, TIME_TEXT);
	instant_wall_print(&back, time);
	*ret = (uint32_t)time.sec;
	return sv_eq(buf_sv(&back), sv_take(text, TIME_TEXT));
}

static bool is_hex_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static void put_binary(struct buf *out, unsigned char code, const void *bytes, size_t len)
{
	buf_put_char(out, ESCAPE);
	buf_put_char(out, (char)code);
	buf_put(out, bytes, len);
}

/* A time or a UUID at the front of the text; returns its length, 0: there is none. */
static size_t put_value(struct buf *out, struct sv text)
{
	unsigned char uuid[UUID_BYTES];
	uint32_t seconds;

	if (!is_hex_digit(text.ptr[0]))
		return 0;
	if (is_time(text, &seconds)) {
		put_binary(out, TIME_CODE, &seconds, sizeof(seconds));
		return TIME_TEXT;
	}
	if (text.len >= UUID_TEXT && text.ptr[8] == '-' &&
		uuid_pack(sv_take(text, UUID_TEXT), uuid)) {
		put_binary(out, UUID_CODE, uuid, sizeof(uuid));
		return UUID_TEXT;
	}
	return 0;
}

enum error_kind json_pack_put(struct buf *out, struct sv json, struct error *err)
{
	while (json.len > 0) {
		size_t len, word = find_word(json, &len);
		if ((unsigned char)json.ptr[0] < SECOND_CODE)
			return error_set(err, ERR_INVALID, "not compact JSON");
		size_t value_len = word < N_WORDS ? 0 : put_value(out, json);
		if (word < N_WORDS)
			put_code(out, word);
		else if (value_len > 0)
			len = value_len;
		else
			buf_put_char(out, json.ptr[0]);
		json = sv_skip(json, len);
	}
	return buf_check(out, "a packed object", err);
}

/* What follows the code; returns how many bytes that were, 0: it is damaged. */
static size_t take_value(struct buf *out, unsigned char code, struct sv packed)
{
	char text[UUID_TEXT];
	unsigned char uuid[UUID_BYTES];
	uint32_t seconds;

	if (code == TIME_CODE && packed.len >= sizeof(seconds)) {
		memcpy(&seconds, packed.ptr, sizeof(seconds));
		instant_wall_print(out, (struct wall){ seconds, 0 });
		return sizeof(seconds);
	}
	if (code == UUID_CODE && packed.len >= sizeof(uuid)) {
		memcpy(uuid, packed.ptr, sizeof(uuid));
		uuid_print(uuid, text);
		buf_put(out, text, sizeof(text));
		return sizeof(uuid);
	}
	return 0;
}

enum error_kind json_pack_take(struct buf *out, struct sv packed, struct error *err)
{
	for (size_t i = 0; i < packed.len; i++) {
		unsigned char c = (unsigned char)packed.ptr[i];
		size_t word = c;
		if (c >= SECOND_CODE) {
			buf_put_char(out, (char)c);
			continue;
		}
		if (c == ESCAPE && ++i < packed.len) {
			unsigned char code = (unsigned char)packed.ptr[i];
			size_t len = take_value(out, code, sv_skip(packed, i + 1));
			i += len;
			if (len > 0)
				continue;
			word = code - (size_t)SECOND_CODE + N_SHORT;
		} else {
			word = c - (size_t)FIRST_CODE;
		}
		if (word >= N_WORDS)
			return error_set(err, ERR_INVALID, "a packed object is damaged");
		buf_put_str(out, WORDS[word]);
	}
	return buf_check(out, "an unpacked object", err);
}
