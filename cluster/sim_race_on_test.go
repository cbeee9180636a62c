//go:build race

package cluster

// underRace: the race detector is on. Its runtime crashes now and then in large
// synctest bubbles (golang/go issue 78156, open in Go 1.26), so the simulation runs
// without it; the other tests of this package look for races.
const underRace = true
