package httpapi

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

const (
	jsonType   = "application/json"
	vendorType = "application/vnd.elasticsearch+json"
	textType   = "text/plain; charset=UTF-8"

	newestVersion = "9"
)

// versions are the compatible-with values that are spoken, newest first.
var versions = []string{newestVersion, "8", "7"}

// media is the form in which a client wants its answer.
type media struct {
	header  string // Accept, as sent
	version string // of compatible-with; "" means plain JSON
	text    bool   // text is as welcome as JSON, or more
}

// legacy reports whether the client is to have the shapes of the time before
// compatible-with=8: it asked for plain JSON or for version 7.
func (m media) legacy() bool { return m.version == "" || m.version == "7" }

// contentType is the type of a JSON answer.
func (m media) contentType() string {
	if m.version == "" {
		return jsonType
	}
	return vendorType + ";compatible-with=" + m.version
}

// mediaRange is one entry of Accept, or a Content-Type.
type mediaRange struct {
	kind    string // lower case, without parameters
	version string // of compatible-with; the newest for a vendor type without
}

// parseMediaRange reads leniently: any spacing, any further parameters.
func parseMediaRange(text string) mediaRange {
	parts := strings.Split(strings.ToLower(text), ";")
	r := mediaRange{kind: strings.TrimSpace(parts[0])}
	if r.kind != vendorType {
		return r
	}
	r.version = newestVersion
	for _, parameter := range parts[1:] {
		name, value, _ := strings.Cut(parameter, "=")
		if strings.TrimSpace(name) == "compatible-with" {
			r.version = strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return r
}

func (r mediaRange) json() bool { return r.kind == jsonType || r.kind == vendorType }

// parseAccept reads an Accept header. Types that nobody here speaks are
// passed over, as RFC 9110 allows: the answer is JSON then.
func parseAccept(header string) (media, error) {
	m := media{header: header, text: true}
	decided := false
	for entry := range strings.SplitSeq(header, ",") {
		r := parseMediaRange(entry)
		isText := r.kind == "text/plain" || r.kind == "*/*"
		if !decided && (r.json() || isText) {
			m.text, decided = isText, true
		}
		if m.version == "" {
			m.version = r.version
		}
	}
	if m.version != "" && !slices.Contains(versions, m.version) {
		err := wrongVersion("Accept version must be %s, but found %s. Accept=%s", spokenVersions(), m.version, header)
		m.version = ""
		return m, err
	}
	return m, nil
}

// checkContentType judges the type of a body. A body and the answer to it
// speak the same version, or both speak none.
func (m media) checkContentType(header string) error {
	if strings.TrimSpace(header) == "" {
		return flat(http.StatusNotAcceptable, "Content-Type header is missing")
	}
	r := parseMediaRange(header)
	if !r.json() {
		return flat(http.StatusNotAcceptable, fmt.Sprintf("Content-Type header [%s] is not supported", header))
	}
	const both = "A compatible version is required on both Content-Type and Accept headers if either one has requested a compatible version%s. Accept=%s, Content-Type=%s"
	switch {
	case r.version != "" && !slices.Contains(versions, r.version):
		return wrongVersion("Content-Type version must be %s, but found %s. Content-Type=%s", spokenVersions(), r.version, header)
	case r.version == m.version:
		return nil
	case r.version == "" || m.version == "":
		return wrongVersion(both, "", m.header, header)
	default:
		return wrongVersion(both, " and the compatible versions must match", m.header, header)
	}
}

// spokenVersions is "either version 9, 8 or 7".
func spokenVersions() string {
	last := len(versions) - 1
	return "either version " + strings.Join(versions[:last], ", ") + " or " + versions[last]
}

// wrongVersion is the documented refusal of a media type's version.
func wrongVersion(format string, args ...any) *fault {
	return &fault{
		status: http.StatusBadRequest,
		kind:   "media_type_header_exception",
		reason: "Invalid media-type value on headers [Accept, Content-Type]",
		cause:  &fault{kind: "status_exception", reason: fmt.Sprintf(format, args...)},
	}
}
