package security

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"jeton/fsm"
	"jeton/security/audit"
	"jeton/security/token"
)

// witness keeps what a node's Auditor is told. All of it counts as logged, so that
// every story of this package is looked through for its secrets there, too.
type witness struct {
	world *world

	mu     sync.Mutex
	events []audit.Event
}

// unless is nil for a benchmark, which is about a node that keeps nothing.
func (w *witness) unless(t testing.TB) Auditor {
	if _, benchmark := t.(*testing.B); benchmark {
		return nil
	}
	return w
}

// Wants implements Auditor.
func (*witness) Wants(audit.Kind) bool { return true }

// Record implements Auditor.
func (w *witness) Record(e audit.Event) {
	text, err := json.Marshal(e)
	if err != nil {
		w.world.t.Error(err)
	}
	_, _ = w.world.Write(append(text, '\n'))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

// told are the events since the last question, each in a few words.
func (w *witness) told() (told []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		told = append(told, inWords(e))
	}
	w.events = nil
	return told
}

func inWords(e audit.Event) string {
	words := []string{e.Kind.String(), e.User.Name}
	if e.Kind == audit.SecurityConfigChange {
		words = []string{e.User.Name, e.Change.Name, strings.Join(e.Change.Path, ".")}
		for _, f := range e.Change.Fields {
			words = append(words, fmt.Sprintf("%s=%v", f.Name, f.Value))
		}
		if e.Change.Outcome != audit.Success {
			words = append(words, string(e.Change.Outcome))
		}
	}
	if e.RunAs.Name != "" {
		words = append(words, "as "+e.RunAs.Name)
	}
	if e.RunBy.Name != "" {
		words = append(words, "run by "+e.RunBy.Name)
	}
	if e.Authentication.TokenName != "" {
		words = append(words, "token "+e.Authentication.TokenName)
	}
	if e.Realm != "" {
		words = append(words, "at "+e.Realm)
	}
	if e.Action != "" {
		words = append(words, strings.TrimPrefix(e.Action, "cluster:admin/xpack/"))
	}
	return strings.Join(words, " ")
}

