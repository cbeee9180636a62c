package cluster

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
)

// JoinSecret is what the nodes of a cluster were all given, in the only form that
// leaves the settings: a key that was stretched from it and is good for one
// cluster.name. It is never sent.
type JoinSecret struct{ key []byte }

// stretching is how many rounds of PBKDF2 a start costs, and each guess of one
// who has seen a proof: 0.1 to 0.2 s.
const stretching = 600_000

// NewJoinSecret stretches the secret's text. It takes 0.1 to 0.2 s.
func NewJoinSecret(text, clusterName string) (*JoinSecret, error) {
	return stretch(text, clusterName, stretching)
}

func stretch(text, clusterName string, rounds int) (*JoinSecret, error) {
	key, err := pbkdf2.Key(sha256.New, text, []byte(protoForm+"\x00"+clusterName), rounds, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("stretch the join secret: %w", err)
	}
	return &JoinSecret{key}, nil
}

// LogValue implements slog.LogValuer; the key is left out.
func (JoinSecret) LogValue() slog.Value { return slog.StringValue("join secret") }

// Format implements fmt.Formatter for every verb; the key is left out.
func (JoinSecret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "join secret") }

// The roles' labels: a proof that is sent back proves nothing.
const (
	roleCaller   = "caller"
	roleAnswerer = "answerer"
)

const (
	nonceSize = 32
	proofSize = sha256.Size
)

// errUnproven: whoever is at the other end has not shown that it has the secret.
var errUnproven = errors.New("cluster: the other side did not prove the join secret")

// proof is an HMAC over the role, the TLS session and both nonces. The session's
// exporter is what two sessions do not share, so one in the middle has nothing to
// pass on.
func (s *JoinSecret) proof(role string, session tls.ConnectionState, caller, answerer []byte) ([]byte, error) {
	exported, err := session.ExportKeyingMaterial("EXPORTER-"+protoForm, nil, sha256.Size)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, s.key)
	for _, part := range [][]byte{[]byte(role + "\x00"), exported, caller, answerer} {
		mac.Write(part)
	}
	return mac.Sum(nil), nil
}

// prove is the caller's side: it shows its proof first, so that one who only
// knocks at a node is given nothing to try guesses on.
func (s *JoinSecret) prove(ctx context.Context, conn *tls.Conn) error {
	defer boundTo(ctx, conn)()
	mine := make([]byte, nonceSize)
	_, _ = rand.Read(mine)
	if _, err := conn.Write(mine); err != nil {
		return err
	}
	theirs := make([]byte, nonceSize)
	if _, err := io.ReadFull(conn, theirs); err != nil {
		return err
	}
	proof, err := s.proof(roleCaller, conn.ConnectionState(), mine, theirs)
	if err != nil {
		return err
	}
	if _, err := conn.Write(proof); err != nil {
		return err
	}
	err = s.expect(roleAnswerer, conn, mine, theirs)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it hung up on this node's proof; are cluster.join_secret and cluster.name the same there, and is nothing between that ends TLS?", errUnproven)
	}
	return err
}

// answer is the other side of prove.
func (s *JoinSecret) answer(ctx context.Context, conn *tls.Conn) error {
	defer boundTo(ctx, conn)()
	theirs := make([]byte, nonceSize)
	if _, err := io.ReadFull(conn, theirs); err != nil {
		return err
	}
	mine := make([]byte, nonceSize)
	_, _ = rand.Read(mine)
	if _, err := conn.Write(mine); err != nil {
		return err
	}
	if err := s.expect(roleCaller, conn, theirs, mine); err != nil {
		return err
	}
	proof, err := s.proof(roleAnswerer, conn.ConnectionState(), theirs, mine)
	if err != nil {
		return err
	}
	_, err = conn.Write(proof)
	return err
}

// expect reads the other side's proof and compares it in constant time.
func (s *JoinSecret) expect(role string, conn *tls.Conn, caller, answerer []byte) error {
	got := make([]byte, proofSize)
	if _, err := io.ReadFull(conn, got); err != nil {
		return err
	}
	want, err := s.proof(role, conn.ConnectionState(), caller, answerer)
	if err != nil {
		return err
	}
	if !hmac.Equal(got, want) {
		return errUnproven
	}
	return nil
}

// boundTo breaks the connection off when ctx ends before the returned function is
// called.
func boundTo(ctx context.Context, conn net.Conn) func() bool {
	return context.AfterFunc(ctx, func() { _ = conn.Close() })
}
