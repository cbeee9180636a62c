package httpapi

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// check judges the value of the parameter name.
type check func(name, value string) error

// params is a set of query parameters with the values they take.
type params map[string]check

// commonParams go with every route. human and error_trace are taken and have
// no effect: there are no figures to make readable, and no stack traces here.
var commonParams = params{
	"pretty":      boolean,
	"human":       boolean,
	"error_trace": boolean,
	"format":      oneOf("json"),
	"filter_path": anything,
	"timeout":     timeValue,
}

var (
	// refresh is checked and has no effect: what is acknowledged is visible.
	writeParams = params{"refresh": refresh}

	forceParams   = params{"refresh": refresh, "force": boolean}
	detailParams  = params{"detail": boolean}
	accountParams = params{"type": anything}
	unusedParams  = params{"unused_for": timeValue}

	// There are no shards: whatever is asked of them holds at once.
	healthParams = params{
		"wait_for_status":                 oneOf("green", "yellow", "red"),
		"wait_for_nodes":                  nodeCount,
		"wait_for_events":                 anything,
		"wait_for_no_relocating_shards":   boolean,
		"wait_for_no_initializing_shards": boolean,
		"wait_for_active_shards":          anything, // there are none: all are active
		"expand_wildcards":                anything, // of indices
		"level":                           oneOf("cluster", "indices", "shards"),
		"local":                           boolean,
		"master_timeout":                  timeValue,
	}

	catParams = params{
		"format":         oneOf("json", "text", "txt"),
		"v":              boolean,
		"h":              anything,
		"s":              catSort,
		"local":          boolean,
		"master_timeout": timeValue,
	}

	// There is one state, and whoever leads answers for it.
	settingsParams    = params{"flat_settings": boolean, "include_defaults": boolean, "master_timeout": timeValue}
	putSettingsParams = params{"flat_settings": boolean, "master_timeout": timeValue}

	probeParams = params{"verbose": boolean}

	userParams      = params{"with_profile_uid": noProfiles}
	userQueryParams = params{"with_profile_uid": noProfiles, "typed_keys": boolean}

	restoreParams = params{"id": anything, "bring_back": boolean, "dry_run": boolean}

	clearRealmParams = params{"usernames": anything}
)

// checkParams refuses parameters that the route does not know, and values that
// a parameter does not take.
func (r *request) checkParams() error {
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(r.params)) {
		judge, ok := r.judgeOf(name)
		if !ok {
			unknown = append(unknown, name)
			continue
		}
		if err := judge(name, r.params[name]); err != nil {
			return err
		}
	}
	if len(unknown) > 0 {
		return unrecognized(r, unknown)
	}
	return nil
}

// judgeOf finds what judges the values of a parameter that the route takes.
func (r *request) judgeOf(name string) (check, bool) {
	judge, ok := r.route.params[name]
	if !ok {
		judge, ok = commonParams[name]
	}
	return judge, ok
}

func unrecognized(r *request, unknown []string) error {
	known := slices.AppendSeq(slices.Collect(maps.Keys(r.route.params)), maps.Keys(commonParams))
	var list []string
	for _, name := range unknown {
		list = append(list, "["+name+"]"+didYouMean(name, known))
	}
	noun := "parameter"
	if len(unknown) > 1 {
		noun = "parameters"
	}
	return illegalArgument("request [%s] contains unrecognized %s: %s", r.path, noun, strings.Join(list, ", "))
}

func anything(string, string) error { return nil }

func boolean(_, value string) error {
	if value == "" || value == "true" || value == "false" {
		return nil
	}
	return illegalArgument("Failed to parse value [%s] as only [true] or [false] are allowed.", value)
}

func refresh(_, value string) error {
	if value == "wait_for" || boolean("", value) == nil {
		return nil
	}
	return illegalArgument("Unknown value for refresh: [%s].", value)
}

// noProfiles takes what does not ask for the ids of user profiles.
func noProfiles(name, value string) error {
	if err := boolean(name, value); err != nil || value == "false" {
		return err
	}
	return illegalArgument("[%s] cannot be [true]: there are no user profiles here, leave it out", name)
}

func timeValue(name, value string) error {
	_, err := parseTimeValue(name, value)
	return err
}

// oneOf takes exactly the values.
func oneOf(values ...string) check {
	return func(name, value string) error {
		if slices.Contains(values, value) {
			return nil
		}
		return illegalArgument("unsupported value [%s] of parameter [%s]: it must be one of [%s]",
			value, name, strings.Join(values, ", "))
	}
}

// illegalArgument is the refusal of something that the request asked for.
func illegalArgument(format string, args ...any) *fault {
	return &fault{status: http.StatusBadRequest, kind: "illegal_argument_exception", reason: fmt.Sprintf(format, args...)}
}
