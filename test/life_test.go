package clients

import (
	"net/http"
	"testing"
)

// In these stories what one node has answered holds at every node at once: what
// was granted, and what was taken away.

func TestTheWholeLifeOfARole(t *testing.T) {
	withEachClient(t, func(t *testing.T, l life) {
		const name, holder = "watcher", "mary"
		watcher := role{
			Description: "Looks at the logs",
			Cluster:     []string{"monitor"},
			Indices:     []indices{{Names: []string{"logs-*"}, Privileges: []string{"read"}}},
			Metadata:    map[string]any{"team": "operations"},
		}
		l.admin[0].putRole(name, watcher).is(t, roleAnswer{created{true}})
		mary := l.addUser(t, 1, holder, name)

		asked := privileges{
			Cluster: []string{"monitor", "manage_token"},
			Index:   []indices{{Names: []string{"logs-web"}, Privileges: []string{"read", "write"}}},
		}
		holds := func(monitor, tokens bool) held {
			return held{
				Username: holder,
				Cluster:  map[string]bool{"monitor": monitor, "manage_token": tokens},
				Index:    map[string]map[string]bool{"logs-web": {"read": monitor, "write": false}},
			}
		}
		l.atEachNode(t, "is there", func(t *testing.T, node int) {
			l.admin[node].getRole(name).is(t, map[string]role{name: watcher})
			l.admin[node].queryRoles("watch").is(t, hits{Total: 1, Roles: []named{{Name: name}}})
			mary[node].hasPrivileges(asked).is(t, holds(true, false))
		})

		watcher.Cluster = []string{"monitor", "manage_token"}
		l.admin[1].putRole(name, watcher).is(t, roleAnswer{created{false}})
		l.atEachNode(t, "grants more", func(t *testing.T, node int) {
			mary[node].hasPrivileges(asked).is(t, holds(true, true))
		})

		l.admin[2].deleteRole(name).is(t, found{true})
		l.admin[2].deleteRole(name).refused(t, http.StatusNotFound, "", "")
		l.atEachNode(t, "is gone", func(t *testing.T, node int) {
			mary[node].hasPrivileges(asked).is(t, holds(false, false))
			l.admin[node].getRole(name).refused(t, http.StatusNotFound, "", "")
			l.admin[node].queryRoles("watch").is(t, hits{Roles: []named{}})
		})
	})
}

func TestTheWholeLifeOfAUser(t *testing.T) {
	withEachClient(t, func(t *testing.T, l life) {
		const name, first, second = "mary", "the first password", "the second password"
		mary := user{Roles: []string{"watcher"}, FullName: "Mary M", Email: "mary@example.com", Metadata: map[string]any{"floor": "3"}, Enabled: true}
		withPassword := mary
		withPassword.Password = first
		l.admin[0].putUser(name, withPassword).is(t, created{true})
		l.admin[1].putUser(name, mary).is(t, created{false}) // keeps the password

		before, after := l.everywhere(t, login{user: name, password: first}), l.everywhere(t, login{user: name, password: second})
		listed := mary
		listed.Username = name
		known := caller{Username: name, FullName: mary.FullName, Roles: mary.Roles, Realm: realm{"default_native", "native"}, Type: "realm", Metadata: mary.Metadata}
		l.atEachNode(t, "is there", func(t *testing.T, node int) {
			l.admin[node].getUser(name).is(t, map[string]user{name: listed})
			l.admin[node].queryUsers("mar").is(t, hits{Total: 1, Users: []user{listed}})
			before[node].authenticate().is(t, known)
		})

		const refusal = "unable to authenticate user [mary] for REST request [/_security/_authenticate]"
		before[1].changePassword(second).must(t)
		l.atEachNode(t, "has its new password", func(t *testing.T, node int) { after[node].authenticate().is(t, known) })
		l.refusedEverywhere(t, 1, before, refusal)

		l.admin[2].disableUser(name).must(t)
		l.refusedEverywhere(t, 2, after, refusal)
		listed.Enabled = false
		l.atEachNode(t, "is disabled", func(t *testing.T, node int) { l.admin[node].getUser(name).is(t, map[string]user{name: listed}) })
		l.admin[0].enableUser(name).must(t)
		l.atEachNode(t, "is enabled again", func(t *testing.T, node int) { after[node].authenticate().is(t, known) })

		l.admin[1].deleteUser(name).is(t, found{true})
		l.admin[1].deleteUser(name).refused(t, http.StatusNotFound, "", "")
		l.refusedEverywhere(t, 1, after, refusal)
		l.atEachNode(t, "is gone", func(t *testing.T, node int) {
			l.admin[node].getUser(name).refused(t, http.StatusNotFound, "", "")
			l.admin[node].queryUsers("mar").is(t, hits{Users: []user{}})
		})
	})
}