func (n *node) expectTold(want ...string) {
	n.world.t.Helper()
	if got := n.audited.told(); !slices.Equal(got, want) {
		n.world.t.Errorf("told\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestCredentialsAreToldHoweverTheyAreJudged(t *testing.T) {
	w := newWorld(t)
	n := w.node(fileLine(w, "on-file", "the secret of the file"))
	n.found()
	index := n.create("token1")
	n.audited.told()
	for _, c := range []struct{ header, want string }{
		{basic(ReservedUser, password), "authentication_success elastic at reserved"},
		{presented(index), "authentication_success elastic/fleet-server token token1 at _service_account"},
		{bearer(fleet, "on-file", "the secret of the file"), "authentication_success elastic/fleet-server token on-file at _service_account"},
		{basic(ReservedUser, "a wrong password"), "authentication_failed elastic"},
		{basic("joe", "a password of nobody"), "authentication_failed joe"},
		{bearer(fleet, "token1", "a wrong secret"), "authentication_failed elastic/fleet-server token token1"},
		{"Bearer nothing", "authentication_failed "},
		{"ApiKey bm90LWEta2V5", "authentication_failed "},
		{"", "anonymous_access_denied "},
		{"Digest x", "anonymous_access_denied "},
	} {
		_, _ = n.Authenticate(t.Context(), c.header, "")
		n.expectTold(c.want)
	}
}

func TestWhatNobodyCouldDecideIsNoDecision(t *testing.T) {
	n := oneNode(t)
	n.audited.told()
	n.leader.failure = ErrNoLeader
	_, _ = n.Authenticate(t.Context(), bearer(fleet, "token1", "a wrong secret"), "")
	n.expectTold()
	if _, err := n.tryCreate("elastic", "fleet-server", "token1"); err == nil {
		t.Error("created without a leader")
	}
	n.expectTold("access_granted elastic security/service_account/token/create")
}

func TestAChangeWhoseOutcomeIsUnknownIsTold(t *testing.T) {
	n := oneNode(t)
	n.audited.told()
	n.leader.failure = ErrOutcomeUnknown
	_, _ = n.tryCreate("elastic", "fleet-server", "token1")
	n.expectTold(
		"access_granted elastic security/service_account/token/create",
		" create_service_token create.service_token namespace=elastic service=fleet-server name=token1 unknown",
	)
}

func TestRunningAsIsTold(t *testing.T) {
	n := oneNode(t)
	n.user("bob", "viewer")
	n.audited.told()
	who, err := n.Authenticate(t.Context(), basic(ReservedUser, password), "bob")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = n.WhoAmI(t.Context(), who)
	n.expectTold(
		"authentication_success elastic at reserved",
		"run_as_granted elastic as bob",
		"access_granted bob run by elastic security/user/authenticate",
	)
	who, _ = n.Authenticate(t.Context(), basic(ReservedUser, password), "nobody")
	_, _ = n.WhoAmI(t.Context(), who)
	n.expectTold("authentication_success elastic at reserved", "run_as_denied elastic as nobody")
}

func TestOneRequestTellsOfAnActionOnce(t *testing.T) {
	n := oneNode(t)
	n.audited.told()
	ctx := WithRequest(t.Context(), &Request{ID: "r1"})
	for range 3 {
		_, _ = n.Health(ctx, elastic)
	}
	n.expectTold("access_granted elastic cluster:monitor/health")
}

func TestEveryKindOfChangeIsToldWithWhoHasMadeIt(t *testing.T) {
	w := newWorld(t)
	n := w.node()
	n.foundWith(w.secret("a password of the founder's"))
	n.expectTold(
		" found_cluster create.cluster name=the-cluster uuid=the-uuid",
		fmt.Sprintf(" raise_level change.feature_level level=%d", n.state.Level()),
	)
	ctx := WithRequest(t.Context(), &Request{ID: "r1"})
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	changes := func(want ...string) {
		t.Helper()
		got := slices.DeleteFunc(n.audited.told(), func(s string) bool { return strings.HasPrefix(s, "access_granted ") })
		if !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
	}
	must(n.PutUser(ctx, elastic, w.bob("a password of bob's", "viewer")))
	changes("elastic put_user put.user name=bob enabled=true roles=[viewer] has_password=true")
	must(nil, n.ChangePassword(ctx, elastic, "bob", w.clear("another of bob's")))
	changes("elastic change_password change.password.user name=bob")
	must(nil, n.SetUserEnabled(ctx, elastic, "bob", false))
	changes("elastic change_disable_user change.disable.user name=bob")
	must(n.DeleteUser(ctx, elastic, "bob"))
	changes("elastic delete_user delete.user name=bob")
	must(n.DeleteUser(ctx, elastic, "bob"))
	changes() // there was nobody
	must(n.DeleteServiceToken(ctx, elastic, "elastic", "fleet-server", "absent"))
	changes()
	created, err := n.CreateServiceToken(ctx, elastic, "elastic", "fleet-server", "t", TokenOptions{})
	must(created, err)
	w.bearer(created)
	changes("elastic create_service_token create.service_token namespace=elastic service=fleet-server name=t")
	rotated, err := n.RotateServiceToken(ctx, elastic, "elastic", "fleet-server", "t", nil)
	must(rotated, err)
	w.bearer(rotated)
	changes("elastic rotate_service_token change.service_token namespace=elastic service=fleet-server name=t")
	must(n.PutServiceAccount(ctx, elastic, "own", "app", []string{"viewer"}, true))
	changes("elastic put_service_account put.service_account name=own/app enabled=true roles=[viewer]")
	must(nil, n.PutClusterSettings(ctx, elastic, SettingsChange{Lease: to(7 * time.Second)}))
	changes("elastic put_cluster_settings change.cluster_settings names=[auth.lease]")
	issued, err := n.CreateToken(ctx, elastic, clientCredentials())
	must(issued, err)
	w.keep(issued)
	changes("elastic create_token create.token.user name=elastic realm=reserved")
	must(n.InvalidateTokens(ctx, elastic, Invalidation{Username: ReservedUser}))
	changes("elastic invalidate_tokens invalidate.tokens.user name=elastic realm=")
	must(nil, n.TransferLeadership(ctx, elastic, "node-0"))
	changes("elastic transfer_leadership change.leadership.node id=id-0 name=node-0")
	must(nil, n.RemoveNode(ctx, elastic, "node-0"))
	changes("elastic remove_node delete.node id=id-0 name=node-0")
	must(nil, n.Leave(ctx, elastic))
	changes("elastic leave_node delete.node id=id-0 name=node-0")
}

func TestWhoGrantsMoreThanTheyHoldIsToldAsDenied(t *testing.T) {
	n := oneNode(t)
	n.propose(&fsm.PutRole{Role: fsm.Role{Name: "small", Descriptor: []byte(`{"cluster":["manage_security"]}`)}})
	small := n.withRoles(n.state.Current(), Identity{Username: "joe", Roles: []string{"small"}})
	n.audited.told()
	if _, err := n.PutServiceAccount(t.Context(), small, "own", "app", []string{"superuser"}, true); err == nil {
		t.Error("put")
	}
	n.expectTold(
		"access_granted joe security/user_managed_service_account/put",
		"access_denied joe security/user_managed_service_account/put",
	)
}

func TestARefusedNewcomerIsTold(t *testing.T) {
	n := oneNode(t)
	j := n.joinToken(time.Hour)
	n.audited.told()
	wrong := token.NewSecret()
	n.world.secret(wrong.Reveal())
	if err := n.admit(joinToken{j.id, wrong}, newcomer("id-9", "node-9")); err == nil {
		t.Error("admitted")
	}
	n.expectTold("authentication_failed node-9 at _join_token")
	if err := n.admit(j, newcomer("id-9", "node-9")); err != nil {
		t.Error(err)
	}
	n.expectTold(" admit_node create.node id=id-9 name=node-9 join_token=" + j.id)
}

// An Auditor is asked before anything is made for it.
func TestANodeThatKeepsNothingMakesNothing(t *testing.T) {
	n := oneNode(t)
	b := presented(n.create("token1"))
	n.Service.auditor = nil
	off := testing.AllocsPerRun(100, func() { _, _ = n.Authenticate(t.Context(), b, "") })
	direct := testing.AllocsPerRun(100, func() { _, _ = n.authenticate(t.Context(), b) })
	if off != direct {
		t.Errorf("%v allocations, %v without what is told", off, direct)
	}
}
