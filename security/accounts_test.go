package security

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"jeton/fsm"
	"jeton/security/account"
	"jeton/security/token"
)

const worker = "apps/worker"

// role puts a native role with cluster privileges.
func (n *node) role(name string, cluster ...string) {
	n.world.t.Helper()
	text := fmt.Sprintf(`{"cluster":["%s"]}`, strings.Join(cluster, `","`))
	if _, _, err := n.Service.propose(n.world.t.Context(), &fsm.PutRole{Role: fsm.Role{Name: name, Descriptor: []byte(text)}}); err != nil {
		n.world.t.Fatal(err)
	}
}

// user makes a native user and returns who that is.
func (n *node) user(name string, roles ...string) Identity {
	n.world.t.Helper()
	n.propose(&fsm.PutUser{User: fsm.User{Name: name, ID: "id of " + name, Password: fsm.Sensitive(hashed(n.world, "secret of "+name).Text()), Roles: roles}})
	return n.expectAccepted(basic(name, "secret of "+name))
}

// account puts apps/worker.
func (n *node) account(enabled bool, roles ...string) (created bool) {
	n.world.t.Helper()
	created, err := n.PutServiceAccount(n.world.t.Context(), elastic, "apps", "worker", append([]string{}, roles...), enabled)
	if err != nil {
		n.world.t.Fatal(err)
	}
	return created
}

// createOwn makes an index-backed token of apps/worker.
func (n *node) createOwn(name string, o TokenOptions) token.Bearer {
	n.world.t.Helper()
	created, err := n.CreateServiceToken(n.world.t.Context(), elastic, "apps", "worker", name, o)
	if err != nil {
		n.world.t.Fatal(err)
	}
	return n.world.bearer(created)
}

// threeNodes is a founded cluster with the role watcher.
func threeNodes(t *testing.T) (here, there, elsewhere *node) {
	t.Helper()
	w := newWorld(t)
	here, there, elsewhere = w.node(), w.node(), w.node()
	here.found()
	here.role("watcher", "monitor")
	return here, there, elsewhere
}

func TestATokenOfAnOwnAccountWorksOnEveryNode(t *testing.T) {
	here, there, elsewhere := threeNodes(t)
	here.account(true, "watcher")
	b := there.createOwn("token1", TokenOptions{})
	for _, n := range []*node{here, there, elsewhere} {
		who := n.expectAccepted(presented(b))
		full := "User-managed service account - apps/worker"
		if who.Username != worker || !slices.Equal(who.Roles, []string{"watcher"}) || *who.FullName != full ||
			string(who.Metadata) != `{"_user_managed_service_account":true}` || *who.Token != (TokenRef{"token1", TokenTypeIndex}) {
			t.Errorf("the token is %+v", who)
		}
		if !who.may(account.ActionHealth) || who.may(account.ActionRemoveNode) {
			t.Error("the account may not what its role grants, or more")
		}
	}
}

func TestPuttingAnAccountTellsWhetherItIsNew(t *testing.T) {
	here, there, _ := threeNodes(t)
	if !here.account(true, "watcher") {
		t.Error("a new account is not told as created")
	}
	if there.account(true, "watcher") || there.account(true) || there.account(false) {
		t.Error("an account is created that was there")
	}
	a, _ := there.state.Current().ServiceAccount(worker)
	if want := (fsm.ServiceAccount{Name: worker, Roles: []string{}, Disabled: true}); !reflect.DeepEqual(*a, want) {
		t.Errorf("the record is %+v, want %+v", *a, want)
	}
}

func TestATokenOfADisabledAccountStopsAtOnce(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.account(true, "watcher")
	b := here.createOwn("token1", TokenOptions{})
	there.account(false, "watcher")
	there.expectRefused(presented(b), badToken(worker, "token1"))
	here.catchUpNow()
	here.expectRefused(presented(b), badToken(worker, "token1"))

	there.account(true, "watcher")
	here.expectAccepted(presented(b))
}

func TestAnAccountWithTokensIsDeletedByForceOnly(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.account(true, "watcher")
	b := here.createOwn("token1", TokenOptions{})
	there.catchUpNow()
	there.expectAccepted(presented(b))

	_, err := there.DeleteServiceAccount(t.Context(), elastic, "apps", "worker", false)
	expectError(t, err, &ArgumentError{"cannot delete service account [apps/worker] because it has service tokens; " +
		"delete the tokens first, or use force=true to leave them behind, good for nothing"})
	there.expectAccepted(presented(b))

	if found, err := there.DeleteServiceAccount(t.Context(), elastic, "apps", "worker", true); !found || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
	there.expectRefused(presented(b), badToken(worker, "token1"))
	if found, err := there.DeleteServiceAccount(t.Context(), elastic, "apps", "worker", true); found || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
}

