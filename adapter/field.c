/* Reads field selectors term by term; which keys are known is the caller's business. */
#include "adapter/field.h"

bool field_next(struct sv *rest, struct field_term *ret)
{
	while (rest->len > 0) {
		struct sv behind, value;
		bool found;
		struct sv term = sv_cut(*rest, ',', &behind, &found);
		struct sv key = sv_cut(term, '=', &value, &found);
		*rest = behind;
		if (key.len == 0)
			continue;
		ret->negated = sv_has_suffix(key, SV("!"));
		ret->key = ret->negated ? sv_take(key, key.len - 1) : key;
		ret->value = sv_has_prefix(value, SV("=")) ? sv_skip(value, 1) : value;
		return true;
	}
	return false;
}
