package account

import "strings"

// ApplicationPrivilege defines a privilege of an application: a name for some
// of the application's actions.
type ApplicationPrivilege struct {
	Application string         `json:"application"`
	Name        string         `json:"name"`
	Actions     []string       `json:"actions"`
	Metadata    map[string]any `json:"metadata"`
}

// Check returns a *DescriptorError that says what is wrong with the definition,
// or nil.
func (p ApplicationPrivilege) Check() error {
	if err := checkApplicationName(p.Application, false); err != nil {
		return err
	}
	if !isPrivilegeName(p.Name) {
		return invalid("Application privilege names must match the pattern ^[a-z][a-zA-Z0-9_.-]*$ (found '%s')", p.Name)
	}
	if len(p.Actions) == 0 {
		return invalid("Application privileges must have at least one action")
	}
	if len(p.Actions) > maxList {
		return invalid("application privileges may have at most [%d] actions", maxList)
	}
	for _, action := range p.Actions {
		if err := checkAction(action); err != nil {
			return err
		}
	}
	for key := range p.Metadata {
		if strings.HasPrefix(key, "_") {
			return invalid("metadata keys may not start with [_] (in privilege %s %s)", p.Application, p.Name)
		}
	}
	return tooLong(p.Application, p.Name)
}

func checkAction(action string) error {
	if err := checkNameOrAction(action); err != nil {
		return err
	}
	if !strings.ContainsAny(action, "/*:") {
		return invalid("action [%s] must contain one of [ '/' , '*' , ':' ]", action)
	}
	return tooLong(action)
}

func checkNameOrAction(s string) error {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return invalid(`Application privilege names and actions must match the pattern ^\p{Graph}*$ (found '%s')`, s)
		}
	}
	return nil
}

func tooLong(texts ...string) error {
	for _, text := range texts {
		if len(text) > maxText {
			return invalid("names and actions may have at most [%d] bytes, found one of [%d]", maxText, len(text))
		}
	}
	return nil
}

// isPrivilegeName tells names of privileges from patterns of actions.
func isPrivilegeName(s string) bool {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	return !strings.ContainsFunc(s, func(c rune) bool { return !isLetterOrDigit(c) && c != '_' && c != '.' && c != '-' })
}

func isLetterOrDigit(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// checkApplicationName: a prefix of at least three letters and digits, which
// begins with a small letter, and perhaps - or _ and a suffix that could be the
// name of a file. Where a role may grant on several applications, the name may
// end with a star.
func checkApplicationName(name string, wildcard bool) error {
	star := strings.IndexByte(name, '*')
	switch {
	case name == "":
		return invalid("Application names cannot be blank")
	case star >= 0 && !wildcard:
		return invalid("Application names may not contain '*' (found '%s')", name)
	case name == "*":
		return nil
	case star >= 0 && star != len(name)-1:
		return invalid("Application name patterns only support trailing wildcards (found '%s')", name)
	case strings.ContainsAny(name, " \t\n\v\f\r\u0085\u00a0\u2028\u2029"):
		return invalid("Application names may not contain whitespace (found '%s')", name)
	}
	prefix, suffix := strings.TrimSuffix(name, "*"), ""
	if at := strings.IndexAny(prefix, "_-"); at >= 0 {
		prefix, suffix = prefix[:at], prefix[at+1:]
		star = -1 // it stands behind the suffix
	}
	return checkApplicationParts(prefix, suffix, star >= 0)
}

func checkApplicationParts(prefix, suffix string, open bool) error {
	letters := !strings.ContainsFunc(prefix, func(c rune) bool { return !isLetterOrDigit(c) })
	switch {
	case prefix == "" || prefix[0] < 'a' || prefix[0] > 'z' || !letters:
		return invalid("An application name prefix must match the pattern ^[a-z][A-Za-z0-9]*$ (found '%s')", prefix)
	case len(prefix) < 3 && !open:
		return invalid("An application name prefix must be at least 3 characters long (found '%s')", prefix)
	case strings.ContainsAny(suffix, `\/*?"<>| ,`):
		return invalid(`An application name suffix may not contain any of the characters '\/*?"<>| ,' (found '%s')`, suffix)
	}
	return nil
}
