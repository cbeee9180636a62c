package node

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"jeton/security/token"
)

func TestDefaultsAreThoseOfTheContract(t *testing.T) {
	s := mustLoad(t, "", nil, nil)
	if s.ClusterName != "jeton" || s.NodeName != "host1" || s.PathData != "data" {
		t.Errorf("names and path: %q, %q, %q", s.ClusterName, s.NodeName, s.PathData)
	}
	if s.HTTPBind() != "127.0.0.1:9200" || s.TransportBind() != "127.0.0.1:9300" {
		t.Errorf("binds %s and %s", s.HTTPBind(), s.TransportBind())
	}
	if s.RequestTimeout != 30*time.Second || s.AuthTimeout != time.Second {
		t.Errorf("timeouts %v, %v", s.RequestTimeout, s.AuthTimeout)
	}
	if s.HTTPMaxContentLength != 1<<20 || s.HTTPReadHeaderTimeout != 10*time.Second || s.HTTPIdleTimeout != 2*time.Minute {
		t.Errorf("limits %d, %v, %v", s.HTTPMaxContentLength, s.HTTPReadHeaderTimeout, s.HTTPIdleTimeout)
	}
	if s.LoggerLevel.String() != "INFO" || s.LoggerFormat != "" || s.ServiceTokenHashing != "pbkdf2_stretch" {
		t.Errorf("%v, %q, %q", s.LoggerLevel, s.LoggerFormat, s.ServiceTokenHashing)
	}
	if _, err := token.ParseAlgorithm(s.ServiceTokenHashing); err != nil {
		t.Error(err)
	}
}

func TestALaterSourceOverridesAnEarlierOne(t *testing.T) {
	file := "node.name: file\ncluster.name: file\nhttp.port: 1\n"
	environ := []string{"JETON_NODE_NAME=env", "JETON_CLUSTER_NAME=env", "JETON_TRANSPORT_PORT=", "PATH=/bin"}
	s := mustLoad(t, file, []string{"node.name=flag"}, environ)
	if s.NodeName != "flag" || s.ClusterName != "env" || s.HTTPPort != 1 || s.TransportPort != 9300 {
		t.Errorf("got %q, %q, %d, %d", s.NodeName, s.ClusterName, s.HTTPPort, s.TransportPort)
	}
}

func TestEverySettingHasAVariable(t *testing.T) {
	s := mustLoad(t, "", nil, []string{
		"JETON_XPACK_SECURITY_HTTP_SSL_ENABLED=true",
		"JETON_HTTP_MAX_CONTENT_LENGTH=512kb",
		"JETON_XPACK_SECURITY_AUTHC_SERVICE_TOKEN_HASHING_ALGORITHM=bcrypt4",
	})
	if !s.HTTPTLS() || s.HTTPMaxContentLength != 512<<10 || s.ServiceTokenHashing != "bcrypt4" {
		t.Errorf("got %v, %d, %q", s.HTTPTLS(), s.HTTPMaxContentLength, s.ServiceTokenHashing)
	}
	seen := map[string]string{}
	for _, row := range new(Settings).table() {
		v := settingVariable(row.name)
		if seen[v] != "" || reservedVariable(v) {
			t.Errorf("%s is the variable of %s and of something else", v, row.name)
		}
		seen[v] = row.name
	}
}

func TestVariablesThatAreNoSettingAreOneWarning(t *testing.T) {
	environ := []string{"JETON_SERVICE_HOST=10.0.0.1", "JETON_PORT=x", "JETON_PASSWORD=secret", "JETON_URL=u", "JETON_PATH_CONF=c"}
	_, warnings, err := load(t, "", nil, environ, fakeMachine())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"environment variables that are no setting of jeton: JETON_PORT, JETON_SERVICE_HOST"}
	if !slices.Equal(warnings, want) {
		t.Errorf("warnings %q", warnings)
	}
}

