package account

// pair is an entry of a role: some things, and what may be done to each.
type pair struct{ things, actions *lang }

// pairs is a union of entries. What is found out about some things is kept,
// because requests ask for many actions on the same ones.
type pairs struct {
	list  []pair
	known map[*lang]*reach
}

// reach is what entries grant on some things.
type reach struct {
	actions *lang // on all of them, by single entries
	rest    *lang // tuples of thing and action, by the entries that reach some; nil if none does
}

// contain reports whether each of the actions is granted on each of the things.
func (p *pairs) contain(ls *languages, things, actions *lang) bool {
	r := p.reach(ls, things)
	return ls.inside(actions, r.actions) ||
		r.rest != nil && ls.inside(ls.tuple(things, actions), ls.or(r.rest, ls.tuple(things, r.actions)))
}

func (p *pairs) reach(ls *languages, things *lang) *reach {
	if r, ok := p.known[things]; ok {
		return r
	}
	var whole, part []*lang
	for _, entry := range p.list {
		switch {
		case ls.inside(things, entry.things):
			whole = append(whole, entry.actions)
		case things.kind != kindText && !ls.isEmpty(ls.and(things, entry.things)): // one thing has no parts
			part = append(part, ls.tuple(entry.things, entry.actions))
		}
	}
	r := &reach{actions: ls.or(whole...)}
	if len(part) > 0 {
		r.rest = ls.or(part...)
	}
	if p.known == nil {
		p.known = map[*lang]*reach{}
	}
	p.known[things] = r
	return r
}
