package security

import (
	"testing"

	"jeton/fsm"
)

// A role of the node's file hides a native one of its name on that node alone:
// a token of an account with that role is good at the others.
func TestARoleOfTheFileDoesNotHideWhatATokenGrantsElsewhere(t *testing.T) {
	n := oneNode(t)
	n.propose(&fsm.PutRole{Role: fsm.Role{Name: "ops", Descriptor: []byte(`{"cluster":["all"]}`)}})
	n.writeRoles("ops", "ops:\n  cluster: [manage_service_account]\n")
	small := n.withRoles(n.state.Current(), Identity{Username: "svcmgr", Roles: []string{"ops"}, Type: TypeRealm})
	if small.may("cluster:admin/xpack/security/user/put") {
		t.Fatal("the file does not hide the role")
	}
	if err := n.mayGrant(t.Context(), n.state.Current(), small, "cluster:admin/xpack/security/service_account/token/create", "a test", []string{"ops"}); err == nil {
		t.Error("the caller may hand on the native role")
	}
}
