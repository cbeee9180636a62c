// Package account owns what is fixed about service accounts, reserved users and
// reserved roles, and what callers may do: role descriptors and how they are
// read, the names of actions and privileges, and the answers to "does this
// descriptor grant that action" and "does who holds these descriptors hold that
// one as well".
//
// Everything here is a pure value that never changes while the program runs.
// The package must not know who is asking, nor tokens, state, files or the
// wire beyond the JSON forms of descriptors and of questions about privileges.
//
// An action is a name such as cluster:monitor/health. A named privilege is a
// set of actions, written as patterns; a descriptor names privileges, or gives
// a pattern itself. Names, patterns and the fixed descriptors are those of
// Elasticsearch, so that its clients and its users' habits fit.
//
// One action is granted or not: that is asked at every request, and answered by
// matching strings. Whether a whole privilege is held, on all that a pattern
// covers, by several entries together, is asked rarely, and answered by
// comparing regular languages: see languages.
package account
