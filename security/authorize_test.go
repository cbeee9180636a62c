package security

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"jeton/security/account"
	"jeton/security/token"
)

// useCases calls every use case with arguments that each of them would refuse,
// or could not carry out.
var useCases = []struct {
	name      string
	action    string
	grantedBy []string
	call      func(context.Context, *Service, Identity) error
}{
	{
		"CreateServiceToken", "cluster:admin/xpack/security/service_account/token/create",
		[]string{"manage_service_account", "manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.CreateServiceToken(ctx, who, "", "no such account", "_bad name", TokenOptions{})
			return err
		},
	},
	{
		"DeleteServiceToken", "cluster:admin/xpack/security/service_account/token/delete",
		[]string{"manage_service_account", "manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.DeleteServiceToken(ctx, who, "", "no such account", "_bad name")
			return err
		},
	},
	{
		"Credentials", "cluster:admin/xpack/security/service_account/credential/get",
		[]string{"manage_service_account", "read_security", "manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.Credentials(ctx, who, "elastic", "fleet-server", true)
			return err
		},
	},
	{
		"ServiceAccounts", "cluster:admin/xpack/security/service_account/get",
		[]string{"manage_service_account", "read_security", "manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.ServiceAccounts(ctx, who, "", "", nil)
			return err
		},
	},
	{
		"RotateServiceToken", "cluster:admin/xpack/security/service_account/token/rotate",
		[]string{"manage_service_account", "manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.RotateServiceToken(ctx, who, "", "no such account", "_bad name", nil)
			return err
		},
	},
	{
		"UnusedCredentials", "cluster:admin/xpack/security/service_account/credential/unused",
		[]string{"manage_service_account", "read_security", "manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.UnusedCredentials(ctx, who, -1)
			return err
		},
	},
	{
		"PutServiceAccount", "cluster:admin/xpack/security/user_managed_service_account/put",
		[]string{"manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.PutServiceAccount(ctx, who, "", "", nil, true)
			return err
		},
	},
	{
		"DeleteServiceAccount", "cluster:admin/xpack/security/user_managed_service_account/delete",
		[]string{"manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.DeleteServiceAccount(ctx, who, "", "", true)
			return err
		},
	},
	{
		"QueryServiceAccounts", "cluster:admin/xpack/security/service_account/query",
		[]string{"manage_service_account", "read_security", "manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.QueryServiceAccounts(ctx, who, []byte("[]"))
			return err
		},
	},
	{
		"ClearTokenCache", "cluster:admin/xpack/security/cache/clear",
		[]string{"manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.ClearTokenCache(ctx, who, "elastic", "fleet-server", []string{"_bad name"})
			return err
		},
	},
	{
		"Info", "cluster:monitor/main",
		[]string{"monitor", "manage", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.Info(ctx, who)
			return err
		},
	},
	{
		"Nodes", "cluster:monitor/nodes/info",
		[]string{"monitor", "manage", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.Nodes(ctx, who)
			return err
		},
	},
	{
		"Health", "cluster:monitor/health",
		[]string{"monitor", "manage", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.Health(ctx, who)
			return err
		},
	},
	{
		"CAStatus", "cluster:monitor/jeton/ca",
		[]string{"monitor", "manage", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.CAStatus(ctx, who)
			return err
		},
	},
	{
		"RotateCA", "cluster:admin/jeton/ca/rotate",
		[]string{"manage", "all"},
		func(ctx context.Context, s *Service, who Identity) error { return s.RotateCA(ctx, who, false) },
	},
	{
		"ClusterSettings", "cluster:monitor/settings",
		[]string{"monitor", "manage", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.ClusterSettings(ctx, who)
			return err
		},
	},
	{
		"PutClusterSettings", "cluster:admin/settings/update",
		[]string{"manage", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			return s.PutClusterSettings(ctx, who, SettingsChange{Lease: &Change[time.Duration]{To: -1}})
		},
	},
	{
		"Metrics", "cluster:monitor/jeton/metrics",
		[]string{"monitor", "manage", "all"},
		func(ctx context.Context, s *Service, who Identity) error { return s.Metrics(ctx, who) },
	},
	{
		"TransferLeadership", "cluster:admin/jeton/leadership/transfer",
		[]string{"manage", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			return s.TransferLeadership(ctx, who, "no such node")
		},
	},
	{
		"RemoveNode", "cluster:admin/jeton/node/remove",
		[]string{"manage", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			return s.RemoveNode(ctx, who, "no such node")
		},
	},
	{
		"PromoteNode", "cluster:admin/jeton/node/promote",
		[]string{"manage", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			return s.PromoteNode(ctx, who, "no such node")
		},
	},
	{
		"DemoteNode", "cluster:admin/jeton/node/demote",
		[]string{"manage", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			return s.DemoteNode(ctx, who, "no such node")
		},
	},
	{
		"Leave", "cluster:admin/jeton/node/leave",
		[]string{"manage", "all"},
		func(ctx context.Context, s *Service, who Identity) error { return s.Leave(ctx, who) },
	},
	{
		"CreateJoinToken", "cluster:admin/jeton/join_token/create",
		[]string{"manage", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.CreateJoinToken(ctx, who, -1)
			return err
		},
	},
	{
		"SaveBackup", "cluster:admin/jeton/backup/save",
		[]string{"manage", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.SaveBackup(ctx, who, token.Secret{})
			return err
		},
	},
	{
		"RestoreBackup", "cluster:admin/jeton/backup/restore",
		[]string{"manage", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.RestoreBackup(ctx, who, RestoreRequest{Body: strings.NewReader("")})
			return err
		},
	},
	{
		"LastRestore", "cluster:admin/jeton/backup/restore",
		[]string{"manage", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.LastRestore(ctx, who, "")
			return err
		},
	},
	{
		"PutUser", "cluster:admin/xpack/security/user/put",
		[]string{"manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.PutUser(ctx, who, UserChange{Username: "elastic"})
			return err
		},
	},
	{
		"Users", "cluster:admin/xpack/security/user/get",
		[]string{"read_security", "manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.Users(ctx, who, []string{"bob"})
			return err
		},
	},
	{
		"DeleteUser", "cluster:admin/xpack/security/user/delete",
		[]string{"manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.DeleteUser(ctx, who, "elastic")
			return err
		},
	},
	{
		"ChangePassword", "cluster:admin/xpack/security/user/change_password",
		[]string{"manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			return s.ChangePassword(ctx, who, "elastic", NewPassword{})
		},
	},
	{
		"SetUserEnabled", "cluster:admin/xpack/security/user/set_enabled",
		[]string{"manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			return s.SetUserEnabled(ctx, who, "no such user", true)
		},
	},
	{
		"QueryUsers", "cluster:admin/xpack/security/user/query",
		[]string{"read_security", "manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.QueryUsers(ctx, who, []byte("no JSON"))
			return err
		},
	},
	{
		"PutRole", "cluster:admin/xpack/security/role/put",
		[]string{"manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.PutRole(ctx, who, "superuser", account.Descriptor{})
			return err
		},
	},
	{
		"PutRoles", "cluster:admin/xpack/security/role/bulk_put",
		[]string{"manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.PutRoles(ctx, who, make([]Role, maxBulk+1))
			return err
		},
	},
	{
		"Roles", "cluster:admin/xpack/security/role/get",
		[]string{"read_security", "manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.Roles(ctx, who, []string{"superuser"})
			return err
		},
	},
	{
		"DeleteRole", "cluster:admin/xpack/security/role/delete",
		[]string{"manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.DeleteRole(ctx, who, "superuser")
			return err
		},
	},
	{
		"DeleteRoles", "cluster:admin/xpack/security/role/bulk_delete",
		[]string{"manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.DeleteRoles(ctx, who, make([]string, maxBulk+1))
			return err
		},
	},
	{
		"QueryRoles", "cluster:admin/xpack/security/role/query",
		[]string{"read_security", "manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.QueryRoles(ctx, who, []byte("no JSON"))
			return err
		},
	},
	{
		"HasPrivileges", "cluster:admin/xpack/security/user/has_privileges",
		[]string{"read_ccr", "read_security", "manage_ccr", "manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.HasPrivileges(ctx, who, "elastic", account.PrivilegesRequest{})
			return err
		},
	},
	{
		"BuiltinPrivileges", "cluster:admin/xpack/security/privilege/builtin/get",
		[]string{"read_security", "manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.BuiltinPrivileges(ctx, who)
			return err
		},
	},
	{
		"PutPrivileges", "cluster:admin/xpack/security/privilege/put",
		[]string{"manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.PutPrivileges(ctx, who, nil)
			return err
		},
	},
	{
		"Privileges", "cluster:admin/xpack/security/privilege/get",
		[]string{"read_security", "manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.Privileges(ctx, who, "", nil)
			return err
		},
	},
	{
		"DeletePrivileges", "cluster:admin/xpack/security/privilege/delete",
		[]string{"manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.DeletePrivileges(ctx, who, "", make([]string, maxBulk+1))
			return err
		},
	},
	{
		"ClearCache", "cluster:admin/xpack/security/cache/clear",
		[]string{"manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.ClearCache(ctx, who, CacheRealms, nil)
			return err
		},
	},
	{
		"CreateToken", "cluster:admin/xpack/security/token/create",
		[]string{"manage_token", "manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.CreateToken(ctx, who, TokenRequest{})
			return err
		},
	},
	{
		"InvalidateTokens", "cluster:admin/xpack/security/token/invalidate",
		[]string{"delegate_pki", "manage_saml", "manage_token", "manage_security", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.InvalidateTokens(ctx, who, Invalidation{})
			return err
		},
	},
}

