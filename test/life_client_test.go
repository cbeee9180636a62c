package clients

import (
	"net/http"
)

// client is what a story asks of a client of either version. Requests and
// answers pass through the version's own types.
type client interface {
	Perform(*http.Request) (*http.Response, error) // for what has no method

	authenticate() outcome[caller]
	hasPrivileges(privileges) outcome[held]

	putRole(name string, r role) outcome[roleAnswer]
	getRole(name string) outcome[map[string]role]
	queryRoles(prefix string) outcome[hits]
	deleteRole(name string) outcome[found]

	putUser(name string, u user) outcome[created]
	getUser(name string) outcome[map[string]user]
	queryUsers(prefix string) outcome[hits]
	changePassword(password string) outcome[struct{}] // the caller's own
	enableUser(name string) outcome[struct{}]
	disableUser(name string) outcome[struct{}]
	deleteUser(name string) outcome[found]

	getToken(grant) outcome[granted]
	invalidate(invalidation) outcome[invalidated]

	createServiceToken(namespace, service, name string) outcome[tokenAnswer]
	credentials(namespace, service string) outcome[credentials]
	deleteServiceToken(namespace, service, name string) outcome[found]
}

type (
	login struct{ user, password, token string }

	named   struct{ Name, Type string }
	realm   struct{ Name, Type string }
	created struct{ Created bool }
	found   struct{ Found bool }

	caller struct {
		Username string
		FullName string `json:"full_name"`
		Roles    []string
		Token    named
		Realm    realm  `json:"authentication_realm"`
		Type     string `json:"authentication_type"`
		Metadata map[string]any
	}

	role struct {
		Description string         `json:"description,omitempty"`
		Cluster     []string       `json:"cluster"`
		Indices     []indices      `json:"indices"`
		Metadata    map[string]any `json:"metadata,omitempty"`
	}
	indices struct {
		Names      []string `json:"names"`
		Privileges []string `json:"privileges"`
	}
	roleAnswer struct{ Role created }
	privileges struct {
		Cluster []string  `json:"cluster,omitempty"`
		Index   []indices `json:"index,omitempty"`
	}
	held struct {
		Username string
		Cluster  map[string]bool
		Index    map[string]map[string]bool
	}

	user struct {
		Username string         `json:"username,omitempty"`
		Password string         `json:"password,omitempty"`
		Roles    []string       `json:"roles"`
		FullName string         `json:"full_name"`
		Email    string         `json:"email,omitempty"`
		Metadata map[string]any `json:"metadata,omitempty"`
		Enabled  bool           `json:"enabled"`
	}
	hits struct {
		Total int
		Roles []named
		Users []user
	}

	grant struct {
		Type         string `json:"grant_type"`
		Username     string `json:"username,omitempty"`
		Password     string `json:"password,omitempty"`
		RefreshToken string `json:"refresh_token,omitempty"`
	}
	granted struct {
		Access         string `json:"access_token"`
		Refresh        string `json:"refresh_token"`
		Type           string
		Seconds        int `json:"expires_in"`
		Authentication caller
	}
	invalidation struct {
		Token    string `json:"token,omitempty"`
		Username string `json:"username,omitempty"`
		Realm    string `json:"realm_name,omitempty"`
	}
	invalidated struct {
		Now    int `json:"invalidated_tokens"`
		Before int `json:"previously_invalidated_tokens"`
		Errors int `json:"error_count"`
	}

	account struct {
		Type    string
		Roles   []string
		Enabled bool
	}
	tokenAnswer struct {
		Created bool
		Token   createdToken
	}
	credentials struct {
		Account string `json:"service_account"`
		Count   int
		Tokens  map[string]struct{}
		Nodes   struct {
			Header     struct{ Total, Successful, Failed int } `json:"_nodes"`
			FileTokens map[string]any                          `json:"file_tokens"`
		} `json:"nodes_credentials"`
	}
)
