package account

import "slices"

// escaped returns the ranges that the character after a backslash stands for.
func (p *regexParser) escaped() []rune {
	c := p.next()
	ranges, ok := map[rune][]rune{
		'd': {'0', '9'},
		's': {'\t', '\n', '\r', '\r', ' ', ' '},
		'w': {'0', '9', 'A', 'Z', '_', '_', 'a', 'z'},
	}[c|0x20]
	switch {
	case !ok:
		return []rune{c, c}
	case c < 'a':
		return inverse(ranges)
	}
	return ranges
}

func (p *regexParser) class() *lang {
	negate := p.eat('^')
	ranges := p.classRange()
	for !p.bad && len(p.rest) > 0 && !p.peek("]") {
		ranges = append(ranges, p.classRange()...)
	}
	if p.next() != ']' {
		p.bad = true
	}
	ranges = merged(ranges)
	if negate {
		ranges = inverse(ranges)
	}
	return p.ls.symbols(ranges...)
}

func (p *regexParser) classRange() []rune {
	first := p.classChar()
	if !p.eat('-') {
		return first
	}
	last := p.classChar()
	if len(first) != 2 || len(last) != 2 || first[0] != first[1] || last[0] != last[1] || first[0] > last[0] {
		p.bad = true
		return nil
	}
	return []rune{first[0], last[0]}
}

func (p *regexParser) classChar() []rune {
	if p.eat('\\') {
		return p.escaped()
	}
	c := p.next()
	return []rune{c, c}
}

// merged sorts pairs of first and last and joins those that touch.
func merged(ranges []rune) []rune {
	pairs := slices.Collect(slices.Chunk(ranges, 2))
	slices.SortFunc(pairs, slices.Compare[[]rune])
	var out []rune
	for _, pair := range pairs {
		if n := len(out); n > 0 && pair[0] <= out[n-1]+1 {
			out[n-1] = max(out[n-1], pair[1])
		} else {
			out = append(out, pair...)
		}
	}
	return out
}

// inverse is every character outside the ranges, which are merged.
func inverse(ranges []rune) []rune {
	var out []rune
	next := rune(0)
	for i := 0; i < len(ranges); i += 2 {
		if ranges[i] > next {
			out = append(out, next, ranges[i]-1)
		}
		next = ranges[i+1] + 1
	}
	if next <= lastChar {
		out = append(out, next, lastChar)
	}
	return out
}
