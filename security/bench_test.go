package security

import (
	"context"
	"testing"

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
