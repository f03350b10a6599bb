/* The strict front: however the bytes arrive, the verdict and the canonical text are the same, and canonical
 * text passes unchanged. The framing of a head is short, and frames the same body. */
#include "common/http_framing.h"
#include "common/http_gate.h"
#include "tests/fuzz/fuzz.h"

#define MAX_BODY 1000

struct run {
	struct http_gate gate;
	struct buf out;
	size_t n_taken;
};

static void run(struct run *r, struct sv in, size_t piece)
{
	http_gate_init(&r->gate, MAX_BODY);
	buf_init(&r->out, 1000000);
	r->n_taken = 0;
	while (r->n_taken < in.len) {
		struct sv next = sv_take(sv_skip(in, r->n_taken), piece);
		size_t n = http_gate_feed(&r->gate, next, &r->out);
		REQUIRE(n <= next.len);
		r->n_taken += n;
		if (n < next.len)
			break;
	}
	REQUIRE(r->out.failed == ERR_OK);
	REQUIRE(r->n_taken == in.len || r->gate.state == HTTP_GATE_DONE ||
		r->gate.state == HTTP_GATE_REFUSED);
	REQUIRE(r->gate.state != HTTP_GATE_REFUSED || (r->gate.status >= 400 && r->gate.reason));
}

static void done(struct run *r)
{
	http_gate_done(&r->gate);
	buf_done(&r->out);
}

static struct sv body_of(const struct buf *request)
{
	struct sv text = buf_sv(request);

	return sv_skip(text, sv_find_sv(text, SV("\r\n\r\n")) + 4);
}

static void check_framing(const struct run *whole)
{
	struct buf framed;
	struct run again;
	struct sv body = body_of(&whole->out);
	struct sv head = sv_take(buf_sv(&whole->out), whole->out.len - body.len);

	buf_init(&framed, HTTP_FRAMING_MAX + body.len);
	http_framing_put(&framed, head);
	REQUIRE(framed.failed == ERR_OK && framed.len <= HTTP_FRAMING_MAX);
	buf_put_sv(&framed, body);
	run(&again, buf_sv(&framed), framed.len);
	REQUIRE(again.gate.state == HTTP_GATE_DONE);
	REQUIRE(again.n_taken == framed.len);
	REQUIRE(sv_eq(body_of(&again.out), body));
	done(&again);
	buf_done(&framed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv in = sv_from((const char *)data, size);
	struct run whole, bytes, again;

	run(&whole, in, size + 1);
	run(&bytes, in, 1);
	REQUIRE(whole.gate.state == bytes.gate.state);
	REQUIRE(whole.gate.status == bytes.gate.status);
	if (whole.gate.state == HTTP_GATE_DONE) {
		REQUIRE(whole.n_taken == bytes.n_taken);
		REQUIRE(sv_eq(buf_sv(&whole.out), buf_sv(&bytes.out)));
		run(&again, buf_sv(&whole.out), 7);
		REQUIRE(again.gate.state == HTTP_GATE_DONE);
		REQUIRE(again.n_taken == whole.out.len);
		REQUIRE(sv_eq(buf_sv(&again.out), buf_sv(&whole.out)));
		done(&again);
		check_framing(&whole);
	}
	done(&whole);
	done(&bytes);
	return 0;
}