func TestTheWholeLifeOfAnOAuthToken(t *testing.T) {
	withEachClient(t, func(t *testing.T, l life) {
		const name, expired = "mary", "token expired"
		l.admin[0].putRole("tokens", role{Cluster: []string{"manage_token"}}).is(t, roleAnswer{created{true}})
		mary := l.addUser(t, 0, name, "tokens")
		known := caller{Username: name, FullName: name, Roles: []string{"tokens"}, Realm: realm{"default_native", "native"}, Type: "token", Metadata: map[string]any{}}

		first := l.admin[0].getToken(grant{Type: "password", Username: name, Password: passwordOf(name)}).must(t)
		checkGranted(t, first, name, true)
		byFirst := l.everywhere(t, login{token: first.Access})
		l.atEachNode(t, "is good", func(t *testing.T, node int) { byFirst[node].authenticate().is(t, known) })

		second := l.admin[1].getToken(grant{Type: "refresh_token", RefreshToken: first.Refresh}).must(t)
		checkGranted(t, second, name, true)
		if second.Access == first.Access || second.Refresh == first.Refresh {
			t.Error("the refresh has given an old token out again")
		}
		bySecond := l.everywhere(t, login{token: second.Access})
		l.atEachNode(t, "is refreshed", func(t *testing.T, node int) {
			again := l.admin[node].getToken(grant{Type: "refresh_token", RefreshToken: first.Refresh}).must(t)
			if again.Access != second.Access || again.Refresh != second.Refresh {
				t.Error("the same refresh token has given another pair")
			}
			bySecond[node].authenticate().is(t, known)
			byFirst[node].authenticate().is(t, known)
		})
		mary[0].getToken(grant{Type: "refresh_token", RefreshToken: second.Refresh}).
			refused(t, http.StatusBadRequest, "invalid_grant", "tokens must be refreshed by the creating client")

		l.admin[2].invalidate(invalidation{Token: second.Access}).is(t, invalidated{Now: 1})
		l.refusedEverywhere(t, 2, bySecond, expired)
		l.admin[0].invalidate(invalidation{Token: second.Access}).is(t, invalidated{Before: 1})
		// The first access token and the second refresh token are still good.
		l.admin[1].invalidate(invalidation{Username: name}).is(t, invalidated{Now: 2})
		l.refusedEverywhere(t, 1, byFirst, expired)
		l.atEachNode(t, "is refreshed no more", func(t *testing.T, node int) {
			l.admin[node].getToken(grant{Type: "refresh_token", RefreshToken: second.Refresh}).
				refused(t, http.StatusBadRequest, "invalid_grant", "token has been invalidated")
		})

		own := mary[2].getToken(grant{Type: "client_credentials"}).must(t)
		checkGranted(t, own, name, false)
		byOwn := l.everywhere(t, login{token: own.Access})
		l.atEachNode(t, "is the caller's own", func(t *testing.T, node int) { byOwn[node].authenticate().is(t, known) })
		mary[0].invalidate(invalidation{Username: name, Realm: "default_native"}).is(t, invalidated{Now: 1})
		l.refusedEverywhere(t, 0, byOwn, expired)
	})
}

