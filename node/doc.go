// Package node is one whole node: it reads the settings, finds out from the
// data directory what the node is (new, founding, joining, a member, removed),
// starts the parts in the right order and stops them in the right order.
//
// It alone knows everybody: it joins cluster and fsm to the interfaces that
// security and cluster name, and contains no rule of its own about tokens,
// privileges or the wire.
package node
