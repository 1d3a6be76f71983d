package plan

import (
	"cmp"
	"slices"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// A Graph knows which live resource refers to which: the relations of all resources, not
// only of those that a plan is about, because it is the others that stand in the way.
type Graph struct {
	refs  []inventory.Ref
	index map[inventory.Ref]int
	to    [][]int // by node: what it refers to
	from  [][]int // by node: who refers to it
}

// NewGraph builds the graph of the live resources' Relations. Relations that lead out of
// the list, and of a resource to itself, are left out. Of every kind of relation an edge is
// made: a hard one is an order that AWS enforces, of a soft one it is the sense.
func NewGraph(live []*inventory.Resource) *Graph {
	g := &Graph{index: make(map[inventory.Ref]int, len(live))}
	for _, r := range live {
		if !r.Declared {
			g.refs = append(g.refs, r.Ref)
		}
	}
	slices.SortFunc(g.refs, inventory.Ref.Compare)
	g.refs = slices.Compact(g.refs)
	for i, r := range g.refs {
		g.index[r] = i
	}
	g.to, g.from = make([][]int, len(g.refs)), make([][]int, len(g.refs))
	for _, r := range live {
		a, known := g.index[r.Ref]
		if !known || r.Declared {
			continue
		}
		for _, relation := range r.Relations {
			if b, known := g.index[relation.To]; known && a != b {
				g.to[a] = append(g.to[a], b)
			}
		}
	}
	for a := range g.to {
		slices.Sort(g.to[a])
		g.to[a] = slices.Compact(g.to[a])
		for _, b := range g.to[a] {
			g.from[b] = append(g.from[b], a)
		}
	}
	return g
}

// Referrers returns who refers to a resource, in order.
func (g *Graph) Referrers(ref inventory.Ref) []inventory.Ref { return g.names(ref, g.from) }

// Targets returns what a resource refers to, in order.
func (g *Graph) Targets(ref inventory.Ref) []inventory.Ref { return g.names(ref, g.to) }

func (g *Graph) names(ref inventory.Ref, edges [][]int) []inventory.Ref {
	i, known := g.index[ref]
	if !known {
		return nil
	}
	names := make([]inventory.Ref, len(edges[i]))
	for k, j := range edges[i] {
		names[k] = g.refs[j]
	}
	return names
}

// Levels puts the resources in the order in which they may be made: whatever a resource
// refers to stands on an earlier level. Backwards it is the order in which they may be
// deleted. A group of more than one refers to itself in a ring, and has to be taken apart
// before there is an order in it. Groups of a level are sorted, and do not touch each other.
func (g *Graph) Levels() [][][]inventory.Ref {
	groups := components(g.to)
	level := make([]int, len(groups))
	groupOf := make([]int, len(g.refs))
	for i, group := range groups {
		for _, n := range group {
			groupOf[n] = i
		}
	}
	var levels [][][]inventory.Ref
	for i, group := range groups { // targets come before their referrers
		names := make([]inventory.Ref, len(group))
		for k, n := range group {
			names[k] = g.refs[n]
			for _, to := range g.to[n] {
				if groupOf[to] != i {
					level[i] = max(level[i], level[groupOf[to]]+1)
				}
			}
		}
		for len(levels) <= level[i] {
			levels = append(levels, nil)
		}
		levels[level[i]] = append(levels[level[i]], names)
	}
	for _, l := range levels {
		slices.SortFunc(l, func(a, b []inventory.Ref) int { return a[0].Compare(b[0]) })
	}
	return levels
}

// components returns the strongly connected components of a graph, each sorted, and what a
// component has edges to before itself (Tarjan 1972; with a stack of its own, because a
// chain of a hundred thousand resources would exhaust that of the program).
func components(edges [][]int) [][]int {
	const unseen = 0
	n := len(edges)
	number, low, onStack := make([]int, n), make([]int, n), make([]bool, n)
	var found [][]int
	var stack []int
	type frame struct{ node, next int }
	count := 0
	for root := range edges {
		if number[root] != unseen {
			continue
		}
		path := []frame{{node: root}}
		for len(path) > 0 {
			f := &path[len(path)-1]
			v := f.node
			if f.next == 0 && number[v] == unseen {
				count++
				number[v], low[v] = count, count
				stack, onStack[v] = append(stack, v), true
			}
			if f.next < len(edges[v]) {
				w := edges[v][f.next]
				f.next++
				switch {
				case number[w] == unseen:
					path = append(path, frame{node: w})
				case onStack[w]:
					low[v] = min(low[v], number[w])
				}
				continue
			}
			path = path[:len(path)-1]
			if len(path) > 0 {
				parent := path[len(path)-1].node
				low[parent] = min(low[parent], low[v])
			}
			if low[v] != number[v] {
				continue
			}
			var group []int
			for {
				w := stack[len(stack)-1]
				stack, onStack[w] = stack[:len(stack)-1], false
				group = append(group, w)
				if w == v {
					break
				}
			}
			slices.Sort(group)
			found = append(found, group)
		}
	}
	return found
}

func sortRefusals(list []Refusal) []Refusal {
	if list == nil {
		list = []Refusal{}
	}
	slices.SortFunc(list, func(a, b Refusal) int {
		return cmp.Or(a.Resource.Ref().Compare(b.Resource.Ref()), cmp.Compare(a.Resource.LogicalID, b.Resource.LogicalID),
			cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.By, b.By))
	})
	return slices.CompactFunc(list, func(a, b Refusal) bool { return a.Resource == b.Resource && a.Reason == b.Reason && a.By == b.By })
}
