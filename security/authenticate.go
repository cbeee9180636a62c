package security

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"

	"jeton/fsm"
	"jeton/security/account"
	"jeton/security/token"
)

// maxCredential bounds a presented credential, in bytes.
const maxCredential = 8 << 10

type sourceKey struct{}

// WithSource notes where a request comes from, so that one source's wrong
// secrets do not hold up another's right ones.
func WithSource(ctx context.Context, source string) context.Context {
	return context.WithValue(ctx, sourceKey{}, source)
}

func source(ctx context.Context) string {
	s, _ := ctx.Value(sourceKey{}).(string)
	return s
}

// Authenticate decides who presents an Authorization header's value ("" for
// none). Errors: *AuthenticationError, ErrNoLeader when only a leader could
// tell, ErrOverloaded.
func (s *Service) Authenticate(ctx context.Context, authorization string) (Identity, error) {
	scheme, value, _ := strings.Cut(authorization, " ")
	switch {
	case authorization == "":
		return Identity{}, &AuthenticationError{Kind: MissingCredentials}
	case value == "" || len(value) > maxCredential:
		return Identity{}, &AuthenticationError{Kind: BadScheme}
	case strings.EqualFold(scheme, "Bearer"):
		bearer, ok := token.ParseBearer(value)
		if !ok {
			return Identity{}, &AuthenticationError{Kind: BadBearer}
		}
		return s.authenticateServiceToken(ctx, bearer)
	case strings.EqualFold(scheme, "Basic"):
		decoded, err := base64.StdEncoding.DecodeString(value)
		name, password, ok := strings.Cut(string(decoded), ":")
		if err != nil || !ok {
			return Identity{}, &AuthenticationError{Kind: BadScheme}
		}
		return s.authenticateUser(ctx, name, token.SecretFrom(password))
	case strings.EqualFold(scheme, "ApiKey"):
		return Identity{}, &AuthenticationError{Kind: BadAPIKey}
	default:
		return Identity{}, &AuthenticationError{Kind: BadScheme}
	}
}

// WhoAmI tells callers who they are.
func (s *Service) WhoAmI(_ context.Context, who Identity) (Identity, error) {
	if err := s.authorize(who, account.ActionAuthenticate); err != nil {
		return Identity{}, err
	}
	return who, nil
}

// authenticateServiceToken tries the node's own file first, then the
// replicated state. A file-backed token needs nobody but this node.
func (s *Service) authenticateServiceToken(ctx context.Context, b token.Bearer) (Identity, error) {
	principal := b.Account()
	acct, ok := account.Lookup(b.Namespace, b.Service)
	if !ok || b.Secret.TooShort() {
		return Identity{}, badServiceToken(principal, b.Name)
	}
	var overloaded error
	if hash, ok := s.files.Current().Lookup(principal, b.Name); ok {
		matches, err := s.verifier.verify(ctx, hash, b.Secret)
		if matches {
			return serviceIdentity(acct, b.Name, TokenTypeFile), nil
		}
		overloaded = err
	}
	err := s.decide(ctx, func(state *fsm.State) (bool, error) {
		record, ok := state.ServiceToken(principal, b.Name)
		return ok && matchesFast(record.Hash, b.Secret), nil
	})
	switch {
	case err == nil:
		return serviceIdentity(acct, b.Name, TokenTypeIndex), nil
	case errors.Is(err, errMiss) && overloaded != nil:
		return Identity{}, overloaded
	case errors.Is(err, errMiss):
		return Identity{}, badServiceToken(principal, b.Name)
	default:
		return Identity{}, err
	}
}

func badServiceToken(principal, name string) error {
	return &AuthenticationError{Kind: BadServiceToken, Principal: principal, TokenName: name}
}

// authenticateUser knows the reserved user only. An unknown name costs what a
// wrong password costs.
func (s *Service) authenticateUser(ctx context.Context, name string, password token.Secret) (Identity, error) {
	var wrong fsm.Sensitive // what the password has been tried against in vain
	err := s.decide(ctx, func(state *fsm.State) (bool, error) {
		stored, tried := unknownUser, password
		user, known := state.User(name)
		if known {
			stored = user.Password
		} else {
			// All unknown users have this one hash. If the verifier remembered a
			// password of one for them all, it would tell who is unknown.
			tried = token.SecretFrom(name + ":" + password.Reveal())
		}
		if stored == wrong {
			return false, nil
		}
		wrong = stored
		hash, err := token.ParseHash(stored.Reveal())
		if err != nil {
			return false, err
		}
		matches, err := s.verifier.verify(ctx, hash, tried)
		return known && matches, err
	})
	switch {
	case err == nil:
		return superuserIdentity(name), nil
	case errors.Is(err, errMiss):
		return Identity{}, &AuthenticationError{Kind: BadUser, Principal: name}
	default:
		return Identity{}, err
	}
}

// unknownUser is a bcrypt hash of the default cost whose password nobody
// knows, to spend on a user that does not exist the time that one who does
// would take.
const unknownUser fsm.Sensitive = "$2a$10$rpPgi/8zLwmxfCKmiq9J6ePiagNmdiCnQSFgHhBxzvIcoC.JzlPGa"

// errMiss: the state, as fresh as this node could make it, does not accept.
var errMiss = errors.New("no match")

// decide is the one place where replicated state turns into a yes or a no.
//
// A yes from this node's state is given at once; this is where the lease will
// be tested first, before the look-up. A no may mean that this node is behind:
// it catches up with the leader and looks again, because a credential whose
// creation was acknowledged anywhere must not be refused here. Errors: errMiss,
// ErrNoLeader when it could not catch up and so cannot know, or look's own.
func (s *Service) decide(ctx context.Context, look func(*fsm.State) (bool, error)) error {
	if yes, err := look(s.state.Current()); yes || err != nil {
		return err
	}
	if err := s.catchUp(ctx); err != nil {
		return err
	}
	if yes, err := look(s.state.Current()); yes || err != nil {
		return err
	}
	return errMiss
}

// catchUp is a round with the leader, bounded by auth.timeout.
func (s *Service) catchUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.authTimeout)
	defer cancel()
	return s.log.CatchUp(ctx)
}

// matchesFast compares with the hash of a high-entropy secret.
func matchesFast(stored fsm.Sensitive, secret token.Secret) bool {
	hash, err := token.ParseHash(stored.Reveal())
	return err == nil && hash.Verify(secret)
}

var (
	superuserRole    = account.Superuser()
	superuser        = []*account.Descriptor{&superuserRole}
	superuserRoles   = []string{"superuser"}
	reservedMetadata = map[string]any{"_reserved": true}
	accountMetadata  = map[string]any{"_elastic_service_account": true}
)

func superuserIdentity(name string) Identity {
	return Identity{
		Username:    name,
		Roles:       superuserRoles,
		Metadata:    reservedMetadata,
		Realm:       realmReserved,
		Type:        "realm",
		descriptors: superuser,
	}
}

func serviceIdentity(a *account.Account, name, tokenType string) Identity {
	full := "Service account - " + a.Principal()
	return Identity{
		Username:       a.Principal(),
		Roles:          []string{},
		FullName:       &full,
		Token:          &TokenRef{Name: name, Type: tokenType},
		Metadata:       accountMetadata,
		Realm:          realmServiceAccount,
		Type:           "token",
		ServiceAccount: true,
		descriptors:    []*account.Descriptor{&a.Role},
	}
}
