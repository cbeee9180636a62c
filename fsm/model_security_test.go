package fsm

import (
	"maps"
	"slices"
)

func (m *model) applyToken(c Command) Code {
	switch c := c.(type) {
	case *CreateServiceToken:
		key := [2]string{c.Token.Account, c.Token.Name}
		if a, there := m.accounts[c.Token.Account]; c.UserManaged && !(there && slices.Equal(a.Roles, c.Roles)) {
			return NotFound
		}
		if _, taken := m.tokens[key]; taken {
			return Exists
		}
		m.tokens[key] = c.Token
	case *DeleteServiceToken:
		key := [2]string{c.Account, c.Name}
		t, there := m.tokens[key]
		if !there || (c.ID != "" && c.ID != t.ID) {
			return NotFound
		}
		delete(m.tokens, key)
	case *RotateServiceToken:
		key := [2]string{c.Account, c.Name}
		t, there := m.tokens[key]
		if !there || c.ID != t.ID {
			return NotFound
		}
		if t.Hash == c.Hash {
			return OK
		}
		if a, there := m.accounts[c.Account]; c.UserManaged && !(there && slices.Equal(a.Roles, c.Roles)) {
			return NotFound
		}
		t.Previous = &PreviousSecret{Hash: t.Hash, Until: c.PreviousUntil}
		if c.PreviousUntil == 0 {
			t.Previous = nil
		}
		t.Hash = c.Hash
		m.tokens[key] = t
	case *NoteTokenUses:
		for _, u := range c.Uses {
			key := [2]string{u.Account, u.Name}
			if t, there := m.tokens[key]; there && t.ID == u.ID {
				t.LastUsed = max(t.LastUsed, u.At)
				m.tokens[key] = t
			}
		}
	}
	return OK
}

func (m *model) applyUser(c Command) Code {
	switch c := c.(type) {
	case *PutUser:
		former, there := m.users[c.User.Name]
		if !there && c.User.Password == "" {
			return NotFound
		}
		put := c.User
		if there {
			put.ID = former.ID
		}
		if put.Password == "" {
			put.Password = former.Password
		}
		m.users[put.Name] = put
		return putCode(there)
	case *DeleteUser:
		return drop(m.users, c.Name)
	case *SetPassword:
		if u, there := m.users[c.Name]; c.Former != "" && (!there || u.Password != c.Former) {
			if there && u.Password == c.Password {
				return OK
			}
			return NotFound
		}
		return m.changeUser(c.Name, c.NewID, func(u *User) { u.Password = c.Password })
	case *SetUserEnabled:
		return m.changeUser(c.Name, c.NewID, func(u *User) { u.Disabled = !c.Enabled })
	}
	return OK
}

func (m *model) changeUser(name, newID string, change func(*User)) Code {
	u, there := m.users[name]
	if !there && newID == "" {
		return NotFound
	}
	if !there {
		u = User{Name: name, ID: newID}
	}
	change(&u)
	m.users[name] = u
	return OK
}

func (m *model) applyRole(c Command) Code {
	switch c := c.(type) {
	case *PutRole:
		former, there := m.roles[c.Role.Name]
		m.roles[c.Role.Name] = c.Role
		if there && string(former.Descriptor) == string(c.Role.Descriptor) {
			return Unchanged
		}
		return putCode(there)
	case *DeleteRole:
		return drop(m.roles, c.Name)
	case *PutApplicationPrivilege:
		key := [2]string{c.Privilege.Application, c.Privilege.Name}
		_, there := m.privileges[key]
		m.privileges[key] = c.Privilege
		return putCode(there)
	case *DeleteApplicationPrivilege:
		return drop(m.privileges, [2]string{c.Application, c.Name})
	}
	return OK
}

func (m *model) applyAccount(c Command) Code {
	hasTokens := func(account string) bool {
		return slices.ContainsFunc(slices.Collect(maps.Keys(m.tokens)), func(key [2]string) bool { return key[0] == account })
	}
	switch c := c.(type) {
	case *PutServiceAccount:
		former, there := m.accounts[c.Account.Name]
		if !there && hasTokens(c.Account.Name) {
			return HasTokens
		}
		m.accounts[c.Account.Name] = c.Account
		if there && former.Disabled == c.Account.Disabled && slices.Equal(former.Roles, c.Account.Roles) {
			return Unchanged
		}
		return putCode(there)
	case *DeleteServiceAccount:
		if _, there := m.accounts[c.Name]; there && hasTokens(c.Name) && !c.Force {
			return HasTokens
		}
		return drop(m.accounts, c.Name)
	}
	return OK
}

func putCode(there bool) Code {
	if there {
		return Replaced
	}
	return OK
}

func drop[K comparable, V any](records map[K]V, key K) Code {
	if _, there := records[key]; !there {
		return NotFound
	}
	delete(records, key)
	return OK
}
