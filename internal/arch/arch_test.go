package arch

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "jeton"

// rule says what a package's code may import; tests may import anything. An
// entry P/... stands for P and for everything below it. The standard library
// is allowed but for what noStdlib refuses.
type rule struct {
	pkg      string
	ours     []string // packages of this module
	foreign  []string // other modules, with all of their packages
	noStdlib []string // packages of the standard library that are refused, with all below
}

var rules = []rule{
	{
		pkg:     "cmd/jeton",
		ours:    []string{"node", "security/tokenfile", "security/userfile", "security/rolefile", "security/token", "security/account", "security/backup", "internal/localfile"},
		foreign: []string{"github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term"},
	},
	{
		pkg:     "node",
		ours:    []string{"httpapi", "cluster", "fsm", "security/...", "internal/localfile", "internal/levenshtein", "internal/freshness"},
		foreign: []string{"go.yaml.in/yaml/v3", "golang.org/x", "github.com/prometheus/client_golang", "github.com/prometheus/common/expfmt", "github.com/hashicorp/go-metrics/compat"},
	},
	{
		pkg:  "node/nodetest",
		ours: []string{"..."},
	},
	{
		pkg:     "httpapi",
		ours:    []string{"security", "security/account", "security/query", "security/token", "internal/levenshtein"},
		foreign: []string{"github.com/labstack/echo"},
	},
	{
		pkg:  "security",
		ours: []string{"fsm", "security/token", "security/account", "security/audit", "security/backup", "security/tokenfile", "security/userfile", "security/rolefile", "security/query", "internal/freshness"},
	},
	{
		pkg:     "security/backup",
		ours:    []string{"fsm", "internal/localfile"},
		foreign: []string{"golang.org/x/crypto"},
	},
	{
		pkg: "security/audit",
	},
	{
		pkg:  "security/userfile",
		ours: []string{"security/token", "internal/localfile"},
	},
	{
		pkg:     "security/rolefile",
		ours:    []string{"security/account", "internal/localfile"},
		foreign: []string{"go.yaml.in/yaml/v3"},
	},
	{
		pkg:  "security/query",
		ours: []string{"internal/wildcard"},
	},
	{
		pkg:  "security/tokenfile",
		ours: []string{"security/token", "internal/localfile"},
	},
	{
		pkg:     "security/token",
		foreign: []string{"golang.org/x/crypto"},
	},
	{
		pkg:  "security/account",
		ours: []string{"internal/wildcard"},
	},
	{
		pkg:      "fsm",
		foreign:  []string{"github.com/hashicorp/go-immutable-radix/v2"},
		noStdlib: []string{"time", "math/rand", "crypto/rand", "os", "net"},
	},
	{
		pkg:  "cluster",
		ours: []string{"internal/mutant"},
		foreign: []string{
			"github.com/hashicorp/raft", "github.com/hashicorp/raft-boltdb/v2", "github.com/hashicorp/raft-autopilot", "go.etcd.io/bbolt",
			"github.com/hashicorp/go-hclog", "golang.org/x/sys",
		},
	},
	{
		pkg:  "internal/freshness",
		ours: []string{"internal/mutant"},
	},
	{
		pkg: "internal/mutant",
	},
	{
		pkg: "cluster/model",
	},
	{
		pkg:     "internal/localfile",
		foreign: []string{"github.com/fsnotify/fsnotify", "golang.org/x/sys"},
	},
	{
		pkg: "internal/levenshtein",
	},
	{
		pkg: "internal/wildcard",
	},
	{
		pkg: "internal/history",
	},
	{
		pkg: "internal/powerloss",
	},
	{
		pkg: "internal/arch",
	},
}

// imported is one import of a file.
type imported struct {
	path  string
	place string // file:line, relative to the module's root
}

