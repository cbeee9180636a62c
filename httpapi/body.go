package httpapi

import (
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
	if r.route.streams {
		return s.openStream(c, r)
	}
	if hr.ContentLength == 0 {
		return r.missingBody()
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
		return r.missingBody()
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

func (r *request) missingBody() error {
	if r.route.body == requiredBody {
		return unparsable("request body is required")
	}
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
