package httpapi

import (
	"context"
	"encoding/json"
	"errors"

	"jeton/security"
	"jeton/security/account"
)

// roles answers with those that were found; see users. A descriptor has the
// wire's form by itself.
func (s *server) roles(ctx context.Context, r *request) (answer, error) {
	names := r.names("name")
	list, err := s.security.Roles(ctx, r.who, names)
	body := make(object, 0, len(list))
	for _, role := range list {
		body = append(body, member{role.Name, role.Descriptor})
	}
	return foundSome(body, names), err
}

type createdRole struct {
	Role created `json:"role"`
}

func (s *server) putRole(ctx context.Context, r *request) (answer, error) {
	d, err := account.ParseDescriptor(r.body)
	if err != nil {
		return answer{}, err
	}
	isNew, err := s.security.PutRole(ctx, r.who, r.segment("name"), d)
	return ok(createdRole{created{isNew}}), err
}

func (s *server) deleteRole(ctx context.Context, r *request) (answer, error) {
	existed, err := s.security.DeleteRole(ctx, r.who, r.segment("name"))
	return foundOne(existed), err
}

func (s *server) putRoles(ctx context.Context, r *request) (answer, error) {
	roles, wrong, err := r.decodeRoles()
	if err != nil {
		return answer{}, err
	}
	result, err := s.security.PutRoles(ctx, r.who, roles)
	result.Failed = append(result.Failed, wrong...)
	return s.bulkAnswer(ctx, r, result), err
}

// decodeRoles reads descriptors by the names of their roles. One that cannot
// be read refuses them all; one that can, and says something impossible, fails
// by itself.
func (r *request) decodeRoles() (roles []security.Role, wrong []security.BulkFailure, err error) {
	var sent []namedDescriptor
	p := newParser("bulk_update_roles_request_payload", r.body)
	byName := func(name string) any {
		d := &json.RawMessage{}
		sent = append(sent, namedDescriptor{name, d})
		return d
	}
	fields := map[string]any{"roles": reader(func() error { return p.object(byName) })}
	if err := p.document(func(key string) any { return fields[key] }); err != nil {
		return nil, nil, err
	}
	for _, named := range sent {
		d, err := account.ParseDescriptor(*named.json)
		e, refused := errors.AsType[*account.DescriptorError](err)
		switch {
		case refused && e.Validation:
			wrong = append(wrong, security.BulkFailure{Name: named.name, Err: err})
		case err != nil:
			return nil, nil, unparsable("role [" + named.name + "]: " + err.Error())
		default:
			roles = append(roles, security.Role{Name: named.name, Descriptor: d})
		}
	}
	return roles, wrong, nil
}

type namedDescriptor struct {
	name string
	json *json.RawMessage
}

func (s *server) deleteRoles(ctx context.Context, r *request) (answer, error) {
	var names []string
	err := r.decodeBody("bulk_delete_roles_request", map[string]any{"names": &texts{into: &names}})
	if err != nil {
		return answer{}, err
	}
	if names == nil {
		return answer{}, illegalArgument("Required [names]")
	}
	result, err := s.security.DeleteRoles(ctx, r.who, names)
	return s.bulkAnswer(ctx, r, result), err
}

type bulkErrors struct {
	Count   int               `json:"count"`
	Details map[string]object `json:"details"` // by the name of the role
}

// bulkAnswer tells what became of each role, under the keys that there is
// something for.
func (s *server) bulkAnswer(ctx context.Context, r *request, b security.BulkResult) answer {
	body := object{}
	for _, list := range []struct {
		key   string
		names []string
	}{
		{"created", b.Created}, {"updated", b.Updated}, {"noop", b.Noop}, {"deleted", b.Deleted}, {"not_found", b.NotFound},
	} {
		if len(list.names) > 0 {
			body = append(body, member{list.key, list.names})
		}
	}
	if len(b.Failed) > 0 {
		body = append(body, member{"errors", s.bulkErrors(ctx, r, b.Failed)})
	}
	return ok(body)
}

func (s *server) bulkErrors(ctx context.Context, r *request, failed []security.BulkFailure) bulkErrors {
	e := bulkErrors{Details: map[string]object{}}
	for _, failure := range failed {
		f, known := describe(r, failure.Err)
		s.logFailure(ctx, r, failure.Err, known)
		e.Details[failure.Name] = f.describe()
	}
	e.Count = len(e.Details)
	return e
}
