package httpapi

import (
	"context"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"jeton/security"
)

// Headers of ours that tell how a request was decided.
const (
	readHeader      = "X-Jeton-Read"
	confirmedHeader = "X-Jeton-Confirmed"
)

// report is what the domain tells beside its answer; see security.Report.
type report interface {
	Read() string
	Confirmation() (security.Confirmation, bool)
}

func withReport(ctx context.Context) (context.Context, report) { return security.WithReport(ctx) }

// setReportHeaders runs when the status is known and nothing has been sent. How
// many have confirmed a take-away is told of one that is acknowledged, and of
// nothing else: of a refusal it would say nothing.
func setReportHeaders(response *echo.Response, r *request, told report) {
	if read := told.Read(); read != "" {
		response.Header().Set(readHeader, read)
	}
	if c, ok := told.Confirmation(); ok && acknowledges(r, response.Status) {
		response.Header().Set(confirmedHeader, fmt.Sprintf("%d/%d", c.Confirmed, c.Members))
	}
}

// acknowledges reports whether the answer tells that a change is in force: that
// what was to be deleted is not there is as good.
func acknowledges(r *request, status int) bool {
	return status/100 == 2 || status == http.StatusNotFound && r.method == http.MethodDelete
}
