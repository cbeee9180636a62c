package tokenfile_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"jeton/security/token"
	"jeton/security/tokenfile"
)

// sixLines has each kind of hash that Elasticsearch puts into the file, and a
// line in plain text, which counts nowhere.
const sixLines = `elastic/fleet-server/pbkdf2:{PBKDF2}10000$0N2h5/AsDS5uO0/A+B6y8AnTCJ3Tqo8nygbzu1gkgpo=$5aTcCtteHf2g2ye7Y3p6jSZBoGhNJ7l6F3tmUhPTwRo=
elastic/fleet-server/bcrypt10:$2a$10$ML0BUUxdzs8ApPNf1ayAwuh61ZhfqlzN/1DgZWZn6vNiUhpu1GKTe
elastic/fleet-server/pbkdf2_stretch:{PBKDF2_STRETCH}10000$Pa3oNkj8xTD8j2gTgjWnTvnE6jseKApWMFjcNCLxX1U=$84ECweHFZQ2DblHEjHTRWA+fG6h5bVMyTSJUmFvTo1o=
elastic/fleet-server/pbkdf2_50000:{PBKDF2}50000$IMzlphNClmrP/du40yxGM3fNjklg8CuACds12+Ry0jM=$KEC1S9a0NOs3OJKM4gEeBboU18EP4+3m/pyIA4MBDGk=
elastic/fleet-server/bcrypt:$2a$10$uuCzGHRrEz/QMB/.bmL8qOKXHhPNt57dYBbWCH/Hbb3SjUyZ.Hf1i
elastic/fleet-server/plain:{plain}an-open-secret-of-22-c
`

var (
	secretA, secretB = token.SecretFrom("secret-of-a"), token.SecretFrom("secret-of-b")
	hashA, hashB     = token.HashFast(secretA), token.HashFast(secretB)
)

func line(key string, hash token.Hash) string { return key + ":" + hash.Text() + "\n" }

func expectAll(t *testing.T, tokens *tokenfile.Tokens, want ...string) {
	t.Helper()
	if got := tokens.All(); !slices.Equal(got, want) || tokens.Len() != len(want) {
		t.Errorf("%d tokens %v, want %v", tokens.Len(), got, want)
	}
}

func expectVerifies(t *testing.T, tokens *tokenfile.Tokens, account, name string, secret token.Secret) {
	t.Helper()
	if h, ok := tokens.Lookup(account, name); !ok || !h.Verify(secret) {
		t.Errorf("%s/%s: found %v, and the secret is refused", account, name, ok)
	}
}

func TestFiveOfSixLinesAreTokens(t *testing.T) {
	tokens, wrong := tokenfile.Parse([]byte(sixLines))
	expectAll(t, tokens,
		"elastic/fleet-server/bcrypt", "elastic/fleet-server/bcrypt10", "elastic/fleet-server/pbkdf2",
		"elastic/fleet-server/pbkdf2_50000", "elastic/fleet-server/pbkdf2_stretch")
	for name, secret := range map[string]string{
		"pbkdf2":         "5DjRC_XRSAql5Hlampyv7Q",
		"bcrypt10":       "52ejXlazRBafLuzGM5hFcg",
		"pbkdf2_stretch": "aI_0QLRfRyGBP1U60Sby2w",
		"pbkdf2_50000":   "wn0Xfx5IRHy2lOKScvfwrg",
		"bcrypt":         "XE90eAaoT1iW1W-vJf34qw",
	} {
		expectVerifies(t, tokens, "elastic/fleet-server", name, token.SecretFrom(secret))
	}
	if len(wrong) != 1 || wrong[0].Line != 6 {
		t.Errorf("wrong lines: %v", wrong)
	}
}

func TestAMalformedLineCostsItsOwnTokenOnly(t *testing.T) {
	for name, bad := range map[string]string{
		"no colon":             "elastic/kibana/bad",
		"no name":              ":" + hashA.Text(),
		"no hash":              "elastic/kibana/bad:",
		"plain text":           "elastic/kibana/bad:hunter2hunter2",
		"unsupported cost":     "elastic/kibana/bad:{PBKDF2}12345$",
		"not UTF-8":            "elastic/kibana/b\xffd:" + hashA.Text(),
		"a control character":  "elastic/kibana/b\x00d:" + hashA.Text(),
		"an indented comment":  "  # elastic/kibana/bad",
		"a byte order mark":    "\uFEFFelastic/kibana/bad:" + hashA.Text(),
		"a blank at the colon": "elastic/kibana/bad: " + hashA.Text(),
	} {
		tokens, wrong := tokenfile.Parse([]byte("# tokens\n" + line("elastic/kibana/a", hashA) + bad + "\n" + line("elastic/kibana/b", hashB)))
		expectAll(t, tokens, "elastic/kibana/a", "elastic/kibana/b")
		if len(wrong) != 1 || wrong[0].Line != 3 || errors.Is(wrong[0], tokenfile.ErrDuplicate) {
			t.Errorf("%s: %v", name, wrong)
			continue
		}
		for _, quoted := range []string{"bad", "hunter2", hashA.Text()[9:], "12345"} {
			if strings.Contains(wrong[0].Error(), quoted) {
				t.Errorf("%s: the error quotes the line: %v", name, wrong[0])
			}
		}
	}
}

