package node

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxSettingsFile bounds jeton.yml, in bytes.
const maxSettingsFile = 256 << 10

// readFile reads jeton.yml; a file that does not exist sets nothing.
func readFile(path string) (settingSource, error) {
	origin := func(string) string { return path }
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return settingSource{nil, origin}, nil
	}
	if err != nil {
		return settingSource{}, fmt.Errorf("settings cannot be read: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSettingsFile+1))
	if err != nil {
		return settingSource{}, fmt.Errorf("settings cannot be read: %w", err)
	}
	if len(data) > maxSettingsFile {
		return settingSource{}, fmt.Errorf("%s is larger than the %d bytes allowed", path, maxSettingsFile)
	}
	d := settingsFile{path: path, values: map[string]string{}, lines: map[string]int{}}
	if err := d.read(data); err != nil {
		return settingSource{}, err
	}
	return settingSource{d.values, func(name string) string { return d.at(d.lines[name]) }}, nil
}

// settingsFile is a YAML document of settings, flat (a.b: x), nested, or mixed.
// Values are taken as they were written, so that 010 stays 010.
type settingsFile struct {
	path   string
	values map[string]string // setting → its text; a list's items are joined by commas
	lines  map[string]int    // setting → the line of its value
}

func (d *settingsFile) read(data []byte) error {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var root yaml.Node
	switch err := decoder.Decode(&root); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return fmt.Errorf("%s: %w", d.path, err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s must hold one YAML document", d.path)
	}
	content := root.Content[0]
	if isNull(content) {
		return nil
	}
	if content.Kind != yaml.MappingNode {
		return fmt.Errorf("%s must hold settings as name: value", d.at(content.Line))
	}
	return d.mapping("", content)
}

func (d *settingsFile) mapping(prefix string, m *yaml.Node) error {
	for i := 0; i+1 < len(m.Content); i += 2 {
		key, value := m.Content[i], m.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			return fmt.Errorf("%s: the name of a setting must be text", d.at(key.Line))
		}
		name := prefix + key.Value
		switch {
		case value.Kind == yaml.MappingNode:
			if err := d.mapping(name+".", value); err != nil {
				return err
			}
		case isNull(value) && isSettingGroup(name): // all that stood below it is commented out
		default:
			if err := d.set(name, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *settingsFile) set(name string, value *yaml.Node) error {
	if !isSetting(name) {
		return unknownSetting(name, d.at(value.Line))
	}
	if line, twice := d.lines[name]; twice {
		return fmt.Errorf("setting [%s] is given twice in %s, on lines %d and %d: keep one", name, d.path, line, value.Line)
	}
	items := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		items = value.Content
	}
	var texts []string
	for _, item := range items {
		if !isPlainScalar(item) {
			return fmt.Errorf("%s: setting [%s] must be a plain value", d.at(item.Line), name)
		}
		texts = append(texts, item.Value)
	}
	d.values[name] = strings.Join(texts, ",")
	d.lines[name] = value.Line
	return nil
}

func (d *settingsFile) at(line int) string { return fmt.Sprintf("%s line %d", d.path, line) }

// isPlainScalar refuses what would have to be interpreted: aliases, tags of
// one's own, values left out.
func isPlainScalar(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode {
		return false
	}
	switch n.ShortTag() {
	case "!!str", "!!int", "!!float", "!!bool", "!!timestamp":
		return true
	}
	return false
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }
