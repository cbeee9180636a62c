package fsm

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
)

// A snapshot is text: a first line that names the format and its version, one
// JSON object a line for each record, and a last line with the SHA-256 of
// everything before it. `head` and `jq` can read it; nothing but equal states
// gives equal bytes.
const (
	snapshotHeader = "jeton-snapshot 1\n"
	// maxLine bounds one record, in bytes. What was written must be readable: a
	// record holds text of three entries at most (a token, its secret, the secret
	// before), and a byte of an entry can become six ("<" becomes "\u003c").
	maxLine = 20 * MaxEntry
)

// line is one record of a snapshot; exactly one field is set.
type line struct {
	Meta         *meta         `json:"meta,omitempty"`
	Cluster      *Cluster      `json:"cluster,omitempty"`
	CA           *CA           `json:"ca,omitempty"`
	User         *User         `json:"user,omitempty"`
	Member       *Member       `json:"member,omitempty"`
	Removed      *string       `json:"removed_member,omitempty"`
	JoinToken    *JoinToken    `json:"join_token,omitempty"`
	ServiceToken *ServiceToken `json:"service_token,omitempty"`

	Role                 *Role                 `json:"role,omitempty"`
	ApplicationPrivilege *ApplicationPrivilege `json:"application_privilege,omitempty"`
	ServiceAccount       *ServiceAccount       `json:"service_account,omitempty"`
	OAuthSince           int64                 `json:"oauth_since,omitempty"`
	OAuthToken           *OAuthToken           `json:"oauth_token,omitempty"`
	Succession           *Succession           `json:"succession,omitempty"`
	Settings             *Settings             `json:"settings,omitempty"`
	Level                int                   `json:"level,omitempty"`
	Replica              *string               `json:"replica,omitempty"` // id of a member
	Autopilot            *AutopilotSettings    `json:"autopilot,omitempty"`
	CARotation           *CARotation           `json:"ca_rotation,omitempty"`

	Restored *Restored   `json:"restored,omitempty"`
	Stage    *stageMeta  `json:"stage,omitempty"`
	Staged   *Restorable `json:"staged,omitempty"` // behind the Stage that it is of

	Outcome *Outcome `json:"outcome,omitempty"`
	SHA256  string   `json:"sha256,omitempty"`
}

type meta struct {
	Index   uint64 `json:"index"`
	Horizon uint64 `json:"horizon"`
}

type snapshot struct {
	state    *State
	outcomes []Outcome
	horizon  uint64
}

// WriteTo implements io.WriterTo.
func (s *snapshot) WriteTo(w io.Writer) (int64, error) {
	out := newLineWriter(w)
	out.text(snapshotHeader)
	out.line(line{Meta: &meta{Index: s.state.index, Horizon: s.horizon}})
	if s.state.cluster != nil {
		out.line(line{Cluster: s.state.cluster})
	}
	if s.state.ca != nil {
		out.line(line{CA: s.state.ca})
	}
	writeAll(out, s.state.users, func(r *User) line { return line{User: r} })
	writeAll(out, s.state.members, func(r *Member) line { return line{Member: r} })
	writeAll(out, s.state.removed, func(r *string) line { return line{Removed: r} })
	writeAll(out, s.state.joinTokens, func(r *JoinToken) line { return line{JoinToken: r} })
	writeAll(out, s.state.tokens, func(r *ServiceToken) line { return line{ServiceToken: r} })
	writeAll(out, s.state.roles, func(r *Role) line { return line{Role: r} })
	writeAll(out, s.state.privileges, func(r *ApplicationPrivilege) line { return line{ApplicationPrivilege: r} })
	writeAll(out, s.state.serviceAccounts, func(r *ServiceAccount) line { return line{ServiceAccount: r} })
	if s.state.oauthSince != 0 {
		out.line(line{OAuthSince: s.state.oauthSince})
	}
	writeAll(out, s.state.oauthTokens, func(r *OAuthToken) line { return line{OAuthToken: r} })
	writeAll(out, s.state.successions, func(r *Succession) line { return line{Succession: r} })
	if s.state.settings != nil {
		out.line(line{Settings: s.state.settings})
	}
	if s.state.level != 0 {
		out.line(line{Level: s.state.level})
	}
	writeAll(out, s.state.replicas, func(r *string) line { return line{Replica: r} })
	if s.state.autopilot != nil {
		out.line(line{Autopilot: s.state.autopilot})
	}
	if s.state.rotation != nil {
		out.line(line{CARotation: s.state.rotation})
	}
	s.state.writeRestore(out)
	for i := range s.outcomes {
		out.line(line{Outcome: &s.outcomes[i]})
	}
	return out.finish()
}

func writeAll[T any](out *lineWriter, t *tree[T], wrap func(*T) line) {
	for r := range walk(t, "") {
		out.line(wrap(r))
	}
}

// lineWriter writes and digests lines; after an error it does nothing more.
type lineWriter struct {
	buf    *bufio.Writer
	digest hash.Hash
	n      int64
	err    error
}

func newLineWriter(w io.Writer) *lineWriter {
	return &lineWriter{buf: bufio.NewWriterSize(w, 64<<10), digest: sha256.New()}
}

func (w *lineWriter) text(s string) { w.bytes([]byte(s)) }

func (w *lineWriter) bytes(b []byte) {
	if w.err != nil {
		return
	}
	w.digest.Write(b)
	n, err := w.buf.Write(b)
	w.n, w.err = w.n+int64(n), err
}

