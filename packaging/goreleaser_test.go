package packaging_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func release(t *testing.T) object {
	t.Helper()
	return documents(t, read(t, "..", ".goreleaser.yaml"))[0]
}

func TestTheReleaseIsAStaticBinaryThatKnowsItsVersion(t *testing.T) {
	build := release(t).list("builds")[0]
	if !slices.Contains(build.texts("env"), "CGO_ENABLED=0") || !slices.Contains(build.texts("flags"), "-trimpath") {
		t.Errorf("%v", build)
	}
	if flags := strings.Join(build.texts("ldflags"), " "); !strings.Contains(flags, "-X main.version={{ .Version }}") {
		t.Errorf("ldflags %s", flags)
	}
	for _, target := range []string{"linux_amd64", "linux_arm64"} {
		if !slices.Contains(build.texts("targets"), target) {
			t.Errorf("no %s", target)
		}
	}
}

func TestWhatIsPackedIsThere(t *testing.T) {
	sources := release(t).list("archives")[0].texts("files")
	for _, list := range [][]object{release(t).list("archives")[0].list("files"), release(t).list("nfpms")[0].list("contents")} {
		for _, file := range list {
			src, _ := file["src"].(string)
			sources = append(sources, src)
		}
	}
	for _, script := range []string{"postinstall", "preremove"} {
		src, _ := release(t).list("nfpms")[0].at("scripts", script).(string)
		sources = append(sources, src)
	}
	for _, src := range sources {
		if strings.HasPrefix(src, "bin/package/") || src == "" {
			continue // made by the hook; "" is an entry of the other form
		}
		if found, err := filepath.Glob(filepath.Join("..", src)); err != nil || len(found) == 0 {
			t.Errorf("%s: nothing there, %v", src, err)
		}
	}
}

func TestThePackageInstallsWhatTheUnitNames(t *testing.T) {
	want := map[string]string{
		"packaging/jeton.yml":              configDir + "/jeton.yml",
		"packaging/jeton.default":          "/etc/default/jeton",
		"packaging/systemd/jeton.service":  "/usr/lib/systemd/system/jeton.service",
		"packaging/systemd/jeton.sysusers": "/usr/lib/sysusers.d/jeton.conf",
		"packaging/systemd/jeton.tmpfiles": "/usr/lib/tmpfiles.d/jeton.conf",
	}
	for _, file := range release(t).list("nfpms")[0].list("contents") {
		src, _ := file["src"].(string)
		dst, _ := file["dst"].(string)
		if want[src] == dst {
			delete(want, src)
		}
		if strings.HasPrefix(dst, "/etc/") && file["type"] != "config|noreplace" {
			t.Errorf("an upgrade would take back what was changed in %s", dst)
		}
	}
	if len(want) > 0 {
		t.Errorf("not installed: %s", want)
	}
	if got := release(t).list("nfpms")[0].at("bindir"); got != filepath.Dir(binary) {
		t.Errorf("the binary is installed in %v", got)
	}
}

func TestEachSystemsZshFindsTheCompletion(t *testing.T) {
	got := map[any]any{}
	for _, file := range release(t).list("nfpms")[0].list("contents") {
		if file["src"] == "bin/package/completions/_jeton" {
			got[file["packager"]] = file["dst"]
		}
	}
	want := map[any]any{
		"deb": "/usr/share/zsh/vendor-completions/_jeton",
		"rpm": "/usr/share/zsh/site-functions/_jeton",
	}
	if !maps.Equal(got, want) {
		t.Errorf("installed as %v, want %v", got, want)
	}
}

func TestTheReleaseHasChecksumsAndListsOfContents(t *testing.T) {
	if got := release(t).at("checksum", "algorithm"); got != "sha256" {
		t.Errorf("checksums: %v", got)
	}
	if got := release(t).list("sboms"); len(got) == 0 || got[0]["artifacts"] != "archive" {
		t.Errorf("lists of contents: %v", got)
	}
}

// sh runs a shell, or skips where there is none.
func sh(t *testing.T, args ...string) (string, error) {
	t.Helper()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("sh is not installed")
	}
	cmd := exec.Command(shell, args...)
	cmd.Dir = ".."
	// No other program is found: nothing is built, and nothing asked of the
	// machine's own systemd.
	cmd.Env = append(os.Environ(), "PATH="+t.TempDir())
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestTheScriptsAreShell(t *testing.T) {
	scripts, err := filepath.Glob("scripts/*.sh")
	if err != nil || len(scripts) == 0 {
		t.Fatal(scripts, err)
	}
	for _, script := range scripts {
		if out, err := sh(t, "-n", filepath.Join("packaging", script)); err != nil {
			t.Errorf("%s: %v\n%s", script, err, out)
		}
	}
}

func TestAnEngineThatDoesNotAnswerIsNamed(t *testing.T) {
	out, err := sh(t, "packaging/scripts/image.sh", "no-such-engine", "jeton:test")
	if err == nil || !strings.Contains(out, "No image was made: no-such-engine does not answer.") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestAnUpgradeLeavesTheNodeRunning(t *testing.T) {
	// Both ways in which a package system says that a version follows.
	for _, argument := range []string{"upgrade", "1"} {
		out, err := sh(t, "-x", "packaging/scripts/preremove.sh", argument)
		if err != nil || !strings.Contains(out, "exit 0") || strings.Contains(out, "systemctl") {
			t.Errorf("%s: %v\n%s", argument, err, out)
		}
	}
}
