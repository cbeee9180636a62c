package fsm

import (
	"log/slog"
	"slices"
)

// CreateServiceToken adds a token whose name must be free in its account.
type CreateServiceToken struct {
	Token ServiceToken `json:"token"`
	// UserManaged: the account is one of the users' own, and must exist, with
	// these Roles: for them the maker was judged.
	UserManaged bool     `json:"user_managed,omitempty"`
	Roles       []string `json:"roles,omitempty"`
}

// Type implements Command.
func (*CreateServiceToken) Type() string { return "create_service_token" }

// LogValue implements slog.LogValuer.
func (c CreateServiceToken) LogValue() slog.Value { return printed(c) }

func (c *CreateServiceToken) apply(next *State) Code {
	if c.UserManaged && !next.hasRoles(c.Token.Account, c.Roles) {
		return NotFound
	}
	key := tokenKey(c.Token.Account, c.Token.Name)
	if _, taken := get(next.tokens, key); taken {
		return Exists
	}
	next.tokens = put(next.tokens, key, &c.Token)
	return OK
}

// hasRoles reports whether the account of the users' own is there, with these roles.
func (s *State) hasRoles(account string, roles []string) bool {
	a, there := s.ServiceAccount(account)
	return there && slices.Equal(a.Roles, roles)
}

// DeleteServiceToken removes a token.
type DeleteServiceToken struct {
	Account string `json:"account"`
	Name    string `json:"name"`
	// ID, if there is one, is the only token of that name to be removed.
	ID string `json:"id,omitempty"`
}

// Type implements Command.
func (*DeleteServiceToken) Type() string { return "delete_service_token" }

func (c *DeleteServiceToken) apply(next *State) Code {
	t, there := next.ServiceToken(c.Account, c.Name)
	if !there || c.ID != "" && t.ID != c.ID {
		return NotFound
	}
	next.tokens = remove(next.tokens, tokenKey(c.Account, c.Name))
	return OK
}

// RotateServiceToken gives a token another secret. The one it had is good until
// PreviousUntil; one from a rotation before that is good no more.
type RotateServiceToken struct {
	Account       string    `json:"account"`
	Name          string    `json:"name"`
	ID            string    `json:"id"`             // of the token that the maker means
	Hash          Sensitive `json:"hash"`           // of the new secret
	PreviousUntil int64     `json:"previous_until"` // Unix milliseconds; 0: it stops at once

	// As in CreateServiceToken.
	UserManaged bool     `json:"user_managed,omitempty"`
	Roles       []string `json:"roles,omitempty"`
}

// Type implements Command.
func (*RotateServiceToken) Type() string { return "rotate_service_token" }

// LogValue implements slog.LogValuer.
func (c RotateServiceToken) LogValue() slog.Value { return printed(c) }

func (c *RotateServiceToken) apply(next *State) Code {
	t, there := next.ServiceToken(c.Account, c.Name)
	if !there || t.ID != c.ID {
		return NotFound
	}
	if t.Hash == c.Hash {
		return OK // carried out before, by a proposal that is forgotten
	}
	if c.UserManaged && !next.hasRoles(c.Account, c.Roles) {
		return NotFound
	}
	rotated := *t
	rotated.Hash, rotated.Previous = c.Hash, nil
	if c.PreviousUntil != 0 {
		rotated.Previous = &PreviousSecret{Hash: t.Hash, Until: c.PreviousUntil}
	}
	next.tokens = put(next.tokens, tokenKey(c.Account, c.Name), &rotated)
	return OK
}

// NoteTokenUses records when tokens were last used, as one node has seen it.
type NoteTokenUses struct {
	Uses []TokenUse `json:"uses"`
}

// TokenUse is when a token was last used.
type TokenUse struct {
	Account string `json:"account"`
	Name    string `json:"name"`
	ID      string `json:"id"`
	At      int64  `json:"at"` // Unix milliseconds
}

// Type implements Command.
func (*NoteTokenUses) Type() string { return "note_token_uses" }

func (c *NoteTokenUses) apply(next *State) Code {
	for _, u := range c.Uses {
		t, there := next.ServiceToken(u.Account, u.Name)
		if !there || t.ID != u.ID || t.LastUsed >= u.At {
			continue
		}
		used := *t
		used.LastUsed = u.At
		next.tokens = put(next.tokens, tokenKey(u.Account, u.Name), &used)
	}
	return OK
}
