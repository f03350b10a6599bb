/* What one event of the pod watch costs: lines of a stream in the pieces in which TLS delivers them, cut into events, identified, and put into the store of pods,
 * which holds 30,000. Each figure is one line "NAME VALUE"; run.py knows the bounds. The best of several rounds: another program on the processor only
 * ever makes it longer. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench/controller_pod.h"
#include "common/arena.h"
#include "controller/pod_cache.h"
#include "kube/object_meta.h"
#include "kube/watch_decode.h"

#define N_PODS 30000u
#define PODS_PER_OBJECT 3u
#define N_NAMESPACES 20u
#define N_EVENTS 4000u
#define ROUNDS 15
/* The largest record of TLS. */
#define PIECE_BYTES 16384u
#define MAX_LINE_BYTES (1u << 20)
#define MAX_STREAM_BYTES (256u << 20)
#define SCRATCH_BYTES (1u << 20)

struct store {
	struct pod_cache *pods;
	struct arena scratch;
	size_t n;
};

static _Noreturn void die(const char *what, const struct error *err)
{
	(void)fprintf(stderr, "pod_event: %s: %s\n", what, err->text);
	_Exit(EXIT_FAILURE);
}

static double now_us(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static bool on_line(struct sv line, void *ctx)
{
	struct store *s = ctx;
	struct watch_event event;
	struct object_id id;
	struct error err;

	arena_clear(&s->scratch);
	if (watch_decode_event(line, &event, &err) ||
		object_meta_scan(&s->scratch, event.object, false, &id, &err) ||
		pod_cache_put(s->pods, event.object, &err))
		die("event", &err);
	s->n++;
	return true;
}

static void put_event(struct buf *out, unsigned i)
{
	unsigned object = i / PODS_PER_OBJECT;

	buf_put_str(out, "{\"type\":\"MODIFIED\",\"object\":");
	controller_pod_put(
		out, &(struct controller_pod){ i, object, object % N_NAMESPACES, N_PODS + i });
	buf_put_str(out, "}\n");
}

static void feed(struct store *s, struct watch_lines *lines, struct sv stream)
{
	struct error err = { .text = "no memory" };

	for (size_t at = 0; at < stream.len; at += PIECE_BYTES)
		if (!watch_decode_lines(
			    lines, sv_take(sv_skip(stream, at), PIECE_BYTES), on_line, s))
			die("stream", &err);
}

int main(void)
{
	struct store s = { .pods = pod_cache_new() };
	struct watch_lines lines;
	struct buf stream;
	double best = 0;

	arena_init(&s.scratch, SCRATCH_BYTES);
	watch_decode_lines_init(&lines, MAX_LINE_BYTES);
	buf_init(&stream, MAX_STREAM_BYTES);
	for (unsigned i = 0; i < N_PODS; i++) {
		buf_clear(&stream);
		put_event(&stream, i);
		feed(&s, &lines, buf_sv(&stream));
	}
	size_t bytes = stream.len;
	buf_clear(&stream);
	for (unsigned i = 0; i < N_EVENTS; i++)
		put_event(&stream, i * 7919 % N_PODS);
	for (int round = 0; round < ROUNDS; round++) {
		s.n = 0;
		double began = now_us();
		feed(&s, &lines, buf_sv(&stream));
		double each = (now_us() - began) / N_EVENTS;
		if (s.n != N_EVENTS)
			die("events", &(struct error){ .text = "some are missing" });
		best = round == 0 || each < best ? each : best;
	}
	(void)printf("pod_event_us %g\npod_event_bytes %zu\n", best, bytes);
	buf_done(&stream);
	watch_decode_lines_done(&lines);
	arena_done(&s.scratch);
	pod_cache_free(s.pods);
	return 0;
}