// checkGranted holds what every answer to a grant has; the tokens are opaque.
func checkGranted(t *testing.T, got granted, username string, refreshable bool) {
	t.Helper()
	if got.Access == "" || (got.Refresh != "") != refreshable {
		t.Errorf("granted an access token: %v, a refresh token: %v; want the first, and the second: %v", got.Access != "", got.Refresh != "", refreshable)
	}
	if got.Type != "Bearer" || got.Seconds != 1200 || got.Authentication.Username != username {
		t.Errorf("granted a %s for %d s to %s, want a Bearer for 1200 s to %s", got.Type, got.Seconds, got.Authentication.Username, username)
	}
}

// The clients have methods for the tokens of such an account, and none for the
// account itself.
func TestTheWholeLifeOfAServiceAccountOfOnesOwn(t *testing.T) {
	withEachClient(t, func(t *testing.T, l life) {
		const namespace, service, principal, name = "apps", "worker", "apps/worker", "token1"
		const path = "/_security/service/apps/worker"
		const enabled, disabled = `{"roles":["watcher"]}`, `{"roles":["watcher"],"enabled":false}`
		l.admin[0].putRole("watcher", role{Cluster: []string{"monitor"}}).is(t, roleAnswer{created{true}})
		perform[created](t, l.admin[0], http.MethodPut, path, enabled).is(t, created{true})
		made := l.admin[1].createServiceToken(namespace, service, name).must(t)
		if !made.Created || made.Token.Name != name {
			t.Fatalf("created: %v, named %s; want %s", made.Created, made.Token.Name, name)
		}

		worker := l.everywhere(t, login{token: made.Token.Value})
		known := caller{
			Username: principal, FullName: "User-managed service account - apps/worker", Roles: []string{"watcher"},
			Token: named{Name: name, Type: "_service_account_index"}, Realm: realm{"_service_account", "_service_account"},
			Type: "token", Metadata: map[string]any{"_user_managed_service_account": true},
		}
		l.atEachNode(t, "works", func(t *testing.T, node int) {
			perform[map[string]account](t, l.admin[node], http.MethodGet, path+"?type=user_managed", "").
				is(t, map[string]account{principal: {Type: "user_managed", Roles: []string{"watcher"}, Enabled: true}})
			l.admin[node].credentials(namespace, service).is(t, credentialsOf(principal, name))
			worker[node].authenticate().is(t, known)
			worker[node].hasPrivileges(privileges{Cluster: []string{"monitor", "manage"}}).
				is(t, held{Username: principal, Cluster: map[string]bool{"monitor": true, "manage": false}, Index: map[string]map[string]bool{}})
		})

		const refusal = "failed to authenticate service account [apps/worker] with token name [token1]"
		perform[created](t, l.admin[2], http.MethodPut, path, disabled).is(t, created{false})
		l.refusedEverywhere(t, 2, worker, refusal)
		perform[created](t, l.admin[0], http.MethodPut, path, enabled).is(t, created{false})
		l.atEachNode(t, "works again", func(t *testing.T, node int) { worker[node].authenticate().is(t, known) })

		perform[found](t, l.admin[1], http.MethodDelete, path, "").refused(t, http.StatusBadRequest, "illegal_argument_exception",
			"cannot delete service account [apps/worker] because it has service tokens")
		perform[found](t, l.admin[1], http.MethodDelete, path+"?force=true", "").is(t, found{true})
		perform[found](t, l.admin[1], http.MethodDelete, path+"?force=true", "").refused(t, http.StatusNotFound, "", "")
		l.refusedEverywhere(t, 1, worker, refusal)

		perform[created](t, l.admin[2], http.MethodPut, path, enabled).refused(t, http.StatusBadRequest, "illegal_argument_exception",
			"cannot create service account [apps/worker] because it has leftover service tokens")
		l.admin[0].deleteServiceToken(namespace, service, name).is(t, found{true})
		l.admin[0].deleteServiceToken(namespace, service, name).refused(t, http.StatusNotFound, "", "")
		perform[created](t, l.admin[2], http.MethodPut, path, enabled).is(t, created{true})
		l.admin[1].credentials(namespace, service).is(t, credentialsOf(principal))
		l.refusedEverywhere(t, 2, worker, refusal)
	})
}
