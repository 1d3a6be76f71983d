package rules

import (
	"github.com/google/cel-go/common/types/ref"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// judge is the verdict of a rule on a resource. Where it is not known because conditions of
// a template are not, each way in which they may turn out is judged by itself
// (inventory.Resource.Alternatives): when all of them agree, the conditions do not matter,
// and the finding points into the first. The resources around it stay as unknown as they
// are, which keeps the verdict sound.
//
// A resource that perhaps will not exist breaks no rule for certain: instead of failing its
// verdict is unknown. A pass stands, because it holds either way.
func (s *Set) judge(w *World, rule *Rule, r *inventory.Resource, params ref.Val) Finding {
	f := s.judgeOne(w, rule, r, params)
	if f.Status == Unknown && len(r.Alternatives) > 0 {
		f = s.judgeEither(w, rule, r, params, f)
	}
	if f.Status == Fail && r.Existence != nil {
		f.Status = Unknown
		f.Message += " (if it exists: " + r.Existence.Because + ")"
	}
	return f
}

// judgeEither returns the verdict on which the alternatives of r agree, else the unknown
// one, with an alternative that fails.
func (s *Set) judgeEither(w *World, rule *Rule, r *inventory.Resource, params ref.Val, unknown Finding) Finding {
	var first Finding
	agree, failing := true, ""
	for i, alternative := range r.Alternatives {
		f := s.judgeOne(w, rule, alternative, params)
		if i == 0 {
			first = f
		}
		agree = agree && f.Status == first.Status
		if f.Status == Fail && failing == "" {
			failing = alternative.Given
		}
		if !agree && failing != "" {
			break
		}
	}
	switch {
	case agree && first.Status != Unknown && first.Status != Error:
		if first.Status != Fail {
			first.Resource = r
		}
		return first
	case failing != "":
		unknown.Message += "; it fails when " + failing
	}
	return unknown
}
