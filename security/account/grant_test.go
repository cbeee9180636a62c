package account_test

import (
	"slices"
	"strings"
	"testing"

	"jeton/security/account"
)

const (
	actionDeleteUser  = account.ActionDeleteUser
	actionCreateOAuth = account.ActionCreateToken
)

// everyAction lists actions of every area of Jeton.
//
// state is an action that Jeton has no API for and Elasticsearch's privileges
// tell apart.
const state = "cluster:monitor/state"

var everyAction = []string{
	account.ActionMain, account.ActionHealth, state, account.ActionNodesInfo,
	account.ActionAuthenticate,
	account.ActionGetServiceAccounts, account.ActionCreateServiceToken, account.ActionDeleteServiceToken,
	account.ActionGetServiceCredentials, account.ActionClearCache,
	account.ActionGetCA, account.ActionMetrics, account.ActionGetClusterSettings, account.ActionPutClusterSettings,
	account.ActionCreateJoinToken, account.ActionRemoveNode, account.ActionPromoteNode, account.ActionDemoteNode, account.ActionLeave, account.ActionTransferLeadership,
	account.ActionRotateCA,
	account.ActionSaveBackup, account.ActionRestoreBackup,
	actionDeleteUser, actionCreateOAuth,
}

func TestAPrivilegeGrantsItsActionsAndNoOthers(t *testing.T) {
	monitor := []string{
		account.ActionMain, account.ActionHealth, state, account.ActionNodesInfo,
		account.ActionGetCA, account.ActionMetrics, account.ActionGetClusterSettings,
	}
	serviceAccounts := []string{
		account.ActionGetServiceAccounts, account.ActionCreateServiceToken, account.ActionDeleteServiceToken,
		account.ActionGetServiceCredentials,
	}
	administer := []string{
		account.ActionCreateJoinToken, account.ActionRemoveNode, account.ActionPromoteNode, account.ActionDemoteNode, account.ActionLeave, account.ActionTransferLeadership,
		account.ActionSaveBackup, account.ActionRestoreBackup,
		account.ActionPutClusterSettings,
		account.ActionPutClusterSettings, account.ActionRotateCA,
	}
	for privilege, granted := range map[string][]string{
		"none":                                   nil,
		"manage_own_api_key":                     nil,
		"manage_api_key":                         nil,
		"transport_client":                       {state},
		"monitor":                                monitor,
		"manage":                                 slices.Concat(monitor, administer),
		"read_security":                          {account.ActionGetServiceAccounts, account.ActionGetServiceCredentials},
		"manage_service_account":                 serviceAccounts,
		"manage_token":                           {actionCreateOAuth},
		"manage_security":                        slices.Concat(serviceAccounts, []string{account.ActionClearCache, actionDeleteUser, actionCreateOAuth}),
		"all":                                    everyAction,
		"cluster:monitor/*":                      monitor,
		"cluster:monitor/jeton":                  {account.ActionGetCA, account.ActionMetrics},
		"cluster:*/token/create":                 {account.ActionCreateServiceToken, actionCreateOAuth},
		"cluster:admin/jeton/node/leave":         {account.ActionLeave},
		"no_such_privilege":                      nil,
		"*":                                      nil, // no pattern of cluster actions
		"":                                       nil,
		"Monitor":                                nil,
		"indices:admin/template/*":               nil,
		"cluster:admin/xpack/connector/*":        nil,
		"cluster:admin/xpack/security/user/dele": {actionDeleteUser},
	} {
		d := account.Descriptor{Cluster: []string{"none", privilege}}
		for _, action := range everyAction {
			want := slices.Contains(granted, action) || action == account.ActionAuthenticate
			if got := d.Grants(action); got != want {
				t.Errorf("[%s] grants %s: %v, want %v", privilege, action, got, want)
			}
		}
	}
}

func TestOnlyDelegatePkiStaysOutOfManageSecurity(t *testing.T) {
	d := account.Descriptor{Cluster: []string{"manage_security"}}
	if action := "cluster:admin/xpack/security/delegate_pki"; d.Grants(action) {
		t.Errorf("manage_security grants %s", action)
	}
	if action := "cluster:admin/xpack/security/delegate_pki/other"; !d.Grants(action) {
		t.Errorf("manage_security does not grant %s", action)
	}
}

