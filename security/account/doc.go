// Package account owns what is fixed about service accounts and what their
// callers may do: the accounts, their role descriptors, the names of actions,
// and the answer to "does this descriptor grant that action".
//
// Everything here is a pure value that never changes while the program runs.
// The package must not know who is asking, nor tokens, state, files or the
// wire beyond the JSON form of a descriptor.
//
// An action is a name such as cluster:monitor/health. A cluster privilege is a
// set of actions, written as patterns; a descriptor names privileges, or gives
// a pattern itself. Names, patterns and the accounts' descriptors are those of
// Elasticsearch, so that its clients and its users' habits fit.
package account
