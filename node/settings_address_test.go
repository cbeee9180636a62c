package node

import (
	"net/netip"
	"strings"
	"testing"
)

func TestHostsAreResolved(t *testing.T) {
	tests := []struct {
		flags         []string
		bind, publish string // of the client port
	}{
		{nil, "127.0.0.1:9200", "127.0.0.1"},
		{[]string{"network.host=_site_"}, "10.0.0.7:9200", "10.0.0.7"},
		{[]string{"network.host=_global_"}, "192.0.2.7:9200", "192.0.2.7"},
		{[]string{"network.host=0.0.0.0"}, "0.0.0.0:9200", "10.0.0.7"},
		{[]string{"network.host=::", "http.port=0"}, "[::]:0", "10.0.0.7"},
		{[]string{"network.host=[::1]"}, "[::1]:9200", "::1"},
		{[]string{"network.host=localhost"}, "127.0.0.1:9200", "localhost"},
		{[]string{"network.host=node7"}, "10.0.0.7:9200", "node7"},
		{[]string{"network.host=_site_", "http.host=_local_"}, "127.0.0.1:9200", "127.0.0.1"},
		{[]string{"http.publish_host=known.elsewhere"}, "127.0.0.1:9200", "known.elsewhere"},
		{[]string{"network.host=0.0.0.0", "http.publish_host=_global_"}, "0.0.0.0:9200", "192.0.2.7"},
	}
	for _, test := range tests {
		s := mustLoad(t, "", test.flags, nil)
		if s.HTTPBind() != test.bind || s.HTTPPublish() != test.publish {
			t.Errorf("%v: listens on %s and publishes %s", test.flags, s.HTTPBind(), s.HTTPPublish())
		}
	}
}

func TestTheTwoPortsHaveHostsOfTheirOwn(t *testing.T) {
	s := mustLoad(t, "", []string{"network.host=_site_", "http.host=_local_", "transport.publish_host=node7"}, nil)
	if !s.HTTPLoopback() || s.TransportLoopback() {
		t.Errorf("loopback: http %v, transport %v", s.HTTPLoopback(), s.TransportLoopback())
	}
	if s.TransportBind() != "10.0.0.7:9300" || s.TransportPublish() != "node7" {
		t.Errorf("transport listens on %s and publishes %s", s.TransportBind(), s.TransportPublish())
	}
}

func TestAMachineWithLoopbackOnlyPublishesLoopback(t *testing.T) {
	at := fakeMachine()
	at.addresses = func() ([]netip.Addr, error) { return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil }
	s, _, err := load(t, "", []string{"network.host=0.0.0.0"}, nil, at)
	if err != nil || s.HTTPPublish() != "127.0.0.1" {
		t.Errorf("publishes %q, %v", s.HTTPPublish(), err)
	}
	_, _, err = load(t, "", []string{"transport.host=_site_"}, nil, at)
	if want := `setting [transport.host] is "_site_" in -E: this machine has no site-local address`; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestANameThatDoesNotResolveIsAnError(t *testing.T) {
	_, _, err := load(t, "network.host: nowhere\n", nil, nil, fakeMachine())
	if err == nil || !strings.Contains(err.Error(), "setting [network.host]") || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("got %v", err)
	}
}

func TestThisMachineHasANameAndAddresses(t *testing.T) {
	at := thisMachine()
	if _, err := at.hostname(); err != nil {
		t.Error(err)
	}
	if all, err := at.addresses(); err != nil || len(all) == 0 {
		t.Errorf("addresses %v, %v", all, err)
	}
}
