package fsm

import (
	"bytes"
	"encoding/json"
	"slices"
)

// PutRole adds or replaces a role.
type PutRole struct {
	Role Role `json:"role"`
}

// Type implements Command.
func (*PutRole) Type() string { return "put_role" }

func (c *PutRole) apply(next *State) Code {
	former, there := next.Role(c.Role.Name)
	if there && sameJSON(former.Descriptor, c.Role.Descriptor) {
		return Unchanged
	}
	next.roles = put(next.roles, c.Role.Name, &c.Role)
	return created(there)
}

// sameJSON compares as snapshots keep it: a node that has read a snapshot must
// decide as one that has read the log, where the text may have other blanks.
func sameJSON(a, b json.RawMessage) bool {
	aText, aErr := json.Marshal(a)
	bText, bErr := json.Marshal(b)
	return aErr == nil && bErr == nil && bytes.Equal(aText, bText)
}

// created is the code of a record that was put.
func created(there bool) Code {
	if there {
		return Replaced
	}
	return OK
}

// DeleteRole removes a role.
type DeleteRole struct {
	Name string `json:"name"`
}

// Type implements Command.
func (*DeleteRole) Type() string { return "delete_role" }

func (c *DeleteRole) apply(next *State) Code {
	if _, there := next.Role(c.Name); !there {
		return NotFound
	}
	next.roles = remove(next.roles, c.Name)
	return OK
}

// PutApplicationPrivilege adds or replaces a privilege of an application.
type PutApplicationPrivilege struct {
	Privilege ApplicationPrivilege `json:"privilege"`
}

// Type implements Command.
func (*PutApplicationPrivilege) Type() string { return "put_application_privilege" }

func (c *PutApplicationPrivilege) apply(next *State) Code {
	_, there := next.ApplicationPrivilege(c.Privilege.Application, c.Privilege.Name)
	next.privileges = put(next.privileges, privilegeKey(c.Privilege.Application, c.Privilege.Name), &c.Privilege)
	return created(there)
}

// DeleteApplicationPrivilege removes a privilege of an application.
type DeleteApplicationPrivilege struct {
	Application string `json:"application"`
	Name        string `json:"name"`
}

// Type implements Command.
func (*DeleteApplicationPrivilege) Type() string { return "delete_application_privilege" }

func (c *DeleteApplicationPrivilege) apply(next *State) Code {
	if _, there := next.ApplicationPrivilege(c.Application, c.Name); !there {
		return NotFound
	}
	next.privileges = remove(next.privileges, privilegeKey(c.Application, c.Name))
	return OK
}

// PutServiceAccount adds or replaces a service account of the users' own. A new
// one must not come into tokens that a former one of its name has left.
type PutServiceAccount struct {
	Account ServiceAccount `json:"account"`
}

// Type implements Command.
func (*PutServiceAccount) Type() string { return "put_service_account" }

func (c *PutServiceAccount) apply(next *State) Code {
	former, there := next.ServiceAccount(c.Account.Name)
	switch {
	case !there && next.hasTokens(c.Account.Name):
		return HasTokens
	case there && former.Disabled == c.Account.Disabled && slices.Equal(former.Roles, c.Account.Roles):
		return Unchanged
	}
	next.serviceAccounts = put(next.serviceAccounts, c.Account.Name, &c.Account)
	return created(there)
}

// DeleteServiceAccount removes a service account of the users' own, by force
// also one that has tokens: they stay, and are good for nothing.
type DeleteServiceAccount struct {
	Name  string `json:"name"`
	Force bool   `json:"force,omitempty"`
}

// Type implements Command.
func (*DeleteServiceAccount) Type() string { return "delete_service_account" }

func (c *DeleteServiceAccount) apply(next *State) Code {
	if _, there := next.ServiceAccount(c.Name); !there {
		return NotFound
	}
	if !c.Force && next.hasTokens(c.Name) {
		return HasTokens
	}
	next.serviceAccounts = remove(next.serviceAccounts, c.Name)
	return OK
}

func (s *State) hasTokens(account string) bool {
	for range s.ServiceTokens(account) {
		return true
	}
	return false
}
