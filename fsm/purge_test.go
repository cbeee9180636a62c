package fsm

import "testing"

func TestAPurgeDropsTheOAuthTokensWhoseTimeIsOver(t *testing.T) {
	s := issued(t, pair("1", ann), pair("2", ann), single("3", ann))
	all := []string{"1", "2", "3", "none"}
	s.mustDo(&PurgeExpired{Now: hour / 3, OAuthTokens: all})
	want(t, "left when the single one is over", ids(s.Current().OAuthTokens()), "1 2 ")
	wantIndexed(t, s.Current())
	s.mustDo(&PurgeExpired{Now: 24*hour - 1, OAuthTokens: all})
	want(t, "left a millisecond before the end", ids(s.Current().OAuthTokens()), "1 2 ")
	s.mustDo(&PurgeExpired{Now: 24 * hour, OAuthTokens: []string{"1"}})
	want(t, "left of two that are over, one of them named", ids(s.Current().OAuthTokens()), "2 ")
	wantIndexed(t, s.Current())
}

func TestAPurgeDropsTheSuccessionsWhoseWindowIsOver(t *testing.T) {
	s := issued(t, pair("1", ann), pair("2", ann))
	s.mustDo(refresh("1", 100), refresh("2", 200))
	left := func() (list string) {
		for n := range s.Current().Successions() {
			list += n.ID + " "
		}
		return list
	}
	both := []string{"1", "2", "none"}
	s.mustDo(&PurgeExpired{Now: 24 * hour, Successions: both, SuccessionsBefore: 100})
	want(t, "left", left(), "1 2 ")
	s.mustDo(&PurgeExpired{Now: 24 * hour, Successions: both, SuccessionsBefore: 101})
	want(t, "left", left(), "2 ")
	want(t, "tokens", ids(s.Current().OAuthTokens()), "1 1+ 2 2+ ")
	want(t, "a late refresh", s.do(refresh("1", 300)), Refreshed)
}

func TestAPurgeDropsTheServiceTokensThatExpiredLongAgo(t *testing.T) {
	s := newStory(t)
	var all []TokenKey
	for name, expires := range map[string]int64{"forever": 0, "later": 2 * hour, "over": hour} {
		expiring := token(fleet, name)
		expiring.Expires = expires
		s.mustDo(&CreateServiceToken{Token: expiring})
		all = append(all, TokenKey{Account: fleet, Name: name})
	}
	s.mustDo(&PurgeExpired{Now: 9 * hour, ServiceTokens: all, ServiceTokensBefore: hour})
	wantNames(t, s.Current(), fleet, "forever", "later", "over")
	s.mustDo(&PurgeExpired{Now: 9 * hour, ServiceTokens: append(all, TokenKey{Account: fleet, Name: "none"}), ServiceTokensBefore: hour + 1})
	wantNames(t, s.Current(), fleet, "forever", "later")
}

// A leader's purge is on its way while the name is taken by another token.
func TestAPurgeSparesATokenThatWasCreatedAnew(t *testing.T) {
	s := newStory(t)
	over, anew := token(fleet, "t1"), token(fleet, "t1")
	over.Expires, anew.Expires = hour, 20*hour
	s.mustDo(&CreateServiceToken{Token: over}, &DeleteServiceToken{Account: fleet, Name: "t1"}, &CreateServiceToken{Token: anew},
		&PurgeExpired{Now: 9 * hour, ServiceTokens: []TokenKey{{Account: fleet, Name: "t1"}}, ServiceTokensBefore: 8 * hour})
	wantToken(t, s, anew)
}
