package drift_test

import (
	"fmt"
	"testing"

	"github.com/pcf-scan/pcf-scan/engine/drift"
	"github.com/pcf-scan/pcf-scan/inventory"
)

// BenchmarkCompareAll compares 100,000 declared with 100,000 live resources of four types.
// The aim is under 5 s of CPU and 1 GiB.
func BenchmarkCompareAll(b *testing.B) {
	const n = 100_000
	bodies := []struct{ typ, declared, live string }{
		{group, ingress(`[` + https + `,` + ssh + `]`), ingress(`[` + ssh + `,` + https + `]`)},
		{role, trust(`{"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}`), trust(`{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": ["sts:AssumeRole"]}`)},
		{s3, allPAB, allPAB},
		{rds, `{"Engine": "postgres", "Port": "5432", "MultiAZ": true, "Tags": [{"Key": "a", "Value": "1"}]}`, `{"Engine": "postgres", "Port": 5432, "MultiAZ": true, "Tags": [{"Key": "a", "Value": "1"}]}`},
	}
	pairs := make([]drift.Pair, n)
	live := make([]*inventory.Resource, n)
	for i := range pairs {
		body := bodies[i%len(bodies)]
		p := particle(fmt.Sprintf("p%d", i), body.typ, body.declared)
		live[i] = resource(fmt.Sprintf("r%d", i), body.typ, body.live)
		pairs[i] = pair(p, live[i])
	}
	ctx := drift.Context{Live: snapshot(live...), Now: now}
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		drift.CompareAll(pairs, ctx)
	}
}

// BenchmarkApart compares 100,000 particles that look at each other: groups with rules that
// are declared apart, some by the name of a group, keys by alias, records of what was applied. It
// grows with the square of the number where a lookup walks over everything.
func BenchmarkApart(b *testing.B) {
	const n = 25_000
	var pairs []drift.Pair
	var live []*inventory.Resource
	for i := range n {
		id := fmt.Sprintf("sg-%08x", i)
		g := resource(id, group, `{"GroupDescription": "d", "GroupName": "`+id+`", "VpcId": "vpc-1", "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "SourceSecurityGroupId": "`+id+`"}]}`)
		alias := resource("alias/"+id, "AWS::KMS::Alias", `{"AliasName": "alias/`+id+`", "TargetKeyId": "12345678-1234-1234-1234-123456789012"}`)
		topic := resource("arn:"+id, "AWS::SNS::Topic", `{"KmsMasterKeyId": "12345678-1234-1234-1234-123456789012"}`)
		live = append(live, g, alias, topic)
		declared := pair(particle("g"+id, group, `{"GroupDescription": "d", "VpcId": "vpc-1"}`), g)
		declared.Applied = &inventory.Applied{Ref: g.Ref, Properties: js(`{"GroupDescription": "d", "VpcId": "vpc-0"}`)}
		pairs = append(pairs, declared,
			pair(particle("r"+id, "AWS::EC2::SecurityGroupIngress", `{"GroupId": "`+id+`", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "SourceSecurityGroupName": "`+id+`"}`)),
			pair(particle("a"+id, "AWS::KMS::Alias", `{"AliasName": "alias/`+id+`"}`), alias),
			pair(particle("t"+id, "AWS::SNS::Topic", `{"KmsMasterKeyId": "alias/`+id+`"}`), topic))
	}
	ctx := drift.Context{Live: snapshot(live...), Now: now}
	ctx.Live.Gaps = []inventory.Gap{{Type: "AWS::SQS::Queue", Reason: inventory.Denied}}
	classes := map[drift.Class]int{}
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		clear(classes)
		for _, d := range drift.CompareAll(pairs, ctx) {
			classes[d.Class]++
		}
	}
	b.StopTimer()
	if classes[drift.InSync] != len(pairs) {
		b.Fatalf("%v", classes)
	}
}