func TestEveryoneMayAskWhoTheyAreAndNothingElse(t *testing.T) {
	for _, action := range everyAction {
		want := action == account.ActionAuthenticate
		if got := (account.Descriptor{}).Grants(action); got != want {
			t.Errorf("a descriptor without privileges grants %s: %v", action, got)
		}
		if got := account.GrantedToEveryone(action); got != want {
			t.Errorf("GrantedToEveryone(%s) = %v", action, got)
		}
	}
}

func TestAboutOneselfThreeActionsNeedNoPrivilege(t *testing.T) {
	self := []string{account.ActionHasPrivileges, account.ActionUserPrivileges, account.ActionChangePassword}
	for _, action := range slices.Concat(everyAction, self) {
		if got, want := account.GrantedToSelf(action), slices.Contains(self, action); got != want {
			t.Errorf("GrantedToSelf(%s) = %v, want %v", action, got, want)
		}
		if slices.Contains(self, action) && account.GrantedToEveryone(action) {
			t.Errorf("%s is granted to everyone about everyone", action)
		}
	}
}

func TestSuperuserMayDoEverything(t *testing.T) {
	for _, action := range everyAction {
		if !account.Superuser().Grants(action) {
			t.Errorf("superuser may not %s", action)
		}
	}
}

func TestNoServiceAccountMayManageTokensOfServiceAccountsOrTheCluster(t *testing.T) {
	for _, a := range account.All() {
		for _, action := range everyAction {
			want := strings.HasPrefix(action, "cluster:monitor/") ||
				action == account.ActionAuthenticate ||
				action == actionCreateOAuth && a.Service == "kibana"
			if got := a.Role.Grants(action); got != want {
				t.Errorf("%s may %s: %v, want %v", a.Principal(), action, got, want)
			}
		}
	}
}

func TestTheTextOfA403NamesTheNarrowestPrivilegeFirst(t *testing.T) {
	for action, want := range map[string]string{
		account.ActionCreateServiceToken:             "manage_service_account,manage_security,all",
		account.ActionDeleteServiceToken:             "manage_service_account,manage_security,all",
		account.ActionGetServiceAccounts:             "manage_service_account,read_security,manage_security,all",
		account.ActionGetServiceCredentials:          "manage_service_account,read_security,manage_security,all",
		account.ActionClearCache:                     "manage_security,all",
		actionDeleteUser:                             "manage_security,all",
		account.ActionGetUser:                        "read_security,manage_security,all",
		account.ActionRotateServiceToken:             "manage_service_account,manage_security,all",
		account.ActionUnusedCredentials:              "manage_service_account,read_security,manage_security,all",
		account.ActionPutServiceAccount:              "manage_security,all",
		account.ActionDeleteServiceAccount:           "manage_security,all",
		account.ActionQueryServiceAccount:            "manage_service_account,read_security,manage_security,all",
		account.ActionPutRole:                        "manage_security,all",
		account.ActionQueryRole:                      "read_security,manage_security,all",
		account.ActionInvalidateToken:                "delegate_pki,manage_saml,manage_token,manage_security,all",
		actionCreateOAuth:                            "manage_token,manage_security,all",
		"cluster:admin/xpack/security/token/refresh": "manage_saml,manage_token,manage_security,all",
		"cluster:admin/xpack/security/delegate_pki":  "delegate_pki,all",
		account.ActionHealth:                         "monitor,manage,all",
		account.ActionMain:                           "monitor,manage,all",
		state:                                        "cross_cluster_replication,read_ccr,transport_client,manage_ccr,monitor,manage,all",
		account.ActionCreateJoinToken:                "manage,all",
		account.ActionRestoreBackup:                  "manage,all",
		"indices:data/read/search":                   "",
		"":                                           "",
	} {
		if got := strings.Join(account.GrantedBy(action), ","); got != want {
			t.Errorf("%s is granted by [%s], want [%s]", action, got, want)
		}
	}
}

func TestWhatAnActionIsGrantedByDoesGrantIt(t *testing.T) {
	for _, action := range everyAction {
		names := account.GrantedBy(action)
		if len(names) == 0 {
			t.Errorf("no privilege grants %s", action)
		}
		for _, name := range names {
			if !(account.Descriptor{Cluster: []string{name}}).Grants(action) {
				t.Errorf("[%s] is said to grant %s and does not", name, action)
			}
		}
	}
}

func BenchmarkGrants(b *testing.B) {
	kibana, _ := account.Lookup("elastic", "kibana")
	for name, action := range map[string]string{"first": account.ActionHealth, "none": account.ActionCreateServiceToken} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				kibana.Role.Grants(action)
			}
		})
	}
}
