// Package token owns the pure values of service account tokens: the bearer
// text that clients present, the names tokens may have, the secret, and the
// stored hash that a secret is verified against.
//
// The wire and file forms are Elasticsearch's, so that a token or a hash made
// by either side is read by the other. The package knows no accounts, files,
// state or callers; whether a token exists is somebody else's question.
package token
