// Command jeton runs nodes of a Jeton cluster and administers them.
//
// The package owns what people see at a terminal: flags, texts, exit codes,
// signals. Each command stands in a file of its own. What a node does is
// decided in package node; the client commands know a cluster only through its
// HTTP API.
//
// Exit codes are 0, 1 for a failure and 64 for a wrong use; service-tokens and
// users have those of the Elasticsearch tools that they copy.
package main
