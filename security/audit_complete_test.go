package security

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// That nothing is done without being told of is held by these tests, for what is
// there and for what will be.

// parsed are the files of a package's code.
func parsed(t *testing.T, dir string) (files []*ast.File) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// functions calls visit for every function of a package.
func functions(t *testing.T, dir string, visit func(*ast.FuncDecl)) {
	t.Helper()
	for _, file := range parsed(t, dir) {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				visit(f)
			}
		}
	}
}

func TestEveryCommandSaysHowItIsTold(t *testing.T) {
	commands := map[string]bool{}
	functions(t, "../fsm", func(f *ast.FuncDecl) {
		if f.Name.Name == "Type" && f.Recv != nil {
			commands[f.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name] = true
		}
	})
	if len(commands) < 20 {
		t.Fatalf("found %d commands only", len(commands))
	}
	functions(t, ".", func(f *ast.FuncDecl) {
		if !slices.Contains([]string{"changeBy", "changeOfTokens", "changeOfCluster", "changeOfCA"}, f.Name.Name) {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if clause, ok := n.(*ast.CaseClause); ok {
				for _, e := range clause.List {
					delete(commands, e.(*ast.StarExpr).X.(*ast.SelectorExpr).Sel.Name)
				}
			}
			return true
		})
	})
	for name := range commands {
		t.Errorf("the command fsm.%s has no case in security/audit_changes.go: say there how it is told, or that it is housekeeping", name)
	}
}

// Only these functions may do it; each of them tells.
func TestThereIsOneWayToTheLogAndOneToARefusal(t *testing.T) {
	allowed := map[string][]string{
		"s.log.Commit":     {"commit"},
		"s.log.Revoke":     {"commit"},
		"s.commit":         {"carryOut"},
		"s.carryOut":       {"propose"},
		"s.mayOrNot":       {"authorize"},
		"s.mayGrantOrNot":  {"mayGrant"},
		"s.denied":         {"mayOrNot", "mayGrantOrNot"},
		"&PermissionError": {"denied", "mayGrantOrNot"},
	}
	seen := map[string]bool{}
	functions(t, ".", func(f *ast.FuncDecl) {
		ast.Inspect(f, func(n ast.Node) bool {
			what := ""
			switch n := n.(type) {
			case *ast.CallExpr:
				what = dotted(n.Fun)
			case *ast.CompositeLit:
				what = "&" + dotted(n.Type)
			}
			if in, bound := allowed[what]; bound {
				seen[what] = true
				if !slices.Contains(in, f.Name.Name) {
					t.Errorf("%s has %s, which nobody would be told of; it belongs into %v", f.Name.Name, what, in)
				}
			}
			return true
		})
	})
	if len(seen) != len(allowed) {
		t.Errorf("of %v only %v were found: have they other names now?", allowed, seen)
	}
}

func dotted(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return dotted(e.X) + "." + e.Sel.Name
	}
	return ""
}

// Whoever asks for something is told of exactly once: that they may, or may not.
func TestEveryUseCaseTellsWhetherItsCallerMay(t *testing.T) {
	for _, c := range []struct {
		name string
		who  Identity
		want string
	}{{"who may nothing", nobody, "access_denied"}, {"who may everything", elastic, "access_granted"}} {
		t.Run(c.name, func(t *testing.T) {
			n := oneNode(t)
			service := reflect.ValueOf(n.Service)
			for m := range service.Type().NumMethod() {
				name, method := service.Type().Method(m).Name, service.Method(m)
				args, asks := zeroArguments(WithRequest(t.Context(), &Request{ID: "r1"}), method.Type(), c.who)
				if !asks {
					continue
				}
				n.audited.told()
				method.Call(args)
				access := slices.DeleteFunc(n.audited.told(), func(s string) bool { return !strings.HasPrefix(s, "access_") })
				everybodys := slices.Contains([]string{"WhoAmI", "HasPrivileges", "UserPrivileges", "ChangePassword"}, name)
				if len(access) != 1 || !strings.HasPrefix(access[0], c.want) && !everybodys {
					t.Errorf("%s told %q, want one %s", name, access, c.want)
				}
			}
		})
	}
}

// zeroArguments are those that mean nothing, but for the caller.
func zeroArguments(ctx context.Context, f reflect.Type, who Identity) (args []reflect.Value, asks bool) {
	for i := range f.NumIn() {
		switch in := f.In(i); in {
		case reflect.TypeFor[Identity]():
			args, asks = append(args, reflect.ValueOf(who)), true
		case reflect.TypeFor[context.Context]():
			args = append(args, reflect.ValueOf(ctx))
		case reflect.TypeFor[RestoreRequest]():
			args = append(args, reflect.ValueOf(RestoreRequest{Body: strings.NewReader("")}))
		default:
			args = append(args, reflect.Zero(in))
		}
	}
	return args, asks
}
