package fsm

import (
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

var (
	app  = Client{Username: "app", Realm: "native"}
	ann  = Owner{Username: "ann", Realm: "native"}
	anna = Owner{Username: "anna", Realm: "native"}
	file = Owner{Username: "ann", Realm: "default_file"}
)

// pair is an access token of a third of an hour and a refresh token of a day,
// made at time 1 for the client app.
func pair(id string, owner Owner) OAuthToken {
	return OAuthToken{
		ID: id, Access: "access-" + Sensitive(id), Refresh: "refresh-" + Sensitive(id),
		Created: 1, Expires: hour / 3, Until: 24 * hour, Owner: owner, Client: app,
	}
}

// single is what client credentials get: no refresh token.
func single(id string, owner Owner) OAuthToken {
	t := pair(id, owner)
	t.Refresh, t.Until = "", t.Expires
	return t
}

// refresh is what app asks at that time, with the pair id+"+" as the new one.
func refresh(id string, now int64) *RefreshOAuthToken {
	successor := pair(id+"+", ann)
	successor.Created = now
	return &RefreshOAuthToken{
		ID: id, Refresh: "refresh-" + Sensitive(id), Client: app, Now: now,
		New: successor, Sealed: "sealed-" + Sensitive(id),
	}
}

// issued is a machine that has made these tokens.
func issued(t *testing.T, tokens ...OAuthToken) *story {
	s := newStory(t)
	for _, token := range tokens {
		s.mustDo(&CreateOAuthToken{Token: token})
	}
	return s
}

func wantOAuth(t *testing.T, s *story, want OAuthToken) {
	t.Helper()
	if got, there := s.Current().OAuthToken(want.ID); !there || !reflect.DeepEqual(*got, want) {
		t.Errorf("token %s: got %+v, want %+v", want.ID, got, want)
	}
	wantIndexed(t, s.Current())
}

// wantIndexed: both ways to a token lead to the same records.
func wantIndexed(t rapid.TB, s *State) {
	t.Helper()
	want := map[string]*OAuthToken{}
	for token := range s.OAuthTokens() {
		want[ownerKey(token)] = token
	}
	got := map[string]*OAuthToken{}
	for token := range walk(s.byOwner, "") {
		got[ownerKey(token)] = token
	}
	if !reflect.DeepEqual(got, want) || s.byOwner.Len() != s.oauthTokens.Len() {
		t.Errorf("by owner there are %v, by id %v", got, want)
	}
}

// ids of tokens, in the order in which they come.
func ids(tokens func(func(*OAuthToken) bool)) string {
	list := ""
	for t := range tokens {
		list += t.ID + " "
	}
	return list
}

func TestAnOAuthTokenIsFoundByItsID(t *testing.T) {
	s := issued(t, pair("1", ann))
	wantOAuth(t, s, pair("1", ann))
	want(t, "the same id", s.do(&CreateOAuthToken{Token: pair("1", anna)}), Exists)
	wantOAuth(t, s, pair("1", ann))
}

func TestOAuthTokensAreFoundByTheirOwner(t *testing.T) {
	s := issued(t, pair("1", ann), pair("2", file), pair("3", anna), pair("4", ann))
	for _, c := range []struct{ username, realm, want string }{
		{"ann", "native", "1 4 "}, {"anna", "native", "3 "}, {"an", "native", ""},
		{"ann", "", "1 2 4 "}, {"", "native", "1 4 3 "}, {"", "nativ", ""}, {"", "", "1 2 3 4 "},
	} {
		what := fmt.Sprintf("tokens of %q in %q", c.username, c.realm)
		want(t, what, ids(s.Current().OAuthTokensOf(c.username, c.realm)), c.want)
	}
	for first := range s.Current().OAuthTokensOf("ann", "") {
		want(t, "first of a walk that is cut short", first.ID, "1")
		break
	}
}

func TestNoOwnersNameEndsWithinAnother(t *testing.T) {
	for _, other := range []Owner{
		{Username: "ann\x00", Realm: "native"}, {Username: `ann"`, Realm: "native"}, {Username: `n"ann`, Realm: "nativ"},
	} {
		s := issued(t, pair("1", other))
		want(t, fmt.Sprintf("beside %q", other.Username), ids(s.Current().OAuthTokensOf("ann", "native")), "")
	}
}

func TestTheStateKnowsSinceWhenThereAreOAuthTokens(t *testing.T) {
	s := newStory(t)
	want(t, "before the first", s.Current().OAuthSince(), 0)
	first, second := pair("1", ann), pair("2", ann)
	first.Created, second.Created = 5, 6
	s.mustDo(&CreateOAuthToken{Token: first}, &CreateOAuthToken{Token: second},
		&PurgeExpired{Now: 24 * hour, OAuthTokens: []string{"1", "2"}})
	want(t, "when all are gone", s.Current().OAuthSince(), 5)
	s.restore(saved(t, s.Machine))
	want(t, "after a restore", s.Current().OAuthSince(), 5)
}

func TestARefreshSpendsTheTokenAndAddsItsSuccessor(t *testing.T) {
	s := issued(t, pair("1", ann))
	want(t, "refresh", s.do(refresh("1", hour)), OK)
	spent, successor := pair("1", ann), pair("1+", ann)
	spent.Refreshed, successor.Created = hour, hour
	wantOAuth(t, s, spent) // its access token lives on
	wantOAuth(t, s, successor)
	want(t, "refresh of the successor", s.do(refresh("1+", 2*hour)), OK)
}

func TestOfManyRefreshesOneWinsAndItsSuccessionIsKept(t *testing.T) {
	s := issued(t, pair("1", ann))
	s.mustDo(refresh("1", hour))
	for i := range int64(20) {
		late := refresh("1", hour+i)
		late.New.ID, late.Sealed = fmt.Sprint("late ", i), "another"
		want(t, "a late one", s.do(late), Refreshed)
	}
	want(t, "tokens", ids(s.Current().OAuthTokens()), "1 1+ ")
	kept, there := s.Current().Succession("1")
	if !there || *kept != (Succession{ID: "1", At: hour, Sealed: "sealed-1"}) {
		t.Errorf("the succession is %+v, found is %v", kept, there)
	}
}

func TestOneUseDoesNotHangOnTheMakersClock(t *testing.T) {
	s := issued(t, pair("1", ann))
	s.mustDo(refresh("1", 0))
	late := refresh("1", 0)
	late.New.ID = "late"
	want(t, "the second, by a clock that stands at zero", s.do(late), Refreshed)
}

func TestARefusedRefreshChangesNothing(t *testing.T) {
	invalid := pair("invalid", ann)
	invalid.RefreshInvalidatedBy = "r0"
	refused := func(id string, now int64, change func(*RefreshOAuthToken)) *RefreshOAuthToken {
		r := refresh(id, now)
		change(r)
		return r
	}
	for name, c := range map[string]struct {
		refresh *RefreshOAuthToken
		want    Code
	}{
		"an unknown id":     {refresh("none", 1), NotFound},
		"another secret":    {refused("1", 1, func(r *RefreshOAuthToken) { r.Refresh = "guess" }), NotFound},
		"no refresh token":  {refused("single", 1, func(r *RefreshOAuthToken) { r.Refresh = "" }), NotFound},
		"at its end":        {refresh("1", 24*hour), Expired},
		"invalidated":       {refresh("invalid", 1), Invalidated},
		"another client":    {refused("1", 1, func(r *RefreshOAuthToken) { r.Client.Username = "spy" }), NotTheClient},
		"another realm":     {refused("1", 1, func(r *RefreshOAuthToken) { r.Client.Realm = "default_file" }), NotTheClient},
		"a successor's id":  {refused("1", 1, func(r *RefreshOAuthToken) { r.New.ID = "single" }), Exists},
		"its own successor": {refused("1", 1, func(r *RefreshOAuthToken) { r.New.ID = "1" }), Exists},
	} {
		t.Run(name, func(t *testing.T) {
			s := issued(t, pair("1", ann), single("single", ann), invalid)
			before := contentsOf(s.Current())
			want(t, "refresh", s.do(c.refresh), c.want)
			wantContents(t, contentsOf(s.Current()), before)
		})
	}
}

func TestARefreshTokenIsGoodUntilItsEnd(t *testing.T) {
	s := issued(t, pair("1", ann))
	want(t, "a millisecond before it", s.do(refresh("1", 24*hour-1)), OK)
}

func TestAnInvalidAccessTokenCanBeRefreshed(t *testing.T) {
	s := issued(t, pair("1", ann))
	s.mustDo(&InvalidateOAuthToken{ID: "1", Access: "access-1", By: "r1"})
	want(t, "refresh", s.do(refresh("1", 1)), OK)
}

func TestAnOAuthTokenThatWasReadStaysAsItWasRead(t *testing.T) {
	s := issued(t, pair("1", ann))
	read, _ := s.Current().OAuthToken("1")
	s.mustDo(&InvalidateOAuthTokens{Realm: "native", By: "r0", Now: 24 * hour}, refresh("1", 1),
		&InvalidateOAuthTokens{Realm: "native", By: "r1", Now: 1},
		&InvalidateOAuthToken{ID: "1", Refresh: "refresh-1", By: "r2"})
	if !reflect.DeepEqual(*read, pair("1", ann)) {
		t.Errorf("the record became %+v", *read)
	}
}
