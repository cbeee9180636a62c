package security

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// Every story is looked through for its secrets when it ends: see world. This
// one has everything in it that holds a secret, and looks at what is printed,
// too.
func TestNothingSecretIsLoggedOrPrinted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.node(fileLine(w, "on-file", "the secret of the file"), fleet+"/a broken line "+w.secret("pasted into the file").Reveal())
	n.foundWith(w.secret("a password of the founder's"))
	b := n.create("token1")
	j := n.joinToken(time.Hour)

	var told []any
	for _, header := range []string{
		basic(ReservedUser, "a password of the founder's"),
		basic("bob", w.secret("a password of bob's").Reveal()),
		basic(ReservedUser, w.secret("a wrong password").Reveal()),
		bearer(fleet, "on-file", "the secret of the file"),
		bearer(fleet, "on-file", w.secret("a wrong secret").Reveal()),
		presented(b),
		bearer(fleet, "token1", w.secret("another wrong secret").Reveal()),
		"Bearer " + w.secret("not-base64!").Reveal(),
		"ApiKey " + w.secret("bm90LWEta2V5").Reveal(),
		"Basic " + w.secret("not:encoded").Reveal(),
	} {
		w.secret(header)
		who, err := n.Authenticate(t.Context(), header, "")
		told = append(told, who, err)
	}
	bob := w.bob("a password for bob's use", "superuser")
	_, err := n.PutUser(t.Context(), elastic, bob)
	told = append(told, bob, &bob, err, n.expectAccepted(basic("bob", "a password for bob's use")))
	_, err = n.PutUser(t.Context(), elastic, w.bob("brief"))
	told = append(told, err, n.ChangePassword(t.Context(), elastic, "unknown", w.clear("a password for nobody")))
	users, err := n.Users(t.Context(), elastic, nil)
	told = append(told, users, err)

	n.leader.failure = ErrNoLeader
	_, err = n.Authenticate(t.Context(), basic(ReservedUser, "a wrong password"), "")
	told = append(told, err)
	n.leader.failure = nil

	told = append(told,
		n.admit(joinToken{j.id, w.secret("a wrong join secret")}, newcomer("id-9", "node-9")),
		n.admit(j, newcomer("id-9", "node-9")),
		n.admit(j, newcomer("id-10", "node-10")),
		n.RemoveNode(t.Context(), elastic, "node-0"),
		Founding{Password: w.secret("a password of the founder's"), CA: *n.state.Current().CA()},
	)
	credentials, err := n.Credentials(t.Context(), elastic, "elastic", "fleet-server", true)
	told = append(told, credentials, err)
	_, err = n.CreateServiceToken(t.Context(), elastic, "elastic", "fleet-server", "token1", TokenOptions{})
	told = append(told, err)

	logger := slog.New(slog.NewJSONHandler(w, nil))
	for _, value := range told {
		_, _ = fmt.Fprintf(w, "%v %+v %#v\n", value, value, value)
		if err, ok := value.(error); ok {
			logger.Info("told", "error", err)
		}
	}
	w.expectLogged("removing a node", `"line":2`, "unable to authenticate user [bob]", "each node needs its own")
}

// expectLogged checks that the world's ear is not deaf.
func (w *world) expectLogged(texts ...string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, text := range texts {
		if !strings.Contains(w.logged.String(), text) {
			w.t.Errorf("%q was not logged", text)
		}
	}
}

// FuzzAuthenticate: no header makes a stranger somebody, and every refusal is a
// documented one.
func FuzzAuthenticate(f *testing.F) {
	for _, header := range []string{
		"", " ", "Basic", "Basic ", "Bearer ", "bearer x", "ApiKey aWQ6a2V5", "Digest x=y",
		basic("elastic", "changeme"), basic("", ""), basic("elastic:", ":"), basic("\x00", "\xff"),
		bearer(fleet, "token1", "supersecret"), bearer(fleet, "token1", "short"), bearer("elastic/kibana", "on-file", "a wrong secret"),
		bearer(fleet, "on-file", "a wrong secret"), "Bearer AAEAAWVsYXN0aWMvZmxlZXQvdG9rZW4hOnN1cGVyc2VjcmV0",
	} {
		f.Add(header)
	}
	w := newWorld(f)
	n := w.node(fileLine(w, "on-file", "the secret of the file"))
	n.found()
	n.create("token1")
	f.Fuzz(func(t *testing.T, header string) {
		err := n.withoutHashing(header) // a fuzzer has no time for slow hashes
		var refused *AuthenticationError
		if !errors.As(err, &refused) && !errors.Is(err, ErrOverloaded) {
			t.Errorf("%q: %v", header, err)
		}
		if refused != nil && refused.Error() == "" {
			t.Errorf("%q is refused without a word", header)
		}
	})
}
