package token_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"jeton/security/token"
)

// vectors are hashes that other programs made: Elasticsearch, its operator for
// Kubernetes, and common tools for bcrypt.
var vectors = []struct{ secret, hash string }{
	{"r5wdbdboQSe9vGOKwaJGAw", "{PBKDF2_STRETCH}10000$8QN+eThJEaCd18sCP0nfzxJq2D9yhmSZgI20TDooYcE=$+0ELfqW4D2+/SlHvm/885dzv67qO2SMJg32Mv/9epXk="},
	{"aI_0QLRfRyGBP1U60Sby2w", "{PBKDF2_STRETCH}10000$Pa3oNkj8xTD8j2gTgjWnTvnE6jseKApWMFjcNCLxX1U=$84ECweHFZQ2DblHEjHTRWA+fG6h5bVMyTSJUmFvTo1o="},
	{"5DjRC_XRSAql5Hlampyv7Q", "{PBKDF2}10000$0N2h5/AsDS5uO0/A+B6y8AnTCJ3Tqo8nygbzu1gkgpo=$5aTcCtteHf2g2ye7Y3p6jSZBoGhNJ7l6F3tmUhPTwRo="},
	{"wn0Xfx5IRHy2lOKScvfwrg", "{PBKDF2}50000$IMzlphNClmrP/du40yxGM3fNjklg8CuACds12+Ry0jM=$KEC1S9a0NOs3OJKM4gEeBboU18EP4+3m/pyIA4MBDGk="},
	{"XE90eAaoT1iW1W-vJf34qw", "$2a$10$uuCzGHRrEz/QMB/.bmL8qOKXHhPNt57dYBbWCH/Hbb3SjUyZ.Hf1i"},
	{"52ejXlazRBafLuzGM5hFcg", "$2a$10$ML0BUUxdzs8ApPNf1ayAwuh61ZhfqlzN/1DgZWZn6vNiUhpu1GKTe"},
	{"QO3DTXnJVaCIgGQY62tAdl0FVIMEAhXWXJr61uGCDaP1Hxa3OkpMIwNHy3Q1ImSv", "{PBKDF2_STRETCH}10000$p2YH/lyhXWlOgCbaiPGrArfChZYADB06Aoh9wAbuoPY=$AHRvi+YQK0TZ4kzvWhLiL5+Z1L+UQTVmz7PXndtSou0="},
	{"my-password", "$2b$12$0313KXrdhWp6HLREsKxW/OWJQCxy2uYprv44b8MBk6dOj3PY6WSFG"},
	{"changeme", "$2b$12$4bf6s1NIUhyA5FtLn1UrpuZTByjNCC7f0r5OFJP9ra8U2LtcpcK7C"},
	{"https://bcrypt-generator.com/", "$2a$06$aQVRp5ajsIn3fzx2MnXKy.KlhxFLHaCOh8jSElqCtmYFbRkmTy..C"},
	{"php", "$2y$10$flKBxak./o.7Hql0il/98ejdZyob67TmPhHbRy3qOnMtCBosAVSRy"},
	{"password", "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="},
	{"password", "{MD5}X03MO1qnZdYdgyfeuILPmQ=="},
}

func parseHash(t *testing.T, text string) token.Hash {
	t.Helper()
	h, err := token.ParseHash(text)
	if err != nil {
		t.Fatalf("%s: the hash %v", text, err)
	}
	return h
}

func TestHashesOfOtherProgramsVerify(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.hash[:12], func(t *testing.T) {
			t.Parallel() // some take seconds under the race detector
			h := parseHash(t, v.hash)
			if h.Text() != v.hash {
				t.Errorf("kept as %s", h.Text())
			}
			if !h.Verify(token.SecretFrom(v.secret)) {
				t.Error("the right secret is refused")
			}
			if h.Verify(token.SecretFrom(v.secret + "x")) {
				t.Error("a wrong secret is accepted")
			}
			if want := !strings.HasPrefix(v.hash, "{SHA}") && !strings.HasPrefix(v.hash, "{MD5}"); h.Slow() != want {
				t.Errorf("slow is %v", h.Slow())
			}
		})
	}
}

func TestTheZeroHashVerifiesNothing(t *testing.T) {
	if (token.Hash{}).Verify(token.Secret{}) || (token.Hash{}).Text() != "" {
		t.Error("the zero hash means something")
	}
}

func TestBcryptIgnoresWhatIsBehind72Bytes(t *testing.T) {
	bcrypt4, err := token.ParseAlgorithm("bcrypt4")
	if err != nil {
		t.Fatal(err)
	}
	base := strings.Repeat("x", 71)
	h, err := bcrypt4.Hash(token.SecretFrom(base + "yz"))
	if err != nil {
		t.Fatal(err)
	}
	if !h.Verify(token.SecretFrom(base+"y")) || !h.Verify(token.SecretFrom(base+"yanything")) || h.Verify(token.SecretFrom(base+"z")) {
		t.Error("the cut is elsewhere")
	}
}

