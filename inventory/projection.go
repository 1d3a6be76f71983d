package inventory

// A Projection says which part of a value somebody reads, as a tree of names: what is not in
// it need not be decoded. The zero value wants the place itself and nothing below it: of a
// scalar its value, of a list its length, of an object that it is there.
type Projection struct {
	// All wants everything below.
	All bool
	// Fields are the wanted entries of an object.
	Fields map[string]*Projection
	// Elem is what is wanted of every element of a list; nil for nothing below it.
	Elem *Projection
}

// Want adds a path and returns the place at its end; the part "*" means every element of a
// list.
func (p *Projection) Want(path ...string) *Projection {
	for _, part := range path {
		if part == "*" {
			if p.Elem == nil {
				p.Elem = &Projection{}
			}
			p = p.Elem
			continue
		}
		next := p.Fields[part]
		if next == nil {
			if p.Fields == nil {
				p.Fields = map[string]*Projection{}
			}
			next = &Projection{}
			p.Fields[part] = next
		}
		p = next
	}
	return p
}

// Add wants also what other wants.
func (p *Projection) Add(other *Projection) {
	if other == nil {
		return
	}
	p.All = p.All || other.All
	for name, f := range other.Fields {
		p.Want(name).Add(f)
	}
	if other.Elem != nil {
		p.Want("*").Add(other.Elem)
	}
}

// Wanted says what of a resource somebody reads besides its envelope; nil wants nothing.
type Wanted struct {
	Properties *Projection
	Tags       *Projection // by key
}
