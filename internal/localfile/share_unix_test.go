//go:build unix

package localfile_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"jeton/internal/localfile"
)

// writeAs names the file that this program, started again by a test under
// another account, shall write.
const writeAs = "LOCALFILE_TEST_WRITE"

func TestMain(m *testing.M) {
	path := os.Getenv(writeAs)
	if path == "" {
		os.Exit(m.Run())
	}
	warnings, err := localfile.WriteShared(path, []byte("new"))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for _, w := range warnings {
		fmt.Println(w)
	}
}

// Accounts that exist nowhere, so that names are numbers.
const (
	server   = 54321 // owns the directory, and is in its group
	group    = 54322
	member   = 54323 // another account of that group
	stranger = 54324
)

type access struct {
	uid, gid uint32
	mode     fs.FileMode
}

func accessOf(t *testing.T, path string) access {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	stat := info.Sys().(*syscall.Stat_t)
	return access{stat.Uid, stat.Gid, info.Mode().Perm()}
}

func TestASharedFileStaysReadableForTheServerAndNobodyElse(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can act as several accounts")
	}
	program := copyOfThisProgram(t)
	root := &syscall.Credential{}
	for _, c := range []struct {
		story     string
		directory access
		former    *access // nil: the file is new
		as        *syscall.Credential
		want      access
		warnings  []string // beginnings, in order
	}{
		{
			story:     "root gives a new file to the directory's owner",
			directory: access{server, group, 0o750}, as: root,
			want: access{server, group, 0o600},
		},
		{
			story:     "in a directory of root and the server's group it is the group's",
			directory: access{0, group, 0o750}, as: root,
			want: access{0, group, 0o640},
		},
		{
			story:     "in a directory of root's alone it is root's alone",
			directory: access{0, 0, 0o755}, as: root,
			want: access{0, 0, 0o600},
		},
		{
			story:     "the server's own new file is its own",
			directory: access{server, group, 0o750}, as: &syscall.Credential{Uid: server, Gid: server},
			want: access{server, server, 0o600},
		},
		{
			story:     "a member of the group makes a file for the group",
			directory: access{server, group, 0o770}, as: &syscall.Credential{Uid: member, Gid: member, Groups: []uint32{group}},
			want: access{member, group, 0o640},
		},
		{
			story:     "a stranger is told that the server may be locked out",
			directory: access{server, group, 0o777}, as: &syscall.Credential{Uid: stranger, Gid: stranger},
			want:     access{stranger, stranger, 0o600},
			warnings: []string{"File [FILE] belongs to [54324], not to the owner [54321] or the group [54322]", "Please ensure"},
		},
		{
			story:     "root's edit changes no right",
			directory: access{0, 0, 0o755}, former: &access{server, group, 0o644}, as: root,
			want: access{server, group, 0o644},
		},
		{
			story:     "a member's edit takes the file over, and says so",
			directory: access{server, group, 0o770}, former: &access{server, group, 0o640},
			as:       &syscall.Credential{Uid: member, Gid: member, Groups: []uint32{group}},
			want:     access{member, group, 0o640},
			warnings: []string{"Owner of file [FILE] used to be [54321], but now is [54323]", "Please ensure"},
		},
		{
			story:     "a stranger's edit does not open the file to the stranger's group",
			directory: access{server, group, 0o777}, former: &access{server, group, 0o664},
			as:   &syscall.Credential{Uid: stranger, Gid: stranger},
			want: access{stranger, stranger, 0o604},
			warnings: []string{
				"Owner of file [FILE] used to be [54321], but now is [54324]",
				"Group of file [FILE] used to be [54322], but now is [54324]",
				"The file permissions of [FILE] have changed from [rw-rw-r--] to [rw----r--]",
				"Please ensure",
			},
		},
	} {
		t.Run(c.story, func(t *testing.T) {
			dir := filepath.Join(openDir(t), "config")
			path := filepath.Join(dir, "tokens")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if c.former != nil {
				if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
					t.Fatal(err)
				}
				grant(t, path, *c.former)
			}
			grant(t, dir, c.directory)

			cmd := exec.Command(program)
			cmd.Dir = "/"
			cmd.Env = []string{writeAs + "=" + path, "GORACE=atexit_sleep_ms=0"}
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.as}
			out, err := cmd.Output()
			if errors.Is(err, fs.ErrPermission) {
				t.Skipf("other accounts cannot reach %s", program)
			}
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			expectContent(t, path, "new")
			expectAlone(t, path)
			if got := accessOf(t, path); got != c.want {
				t.Errorf("the file has %v, want %v", got, c.want)
			}
			expectLines(t, strings.ReplaceAll(string(out), path, "FILE"), c.warnings)
		})
	}
}

func expectLines(t *testing.T, out string, beginnings []string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if out == "" {
		lines = nil
	}
	if len(lines) != len(beginnings) {
		t.Fatalf("got %d warnings, want %d:\n%s", len(lines), len(beginnings), out)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, beginnings[i]) {
			t.Errorf("warning %q, want %q", line, beginnings[i])
		}
	}
}

func grant(t *testing.T, path string, a access) {
	t.Helper()
	if err := os.Chown(path, int(a.uid), int(a.gid)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, a.mode); err != nil {
		t.Fatal(err)
	}
}

// openDir is a temporary directory that other accounts may enter.
func openDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func copyOfThisProgram(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(openDir(t), "program")
	if err := os.WriteFile(path, program, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}
