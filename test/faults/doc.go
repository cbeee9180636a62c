// Package faults holds no code but tests, in which whole clusters of the program
// that ships are broken while clients use them. It records what the clients were
// told, and judges it.
//
// The nodes are processes with data directories of their own, each on an address
// of its own in 127.0.0.0/8. Between them stands a network that can be cut,
// thinned and slowed in each direction. It needs Linux: whose a connection is
// comes from /proc.
//
// TestFaults… are short stories, for every change. TestRandomFaults and
// TestFailover do nothing unless their flags ask for it; `make faults` says how.
package faults
