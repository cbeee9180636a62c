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

// Authenticate decides who presents an Authorization header's value ("" for
// none), and, with runAs, as whom that caller is to act ("" for itself).
// Errors: *AuthenticationError, ErrNoLeader when only a leader could tell,
// ErrOverloaded.
func (s *Service) Authenticate(ctx context.Context, authorization, runAs string) (Identity, error) {
	who, err := s.authenticate(ctx, authorization)
	s.auditAuthentication(ctx, who, err)
	if err != nil || runAs == "" {
		return who, err
	}
	acting, err := s.runAs(ctx, who, runAs)
	s.auditRunAs(ctx, who, acting, err)
	return acting, err
}

func (s *Service) authenticate(ctx context.Context, authorization string) (Identity, error) {
	scheme, value, _ := strings.Cut(authorization, " ")
	switch {
	case authorization == "":
		return Identity{}, &AuthenticationError{Kind: MissingCredentials}
	case value == "" || len(value) > maxCredential:
		return Identity{}, &AuthenticationError{Kind: BadScheme}
	case strings.EqualFold(scheme, "Bearer"):
		if bearer, ok := token.ParseBearer(value); ok {
			return s.authenticateServiceToken(ctx, bearer)
		}
		return s.authenticateAccessToken(ctx, value)
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
func (s *Service) WhoAmI(ctx context.Context, who Identity) (Identity, error) {
	if err := s.authorize(ctx, who, account.ActionAuthenticate); err != nil {
		return Identity{}, err
	}
	return who, nil
}

// authenticateServiceToken tries the node's own file first, then the
// replicated state. A file-backed token needs nobody but this node.
func (s *Service) authenticateServiceToken(ctx context.Context, b token.Bearer) (Identity, error) {
	if err := s.checkTLS(featureAuthentication); err != nil {
		return Identity{}, &AuthenticationError{Kind: NotTried, Cause: err}
	}
	principal := b.Account()
	builtIn, ok := account.Lookup(b.Namespace, b.Service)
	if !ok && strings.EqualFold(b.Namespace, account.ReservedNamespace) || b.Secret.TooShort() {
		return Identity{}, badServiceToken(b)
	}
	var overloaded error
	if hash, ok := s.files.Current().Lookup(principal, b.Name); ok && builtIn != nil {
		matches, err := s.verifier.verify(ctx, b.QualifiedName(), hash, b.Secret)
		if matches {
			reportOf(ctx).readBy(ReadByFile)
			return builtInIdentity(builtIn, TokenRef{b.Name, TokenTypeFile}), nil
		}
		overloaded = err
	}
	var who Identity
	err := s.decide(ctx, func(state *fsm.State) (yes bool, err error) {
		who, yes = s.lookUpServiceToken(state, b, builtIn)
		return yes, nil
	})
	switch {
	case errors.Is(err, errMiss) && overloaded != nil:
		return Identity{}, overloaded
	case errors.Is(err, errMiss):
		return Identity{}, badServiceToken(b)
	case err != nil:
		return Identity{}, err
	}
	if builtIn == nil {
		who.anew = func(state *fsm.State) (Identity, bool) { return s.lookUpServiceToken(state, b, nil) }
	}
	return who, nil
}

// lookUpServiceToken finds the holder of an index-backed token.
func (s *Service) lookUpServiceToken(state *fsm.State, b token.Bearer, builtIn *account.Account) (Identity, bool) {
	record, ok := state.ServiceToken(b.Account(), b.Name)
	if !ok || !s.matches(record, b.Secret) {
		return Identity{}, false
	}
	who, ok := s.serviceAccount(state, b.Account(), builtIn, TokenRef{b.Name, TokenTypeIndex})
	if !ok {
		return Identity{}, false
	}
	who.tokenID, who.byToken = record.ID, true
	s.uses.note(record, s.now())
	return who, true
}

// matches reports whether the secret is the token's, and the token's time not
// over.
func (s *Service) matches(t *fsm.ServiceToken, secret token.Secret) bool {
	if s.expired(t) {
		return false
	}
	if matchesFast(t.Hash, secret) {
		return true
	}
	return t.Previous != nil && t.Previous.Until > s.now().UnixMilli() && matchesFast(t.Previous.Hash, secret)
}

func (s *Service) expired(t *fsm.ServiceToken) bool {
	return t.Expires != 0 && t.Expires <= s.now().UnixMilli()
}

func badServiceToken(b token.Bearer) error {
	return &AuthenticationError{Kind: BadServiceToken, Principal: b.Account(), TokenName: b.Name}
}

// matchesFast compares with the hash of a high-entropy secret.
func matchesFast(stored fsm.Sensitive, secret token.Secret) bool {
	return token.VerifyText(stored.Reveal(), secret)
}
