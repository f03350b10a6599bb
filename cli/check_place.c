/* Message -> file, line, column and text. */
#include "cli/check_place.h"

/* "12" in front of a colon; takes both off. */
static bool take_number(struct sv *s, uint32_t *ret)
{
	bool found;
	uint64_t number;
	struct sv rest;
	struct sv digits = sv_cut(*s, ':', &rest, &found);

	if (!found || !sv_to_u64(digits, &number) || number > UINT32_MAX)
		return false;
	*ret = (uint32_t)number;
	*s = rest;
	return true;
}

static bool is_about(struct sv message, const char *name)
{
	struct sv prefix = sv_of(name);

	return sv_has_prefix(message, prefix) &&
	       sv_has_prefix(sv_skip(message, prefix.len), SV(":"));
}

struct check_finding check_place_of(struct sv message, const char *name)
{
	struct check_finding finding = { .file = name };

	if (is_about(message, name)) {
		message = sv_skip(message, strlen(name) + 1);
		if (take_number(&message, &finding.line))
			(void)take_number(&message, &finding.column);
	}
	finding.text = sv_trim(message);
	return finding;
}

struct check_finding check_place_next(struct sv *message, const char *name)
{
	const struct sv whole = *message, joint = SV("; ");
	size_t end = sv_find_sv(whole, joint);

	/* A text may hold one as well. */
	while (end < whole.len && !is_about(sv_skip(whole, end + joint.len), name))
		end += joint.len + sv_find_sv(sv_skip(whole, end + joint.len), joint);
	*message = sv_skip(whole, end + joint.len);
	return check_place_of(sv_take(whole, end), name);
}
