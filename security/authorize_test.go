package security

import (
	"context"
	"reflect"
	"slices"
	"testing"
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
			_, err := s.CreateServiceToken(ctx, who, "", "no such account", "_bad name")
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
			_, err := s.ServiceAccounts(ctx, who, "", "")
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
		"CACertificate", "cluster:monitor/jeton/ca",
		[]string{"monitor", "manage", "all"},
		func(ctx context.Context, s *Service, who Identity) error {
			_, err := s.CACertificate(ctx, who)
			return err
		},
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
}

func TestAuthorisationComesFirst(t *testing.T) {
	for _, u := range useCases {
		t.Run(u.name, func(t *testing.T) {
			n := oneNode(t)
			expectError(t, u.call(t.Context(), n.Service, nobody), &PermissionError{
				Action: u.action, Principal: "joe", Roles: []string{"viewer"}, GrantedBy: u.grantedBy,
			})
			n.leader.expectTrips(0, 0)
			if n.others.asked+len(n.others.removed)+len(n.others.leadership) != 0 {
				t.Error("other nodes have heard of it")
			}
		})
	}
}

func TestAServiceAccountMayWhatItsDescriptorGrants(t *testing.T) {
	monitor := []string{"Info", "Nodes", "Health", "CACertificate"}
	for _, u := range useCases {
		t.Run(u.name, func(t *testing.T) {
			n := oneNode(t)
			err := u.call(t.Context(), n.Service, fleetServer(t))
			if slices.Contains(monitor, u.name) {
				if err != nil {
					t.Errorf("%v", err)
				}
				return
			}
			expectError(t, err, &PermissionError{
				Action: u.action, Principal: fleet, ServiceAccount: true, Roles: []string{}, GrantedBy: u.grantedBy,
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
	"Ready":                "/readyz is open, and tells nothing but yes or no",
	"Topics":               "other nodes ask, over mutual TLS",
	"FoundCluster":         "the node itself, before anybody else",
	"AdmitNode":            "the join token is the credential",
	"UpdateNode":           "a member speaks of itself, over mutual TLS",
	"RetireNode":           "the leader records what it did",
	"CreateLocalJoinToken": "the program that runs the node",
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
	const everybodys = 1 // WhoAmI
	if checked != len(useCases)+everybodys {
		t.Errorf("%d use cases, %d of them in the table above", checked, len(useCases))
	}
	n.leader.expectTrips(0, 0)
}
