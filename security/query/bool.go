package query

// combination combines clauses. Filters count as musts: nothing is scored.
type combination struct {
	must, mustNot, should []clause
	needed                int // of should
}

func (c combination) matches(d *document) bool {
	for _, q := range c.must {
		if !q(d) {
			return false
		}
	}
	for _, q := range c.mustNot {
		if q(d) {
			return false
		}
	}
	return c.enough(d)
}

func (c combination) enough(d *document) bool {
	missing := c.needed
	for i, q := range c.should {
		if missing <= 0 || missing > len(c.should)-i {
			break
		}
		if q(d) {
			missing--
		}
	}
	return missing <= 0
}

func (p *parser) bool(name string, v value, depth int) (clause, error) {
	given, err := p.options(name, v,
		"must", "filter", "must_not", "should", "minimum_should_match", "adjust_pure_negative")
	if err != nil {
		return nil, err
	}
	var c combination
	var filter []clause
	for _, part := range []struct {
		name string
		into *[]clause
	}{{"must", &c.must}, {"filter", &filter}, {"must_not", &c.mustNot}, {"should", &c.should}} {
		if *part.into, err = p.clausesOf(given[part.name], depth); err != nil {
			return nil, err
		}
	}
	c.must = append(c.must, filter...)
	if err := p.pureNegative(given); err != nil {
		return nil, err
	}
	c.needed, err = p.needed(given, c)
	return c.matches, err
}

// clausesOf reads one query or an array of them.
func (p *parser) clausesOf(m member, depth int) ([]clause, error) {
	list := m.list
	if m.kind == object {
		list = []value{m.value}
	} else if m.kind != array && m.name != "" {
		return nil, p.malformed(m.value, "[bool] query malformed, [%s] must be a query or an array of queries", m.name)
	}
	var clauses []clause
	for _, v := range list {
		q, err := p.query(v, depth+1)
		if err != nil {
			return nil, err
		}
		clauses = append(clauses, q)
	}
	return clauses, nil
}

// pureNegative takes what older clients always send.
func (p *parser) pureNegative(given map[string]member) error {
	m, ok := given["adjust_pure_negative"]
	if !ok {
		return nil
	}
	adjust, err := p.flag(m)
	if err == nil && !adjust {
		err = refuse("[bool] queries without [adjust_pure_negative] are not supported")
	}
	return err
}

// needed is how many of should must match; nothing has more matches than there
// are clauses. A negative minimum is how many may not match. Without a must or
// a filter, should alone has to find something.
func (p *parser) needed(given map[string]member, c combination) (int, error) {
	least := 0
	if len(c.should) > 0 && len(c.must) == 0 {
		least = 1
	}
	m, ok := given["minimum_should_match"]
	if !ok {
		return least, nil
	}
	n, err := p.integer(m)
	if n < 0 {
		n += len(c.should)
	}
	return max(n, least), err
}
