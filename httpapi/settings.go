package httpapi

import (
	"context"
	"strings"
	"time"

	"jeton/security"
)

// clusterSetting is one of the cluster's settings as the wire has it: a name and
// a text.
type clusterSetting struct {
	name string
	// put takes a text, or nil for a reset, and returns the text in the form in
	// which it will be shown.
	put func(c *security.SettingsChange, text *string) (string, error)
	get func(s security.ClusterSettings) (text string, set bool)
}

// clusterSettings are all there are, in the order of their names.
var clusterSettings = append([]clusterSetting{
	{
		name: security.SettingMaxAge,
		put: func(c *security.SettingsChange, text *string) (string, error) {
			return putTime(&c.MaxAge, security.SettingMaxAge, text)
		},
		get: func(s security.ClusterSettings) (string, bool) { return timeText(s.MaxAge), s.MaxAgeSet },
	},
	{
		name: security.SettingConsistency,
		put:  func(c *security.SettingsChange, text *string) (string, error) { return putText(&c.Consistency, text) },
		get:  func(s security.ClusterSettings) (string, bool) { return s.Consistency, s.ConsistencySet },
	},
	{
		name: security.SettingLease,
		put: func(c *security.SettingsChange, text *string) (string, error) {
			return putTime(&c.Lease, security.SettingLease, text)
		},
		get: func(s security.ClusterSettings) (string, bool) { return timeText(s.Lease), s.LeaseSet },
	},
}, autopilotSettings()...)

func putText(into **security.Change[string], text *string) (string, error) {
	if text == nil {
		*into = &security.Change[string]{Reset: true}
		return "", nil
	}
	*into = &security.Change[string]{To: *text}
	return *text, nil
}

func putTime(into **security.Change[time.Duration], name string, text *string) (string, error) {
	if text == nil {
		*into = &security.Change[time.Duration]{Reset: true}
		return "", nil
	}
	d, err := parseTimeValue(name, *text)
	*into = &security.Change[time.Duration]{To: d}
	return timeText(d), err
}

// clusterSettings answers with what was set, and with the defaults of what was
// not where they are asked for. Nothing is transient here.
func (s *server) clusterSettings(ctx context.Context, r *request) (answer, error) {
	settings, err := s.security.ClusterSettings(ctx, r.who)
	var set, defaults object
	for _, row := range clusterSettings {
		text, isSet := row.get(settings)
		if isSet {
			set = append(set, member{row.name, text})
		} else {
			defaults = append(defaults, member{row.name, text})
		}
	}
	body := object{{"persistent", r.settingsForm(set)}, {"transient", object{}}}
	if r.flag("include_defaults") {
		body = append(body, member{"defaults", r.settingsForm(defaults)})
	}
	return ok(body), err
}

// putClusterSettings answers with what the request has set.
func (s *server) putClusterSettings(ctx context.Context, r *request) (answer, error) {
	change, set, err := decodeSettings(r.body)
	if err != nil {
		return answer{}, err
	}
	body := object{{"acknowledged", true}, {"persistent", r.settingsForm(set)}, {"transient", object{}}}
	return ok(body), s.security.PutClusterSettings(ctx, r.who, change)
}

// settingsForm is the form that the client asked for: one key for each setting,
// or objects within objects.
func (r *request) settingsForm(flat object) object {
	if r.flag("flat_settings") {
		return flat
	}
	var nested object
	for _, m := range flat {
		nested = nested.nest(strings.Split(m.key, "."), m.value)
	}
	return nested
}

// nest adds a value below a path. What shares the beginning of its path must have
// been added just before.
func (o object) nest(path []string, value any) object {
	if len(path) == 1 {
		return append(o, member{path[0], value})
	}
	last := len(o) - 1
	if last < 0 || o[last].key != path[0] {
		return append(o, member{path[0], object(nil).nest(path[1:], value)})
	}
	inner, _ := o[last].value.(object)
	o[last].value = inner.nest(path[1:], value)
	return o
}
