package clients

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"jeton/node/nodetest"
)

// suiteFolder names the environment variable with the folder that holds the
// YAML files of github.com/elastic/elasticsearch-clients-tests, or some of them.
const suiteFolder = "JETON_CLIENTS_TESTS"

// The suite is what Elasticsearch's official clients test themselves with. It is
// run on one cluster, each step at another node than the one before it, and as
// often as there are nodes to begin with.
func TestTheOfficialClientsSuite(t *testing.T) {
	folder := os.Getenv(suiteFolder)
	if folder == "" {
		t.Skip("set " + suiteFolder + " to a folder with files of github.com/elastic/elasticsearch-clients-tests to run them")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.yml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no *.yml in %s=%s: %v", suiteFolder, folder, err)
	}
	c := nodetest.StartWith(t, 3, nodetest.Options{Settings: []string{tokenService}})
	for i, n := range c.Nodes {
		for _, file := range files {
			t.Run("from "+n.Name+"/"+strings.TrimSuffix(filepath.Base(file), ".yml"), func(t *testing.T) {
				runSuiteFile(t, c, i, file)
			})
		}
	}
}

// tokenService turns the OAuth 2.0 token service on: the nodes here have no TLS.
const tokenService = "xpack.security.authc.token.enabled=true"

// suiteFile is one file: what must hold for it to be run, its setup, its
// teardown, and its tests by their names.
type suiteFile struct {
	stack    bool
	setup    []map[string]any
	teardown []map[string]any
	tests    []suiteTest
}

type suiteTest struct {
	name  string
	steps []map[string]any
}

func runSuiteFile(t *testing.T, c *nodetest.Cluster, first int, path string) {
	file, err := readSuiteFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !file.stack {
		t.Skip("is not for the stack")
	}
	for _, test := range file.tests {
		t.Run(test.name, func(t *testing.T) {
			r := newSuiteRun(t, c, first)
			defer r.steps(file.teardown)
			r.steps(file.setup)
			r.steps(test.steps)
		})
	}
}

func readSuiteFile(path string) (suiteFile, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return suiteFile{}, err
	}
	file := suiteFile{stack: true}
	documents := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var document map[string]yaml.Node
		switch err := documents.Decode(&document); {
		case errors.Is(err, io.EOF):
			return file, nil
		case err != nil:
			return file, fmt.Errorf("%s: %w", path, err)
		}
		for name, content := range document {
			if err := file.take(name, &content); err != nil {
				return file, fmt.Errorf("%s: %s: %w", path, name, err)
			}
		}
	}
}

func (f *suiteFile) take(name string, content *yaml.Node) error {
	if name == "requires" {
		var requires struct{ Stack bool }
		err := content.Decode(&requires)
		f.stack = requires.Stack
		return err
	}
	var steps []map[string]any
	if err := content.Decode(&steps); err != nil {
		return err
	}
	switch name {
	case "setup":
		f.setup = steps
	case "teardown":
		f.teardown = steps
	default:
		f.tests = append(f.tests, suiteTest{name, steps})
	}
	return nil
}
