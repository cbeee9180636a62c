// Package userfile owns the users of a node's own files: what the lines of
// `users` and `users_roles` mean, how commands edit them, and how a running
// node follows them.
//
// A line of `users` is NAME:HASH, one of `users_roles` is ROLE:NAME,NAME, both
// as Elasticsearch writes them. Blank lines and lines that begin with '#' mean
// nothing and survive every edit. A malformed line costs itself only: a node
// reports and skips it. A command that is to change the files refuses until it
// is corrected.
//
// The package does not know which names are reserved, which roles exist, nor
// who is asking; the state that the cluster replicates has users of its own.
package userfile
