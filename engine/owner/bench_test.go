package owner_test

import (
	"fmt"
	"testing"

	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// BenchmarkAttribute finds the owners of 100,000 resources: tagged, recorded, listed by a
// stack, kept by another, and used by another.
func BenchmarkAttribute(b *testing.B) {
	const n = 20_000
	app := declared("orders", "1")
	s := &inventory.Snapshot{}
	stack := inventory.Stack{Ref: inventory.Ref{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Type: "AWS::CloudFormation::Stack", ID: "s"}, Name: "s"}
	var records []inventory.Applied
	for i := range n {
		name := fmt.Sprint("p", i)
		add(app, name, group)
		tagged := live("tagged"+name, "orders", "1", name)
		add(app, "r"+name, group)
		recorded := untagged(group, "recorded"+name)
		records = append(records, applied(recorded, "orders", "1", "r"+name))
		add(app, "s"+name, group).Stack = "s"
		listed := untagged(group, "listed"+name)
		stack.Members = append(stack.Members, inventory.StackMember{LogicalID: "s" + name, Type: group, ID: listed.Ref.ID})
		kept, used := untagged(volume, "kept"+name), untagged(volume, "used"+name)
		kept.Relations = []inventory.Relation{{Kind: "owner", To: tagged.Ref}}
		tagged.Relations = []inventory.Relation{{Kind: "hard", To: used.Ref, Path: "/X"}}
		s.Resources = append(s.Resources, tagged, recorded, listed, kept, used)
	}
	s.Stacks = []inventory.Stack{stack}
	classes := map[owner.Class]int{}
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		clear(classes)
		for _, x := range owner.Attribute(owner.Input{Declaration: declaration(app), Live: s, Applied: records, Now: now}).Attributions {
			classes[x.Class]++
		}
	}
	b.StopTimer()
	if classes[owner.Owned] != 4*n || classes[owner.Attributed] != n {
		b.Fatalf("%v", classes)
	}
}
