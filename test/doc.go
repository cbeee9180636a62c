// Package clients holds no code but tests, in which clients that were written
// for Elasticsearch talk to a cluster of Jeton. It is a module of its own since
// those clients take minutes to compile and nothing else needs them.
package clients
