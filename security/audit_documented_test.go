package security

import (
	"go/ast"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestTheDocumentedTableHasEveryChange(t *testing.T) {
	page, err := os.ReadFile("../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	functions(t, ".", func(f *ast.FuncDecl) {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || dotted(call.Fun) != "changed" {
				return true
			}
			if name, ok := call.Args[0].(*ast.BasicLit); ok && name.Kind == token.STRING {
				text, err := strconv.Unquote(name.Value)
				if err != nil {
					t.Fatal(err)
				}
				told[text] = true
			}
			return true
		})
	})
	if len(told) < 30 {
		t.Fatalf("found %d changes only", len(told))
	}
	delete(told, "recover_cluster") // by a tool, with no node to tell of it
	for name := range told {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/audit.md does not have %s", name)
		}
	}
}

// Whoever opens the key of the CA can make nodes: that it has left is told.
func TestABackupWithTheKeyOfTheCASaysSo(t *testing.T) {
	n := oneNode(t)
	n.audited.told()
	n.backup("")
	n.backup("correct horse battery")
	var saved []string
	for _, line := range n.audited.told() {
		if strings.Contains(line, "save_backup") {
			saved = append(saved, line[strings.Index(line, "ca_key"):])
		}
	}
	if len(saved) != 2 || saved[0] != "ca_key=false" || saved[1] != "ca_key=true" {
		t.Errorf("%q", saved)
	}
}
