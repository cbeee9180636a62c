//go:build race

package model

// underRace: the race detector is on. It has nothing to find in a search, which is
// one goroutine, and makes it ten times as slow.
const underRace = true
