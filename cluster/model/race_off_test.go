//go:build !race

package model

// underRace: the race detector is on.
const underRace = false
