package security

import (
	"context"
	"encoding/json"
	"slices"

	"jeton/fsm"
	"jeton/security/account"
	"jeton/security/query"
)

// Users lists the users of these names, without those that do not exist; with
// nil all native and reserved ones, sorted. The users of files are the nodes'
// own, and in no list. Errors: *PermissionError, ErrNoLeader.
func (s *Service) Users(ctx context.Context, who Identity, names []string) ([]User, error) {
	if err := s.authorize(ctx, who, account.ActionGetUser); err != nil {
		return nil, err
	}
	state, err := s.fresh(ctx)
	if err != nil {
		return nil, err
	}
	if names == nil {
		names = userNames(state)
	}
	users := []User{}
	for _, name := range unique(names) {
		if u, ok := shownUser(state, name); ok {
			users = append(users, u)
		}
	}
	return users, nil
}

// userNames are those of all users of the state and all reserved ones.
func userNames(state *fsm.State) []string {
	var names []string
	for _, u := range account.ReservedUsers() {
		names = append(names, u.Name)
	}
	for u := range state.Users() {
		names = append(names, u.Name)
	}
	slices.Sort(names)
	return names
}

// unique leaves each name at its first place.
func unique(names []string) []string {
	seen := make(map[string]bool, len(names))
	var list []string
	for _, name := range names {
		if !seen[name] {
			seen[name] = true
			list = append(list, name)
		}
	}
	return list
}

func shownUser(state *fsm.State, name string) (User, bool) {
	record, known := state.User(name)
	if u, ok := account.LookupReservedUser(name); ok {
		return User{Username: u.Name, Roles: u.Roles, Metadata: metadataOf(u), Enabled: !known || !record.Disabled}, true
	}
	if !known {
		return User{}, false
	}
	return nativeUser(record), true
}

func nativeUser(u *fsm.User) User {
	return User{
		Username: u.Name, Roles: append([]string{}, u.Roles...), FullName: u.FullName, Email: u.Email,
		Metadata: u.Metadata, Enabled: !u.Disabled,
	}
}

// userFields are what a search for users may ask about.
var userFields = query.Fields{
	"username":  query.Keyword,
	"roles":     query.Keyword,
	"full_name": query.Text,
	"email":     query.Email,
	"enabled":   query.Boolean,
}

// QueryUsers searches the native users. Errors: *PermissionError, *query.Error,
// ErrNoLeader.
func (s *Service) QueryUsers(ctx context.Context, who Identity, body []byte) (query.Page[User], error) {
	if err := s.authorize(ctx, who, account.ActionQueryUser); err != nil {
		return query.Page[User]{}, err
	}
	search, err := query.Parse(body, userFields)
	if err != nil {
		return query.Page[User]{}, err
	}
	state, err := s.fresh(ctx)
	if err != nil {
		return query.Page[User]{}, err
	}
	var all []User
	for u := range state.Users() {
		if _, reserved := account.LookupReservedUser(u.Name); !reserved {
			all = append(all, nativeUser(u))
		}
	}
	return query.Run(ctx, search, all, searchedUser)
}

func searchedUser(u User) query.Record {
	return query.Record{
		"_id":       "user-" + u.Username,
		"username":  u.Username,
		"roles":     u.Roles,
		"full_name": optional(u.FullName),
		"email":     optional(u.Email),
		"enabled":   u.Enabled,
	}
}

// optional is nil for what is missing, and not a nil pointer.
func optional(text *string) any {
	if text == nil {
		return nil
	}
	return *text
}

// metadataOf is what a reserved user shows.
func metadataOf(u account.ReservedUser) json.RawMessage {
	if u.Deprecated == "" {
		return reservedMetadata
	}
	text, err := json.Marshal(map[string]any{"_deprecated": true, "_deprecated_reason": u.Deprecated, "_reserved": true})
	if err != nil {
		return reservedMetadata
	}
	return text
}
