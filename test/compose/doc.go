// Package compose starts the repository's docker-compose.yml on a real Docker
// engine and breaks it while clients use it: containers are killed, replaced, cut
// off and restarted, and at the end what the clients were told is judged by
// internal/history.
//
// It knows Jeton by docker-compose.yml, its commands and its HTTP API alone, and
// Docker by its command line. Each run has a project name and ports of its own,
// and leaves nothing behind: no container, volume, network or image.
package compose
