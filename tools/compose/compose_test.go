package compose

import (
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// load reads Compose files as Docker Compose v2 does: the schema, its own rules,
// and variables that nobody has set.
func load(t *testing.T, profiles []string, files ...types.ConfigFile) (*types.Project, error) {
	t.Helper()
	return loader.LoadWithContext(t.Context(), types.ConfigDetails{WorkingDir: "../..", ConfigFiles: files}, func(o *loader.Options) {
		o.SetProjectName("jeton", true)
		o.Profiles = profiles
	})
}

func TestDockerComposeTakesTheFile(t *testing.T) {
	for _, s := range []struct {
		profiles []string
		services string
	}{
		{nil, "join-secret node0 node1 node2"},
		{[]string{"more"}, "join-secret node0 node1 node2 node3"},
	} {
		project, err := load(t, s.profiles, types.ConfigFile{Filename: "../../docker-compose.yml"})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(project.ServiceNames(), " "); got != s.services {
			t.Errorf("profiles %s: services %s", s.profiles, got)
		}
	}
}

func TestAnUnknownKeyIsFound(t *testing.T) {
	wrong := "services: {node0: {image: jeton:dev, stop_grace: 30s}}"
	if _, err := load(t, nil, types.ConfigFile{Filename: "wrong.yml", Content: []byte(wrong)}); err == nil {
		t.Error("a key that Compose does not know was taken")
	}
}
