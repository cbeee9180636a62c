package node_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"jeton/node/nodetest"
)

// user makes a user of that name with the role of that name, which lets look at
// the cluster's health.
func user(t *testing.T, n *nodetest.Node, name string) nodetest.Option {
	t.Helper()
	must(t, n, http.MethodPut, "/_security/role/"+name, `{"cluster":["monitor"]}`)
	must(t, n, http.MethodPut, "/_security/user/"+name, `{"password":"a-long-password","roles":["`+name+`"]}`)
	return as(name, "a-long-password")
}

// accessToken is one of a user of that name.
func accessToken(t *testing.T, n *nodetest.Node, name string) nodetest.Option {
	t.Helper()
	user(t, n, name)
	return nodetest.Bearer(accessOf(t, n, name))
}

func accessOf(t *testing.T, n *nodetest.Node, name string) string {
	t.Helper()
	return pairOf(t, must(t, n, http.MethodPost, oauth, passwordGrant(name, "a-long-password"))).access
}

// worker is the token of an account of one's own whose role has that name.
func worker(t *testing.T, n *nodetest.Node, name string) (credential nodetest.Option, account string) {
	t.Helper()
	account = "/_security/service/apps/" + name
	must(t, n, http.MethodPut, "/_security/role/"+name, `{"cluster":["monitor"]}`)
	must(t, n, http.MethodPut, account, `{"roles":["`+name+`"]}`)
	return nodetest.Bearer(bearerOf(t, must(t, n, http.MethodPost, account+"/credential/token/t", ""))), account
}

