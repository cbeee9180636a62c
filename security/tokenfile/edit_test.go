package tokenfile_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"jeton/security/token"
	"jeton/security/tokenfile"
)

const account = "elastic/kibana"

func newPath(t *testing.T) string { return filepath.Join(t.TempDir(), "service_tokens") }

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func expectText(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("the file holds\n%s\n(%v), want\n%s", got, err, want)
	}
}

// done fails on an error and on a warning.
func done(t *testing.T) func(warnings []string, err error) {
	t.Helper()
	return func(warnings []string, err error) {
		t.Helper()
		if err != nil || warnings != nil {
			t.Fatalf("error %v, warnings %v", err, warnings)
		}
	}
}

func TestTokensAreCreatedListedAndDeleted(t *testing.T) {
	path := newPath(t)
	tokens, wrong, err := tokenfile.Read(path)
	if err != nil || wrong != nil || tokens.Len() != 0 {
		t.Fatalf("before the first token: %v, %v, %v", tokens, wrong, err)
	}

	done(t)(tokenfile.Create(path, account, "b", hashB))
	done(t)(tokenfile.Create(path, account, "a", hashA))
	expectText(t, path, line("elastic/kibana/b", hashB)+line("elastic/kibana/a", hashA))
	if tokens, _, err = tokenfile.Read(path); err != nil {
		t.Fatal(err)
	}
	expectAll(t, tokens, "elastic/kibana/a", "elastic/kibana/b")
	expectVerifies(t, tokens, account, "a", secretA)

	done(t)(tokenfile.Delete(path, account, "b"))
	expectText(t, path, line("elastic/kibana/a", hashA))
	done(t)(tokenfile.Delete(path, account, "a"))
	expectText(t, path, "")
}

func TestAnEditKeepsEverythingElse(t *testing.T) {
	path := newPath(t)
	head := "# of the kibana team\n\n" + line("elastic/kibana/z", hashB) + "\r\n"
	doubled := line("elastic/kibana/a", hashA) + "# between\n" + line("elastic/kibana/a", hashB)
	write(t, path, head+doubled+"# no line end")
	done(t)(tokenfile.Create(path, account, "new", hashA))
	expectText(t, path, head+doubled+"# no line end\n"+line("elastic/kibana/new", hashA))
	done(t)(tokenfile.Delete(path, account, "a"))
	expectText(t, path, head+"# between\n# no line end\n"+line("elastic/kibana/new", hashA))
}

func TestATokenThatExistsIsNotReplaced(t *testing.T) {
	path := newPath(t)
	done(t)(tokenfile.Create(path, account, "a", hashA))
	_, err := tokenfile.Create(path, account, "a", hashB)
	if !errors.Is(err, tokenfile.ErrExists) || err.Error() != "service token [elastic/kibana/a] already exists" {
		t.Errorf("got %v", err)
	}
	expectText(t, path, line("elastic/kibana/a", hashA))
}

func TestATokenThatDoesNotExistIsNotDeleted(t *testing.T) {
	path := newPath(t)
	_, err := tokenfile.Delete(path, account, "a")
	if !errors.Is(err, tokenfile.ErrNotFound) || err.Error() != "service token [elastic/kibana/a] does not exist" {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was made: %v", err)
	}
}

func TestAFileWithAMalformedLineIsNotEdited(t *testing.T) {
	path := newPath(t)
	text := line("elastic/kibana/a", hashA) + line("elastic/kibana/a", hashB) + "no colon here\nx:hunter2\n"
	write(t, path, text)
	for name, edit := range map[string]func() ([]string, error){
		"create": func() ([]string, error) { return tokenfile.Create(path, account, "b", hashB) },
		"delete": func() ([]string, error) { return tokenfile.Delete(path, account, "a") },
	} {
		_, err := edit()
		var malformed *tokenfile.MalformedError
		if !errors.As(err, &malformed) || len(malformed.Lines) != 2 || malformed.Lines[0].Line != 3 || malformed.Lines[1].Line != 4 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if text := err.Error(); !strings.Contains(text, "line 3 has no ':'") || !strings.Contains(text, path) || strings.Contains(text, "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
	expectText(t, path, text)
}

func TestNothingCanBeSmuggledIntoTheFile(t *testing.T) {
	path := newPath(t)
	for _, c := range []struct{ account, name string }{
		{"elastic/kibana", "a:{SHA}x"}, {"elastic/kibana", "a\nelastic/kibana/b"}, {"#elastic/kibana", "a"},
		{" elastic/kibana", "a"}, {"elastic/kibana", "\xff"},
	} {
		if _, err := tokenfile.Create(path, c.account, c.name, hashA); err == nil {
			t.Errorf("%q of %q was accepted", c.name, c.account)
		}
	}
	if _, err := tokenfile.Create(path, account, "a", token.Hash{}); err == nil {
		t.Error("a token without a hash was accepted")
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was made: %v", err)
	}
}

func TestConcurrentEditsLoseNothing(t *testing.T) {
	path := newPath(t)
	done(t)(tokenfile.Create(path, account, "old", hashA))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if _, err := tokenfile.Create(path, account, fmt.Sprint("t", i), hashA); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Go(func() {
		if _, err := tokenfile.Delete(path, account, "old"); err != nil {
			t.Error(err)
		}
	})
	wg.Wait()
	tokens, wrong, err := tokenfile.Read(path)
	if err != nil || wrong != nil {
		t.Fatalf("%v, %v", wrong, err)
	}
	expectAll(t, tokens, "elastic/kibana/t0", "elastic/kibana/t1", "elastic/kibana/t2", "elastic/kibana/t3",
		"elastic/kibana/t4", "elastic/kibana/t5", "elastic/kibana/t6", "elastic/kibana/t7")
}
