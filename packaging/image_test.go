package packaging_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// instruction is one of a Dockerfile.
type instruction struct{ name, args string }

func parseDockerfile(text string) []instruction {
	text = regexp.MustCompile(`(?m)^#.*\n`).ReplaceAllString(text, "")
	text = regexp.MustCompile(`\\\n\s*`).ReplaceAllString(text, "")
	var list []instruction
	for line := range strings.Lines(text) {
		if name, args, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			list = append(list, instruction{name, args})
		}
	}
	return list
}

func imageSays(t *testing.T, name string) []string {
	t.Helper()
	var args []string
	for _, i := range parseDockerfile(read(t, "image", "Dockerfile")) {
		if i.name == name {
			args = append(args, i.args)
		}
	}
	return args
}

func TestTheImageIsTheBinaryAndNothingThatIsPulled(t *testing.T) {
	if got := imageSays(t, "FROM"); !slices.Equal(got, []string{"scratch"}) {
		t.Errorf("FROM %s", got)
	}
	if got := append(imageSays(t, "RUN"), imageSays(t, "ADD")...); len(got) > 0 {
		t.Errorf("in an image without a shell: %s", got)
	}
	if got := imageSays(t, "COPY"); !slices.Contains(got, "jeton "+binary) {
		t.Errorf("COPY %s", got)
	}
}

func TestTheImageRunsAsNobodyInParticular(t *testing.T) {
	users := imageSays(t, "USER")
	if len(users) != 1 {
		t.Fatalf("USER %s", users)
	}
	// A name would need /etc/passwd, and Kubernetes cannot see that it is not root.
	user, _, _ := strings.Cut(users[0], ":")
	if id, err := strconv.Atoi(user); err != nil || id == 0 {
		t.Errorf("USER %s", users[0])
	}
	for _, dir := range []string{configDir, dataDir} {
		if !slices.ContainsFunc(imageSays(t, "COPY"), func(args string) bool {
			return strings.HasPrefix(args, "--chown="+users[0]+" ") && strings.HasSuffix(args, " "+dir)
		}) {
			t.Errorf("%s is not the user's", dir)
		}
	}
}

func TestTheImagesEnvironmentIsSettings(t *testing.T) {
	environ := strings.Fields(strings.Join(imageSays(t, "ENV"), " "))
	if !slices.Contains(environ, "JETON_PATH_CONF="+configDir) {
		t.Errorf("ENV %s", environ)
	}
	s := settings(t, "", append(environ, "JETON_NODE_NAME=node0"))
	if s.PathData != dataDir || s.HTTPLoopback() || !s.HTTPTLS() {
		t.Errorf("%+v", s)
	}
	if got := strings.Join(imageSays(t, "EXPOSE"), " "); got != strconv.Itoa(s.HTTPPort)+" "+strconv.Itoa(s.TransportPort) {
		t.Errorf("EXPOSE %s", got)
	}
	if !slices.Equal(imageSays(t, "VOLUME"), []string{dataDir}) {
		t.Errorf("VOLUME %s", imageSays(t, "VOLUME"))
	}
}

func TestWithoutAShellCommandsAreLists(t *testing.T) {
	for _, name := range []string{"ENTRYPOINT", "CMD", "HEALTHCHECK"} {
		got := imageSays(t, name)
		if len(got) != 1 || !strings.HasSuffix(got[0], "]") {
			t.Errorf("%s %s", name, got)
		}
	}
}
