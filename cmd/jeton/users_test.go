package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jeton/security/token"
	"jeton/security/userfile"
)

// userTool is the file-user command with a config directory of its own, where
// hashing is quick.
type userTool struct {
	*testing.T
	dir string
}

func newUserTool(t *testing.T) userTool {
	u := userTool{t, t.TempDir()}
	u.write("jeton.yml", "xpack.security.authc.password_hashing.algorithm: bcrypt4\n")
	return u
}

func (u userTool) run(args ...string) outcome {
	u.Helper()
	return u.runWith("", args...)
}

func (u userTool) runWith(stdin string, args ...string) outcome {
	u.Helper()
	return jeton(u.T, []string{"JETON_PATH_CONF=" + u.dir}, stdin, append([]string{"users"}, args...)...)
}

func (u userTool) path(file string) string { return filepath.Join(u.dir, file) }

func (u userTool) write(file, text string) {
	u.Helper()
	if err := os.WriteFile(u.path(file), []byte(text), 0o600); err != nil {
		u.Fatal(err)
	}
}

func (u userTool) expectPassword(name, password string) {
	u.Helper()
	users, wrong, err := userfile.Read(u.dir)
	if err != nil || wrong != nil {
		u.Fatal(wrong, err)
	}
	user, ok := users.Lookup(name)
	if !ok || !user.Hash.Verify(token.SecretFrom(password)) {
		u.Errorf("%s: there %v, and the file does not verify %q", name, ok, password)
	}
}

