package httpapi

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jeton/security"
)

// wished is a change in words: =value for what is set, - for what is reset.
func wished(c security.SettingsChange) string {
	var words []string
	if c.MaxAge != nil {
		words = append(words, "age"+wish(c.MaxAge.Reset, c.MaxAge.To.String()))
	}
	if c.Consistency != nil {
		words = append(words, "consistency"+wish(c.Consistency.Reset, c.Consistency.To))
	}
	if c.Lease != nil {
		words = append(words, "lease"+wish(c.Lease.Reset, c.Lease.To.String()))
	}
	return strings.Join(words, " ")
}

func wish(reset bool, to string) string {
	if reset {
		return "-"
	}
	return "=" + to
}

func TestSettingsArriveFlatOrNestedOrReset(t *testing.T) {
	for body, want := range map[string]string{
		`{"persistent":{"auth.lease":"3s"}}`:                                                  "lease=3s",
		`{"persistent":{"auth":{"lease":"3s"}}}`:                                              "lease=3s",
		`{"persistent":{"auth.available":{"max_age":"1h"},"auth":{"consistency":"quorum"}}}`:  "age=1h0m0s consistency=quorum",
		`{"persistent":{"auth":{"lease":null,"available":{"max_age":null}}},"transient":{}}`:  "age- lease-",
		`{"persistent":{"auth.*":null}}`:                                                      "age- consistency- lease-",
		`{"persistent":{"*":null,"auth.lease":"2s"}}`:                                         "age- consistency- lease=2s",
		`{"persistent":{"auth.lease":"2s","auth.l*":null}}`:                                   "lease=2s",
		`{"persistent":{"auth":{"available.*":null}}}`:                                        "age-",
		`{"persistent":{"cluster.*":null}}`:                                                   "",
		`{"persistent":{},"transient":{"auth.lease":null,"*":null}}`:                          "",
		`{"transient":{"auth":{"*":null}},"persistent":{"auth":{},"auth.consistency":false}}`: "consistency=false",
	} {
		d := &domain{}
		a := ask(d, "PUT", settingsPath, body)
		if got := wished(d.putSettings); a.Code != http.StatusOK || got != want {
			t.Errorf("%s: %q, want %q; %d %s", body, got, want, a.Code, a.Body)
		}
	}
}

func TestNothingArrivesOfSettingsThatAreRefused(t *testing.T) {
	for body, want := range map[string]string{
		`{}`:                             "no settings to update",
		`{"persistent":{"auth":{}}}`:     "no settings to update",
		`{"persistent":null}`:            "an object is expected",
		`{"persistent":{"auth":"lease"}`: "the body is not well-formed JSON",
		`{"persistent":{"auth.lease":"1s","auth":{"lease":"2s"}}}`:      "Duplicate field 'auth.lease'",
		`{"persistent":{"auth.lease":["1s"]}}`:                          "failed to parse field [auth.lease]",
		`{"persistent":{"auth.lease":"1s","a":1}}`:                      "persistent setting [a], not recognized",
		`{"persistent":{"auth":null}}`:                                  "persistent setting [auth], not recognized",
		`{"persistent":{"auth.*":"1s"}}`:                                "persistent setting [auth.*], not recognized",
		`{"persistent":{"auth":{"lease":{"time":"1s"}}}}`:               "persistent setting [auth.lease.time], not recognized",
		`{"persistent":{"auth.lease":"1s"},"transient":{"x":null}}`:     "transient setting [x], not recognized",
		`{"persistent":{"auth.lease":5000}}`:                            "failed to parse setting [auth.lease] with value [5000] as a time value",
		`{"persistent":{"auth.lease":true}}`:                            "failed to parse setting [auth.lease] with value [true] as a time value",
		`{"persistent":{"auth.lease":"1s","auth.available.max_age":1}}`: "with value [1] as a time value",
	} {
		d := &domain{}
		a := ask(d, "PUT", settingsPath, body)
		if got := wished(d.putSettings); a.Code != http.StatusBadRequest || !strings.Contains(a.Body.String(), want) || got != "" {
			t.Errorf("%s: %d %s; arrived %q", body, a.Code, a.Body, got)
		}
	}
}

func TestATimeIsReadAsItIsWritten(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-1: "-1", 0: "0s", 1: "1nanos", 1500 * time.Millisecond: "1500ms", 60 * time.Second: "1m", 90 * time.Minute: "90m", 48 * time.Hour: "2d",
	} {
		if got := timeText(d); got != want {
			t.Errorf("%s is written as %s, want %s", d, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom(timeUnits).Draw(t, "unit").length
		d := time.Duration(rapid.Int64Range(0, int64(1<<63-1)/int64(unit)).Draw(t, "number")) * unit
		if got, err := parseTimeValue("x", timeText(d)); err != nil || got != d {
			t.Fatalf("%d was written as %s and read as %d, %v", d, timeText(d), got, err)
		}
	})
}
