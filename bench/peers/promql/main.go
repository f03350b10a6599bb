// Measures what bench/promql.c measures, with the Go packages that do the same work; times are of the CPU. Lines NAME VALUE:
//
//	go_parse_rule_us     one parse of the rule in the first argument
//	go_decode_vector_ms  one answer of /api/v1/query (the file in the second argument), read by client_golang
//	go_decode_vector_mib what that allocates
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"runtime/debug"
	"sort"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

const (
	parseRounds   = 20000
	parseRepeats  = 11
	decodeRepeats = 3
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, "bench peer:", err)
	os.Exit(1)
}

func median(values []time.Duration) time.Duration {
	sort.Slice(values, func(i, j int) bool { return values[i] < values[j] })
	return values[len(values)/2]
}

// What the process has used of the processor, garbage collection included.
func cpu() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		fail(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func parseRule(rule string) {
	took := make([]time.Duration, parseRepeats)
	p := parser.NewParser(parser.Options{ExperimentalDurationExpr: true})
	for i := range took {
		start := cpu()
		for range parseRounds {
			if _, err := p.ParseExpr(rule); err != nil {
				fail(err)
			}
		}
		took[i] = cpu() - start
	}
	fmt.Printf("go_parse_rule_us %.3f\n", float64(median(took).Nanoseconds())/1000/parseRounds)
}

// A client whose server is the bytes of a file.
type canned struct{ body []byte }

func (c canned) URL(string, map[string]string) *url.URL { return &url.URL{} }

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(c.body)), Request: r}, nil
}

func decode(body []byte) {
	client, err := api.NewClient(api.Config{Address: "http://127.0.0.1:1", RoundTripper: canned{body}})
	if err != nil {
		fail(err)
	}
	took := make([]time.Duration, decodeRepeats)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range took {
		start := cpu()
		value, _, err := v1.NewAPI(client).Query(context.Background(), "x", time.Time{})
		if err != nil {
			fail(err)
		}
		took[i] = cpu() - start
		if v, ok := value.(model.Vector); !ok || len(v) == 0 {
			fail(fmt.Errorf("no vector"))
		}
	}
	runtime.ReadMemStats(&after)
	fmt.Printf("go_decode_vector_ms %.1f\n", float64(median(took).Microseconds())/1000)
	fmt.Printf("go_decode_vector_mib %.1f\n", float64(after.TotalAlloc-before.TotalAlloc)/decodeRepeats/(1<<20))
}

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("expected RULE and FILE"))
	}
	body, err := os.ReadFile(os.Args[2])
	if err != nil {
		fail(err)
	}
	debug.SetGCPercent(100)
	parseRule(os.Args[1])
	decode(body)
}
