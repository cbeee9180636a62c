// Package httpapi is the wire of Jeton: it turns HTTP requests into calls of
// the domain and the domain's answers and errors into Elasticsearch's shapes.
//
// It owns routes, parameters, media types, JSON bodies, statuses and error
// texts. It must not know how anything is decided, stored or carried: it asks
// Security, and nothing else. It is the only package that imports echo.
//
// Three tables hold what there is to know, each one literal in one file:
//
//	routes.go  method and path → handler, parameters, body
//	params.go  parameter → values it takes
//	errors.go  error of the domain → status, type, reason
//
// Every request takes the same way: accepted (accept.go) → routed → handled by
// one adapter (adapter.go), which authenticates, checks parameters and body,
// sets the deadline and calls the handler → written (respond.go). A handler
// returns its error as it got it; fail turns it into an answer, once.
package httpapi