func TestAFastHashIsAnSSHA256WithItsOwnSalt(t *testing.T) {
	secret := token.NewSecret()
	a, b := token.HashFast(secret), token.HashFast(secret)
	if a.Text() == b.Text() {
		t.Error("two hashes of a secret are equal: no salt")
	}
	if !strings.HasPrefix(a.Text(), "{SSHA256}") || len(a.Text()) != 9+12+44 || a.Slow() {
		t.Errorf("got a hash of %d bytes, slow %v", len(a.Text()), a.Slow())
	}
	h := parseHash(t, a.Text())
	if !h.Verify(secret) || h.Verify(token.NewSecret()) {
		t.Error("it does not tell the secret from another")
	}
}

func TestParseHashRefusesWhatItDoesNotFullyKnow(t *testing.T) {
	b64 := func(n int) string { return base64.StdEncoding.EncodeToString(make([]byte, n)) }
	bcrypt := vectors[4].hash
	for name, text := range map[string]string{
		"empty":                      "",
		"plain text":                 "hunter2hunter2",
		"marked plain text":          "{plain}an-open-secret-of-22-c",
		"unknown prefix":             "{SSHA512}" + b64(64),
		"lower-case prefix":          "{pbkdf2}10000$" + b64(32) + "$" + b64(32),
		"prefix without a brace":     "{SHA",
		"a blank before":             " {SHA}" + b64(20),
		"PBKDF2, strange cost":       "{PBKDF2}12345$" + b64(32) + "$" + b64(32),
		"PBKDF2, cost alone":         "{PBKDF2}12345$",
		"PBKDF2, cost with a zero":   "{PBKDF2}010000$" + b64(32) + "$" + b64(32),
		"PBKDF2, cost with a sign":   "{PBKDF2}+10000$" + b64(32) + "$" + b64(32),
		"PBKDF2, huge cost":          "{PBKDF2}99999999999999999999$" + b64(32) + "$" + b64(32),
		"PBKDF2, no key":             "{PBKDF2}10000$" + b64(32) + "$",
		"PBKDF2, one part more":      "{PBKDF2}10000$" + b64(32) + "$" + b64(32) + "$",
		"PBKDF2, key of 20 bytes":    "{PBKDF2}10000$" + b64(32) + "$" + b64(20),
		"PBKDF2, key of 80 bytes":    "{PBKDF2}10000$" + b64(32) + "$" + b64(80),
		"PBKDF2, salt of 7 bytes":    "{PBKDF2}10000$" + b64(7) + "$" + b64(32),
		"PBKDF2, salt of 129 bytes":  "{PBKDF2}10000$" + b64(129) + "$" + b64(32),
		"PBKDF2, unpadded":           "{PBKDF2}10000$" + strings.TrimRight(b64(32), "=") + "$" + b64(32),
		"PBKDF2, a line end inside":  "{PBKDF2}10000$" + b64(32) + "\n$" + b64(32),
		"PBKDF2, endless":            "{PBKDF2}10000$" + b64(3000) + "$" + b64(32),
		"stretched, strange cost":    "{PBKDF2_STRETCH}20000$" + b64(32) + "$" + b64(32),
		"bcrypt, cost 03":            "$2a$03" + bcrypt[6:],
		"bcrypt, cost 15":            "$2a$15" + bcrypt[6:],
		"bcrypt, cost with a sign":   "$2a$+9" + bcrypt[6:],
		"bcrypt, unknown minor":      "$2z$10" + bcrypt[6:],
		"bcrypt, no minor":           "$2$10" + bcrypt[6:] + "a",
		"bcrypt, too short":          bcrypt[:59],
		"bcrypt, too long":           bcrypt + "a",
		"bcrypt, strange characters": bcrypt[:59] + "=",
		"bcrypt, prefix alone":       "$2",
		"SSHA256, short":             "{SSHA256}" + b64(8),
		"SSHA256, salt of 9 bytes":   "{SSHA256}" + b64(9) + b64(32),
		"SSHA256, salt cut":          "{SSHA256}AAAA",
		"SHA of the wrong length":    "{SHA}" + b64(16),
		"MD5 of the wrong length":    "{MD5}" + b64(20),
		"MD5 in hexadecimal":         "{MD5}5f4dcc3b5aa765d61d8327deb882cf99",
	} {
		_, err := token.ParseHash(text)
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if len(text) > 8 && strings.Contains(err.Error(), text[8:]) {
			t.Errorf("%s: the error quotes the text: %v", name, err)
		}
	}
}

func TestTheLongestHashIsAccepted(t *testing.T) {
	b64 := func(n int) string { return base64.StdEncoding.EncodeToString(make([]byte, n)) }
	parseHash(t, "{PBKDF2_STRETCH}1000000$"+b64(128)+"$"+b64(64))
}

func FuzzParseHash(f *testing.F) {
	for _, v := range vectors {
		f.Add(v.hash)
	}
	f.Add(token.HashFast(token.SecretFrom("x")).Text())
	f.Fuzz(func(t *testing.T, text string) {
		h, err := token.ParseHash(text)
		if err != nil {
			return
		}
		if h.Text() != text {
			t.Errorf("%q is kept as %q", text, h.Text())
		}
		if !h.Slow() {
			h.Verify(token.SecretFrom("x"))
		}
	})
}
