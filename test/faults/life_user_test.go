//go:build linux

package faults

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"jeton/internal/history"
)

// login is a user with one password; the pair is what is made and taken away.
func (t *traffic) login(user, password string) credential {
	return credential{Op: history.Op{Key: user + ":" + password}, user: user, password: password}
}

// step is a change to what credentials are good: it may make some, and take some
// away.
type step struct {
	r            request
	makes, takes []credential
}

// attempt sends the step's request once, to any node, if the era goes on; else it
// is false.
func (t *traffic) attempt(client string, era int, s step) (history.Outcome, bool) {
	s.r.node = t.any()
	var calls []*history.Call
	begin := func(kind history.Kind, all []credential) {
		for _, c := range all {
			op := history.Op{Kind: kind, Key: c.Key, Name: c.Name, Client: client, Node: s.r.node.name}
			calls = append(calls, t.recorder.Begin(op))
		}
	}
	if !t.eras.within(era, func() {
		begin(history.Create, s.makes)
		begin(history.Delete, s.takes)
	}) {
		return history.CannotKnow, false
	}
	a := s.r.send(context.Background())
	outcome := t.judge(s.r, a)
	for _, c := range calls {
		c.Finish(outcome)
	}
	switch {
	case outcome == history.Refused:
		t.refusedElastic(s.r, a)
	case outcome == history.NotFound && t.eras.sure(era):
		t.note(fmt.Sprintf("what a client has made was not found: %s %s", s.r.method, s.r.path))
	}
	return outcome, true
}

// take repeats a step until it is known what became of it, and shows that to all
// nodes. It is false when nobody can say what is now, and once a restore has begun.
func (t *traffic) take(client string, era int, s step) bool {
	for t.ctx.Err() == nil {
		outcome, same := t.attempt(client, era, s)
		if !same {
			return false
		}
		switch outcome {
		case history.OK:
			for _, c := range append(s.makes, s.takes...) {
				t.everywhere(client, c)
				t.recent.add(c)
			}
			t.rest(300 * time.Millisecond)
			return true
		case history.CannotKnow: // nothing has happened
			t.rest(200 * time.Millisecond)
		default:
			return false
		}
	}
	return false
}

// live takes one step after the other, as far as it gets.
func (t *traffic) live(client string, steps ...step) {
	era := t.eras.current()
	for _, s := range steps {
		if !t.take(client, era, s) {
			return
		}
	}
}

func put(path string, body any) request {
	return request{method: http.MethodPut, path: path, body: body}
}

// userLife makes a user, changes the password, disables, enables and deletes.
func (t *traffic) userLife(client string, n int) {
	name := fmt.Sprintf("%s-%d", client, n)
	path := "/_security/user/" + name
	first, second := t.login(name, "first-password"), t.login(name, "second-password")
	t.live(client,
		step{put(path, newUser(first)), []credential{first}, nil},
		step{put(path+"/_password", map[string]any{"password": second.password}), []credential{second}, []credential{first}},
		step{put(path+"/_disable", nil), nil, []credential{second}},
		step{put(path+"/_enable", nil), []credential{second}, nil},
		step{request{method: http.MethodDelete, path: path}, nil, []credential{second}},
	)
}

func newUser(c credential, roles ...string) map[string]any {
	return map[string]any{"password": c.password, "roles": append([]string{}, roles...)}
}

// mayDo ends the key of what a role lets its user do.
const mayDo = " may"

// roleLife makes a role that grants something, takes that out of it and puts it
// back, and takes the role from its user. What is made and taken away is that
// the user may do it.
func (t *traffic) roleLife(client string, n int) {
	name := fmt.Sprintf("%s-%d", client, n)
	role, user := "/_security/role/"+name, "/_security/user/"+name
	who := t.login(name, "first-password")
	may := who
	may.Key, may.action = name+mayDo, "/_security/service"
	grants := func(privileges ...string) map[string]any {
		return map[string]any{"cluster": append([]string{}, privileges...)}
	}
	t.live(client,
		step{put(role, grants()), nil, nil},
		step{put(user, newUser(who, name)), []credential{who}, nil},
		step{put(role, grants("manage_service_account")), []credential{may}, nil},
		step{put(role, grants("monitor")), nil, []credential{may}},
		step{put(role, grants("manage_security")), []credential{may}, nil},
		step{put(user, newUser(who)), []credential{who}, []credential{may}}, // and the same password again
		step{request{method: http.MethodDelete, path: role}, nil, nil},
		step{request{method: http.MethodDelete, path: user}, nil, []credential{who}},
	)
}
