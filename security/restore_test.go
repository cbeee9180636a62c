package security

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"jeton/fsm"
	"jeton/security/token"
)

func (n *node) backup(passphrase string) string {
	n.world.t.Helper()
	b, err := n.SaveBackup(n.world.t.Context(), elastic, token.SecretFrom(passphrase))
	if err != nil {
		n.world.t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := b.WriteTo(&out); err != nil {
		n.world.t.Fatal(err)
	}
	return out.String()
}

func (n *node) restoreFrom(r RestoreRequest) (RestoreReport, error) {
	return n.RestoreBackup(n.world.t.Context(), elastic, r)
}

func (n *node) mustRestore(r RestoreRequest) RestoreReport {
	n.world.t.Helper()
	report, err := n.restoreFrom(r)
	if err != nil {
		n.world.t.Fatal(err)
	}
	return report
}

func (n *node) expectNothingStaged() {
	n.world.t.Helper()
	if s, there := n.state.Current().Staging(); there {
		n.world.t.Errorf("%+v is left", s)
	}
}

func TestARestoreOfOneIdIsCarriedOutOnce(t *testing.T) {
	n := oneNode(t)
	text := n.backup("")
	n.create("late")
	first := n.mustRestore(RestoreRequest{ID: "r1", Body: strings.NewReader(text)})
	n.create("later")
	again := n.mustRestore(RestoreRequest{ID: "r1", Body: strings.NewReader(text)})
	if len(first.Listings) != 1 || len(again.Listings) != 1 || again.At != first.At {
		t.Errorf("%+v, then %+v", first, again)
	}
	if _, there := n.state.Current().ServiceToken(fleet, "later"); !there {
		t.Error("it was carried out a second time")
	}
	if last, err := n.LastRestore(t.Context(), elastic, ""); err != nil || last.ID != "r1" {
		t.Errorf("%+v, %v", last, err)
	}
}

func TestADryRunAndADamagedBackupLeaveEverythingAsItIs(t *testing.T) {
	n := oneNode(t)
	text := n.backup("")
	n.create("late")
	if report := n.mustRestore(RestoreRequest{DryRun: true, Body: strings.NewReader(text)}); !report.DryRun || len(report.Listings) != 1 {
		t.Errorf("%+v", report)
	}
	_, err := n.restoreFrom(RestoreRequest{Body: strings.NewReader(text[:len(text)-1])})
	if _, argument := errors.AsType[*ArgumentError](err); !argument {
		t.Errorf("cut short: %v", err)
	}
	lost := errors.New("connection lost")
	if _, err := n.restoreFrom(RestoreRequest{Body: io.MultiReader(strings.NewReader(text[:len(text)-9]), broken{lost})}); !errors.Is(err, lost) {
		t.Errorf("%v", err)
	}
	n.expectNothingStaged()
	if _, there := n.state.Current().ServiceToken(fleet, "late"); !there {
		t.Error("the token is gone")
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

func TestWhatNobodyGoesOnWithIsDroppedAfterAWhile(t *testing.T) {
	n := oneNode(t)
	n.propose(&fsm.StageRestore{Stage: "left", Now: n.world.now.UnixMilli(), Records: []fsm.Restorable{{User: &fsm.User{Name: "x"}}}})
	n.world.now = n.world.now.Add(leftRestore - time.Second)
	if err := n.DropLeftRestore(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, left := n.state.Current().Staging(); !left {
		t.Error("it was dropped too early")
	}
	n.world.now = n.world.now.Add(time.Second)
	if err := n.DropLeftRestore(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.expectNothingStaged()
}

// foundedWith is a cluster of that name with a CA that can sign.
func foundedWith(t *testing.T, name string) *node {
	n := newWorld(t).node()
	n.propose(&fsm.FoundCluster{
		Cluster: fsm.Cluster{UUID: name, Name: name}, CA: n.world.newCA(name),
		User: fsm.User{Name: ReservedUser, Password: "{bcrypt}x"}, Member: record(n.member),
	})
	n.propose(&fsm.RaiseLevel{Level: fsm.Level, Members: []string{n.member.ID}})
	return n
}

// The CA of the backup is followed where its key was opened, and nowhere else.
func TestTheCAOfABackupIsFollowedOnlyWithItsKey(t *testing.T) {
	old, n := foundedWith(t, "old"), foundedWith(t, "another")
	const passphrase = "correct horse battery"
	text := old.backup(passphrase)
	for _, step := range []struct {
		r    RestoreRequest
		want string
	}{
		{RestoreRequest{DryRun: true}, CAKept},
		{RestoreRequest{Passphrase: token.SecretFrom(passphrase), DryRun: true}, CAWouldRotate},
		{RestoreRequest{Passphrase: token.SecretFrom(passphrase)}, CARotationStarted},
	} {
		if n.state.Current().CARotation().UnderWay() {
			t.Errorf("a rotation has begun before %s", step.want)
		}
		step.r.Body = strings.NewReader(text)
		if report := n.mustRestore(step.r); report.CA != step.want {
			t.Errorf("%q, want %q", report.CA, step.want)
		}
	}
	if next := n.state.Current().CARotation().Next; next == nil || *next != *old.state.Current().CA() {
		t.Error("the rotation leads to another CA than the backup's")
	}
	if _, err := n.restoreFrom(RestoreRequest{Passphrase: token.SecretFrom("another passphrase"), Body: strings.NewReader(text)}); err == nil || !strings.Contains(err.Error(), "not the one that sealed") {
		t.Errorf("a wrong passphrase: %v", err)
	}
}

// rotateCA has the cluster of this node alone go over to a new CA.
func (n *node) rotateCA() {
	n.world.t.Helper()
	if err := n.RotateCA(n.world.t.Context(), elastic, false); err != nil {
		n.world.t.Fatal(err)
	}
	next := n.expectStage(CATrusting)
	n.certificates.Trusted, n.certificates.Issuer = []string{next}, next
	for range 2 {
		n.certificates.Version = n.state.Current().CARotation().Version
		n.advance()
	}
	n.expectStage(CAIdle)
}

// What was taken away stays away, and a CA that was replaced was: its key may have
// been the reason.
func TestACAThatWasReplacedSinceComesBackOnlyWhenAskedFor(t *testing.T) {
	n := foundedWith(t, "one")
	const passphrase = "correct horse battery"
	text := n.backup(passphrase)
	former := *n.state.Current().CA()
	n.rotateCA()
	for _, step := range []struct {
		r    RestoreRequest
		want string
	}{
		{RestoreRequest{}, CAKept},
		{RestoreRequest{DryRun: true}, CAStaysReplaced},
		{RestoreRequest{ID: "r1"}, CAStaysReplaced},
		{RestoreRequest{ID: "r1"}, CAStaysReplaced}, // sent again
		{RestoreRequest{BringBack: true, DryRun: true}, CAWouldRotate},
		{RestoreRequest{BringBack: true}, CARotationStarted},
	} {
		if n.state.Current().CARotation().UnderWay() {
			t.Fatalf("a rotation has begun before %s", step.want)
		}
		if step.want != CAKept {
			step.r.Passphrase = token.SecretFrom(passphrase)
		}
		step.r.Body = strings.NewReader(text)
		if report := n.mustRestore(step.r); report.CA != step.want {
			t.Errorf("%q, want %q", report.CA, step.want)
		}
	}
	if next := n.state.Current().CARotation().Next; next == nil || *next != former {
		t.Error("the rotation leads to another CA than the backup's")
	}
}
