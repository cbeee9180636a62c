package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"jeton/security"
)

// userBody is a user as every API shows one.
type userBody struct {
	Username string          `json:"username"`
	Roles    []string        `json:"roles"`
	FullName *string         `json:"full_name"`
	Email    *string         `json:"email"`
	Metadata json.RawMessage `json:"metadata"`
	Enabled  bool            `json:"enabled"`
}

func userOf(u security.User) userBody {
	b := userBody{
		Username: u.Username,
		Roles:    orEmpty(u.Roles),
		FullName: u.FullName,
		Email:    u.Email,
		Metadata: u.Metadata,
		Enabled:  u.Enabled,
	}
	if b.Metadata == nil {
		b.Metadata = emptyObject
	}
	return b
}

// users answers with those that were found. It is a 404 where some were named
// and none was found.
func (s *server) users(ctx context.Context, r *request) (answer, error) {
	names := r.names("username")
	list, err := s.security.Users(ctx, r.who, names)
	body := make(object, 0, len(list))
	for _, u := range list {
		body = append(body, member{u.Username, userOf(u)})
	}
	return foundSome(body, names), err
}

// foundSome is the answer to a request for all, or for some by their names.
func foundSome(body object, names []string) answer {
	a := ok(body)
	if len(names) > 0 && len(body) == 0 {
		a.status = http.StatusNotFound
	}
	return a
}

// foundOne is the answer to a delete.
func foundOne(existed bool) answer {
	a := ok(found{existed})
	if !existed {
		a.status = http.StatusNotFound
	}
	return a
}

func (s *server) putUser(ctx context.Context, r *request) (answer, error) {
	u, err := r.decodeUser()
	if err != nil {
		return answer{}, err
	}
	isNew, err := s.security.PutUser(ctx, r.who, u)
	return ok(created{isNew}), err
}

func (r *request) decodeUser() (security.UserChange, error) {
	u := security.UserChange{Username: r.segment("username"), Enabled: true}
	name := u.Username
	p := newParser(userParser, r.body)
	fields := map[string]any{
		"username":      &notNull{&name},
		"password":      &notNull{&secretField{&u.Password.Clear}},
		"password_hash": &notNull{&secretField{&u.Password.Hash}},
		"roles":         &texts{into: &u.Roles, commas: true},
		"full_name":     &u.FullName,
		"email":         &u.Email,
		"metadata":      p.anyObject(&u.Metadata),
		"enabled":       &notNull{&u.Enabled},
	}
	err := p.document(func(key string) any { return fields[key] })
	if err == nil && name != u.Username {
		err = illegalArgument("[username] in source does not match the username provided [%s]", u.Username)
	}
	return u, err
}

func (s *server) deleteUser(ctx context.Context, r *request) (answer, error) {
	existed, err := s.security.DeleteUser(ctx, r.who, r.segment("username"))
	return foundOne(existed), err
}

// ownName is the user that a path names, or "" where it names none and means
// the caller. A path with an empty name means nobody.
func (r *request) ownName() (string, error) {
	name, named := r.segments["username"]
	if named && name == "" {
		return "", validationFailed("username is missing")
	}
	return name, nil
}

func (s *server) changePassword(ctx context.Context, r *request) (answer, error) {
	name, err := r.ownName()
	if err != nil {
		return answer{}, err
	}
	var p security.NewPassword
	err = r.decodeBody(passwordParser, map[string]any{
		"password":      &notNull{&secretField{&p.Clear}},
		"password_hash": &notNull{&secretField{&p.Hash}},
	})
	if err != nil {
		return answer{}, err
	}
	return ok(empty{}), s.security.ChangePassword(ctx, r.who, name, p)
}

func (s *server) enableUser(ctx context.Context, r *request) (answer, error) {
	return ok(empty{}), s.security.SetUserEnabled(ctx, r.who, r.segment("username"), true)
}

func (s *server) disableUser(ctx context.Context, r *request) (answer, error) {
	return ok(empty{}), s.security.SetUserEnabled(ctx, r.who, r.segment("username"), false)
}