func TestANewAccountDoesNotComeIntoLeftoverTokens(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.account(true, "watcher")
	b := here.createOwn("token1", TokenOptions{})
	if _, err := here.DeleteServiceAccount(t.Context(), elastic, "apps", "worker", true); err != nil {
		t.Fatal(err)
	}
	_, err := there.PutServiceAccount(t.Context(), elastic, "apps", "worker", []string{}, true)
	expectError(t, err, &ArgumentError{"cannot create service account [apps/worker] because it has leftover service tokens; delete the tokens first"})

	if found, err := there.DeleteServiceToken(t.Context(), elastic, "apps", "worker", "token1"); !found || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
	if !there.account(true, "watcher") {
		t.Error("the account is not new")
	}
	there.expectRefused(presented(b), badToken(worker, "token1"))
}

func TestAnAccountIsCheckedFromItsNameToItsRoles(t *testing.T) {
	n := oneNode(t)
	many := slices.Repeat([]string{"viewer"}, 101)
	for _, c := range []struct {
		namespace, service string
		roles              []string
		want               error
	}{
		{"", "", nil, &EmptyPathError{"namespace"}},
		{"apps", "", nil, &EmptyPathError{"service-name"}},
		{"elastic", "worker", nil, &ArgumentError{account.CheckServiceName("elastic", "x").Error()}},
		{"eLASTIC", "worker", nil, &ArgumentError{account.CheckServiceName("eLASTIC", "x").Error()}},
		{"apps/x", "worker", nil, &ArgumentError{account.CheckServiceName("apps/x", "x").Error()}},
		{"apps", "worker", nil, &ValidationError{[]string{"roles are missing"}}},
		{"apps", "worker", many, &ArgumentError{"a service account has at most 100 roles"}},
		{"apps", "worker", []string{" x"}, &ArgumentError{account.CheckName("role", " x").Error()}},
	} {
		_, err := n.PutServiceAccount(t.Context(), elastic, c.namespace, c.service, c.roles, true)
		expectSame(t, err, c.want)
	}
	_, err := n.DeleteServiceAccount(t.Context(), elastic, "elastic", "fleet-server", true)
	expectError(t, err, &ArgumentError{account.CheckServiceName("elastic", "x").Error()})
	n.leader.expectTrips(0, 0)
}

// expectSame is expectError for a wanted error whose type is not known.
func expectSame(t testing.TB, err, want error) {
	t.Helper()
	if !reflect.DeepEqual(err, want) {
		t.Errorf("error %#v, want %#v", err, want)
	}
}

func TestNobodyGivesAnAccountWhatTheyDoNotHold(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.role("guard", "manage_security")
	who := here.user("joe", "guard")
	put := func(n *node, roles ...string) error {
		_, err := n.PutServiceAccount(t.Context(), who, "apps", "worker", roles, true)
		return err
	}
	if err := put(here, "guard"); err != nil {
		t.Errorf("what joe holds: %v", err)
	}
	const notHeld, absent = ", which the caller does not hold", "its roles [absent], which do not exist and could be given any privileges later"
	for roles, handed := range map[string]string{
		"superuser":               "the privileges of its roles [superuser]" + notHeld,
		"guard,watcher,superuser": "the privileges of its roles [watcher,superuser]" + notHeld,
		"absent":                  absent,
		"absent,watcher":          "the privileges of its roles [watcher]" + notHeld + ", and " + absent,
	} {
		expectBeyond(t, put(here, strings.Split(roles, ",")...), "putting service account [apps/worker] hands on "+handed)
	}

	// A node that is behind judges by what the role means now.
	here.role("new", "manage_security")
	if err := put(there, "new"); err != nil {
		t.Errorf("what joe holds: %v", err)
	}
	here.role("new", "all")
	expectBeyond(t, put(there, "new", "guard"), "putting service account [apps/worker] hands on the privileges of its roles [new]"+notHeld)
	a, _ := there.state.Current().ServiceAccount(worker)
	if !slices.Equal(a.Roles, []string{"new"}) {
		t.Errorf("a refused put has given the account %v", a.Roles)
	}
}

