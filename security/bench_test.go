package security

import (
	"context"
	"log/slog"
	"testing"

	"jeton/security/audit"
	"jeton/security/token"
)

// Authenticate alone: the round with the leader is a call that returns at once.
func BenchmarkAuthenticate(b *testing.B) {
	w := newWorld(b)
	n := w.node(fileLine(w, "on-file", "the secret of the file"))
	n.found()
	created := n.create("token1")
	for _, c := range []struct {
		name, header string
		accepted     bool
	}{
		{"index", presented(created), true},
		{"file", bearer(fleet, "on-file", "the secret of the file"), true},
		{"password", basic(ReservedUser, password), true},
		{"miss", bearer(fleet, "token2", "a wrong secret"), false},
		{"unknown-account", bearer("elastic/foo", "token1", "a wrong secret"), false},
	} {
		check := func(b *testing.B) {
			if _, err := n.Authenticate(context.Background(), c.header, ""); (err == nil) != c.accepted {
				b.Fatal(err)
			}
		}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			check(b) // proves the secret
			for b.Loop() {
				check(b)
			}
		})
		b.Run(c.name+"/parallel", func(b *testing.B) {
			b.ReportAllocs()
			check(b)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					check(b)
				}
			})
		})
	}
}

// What a secret costs that nobody has proven.
func BenchmarkSlowHash(b *testing.B) {
	for _, name := range []string{"bcrypt", "pbkdf2_stretch"} {
		b.Run(name, func(b *testing.B) {
			algorithm, err := token.ParseAlgorithm(name)
			if err != nil {
				b.Fatal(err)
			}
			h, err := algorithm.Hash(token.SecretFrom("right"))
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				h.Verify(token.SecretFrom("wrong"))
			}
		})
	}
}

// BenchmarkCreateServiceToken is what a create costs besides its way through
// the log.
func BenchmarkCreateServiceToken(b *testing.B) {
	n := newWorld(b).node()
	n.found()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := n.CreateServiceToken(b.Context(), elastic, "elastic", "fleet-server", "", TokenOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

// What it costs to tell of a decision: nothing where nobody keeps it.
func BenchmarkAudit(b *testing.B) {
	for _, c := range []struct {
		name  string
		names []string
		off   bool
	}{{"off", nil, true}, {"default", audit.DefaultInclude(), false}, {"all", []string{"_all"}, false}} {
		b.Run(c.name, func(b *testing.B) {
			n := oneNode(b)
			header := presented(n.create("token1"))
			if !c.off {
				n.Service.auditor = openedAudit(b, c.names)
			}
			b.ReportAllocs()
			for b.Loop() {
				ctx := WithRequest(context.Background(), &Request{ID: "r1", Address: "127.0.0.1:5000", Method: "GET"})
				who, err := n.Authenticate(ctx, header, "")
				if err != nil {
					b.Fatal(err)
				}
				if _, err := n.WhoAmI(ctx, who); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func openedAudit(b *testing.B, names []string) *audit.Log {
	b.Helper()
	kinds, err := audit.ParseKinds(names)
	if err != nil {
		b.Fatal(err)
	}
	l, err := audit.Open(audit.Options{
		Dir: b.TempDir(), Name: "jeton_audit", Kinds: kinds, MaxSize: 100 << 20, MaxFiles: 3, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := l.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})
	return l
}
