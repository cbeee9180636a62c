package main

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func joinSecretIn(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(data), "\n")
}

func TestAJoinSecretIsMadeOnceAndNotShown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "join_secret")
	jeton(t, nil, "", "join-secret", path).expect(t, exitOK, "", "")
	made := joinSecretIn(t, path)
	if len(made) < minJoinSecret || strings.ContainsAny(made, " \r\n") {
		t.Errorf("the secret has %d characters", len(made))
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o007 != 0 {
		t.Errorf("strangers can read it: %v %v", info.Mode(), err)
	}
	jeton(t, nil, "", "join-secret", path).expect(t, exitOK, "", "")
	if joinSecretIn(t, path) != made {
		t.Error("the second start has another secret")
	}
}

func TestNoTwoJoinSecretsAreAlike(t *testing.T) {
	first, second := newJoinSecret(), newJoinSecret()
	if first.Reveal() == second.Reveal() {
		t.Error("two are alike")
	}
}

// Services of one project may start at the same moment.
func TestJoinSecretsThatAreMadeAtOnceAreOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "join_secret")
	var seen [8]string
	var all sync.WaitGroup
	for i := range seen {
		all.Go(func() {
			jeton(t, nil, "", "join-secret", path).expect(t, exitOK, "", "")
			data, _ := os.ReadFile(path)
			seen[i] = string(data)
		})
	}
	all.Wait()
	for i, s := range seen {
		if s == "" || s != seen[0] {
			t.Fatalf("the maker %d saw another secret than the first", i)
		}
	}
}

func TestAJoinSecretThatIsTooShortIsLeftAndNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "join_secret")
	if err := os.WriteFile(path, []byte("changeme\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := jeton(t, nil, "", "join-secret", path)
	got.expect(t, exitFailed, "", "holds 8 characters; a join secret has 32 or more: remove the file")
	if strings.Contains(got.stderr, "changeme") || joinSecretIn(t, path) != "changeme" {
		t.Errorf("the secret was shown or changed: %s", got.stderr)
	}
	jeton(t, nil, "", "join-secret").expect(t, exitUsage, "", "arg")
	jeton(t, nil, "", "join-secret", filepath.Join(t.TempDir(), "none", "join_secret")).expect(t, exitFailed, "", "is not there, make it first")
}

func TestAJoinSecretIsMadeByItsBareName(t *testing.T) {
	t.Chdir(t.TempDir())
	jeton(t, nil, "", "join-secret", "js").expect(t, exitOK, "", "")
	if len(joinSecretIn(t, "js")) < minJoinSecret {
		t.Error("no secret was made")
	}
}
