package httpapi

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"jeton/security"
)

// settingsParser reads the settings of a body, which may be nested, flat, or
// both: {"auth":{"lease":"5s"}} and {"auth.lease":"5s"} are the same.
type settingsParser struct {
	*parser
	persistent, transient []sentSetting
}

// sentSetting is a setting as a client sends it; nil resets it. A name to reset
// may end with a star.
type sentSetting struct {
	name string
	text *string
}

// decodeSettings reads what is to be changed. set is what will be shown of it.
func decodeSettings(body []byte) (change security.SettingsChange, set object, err error) {
	p := &settingsParser{parser: newParser("cluster_update_settings_request", body)}
	fields := map[string]any{"persistent": p.section("", &p.persistent), "transient": p.section("", &p.transient)}
	if err := p.document(func(key string) any { return fields[key] }); err != nil {
		return change, nil, err
	}
	if len(p.persistent)+len(p.transient) == 0 {
		return change, nil, validationFailed("no settings to update")
	}
	if err := noneTransient(p.transient); err != nil {
		return change, nil, err
	}
	if err := allKnown("persistent", p.persistent); err != nil {
		return change, nil, err
	}
	set, err = putSettings(&change, p.persistent)
	return change, set, err
}

func (p *settingsParser) section(prefix string, into *[]sentSetting) reader {
	return func() error { return p.object(p.within(prefix, into)) }
}

func (p *settingsParser) within(prefix string, into *[]sentSetting) func(key string) any {
	return func(key string) any { return p.setting(prefix+key, into) }
}

func (p *settingsParser) setting(name string, into *[]sentSetting) reader {
	return func() error {
		start := p.d.InputOffset()
		token, err := p.d.Token()
		switch {
		case err != nil:
			return p.malformed()
		case token == json.Delim('{'):
			return p.members(p.within(name+".", into))
		case token == json.Delim('['):
			return p.unfit("[%s] failed to parse field [%s]: its value is of the wrong type", p.name, name)
		case slices.ContainsFunc(*into, func(s sentSetting) bool { return s.name == name }):
			return p.refuse("[%s] Duplicate field '%s'", p.name, name)
		}
		text, isText := token.(string)
		if !isText { // a number or a truth value, as it was written
			text = string(bytes.TrimLeft(p.body[start:p.d.InputOffset()], ": \t\r\n"))
		}
		sent := sentSetting{name, &text}
		if token == nil {
			sent.text = nil
		}
		*into = append(*into, sent)
		return nil
	}
}

// names are the names of the settings that it is about.
func (s sentSetting) names() []string {
	var names []string
	for _, row := range clusterSettings {
		star := s.text == nil && strings.HasSuffix(s.name, "*")
		if row.name == s.name || star && globMatch(s.name, row.name) {
			names = append(names, row.name)
		}
	}
	return names
}

func allKnown(section string, list []sentSetting) error {
	for _, s := range list {
		if s.names() != nil || s.text == nil && strings.HasSuffix(s.name, "*") {
			continue
		}
		var known []string
		for _, row := range clusterSettings {
			known = append(known, row.name)
		}
		return illegalArgument("%s setting [%s], not recognized%s", section, s.name, didYouMean(s.name, known))
	}
	return nil
}

// noneTransient takes resets of transient settings, for there are none.
func noneTransient(list []sentSetting) error {
	if err := allKnown("transient", list); err != nil {
		return err
	}
	for _, s := range list {
		if s.text != nil {
			return illegalArgument("transient setting [%s], not supported: set it under [persistent], and reset it there with [null]", s.name)
		}
	}
	return nil
}

// putSettings enters what was sent. What is set goes before a star that resets it.
func putSettings(change *security.SettingsChange, list []sentSetting) (set object, err error) {
	for _, row := range clusterSettings {
		about := slices.DeleteFunc(slices.Clone(list), func(s sentSetting) bool { return !slices.Contains(s.names(), row.name) })
		if len(about) == 0 {
			continue
		}
		var text *string
		if i := slices.IndexFunc(about, func(s sentSetting) bool { return s.text != nil }); i >= 0 {
			text = about[i].text
		}
		shown, err := row.put(change, text)
		if err != nil {
			return nil, err
		}
		if text != nil {
			set = append(set, member{row.name, shown})
		}
	}
	return set, nil
}
