package clients

import (
	"github.com/elastic/go-elasticsearch/v8"

	"jeton/node/nodetest"
)

// The account whose tokens the stories make and use.
const (
	namespace = "elastic"
	service   = "fleet-server"
	principal = namespace + "/" + service
)

// asElastic and asToken configure a client for one node of the cluster. Neither
// repeats a request: a first answer that is wrong must show.
func asElastic(c *nodetest.Cluster, node int) elasticsearch.Config {
	config := toNode(c, node)
	config.Username, config.Password = "elastic", c.Password
	return config
}

func asToken(c *nodetest.Cluster, node int, token string) elasticsearch.Config {
	config := toNode(c, node)
	config.ServiceToken = token
	return config
}

func toNode(c *nodetest.Cluster, node int) elasticsearch.Config {
	return elasticsearch.Config{
		Addresses:    []string{c.Nodes[node].URL()},
		CACert:       c.CACert(),
		DisableRetry: true,
	}
}
