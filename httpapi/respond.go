package httpapi

import (
	"cmp"
	"io"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"
)

// answer is what a handler has to say: JSON, or text in its place.
type answer struct {
	status int
	json   any
	text   string      // used when json is nil
	kind   string      // of text; "" is textType
	stream io.WriterTo // in place of both
}

func ok(v any) answer { return answer{status: http.StatusOK, json: v} }

func plain(status int, text string) answer { return answer{status: status, text: text} }

// acknowledged is the answer to a change that has nothing more to tell.
type acknowledged struct {
	Acknowledged bool `json:"acknowledged"`
}

// respond writes an answer in the form that the client asked for.
func respond(c echo.Context, r *request, a answer) error {
	if a.stream != nil {
		return sendStream(c, a.status, a.stream)
	}
	if a.json == nil {
		write(c, a.status, cmp.Or(a.kind, textType), []byte(a.text))
		return nil
	}
	doc, err := encode(a.json)
	if err != nil {
		return err
	}
	write(c, a.status, r.media.contentType(), r.layOut(r.filter.apply(doc)))
	return nil
}

func (r *request) layOut(doc []byte) []byte {
	if r.pretty {
		return prettyPrint(doc)
	}
	return doc
}

// write sends an answer whole, so that a HEAD has the length of its GET. A
// client that went away meanwhile is nobody's error.
func write(c echo.Context, status int, contentType string, body []byte) {
	c.Response().Header().Set("Content-Length", strconv.Itoa(len(body)))
	_ = c.Blob(status, contentType, body)
}
