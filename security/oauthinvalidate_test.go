package security

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"jeton/security/token"
)

func (n *node) expectInvalidated(i Invalidation, want Invalidated) {
	n.world.t.Helper()
	got, err := n.InvalidateTokens(n.world.t.Context(), n.native(asker), i)
	if err != nil || got != want {
		n.world.t.Errorf("invalidated %+v, %v; want %+v", got, err, want)
	}
}

func thatAccess(text string) Invalidation {
	return Invalidation{AccessToken: new(token.SecretFrom(text))}
}

func thatRefresh(text string) Invalidation {
	return Invalidation{RefreshToken: new(token.SecretFrom(text))}
}

// noTokens are texts that no token has, and tokens that nobody made.
func noTokens() map[string]string {
	unknown := token.NewPair(time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC))
	return map[string]string{
		"garbage":                  "garbage",
		"a blank":                  " ",
		"garbage of base64":        "10we+might+assume+this+is+valid+old+token",
		"an unknown access token":  unknown.Access.Reveal(),
		"an unknown refresh token": unknown.Refresh.Reveal(),
		"very long":                strings.Repeat("A", 1<<20),
	}
}

func TestAnAccessTokenIsInvalidatedOnce(t *testing.T) {
	n := tokenNode(t)
	client := n.native(asker)
	i := n.grant(client, passwordGrant(owner))
	n.expectInvalidated(thatAccess(i.AccessToken), Invalidated{Now: 1})
	n.expectRefused(accessOf(i), expired)
	n.expectInvalidated(thatAccess(i.AccessToken), Invalidated{Before: 1})
	n.grant(client, refreshGrant(i.RefreshToken)) // it has not been touched
}

func TestARefreshTokenIsInvalidatedOnce(t *testing.T) {
	n := tokenNode(t)
	i := n.grant(n.native(asker), passwordGrant(owner))
	n.expectInvalidated(thatRefresh(i.RefreshToken), Invalidated{Now: 1})
	n.expectInvalidated(thatRefresh(i.RefreshToken), Invalidated{Before: 1})
	n.expectAccepted(accessOf(i)) // it has not been touched
}

func TestAnUnknownTokenIsNotFoundOnceThereWasAny(t *testing.T) {
	for name, text := range noTokens() {
		t.Run(name, func(t *testing.T) {
			n := tokenNode(t)
			n.grant(n.native(asker), passwordGrant(owner))
			n.expectInvalidated(thatAccess(text), Invalidated{Unknown: true})
			n.expectInvalidated(thatRefresh(text), Invalidated{Unknown: true})
			n.leader.expectTrips(1, 2)
		})
	}
}

func TestBeforeThereWasAnyTokenAnUnknownOneIsAnError(t *testing.T) {
	for name, text := range noTokens() {
		t.Run(name, func(t *testing.T) {
			n := tokenNode(t)
			client := n.native(asker)
			for _, i := range []Invalidation{thatAccess(text), thatRefresh(text)} {
				if got, err := n.InvalidateTokens(t.Context(), client, i); !errors.Is(err, ErrNothingToInvalidate) || got != (Invalidated{}) {
					t.Errorf("%+v, %v", got, err)
				}
			}
			n.expectInvalidated(Invalidation{Username: owner}, Invalidated{})
			n.expectInvalidated(Invalidation{Realm: "default_native"}, Invalidated{})
		})
	}
}

func TestATokenOfTheOtherKindOrWithAnotherSecretIsUnknown(t *testing.T) {
	n := tokenNode(t)
	i := n.grant(n.native(asker), passwordGrant(owner))
	n.expectInvalidated(thatAccess(i.RefreshToken), Invalidated{Unknown: true})
	n.expectInvalidated(thatRefresh(i.AccessToken), Invalidated{Unknown: true})
	n.expectInvalidated(thatAccess(withAnotherSecret(t, i.AccessToken)), Invalidated{Unknown: true})
	n.expectInvalidated(thatRefresh(withAnotherSecret(t, i.RefreshToken)), Invalidated{Unknown: true})
	n.expectAccepted(accessOf(i))
}