func TestAFileUsersLife(t *testing.T) {
	u := newUserTool(t)
	u.write("roles.yml", "watcher: { cluster: [ monitor ] }\n")
	u.run("useradd", "jane", "-p", "first-password", "-r", "watcher,superuser").expect(t, exitOK, "", "")
	u.run("useradd", "bob", "--password", "bobs-password").expect(t, exitOK, "", "")
	u.expectPassword("jane", "first-password")
	u.run("list").expect(t, exitOK, "bob            : -\njane           : superuser,watcher\n", "")

	u.run("passwd", "jane", "-p", "second-password").expect(t, exitOK, "", "")
	u.expectPassword("jane", "second-password")
	u.run("roles", "jane", "-a", "viewer", "-r", "superuser").expect(t, exitOK, "", "")
	u.run("roles", "bob", "--add", "watcher").expect(t, exitOK, "", "")
	u.run("roles", "jane").expect(t, exitOK, "jane           : viewer,watcher\n", "")
	u.run("list", "bob").expect(t, exitOK, "bob            : watcher\n", "")

	u.run("userdel", "jane").expect(t, exitOK, "", "")
	u.run("list").expect(t, exitOK, "bob            : watcher\n", "")
	u.run("userdel", "bob").expect(t, exitOK, "", "")
	u.run("list").expect(t, exitOK, "No users found\n", "")
	if info, err := os.Stat(u.path("users")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestARoleThatIsNotKnownIsMarkedAndWarnedOfAndGiven(t *testing.T) {
	u := newUserTool(t)
	u.write("roles.yml", "known: { cluster: [ monitor ] }\nbroken: { cluster: [ nonsense ] }\n")
	warning := "WARNING: The following roles [mistyped,broken] are not in the [" + u.path("roles.yml") + "] file."
	u.run("useradd", "jane", "-p", "password", "-r", "known,mistyped,broken").expect(t, exitOK, "", warning)
	legend := "\n [*]   Role is not in the [" + u.path("roles.yml") + "] file. If the role has been created using the API, please disregard this message.\n"
	u.run("list").expect(t, exitOK, "jane           : broken*,known,mistyped*\n"+legend, `] line 2: role "broken" is refused: `)
	u.run("roles", "jane", "-a", "other", "-s").expect(t, exitOK, "", "")
	u.run("list", "-s").expect(t, exitOK, "jane           : broken*,known,mistyped*,other*\n"+legend, "")
}

func TestANewPasswordComesFromWhereItIsSaid(t *testing.T) {
	u := newUserTool(t)
	u.write("secret", "from-a-file\n")
	u.runWith("unused\n", "useradd", "file", "--password-file", u.path("secret")).expect(t, exitOK, "", "")
	u.expectPassword("file", "from-a-file")
	u.runWith("from-stdin\n", "useradd", "stdin").expect(t, exitOK, "", "")
	u.expectPassword("stdin", "from-stdin")
	u.runWith("from-stdin\r\nfrom-stdin\r\n", "useradd", "twice").expect(t, exitOK, "", "")
	u.expectPassword("twice", "from-stdin")
	u.runWith("from-a-dash", "passwd", "twice", "--password-file", "-").expect(t, exitOK, "", "")
	u.expectPassword("twice", "from-a-dash")

	u.runWith("from-stdin\nfrom-elsewhere\n", "passwd", "twice").expect(t, exitData, "", "ERROR: Password mismatch, with exit code 65")
	u.runWith("", "passwd", "twice").expect(t, exitIO, "", "ERROR: The new password cannot be read, from stdin or the file of --password-file: ")
	u.run("passwd", "twice", "--password-file", u.path("absent")).expect(t, exitIO, "", "ERROR: The new password cannot be read")
	u.run("passwd", "twice", "-p", "password", "--password-file", "-").expect(t, exitUsage, "", "ERROR: Options -p and --password-file exclude each other")
	u.expectPassword("twice", "from-a-dash")
}

func TestAPasswordHasALeastLengthAndForBcryptALargest(t *testing.T) {
	u := newUserTool(t)
	short := "ERROR: Invalid password...passwords must be at least [6] characters long, with exit code 65"
	u.run("useradd", "jane", "-p", "12345").expect(t, exitData, "", short)
	u.run("useradd", "jane", "-p", "").expect(t, exitData, "", short)
	u.run("useradd", "jane", "-p", "äöüäö").expect(t, exitData, "", short)
	u.run("useradd", "jane", "-p", "äöüäöü").expect(t, exitOK, "", "")

	long := strings.Repeat("x", 73)
	u.run("passwd", "jane", "-p", long[:72]).expect(t, exitOK, "", "")
	o := u.run("passwd", "jane", "-p", long)
	o.expect(t, exitData, "", "ERROR: Invalid password...passwords must be at most [72] bytes long for [bcrypt4]")
	if strings.Contains(o.stderr, long[:6]) {
		t.Error("the password is printed")
	}
	u.run("passwd", "jane", "-p", long, "-Expack.security.authc.password_hashing.algorithm=pbkdf2_stretch_1000").expect(t, exitOK, "", "")
	u.expectPassword("jane", long)
}

func TestThePasswordHashingComesFromTheSettingsFile(t *testing.T) {
	u := newUserTool(t)
	u.run("useradd", "jane", "-p", "password")
	if data, err := os.ReadFile(u.path("users")); !strings.HasPrefix(string(data), "jane:$2a$04$") {
		t.Errorf("the file holds another hash than bcrypt's of cost 4, or none (%d bytes, %v)", len(data), err)
	}
}

func TestUserFailuresHaveTheDocumentedTextsAndCodes(t *testing.T) {
	u := newUserTool(t)
	u.run("useradd", "jane", "-p", "password")
	ruleOf := func(kind string) string { return kind + " names must be at least 1 and no more than 1024 characters." }
	tests := []struct {
		args    string
		code    int
		message string
	}{
		{"useradd jane -p password", 70, "User [jane] already exists"},
		{"passwd joe -p password", 67, "User [joe] doesn't exist"},
		{"roles joe -a superuser", 67, "User [joe] doesn't exist"},
		{"roles joe", 67, "User [joe] doesn't exist"},
		{"list joe", 67, "User [joe] doesn't exist"},
		{"userdel joe", 67, "User [joe] doesn't exist"},
		{"useradd jöe -p password", 65, "Invalid username [jöe]... " + ruleOf("User")},
		{"useradd elastic -p password", 65, "Invalid username [elastic]... Username [elastic] is reserved and may not be used."},
		{"passwd kibana_system -p password", 65, "Invalid username [kibana_system]... Username [kibana_system] is reserved"},
		{"userdel elastic", 65, "Invalid username [elastic]... Username [elastic] is reserved"},
		{"useradd a:b -p password", 65, `user name "a:b" cannot stand in the files`},
		{"useradd joe -p password -r a,", 65, "Invalid role []... " + ruleOf("Role")},
		{"roles jane -a röle", 65, "Invalid role [röle]... " + ruleOf("Role")},
		{"roles jane -a a:b", 65, `role name "a:b" cannot stand in the files`},
		{"list -Efoo=bar", 78, "unknown setting [foo] in -E"},
		{"list --config no-such-directory", 78, "The config directory cannot be used, name it with --config: "},
		{"useradd joe -p password --config no-such-directory", 78, "The config directory cannot be used, name it with --config: "},
	}
	for _, test := range tests {
		o := u.run(strings.Fields(test.args)...)
		if o.code != test.code || o.stdout != "" || !strings.Contains(o.stderr, "\nERROR: "+test.message) {
			t.Errorf("%s: %+v, want %d %s", test.args, o, test.code, test.message)
		}
	}
	u.run("list").expect(t, exitOK, "jane           : -\n", "")
}

func TestWithoutAUsersFileOnlyUseraddMakesOne(t *testing.T) {
	u := newUserTool(t)
	for _, args := range []string{"list", "list jane", "roles jane", "roles jane -a superuser", "passwd jane -p password", "userdel jane"} {
		u.run(strings.Fields(args)...).expect(t, exitConfig, "", "\nERROR: Configuration file ["+u.path("users")+"] is missing, with exit code 78\n")
	}
	u.run("useradd", "jane", "-p", "password").expect(t, exitOK, "", "")
	u.expectPassword("jane", "password")
}

func TestWrongUseOfTheUserToolShowsItsHelp(t *testing.T) {
	u := newUserTool(t)
	tests := map[string]string{
		"":             "Missing command",
		"usermod":      "Unknown command [usermod]",
		"useradd":      "Missing username argument",
		"useradd a b":  "Expected a single username argument, found extra: [a, b]",
		"passwd":       "Missing username argument",
		"roles":        "Missing username argument",
		"userdel":      "Missing username argument",
		"userdel a b":  "Expected a single username argument, found extra: [a, b]",
		"list a b":     "Expected at most one argument, username, found extra: [a, b]",
		"list --foo":   "unknown flag: --foo",
		"list -s -v":   "Options -s and -v exclude each other",
		"useradd a -p": "flag needs an argument: 'p' in -p",
	}
	for args, message := range tests {
		o := u.run(strings.Fields(args)...)
		o.expect(t, exitUsage, "", "\nERROR: "+message+", with exit code 64\n")
		if !strings.Contains(o.stderr, "Usage:") {
			t.Errorf("%q shows no help:\n%s", args, o.stderr)
		}
	}
}

func TestMalformedUserFilesAreListedWithAWarningAndNotEdited(t *testing.T) {
	u := newUserTool(t)
	u.run("useradd", "jane", "-p", "password")
	data, err := os.ReadFile(u.path("users"))
	if err != nil {
		t.Fatal(err)
	}
	text := "joe:hunter2\n" + string(data)
	u.write("users", text)
	u.run("list").expect(t, exitOK, "jane           : -\n", "WARNING: ["+u.dir+"] line 1 of users has a hash that ")
	o := u.run("userdel", "jane")
	o.expect(t, exitData, "", "ERROR: nothing was changed in "+u.dir+"; correct or remove these lines first: line 1 of users has a hash that ")
	if after, _ := os.ReadFile(u.path("users")); string(after) != text {
		t.Error("the file was changed")
	}
	if strings.Contains(o.stderr, "hunter2") {
		t.Error("the line is quoted")
	}
}

func TestTheLinkIsTheUserToolAlone(t *testing.T) {
	dir := t.TempDir()
	const name = "/usr/share/elasticsearch/bin/elasticsearch-users"
	called(t, name, nil, "", "useradd", "jane", "-p", "password", "-r", "superuser", "--config", dir).expect(t, exitOK, "", "")
	called(t, name, nil, "", "--config", dir, "list").expect(t, exitOK, "jane           : superuser\n", "")
	called(t, name, nil, "", "node").expect(t, exitUsage, "", "ERROR: Unknown command [node]")
	if o := called(t, name, nil, "", "--help"); o.code != exitOK || !strings.Contains(o.stdout, "elasticsearch-users [command]") {
		t.Errorf("%+v", o)
	}
}