func TestCommentsBlankLinesAndLineEndsMeanNothing(t *testing.T) {
	text := "# elastic/kibana/x\r\n\r\n \t \n" +
		"  " + strings.TrimSuffix(line("elastic/kibana/a", hashA), "\n") + "\t\r\n" +
		"#" + line("elastic/kibana/y", hashB) +
		strings.TrimSuffix(line("elastic/kibana/b", hashB), "\n")
	tokens, wrong := tokenfile.Parse([]byte(text))
	expectAll(t, tokens, "elastic/kibana/a", "elastic/kibana/b")
	expectVerifies(t, tokens, "elastic/kibana", "a", secretA)
	expectVerifies(t, tokens, "elastic/kibana", "b", secretB)
	if wrong != nil {
		t.Errorf("wrong lines: %v", wrong)
	}
}

func TestOfADuplicateTheLastLineCounts(t *testing.T) {
	tokens, wrong := tokenfile.Parse([]byte(line("elastic/kibana/a", hashA) + "\n" + line("elastic/kibana/a", hashB)))
	expectAll(t, tokens, "elastic/kibana/a")
	expectVerifies(t, tokens, "elastic/kibana", "a", secretB)
	if len(wrong) != 1 || wrong[0].Error() != "line 3 repeats the token of line 1; the later line counts" || !errors.Is(wrong[0], tokenfile.ErrDuplicate) {
		t.Errorf("wrong lines: %v", wrong)
	}
}

func TestUnknownAccountsAndBadNamesAreKept(t *testing.T) {
	tokens, wrong := tokenfile.Parse([]byte(line("nobody/knows/a", hashA) + line("elastic/kibana/_bad!", hashB)))
	expectAll(t, tokens, "elastic/kibana/_bad!", "nobody/knows/a")
	if wrong != nil {
		t.Errorf("wrong lines: %v", wrong)
	}
}

func TestNamesAreThoseOfOneAccountInOrder(t *testing.T) {
	var text string
	for _, key := range []string{"elastic/kibana/c", "elastic/kibana-2/x", "elastic/kibana/a", "elastic/fleet-server/y", "elastic/kibana/b"} {
		text += line(key, hashA)
	}
	tokens, _ := tokenfile.Parse([]byte(text))
	if got := tokens.Names("elastic/kibana"); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("got %v", got)
	}
	if got := tokens.Names("elastic"); len(got) != 5 {
		t.Errorf("the account is any prefix: got %v", got)
	}
}

func TestTextOfAnotherEncodingHasNoTokensAndSaysSo(t *testing.T) {
	var utf16LE []byte
	for _, u := range utf16.Encode([]rune("\uFEFF" + sixLines)) {
		utf16LE = append(utf16LE, byte(u), byte(u>>8))
	}
	tokens, wrong := tokenfile.Parse(utf16LE)
	if tokens.Len() != 0 || len(wrong) < 6 {
		t.Errorf("%v, wrong lines: %v", tokens, wrong)
	}
}

func TestAFileOfRubbishIsReportedInBounds(t *testing.T) {
	tokens, wrong := tokenfile.Parse([]byte(strings.Repeat("rubbish\n", 100_000)))
	if tokens.Len() != 0 || len(wrong) != 100 {
		t.Errorf("%v, %d wrong lines", tokens, len(wrong))
	}
}

func TestTheZeroTokensAreEmpty(t *testing.T) {
	var none tokenfile.Tokens
	if _, ok := none.Lookup("elastic/kibana", "a"); ok || none.Len() != 0 || none.All() != nil || none.Names("elastic/kibana") != nil {
		t.Error("they are not")
	}
}

func TestTokensArePrintedWithoutHashes(t *testing.T) {
	tokens, _ := tokenfile.Parse([]byte(line("elastic/kibana/a", hashA)))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		for _, value := range []any{tokens, *tokens} {
			if got := fmt.Sprintf(verb, value); strings.Contains(got, hashA.Text()[9:]) {
				t.Errorf("%s prints %s", verb, got)
			}
		}
	}
}

func TestEveryFileOfGoodLinesIsReadWhole(t *testing.T) {
	keys := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z]{1,5}/[a-z]{1,5}/[A-Za-z0-9-]{1,8}`), 0, 20, rapid.ID[string])
	rapid.Check(t, func(t *rapid.T) {
		want := keys.Draw(t, "keys")
		var text strings.Builder
		for _, key := range want {
			text.WriteString(rapid.SampledFrom([]string{"", "\n", "# comment\n", "\r\n"}).Draw(t, "before"))
			text.WriteString(line(key, hashA))
		}
		tokens, wrong := tokenfile.Parse([]byte(text.String()))
		slices.Sort(want)
		if got := tokens.All(); !slices.Equal(got, want) || wrong != nil {
			t.Errorf("read %v of %v, wrong lines: %v", got, want, wrong)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sixLines))
	f.Add([]byte(line("elastic/kibana/a", hashA) + line("elastic/kibana/a", hashB)))
	f.Add([]byte("#\n\xff\xfea\x00\n:\n\r"))
	f.Fuzz(func(t *testing.T, data []byte) {
		tokens, wrong := tokenfile.Parse(data)
		lines := strings.Count(string(data), "\n") + 1
		if tokens.Len()+len(wrong) > lines {
			t.Errorf("%d tokens and %d errors from %d lines", tokens.Len(), len(wrong), lines)
		}
		for _, e := range wrong {
			if e.Line < 1 || e.Line > lines {
				t.Errorf("an error in line %d of %d", e.Line, lines)
			}
		}
	})
}
