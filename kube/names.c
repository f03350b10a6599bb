/* Name checks by hand, without regular expressions; the texts quote the reference's expressions because it does. Pure. */
#include "kube/names.h"

#define LABEL_MAX_BYTES 63
#define SUBDOMAIN_MAX_BYTES 253

#define LABEL_FMT "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
#define DNS_LABEL_FMT "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
#define SUBDOMAIN_FMT DNS_LABEL_FMT "(\\." DNS_LABEL_FMT ")*"
#define LABEL_KEY_TEXT                                                                             \
	"must consist of alphanumeric characters, '-', '_' or '.', and must start and end with "   \
	"an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "  \
	"validation is '" LABEL_FMT "')"
#define SUBDOMAIN_TEXT                                                                             \
	"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' "  \
	"or '.', and must start and end with an alphanumeric character (e.g. 'example.com', "      \
	"regex used for validation is '" SUBDOMAIN_FMT "')"

static void report(struct names_problems *p, const char *text)
{
	p->at[p->n++] = text;
}

static bool is_lower_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alphanumeric(char c)
{
	return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

static bool is_label_name(struct sv s)
{
	if (s.len == 0 || !is_alphanumeric(s.ptr[0]) || !is_alphanumeric(s.ptr[s.len - 1]))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (!is_alphanumeric(c) && c != '-' && c != '_' && c != '.')
			return false;
	}
	return true;
}

static bool is_dns_label(struct sv s)
{
	if (s.len == 0 || !is_lower_or_digit(s.ptr[0]) || !is_lower_or_digit(s.ptr[s.len - 1]))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!is_lower_or_digit(s.ptr[i]) && s.ptr[i] != '-')
			return false;
	}
	return true;
}

/* Without the limit on its length. */
static bool is_subdomain(struct sv s)
{
	bool more = true;

	while (more) {
		struct sv rest;
		if (!is_dns_label(sv_cut(s, '.', &rest, &more)))
			return false;
		s = rest;
	}
	return true;
}

struct names_problems names_label_key(struct sv text)
{
	struct names_problems p = { 0 };
	struct sv name;
	bool prefixed;
	struct sv prefix = sv_cut(text, '/', &name, &prefixed);

	if (!prefixed) {
		name = text;
	} else if (sv_find(name, '/') < name.len) {
		report(&p, "a valid label key " LABEL_KEY_TEXT
			   " with an optional DNS subdomain prefix and '/' (e.g. "
			   "'example.com/MyName')");
		return p;
	} else if (prefix.len == 0) {
		report(&p, "prefix part must be non-empty");
	} else {
		if (prefix.len > SUBDOMAIN_MAX_BYTES)
			report(&p, "prefix part must be no more than 253 bytes");
		if (!is_subdomain(prefix))
			report(&p, "prefix part " SUBDOMAIN_TEXT);
	}
	if (name.len == 0)
		report(&p, "name part must be non-empty");
	else if (name.len > LABEL_MAX_BYTES)
		report(&p, "name part must be no more than 63 bytes");
	if (!is_label_name(name))
		report(&p, "name part " LABEL_KEY_TEXT);
	return p;
}

struct names_problems names_label_value(struct sv text)
{
	struct names_problems p = { 0 };

	if (text.len > LABEL_MAX_BYTES)
		report(&p, "must be no more than 63 bytes");
	if (text.len > 0 && !is_label_name(text))
		report(&p,
			"a valid label must be an empty string or consist of alphanumeric "
			"characters, '-', "
			"'_' or '.', and must start and end with an alphanumeric character (e.g. "
			"'MyValue',  or 'my_value',  or '12345', regex used for validation is "
			"'(" LABEL_FMT ")?')");
	return p;
}

struct names_problems names_dns1123_subdomain(struct sv text)
{
	struct names_problems p = { 0 };

	if (text.len > SUBDOMAIN_MAX_BYTES)
		report(&p, "must be no more than 253 characters");
	if (!is_subdomain(text))
		report(&p, SUBDOMAIN_TEXT);
	return p;
}

struct names_problems names_dns1123_label(struct sv text)
{
	struct names_problems p = { 0 };

	if (text.len > LABEL_MAX_BYTES)
		report(&p, "must be no more than 63 characters");
	if (is_dns_label(text))
		return p;
	if (is_subdomain(text))
		report(&p, "must not contain dots");
	else
		report(&p, "a lowercase RFC 1123 label must consist of lower case alphanumeric "
			   "characters or "
			   "'-', and must start and end with an alphanumeric character (e.g. "
			   "'my-name',  or "
			   "'123-abc', regex used for validation is '" DNS_LABEL_FMT "')");
	return p;
}

struct names_problems names_path_segment(struct sv text)
{
	struct names_problems p = { 0 };

	if (sv_is(text, ".")) {
		report(&p, "may not be '.'");
	} else if (sv_is(text, "..")) {
		report(&p, "may not be '..'");
	} else {
		if (sv_find(text, '/') < text.len)
			report(&p, "may not contain '/'");
		if (sv_find(text, '%') < text.len)
			report(&p, "may not contain '%'");
	}
	return p;
}

bool names_is_label_key(struct sv text)
{
	return names_label_key(text).n == 0;
}

bool names_is_dns1123_subdomain(struct sv text)
{
	return names_dns1123_subdomain(text).n == 0;
}
