package httpapi

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// streamedBody is a body that its handler reads while it arrives: each part of it
// must come within the server's request timeout, and the whole has a limit of its
// own.
type streamedBody struct {
	from io.Reader
	// more gives the next part its time.
	more func()
	err  error // but for io.EOF
}

// maxStream bounds a body that is streamed, in bytes. It is above what a backup
// may have, which is judged by who reads it.
const maxStream = 520 << 20

func (s *server) openStream(c echo.Context, r *request) error {
	if c.Request().ContentLength == 0 {
		return r.missingBody()
	}
	r.stream = &streamedBody{
		from: http.MaxBytesReader(c.Response().Writer, c.Request().Body, maxStream),
		more: func() { setReadDeadline(c, time.Now().Add(s.requestTimeout)) },
	}
	return nil
}

// Read implements io.Reader.
func (b *streamedBody) Read(p []byte) (int, error) {
	b.more()
	n, err := b.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

// streamFault is the body's own fault, where there is one, in place of what it led
// to.
func (s *server) streamFault(r *request, err error) error {
	if err == nil || r.stream == nil || r.stream.err == nil {
		return err
	}
	if _, tooLong := errors.AsType[*http.MaxBytesError](r.stream.err); tooLong {
		return &fault{
			status: http.StatusRequestEntityTooLarge, kind: "content_too_long_exception",
			reason: "the backup is larger than a restore may bring in; nothing was changed",
		}
	}
	return s.bodyFault(r.stream.err)
}

// sendStream sends what has no length yet. Once it has begun, only a connection
// that breaks off can tell of an error.
func sendStream(c echo.Context, status int, body io.WriterTo) error {
	c.Response().Header().Set("Content-Type", textType)
	c.Response().WriteHeader(status)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	if _, err := body.WriteTo(c.Response()); err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}
