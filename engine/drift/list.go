package drift

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// ordered are lists of which the schemas say nothing and whose order carries meaning.
var ordered = []string{"Command", "EntryPoint", "Layers", "CacheBehaviors", "DomainNameServers", "NtpServers"}

// bags are lists of attributes of which AWS returns all and people declare some. The list
// is spelled out: by a pattern such as *Attributes a real addition would be hidden.
var bags = []string{"LoadBalancerAttributes", "TargetGroupAttributes", "ListenerAttributes", "UserAttributes", "OptionSettings"}

// unions are lists that also grow by what other resources declare or AWS adds: whom a
// policy is attached to, and the disks that the image of an instance brings along.
var unions = map[string][]string{
	"AWS::IAM::ManagedPolicy": {"/Roles", "/Users", "/Groups"},
	"AWS::EC2::Instance":      {"/BlockDeviceMappings", "/Volumes"},
}

// keysOf are elements that take two properties to be told apart.
var keysOf = map[string][]string{"OptionSettings": {"Namespace", "OptionName"}}

// list compares two lists by what the schema says of their order; where it says nothing,
// by what the elements are.
func (c *comparison) list(s spot, declared, live []any) delta {
	if len(declared) == 0 || len(live) == 0 {
		return c.emptyList(s, declared, live)
	}
	order, unique := schema.OrderUnspecified, false
	if s.node != nil {
		order, unique = s.node.Order, s.node.UniqueItems
	}
	if order == schema.OrderUnspecified && slices.Contains(ordered, s.name) {
		order = schema.Ordered
	}
	if order == schema.Ordered {
		return c.positions(s, declared, live)
	}
	if key, exact := c.naturalKey(s, declared, live); key != "" {
		out := c.keyed(s, declared, live, key)
		if !exact && order == schema.OrderUnspecified {
			c.sayOrder(s, declared, live, &out)
		}
		return out
	}
	out := c.multiset(s, declared, live, unique)
	if order == schema.OrderUnspecified && !unique {
		c.sayOrder(s, declared, live, &out)
	}
	return out
}

// emptyList: no elements on one side. An empty list that is declared is a statement.
func (c *comparison) emptyList(s spot, declared, live []any) (out delta) {
	if len(live) == 0 {
		return c.absent(s, declared)
	}
	out.declared, out.compared = 1, 1
	switch {
	case blank(live):
		out.note(s, PassEmpty)
	case s.additive.hit():
		out.extra(s, live)
	default:
		out.change(s, declared, live)
	}
	return out
}

// sayOrder turns an equality that only holds without order into information.
func (c *comparison) sayOrder(s spot, declared, live []any, out *delta) {
	if out.differs() {
		return
	}
	if inOrder := c.positions(s, declared, live); inOrder.differs() {
		out.changes = append(out.changes, Change{
			Path: s.pointer, Declared: declared, Live: live, Kind: Reordered, Info: true,
			Reason: "the same elements in another order; the schema does not say whether it matters",
		})
	}
}

// positions compares element by element.
func (c *comparison) positions(s spot, declared, live []any) (out delta) {
	for i, d := range declared {
		if at := s.index(strconv.Itoa(i)); i < len(live) {
			out.add(c.value(at, d, live[i], true))
		} else {
			out.add(c.lost(at, d))
		}
	}
	if len(live) > len(declared) {
		out.extra(s, live[len(declared):])
	}
	return scalarsWhole(s, declared, live, out)
}

// lost compares a declared element that a list with other elements does not have. Here an
// element that says little is not the same as none.
func (c *comparison) lost(s spot, declared any) delta {
	out := c.value(s, declared, nil, false)
	if !out.differs() && out.compared > 0 {
		out.normalised = nil
		out.change(s, declared, nil)
	}
	return out
}

// extra reports live elements that are not declared in a list that is.
func (d *delta) extra(s spot, live []any) {
	for _, e := range live {
		if s.additive.hit() && !s.element {
			d.changes = append(d.changes, Change{Path: s.pointer, Live: e, Kind: Undeclared, Info: !slices.Contains(dangerous, s.name), Reason: "other resources add to this list"})
			continue
		}
		d.changes = append(d.changes, Change{Path: s.pointer, Live: e, Kind: Differs, Reason: "not declared in a list that is"})
	}
}