func expectBeyond(t testing.TB, err error, beyond string) {
	t.Helper()
	refused, ok := errors.AsType[*PermissionError](err)
	if !ok || refused.Beyond != beyond {
		t.Errorf("%+v, want a refusal: %s", err, beyond)
	}
}

func TestASuperuserMayNameARoleThatDoesNotExistYet(t *testing.T) {
	n := oneNode(t)
	n.account(true, "later")
	b := n.createOwn("token1", TokenOptions{})
	if who := n.expectAccepted(presented(b)); who.may(account.ActionHealth) {
		t.Error("a role that does not exist grants something")
	}
	n.role("later", "monitor")
	if who := n.expectAccepted(presented(b)); !who.may(account.ActionHealth) {
		t.Error("the account may not what its role has come to grant")
	}
}

func TestManagingServiceAccountsIsNotMakingThem(t *testing.T) {
	n := oneNode(t)
	n.role("manager", "manage_service_account")
	who := n.user("joe", "manager")
	_, err := n.PutServiceAccount(t.Context(), who, "apps", "worker", []string{}, true)
	refused, ok := errors.AsType[*PermissionError](err)
	if !ok || refused.Action != account.ActionPutServiceAccount || refused.Beyond != "" {
		t.Errorf("put: %+v", err)
	}
	if _, err := n.DeleteServiceAccount(t.Context(), who, "apps", "worker", false); !errors.As(err, &refused) {
		t.Errorf("delete: %v", err)
	}
}

func TestAccountsAreListedByType(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.account(false, "watcher")
	own := ServiceAccount{Principal: worker, Type: UserManaged, Roles: []string{"watcher"}}
	for _, c := range []struct {
		namespace, service string
		types              []string
		built, own         bool
	}{
		{"", "", nil, true, false},
		{"", "", []string{BuiltIn}, true, false},
		{"", "", []string{UserManaged}, false, true},
		{"", "", []string{UserManaged, BuiltIn}, true, true},
		{"apps", "", []string{UserManaged, BuiltIn}, false, true},
		{"apps", "worker", []string{UserManaged}, false, true},
		{"apps", "worker", nil, false, true},
		{"apps", "other", []string{UserManaged}, false, false},
	} {
		list, err := there.ServiceAccounts(t.Context(), elastic, c.namespace, c.service, c.types)
		if list == nil || err != nil {
			t.Fatalf("%v, %v", list, err)
		}
		listed := map[string]ServiceAccount{}
		for _, a := range list {
			listed[a.Principal] = a
		}
		kibana, built := listed["elastic/kibana"]
		got, there := listed[worker]
		if built != c.built || there != c.own || there && !reflect.DeepEqual(got, own) {
			t.Errorf("%+v: %+v", c, list)
		}
		if built && (kibana.Type != BuiltIn || kibana.Role == nil || !kibana.Enabled) {
			t.Errorf("kibana is %+v", kibana)
		}
		if !slices.IsSortedFunc(list, func(a, b ServiceAccount) int { return strings.Compare(a.Principal, b.Principal) }) {
			t.Error("the list is not sorted")
		}
	}
	_, err := there.ServiceAccounts(t.Context(), elastic, "", "", []string{"managed"})
	expectError(t, err, &ArgumentError{"unknown service account type [managed]; the types are [built_in] and [user_managed]"})
}

func TestAQueryFindsOwnAccountsByTheirFields(t *testing.T) {
	here, there, _ := threeNodes(t)
	here.account(false, "watcher")
	if _, err := here.PutServiceAccount(t.Context(), elastic, "jobs", "worker", []string{}, true); err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string][]string{
		``: {"apps/worker", "jobs/worker"},
		`{"query":{"term":{"username":"apps/worker"}}}`:     {"apps/worker"},
		`{"query":{"term":{"namespace":"jobs"}}}`:           {"jobs/worker"},
		`{"query":{"term":{"service":"worker"}}}`:           {"apps/worker", "jobs/worker"},
		`{"query":{"term":{"roles":"watcher"}}}`:            {"apps/worker"},
		`{"query":{"term":{"enabled":true}}}`:               {"jobs/worker"},
		`{"query":{"term":{"username":"elastic/kibana"}}}`:  nil,
		`{"sort":[{"username":{"order":"desc"}}],"size":1}`: {"jobs/worker"},
	} {
		page, err := there.QueryServiceAccounts(t.Context(), elastic, []byte(body))
		var got []string
		for _, hit := range page.Hits {
			got = append(got, hit.Value.Principal)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v; want %v", body, got, err, want)
		}
	}
	if _, err := there.QueryServiceAccounts(t.Context(), elastic, []byte(`{"query":{"term":{"password":"x"}}}`)); err == nil {
		t.Error("a field that accounts do not have is queried")
	}
}