func TestImportsFollowTheArrows(t *testing.T) {
	imports := importsOfModule(t)
	for pkg, list := range imports {
		i := slices.IndexFunc(rules, func(r rule) bool { return r.pkg == pkg })
		if i < 0 {
			t.Errorf("package %s has no rule; give it one here and a place in docs/architecture.md", pkg)
			continue
		}
		for _, imp := range list {
			if !rules[i].allows(imp.path) {
				t.Errorf("%s: %s must not import %q; docs/architecture.md says why", imp.place, pkg, imp.path)
			}
		}
	}
	for _, r := range rules {
		if _, ok := imports[r.pkg]; !ok {
			t.Errorf("the rule for %s is about no package; remove it", r.pkg)
		}
	}
}

func (r rule) allows(importPath string) bool {
	if pkg, ok := strings.CutPrefix(importPath, module+"/"); ok {
		return slices.ContainsFunc(r.ours, func(entry string) bool {
			tree, ok := strings.CutSuffix(entry, "...")
			return entry == pkg || ok && strings.HasPrefix(pkg+"/", tree)
		})
	}
	first, _, _ := strings.Cut(importPath, "/")
	if strings.Contains(first, ".") {
		return within(importPath, r.foreign)
	}
	return !within(importPath, r.noStdlib)
}

// within reports whether the path is one of the roots or lies below one.
func within(importPath string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return importPath == root || strings.HasPrefix(importPath, root+"/")
	})
}

// importsOfModule returns, by package, the imports of all files that are not
// tests. It reads the sources itself instead of asking `go list`: so it sees
// the files of every system and not this one's only, and `go test` knows what
// the result depends on and does not repeat an old one from its cache.
func importsOfModule(t *testing.T) map[string][]imported {
	t.Helper()
	root := os.DirFS(filepath.Join("..", ".."))
	found := map[string][]imported{}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return skipForeignDir(root, name)
		case path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		pkg := path.Dir(name)
		list, err := importsOfFile(root, name)
		found[pkg] = append(found[pkg], list...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// skipForeignDir keeps the walk out of what `go build ./...` leaves out: hidden
// directories, test data, and modules of their own.
func skipForeignDir(root fs.FS, dir string) error {
	if dir == "." {
		return nil
	}
	base := path.Base(dir)
	_, err := fs.Stat(root, path.Join(dir, "go.mod"))
	if base[0] == '.' || base[0] == '_' || base == "testdata" || err == nil {
		return fs.SkipDir
	}
	return nil
}

func importsOfFile(root fs.FS, name string) ([]imported, error) {
	src, err := fs.ReadFile(root, name)
	if err != nil {
		return nil, err
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, src, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var list []imported
	for _, spec := range file.Imports {
		importPath, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		at := files.Position(spec.Pos())
		list = append(list, imported{importPath, at.Filename + ":" + strconv.Itoa(at.Line)})
	}
	return list, nil
}

func TestARuleAllowsWhatItNames(t *testing.T) {
	r := rule{
		ours:     []string{"fsm", "security/..."},
		foreign:  []string{"github.com/hashicorp/raft"},
		noStdlib: []string{"net", "math/rand"},
	}
	for importPath, want := range map[string]bool{
		"jeton/fsm":                           true,
		"jeton/fsm/inner":                     false,
		"jeton/security":                      true,
		"jeton/security/token":                true,
		"jeton/securityx":                     false,
		"jeton/node":                          false,
		"github.com/hashicorp/raft":           true,
		"github.com/hashicorp/raft/fuzzy":     true,
		"github.com/hashicorp/raft-boltdb/v2": false,
		"github.com/labstack/echo/v4":         false,
		"math":                                true,
		"math/rand":                           false,
		"math/rand/v2":                        false,
		"net":                                 false,
		"net/http":                            false,
		"nets":                                true,
		"fmt":                                 true,
	} {
		if got := r.allows(importPath); got != want {
			t.Errorf("%s: allowed %v, want %v", importPath, got, want)
		}
	}
}
