package fsm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
)

const secret = "do-not-show"

// fmt itself refuses %p of a text and %w of what is no error, and shows the
// value without asking its type. go vet finds %w.
const verbs = "abcdefghijklmnoqrstuvxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// holders are values of every type of this package that holds something
// sensitive, and pointers to them.
func holders(t *testing.T) []any {
	t.Helper()
	s := Sensitive(secret)
	previous := PreviousSecret{Hash: s} // has no line of its own
	all := []any{s, &s, previous, &previous}
	var types []reflect.Type
	for kind := range reflect.TypeFor[line]().Fields() {
		types = append(types, kind.Type)
	}
	for _, newCommand := range commands {
		types = append(types, reflect.TypeOf(newCommand()))
	}
	for _, typ := range types {
		if typ.Kind() != reflect.Pointer {
			continue
		}
		if record := reflect.New(typ.Elem()); plant(record.Elem()) {
			all = append(all, record.Interface(), record.Elem().Interface())
			if c, ok := record.Interface().(Command); ok {
				all = append(all, Proposal{ID: "p", Command: c}, &Proposal{ID: "p", Command: c})
			}
		}
	}
	if len(all) < 4+2*6+4*9 {
		t.Fatalf("only %d values hold something sensitive: the search is broken", len(all))
	}
	return all
}

// plant puts the secret wherever it belongs and reports whether it did.
func plant(v reflect.Value) (planted bool) {
	if v.Type() == reflect.TypeFor[Sensitive]() {
		v.SetString(secret)
		return true
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, field := range v.Fields() {
			planted = plant(field) || planted
		}
	case reflect.Pointer:
		if pointee := reflect.New(v.Type().Elem()); plant(pointee.Elem()) {
			v.Set(pointee)
			planted = true
		}
	}
	return planted
}

func TestNothingSensitiveIsPrinted(t *testing.T) {
	for _, holder := range holders(t) {
		for _, verb := range verbs {
			for _, flags := range []string{"", "+", "#", "-9", "09", " ", ".20"} {
				format := "%" + flags + string(verb)
				wantHidden(t, fmt.Sprintf("%T by %s", holder, format), fmt.Sprintf(format, holder))
			}
		}
		wantHidden(t, fmt.Sprintf("%T by Sprint", holder), fmt.Sprint(holder))
		wantHidden(t, fmt.Sprintf("list of %T", holder), fmt.Sprintf("%+v", []any{holder}))
	}
	want(t, "by %v", fmt.Sprintf("%v", token(fleet, "t1")), "{elastic/fleet-server t1  [redacted] 1000 { } 0 [] 0 <nil>}")
}

func TestNothingSensitiveIsLogged(t *testing.T) {
	for _, holder := range holders(t) {
		var out bytes.Buffer
		for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			slog.New(handler).With("early", holder).Info("x", "key", holder, slog.Group("group", "key", holder))
		}
		wantHidden(t, fmt.Sprintf("%T by slog", holder), out.String())
		if strings.Contains(out.String(), "panicked") {
			t.Errorf("%T by slog: %s", holder, &out)
		}
	}
}

func wantHidden(t *testing.T, what, printed string) {
	t.Helper()
	if strings.Contains(printed, secret) || strings.Contains(printed, fmt.Sprintf("%x", secret)) || strings.Contains(printed, fmt.Sprintf("%X", secret)) {
		t.Errorf("%s: %s", what, printed)
	}
}

func TestSensitiveTextIsKeptWhereItBelongs(t *testing.T) {
	want(t, "revealed", Sensitive(secret).Reveal(), secret)
	data, err := json.Marshal(User{Name: "u", Password: secret})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "as JSON", string(data), `{"name":"u","password":"do-not-show"}`)
}
