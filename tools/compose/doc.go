// Package compose holds the Compose file of this repository against the schema
// and the rules of Docker Compose v2, by its own loader. It has no code of its
// own: its tests know the form, and not what Jeton needs of it, which packaging/
// tests.
package compose
