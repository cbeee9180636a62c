package token

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// The layout of an OAuth token before its base64: a version, a kind, an id and
// a secret. The version is no zero byte, so that no OAuth token is ever taken
// for a service account token: see bearerMagic.
const (
	oauthVersion = 1

	oauthTimeSize   = 6 // Unix milliseconds, big-endian
	oauthIDSize     = 16
	oauthSecretSize = 24
	oauthHeaderSize = 2 // version and kind
	oauthSize       = oauthHeaderSize + oauthIDSize + oauthSecretSize
)

// OAuthKind tells access tokens and refresh tokens apart.
type OAuthKind byte

// The kinds of OAuth tokens.
const (
	AccessToken  OAuthKind = 1
	RefreshToken OAuthKind = 2
)

// OAuth is what an OAuth token's text tells about it. Whoever presents one can
// have made it up, but for what its hash proves.
type OAuth struct {
	// ID is shared by the two tokens of a pair: 32 hexadecimal digits in lower
	// case. The order of ids is that of their times.
	ID   string
	Kind OAuthKind
	Made time.Time // to the millisecond
}

// Pair is an access token and the refresh token that is given out with it.
type Pair struct {
	ID              string
	Access, Refresh Secret
}

// NewPair makes a pair of tokens with secrets of 192 bits each.
func NewPair(now time.Time) Pair {
	id := binary.BigEndian.AppendUint64(nil, uint64(max(0, now.UnixMilli())))
	id = append(id[8-oauthTimeSize:], random(oauthIDSize-oauthTimeSize)...)
	return Pair{ID: hex.EncodeToString(id), Access: newOAuth(AccessToken, id), Refresh: newOAuth(RefreshToken, id)}
}

func newOAuth(kind OAuthKind, id []byte) Secret {
	raw := bytes.Join([][]byte{{oauthVersion, byte(kind)}, id, random(oauthSecretSize)}, nil)
	return SecretFrom(base64.StdEncoding.EncodeToString(raw))
}

// ParseOAuth reads the text of a token of NewPair: padded base64 of the standard
// alphabet. Anything else is false. Each token has one text.
func ParseOAuth(text Secret) (OAuth, bool) {
	if len(text.Reveal()) != base64.StdEncoding.EncodedLen(oauthSize) {
		return OAuth{}, false
	}
	raw, err := decodeBase64(base64.StdEncoding, text.Reveal())
	if err != nil || len(raw) != oauthSize || raw[0] != oauthVersion {
		return OAuth{}, false
	}
	kind, id := OAuthKind(raw[1]), raw[oauthHeaderSize:][:oauthIDSize]
	if kind != AccessToken && kind != RefreshToken {
		return OAuth{}, false
	}
	milli := binary.BigEndian.Uint64(append(make([]byte, 8-oauthTimeSize), id[:oauthTimeSize]...))
	return OAuth{ID: hex.EncodeToString(id), Kind: kind, Made: time.UnixMilli(int64(milli))}, true
}

// HashOAuth returns what is stored of a token: the SHA-256 of its text,
// hexadecimal. No salt is needed, because no two tokens are the same and nobody
// can search 192 bits; without one the hash is the same wherever it is made.
func HashOAuth(text Secret) string {
	sum := sha256.Sum256([]byte(text.Reveal()))
	return hex.EncodeToString(sum[:])
}
