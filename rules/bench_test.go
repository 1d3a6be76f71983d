package rules

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkLoadToJudge is what a start of `check` pays for the built-in pack.
func BenchmarkLoadToJudge(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, err := LoadToJudge()
		require.NoError(b, err)
	}
}

// BenchmarkBackEnds compares the two back ends over the cases of the pack.
func BenchmarkBackEnds(b *testing.B) {
	s := builtin(b)
	w := NewWorld(nil, nil, caseNow)
	each := func(judge func(rule *Rule, p *programs, c Case)) {
		for _, rule := range s.Rules() {
			for _, c := range rule.Cases {
				p, err := rule.program(c.Resource.Ref.Type)
				require.NoError(b, err)
				judge(rule, p, c)
			}
		}
	}
	b.Run("closures", func(b *testing.B) {
		var f frame
		for b.Loop() {
			each(func(rule *Rule, p *programs, c Case) {
				f.on(s, w, c.Resource)
				when, check := p.closures()
				f.verdict(when, check, rule.params)
			})
		}
	})
	b.Run("cel-go", func(b *testing.B) {
		for b.Loop() {
			each(func(rule *Rule, _ *programs, c Case) { s.Status(w, rule, c.Resource) })
		}
	})
}
