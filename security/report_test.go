package security

import (
	"context"
	"testing"
	"time"
)

// expectRead authenticates, and checks from what the answer was given.
func (n *node) expectRead(authorization, want string) {
	n.world.t.Helper()
	ctx, report := WithReport(n.world.t.Context())
	_, _ = n.Authenticate(ctx, authorization, "")
	if report.Read() != want {
		n.world.t.Errorf("read by %q, want %q", report.Read(), want)
	}
}

func TestAReportTellsFromWhatWasRead(t *testing.T) {
	w := newWorld(t)
	n := w.node(fileLine(w, "on-file", "the secret of the file"))
	n.found()
	n.user("bob")
	n.fileUser("carol", "the password of carol's")
	indexed := n.create("indexed")
	n.expectRead(presented(indexed), "lease")
	n.expectRead(basic("bob", "secret of bob"), "lease")
	n.expectRead(basic("bob", "wrong"), "round")
	n.expectRead(bearer(fleet, "on-file", "the secret of the file"), "file")
	n.expectRead(basic("carol", "the password of carol's"), "file")
	n.expectRead(basic("carol", "wrong"), "round")
	n.expectRead("Bearer nonsense", "")
	n.leader.withoutLease = true
	n.expectRead(presented(indexed), "round")
	n.leader.failure = ErrNoLeader
	n.expectRead(presented(indexed), "")
	n.expectRead(basic("carol", "the password of carol's"), "file")
}

func TestAReportTellsHowManyHaveConfirmedATakeAway(t *testing.T) {
	here, there, _ := threeNodes(t)
	grace := time.Duration(0)
	here.create("token1")
	here.user("bob")
	here.putRole("watcher", `{"cluster":["monitor"]}`)
	for name, take := range map[string]func(context.Context) error{
		"a rotation": func(ctx context.Context) error {
			return second(there.RotateServiceToken(ctx, elastic, "elastic", "fleet-server", "token1", &grace))
		},
		"a delete of what is absent": func(ctx context.Context) error {
			return second(there.DeleteServiceToken(ctx, elastic, "elastic", "fleet-server", "absent"))
		},
		"a disabled user": func(ctx context.Context) error { return there.SetUserEnabled(ctx, elastic, "bob", false) },
		"a deleted role":  func(ctx context.Context) error { return second(there.DeleteRole(ctx, elastic, "watcher")) },
	} {
		ctx, report := WithReport(t.Context())
		err := take(ctx)
		if c, ok := report.Confirmation(); err != nil || !ok || c != (Confirmation{Confirmed: 3, Members: 3}) {
			t.Errorf("%s: confirmed by %v (%v), %v", name, c, ok, err)
		}
	}
	ctx, report := WithReport(t.Context())
	if _, err := there.CreateServiceToken(ctx, elastic, "elastic", "fleet-server", "token2", TokenOptions{}); err != nil {
		t.Fatal(err)
	}
	if c, ok := report.Confirmation(); ok {
		t.Errorf("a create has waited for %v", c)
	}
}

func TestThatAnOldStateHadAPartInItIsAlwaysTold(t *testing.T) {
	for _, hows := range [][]string{{"stale", "round"}, {"lease", "stale"}, {"stale", "file"}} {
		r := new(Report)
		for _, how := range hows {
			r.readBy(how)
		}
		if r.Read() != "stale" {
			t.Errorf("%v: told %q", hows, r.Read())
		}
	}
}