// takeAways are all there are. Each makes what it takes away, under a name that
// nobody else has.
func takeAways() map[string]func(t *testing.T, n *nodetest.Node, name string) authority {
	return map[string]func(t *testing.T, n *nodetest.Node, name string) authority{
		"a token is deleted": func(t *testing.T, n *nodetest.Node, name string) authority {
			return credentialOf(nodetest.Bearer(create(t, n, name)), remove(tokens+"/"+name, ""))
		},
		"a token is rotated": func(t *testing.T, n *nodetest.Node, name string) authority {
			return credentialOf(nodetest.Bearer(create(t, n, name)),
				call{method: http.MethodPost, path: tokens + "/" + name + "/_rotate", body: `{"grace_period":"0"}`})
		},
		"a user is disabled": func(t *testing.T, n *nodetest.Node, name string) authority {
			return credentialOf(user(t, n, name), put("/_security/user/"+name+"/_disable", ""))
		},
		"a user is deleted": func(t *testing.T, n *nodetest.Node, name string) authority {
			return credentialOf(user(t, n, name), remove("/_security/user/"+name, ""))
		},
		"a password is changed": func(t *testing.T, n *nodetest.Node, name string) authority {
			return credentialOf(user(t, n, name), put("/_security/user/"+name+"/_password", `{"password":"another-password"}`))
		},
		"a user is replaced": func(t *testing.T, n *nodetest.Node, name string) authority {
			return credentialOf(user(t, n, name), put("/_security/user/"+name, `{"password":"another-password","roles":[]}`))
		},
		"a user loses a role": func(t *testing.T, n *nodetest.Node, name string) authority {
			return rightOf(user(t, n, name), put("/_security/user/"+name, `{"roles":[]}`))
		},
		"a role is changed": func(t *testing.T, n *nodetest.Node, name string) authority {
			return rightOf(user(t, n, name), put("/_security/role/"+name, `{"cluster":["manage_token"]}`))
		},
		"a role is deleted": func(t *testing.T, n *nodetest.Node, name string) authority {
			return rightOf(user(t, n, name), remove("/_security/role/"+name, ""))
		},
		"roles are changed in bulk": func(t *testing.T, n *nodetest.Node, name string) authority {
			return rightOf(user(t, n, name), call{method: http.MethodPost, path: "/_security/role", body: `{"roles":{"` + name + `":{"cluster":[]}}}`})
		},
		"roles are deleted in bulk": func(t *testing.T, n *nodetest.Node, name string) authority {
			return rightOf(user(t, n, name), remove("/_security/role", `{"names":["`+name+`","nobodys-role"]}`))
		},
		"a service account is disabled": func(t *testing.T, n *nodetest.Node, name string) authority {
			credential, account := worker(t, n, name)
			return credentialOf(credential, put(account, `{"roles":["`+name+`"],"enabled":false}`))
		},
		"a service account is deleted": func(t *testing.T, n *nodetest.Node, name string) authority {
			credential, account := worker(t, n, name)
			return credentialOf(credential, remove(account+"?force=true", ""))
		},
		"a service account loses a role": func(t *testing.T, n *nodetest.Node, name string) authority {
			credential, account := worker(t, n, name)
			return rightOf(credential, put(account, `{"roles":[]}`))
		},
		"an access token is invalidated": func(t *testing.T, n *nodetest.Node, name string) authority {
			user(t, n, name)
			access := accessOf(t, n, name)
			return credentialOf(nodetest.Bearer(access), remove(oauth, `{"token":"`+access+`"}`))
		},
		"access tokens of a user are invalidated": func(t *testing.T, n *nodetest.Node, name string) authority {
			return credentialOf(accessToken(t, n, name), remove(oauth, `{"username":"`+name+`"}`))
		},
		"access tokens of a realm are invalidated": func(t *testing.T, n *nodetest.Node, name string) authority {
			return credentialOf(accessToken(t, n, name), remove(oauth, `{"realm_name":"default_native"}`))
		},
		"access tokens of a user in a realm are invalidated": func(t *testing.T, n *nodetest.Node, name string) authority {
			return credentialOf(accessToken(t, n, name), remove(oauth, `{"realm_name":"default_native","username":"`+name+`"}`))
		},
		"the owner of an access token is disabled": func(t *testing.T, n *nodetest.Node, name string) authority {
			return credentialOf(accessToken(t, n, name), put("/_security/user/"+name+"/_disable", ""))
		},
		"the owner of an access token is deleted": func(t *testing.T, n *nodetest.Node, name string) authority {
			return credentialOf(accessToken(t, n, name), remove("/_security/user/"+name, ""))
		},
		"the owner of an access token loses a role": func(t *testing.T, n *nodetest.Node, name string) authority {
			return rightOf(accessToken(t, n, name), put("/_security/user/"+name, `{"roles":[]}`))
		},
		"an application's privilege is changed": applicationPrivilege(func(name string) call {
			return put("/_security/privilege", `{"`+name+`":{"read":{"actions":["data:read/other"]}}}`)
		}),
		"an application's privilege is deleted": applicationPrivilege(func(name string) call {
			return remove("/_security/privilege/"+name+"/read", "")
		}),
	}
}

// applicationPrivilege is asked about by an action that it means.
func applicationPrivilege(take func(name string) call) func(*testing.T, *nodetest.Node, string) authority {
	return func(t *testing.T, n *nodetest.Node, name string) authority {
		application := strings.ReplaceAll(name, "-", "")
		must(t, n, http.MethodPut, "/_security/privilege", `{"`+application+`":{"read":{"actions":["data:read/one"]}}}`)
		must(t, n, http.MethodPut, "/_security/role/"+name, `{"applications":[{"application":"`+application+`","privileges":["read"],"resources":["*"]}]}`)
		must(t, n, http.MethodPut, "/_security/user/"+name, `{"password":"a-long-password","roles":["`+name+`"]}`)
		has := func(all bool) func(nodetest.Answer) bool {
			return func(a nodetest.Answer) bool {
				return a.Status == http.StatusOK && strings.Contains(a.Body, fmt.Sprintf(`"has_all_requested":%v`, all))
			}
		}
		ask := `{"application":[{"application":"` + application + `","privileges":["data:read/one"],"resources":["x"]}]}`
		use := call{http.MethodPost, "/_security/user/_has_privileges", ask, []nodetest.Option{as(name, "a-long-password")}}
		return authority{use, has(true), has(false), take(application)}
	}
}
