package node

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// listenAddress is one of a node's two ports, resolved.
type listenAddress struct {
	bind    netip.AddrPort
	publish string // an IP address or a host name
}

// HTTPBind is the host:port to listen on for clients; the host is an IP
// address, and port 0 any free port.
func (s Settings) HTTPBind() string { return s.http.bind.String() }

// HTTPPublish is the host, without a port, at which clients reach this node.
func (s Settings) HTTPPublish() string { return s.http.publish }

// HTTPLoopback reports whether only this machine can reach the client port.
func (s Settings) HTTPLoopback() bool { return s.http.bind.Addr().IsLoopback() }

// TransportBind is the host:port to listen on for other nodes.
func (s Settings) TransportBind() string { return s.transport.bind.String() }

// TransportPublish is the host, without a port, at which other nodes reach this
// one.
func (s Settings) TransportPublish() string { return s.transport.publish }

// TransportLoopback reports whether only this machine can reach the cluster port.
func (s Settings) TransportLoopback() bool { return s.transport.bind.Addr().IsLoopback() }

// production reports whether this node is part of something larger than its own
// machine: the cluster port is bound, or published, elsewhere than on loopback.
func (s Settings) production() bool {
	a, err := parseAddress(s.transport.publish)
	published := err == nil && a.IsLoopback() || strings.EqualFold(s.transport.publish, "localhost")
	return !s.TransportLoopback() || !published
}

// listenAddress resolves the settings that begin with prefix.
func (all *settingSources) listenAddress(prefix string, port int, at surroundings) (listenAddress, error) {
	name := all.firstSet(prefix+".host", "network.host")
	bind, err := at.resolve(all.values[name])
	if err != nil {
		return listenAddress{}, all.invalid(name, err.Error())
	}
	name = all.firstSet(prefix+".publish_host", prefix+".host", "network.host")
	publish, err := at.publishable(all.values[name])
	if err != nil {
		return listenAddress{}, all.invalid(name, err.Error())
	}
	return listenAddress{netip.AddrPortFrom(bind, uint16(port)), publish}, nil
}

// firstSet is the first setting that has a value; network.host always has one.
func (all *settingSources) firstSet(names ...string) string {
	return names[slices.IndexFunc(names, all.isSet)]
}

// resolve turns the value of a host setting into an address to listen on.
func (at surroundings) resolve(text string) (netip.Addr, error) {
	switch text {
	case "_local_":
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
	case "_site_":
		return at.own("site-local", netip.Addr.IsPrivate)
	case "_global_":
		return at.own("global", isGlobal)
	}
	if a, err := parseAddress(text); err == nil {
		return a, nil
	}
	found, err := at.lookup(text)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("the name cannot be resolved: %w", err)
	}
	if len(found) == 0 {
		return netip.Addr{}, fmt.Errorf("the name has no address")
	}
	return slices.MinFunc(found, v4First).Unmap(), nil
}

// publishable turns the value of a host setting into what others are told: a
// name as it is, because it outlives its address and may only be known to them.
func (at surroundings) publishable(text string) (string, error) {
	if hostName.MatchString(text) && !isAddress(text) {
		return text, nil
	}
	a, err := at.resolve(text)
	if err != nil || !a.IsUnspecified() {
		return a.String(), err
	}
	for _, reachable := range []func(netip.Addr) bool{netip.Addr.IsPrivate, isGlobal} {
		if own, err := at.own("reachable", reachable); err == nil {
			return own.String(), nil
		}
	}
	return "127.0.0.1", nil
}

// own is this machine's first address of a kind, IPv4 before IPv6.
func (at surroundings) own(kind string, is func(netip.Addr) bool) (netip.Addr, error) {
	all, err := at.addresses()
	if err != nil {
		return netip.Addr{}, fmt.Errorf("this machine's addresses are unknown: %w", err)
	}
	all = slices.DeleteFunc(all, func(a netip.Addr) bool { return !is(a) })
	if len(all) == 0 {
		return netip.Addr{}, fmt.Errorf("this machine has no %s address", kind)
	}
	return slices.MinFunc(all, v4First), nil
}

func isGlobal(a netip.Addr) bool { return a.IsGlobalUnicast() && !a.IsPrivate() }

func v4First(a, b netip.Addr) int { return cmp.Compare(a.Unmap().BitLen(), b.Unmap().BitLen()) }
