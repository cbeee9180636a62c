package security

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"jeton/security/token"
)

// The stories below run in a synctest bubble. There a test sees when everybody
// is stuck (synctest.Wait), and a call that ought to return at once and does
// not is a deadlock, which fails.

// occupy takes all slots, so that no hash can be computed until they are given
// back.
func (v *verifier) occupy() (release func()) {
	for range cap(v.slots) {
		v.slots <- struct{}{}
	}
	return func() {
		for range cap(v.slots) {
			<-v.slots
		}
	}
}

// narrow is a verifier that computes one hash at a time.
func narrow() *verifier {
	v := newVerifier()
	v.slots = make(chan struct{}, 1)
	return v
}

// call is a verification under way.
type call struct {
	right, done bool
	err         error
}

// start begins a verification and returns once it is stuck or done.
func (v *verifier) start(ctx context.Context, h token.Hash, secret string) *call {
	return v.startAs(ctx, h.Text(), h, secret)
}

func (v *verifier) startAs(ctx context.Context, name string, h token.Hash, secret string) *call {
	c := new(call)
	go func() {
		c.right, c.err = v.verify(ctx, name, h, token.SecretFrom(secret))
		c.done = true
	}()
	synctest.Wait()
	return c
}

// startNobody is startAs for a name that nobody has.
func (v *verifier) startNobody(ctx context.Context, name string, h token.Hash, secret string) *call {
	c := new(call)
	go func() {
		c.err = v.refuse(ctx, name, h, token.SecretFrom(name+secret))
		c.done = true
	}()
	synctest.Wait()
	return c
}

func (c *call) expectStuck(t *testing.T) {
	t.Helper()
	if c.done {
		t.Errorf("it did not wait: %v, %v", c.right, c.err)
	}
}

func (c *call) expect(t *testing.T, right bool, err error) {
	t.Helper()
	if !c.done || c.right != right || !errors.Is(c.err, err) {
		t.Errorf("done %v: %v, %v; want %v, %v", c.done, c.right, c.err, right, err)
	}
}

// flood lets a source guess with as many wrong secrets as may wait.
func (v *verifier) flood(ctx context.Context, h token.Hash) []*call {
	var calls []*call
	for i := range laneWaiters {
		calls = append(calls, v.start(ctx, h, "guess "+strconv.Itoa(i)))
	}
	return calls
}

func from(t *testing.T, source string) context.Context { return WithSource(t.Context(), source) }

// expectIdle checks that nothing is left of those who waited.
func (v *verifier) expectIdle(t *testing.T) {
	t.Helper()
	synctest.Wait()
	if len(v.lanes)+len(v.slots)+len(v.flights) != 0 {
		t.Errorf("%d lanes, %d slots and %d flights are left in use", len(v.lanes), len(v.slots), len(v.flights))
	}
}

func hashOf(t *testing.T, secret string) token.Hash {
	t.Helper()
	return slowHash(t, token.SecretFrom(secret))
}

func TestAProvenSecretNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, h := narrow(), hashOf(t, "right")
		v.start(from(t, "a"), h, "right").expect(t, true, nil)

		release := v.occupy()
		same, other := v.flood(from(t, "a"), h), v.flood(from(t, "b"), h)
		for _, source := range []string{"a", "b", "c"} {
			v.start(from(t, source), h, "right").expect(t, true, nil)
		}
		for _, c := range slices.Concat(same, other) {
			c.expectStuck(t)
		}

		release()
		synctest.Wait()
		for _, c := range slices.Concat(same, other) {
			c.expect(t, false, nil)
		}
		v.expectIdle(t)
	})
}

func TestAWrongSecretIsHashedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, h := narrow(), hashOf(t, "right")
		v.start(from(t, "a"), h, "wrong").expect(t, false, nil)
		v.occupy()
		v.start(from(t, "a"), h, "wrong").expect(t, false, nil)
		v.start(from(t, "b"), h, "wrong").expect(t, false, nil)
		v.start(from(t, "a"), h, "another").expectStuck(t)
		<-v.slots
		v.expectIdle(t)
	})
}

