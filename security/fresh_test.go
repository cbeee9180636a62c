package security

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"testing"

	"jeton/fsm"
)

func TestOneSourcesMissesDoNotKeepOthersFromTheirRound(t *testing.T) {
	n := oneNode(t)
	n.misses.each = 3
	full, release := make(chan struct{}, 4), make(chan struct{})
	n.leader.beforeCatchUp = func(context.Context) { full <- struct{}{}; <-release }
	wrong := bearer(fleet, "token1", "a wrong secret")
	attacker, other := WithSource(t.Context(), "192.0.2.1"), WithSource(t.Context(), "192.0.2.2")
	var waiting sync.WaitGroup
	ask := func(ctx context.Context) {
		waiting.Go(func() {
			var refused *AuthenticationError
			if _, err := n.Authenticate(ctx, wrong, ""); !errors.As(err, &refused) {
				t.Errorf("told %v after a round", err)
			}
		})
		<-full
	}
	for range 3 {
		ask(attacker)
	}
	if _, err := n.Authenticate(attacker, wrong, ""); !errors.Is(err, ErrOverloaded) {
		t.Errorf("one too many was told %v, want %v", err, ErrOverloaded)
	}
	ask(other)
	if n.Shed() != 1 {
		t.Errorf("%d shed, want 1", n.Shed())
	}
	close(release)
	waiting.Wait()
	if len(n.misses.by) != 0 {
		t.Errorf("%v wait still", n.misses.by)
	}
}

// onlyAdd are the commands after which nobody may do less than before, or that
// nobody's authority rests on.
var onlyAdd = []fsm.Command{
	&fsm.FoundCluster{}, &fsm.CreateJoinToken{}, &fsm.AdmitMember{}, &fsm.UpdateMember{}, &fsm.CreateServiceToken{},
	&fsm.CreateOAuthToken{}, &fsm.RefreshOAuthToken{}, &fsm.NoteTokenUses{}, &fsm.PurgeExpired{}, &fsm.SettleSettings{},
	&fsm.SetMemberVoting{}, &fsm.PutAutopilotSettings{},
	&fsm.BeginCARotation{}, &fsm.ReleaseCARotation{}, &fsm.SwitchCA{},
	&fsm.StageRestore{}, &fsm.DropRestore{}, &fsm.AdmitSeededMember{},
}

func TestEveryCommandThatTakesAwayWaitsForTheBarrier(t *testing.T) {
	taking := []fsm.Command{
		&fsm.DeleteServiceToken{}, &fsm.RotateServiceToken{}, &fsm.PutUser{}, &fsm.DeleteUser{}, &fsm.SetPassword{}, &fsm.SetUserEnabled{},
		&fsm.PutRole{}, &fsm.DeleteRole{}, &fsm.PutApplicationPrivilege{}, &fsm.DeleteApplicationPrivilege{},
		&fsm.PutServiceAccount{}, &fsm.DeleteServiceAccount{}, &fsm.InvalidateOAuthToken{}, &fsm.InvalidateOAuthTokens{},
		&fsm.RemoveMember{}, &fsm.PutSettings{}, &fsm.PutAutopilotSettings{Settings: &fsm.PutSettings{}},
		&fsm.FinishCARotation{},
		&fsm.CommitRestore{},
	}
	for want, commands := range map[bool][]fsm.Command{true: taking, false: onlyAdd} {
		for _, c := range commands {
			if takesAway(c) != want {
				t.Errorf("%v takes away: %v, want %v", reflect.TypeOf(c), !want, want)
			}
		}
	}
}
