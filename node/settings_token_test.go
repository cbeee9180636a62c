package node

import (
	"strings"
	"testing"
	"time"
)

func TestAnAccessTokenLivesFromOneSecondToOneHour(t *testing.T) {
	const name = "xpack.security.authc.token.timeout"
	if s := mustLoad(t, "", nil, nil); s.TokenTimeout != 20*time.Minute {
		t.Errorf("by default it lives %v", s.TokenTimeout)
	}
	for text, want := range map[string]time.Duration{"1s": time.Second, "1000ms": time.Second, "1500ms": 1500 * time.Millisecond, "60m": time.Hour, "1h": time.Hour} {
		if s := mustLoad(t, name+": "+text+"\n", nil, nil); s.TokenTimeout != want {
			t.Errorf("%s is %v", text, s.TokenTimeout)
		}
	}
	for _, text := range []string{"999ms", "3601s", "3600001ms", "1d", "-1", "0", "0s", "20", "1.5m", "nonsense"} {
		_, _, err := load(t, "", []string{name + "=" + text}, nil, fakeMachine())
		want := `setting [` + name + `] is "` + text + `" in -E: allowed is a time from 1s to 1h, such as 20m`
		if err == nil || err.Error() != want {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

func TestABoundIsToldAsItIsWritten(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Second: "1s", 20 * time.Second: "20s", 90 * time.Second: "1m30s", 10 * time.Minute: "10m",
		time.Hour: "1h", 30 * time.Hour: "30h", 90 * time.Minute: "1h30m", time.Hour + time.Second: "1h0m1s", 5 * time.Millisecond: "5ms",
	} {
		if got := short(d); got != want {
			t.Errorf("%v is told as %s", d, got)
		}
	}
}

func TestTheTokenServiceFollowsTLSUnlessItIsSet(t *testing.T) {
	const enabled, tls = "xpack.security.authc.token.enabled=", "xpack.security.http.ssl.enabled="
	for _, test := range []struct {
		flags []string
		want  bool
	}{
		{nil, false},
		{[]string{tls + "true"}, true},
		{[]string{"network.host=_site_"}, true},
		{[]string{enabled + "true"}, true}, // no production: nobody but this machine is there
		{[]string{tls + "true", enabled + "false"}, false},
		{[]string{"network.host=_site_", enabled + "false"}, false},
		{[]string{"network.host=_site_", tls + "false"}, false},
	} {
		if got := mustLoad(t, "", test.flags, nil).TokenService(); got != test.want {
			t.Errorf("%v: token service %v", test.flags, got)
		}
	}
}

// Where the cluster port is bound counts, and where it is published; the client
// port does not.
func TestProductionIsAClusterPortThatIsNotLoopback(t *testing.T) {
	const noTLS, tokens = "xpack.security.http.ssl.enabled=false", "xpack.security.authc.token.enabled=true"
	for _, test := range []struct {
		flags []string
		want  bool
	}{
		{nil, false},
		{[]string{"network.host=localhost"}, false},
		{[]string{"transport.publish_host=LocalHost"}, false},
		{[]string{"transport.publish_host=::1"}, false},
		{[]string{"transport.publish_host=127.8.9.10"}, false},
		{[]string{"transport.host=_local_", "http.host=_site_"}, false},
		{[]string{"transport.host=0.0.0.0"}, true},
		{[]string{"transport.host=_site_"}, true},
		{[]string{"transport.publish_host=192.0.2.1"}, true},
		{[]string{"transport.publish_host=node7"}, true},
		{[]string{"transport.host=_site_", "transport.publish_host=localhost"}, true},
	} {
		flags := append([]string{noTLS}, test.flags...)
		if got := mustLoad(t, "", flags, nil).ProductionWithoutTLS(); got != test.want {
			t.Errorf("%v: production %v", test.flags, got)
		}
		_, _, err := load(t, "", append(flags, tokens), nil, fakeMachine())
		if refused := err != nil && strings.Contains(err.Error(), "HTTPS is required in order to use the token service"); refused != test.want {
			t.Errorf("%v with the token service: %v", test.flags, err)
		}
	}
}
