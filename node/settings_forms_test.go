package node

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTimeValuesHaveAUnit(t *testing.T) {
	good := map[string]time.Duration{
		"1ms": time.Millisecond, "500ms": 500 * time.Millisecond, "30s": 30 * time.Second,
		"2m": 2 * time.Minute, "1h": time.Hour, "1d": 24 * time.Hour, "1S": time.Second,
	}
	for text, want := range good {
		var got time.Duration
		if !durationForm(&got).parse(text) || got != want {
			t.Errorf("%s is %v", text, got)
		}
	}
	for _, text := range []string{"", "30", "0s", "-1s", "1.5s", "1 s", "s", "1y", "1µs", "106752d", "9999999999999999999s"} {
		if got := time.Duration(7); durationForm(&got).parse(text) || got != 7 {
			t.Errorf("%q was taken as %v", text, got)
		}
	}
}

func TestByteSizesHaveAUnit(t *testing.T) {
	good := map[string]int64{"1mb": 1 << 20, "512kb": 512 << 10, "100b": 100, "1gb": 1 << 30, "1MB": 1 << 20}
	for text, want := range good {
		var got int64
		if !sizeForm(&got).parse(text) || got != want {
			t.Errorf("%s is %d", text, got)
		}
	}
	for _, text := range []string{"", "100", "0b", "2gb", "-1b", "1.5mb", "1m", "1tb"} {
		var got int64
		if sizeForm(&got).parse(text) {
			t.Errorf("%q was taken as %d", text, got)
		}
	}
}

func TestQuantitiesNeverExceedTheirLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, math.MaxInt64).Draw(t, "n")
		unit := rapid.SampledFrom([]string{"ms", "s", "m", "h", "d"}).Draw(t, "unit")
		var d time.Duration
		if durationForm(&d).parse(fmt.Sprint(n, unit)) && d <= 0 {
			t.Fatalf("%d%s became %v", n, unit, d)
		}
	})
}

func TestNodeNamesAreVisible(t *testing.T) {
	for _, name := range []string{"node0", "a", "nœud-1", "host.example.com", strings.Repeat("é", 255)} {
		if !nameForm(new(string)).parse(name) {
			t.Errorf("%q was refused", name)
		}
	}
	for _, name := range []string{"", "a b", "a\tb", "a\n", "a\u00a0b", "a\u202eb", "a\x7f", "\xff", strings.Repeat("x", 256)} {
		if nameForm(new(string)).parse(name) {
			t.Errorf("%q was taken", name)
		}
	}
}

func TestHostsHaveNoPort(t *testing.T) {
	for _, text := range []string{"_local_", "_site_", "_global_", "0.0.0.0", "::", "[::1]", "fe80::1%eth0", "localhost", "my-host.example.com"} {
		if !hostForm(new(string)).parse(text) {
			t.Errorf("%q was refused", text)
		}
	}
	for _, text := range []string{"", "localhost:9200", "127.0.0.1:9200", "[::1]:9200", "_eth0_", "a b", "224.0.0.1", "http://x", "-x"} {
		if hostForm(new(string)).parse(text) {
			t.Errorf("%q was taken", text)
		}
	}
}