func TestAForgottenPutOrDeleteOfAnAccountIsUnknown(t *testing.T) {
	n := oneNode(t)
	n.world.forgetNext(carriedAlready)
	if created, err := n.PutServiceAccount(t.Context(), elastic, "apps", "worker", []string{}, true); created || !errors.Is(err, ErrOutcomeUnknown) {
		t.Errorf("put: created %v, %v", created, err)
	}
	n.world.forgetNext(carriedAlready)
	if found, err := n.DeleteServiceAccount(t.Context(), elastic, "apps", "worker", false); found || !errors.Is(err, ErrOutcomeUnknown) {
		t.Errorf("delete: found %v, %v", found, err)
	}
}

func TestServiceAccountsNeedTLSInProduction(t *testing.T) {
	w := newWorld(t)
	n := w.node(fileLine(w, "on-file", "the secret of the file"))
	n.found()
	n.account(true)
	inIndex, own := n.create("token1"), n.createOwn("token1", TokenOptions{})
	n.requireTLS = true
	n.leader.expectTrips(3, 2)

	ctx := t.Context()
	for name, err := range map[string]error{
		"create service account token":    second(n.CreateServiceToken(ctx, elastic, "", "", "", TokenOptions{})),
		"delete service account token":    second(n.DeleteServiceToken(ctx, elastic, "", "", "")),
		"rotate service account token":    second(n.RotateServiceToken(ctx, elastic, "", "", "", nil)),
		"get service account credentials": second(n.Credentials(ctx, elastic, "elastic", "kibana", true)),
		"put service account":             second(n.PutServiceAccount(ctx, elastic, "", "", nil, true)),
		"delete service account":          second(n.DeleteServiceAccount(ctx, elastic, "", "", true)),
		"get service accounts":            second(n.ServiceAccounts(ctx, elastic, "", "", nil)),
	} {
		expectError(t, err, &TLSRequiredError{name})
		if want := "[" + name + "] requires TLS for the HTTP interface"; err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	expectError(t, second(n.UnusedCredentials(ctx, elastic, 0)), &TLSRequiredError{"get service account credentials"})
	expectError(t, second(n.QueryServiceAccounts(ctx, elastic, nil)), &TLSRequiredError{"get service accounts"})

	notTried := &AuthenticationError{Kind: NotTried, Cause: &TLSRequiredError{"service account authentication"}}
	n.expectRefused(presented(inIndex), notTried)
	n.expectRefused(presented(own), notTried)
	n.expectRefused(bearer(fleet, "on-file", "the secret of the file"), notTried)
	n.leader.expectTrips(0, 0)
	n.expectAccepted(basic(ReservedUser, password))
}

func TestATokenIsNotMadeForRolesThatItsMakerWasNotJudgedBy(t *testing.T) {
	n := oneNode(t)
	n.role("makers", "manage_service_account", "monitor")
	n.role("viewers", "monitor")
	maker := n.user("maker", "makers")
	n.account(true, "viewers")
	n.meanwhile(&fsm.PutServiceAccount{Account: fsm.ServiceAccount{Name: "apps/worker", Roles: []string{"superuser"}}})
	expectDenied(t, second(n.CreateServiceToken(t.Context(), maker, "apps", "worker", "token1", TokenOptions{})), account.ActionCreateServiceToken)
	n.account(true, "viewers")
	n.meanwhile(&fsm.PutServiceAccount{Account: fsm.ServiceAccount{Name: "apps/worker"}})
	if _, err := n.CreateServiceToken(t.Context(), elastic, "apps", "worker", "token1", TokenOptions{}); err != nil {
		t.Error(err)
	}
	n.meanwhile(&fsm.PutServiceAccount{Account: fsm.ServiceAccount{Name: "apps/worker", Roles: []string{"superuser"}}})
	expectDenied(t, second(n.RotateServiceToken(t.Context(), maker, "apps", "worker", "token1", nil)), account.ActionRotateServiceToken)
}

func second[T any](_ T, err error) error { return err }
