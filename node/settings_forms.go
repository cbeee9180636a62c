package node

import (
	"log/slog"
	"math"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"jeton/security/token"
)

// form is how the text of a setting is read: parse stores it in its field and
// reports whether it could; allowed says what it takes.
type form struct {
	allowed string
	parse   func(text string) bool
	secret  bool // the text is not to be shown
}

// into makes a form of a function from text to a value.
func into[T any](field *T, allowed string, read func(string) (T, bool)) form {
	return form{allowed: allowed, parse: func(text string) bool {
		v, ok := read(text)
		if ok {
			*field = v
		}
		return ok
	}}
}

func nameForm(field *string) form {
	return into(field, "1 to 255 visible characters without spaces", func(text string) (string, bool) {
		return text, text != "" && utf8.ValidString(text) && utf8.RuneCountInString(text) <= 255 &&
			!strings.ContainsFunc(text, func(r rune) bool { return r == ' ' || !unicode.IsPrint(r) })
	})
}

func pathForm(field *string) form {
	return into(field, "a path", func(text string) (string, bool) {
		return text, text != "" && !strings.ContainsRune(text, 0)
	})
}

func pathsForm(field *[]string) form {
	return into(field, "a list of paths", func(text string) ([]string, bool) {
		var list []string
		for p := range strings.SplitSeq(text, ",") {
			list = append(list, strings.TrimSpace(p))
		}
		return list, !slices.ContainsFunc(list, func(p string) bool { return !pathForm(new(string)).parse(p) })
	})
}

// hostName is the form of a DNS name.
var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?\.?$`)

func hostForm(field *string) form {
	return into(field, "an IP address, a host name, _local_, _site_, _global_ or 0.0.0.0", func(text string) (string, bool) {
		switch text {
		case "_local_", "_site_", "_global_":
			return text, true
		}
		if a, err := parseAddress(text); err == nil {
			return text, !a.IsMulticast()
		}
		return text, hostName.MatchString(text)
	})
}

func isAddress(text string) bool {
	_, err := parseAddress(text)
	return err == nil
}

// parseAddress reads an IP address, an IPv6 one also in brackets.
func parseAddress(text string) (netip.Addr, error) {
	if inner, ok := strings.CutPrefix(text, "["); ok {
		text = strings.TrimSuffix(inner, "]")
	}
	a, err := netip.ParseAddr(text)
	return a.Unmap(), err
}

func portForm(field *int) form {
	return into(field, "a whole number from 0 to 65535", func(text string) (int, bool) {
		n, err := strconv.ParseUint(text, 10, 16)
		return int(n), err == nil
	})
}

func boolForm(field **bool) form {
	return into(field, "true or false", func(text string) (*bool, bool) {
		v := text == "true"
		return &v, v || text == "false"
	})
}

func choiceForm(field *string, choices ...string) form {
	return into(field, "one of "+strings.Join(choices, ", "), func(text string) (string, bool) {
		return text, slices.Contains(choices, text)
	})
}

func levelForm(field *slog.Level) form {
	return into(field, "one of error, warn, info, debug", func(text string) (slog.Level, bool) {
		var l slog.Level
		known := slices.Contains([]string{"error", "warn", "info", "debug"}, strings.ToLower(text))
		return l, known && l.UnmarshalText([]byte(text)) == nil
	})
}

func hashingForm(field *string) form {
	return into(field, "bcrypt, bcrypt4 to bcrypt14, or pbkdf2 and pbkdf2_stretch, also with _1000, _10000, _50000, _100000, _500000 or _1000000 behind", func(text string) (string, bool) {
		_, err := token.ParseAlgorithm(text)
		return text, err == nil
	})
}

func durationForm(field *time.Duration) form {
	units := map[string]int64{
		"ms": int64(time.Millisecond), "s": int64(time.Second), "m": int64(time.Minute),
		"h": int64(time.Hour), "d": 24 * int64(time.Hour),
	}
	return into(field, "a whole number above 0 with a unit, ms, s, m, h or d, such as 30s", func(text string) (time.Duration, bool) {
		n, ok := quantity(text, units, math.MaxInt64)
		return time.Duration(n), ok
	})
}

// durationBetween is a duration from least to most.
func durationBetween(field *time.Duration, least, most time.Duration) form {
	var d time.Duration
	parse := durationForm(&d).parse
	return into(field, "a time from "+short(least)+" to "+short(most)+", such as 20m", func(text string) (time.Duration, bool) {
		return d, parse(text) && least <= d && d <= most
	})
}

// short is a duration without units at its end of which it has none.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func sizeForm(field *int64) form {
	units := map[string]int64{"b": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30}
	return into(field, "a whole number above 0 with a unit, b, kb, mb or gb, such as 1mb, and less than 2gb", func(text string) (int64, bool) {
		return quantity(text, units, math.MaxInt32)
	})
}

// quantity reads a whole number with one of the units behind it, in capitals or
// not; the product is between 1 and limit.
func quantity(text string, units map[string]int64, limit int64) (int64, bool) {
	text = strings.ToLower(text)
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz")
	unit, known := units[text[len(digits):]]
	n, err := strconv.ParseInt(digits, 10, 64)
	if !known || err != nil || n < 1 || n > limit/unit {
		return 0, false
	}
	return n * unit, true
}
