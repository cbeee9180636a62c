package fsm

import "testing"

// invalidatedBy counts as the maker does: each half of a pair for itself.
func invalidatedBy(s *State, request string) int {
	n := 0
	for t := range s.OAuthTokens() {
		if t.AccessInvalidatedBy == request {
			n++
		}
		if t.RefreshInvalidatedBy == request {
			n++
		}
	}
	return n
}

func TestEachHalfOfAPairIsInvalidatedForItself(t *testing.T) {
	s := issued(t, pair("1", ann), pair("2", ann))
	want(t, "access", s.do(&InvalidateOAuthToken{ID: "1", Access: "access-1", By: "r1"}), OK)
	want(t, "refresh", s.do(&InvalidateOAuthToken{ID: "2", Refresh: "refresh-2", By: "r2"}), OK)
	first, second := pair("1", ann), pair("2", ann)
	first.AccessInvalidatedBy, second.RefreshInvalidatedBy = "r1", "r2"
	wantOAuth(t, s, first)
	wantOAuth(t, s, second)
}

func TestATokenIsInvalidatedByOneRequest(t *testing.T) {
	for what, token := range map[string]InvalidateOAuthToken{
		"access": {ID: "1", Access: "access-1"}, "refresh": {ID: "1", Refresh: "refresh-1"},
	} {
		s := issued(t, pair("1", ann))
		by := func(request string) Code {
			invalidate := token
			invalidate.By = request
			return s.do(&invalidate)
		}
		want(t, what, by("r1"), OK)
		want(t, what+" by another request", by("r2"), Invalidated)
		want(t, what+" by the same request, asked again", by("r1"), OK)
		want(t, "invalidated by the first", invalidatedBy(s.Current(), "r1"), 1)
		want(t, "invalidated by the other", invalidatedBy(s.Current(), "r2"), 0)
	}
}

func TestWhatIsNoTokenIsNotInvalidated(t *testing.T) {
	s := issued(t, pair("1", ann), single("2", ann))
	before := contentsOf(s.Current())
	for what, c := range map[string]InvalidateOAuthToken{
		"an unknown id":                   {ID: "none", Access: "access-1"},
		"another access token":            {ID: "1", Access: "guess"},
		"another refresh token":           {ID: "1", Refresh: "guess"},
		"an access token as the other":    {ID: "1", Refresh: "access-1"},
		"nothing":                         {ID: "1"},
		"a refresh token that is not one": {ID: "2", Refresh: ""},
	} {
		c.By = "r1"
		want(t, what, s.do(&c), NotFound)
	}
	wantContents(t, contentsOf(s.Current()), before)
}

func TestAnOwnersTokensAreInvalidatedAndCounted(t *testing.T) {
	for _, c := range []struct {
		what, username, realm string
		want                  int
	}{
		{"a user of a realm", "ann", "native", 3},
		{"a user of any realm", "ann", "", 5},
		{"a realm", "", "native", 5},
		{"everybody", "", "", 7},
		{"a user without tokens", "bob", "native", 0},
		{"a realm without tokens", "", "ldap", 0},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := issued(t, pair("1", ann), single("2", ann), pair("3", anna), pair("4", file))
			s.mustDo(&InvalidateOAuthTokens{Username: c.username, Realm: c.realm, By: "r1", Now: 1})
			want(t, "invalidated", invalidatedBy(s.Current(), "r1"), c.want)
			wantIndexed(t, s.Current())
			s.mustDo(&InvalidateOAuthTokens{Username: c.username, Realm: c.realm, By: "r2", Now: 1})
			want(t, "invalidated by a second request", invalidatedBy(s.Current(), "r2"), 0)
			want(t, "counted by the first", invalidatedBy(s.Current(), "r1"), c.want)
		})
	}
}

func TestOnlyWhatIsStillGoodIsInvalidatedWithItsOwner(t *testing.T) {
	spent, invalid, half := pair("spent", ann), pair("invalid", ann), pair("half", ann)
	spent.Refreshed = 1
	invalid.AccessInvalidatedBy, invalid.RefreshInvalidatedBy = "r0", "r0"
	half.AccessInvalidatedBy = "r0"
	for _, c := range []struct {
		what  string
		token OAuthToken
		now   int64
		want  int
	}{
		{"a good pair, just before its access token's end", pair("1", ann), hour/3 - 1, 2},
		{"a pair at its access token's end", pair("1", ann), hour / 3, 1},
		{"a pair just before its end", pair("1", ann), 24*hour - 1, 1},
		{"a pair at its end", pair("1", ann), 24 * hour, 0},
		{"a single token at its end", single("1", ann), hour / 3, 0},
		{"a pair that was refreshed", spent, 1, 1},
		{"a pair that was invalidated", invalid, 1, 0},
		{"a pair of which one was invalidated", half, 1, 1},
	} {
		s := issued(t, c.token)
		s.mustDo(&InvalidateOAuthTokens{Username: "ann", By: "r1", Now: c.now})
		want(t, c.what, invalidatedBy(s.Current(), "r1"), c.want)
		if got, _ := s.Current().OAuthToken(c.token.ID); got.Refresh == "" && got.RefreshInvalidatedBy != "" {
			t.Errorf("%s: a refresh token that there is not was invalidated", c.what)
		}
	}
}

func TestARefreshAfterItsOwnersInvalidationIsRefused(t *testing.T) {
	s := issued(t, pair("1", ann))
	s.mustDo(&InvalidateOAuthTokens{Username: "ann", By: "r1", Now: 1})
	want(t, "refresh", s.do(refresh("1", 1)), Invalidated)
}

func TestAnInvalidationReachesTheSuccessorToo(t *testing.T) {
	s := issued(t, pair("1", ann))
	s.mustDo(refresh("1", 1), &InvalidateOAuthTokens{Username: "ann", By: "r1", Now: 1})
	want(t, "both access tokens and the unspent refresh token", invalidatedBy(s.Current(), "r1"), 3)
	want(t, "refresh of the successor", s.do(refresh("1+", 1)), Invalidated)
}
