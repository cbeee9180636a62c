package audit

import (
	"encoding/json"
	"strings"
	"time"
)

// Bounds of what one line may have.
const (
	maxText  = 1024 // bytes of a name
	maxPath  = 4096 // bytes of a path or a query
	maxNames = 100  // of a list
)

// timestamp has the form that Elasticsearch writes.
const timestamp = "2006-01-02T15:04:05,000-0700"

// line is a JSON object in the making, whose fields are in the order in which
// they were added.
type line struct{ text []byte }

// string adds a field, unless it is empty.
func (l *line) string(name, value string) {
	if value != "" {
		l.value(name, clip(value, maxText))
	}
}

func (l *line) value(name string, value any) {
	l.name(name)
	text, err := json.Marshal(value)
	if err != nil {
		text = []byte("null") // no value of an Event is of such a kind
	}
	l.text = append(l.text, text...)
}

func (l *line) name(name string) {
	if last := l.text[len(l.text)-1]; last != '{' {
		l.text = append(l.text, ',')
	}
	l.text = append(l.text, '"')
	l.text = append(l.text, name...)
	l.text = append(l.text, `":`...)
}

func (l *line) time(name string, t time.Time) { l.string(name, t.UTC().Format(timestamp)) }

func (l *line) list(name string, values []string) {
	short := make([]string, 0, min(len(values), maxNames))
	for _, v := range values[:min(len(values), maxNames)] {
		short = append(short, clip(v, maxText))
	}
	if len(values) > maxNames {
		short = append(short, "…")
	}
	l.value(name, short)
}

// clip cuts what is longer than a line should have; bytes that are no UTF-8 are
// replaced.
func clip(text string, limit int) string {
	if len(text) > limit {
		text = text[:limit] + "…"
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// Source names the node in each line.
type Source struct{ ID, Name string }

func (s Source) begin(l *line, at time.Time, kind, action string) {
	l.text = append(l.text, '{')
	l.value("type", "audit")
	l.time("timestamp", at)
	l.string("node.id", s.ID)
	l.string("node.name", s.Name)
	l.value("event.type", kind)
	l.value("event.action", action)
}

// encode appends the event's line.
func (s Source) encode(text []byte, e Event) []byte {
	l := &line{text}
	kind, action := e.Origin.Type, e.Kind.String()
	if e.Kind == SecurityConfigChange {
		kind, action = action, e.Change.Name
	}
	s.begin(l, e.Time, kind, action)
	l.string("event.outcome", string(e.Change.Outcome))
	l.string("authentication.type", e.Authentication.Type)
	l.user("user", e.User)
	l.user("user.run_by", e.RunBy)
	l.user("user.run_as", e.RunAs)
	if e.User.Roles != nil {
		l.list("user.roles", e.User.Roles)
	}
	l.string("authentication.token.name", e.Authentication.TokenName)
	l.string("authentication.token.type", e.Authentication.TokenType)
	l.string("origin.type", e.Origin.Type)
	l.string("origin.address", e.Origin.Address)
	l.string("realm", e.Realm)
	if e.Origin.Path != "" {
		l.value("url.path", clip(e.Origin.Path, maxPath))
	}
	if e.Origin.Query != "" {
		l.value("url.query", clip(e.Origin.Query, maxPath))
	}
	l.string("request.method", e.Origin.Method)
	l.string("request.id", e.RequestID)
	l.string("action", e.Action)
	l.string("opaque_id", e.OpaqueID)
	l.change(e.Change)
	return append(l.text, "}\n"...)
}

func (l *line) user(prefix string, u User) {
	l.string(prefix+".name", u.Name)
	l.string(prefix+".realm", u.Realm)
}

func (l *line) change(c Change) {
	if len(c.Path) == 0 {
		return
	}
	for _, name := range c.Path {
		l.name(name)
		l.text = append(l.text, '{')
	}
	for _, f := range c.Fields {
		switch v := f.Value.(type) {
		case []string:
			l.list(f.Name, v)
		case string:
			l.value(f.Name, clip(v, maxText))
		default:
			l.value(f.Name, v)
		}
	}
	for range c.Path {
		l.text = append(l.text, '}')
	}
}

// encodeGap appends the line that stands where events are missing.
func (s Source) encodeGap(text []byte, g gap) []byte {
	l := &line{text}
	s.begin(l, g.to, "audit", "events_dropped")
	l.value("dropped.count", g.count)
	l.time("dropped.from", g.from)
	l.time("dropped.to", g.to)
	return append(l.text, "}\n"...)
}