func TestErrorsNameTheSettingItsPlaceAndWhatIsAllowed(t *testing.T) {
	tests := map[string]struct {
		file  string
		flags []string
		env   []string
		want  string
	}{
		"unknown in the file":   {file: "htp:\n  port: 1\n", want: `unknown setting [htp.port] in DIR/jeton.yml line 2: did you mean [http.port]?`},
		"unknown flag":          {flags: []string{"nod.name=x"}, want: `unknown setting [nod.name] in -E: did you mean [node.name]?`},
		"a later release's":     {file: "discovery.seed_providers: [a, b]", want: `unknown setting [discovery.seed_providers] in DIR/jeton.yml line 1`},
		"a cluster-wide one":    {flags: []string{"auth.consistency=lease"}, want: `unknown setting [auth.consistency]`},
		"value in the file":     {file: "http.port: 70000", want: `setting [http.port] is "70000" in DIR/jeton.yml line 1: allowed is a whole number from 0 to 65535`},
		"value of a variable":   {env: []string{"JETON_REQUEST_TIMEOUT=30"}, want: `setting [request.timeout] is "30" in environment variable JETON_REQUEST_TIMEOUT: allowed is a whole number above 0 with a unit`},
		"value of a flag":       {flags: []string{"logger.format=xml"}, want: `setting [logger.format] is "xml" in -E: allowed is one of text, json`},
		"flag without value":    {flags: []string{"node.name"}, want: `-E "node.name": allowed is name=value`},
		"flag with empty value": {flags: []string{"node.name="}, want: `setting [node.name] is "" in -E`},
		"flag given twice":      {flags: []string{"http.port=1", "http.port=2"}, want: `setting [http.port] is given twice with -E: keep one`},
		"two forms of one":      {file: "http:\n  port: 1\nhttp.port: 2\n", want: `setting [http.port] is given twice in DIR/jeton.yml, on lines 2 and 3: keep one`},
		"one without value":     {file: "node.name:\n", want: `line 1: setting [node.name] must be a plain value`},
		"hashing":               {flags: []string{"xpack.security.authc.service_token_hashing.algorithm=md5"}, want: `is "md5" in -E: allowed is bcrypt`},
		"key without certificate": {
			flags: []string{"xpack.security.http.ssl.key=k"}, want: `need each other: set both or neither`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			_, _, err := loadFrom(t, dir, test.file, test.flags, test.env, fakeMachine())
			if err == nil {
				t.Fatal("no error")
			}
			if got := strings.ReplaceAll(err.Error(), dir, "DIR"); !strings.Contains(got, test.want) {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestTLSForClientsIsOffOnLoopbackOnly(t *testing.T) {
	tests := []struct {
		flags []string
		tls   bool
	}{
		{nil, false},
		{[]string{"network.host=0.0.0.0"}, true},
		{[]string{"network.host=0.0.0.0", "http.host=_local_"}, false},
		{[]string{"network.host=::1"}, false},
		{[]string{"xpack.security.http.ssl.enabled=true"}, true},
		{[]string{"network.host=10.0.0.7", "xpack.security.http.ssl.enabled=false"}, false},
	}
	for _, test := range tests {
		if s := mustLoad(t, "", test.flags, nil); s.HTTPTLS() != test.tls {
			t.Errorf("%v: TLS %v", test.flags, s.HTTPTLS())
		}
	}
}

func TestCertificatesAreRelativeToTheConfigDirectory(t *testing.T) {
	dir := t.TempDir()
	absolute := filepath.Join(dir, "ca2.crt")
	s, warnings, err := loadFrom(t, dir, "xpack.security.http.ssl:\n  certificate: certs/http.crt\n  key: certs/http.key\n  certificate_authorities: [certs/ca.crt, "+absolute+"]\n", nil, nil, fakeMachine())
	if err != nil {
		t.Fatal(err)
	}
	if s.HTTPSSLCertificate != filepath.Join(dir, "certs/http.crt") || s.HTTPSSLKey != filepath.Join(dir, "certs/http.key") {
		t.Errorf("got %s and %s", s.HTTPSSLCertificate, s.HTTPSSLKey)
	}
	if want := []string{filepath.Join(dir, "certs/ca.crt"), absolute}; !slices.Equal(s.HTTPSSLCertificateAuthorities, want) {
		t.Errorf("authorities %q", s.HTTPSSLCertificateAuthorities)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "has no effect") {
		t.Errorf("a certificate that is not used is worth a warning, got %q", warnings)
	}
}

func TestToolsReadSettingsWithoutLookingAnythingUp(t *testing.T) {
	s, _, err := ReadSettings(t.TempDir(), []string{"network.host=no-such-host.invalid", "path.data=here"}, nil)
	if err != nil || s.PathData != "here" {
		t.Errorf("got %q, %v", s.PathData, err)
	}
}

func TestAMachineWithoutAUsableNameNeedsANodeName(t *testing.T) {
	at := fakeMachine()
	at.hostname = func() (string, error) { return "my host", nil }
	if _, _, err := load(t, "", nil, nil, at); err == nil || !strings.Contains(err.Error(), "[node.name]") {
		t.Errorf("got %v", err)
	}
	if _, _, err := load(t, "", []string{"node.name=n1"}, nil, at); err != nil {
		t.Error(err)
	}
}

// fakeMachine has the addresses and names that the tests speak of.
func fakeMachine() surroundings {
	names := map[string][]netip.Addr{
		"localhost": {netip.MustParseAddr("::1"), netip.MustParseAddr("127.0.0.1")},
		"node7":     {netip.MustParseAddr("10.0.0.7")},
	}
	return surroundings{
		hostname: func() (string, error) { return "host1", nil },
		addresses: func() ([]netip.Addr, error) {
			return []netip.Addr{
				netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1"), netip.MustParseAddr("fd00::7"),
				netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("10.0.0.7"), netip.MustParseAddr("10.0.0.8"),
			}, nil
		},
		lookup: func(name string) ([]netip.Addr, error) {
			if a, ok := names[name]; ok {
				return a, nil
			}
			return nil, errors.New("no such host")
		},
	}
}

func mustLoad(t *testing.T, file string, overrides, environ []string) Settings {
	t.Helper()
	s, warnings, err := load(t, file, overrides, environ, fakeMachine())
	if err != nil || len(warnings) > 0 {
		t.Fatalf("error %v, warnings %q", err, warnings)
	}
	return s
}

func load(t *testing.T, file string, overrides, environ []string, at surroundings) (Settings, []string, error) {
	t.Helper()
	return loadFrom(t, t.TempDir(), file, overrides, environ, at)
}

// loadFrom loads from a config directory with the given jeton.yml, or none.
func loadFrom(t *testing.T, dir, file string, overrides, environ []string, at surroundings) (Settings, []string, error) {
	t.Helper()
	if file != "" {
		if err := os.WriteFile(filepath.Join(dir, "jeton.yml"), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return loadSettings(dir, overrides, environ, at)
}