// scalarsWhole reports a list of plain values as one change: [a b] became [a c].
func scalarsWhole(s spot, declared, live []any, d delta) delta {
	plain := func(e any) bool {
		switch e.(type) {
		case map[string]any, []any:
			return false
		}
		return true
	}
	onlyExtra := !slices.ContainsFunc(d.changes, func(c Change) bool { return c.Kind != Undeclared })
	if !d.differs() || onlyExtra || slices.ContainsFunc(declared, func(e any) bool { return !plain(e) }) || slices.ContainsFunc(live, func(e any) bool { return !plain(e) }) {
		return d
	}
	d.changes = slices.DeleteFunc(d.changes, func(c Change) bool { return !c.Info })
	d.change(s, declared, live)
	return d
}

// keyNames are properties that name an element of a list wherever they occur.
var keyNames = []string{"Key", "Name", "Id", "ParameterName", "AttributeName", "IndexName", "PolicyName", "RuleName"}

// naturalKey returns a property by which the elements of both lists can be told apart:
// every element has it, as a plain value, and no two the same. exact is false when the
// name only looks like that of a key.
func (c *comparison) naturalKey(s spot, declared, live []any) (key string, exact bool) {
	first, is := declared[0].(map[string]any)
	if !is {
		return "", false
	}
	usable := func(name string) bool {
		e := s.index("*").property(name)
		return !e.readOnly.hit() && !e.writeOnly.hit() && !e.unread.hit() && tellsApart(name, declared) && tellsApart(name, live)
	}
	if parts := keysOf[s.name]; parts != nil && usable(s.name) {
		return s.name, true
	}
	for _, name := range keyNames {
		if _, has := first[name]; has && usable(name) {
			return name, true
		}
	}
	var likely []string
	for name := range first {
		for _, end := range []string{"Name", "Id", "Key", "Arn"} {
			if strings.HasSuffix(name, end) {
				likely = append(likely, name)
			}
		}
	}
	slices.Sort(likely)
	for _, name := range likely {
		if usable(name) {
			return name, false
		}
	}
	return "", false
}

func tellsApart(name string, list []any) bool {
	seen := map[string]bool{}
	for _, e := range list {
		text, ok := keyText(e, name)
		if !ok || seen[text] {
			return false
		}
		seen[text] = true
	}
	return true
}

func keyText(e any, name string) (string, bool) {
	object, is := e.(map[string]any)
	if !is {
		return "", false
	}
	if parts := keysOf[name]; parts != nil {
		var key string
		for _, part := range parts {
			text, ok := scalarText(object[part], 0)
			if !ok {
				return "", false
			}
			key += text + "\x00"
		}
		return key, true
	}
	return scalarText(object[name], 0)
}

// keyed compares the elements of two lists that carry a key.
func (c *comparison) keyed(s spot, declared, live []any, key string) (out delta) {
	at := map[string]int{}
	for i, e := range live {
		text, _ := keyText(e, key)
		at[text] = i
	}
	moved := len(declared) != len(live)
	var rest []int
	for i, e := range declared {
		text, _ := keyText(e, key)
		j, found := at[text]
		if !found {
			rest = append(rest, i)
			continue
		}
		out.add(c.value(s.index(strconv.Itoa(i)), e, live[j], true))
		delete(at, text)
		moved = moved || i != j
	}
	for _, i := range rest { // the key itself may be spelled in another way
		d, spelled := c.value(s.index(strconv.Itoa(i)), declared[i], nil, false), false
		if len(rest)*len(at) <= tries {
			for _, j := range sortedValues(at) {
				other := c.value(s.index(strconv.Itoa(i)), declared[i], live[j], true)
				if !other.differs() && len(other.unverified) == 0 {
					text, _ := keyText(live[j], key)
					delete(at, text)
					d, spelled = other, true
					break
				}
			}
		}
		out.add(d)
		moved = moved || spelled
	}
	isTags := key == "Key" && strings.HasSuffix(s.name, "Tags")
	for _, j := range sortedValues(at) {
		text, _ := keyText(live[j], key)
		switch {
		case slices.Contains(bags, s.name):
		case isTags && strings.HasPrefix(text, "aws:"):
		case isTags:
			out.changes = append(out.changes, Change{Path: s.pointer, Live: live[j], Kind: Undeclared, Info: true})
		default:
			out.extra(s, live[j:j+1])
		}
	}
	if moved && !out.differs() {
		out.note(s, PassKey)
	}
	return out
}

func sortedValues(m map[string]int) []int {
	var all []int
	for _, v := range m {
		all = append(all, v)
	}
	slices.Sort(all)
	return all
}

// tries bounds how many pairs of elements are compared to match two lists; lists beyond it
// are matched by equal elements only.
const tries = 40_000

