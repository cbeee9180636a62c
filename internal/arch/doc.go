// Package arch holds the house's walls: a test of it fails when a package
// imports what it must not. It has no code of its own.
package arch
