package clients

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// suiteAPI is where a client's method sends its request: the paths, the longest
// first, whose {parameters} are filled from the arguments.
type suiteAPI struct {
	method string
	paths  []string
}

// suiteAPIs are the methods that the suite calls, by the clients' names.
var suiteAPIs = map[string]suiteAPI{
	"cluster.health": {http.MethodGet, []string{"/_cluster/health"}},

	"security.authenticate": {http.MethodGet, []string{"/_security/_authenticate"}},

	"security.get_service_accounts":        {http.MethodGet, []string{"/_security/service/{namespace}/{service}", "/_security/service/{namespace}", "/_security/service"}},
	"security.create_service_token":        {http.MethodPost, []string{"/_security/service/{namespace}/{service}/credential/token/{name}", "/_security/service/{namespace}/{service}/credential/token"}},
	"security.delete_service_token":        {http.MethodDelete, []string{"/_security/service/{namespace}/{service}/credential/token/{name}"}},
	"security.get_service_credentials":     {http.MethodGet, []string{"/_security/service/{namespace}/{service}/credential"}},
	"security.clear_cached_service_tokens": {http.MethodPost, []string{"/_security/service/{namespace}/{service}/credential/token/{name}/_clear_cache"}},

	"security.get_token":        {http.MethodPost, []string{"/_security/oauth2/token"}},
	"security.invalidate_token": {http.MethodDelete, []string{"/_security/oauth2/token"}},

	"security.put_user":        {http.MethodPut, []string{"/_security/user/{username}"}},
	"security.get_user":        {http.MethodGet, []string{"/_security/user/{username}", "/_security/user"}},
	"security.delete_user":     {http.MethodDelete, []string{"/_security/user/{username}"}},
	"security.change_password": {http.MethodPut, []string{"/_security/user/{username}/_password", "/_security/user/_password"}},
	"security.enable_user":     {http.MethodPut, []string{"/_security/user/{username}/_enable"}},
	"security.disable_user":    {http.MethodPut, []string{"/_security/user/{username}/_disable"}},
	"security.query_user":      {http.MethodPost, []string{"/_security/_query/user"}},

	"security.put_role":           {http.MethodPut, []string{"/_security/role/{name}"}},
	"security.get_role":           {http.MethodGet, []string{"/_security/role/{name}", "/_security/role"}},
	"security.delete_role":        {http.MethodDelete, []string{"/_security/role/{name}"}},
	"security.query_role":         {http.MethodPost, []string{"/_security/_query/role"}},
	"security.bulk_put_role":      {http.MethodPost, []string{"/_security/role"}},
	"security.bulk_delete_role":   {http.MethodDelete, []string{"/_security/role"}},
	"security.clear_cached_roles": {http.MethodPost, []string{"/_security/role/{name}/_clear_cache"}},

	"security.put_privileges":          {http.MethodPut, []string{"/_security/privilege"}},
	"security.get_privileges":          {http.MethodGet, []string{"/_security/privilege/{application}/{name}", "/_security/privilege/{application}", "/_security/privilege"}},
	"security.delete_privileges":       {http.MethodDelete, []string{"/_security/privilege/{application}/{name}"}},
	"security.clear_cached_privileges": {http.MethodPost, []string{"/_security/privilege/{application}/_clear_cache"}},
	"security.get_builtin_privileges":  {http.MethodGet, []string{"/_security/privilege/_builtin"}},
	"security.get_user_privileges":     {http.MethodGet, []string{"/_security/user/_privileges"}},
	"security.has_privileges":          {http.MethodPost, []string{"/_security/user/{user}/_has_privileges", "/_security/user/_has_privileges"}},
}

var suiteParameter = regexp.MustCompile(`\{(\w+)\}`)

// target is the request line: the longest path whose parameters are all given,
// and what is left of the arguments as its query.
func (a suiteAPI) target(arguments map[string]any) (string, error) {
	for _, path := range a.paths {
		names := suiteParameter.FindAllStringSubmatch(path, -1)
		if slices.ContainsFunc(names, func(n []string) bool { _, given := arguments[n[1]]; return !given }) {
			continue
		}
		query := url.Values{}
		for name, value := range arguments {
			query.Set(name, fmt.Sprint(value))
		}
		for _, n := range names {
			path = strings.ReplaceAll(path, n[0], url.PathEscape(query.Get(n[1])))
			query.Del(n[1])
		}
		if len(query) > 0 {
			path += "?" + query.Encode()
		}
		return path, nil
	}
	return "", fmt.Errorf("the arguments %v fit none of the paths %v", arguments, a.paths)
}
