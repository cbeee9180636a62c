package node_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// operation is one thing that a client does and waits for.
type operation func() error

// byClients measures at 1, 16 and 64 clients.
func byClients(b *testing.B, connect func(b *testing.B) operation) {
	for _, clients := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) { closedLoop(b, clients, connect) })
	}
}

// closedLoop measures b.N operations, shared out among clients of which each
// begins its next one when its last has ended. connect prepares one client
// before the clock starts.
func closedLoop(b *testing.B, clients int, connect func(b *testing.B) operation) {
	operations := make([]operation, clients)
	for i := range operations {
		operations[i] = connect(b)
	}
	took := make([][]time.Duration, clients)
	var left atomic.Int64
	left.Store(int64(b.N))
	var running sync.WaitGroup
	b.ResetTimer()
	for i, operate := range operations {
		running.Go(func() {
			for left.Add(-1) >= 0 {
				start := time.Now()
				if err := operate(); err != nil {
					b.Error(err)
					return
				}
				took[i] = append(took[i], time.Since(start))
			}
		})
	}
	running.Wait()
	b.StopTimer()
	report(b, slices.Concat(took...))
}

// report replaces ns/op, which says little with many clients at once.
func report(b *testing.B, took []time.Duration) {
	if len(took) == 0 {
		return
	}
	slices.Sort(took)
	milliseconds := func(percentile int) float64 {
		return took[(len(took)-1)*percentile/100].Seconds() * 1000
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(len(took))/b.Elapsed().Seconds(), "ops/s")
	b.ReportMetric(milliseconds(50), "p50-ms")
	b.ReportMetric(milliseconds(99), "p99-ms")
}

// connection is one keep-alive connection of HTTP/1.1. It is much lighter than
// an http.Client, whose work would be taken from the servers: they run on the
// same cores.
type connection struct {
	*bufio.ReadWriter
}

// dial connects to a URL of the form http://host:port until the benchmark ends.
func dial(b *testing.B, url string) connection {
	b.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	return connection{bufio.NewReadWriter(bufio.NewReader(conn), bufio.NewWriter(conn))}
}

// do sends a request and reads the whole answer, which must be 200.
func (c connection) do(r *http.Request) error {
	if err := r.Write(c); err != nil {
		return err
	}
	if err := c.Flush(); err != nil {
		return err
	}
	res, err := http.ReadResponse(c.Reader, r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", r.Method, r.URL.Path, res.Status, body)
	}
	return err
}

// request is a request without a body.
func request(b *testing.B, method, url string, change func(*http.Request)) *http.Request {
	b.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		b.Fatal(err)
	}
	change(r)
	return r
}
