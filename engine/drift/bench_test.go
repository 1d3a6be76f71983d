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
