package inventory

// An Applied records what a particle's resource was last made to be, or accepted as. It is
// a proof of ownership (we did it, to this very resource), and the third side of a
// comparison: it tells whether the declaration moved or the world.
type Applied struct {
	App, Environment, Version, Particle string
	// Ref names the resource in full.
	Ref Ref
	// Incarnation is that of the resource at the time (Resource.Incarnation); empty when it
	// was not recorded.
	Incarnation string
	// Properties are the declared ones of that time. Secrets stand in them as whoever keeps
	// the records masks them; what was not known stands as the text of an Unknown.
	Properties Properties
}

// Names reports whether the record is about this live resource and not about an earlier one
// of the same name.
func (a *Applied) Names(r *Resource) bool {
	return a.Ref == r.Ref && (a.Incarnation == "" || a.Incarnation == r.Incarnation())
}

// A Stack is a CloudFormation stack that exists, and what CloudFormation itself says that it
// keeps. It proves more than a tag: not every service copies the stack's tags.
type Stack struct {
	Ref     Ref // of type AWS::CloudFormation::Stack
	Name    string
	Members []StackMember
}

// A StackMember is one resource of a stack.
type StackMember struct {
	LogicalID string
	Type      string
	ID        string // the physical id: what Ref returns
}