func TestATokenIsInvalidatedWhereverItWasMade(t *testing.T) {
	nodes := tokenNodes(t, 2)
	client := nodes[1].native(asker) // before there is a token
	i := nodes[0].grant(nodes[0].native(asker), passwordGrant(owner))
	if got, err := nodes[1].InvalidateTokens(t.Context(), client, thatAccess(i.AccessToken)); err != nil || got != (Invalidated{Now: 1}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestTokensAreInvalidatedByUserAndRealm(t *testing.T) {
	for _, c := range []struct {
		name string
		i    Invalidation
		want Invalidated
	}{
		{"a user", Invalidation{Username: owner}, Invalidated{Now: 4}},
		{"a user whose token cannot be refreshed", Invalidation{Username: asker}, Invalidated{Now: 1}},
		{"a realm", Invalidation{Realm: "default_native"}, Invalidated{Now: 5}},
		{"another realm", Invalidation{Realm: "reserved"}, Invalidated{Now: 1}},
		{"a user and the realm", Invalidation{Username: owner, Realm: "default_native"}, Invalidated{Now: 4}},
		{"a user and another realm", Invalidation{Username: owner, Realm: "reserved"}, Invalidated{}},
		{"a blank realm", Invalidation{Username: owner, Realm: " "}, Invalidated{Now: 4}},
		{"a blank user", Invalidation{Username: " ", Realm: "default_native"}, Invalidated{Now: 5}},
		{"an unknown user", Invalidation{Username: "own"}, Invalidated{}},
		{"an unknown realm", Invalidation{Realm: "default"}, Invalidated{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := tokenNode(t)
			client := n.native(asker)
			n.grant(client, passwordGrant(owner))
			n.grant(client, passwordGrant(owner))
			n.grant(client, clientCredentials())
			elastic := n.expectAccepted(basic(ReservedUser, password))
			n.grant(elastic, clientCredentials())
			n.expectInvalidated(c.i, c.want)
			n.expectInvalidated(c.i, Invalidated{})
		})
	}
}

func TestOnlyWhatIsStillGoodIsInvalidatedByUser(t *testing.T) {
	n := tokenNode(t)
	client := n.native(asker)
	n.expectInvalidated(thatAccess(n.grant(client, passwordGrant(owner)).AccessToken), Invalidated{Now: 1})
	n.grant(client, refreshGrant(n.grant(client, passwordGrant(owner)).RefreshToken))
	// good: a refresh token, an access token, and a new pair
	n.world.later(time.Minute)
	n.expectInvalidated(Invalidation{Username: owner}, Invalidated{Now: 4})

	n.grant(client, passwordGrant(owner))
	n.world.later(accessLife)
	n.expectInvalidated(Invalidation{Username: owner}, Invalidated{Now: 1})
	n.grant(client, passwordGrant(owner))
	n.world.later(refreshLife)
	n.expectInvalidated(Invalidation{Username: owner}, Invalidated{})
}

func TestWhatMayNotStandTogetherIsRefused(t *testing.T) {
	const text = "token string must not be provided when realm name or username is specified"
	const kind = "token type must not be provided when realm name or username is specified"
	const nothing = "token string must be provided when not specifying a realm name or a username"
	some, empty := new(token.SecretFrom("x")), new(token.SecretFrom(""))
	for _, c := range []struct {
		name string
		i    Invalidation
		want error
	}{
		{"nothing", Invalidation{}, &ValidationError{[]string{nothing}}},
		{"an empty token", Invalidation{AccessToken: empty}, &ValidationError{[]string{nothing}}},
		{"an empty refresh token", Invalidation{RefreshToken: empty}, &ValidationError{[]string{nothing}}},
		{"blank names", Invalidation{Username: " ", Realm: " "}, &ValidationError{[]string{nothing}}},
		{"a token and a user", Invalidation{AccessToken: some, Username: owner}, &ValidationError{[]string{text, kind}}},
		{"a token and a realm", Invalidation{AccessToken: some, Realm: "reserved"}, &ValidationError{[]string{text, kind}}},
		{"a refresh token and both", Invalidation{RefreshToken: some, Username: owner, Realm: "reserved"}, &ValidationError{[]string{text, kind}}},
		{"an empty token and a user", Invalidation{AccessToken: empty, Username: owner}, &ValidationError{[]string{kind}}},
		{"both tokens", Invalidation{AccessToken: some, RefreshToken: some}, &ArgumentError{"only one of [token, refresh_token] may be sent per request"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := tokenNode(t)
			_, err := n.InvalidateTokens(t.Context(), n.native(asker), c.i)
			if !reflect.DeepEqual(err, c.want) {
				t.Errorf("%#v, want %#v", err, c.want)
			}
			n.leader.expectTrips(0, 0)
		})
	}
}

func TestAForgottenInvalidationCountsItsOwn(t *testing.T) {
	n := tokenNode(t)
	client := n.native(asker)
	i := n.grant(client, passwordGrant(owner))
	n.world.forgetNext(carriedAlready)
	n.expectInvalidated(thatAccess(i.AccessToken), Invalidated{Now: 1})
	n.grant(client, passwordGrant(owner))
	n.world.forgetNext(carriedAlready)
	n.expectInvalidated(Invalidation{Username: owner}, Invalidated{Now: 3})
}