// A service with a hundred workers starts: they are no overload.
func TestTheSameSecretManyTimesAtOnceIsHashedOnce(t *testing.T) {
	for secret, right := range map[string]bool{"right": true, "wrong": false} {
		synctest.Test(t, func(t *testing.T) {
			v, h := narrow(), hashOf(t, "right")
			release := v.occupy()
			var calls []*call
			for i := range 100 {
				calls = append(calls, v.start(from(t, strconv.Itoa(i%3)), h, secret))
			}
			next := v.reserve()
			release() // for one hash, the first one's
			synctest.Wait()
			for _, c := range calls {
				c.expect(t, right, nil)
			}
			next()
			v.expectIdle(t)
		})
	}
}

// reserve queues for a slot behind those who wait now, and keeps it. release
// gives it back.
func (v *verifier) reserve() (release func()) {
	go func() { v.slots <- struct{}{} }()
	synctest.Wait()
	return func() { <-v.slots }
}

func TestAFloodFromOneSourceDelaysAnotherByOneHash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, h := narrow(), hashOf(t, "right")
		release := v.occupy()
		flood := v.flood(from(t, "a"), h)
		victim := v.start(from(t, "b"), h, "right")
		next := v.reserve()
		release()
		synctest.Wait()
		victim.expect(t, true, nil)
		flood[0].expect(t, false, nil)
		for _, c := range flood[1:] {
			c.expectStuck(t)
		}
		next()
		v.expectIdle(t)
	})
}

// Whoever comes through the same proxy as a flood waits in the same lane.
func TestAFloodFromTheSameSourceDelaysByAFullLaneAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, h := narrow(), hashOf(t, "right")
		release := v.occupy()
		flood := v.flood(t.Context(), h)[:laneWaiters-1]
		v.start(t.Context(), h, "right").expect(t, false, ErrOverloaded)

		release()
		v.expectIdle(t)
		for _, c := range flood {
			c.expect(t, false, nil)
		}
		v.start(t.Context(), h, "right").expect(t, true, nil)
	})
}

func TestOneHashsFloodLeavesTheOthersTheirLanes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, h, other := narrow(), hashOf(t, "right"), hashOf(t, "right too")
		release := v.occupy()
		flood := v.flood(t.Context(), h)
		victim := v.start(t.Context(), other, "right too")
		next := v.reserve()
		release() // for the first of the flood
		synctest.Wait()
		behind := v.reserve()
		next() // for the victim, whose turn of the source it is
		synctest.Wait()
		victim.expect(t, true, nil)
		flood[0].expect(t, false, nil)
		for _, c := range flood[1:] {
			c.expectStuck(t)
		}
		behind()
		v.expectIdle(t)
	})
}

// A source that tries one password with many names has a turn for each, and
// still no more hashes under way than there are slots.
func TestAFloodOfNamesDelaysAnotherSourceByOneHash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, unknown, h := narrow(), hashOf(t, "nobody's"), hashOf(t, "right")
		release := v.occupy()
		var flood []*call
		for i := range laneWaiters {
			flood = append(flood, v.startAs(from(t, "a"), "user "+strconv.Itoa(i), unknown, "guess "+strconv.Itoa(i)))
		}
		victim := v.startAs(from(t, "b"), "bob", h, "right")
		next := v.reserve()
		release()
		synctest.Wait()
		victim.expect(t, true, nil)
		flood[0].expect(t, false, nil)
		for _, c := range flood[1:] {
			c.expectStuck(t)
		}
		next()
		v.expectIdle(t)
	})
}

