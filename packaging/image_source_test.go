package packaging_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Two files make the image: one from a binary that is there, one from source.
func TestBothImagesAreTheSame(t *testing.T) {
	last := func(name string) (list []string) {
		for _, i := range parseDockerfile(read(t, "image", name)) {
			if i.name == "FROM" {
				list = nil
			}
			if i.name == "COPY" { // from elsewhere, to the same place
				words := strings.Fields(strings.Replace(i.args, "--from=build ", "", 1))
				words = slices.Delete(words, len(words)-2, len(words)-1)
				i.args = strings.Join(words, " ")
			}
			list = append(list, i.name+" "+i.args)
		}
		return list
	}
	binary, source := last("Dockerfile"), last("source.Dockerfile")
	if !slices.Equal(binary, source) {
		t.Errorf("from the binary\n%s\nfrom source\n%s", strings.Join(binary, "\n"), strings.Join(source, "\n"))
	}
}

func TestTheImageFromSourceHasTheGoThatTheModuleNeeds(t *testing.T) {
	needs := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "..", "go.mod"))
	if needs == nil || !strings.Contains(read(t, "image", "source.Dockerfile"), "\nFROM golang:"+needs[1]+" AS build\n") {
		t.Errorf("the module needs Go %v", needs)
	}
	// Each directory of the program reaches the build.
	ignored := read(t, "..", ".dockerignore")
	for _, dir := range []string{"cmd", "cluster", "fsm", "httpapi", "internal", "node", "security"} {
		if !strings.Contains(ignored, "\n!"+dir+"\n") {
			t.Errorf("%s is not in the context", dir)
		}
	}
}
