package account

import "strings"

// maxName bounds the names of users and roles, in characters.
const maxName = 1024

// CheckName tests the name of a user or a role, which kind says in small
// letters. The error is a *DescriptorError.
func CheckName(kind, name string) error {
	ok := len(name) >= 1 && len(name) <= maxName && !strings.HasPrefix(name, " ") && !strings.HasSuffix(name, " ")
	for i := range len(name) {
		ok = ok && name[i] >= ' ' && name[i] <= '~'
	}
	if ok {
		return nil
	}
	if kind != "" {
		kind = strings.ToUpper(kind[:1]) + kind[1:]
	}
	return invalid("%s names must be at least 1 and no more than %d characters. They can contain alphanumeric characters "+
		"(a-z, A-Z, 0-9), spaces, punctuation, and printable symbols in the Basic Latin (ASCII) block. "+
		"Leading or trailing whitespace is not allowed.", kind, maxName)
}

// CheckServiceName tests the name of a service account of one's own. The error
// is a *DescriptorError.
func CheckServiceName(namespace, service string) error {
	if strings.EqualFold(namespace, ReservedNamespace) {
		return invalid("service account namespace [%s] is reserved for built-in service accounts, choose another one", namespace)
	}
	if err := checkServicePart("namespace", namespace); err != nil {
		return err
	}
	return checkServicePart("service-name", service)
}

// maxServicePart bounds a namespace and a service's name, in characters.
const maxServicePart = 256

func checkServicePart(what, name string) error {
	if name == "" {
		return invalid("service account %s is required", what)
	}
	bad := strings.ContainsFunc(name, func(c rune) bool { return !isLetterOrDigit(c) && c != '-' && c != '_' })
	if bad || name[0] == '_' || len(name) > maxServicePart {
		return invalid("invalid service account %s [%.*s]. It must have at least 1 character and at most %d characters that are "+
			"alphanumeric (A-Z, a-z, 0-9) or hyphen (-) or underscore (_). It must not begin with an underscore (_).",
			what, maxServicePart, name, maxServicePart)
	}
	return nil
}
