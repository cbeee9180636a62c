package node

import (
	"context"
	"net"
	"net/netip"
	"os"
	"time"
)

// surroundings is what the settings ask of the machine they are for.
type surroundings struct {
	hostname  func() (string, error)
	addresses func() ([]netip.Addr, error) // of its interfaces, in their order
	lookup    func(name string) ([]netip.Addr, error)
}

func thisMachine() surroundings {
	return surroundings{os.Hostname, interfaceAddresses, lookupHost}
}

func interfaceAddresses() ([]netip.Addr, error) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	var addresses []netip.Addr
	for _, a := range all {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil {
			addresses = append(addresses, prefix.Addr().Unmap())
		}
	}
	return addresses, nil
}

// lookupTimeout bounds the look-up of a host name.
const lookupTimeout = 5 * time.Second

func lookupHost(name string) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
	defer cancel()
	return net.DefaultResolver.LookupNetIP(ctx, "ip", name)
}