// multiset compares two lists whose order means nothing. Equal elements go first; for the
// rest a matching is searched in which every declared element has a live one of its own.
// An unknown element may be any that is left over. In a set an element counts once, however
// often it is written.
func (c *comparison) multiset(s spot, declared, live []any, set bool) (out delta) {
	freeLive := map[string][]int{}
	for j, e := range live {
		key := canonical(e)
		freeLive[key] = append(freeLive[key], j)
	}
	usedLive := make([]bool, len(live))
	var rest, unknown []int
	moved := false
	for i, e := range declared {
		if _, is := e.(*inventory.Unknown); is {
			unknown = append(unknown, i)
			continue
		}
		if _, _, vague := inventory.HasUnknown(e); !vague {
			if key := canonical(e); len(freeLive[key]) > 0 {
				j := freeLive[key][0]
				freeLive[key] = freeLive[key][1:]
				usedLive[j] = true
				moved = moved || i != j
				out.add(c.value(s.index(strconv.Itoa(i)), e, live[j], true))
				continue
			}
		}
		rest = append(rest, i)
	}
	// References that are known by now are matched as the values that they stand for.
	unknown = slices.DeleteFunc(unknown, func(i int) bool {
		for j := range live {
			if verdict, _ := c.refers(declared[i].(*inventory.Unknown), live[j]); verdict == refersHere && !usedLive[j] {
				usedLive[j] = true
				out.add(c.value(s.index(strconv.Itoa(i)), declared[i], live[j], true))
				return true
			}
		}
		return false
	})
	left := unused(usedLive)
	tried := map[[2]int]delta{}
	edges := make([][]int, len(rest))
	if len(rest)*len(left) <= tries {
		for n, i := range rest {
			for m, j := range left {
				if d := c.value(s.index(strconv.Itoa(i)), declared[i], live[j], true); !d.differs() {
					tried[[2]int{i, j}] = d
					edges[n] = append(edges[n], m)
				}
			}
		}
	}
	partner := match(edges, len(left))
	var missing []int
	for n, i := range rest {
		if m := partner[n]; m >= 0 {
			usedLive[left[m]] = true
			moved = moved || i != left[m]
			out.add(tried[[2]int{i, left[m]}])
		} else {
			missing = append(missing, i)
		}
	}
	left = unused(usedLive)
	for _, i := range unknown {
		out.declared++
		out.doubt(s.index(strconv.Itoa(i)), declared[i].(*inventory.Unknown).Because)
		if len(left) > 0 {
			left = left[1:] // which of them it is does not matter: it is not reported as extra
		}
	}
	if set {
		missing = slices.DeleteFunc(missing, func(i int) bool { return c.twin(s, declared, i) })
		left = slices.DeleteFunc(left, func(j int) bool { return c.twin(s, live, j) })
	}
	switch {
	case len(missing) == 1 && len(left) == 1:
		out.add(c.value(s.index(strconv.Itoa(missing[0])), declared[missing[0]], live[left[0]], true))
	default:
		for _, i := range missing {
			out.add(c.lost(s.index(strconv.Itoa(i)), declared[i]))
		}
		for _, j := range left {
			out.extra(s, live[j:j+1])
		}
	}
	if moved && !out.differs() {
		out.note(s, PassOrder)
	}
	return scalarsWhole(s, declared, live, out)
}

// twin reports whether a list has another element that is equal to the one at i. Equal is
// meant both ways: an element that says less is not the same.
func (c *comparison) twin(s spot, list []any, i int) bool {
	for k, e := range list {
		if k == i {
			continue
		}
		there, back := c.value(s.index("*"), list[i], e, true), c.value(s.index("*"), e, list[i], true)
		if !there.differs() && !back.differs() && len(there.unverified)+len(back.unverified) == 0 {
			return true
		}
	}
	return false
}

func unused(used []bool) (free []int) {
	for j, u := range used {
		if !u {
			free = append(free, j)
		}
	}
	return free
}

// match finds a largest matching of rows to columns along the edges (augmenting paths),
// and returns the column of each row, -1 for none. Taking the first fit would not do: an
// element that declares little fits many and would take the only one that another fits.
func match(edges [][]int, columns int) []int {
	row := make([]int, columns)
	for m := range row {
		row[m] = -1
	}
	var augment func(n int, seen []bool) bool
	augment = func(n int, seen []bool) bool {
		for _, m := range edges[n] {
			if seen[m] {
				continue
			}
			seen[m] = true
			if row[m] < 0 || augment(row[m], seen) {
				row[m] = n
				return true
			}
		}
		return false
	}
	for n := range edges {
		augment(n, make([]bool, columns))
	}
	partner := make([]int, len(edges))
	for n := range partner {
		partner[n] = -1
	}
	for m, n := range row {
		if n >= 0 {
			partner[n] = m
		}
	}
	return partner
}
