// Package token owns the pure values of tokens: of service accounts, the bearer
// text that clients present, the names tokens may have, the secret, and the
// stored hash that a secret is verified against; of the OAuth 2.0 token service,
// the opaque texts, their hashes, and the seal that hides a refreshed token's
// successor.
//
// The wire and file forms of the former are Elasticsearch's, so that a token or
// a hash made by either side is read by the other; OAuth tokens are opaque, and
// their form is Jeton's. The package knows no accounts, files,
// state or callers; whether a token exists is somebody else's question.
package token
