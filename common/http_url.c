/* Base URLs of servers, read narrowly: what libcurl would guess or correct is refused here with a reason. Pure. */
#include "common/http_url.h"

#include "common/buf.h"
#include "common/http.h"

/* Servers refuse longer ones. */
#define URL_MAX (64u * 1024)

static enum error_kind refuse(struct sv text, const char *why, struct error *err)
{
	return error_set(err, ERR_INVALID, "\"%.*s\" is no URL of a server: %s", SV_ARG(text), why);
}

static bool is_host_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_';
}

/* A name, an IPv4 address, or an IPv6 address in brackets. */
static bool is_host(struct sv host)
{
	bool bracketed = host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
	struct sv inner = bracketed ? sv_from(host.ptr + 1, host.len - 2) : host;

	for (size_t i = 0; i < inner.len; i++) {
		if (!is_host_char(inner.ptr[i]) && !(bracketed && inner.ptr[i] == ':'))
			return false;
	}
	return inner.len > 0;
}

static bool is_path(struct sv path)
{
	for (size_t i = 0; i < path.len; i++) {
		if (path.ptr[i] <= ' ' || path.ptr[i] == 0x7f)
			return false;
	}
	return true;
}

/* "host", "host:port" */
static enum error_kind parse_authority(
	struct sv text, struct sv authority, struct http_url *url, struct error *err)
{
	uint64_t port = url->is_https ? 443 : 80;
	size_t digits = authority.len;

	while (digits > 0 && authority.ptr[digits - 1] >= '0' && authority.ptr[digits - 1] <= '9')
		digits--;
	url->default_port = digits == 0 || authority.ptr[digits - 1] != ':';
	url->host = url->default_port ? authority : sv_take(authority, digits - 1);
	if (!url->default_port && !sv_to_u64(sv_skip(authority, digits), &port))
		port = 0;
	if (port == 0 || port > UINT16_MAX)
		return refuse(text, "the port is not within 1..65535", err);
	if (!is_host(url->host))
		return refuse(text, "the host is malformed", err);
	url->port = (uint16_t)port;
	return ERR_OK;
}

enum error_kind http_url_parse(struct sv text, struct http_url *ret, struct error *err)
{
	struct http_url url = { .is_https = sv_has_prefix(text, SV("https://")) };

	if (!url.is_https && !sv_has_prefix(text, SV("http://")))
		return refuse(text, "it does not begin with http:// or https://", err);
	struct sv rest = sv_skip(text, url.is_https ? 8 : 7);
	struct sv authority = sv_take(rest, sv_find(rest, '/'));
	if (sv_find(authority, '@') < authority.len)
		/* Not quoted: the text before the @ may be a password. */
		return error_set(err, ERR_INVALID,
			"the URL of a server contains a user; credentials have their own fields");
	if (sv_find(rest, '?') < rest.len || sv_find(rest, '#') < rest.len)
		return refuse(text, "query and fragment are not allowed", err);
	url.path = sv_skip(rest, authority.len);
	while (sv_has_suffix(url.path, SV("/")))
		url.path.len--;
	if (!is_path(url.path))
		return refuse(text, "the path contains a byte that must be percent-encoded", err);
	enum error_kind kind = parse_authority(text, authority, &url, err);
	if (kind == ERR_OK)
		*ret = url;
	return kind;
}

static char *print(const struct http_url *url, struct sv host)
{
	AUTO(buf_done) struct buf out = { 0 };

	buf_init(&out, URL_MAX);
	buf_put_str(&out, url->is_https ? "https://" : "http://");
	buf_put_sv(&out, host);
	if (!url->default_port)
		buf_printf(&out, ":%u", (unsigned)url->port);
	buf_put_sv(&out, url->path);
	return buf_take(&out, NULL);
}

enum error_kind http_dial_init(
	struct http_dial *d, struct sv base_url, struct sv server_name, struct error *err)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct http_url url;

	*d = (struct http_dial){ 0 };
	buf_init(&text, URL_MAX);
	enum error_kind kind = http_url_parse(base_url, &url, err);
	if (kind != ERR_OK)
		return kind;
	d->is_https = url.is_https;
	d->base_url = print(&url, url.host);
	if (!url.is_https || server_name.len == 0) {
		d->url = print(&url, url.host);
		return d->base_url && d->url ? ERR_OK : error_nomem(err);
	}
	if (!is_host(server_name))
		return error_set(
			err, ERR_INVALID, "\"%.*s\" is no TLS server name", SV_ARG(server_name));
	d->url = print(&url, server_name);
	buf_printf(&text, "::%.*s:%u", SV_ARG(url.host), (unsigned)url.port);
	d->connect_to = buf_take(&text, NULL);
	buf_put_sv(&text, url.host);
	if (!url.default_port)
		buf_printf(&text, ":%u", (unsigned)url.port);
	d->host = buf_take(&text, NULL);
	return d->base_url && d->url && d->connect_to && d->host ? ERR_OK : error_nomem(err);
}

void http_dial_done(struct http_dial *d)
{
	mem_free(d->base_url);
	mem_free(d->url);
	mem_free(d->connect_to);
	mem_free(d->host);
	*d = (struct http_dial){ 0 };
}

enum error_kind http_url_join(const char *base, const char *target, char **ret, struct error *err)
{
	AUTO(buf_done) struct buf url = { 0 };

	buf_init(&url, URL_MAX);
	if (target[0] != '/')
		return error_set(err, ERR_INVALID,
			"the request target \"%s\" does not begin with a slash", target);
	for (const char *c = target; *c; c++) {
		if (*c <= ' ' || *c == 0x7f || *c == '#')
			return error_set(err, ERR_INVALID,
				"the request target contains a byte that must be percent-encoded");
	}
	buf_put_str(&url, base);
	buf_put_str(&url, target);
	enum error_kind kind = buf_check(&url, "the URL", err);
	if (kind != ERR_OK)
		return kind;
	*ret = buf_take(&url, NULL);
	return ERR_OK;
}
