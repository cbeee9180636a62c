//go:build race

package node

// underRace: the race detector is on.
const underRace = true
