package httpapi

import (
	"strconv"
	"strings"
	"time"
)

// A request's `timeout` is held within these bounds.
const (
	MinTimeout = 100 * time.Millisecond
	MaxTimeout = 5 * time.Minute
)

// timeoutOf is the time a request may take: its own wish, the route's, or the
// server's. -1, Elasticsearch's "for ever", is MaxTimeout.
func (s *server) timeoutOf(r *request) (time.Duration, error) {
	wish := s.requestTimeout
	if r.route.timeout > 0 {
		wish = r.route.timeout
	}
	if text, ok := r.params["timeout"]; ok {
		asked, err := parseTimeValue("timeout", text)
		if err != nil {
			return 0, err
		}
		wish = asked
		if asked < 0 {
			wish = MaxTimeout
		}
	}
	return min(max(wish, MinTimeout), MaxTimeout), nil
}

// timeUnits are Elasticsearch's, each before those it ends with.
var timeUnits = []struct {
	suffix string
	length time.Duration
}{
	{"nanos", time.Nanosecond},
	{"micros", time.Microsecond},
	{"ms", time.Millisecond},
	{"s", time.Second},
	{"m", time.Minute},
	{"h", time.Hour},
	{"d", 24 * time.Hour},
}

// timeText is a time as parseTimeValue reads it, in the largest unit that it is a
// whole number of.
func timeText(d time.Duration) string {
	switch {
	case d < 0:
		return "-1"
	case d == 0:
		return "0s"
	}
	unit := timeUnits[0]
	for _, larger := range timeUnits[1:] {
		if d%larger.length == 0 {
			unit = larger
		}
	}
	return strconv.FormatInt(int64(d/unit.length), 10) + unit.suffix
}

// parseTimeValue reads a whole number with a unit (`500ms`, `30s`, `1d`), 0,
// or -1. What a Duration cannot hold becomes the longest one.
func parseTimeValue(name, text string) (time.Duration, error) {
	switch text {
	case "0":
		return 0, nil
	case "-1":
		return -1, nil
	}
	for _, unit := range timeUnits {
		digits, ok := strings.CutSuffix(strings.ToLower(text), unit.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 63)
		if err != nil {
			break
		}
		const longest = time.Duration(1<<63 - 1)
		if n > uint64(longest/unit.length) {
			return longest, nil
		}
		return time.Duration(n) * unit.length, nil
	}
	return 0, illegalArgument("failed to parse setting [%s] with value [%s] as a time value: "+
		"a whole number with one of the units [nanos, micros, ms, s, m, h, d] is needed, as in [30s]", name, text)
}