// Behind one proxy, somebody makes up a thousand names; somebody else, whose
// password this node has not seen yet, logs in. Both wait for the same turns, but
// only a few of the names take the time of a slot.
func TestAFloodOfNamesThatNobodyHasDelaysALoginOfTheSameSourceByAFewHashes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, unknown, h := narrow(), hashOf(t, "nobody's"), hashOf(t, "right")
		v.lastHash.Store(int64(time.Hour)) // so that a pretended hash is still under way at the end
		release := v.occupy()
		var flood []*call
		for i := range 1000 {
			flood = append(flood, v.startNobody(t.Context(), "user "+strconv.Itoa(i), unknown, "guess"))
		}
		victim := v.startAs(t.Context(), "bob", h, "right")
		victim.expectStuck(t)
		release()
		synctest.Wait()
		victim.expect(t, true, nil)
		v.mu.Lock()
		hashed := len(flood) - len(v.lanes) // the others keep their lanes for an hour
		v.mu.Unlock()
		if hashed > crowd {
			t.Errorf("%d names that nobody has were hashed, want %d at the most", hashed, crowd)
		}
		time.Sleep(time.Hour) // of the bubble's clock
		v.expectIdle(t)
		for _, c := range flood {
			c.expect(t, false, nil)
		}
	})
}

// Alone, a name that nobody has costs what a wrong password costs: a hash.
func TestANameThatNobodyHasIsHashedWhereNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, unknown := narrow(), hashOf(t, "nobody's")
		release := v.occupy()
		c := v.startNobody(t.Context(), "nobody", unknown, "guess")
		c.expectStuck(t)
		release()
		v.expectIdle(t)
		c.expect(t, false, nil)
		// Had it been pretended, no hash would have told how long one takes.
		v.lastHash.Store(-1)
		v.startNobody(t.Context(), "nobody", unknown, "another guess").expect(t, false, nil)
		if v.lastHash.Load() < 0 {
			t.Error("no hash was computed")
		}
	})
}

// Who changes many passwords takes turns with the own logins and nobody else's.
func TestNewPasswordsAreHashedInTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, h := narrow(), hashOf(t, "right")
		release := v.occupy()
		made := make(chan token.Hash, laneWaiters)
		for range laneWaiters {
			go func() {
				if hash, err := v.hash(from(t, "a"), cheapest(t), token.SecretFrom("new")); err == nil {
					made <- hash
				}
			}()
		}
		synctest.Wait()
		if _, err := v.hash(from(t, "a"), cheapest(t), token.SecretFrom("new")); !errors.Is(err, ErrOverloaded) {
			t.Errorf("one too many: %v", err)
		}
		victim := v.start(from(t, "b"), h, "right")
		next := v.reserve()
		release()
		synctest.Wait()
		victim.expect(t, true, nil)
		if len(made) != 1 {
			t.Errorf("%d hashes were made, want 1", len(made))
		}
		next()
		v.expectIdle(t)
		if hash := <-made; len(made) != laneWaiters-1 || !hash.Verify(token.SecretFrom("new")) {
			t.Errorf("%d more hashes were made", len(made))
		}
	})
}

func TestAHashThatNobodyWaitsForAnyMoreIsNotMade(t *testing.T) {
	v := narrow()
	defer v.occupy()()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := v.hash(ctx, cheapest(t), token.SecretFrom("new")); !errors.Is(err, ErrOverloaded) {
		t.Errorf("%v", err)
	}
}

func TestOverloadDecidesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, h, other := narrow(), hashOf(t, "right"), hashOf(t, "right too")
		release := v.occupy()
		first := v.start(t.Context(), h, "wrong")
		for i := range maxLanes - 2 { // first has its own and its source's
			v.lanes[laneKey{"a hash", strconv.Itoa(i)}] = &lane{}
		}
		v.start(t.Context(), other, "right too").expect(t, false, ErrOverloaded)
		second := v.start(t.Context(), h, "right") // its lane is there already

		release()
		synctest.Wait()
		first.expect(t, false, nil)
		second.expect(t, true, nil)
		v.start(t.Context(), other, "right too").expect(t, true, nil)
	})
}

func TestWhoGoesAwayMakesRoomAndIsNotTakenForWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, h := narrow(), hashOf(t, "right")
		release := v.occupy()
		ctx, cancel := context.WithCancel(t.Context())
		impatient := []*call{
			v.start(ctx, h, "right"),   // waits for a slot
			v.start(ctx, h, "another"), // for a turn in the lane
			v.start(ctx, h, "right"),   // for the first one's result
		}
		patient := v.start(t.Context(), h, "right")
		cancel()
		synctest.Wait()
		for _, c := range impatient {
			c.expect(t, false, ErrOverloaded)
		}
		patient.expectStuck(t)

		release()
		synctest.Wait()
		patient.expect(t, true, nil)
		v.expectIdle(t)
	})
}

func TestAChangedHashIsVerifiedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, first, second := narrow(), hashOf(t, "first"), hashOf(t, "second")
		v.start(t.Context(), first, "first").expect(t, true, nil)
		v.start(t.Context(), first, "second").expect(t, false, nil)

		v.start(t.Context(), second, "second").expect(t, true, nil)
		v.start(t.Context(), second, "first").expect(t, false, nil)
		v.start(t.Context(), first, "first").expect(t, true, nil)
	})
}

func TestAForgottenHashIsVerifiedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, h := narrow(), hashOf(t, "right")
		v.start(t.Context(), h, "right").expect(t, true, nil)
		v.forget(h)
		release := v.occupy()
		c := v.start(t.Context(), h, "right")
		c.expectStuck(t)
		release()
		v.expectIdle(t)
		c.expect(t, true, nil)
	})
}

func TestAHashThatIsNotSlowTakesNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, h := narrow(), token.HashFast(token.SecretFrom("right"))
		v.occupy()
		v.start(t.Context(), h, "right").expect(t, true, nil)
		v.start(t.Context(), h, "wrong").expect(t, false, nil)
	})
}

func TestWhatWasProvenIsBounded(t *testing.T) {
	v, h := narrow(), hashOf(t, "right")
	for i := range maxProven {
		v.proven[strconv.Itoa(i)] = [sha256.Size]byte{}
	}
	if right, err := v.verify(t.Context(), "a name", h, token.SecretFrom("right")); !right || err != nil {
		t.Fatal(right, err)
	}
	if _, known := v.proven[h.Text()]; !known || len(v.proven) > maxProven {
		t.Errorf("%d hashes are remembered, the latest one among them: %v", len(v.proven), known)
	}
}

func TestNothingRememberedChangesAnAnswer(t *testing.T) {
	t.Parallel()
	secrets := []string{"a", "b", "c", "d"}
	var hashes []token.Hash
	for _, s := range secrets[:3] {
		hashes = append(hashes, hashOf(t, s))
	}
	rapid.Check(t, func(t *rapid.T) {
		v := newVerifier()
		v.wrong.max = 2
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			i := rapid.IntRange(0, len(hashes)-1).Draw(t, "hash")
			if rapid.IntRange(0, 5).Draw(t, "forget") == 0 {
				v.forget(hashes[i])
			}
			s := rapid.SampledFrom(secrets).Draw(t, "secret")
			right, err := v.verify(t.Context(), "a name", hashes[i], token.SecretFrom(s))
			if right != (s == secrets[i]) || err != nil {
				t.Fatalf("secret %q for the hash of %q: %v, %v", s, secrets[i], right, err)
			}
		}
	})
}

func TestRecentKnowsTheLatestAndNoMore(t *testing.T) {
	key := func(n int) [sha256.Size]byte { return sha256.Sum256(fmt.Append(nil, n)) }
	rapid.Check(t, func(t *rapid.T) {
		r := recent{max: rapid.IntRange(1, 5).Draw(t, "max")}
		var added []int // each once, oldest first
		for _, n := range rapid.SliceOf(rapid.IntRange(0, 9)).Draw(t, "keys") {
			if !slices.Contains(added, n) {
				added = append(added, n)
			}
			added = added[max(0, len(added)-r.max):]
			r.add(key(n))
			for n := range 10 {
				if got, want := r.has(key(n)), slices.Contains(added, n); got != want {
					t.Fatalf("of %v, %d is known: %v", added, n, got)
				}
			}
			if len(r.ring) > r.max || len(r.set) != len(r.ring) {
				t.Fatalf("%d keys in a ring of %d; the maximum is %d", len(r.set), len(r.ring), r.max)
			}
		}
	})
}
