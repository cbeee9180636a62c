package node

import (
	"flag"
	"fmt"
	"testing"
)

func newCASearch(t testing.TB, z size) *caSearch {
	return &caSearch{size: z, shipped: newShipped(t, z.authorities, z.wrong)}
}

func caSizes() []size {
	return []size{
		{name: "two nodes, one prepared", members: 2, authorities: 2, rotations: 1, restarts: true, held: true},
		{name: "three nodes, one prompt", members: 3, authorities: 2, rotations: 1, restarts: true, prompt: true},
		{name: "a newcomer to one", members: 1, newcomers: 1, authorities: 2, rotations: 1, restarts: true},
		{name: "a newcomer to two", members: 2, newcomers: 1, authorities: 2, rotations: 1},
		{name: "a removal", members: 2, gone: 1, authorities: 2, rotations: 1, restarts: true},
		{name: "there and back, one prompt", members: 2, authorities: 2, rotations: 2, prompt: true},
		{name: "there and back and there, one prompt", members: 2, authorities: 2, rotations: 3, prompt: true},
	}
}

func largeCASizes() []size {
	return []size{
		{name: "there and back, one prompt, with restarts", members: 2, authorities: 2, rotations: 2, restarts: true, prompt: true},
		{name: "two rotations, three CAs, one prompt", members: 2, authorities: 3, rotations: 2, prompt: true},
		{name: "three nodes", members: 3, authorities: 2, rotations: 1, restarts: true},
		{name: "there and back", members: 2, authorities: 2, rotations: 2},
	}
}

var caLarge = flag.Bool("ca.large", false, "search the large sizes of a rotation of the CA, too: a minute")

// underRace: the detector has nothing to find in a search, and makes it ten times as slow.
func caLimit() int {
	if underRace {
		return 3_000
	}
	return 20_000_000
}

func TestNoOrderOfARotationKeepsMembersApart(t *testing.T) {
	t.Parallel()
	list := caSizes()
	if *caLarge {
		list = append(list, largeCASizes()...)
	}
	for _, z := range list {
		t.Run(z.name, func(t *testing.T) {
			t.Parallel()
			f := newCASearch(t, z).explore(caLimit())
			t.Logf("%s: %d states", z.name, f.states)
			if f.why != "" || f.cut && !underRace {
				t.Errorf("cut off: %v%s", f.cut, tellCA(f))
			}
		})
	}
}

// Sizes that nobody can go through, by chance.
func TestNoWalkThroughRotationsKeepsMembersApart(t *testing.T) {
	t.Parallel()
	x := newCASearch(t, size{members: 3, newcomers: 1, gone: 1, authorities: 3, rotations: 3, restarts: true, held: true})
	walks, states := 100, 0
	if underRace {
		walks = 5
	}
	for seed := range uint64(walks) {
		f := x.walk(seed, 300)
		if states += f.states; f.why != "" {
			t.Fatalf("seed %d: %s%s", seed, f.why, tellCA(f))
		}
	}
	t.Logf("%d moments in %d walks", states, walks)
}

// A search that finds nothing proves nothing if it would find nothing.
func TestEachWrongRotationKeepsMembersApart(t *testing.T) {
	t.Parallel()
	for _, z := range []size{
		{wrong: silentNotAwaited, members: 2, authorities: 2, rotations: 1},
		{wrong: finishUnrenewed, members: 2, authorities: 2, rotations: 1},
		{wrong: switchAtOnce, members: 2, authorities: 2, rotations: 1},
		{wrong: signedBefore, members: 2, newcomers: 1, authorities: 2, rotations: 1},
		{wrong: newcomerUnasked, members: 2, newcomers: 1, authorities: 2, rotations: 1},
		{wrong: formerAnswer, members: 2, authorities: 2, rotations: 2, prompt: true},
		{wrong: formerStep, members: 2, authorities: 2, rotations: 3, prompt: true},
		{wrong: trustGoesBack, members: 2, authorities: 2, rotations: 1, restarts: true},
		{wrong: answersByMemory, members: 2, authorities: 2, rotations: 1, restarts: true},
		{wrong: renewsByOldState, members: 2, authorities: 2, rotations: 1, restarts: true},
		{wrong: labelFirst, members: 2, authorities: 2, rotations: 1, restarts: true},
	} {
		t.Run(string(z.wrong), func(t *testing.T) {
			t.Parallel()
			f := newCASearch(t, z).explore(caLimit())
			switch {
			case f.why != "":
				t.Logf("%s: %d steps, %d states%s", z.wrong, len(f.story)-1, f.states, tellCA(f))
			case f.cut && underRace:
				t.Skip("the race detector is on: not everything is searched")
			default:
				t.Errorf("nothing is found in %d states", f.states)
			}
		})
	}
}

func tellCA(f found) (text string) {
	for i, line := range f.story {
		text += fmt.Sprintf("\n%3d. %s", i+1, line)
	}
	return text
}