func (w *lineWriter) line(l line) {
	data, err := json.Marshal(l)
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("snapshot: %w", err)
	}
	w.bytes(append(data, '\n'))
}

func (w *lineWriter) finish() (int64, error) {
	w.text(seal(w.digest))
	if w.err == nil {
		w.err = w.buf.Flush()
	}
	return w.n, w.err
}

// seal is the last line. It is compared as it stands: JSON reads "Sha256" as
// "sha256", and a damaged file must not pass for a whole one.
func seal(digest hash.Hash) string { return fmt.Sprintf("{\"sha256\":\"%x\"}\n", digest.Sum(nil)) }

// readSnapshot reads what WriteTo wrote. Its errors wrap ErrUnreadable,
// or are the reader's own.
func readSnapshot(r io.Reader) (*State, *memory, error) {
	state, memory := newState(), newMemory()
	in := bufio.NewReaderSize(r, 64<<10)
	digest := sha256.New()
	header := make([]byte, len(snapshotHeader))
	if _, err := io.ReadFull(in, header); err != nil {
		return nil, nil, readError(err)
	}
	if string(header) != snapshotHeader {
		return nil, nil, fmt.Errorf("%w: it does not begin with %q", errSnapshot, snapshotHeader)
	}
	digest.Write(header)
	for {
		raw, err := readLine(in)
		if err != nil {
			return nil, nil, err
		}
		var l line
		if err := decodeStrict(raw, &l); err != nil {
			return nil, nil, fmt.Errorf("%w: %w", errSnapshot, err)
		}
		if l.SHA256 != "" {
			return state, memory, checkEnd(in, raw, digest)
		}
		digest.Write(raw)
		if err := l.into(state, memory); err != nil {
			return nil, nil, err
		}
	}
}

func checkEnd(in *bufio.Reader, last []byte, digest hash.Hash) error {
	if string(last) != seal(digest) {
		return fmt.Errorf("%w: its checksum is wrong; the file is damaged", errSnapshot)
	}
	switch _, err := in.ReadByte(); {
	case err == nil:
		return fmt.Errorf("%w: data after its end", errSnapshot)
	case !errors.Is(err, io.EOF):
		return readError(err)
	}
	return nil
}

var errSnapshot = fmt.Errorf("%w: snapshot", ErrUnreadable)

// readLine returns the next line with its line feed.
func readLine(in *bufio.Reader) ([]byte, error) {
	var whole []byte
	for {
		part, err := in.ReadSlice('\n')
		if whole = append(whole, part...); len(whole) > maxLine {
			return nil, fmt.Errorf("%w: a line of more than %d bytes", errSnapshot, maxLine)
		}
		switch {
		case err == nil:
			return whole, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, readError(err)
		}
	}
}

// readError tells a snapshot that is too short from a reader that failed.
func readError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends early", errSnapshot)
	}
	return fmt.Errorf("snapshot: %w", err)
}

func (l line) into(s *State, m *memory) error {
	switch {
	case l.Meta != nil:
		s.index, m.horizon = l.Meta.Index, l.Meta.Horizon
	case l.Cluster != nil:
		s.cluster = l.Cluster
	case l.CA != nil:
		s.ca = l.CA
	case l.User != nil:
		s.users = put(s.users, l.User.Name, l.User)
	case l.Member != nil:
		s.members = put(s.members, l.Member.ID, l.Member)
	case l.Removed != nil:
		s.removed = put(s.removed, *l.Removed, l.Removed)
	case l.JoinToken != nil:
		s.joinTokens = put(s.joinTokens, l.JoinToken.ID, l.JoinToken)
	case l.ServiceToken != nil:
		s.tokens = put(s.tokens, tokenKey(l.ServiceToken.Account, l.ServiceToken.Name), l.ServiceToken)
	case l.Role != nil:
		s.roles = put(s.roles, l.Role.Name, l.Role)
	case l.ApplicationPrivilege != nil:
		s.privileges = put(s.privileges, privilegeKey(l.ApplicationPrivilege.Application, l.ApplicationPrivilege.Name), l.ApplicationPrivilege)
	case l.ServiceAccount != nil:
		s.serviceAccounts = put(s.serviceAccounts, l.ServiceAccount.Name, l.ServiceAccount)
	case l.OAuthSince != 0:
		s.oauthSince = l.OAuthSince
	case l.OAuthToken != nil:
		s.putOAuthToken(l.OAuthToken)
	case l.Succession != nil:
		s.successions = put(s.successions, l.Succession.ID, l.Succession)
	case l.Settings != nil:
		s.settings = l.Settings
	case l.Level != 0:
		s.level = l.Level
	case l.Replica != nil:
		s.replicas = put(s.replicas, *l.Replica, l.Replica)
	case l.Autopilot != nil:
		s.autopilot = l.Autopilot
	case l.CARotation != nil:
		s.rotation = l.CARotation
	case l.Restored != nil:
		s.restored = l.Restored
	case l.Stage != nil:
		s.stage = &stage{stageMeta: *l.Stage, records: newState()}
	case l.Staged != nil && s.stage != nil:
		return l.Staged.into(s.stage.records)
	case l.Outcome != nil && len(m.order) < Remembered:
		m.put(*l.Outcome)
	default:
		return fmt.Errorf("%w: a record of a kind that this release does not know; run a newer release", errSnapshot)
	}
	return nil
}

var _ io.WriterTo = (*snapshot)(nil)
