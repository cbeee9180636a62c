package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/labstack/echo/v4"
)

// limitBodyTime gives a body the server's request timeout to arrive, whether
// somebody reads it or it is only thrown away after a refusal. Without a body
// there must be no deadline: the server watches the connection meanwhile.
func (s *server) limitBodyTime(c echo.Context) {
	if c.Request().ContentLength != 0 {
		setReadDeadline(c, time.Now().Add(s.requestTimeout))
	}
}

func setReadDeadline(c echo.Context, deadline time.Time) {
	// Only a real connection takes a deadline; a recorder needs none.
	_ = http.NewResponseController(c.Response().Writer).SetReadDeadline(deadline)
}

// readBody reads the whole body within the limit of size and judges it by the
// route. A chunked body of no bytes is no body.
func (s *server) readBody(c echo.Context, r *request) error {
	hr := c.Request()
	if hr.ContentLength == 0 {
		return nil
	}
	if hr.ContentLength > s.maxContentLength {
		return s.bodyTooLong()
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Response().Writer, hr.Body, s.maxContentLength))
	if err != nil {
		return s.bodyFault(err)
	}
	setReadDeadline(c, time.Time{})
	if len(body) == 0 {
		return nil
	}
	if err := r.media.checkContentType(hr.Header.Get("Content-Type")); err != nil {
		return err
	}
	if r.route.body == noBody {
		return illegalArgument("request [%s %s] does not support having a body", r.method, r.path)
	}
	r.body = body
	return nil
}

func (s *server) bodyTooLong() *fault {
	return &fault{
		status: http.StatusRequestEntityTooLarge,
		kind:   "content_too_long_exception",
		reason: fmt.Sprintf("the request's body is longer than the [%d] bytes that http.max_content_length allows", s.maxContentLength),
	}
}

func (s *server) bodyFault(err error) error {
	_, tooLong := errors.AsType[*http.MaxBytesError](err)
	switch {
	case tooLong:
		return s.bodyTooLong()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return flat(http.StatusRequestTimeout, "the request's body did not arrive in time")
	default:
		return flat(http.StatusBadRequest, "the request's body could not be read to its end")
	}
}

// decodeBody reads an optional body; without one the fields stay as they are.
func (r *request) decodeBody(name string, fields map[string]any) error {
	if len(r.body) == 0 {
		return nil
	}
	return decodeObject(name, r.body, fields)
}

// decodeObject reads a body that is one JSON object into the fields' pointers.
// It is strict: unknown and repeated fields are refused, with line and column.
// name is what Elasticsearch would call the parser.
func decodeObject(name string, body []byte, fields map[string]any) error {
	p := parser{name: name, body: body, d: json.NewDecoder(bytes.NewReader(body))}
	opening, err := p.d.Token()
	if err != nil {
		return p.malformed()
	}
	if opening != json.Delim('{') {
		return p.refuse("[%s] an object is expected", name)
	}
	seen := make(map[string]bool, len(fields))
	for p.d.More() {
		if err := p.field(fields, seen); err != nil {
			return err
		}
	}
	if _, err := p.d.Token(); err != nil {
		return p.malformed()
	}
	if _, err := p.d.Token(); !errors.Is(err, io.EOF) {
		return p.refuse("[%s] nothing may follow the object", name)
	}
	return nil
}

type parser struct {
	name string
	body []byte
	d    *json.Decoder
}

func (p *parser) field(fields map[string]any, seen map[string]bool) error {
	token, err := p.d.Token()
	if err != nil {
		return p.malformed()
	}
	key, _ := token.(string)
	target, known := fields[key]
	switch {
	case !known:
		return p.refuse("[%s] unknown field [%s]", p.name, key)
	case seen[key]:
		return p.refuse("[%s] Duplicate field '%s'", p.name, key)
	}
	seen[key] = true
	err = p.d.Decode(target)
	if _, wrongType := errors.AsType[*json.UnmarshalTypeError](err); wrongType {
		return p.refuse("[%s] failed to parse field [%s]: its value is of the wrong type", p.name, key)
	}
	if err != nil {
		return p.malformed()
	}
	return nil
}

func (p *parser) malformed() error { return p.refuse("[%s] the body is not well-formed JSON", p.name) }

// refuse puts the place before the text: the end of the last token that was
// read, counted from 1.
func (p *parser) refuse(format string, args ...any) error {
	before := p.body[:p.d.InputOffset()]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return &fault{
		status: http.StatusBadRequest,
		kind:   "x_content_parse_exception",
		reason: fmt.Sprintf("[%d:%d] ", line, column) + fmt.Sprintf(format, args...),
	}
}