func TestAuthorisationComesFirst(t *testing.T) {
	for _, u := range useCases {
		t.Run(u.name, func(t *testing.T) {
			n := oneNode(t)
			expectError(t, u.call(t.Context(), n.Service, nobody), &PermissionError{
				Action: u.action, Caller: nobody, GrantedBy: u.grantedBy,
			})
			n.leader.expectTrips(0, 0)
			if n.others.asked+len(n.others.removed)+len(n.others.leadership) != 0 {
				t.Error("other nodes have heard of it")
			}
		})
	}
}

func TestAServiceAccountMayWhatItsDescriptorGrants(t *testing.T) {
	monitor := []string{"Info", "Nodes", "Health", "CAStatus", "ClusterSettings", "Metrics"}
	for _, u := range useCases {
		t.Run(u.name, func(t *testing.T) {
			n := oneNode(t)
			who := fleetServer(t)
			err := u.call(t.Context(), n.Service, who)
			if slices.Contains(monitor, u.name) {
				if err != nil {
					t.Errorf("%v", err)
				}
				return
			}
			expectError(t, err, &PermissionError{
				Action: u.action, Caller: who, GrantedBy: u.grantedBy,
			})
		})
	}
}

func TestEverybodyMayLearnWhoTheyAre(t *testing.T) {
	if !nobody.may("cluster:admin/xpack/security/user/authenticate") {
		t.Error("joe may not")
	}
}

