package security

import (
	"testing"
	"time"
)

func TestAFileTokenIsHashedOnce(t *testing.T) {
	here, _ := twoNodes(t)
	header := bearer(fleet, "here", "the secret of here")
	here.expectHashNeeded(header)
	here.expectAccepted(header)
	here.expectNoHashNeeded(header)
}

func TestAVerifierWithoutTimeNeverSaysWrong(t *testing.T) {
	here, _ := twoNodes(t)
	b := here.create("both")
	here.expectHashNeeded(bearer(fleet, "both", "the secret of both"))
	here.expectHashNeeded(bearer(fleet, "both", "a wrong secret"))
	here.expectHashNeeded(basic(ReservedUser, "wrong"))

	// The state can say yes to what the file has no time for.
	here.expectNoHashNeeded(presented(b))
}

func TestAnIndexTokenOfAFileTokensNameIsTriedAgainstTheFileOnce(t *testing.T) {
	here, _ := twoNodes(t)
	b := here.create("both")
	here.expectAccepted(presented(b))
	before := here.verifier.wrong.ring
	here.expectAccepted(presented(b))
	if len(before) != 1 || len(here.verifier.wrong.ring) != 1 {
		t.Errorf("%d wrong secrets are remembered, then %d; want 1", len(before), len(here.verifier.wrong.ring))
	}
}

func TestAChangedFileDecidesByItsNewHash(t *testing.T) {
	t.Parallel()
	here, _ := twoNodes(t)
	old, renewed := bearer(fleet, "here", "the secret of here"), bearer(fleet, "here", "the renewed secret")
	here.expectAccepted(old)
	here.expectRefused(renewed, badToken(fleet, "here"))

	changed := hashed(here.world, "the renewed secret")
	here.write(fleet + "/here:" + changed.Text())
	here.within5s(func() bool {
		h, _ := here.files.Current().Lookup(fleet, "here")
		return h.Text() == changed.Text()
	})
	here.expectAccepted(renewed)
	here.expectRefused(old, badToken(fleet, "here"))
}

func (n *node) within5s(condition func() bool) {
	n.world.t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			n.world.t.Fatal("not within 5 s")
		}
	}
}
