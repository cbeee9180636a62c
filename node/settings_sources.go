package node

import (
	"errors"
	"fmt"
	"path/filepath"
)

// settingSources is what was set, by name, and where.
type settingSources struct {
	values   map[string]string // the text in force, by setting
	origin   map[string]string // where the value in force was set, as errors name it
	warnings []string
}

// settingSource is one place that settings come from.
type settingSource struct {
	values map[string]string           // setting → its text
	origin func(setting string) string // where that setting stands in it
}

func readSources(configDir string, overrides, environ []string) (*settingSources, error) {
	file, err := readFile(filepath.Join(configDir, "jeton.yml"))
	if err != nil {
		return nil, err
	}
	variables, warnings := readEnvironment(environ)
	flags, err := readOverrides(overrides)
	if err != nil {
		return nil, err
	}
	all := &settingSources{values: map[string]string{}, origin: map[string]string{}, warnings: warnings}
	for _, s := range []settingSource{defaultSettings(), file, variables, flags} {
		all.add(s)
	}
	return all, nil
}

// add lays s over what was set before.
func (all *settingSources) add(s settingSource) {
	for name, text := range s.values {
		all.values[name], all.origin[name] = text, s.origin(name)
	}
}

func (all *settingSources) isSet(name string) bool {
	_, set := all.values[name]
	return set
}

// settings reads what was set into its fields. Paths of certificates are made
// relative to the config directory.
func (all *settingSources) settings(configDir string) (Settings, error) {
	var s Settings
	for _, row := range s.table() {
		if !all.isSet(row.name) {
			continue
		}
		switch text := all.values[row.name]; {
		case row.form.parse(text):
		case row.form.secret:
			return Settings{}, fmt.Errorf("setting [%s] in %s cannot be used: allowed is %s", row.name, all.origin[row.name], row.form.allowed)
		default:
			return Settings{}, all.invalid(row.name, "allowed is "+row.form.allowed)
		}
	}
	s.JoinSecretFile = relativeTo(configDir, s.JoinSecretFile)
	s.HTTPSSLCertificate = relativeTo(configDir, s.HTTPSSLCertificate)
	s.HTTPSSLKey = relativeTo(configDir, s.HTTPSSLKey)
	s.BackupPassphraseFile = relativeTo(configDir, s.BackupPassphraseFile)
	for i, p := range s.HTTPSSLCertificateAuthorities {
		s.HTTPSSLCertificateAuthorities[i] = relativeTo(configDir, p)
	}
	s.completeSeedHosts()
	return s, errors.Join(s.checkCertificate(), s.checkFormation())
}

// invalid is the error for the value in force of a setting.
func (all *settingSources) invalid(name, why string) error {
	return fmt.Errorf("setting [%s] is %s in %s: %s", name, quoted(all.values[name]), all.origin[name], why)
}

func relativeTo(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// quoted shows a value in an error, cut when it is long.
func quoted(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return fmt.Sprintf("%q", text)
}