// A method that takes no identity decides for nobody who comes from outside;
// each has its reason here.
var withoutIdentity = map[string]string{
	"Authenticate":         "makes the identity",
	"Shed":                 "a count",
	"Ready":                "/readyz is open, and tells nothing but yes or no",
	"Freshness":            "/readyz is open, and this tells of nobody",
	"Resilience":           "/readyz is open, and this tells of nobody",
	"RollCall":             "/readyz is open; names of nodes only, asked for once in a second",
	"RecordVoting":         "the leader records what it is about to do",
	"Topics":               "other nodes ask, over mutual TLS",
	"FoundCluster":         "the node itself, before anybody else",
	"AdmitNode":            "the join token is the credential",
	"CheckSeededNode":      "changes nothing, and is asked before AdmitSeededNode",
	"AdmitSeededNode":      "the join secret is the credential, and a member vouches for its proof",
	"UpdateNode":           "a member speaks of itself, over mutual TLS",
	"RetireNode":           "the leader records what it did",
	"CreateLocalJoinToken": "the program that runs the node",
	"NoteUses":             "the node records what it has seen",
	"Purge":                "the leader drops what is over",
	"RaiseLevel":           "the leader records what the members told",
	"SettleSettings":       "the leader records that a time is over",
	"BeginCARotation":      "a step of use cases that have tested the caller",
	"AdvanceCARotation":    "the leader takes the next step",
	"SaveLocalBackup":      "the program that runs the node",
	"DropLeftRestore":      "the leader drops what nobody goes on with",
}

// The zero value of every argument will do: nothing may be looked at before
// the identity.
func TestNoUseCaseForgetsTheCheck(t *testing.T) {
	n := oneNode(t)
	service := reflect.ValueOf(n.Service)
	checked := 0
	for m := range service.Type().NumMethod() {
		name, method := service.Type().Method(m).Name, service.Method(m)
		var args []reflect.Value
		takesIdentity := false
		for i := range method.Type().NumIn() {
			in := method.Type().In(i)
			takesIdentity = takesIdentity || in == reflect.TypeFor[Identity]()
			arg := reflect.Zero(in)
			if in == reflect.TypeFor[context.Context]() {
				arg = reflect.ValueOf(t.Context())
			}
			args = append(args, arg)
		}
		if !takesIdentity {
			if _, ok := withoutIdentity[name]; !ok {
				t.Errorf("%s takes no identity: give it one, or say here why it needs none", name)
			}
			continue
		}
		checked++
		results := method.Call(args)
		err, _ := results[len(results)-1].Interface().(error)
		if _, refused := err.(*PermissionError); !refused {
			t.Errorf("%s does not refuse the zero identity: %v", name, err)
		}
	}
	const everybodys = 2 // WhoAmI, UserPrivileges
	if checked != len(useCases)+everybodys {
		t.Errorf("%d use cases, %d of them in the table above", checked, len(useCases))
	}
	n.leader.expectTrips(0, 0)
}
