package security

import (
	"context"
	"crypto/rand"

	"jeton/fsm"
	"jeton/security/account"
	"jeton/security/token"
)

// CreateServiceToken makes an index-backed token; with name "" a random name. For
// an account of one's own the caller must hold all that its roles grant.
// Errors: *PermissionError, *TLSRequiredError, *EmptyPathError, *TokenNameError,
// *ValidationError, *UnknownAccountError, *TokenExistsError, ErrNoLeader,
// ErrOutcomeUnknown.
func (s *Service) CreateServiceToken(ctx context.Context, who Identity, namespace, service, name string, o TokenOptions) (CreatedToken, error) {
	if err := s.authorize(ctx, who, account.ActionCreateServiceToken); err != nil {
		return CreatedToken{}, err
	}
	if err := s.checkTLS(featureCreateToken); err != nil {
		return CreatedToken{}, err
	}
	if name == "" {
		name = token.NewName()
	}
	if err := checkTokenPath(namespace, service, name); err != nil {
		return CreatedToken{}, err
	}
	metadata, err := o.check()
	if err != nil {
		return CreatedToken{}, err
	}
	bearer := token.Bearer{Namespace: namespace, Service: service, Name: name, Secret: token.NewSecret()}
	record := fsm.ServiceToken{
		Account:  bearer.Account(),
		Name:     name,
		ID:       rand.Text(),
		Hash:     fsm.Sensitive(token.HashFast(bearer.Secret).Text()),
		Created:  s.now().UnixMilli(),
		Creator:  s.creator(who),
		Metadata: metadata,
	}
	if o.Expiration > 0 {
		record.Expires = record.Created + o.Expiration.Milliseconds()
	}
	if err := s.create(ctx, who, namespace, service, record); err != nil {
		return CreatedToken{}, err
	}
	return CreatedToken{Name: name, Value: bearer.Encode(), Expires: moment(record.Expires)}, nil
}

// create has the token recorded. Its maker is judged by the roles that the account
// has; if it has others by the time of the record, the maker is judged anew.
func (s *Service) create(ctx context.Context, who Identity, namespace, service string, record fsm.ServiceToken) error {
	for {
		own, err := s.accountForToken(ctx, who, namespace, service)
		if err != nil {
			return err
		}
		c := &fsm.CreateServiceToken{Token: record, UserManaged: own != nil}
		if own != nil {
			c.Roles = own.Roles
		}
		code, again, err := s.propose(ctx, c)
		if err != nil || code == fsm.OK {
			return err
		}
		there, ok := s.state.Current().ServiceToken(record.Account, record.Name)
		switch {
		case ok && there.ID == record.ID:
			return nil // an attempt whose outcome was forgotten has made it
		case code == fsm.Exists:
			return &TokenExistsError{Principal: record.Account, Name: record.Name}
		case again:
			return ErrOutcomeUnknown // the account was as it was for an earlier attempt, perhaps
		}
	}
}

// accountForToken finds the account of one's own that a token is made for; nil is
// a built-in one, for which the privilege to make tokens is all that it takes, as
// in Elasticsearch.
func (s *Service) accountForToken(ctx context.Context, who Identity, namespace, service string) (*fsm.ServiceAccount, error) {
	if _, builtIn := account.Lookup(namespace, service); builtIn {
		return nil, nil
	}
	principal := namespace + "/" + service
	if account.CheckServiceName(namespace, service) != nil {
		return nil, &UnknownAccountError{principal}
	}
	state, err := s.fresh(ctx)
	if err != nil {
		return nil, err
	}
	return s.mayHoldToken(ctx, state, who, account.ActionCreateServiceToken, "creating", principal)
}

// DeleteServiceToken revokes an index-backed token, also one that a deleted
// account has left behind. It goes through the log even when this node knows of
// no such token: only the log can tell. A token needs no privilege to delete
// itself. Errors: *PermissionError, *TLSRequiredError, *EmptyPathError,
// *TokenNameError, ErrNoLeader, ErrOutcomeUnknown.
func (s *Service) DeleteServiceToken(ctx context.Context, who Identity, namespace, service, name string) (found bool, err error) {
	itself := who.hasShown(namespace, service, name)
	if itself {
		s.auditAccess(ctx, who, account.ActionDeleteServiceToken, nil)
	} else if err := s.authorize(ctx, who, account.ActionDeleteServiceToken); err != nil {
		return false, err
	}
	if err := s.checkTLS(featureDeleteToken); err != nil {
		return false, err
	}
	if err := checkTokenPath(namespace, service, name); err != nil {
		return false, err
	}
	if _, builtIn := account.Lookup(namespace, service); !builtIn && account.CheckServiceName(namespace, service) != nil {
		return false, nil
	}
	c := &fsm.DeleteServiceToken{Account: namespace + "/" + service, Name: name}
	if itself {
		c.ID = who.tokenID // and not one that was made in its place
	}
	code, again, err := s.propose(ctx, c)
	if err == nil && again && code == fsm.NotFound {
		err = ErrOutcomeUnknown // it may be this delete that found it
	}
	return code == fsm.OK, err
}

// hasShown reports whether the caller has authenticated by this very
// index-backed token.
func (id Identity) hasShown(namespace, service, name string) bool {
	return id.byToken && id.RunBy == nil && id.deniedRunAs == "" && id.tokenID != "" && id.Username == namespace+"/"+service &&
		id.Token != nil && id.Token.Name == name
}

func checkTokenPath(namespace, service, name string) error {
	if err := checkPath(namespace, service); err != nil {
		return err
	}
	if !token.ValidName(name) {
		return &TokenNameError{name}
	}
	return nil
}

func checkPath(namespace, service string) error {
	switch {
	case namespace == "":
		return &EmptyPathError{"namespace"}
	case service == "":
		return &EmptyPathError{"service-name"}
	}
	return nil
}
