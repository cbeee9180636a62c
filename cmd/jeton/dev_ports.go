package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// devPorts is a flag that says which ports the nodes of a dev cluster use.
type devPorts struct {
	flag  string
	first uint16 // node0's, the others' follow; 0 = free ones
	given bool   // by the user
}

// of is the port of node i: as the user says, else the one it had, else counted
// from the default; 0 is any.
func (d devPorts) of(i, former int) int {
	switch {
	case former != 0 && (!d.given || d.first == 0):
		return former
	case d.first == 0:
		return 0
	}
	return int(d.first) + i
}

// heldPorts keeps ports occupied until all are found, so that none is taken
// twice. They are released before the nodes listen there.
type heldPorts struct{ listeners []net.Listener }

func (h *heldPorts) take(d devPorts, i, former int) (int, error) {
	port := d.of(i, former)
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return 0, fmt.Errorf("port %d for node%d is in use: give another first port with --%s, or 0 for free ports", port, i, d.flag)
	case err != nil:
		return 0, fmt.Errorf("node%d cannot have port %d (see --%s): %w", i, port, d.flag, err)
	}
	h.listeners = append(h.listeners, l)
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (h *heldPorts) release() {
	for _, l := range h.listeners {
		_ = l.Close() // it was never used
	}
}
