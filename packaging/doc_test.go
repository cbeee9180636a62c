// Package packaging_test holds what Jeton is packed in together: the systemd
// unit, the image, the Kubernetes manifests and the packages must name the same
// paths, ports and settings, and settings that a node has. There is no code
// here: nothing of Jeton knows how it was installed.
package packaging_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"jeton/node"
)

const (
	binary    = "/usr/bin/jeton"
	configDir = "/etc/jeton"
	dataDir   = "/var/lib/jeton"
)

func read(t *testing.T, path ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// object is a mapping of YAML.
type object map[string]any

// documents are the objects of a YAML file. A key that stands twice is an error.
func documents(t *testing.T, text string) []object {
	t.Helper()
	var list []object
	for decoder := yaml.NewDecoder(strings.NewReader(text)); ; {
		var o object
		switch err := decoder.Decode(&o); {
		case err == nil:
			list = append(list, o)
		case err.Error() == "EOF":
			return list
		default:
			t.Fatal(err)
		}
	}
}

// at is the value at a path of keys, nil where there is none.
func (o object) at(path ...string) any {
	var value any = o
	for _, key := range path {
		inner, _ := value.(object)
		value = inner[key]
	}
	return value
}

// list is the objects at a path.
func (o object) list(path ...string) []object {
	values, _ := o.at(path...).([]any)
	list := make([]object, len(values))
	for i, v := range values {
		list[i], _ = v.(object)
	}
	return list
}

// texts is the strings at a path.
func (o object) texts(path ...string) []string {
	values, _ := o.at(path...).([]any)
	list := make([]string, len(values))
	for i, v := range values {
		list[i], _ = v.(string)
	}
	return list
}

// settings loads what a node would from these sources, and fails where it would
// refuse to start or warn.
func settings(t *testing.T, jetonYML string, environ []string) node.Settings {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "jeton.yml"), []byte(jetonYML), 0o600); err != nil {
		t.Fatal(err)
	}
	s, warnings, err := node.LoadSettings(dir, nil, environ)
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	return s
}
