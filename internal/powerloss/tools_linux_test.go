package powerloss_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"jeton/internal/powerloss"
	"jeton/security/token"
	"jeton/security/tokenfile"
	"jeton/security/userfile"
)

// command is a command line of a tool for files. Its end with code 0 tells
// somebody that it is done.
type command []string

func commands() []command {
	return []command{
		{"service-tokens", "create", "elastic/fleet-server", "first"},
		{"service-tokens", "create", "elastic/fleet-server", "second"},
		{"service-tokens", "create", "elastic/kibana", "third"},
		{"service-tokens", "delete", "elastic/fleet-server", "first"},
		{"users", "useradd", "ann", "-p", password, "-r", "superuser,editor"},
		{"users", "useradd", "bob", "-p", password, "-r", "viewer"},
		{"users", "passwd", "ann", "-p", password + "-2"},
		{"users", "roles", "ann", "-a", "viewer", "-r", "editor"},
		{"users", "userdel", "ann"},
	}
}

// edits are the stories of all commands, one after the other on one directory.
func edits(t testing.TB) []story {
	t.Helper()
	bin, dir := program(t), newDir(t, "config")
	var stories []story
	for _, c := range commands() {
		before := entries(t, dir)
		args := slices.Concat(c, []string{"--config", dir, "-E", cheap, "-E", "xpack.security.authc.service_token_hashing.algorithm=pbkdf2_stretch_1000"})
		cmd := exec.Command(bin, args...)
		log := new(lockedBuffer)
		cmd.Stdout, cmd.Stderr = log, log
		rec, code, err := powerloss.Record(cmd, dir)
		mayRecord(t, err)
		sound(t, rec)
		if code != 0 {
			t.Fatalf("%v: code %d\n%s", c, code, log.String())
		}
		stories = append(stories, edit(rec, strings.Join(c[:2], "-"), before, entries(t, dir)))
	}
	return stories
}

// edit is the story of one command: each entry is the former or the new one, and
// the new one once the command has ended.
func edit(rec *powerloss.Recording, name string, before, after map[string]string) story {
	done := slices.IndexFunc(rec.Events, func(e powerloss.Event) bool { return e.Op == powerloss.Exit })
	return story{rec: rec, name: name, judge: func(c powerloss.Crash, image string) verdict {
		got, err := entriesOf(image)
		if err != nil {
			return verdict{Wrong: err.Error()}
		}
		for _, key := range slices.Concat(slices.Collect(maps.Keys(before)), slices.Collect(maps.Keys(after))) {
			if got[key] != after[key] && (c.At > done || got[key] != before[key]) {
				return verdict{Wrong: fmt.Sprintf("%s is %q; it was %q and should become %q", key, got[key], before[key], after[key])}
			}
		}
		return verdict{}
	}}
}

func entries(t testing.TB, dir string) map[string]string {
	t.Helper()
	found, err := entriesOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// entriesOf is what the files in a config directory say, as texts to compare.
func entriesOf(dir string) (map[string]string, error) {
	found := map[string]string{}
	tokens, wrongTokens, err := tokenfile.Read(dir + "/service_tokens")
	if err != nil {
		return nil, err
	}
	for _, name := range tokens.All() {
		i := strings.LastIndex(name, "/")
		hash, _ := tokens.Lookup(name[:i], name[i+1:])
		found["token "+name] = short(hash)
	}
	users, wrongUsers, err := userfile.Read(dir)
	if err != nil && !errors.Is(err, userfile.ErrNoFile) {
		return nil, err
	}
	if err == nil {
		for _, name := range users.Names() {
			u, _ := users.Lookup(name)
			found["user "+name] = short(u.Hash) + " " + strings.Join(u.Roles, ",")
		}
	}
	if len(wrongTokens)+len(wrongUsers) > 0 {
		return nil, fmt.Errorf("lines that cannot be read: %v %v", wrongTokens, wrongUsers)
	}
	return found, nil
}

// short tells hashes apart without showing them.
func short(h token.Hash) string {
	return fmt.Sprintf("hash %.4x", sha256.Sum256([]byte(h.Text())))
}

func TestAToolForFilesLosesNothingAndKeepsWhatItHasSaid(t *testing.T) {
	t.Parallel()
	for _, s := range edits(t) {
		crashes := append(s.everywhere(len(s.rec.Events)), s.draws(*flags.images)...)
		s.mustHold(t, crashes)
	}
}
